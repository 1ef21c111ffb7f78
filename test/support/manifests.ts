// Which modules a build of the Moddable SDK has, by the manifests that it includes.

import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

export interface Manifest {
	include?: string | string[];
	modules?: Record<string, string | string[]>;
	preload?: string[];
}

const arrayOf = <T>(value: T | T[] | undefined): T[] =>
	value === undefined ? [] : Array.isArray(value) ? value : [value];

/** The files, without extension, that a source in a manifest names. */
function filesOf(manifest: string, source: string): string[] {
	const path = relative(".", resolve(dirname(manifest), source));
	if (basename(path) !== "*") return [path];
	return readdirSync(dirname(path))
		.filter((file) => /\.(ts|js)$/.test(file) && !file.endsWith(".d.ts"))
		.map((file) => join(dirname(path), file.replace(/\.(ts|js)$/, "")));
}

/** Modules by name: their files. As mcconfig does it: what "~" names in any manifest is left out. */
export function build(...manifests: string[]): Map<string, string> {
	const modules = new Map<string, string>();
	const out = new Set<string>();
	const read = new Set<string>();
	const add = (manifest: string): void => {
		if (read.has(manifest)) return;
		read.add(manifest);
		const { include, modules: own = {} } = JSON.parse(readFileSync(manifest, "utf8")) as Manifest;
		for (const each of arrayOf(include)) add(relative(".", resolve(dirname(manifest), each)));
		for (const [name, sources] of Object.entries(own))
			for (const file of arrayOf(sources).flatMap((source) => filesOf(manifest, source)))
				if (name === "~") out.add(file);
				else modules.set(`${name.replace("*", "")}${name.endsWith("*") ? basename(file) : ""}=${file}`, file);
	};
	for (const manifest of manifests) add(manifest);
	const built = new Map<string, string>();
	for (const [key, file] of modules) {
		const name = key.slice(0, key.indexOf("="));
		if (out.has(file)) continue;
		if (built.has(name)) throw new Error(`${name} is both ${built.get(name)} and ${file}`);
		built.set(name, file);
	}
	return built;
}

/** With MQTT 5.0, and without: the client alone. */
export const BUILDS = {
	both: build("manifest_client.json"),
	"3.1.1": build("manifest_client.json", "manifest-3.1.1.json"),
};
