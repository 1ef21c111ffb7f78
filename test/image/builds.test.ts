// The two builds that manifests make: with MQTT 5.0, and without. A file that an app for 3.1.1 must not pay for is in
// neither the build's list nor what its files import.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseSync, transformSync } from "@swc/core";
import * as whole from "../../src/index.js";
import * as without from "../../src/index-3.1.1.js";
import { BUILDS, type Manifest } from "../support/manifests.js";

/** What a file imports when it runs, by the names of modules. */
function importsOf(name: string, file: string): string[] {
	const path = [".ts", ".js"].map((extension) => file + extension).find((each) => existsSync(each))!;
	const { code } = transformSync(readFileSync(path, "utf8"), {
		filename: path,
		swcrc: false,
		configFile: false,
		jsc: { target: "es2022", parser: { syntax: "typescript" } },
		module: { type: "es6" },
	});
	const { body } = parseSync(code, { syntax: "ecmascript", target: "es2022" });
	return body.flatMap((node) => {
		const source = (node as { source?: { value: string } | null }).source?.value;
		if (source === undefined || !/^Import|^Export/.test(node.type)) return [];
		return source.startsWith(".") ? [join(dirname(name), source.replace(/\.js$/, ""))] : [source];
	});
}

test("a build with 5.0 has each file of the client", () => {
	const files = new Set(BUILDS.both.values());
	const missing = ["connection", "session", "transport", "wire"]
		.flatMap((folder) => [folder, `${folder}/v5`])
		.filter((folder) => existsSync(join("src", folder)))
		.flatMap((folder) => readdirSync(join("src", folder)).map((file) => join("src", folder, file)))
		.filter((file) => file.endsWith(".ts") && !files.has(file.slice(0, -3)));
	expect(missing).toEqual([]);
	expect(files).toContain("src/versions");
	expect(files).not.toContain("src/versions-3.1.1");
});

test("a build without 5.0 has nothing of it", () => {
	const files = [...BUILDS["3.1.1"].values()];
	expect(files).toContain("src/versions-3.1.1");
	expect(files).not.toContain("src/versions");
	expect(files.filter((file) => /(^|\/)v5(\/|$)/.test(file))).toEqual([]);
	expect(files.length).toBeGreaterThan(25);
});

test.each(Object.keys(BUILDS) as (keyof typeof BUILDS)[])(
	"what a file of the build %s imports is in it",
	(which) => {
		const built = BUILDS[which];
		const missing = [...built].flatMap(([name, file]) =>
			importsOf(name, file)
				.filter((other) => !built.has(other))
				.map((other) => `${file} imports ${other}`),
		);
		expect(missing).toEqual([]);
	},
);

test("what is preloaded is a client's, and all of it is", () => {
	const { modules, preload } = JSON.parse(readFileSync("manifest_client.json", "utf8")) as Manifest;
	expect(preload!.toSorted()).toEqual(Object.keys(modules!).toSorted());
});

test("the entry xs-mqtt/3.1.1 gives the same names as xs-mqtt, and a Client for 3.1.1 only", () => {
	expect(Object.keys(without).toSorted()).toEqual(Object.keys(whole).toSorted());
	const options = {
		socket: { io: class {} as never },
		dns: { io: class {} as never },
		timer: { repeat: () => 0, schedule: () => {}, clear: () => {} },
		ticks: () => 0,
		id: "device",
		host: "192.0.2.1",
		interface: { up: false, attach() {}, detach() {} } as never,
	};
	expect(new without.Client(options)).toBeInstanceOf(whole.Client);
	expect(new without.Client(options).protocolVersion).toBe(4);
	expect(new whole.Client(options).protocolVersion).toBe(5);
	expect(() => new without.Client({ ...options, protocolVersion: 5 })).toThrow(
		"protocolVersion is 5, but xs-mqtt/3.1.1 has MQTT 3.1.1 only",
	);
	expect(() => new without.Client({ ...options, propertySize: 64 })).toThrow("propertySize");
});

test("the package's entries lead to files that there are", () => {
	const { exports } = JSON.parse(readFileSync("package.json", "utf8"));
	for (const entry of ["3.1.1", "v5", "codes", "request", "scram"]) {
		const { moddable, default: main } = exports[`./${entry}`];
		expect([moddable, existsSync(moddable)]).toEqual([moddable, true]);
		expect([main, existsSync(main.replace("build/", "").replace(".js", ".ts"))]).toEqual([main, true]);
	}
});
