// Builds an app with mcconfig. Knows mcconfig's arguments and the folder it builds in; no board.
// Settings go in a manifest of their own that includes the app's: arguments would show passwords in the process list. What is
// built holds the passwords, so the folder is the user's alone.

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Problem, textOf } from "../problem.js";
import { printable } from "../text.js";
import type { App } from "./example.js";
import type { Environment, Platform, Sdk } from "./platform.js";
import { redactor } from "./redact.js";
import type { Settings } from "./settings.js";

/** Lines of a failed build that are told again, and characters of a line. */
const LAST_LINES = 30;
const LINE = 2000;

export interface Build {
	app: App;
	platform: Platform;
	sdk: Sdk;
	settings: Settings;
	environment: Environment;
	verbose: boolean;
	onLine(line: string): void;
	signal: AbortSignal;
}

/** The folder with what was built. Throws a Problem, after the last lines were told. */
export async function build({ app, platform, sdk, settings, environment, ...how }: Build): Promise<string> {
	const output = await privateFolder(app, environment);
	const manifest = await writeManifest(output, app, settings);
	const args = ["-d", "-m", "-p", platform.id, "-t", "build", "-o", output, manifest];
	if (how.verbose) args.unshift("-v");
	const last: string[] = [];
	const redact = redactor(settings.secrets);
	const child = spawn(sdk.mcconfig, args, {
		env: { ...environment, MODDABLE: sdk.folder, PATH: `${environment.PATH ?? ""}:${sdk.programs}` },
		stdio: ["ignore", "pipe", "pipe"],
		detached: true, // with a process group of its own, all that make has started can be ended
	});
	const stop = () => endGroup(child);
	how.signal.addEventListener("abort", stop);
	try {
		const status = await ended(child, (line) => {
			const shown = printable(redact(line), LINE);
			last.push(shown);
			if (last.length > LAST_LINES) last.shift();
			how.onLine(shown);
		});
		if (how.signal.aborted)
			throw new Problem(
				"the build was stopped",
				"Ctrl-C or a signal ended it",
				"run it again: it goes on where it was",
			);
		if (status !== 0) throw failed(status, last);
	} finally {
		how.signal.removeEventListener("abort", stop);
	}
	return product(join(output, platform.binaries, app.name), platform, last);
}

/** One for each app: builds of two that have the same name do not mix. Nobody else may look into it. */
async function privateFolder(app: App, environment: Environment): Promise<string> {
	const cache = environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), ".cache");
	const mark = createHash("sha256").update(app.manifest).digest("hex").slice(0, 8);
	const folder = join(cache, "xs-mqtt", `${app.name}-${mark}`);
	if (/[^\w./+@~:\\-]/.test(folder))
		throw new Problem(
			`${printable(folder, 200)} cannot be built in`,
			"Moddable's makefiles cannot have such a path",
			"set XDG_CACHE_HOME to a folder of letters, digits and . _ + - only",
		);
	try {
		await mkdir(join(folder, app.name), { recursive: true, mode: 0o700 });
		await chmod(folder, 0o700);
		return folder;
	} catch (error) {
		throw new Problem(
			`${printable(folder, 200)} cannot be built in`,
			textOf(error),
			"set XDG_CACHE_HOME to a folder of yours",
		);
	}
}

/** Its folder has the app's name, as mcconfig calls the app by it. An unchanged one is left alone, and so are its builds. */
async function writeManifest(folder: string, app: App, { config }: Settings): Promise<string> {
	const path = join(folder, app.name, "manifest.json");
	const text = JSON.stringify({ include: [app.manifest], config }, undefined, "\t");
	const before = await readFile(path, "utf8").catch(() => undefined);
	if (before !== text) await writeFile(path, text, { mode: 0o600 });
	return path;
}

async function ended(child: ChildProcess, onLine: (line: string) => void): Promise<number | null> {
	const status = new Promise<number | null>((resolve, reject) => {
		child.once("error", reject);
		child.once("close", resolve);
	});
	for (const stream of [child.stdout!, child.stderr!]) createInterface({ input: stream }).on("line", onLine);
	try {
		return await status;
	} catch (error) {
		throw new Problem("mcconfig cannot be started", textOf(error), "build the SDK's tools again");
	}
}

function endGroup(child: ChildProcess): void {
	try {
		if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
	} catch {
		// It has ended by itself.
	}
}

function failed(status: number | null, last: readonly string[]): Problem {
	const cause = last.find((line) => /\berror\b|\*\*\*|not found|cannot find/i.test(line)) ?? last.at(-1);
	const what = status === null ? "the build was killed" : `the build failed with exit status ${status}`;
	const needsTsc = last.some((line) => /tsc: (command )?not found|tsc.*ENOENT/.test(line));
	return new Problem(
		what,
		cause?.trim() || "mcconfig said nothing",
		needsTsc
			? "install the TypeScript compiler: npm install --global typescript"
			: "look at the lines above; --verbose shows all commands",
	);
}

async function product(folder: string, { product }: Platform, last: readonly string[]): Promise<string> {
	const path = join(folder, product);
	if ((await stat(path).catch(() => undefined))?.isFile()) return folder;
	throw new Problem(
		`the build made no ${product}`,
		last.at(-1)?.trim() || "mcconfig said nothing",
		"run it again with --verbose",
	);
}
