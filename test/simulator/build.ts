// Builds an app for the simulator with the SDK's mcconfig. Knows nothing of what it does.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { Problem } from "../../tools/problem.js";
import type { Sdk } from "./sdk.js";

/** Where all is built. */
export const OUTPUT = resolve("build/simulator");

/**
 * The app's mc.so.
 *
 * @param folder of the app
 * @param kind "debug" or "release"
 * @param settings for its "mc/config"
 * @param variables for its manifest
 */
export async function buildApp(
	sdk: Sdk,
	folder: string,
	kind: string,
	settings: Readonly<Record<string, string | number>> = {},
	variables: Readonly<Record<string, string>> = {},
): Promise<string> {
	mkdirSync(OUTPUT, { recursive: true });
	const name = basename(folder);
	const app = join(OUTPUT, "bin/lin/mc", kind, name, "mc.so");
	const args = [
		...(kind === "debug" ? ["-d"] : []),
		...["-m", "-p", "lin", "-o", OUTPUT, "-t", "build"],
		...Object.entries(settings).map(([key, value]) => `${key}=${value}`),
	];
	await new Promise<void>((resolve, reject) => {
		execFile(
			sdk.mcconfig,
			args,
			{ cwd: folder, env: { ...sdk.env, ...variables }, maxBuffer: 1 << 26 },
			(error, out, complaint) => {
				if (error === null && existsSync(app)) return resolve();
				const said = `${out}${complaint}`.trim().split("\n").slice(-12).join("\n");
				reject(new Problem(`${name} does not build (${kind})`, `mcconfig said:\n${said}`, "mend that"));
			},
		);
	});
	return app;
}
