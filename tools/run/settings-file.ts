// The settings file: KEY=VALUE lines, with passwords. Knows file modes and git: nobody else is to read it, and it is not to
// get into a repository.

import { execFile } from "node:child_process";
import { open } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { parseEnv } from "node:util";
import { Problem, textOf } from "../problem.js";
import { printable } from "../text.js";
import { NAMES } from "./settings.js";

export const USUAL_FILE = "xs-mqtt.env";

/** Bytes. */
const LARGEST = 65_536;
const OTHERS = 0o077;

/**
 * What the file says; nothing if none is named and the usual one is not there. Throws a Problem when others can read it or
 * git keeps it. `warn`: when git does not ignore it.
 */
export async function readSettingsFile(
	named: string | undefined,
	warn: (text: string) => void,
): Promise<Record<string, string | undefined>> {
	const path = resolve(named ?? USUAL_FILE);
	const shown = printable(named ?? USUAL_FILE, 200);
	const text = await read(path, shown, named === undefined);
	if (text === undefined) return {};
	if ((await git(path, "ls-files", "--error-unmatch", "--", basename(path))) === 0)
		throw new Problem(
			`${shown} is not used`,
			"git keeps it, and with it whatever password is or was in it",
			`git rm --cached ${shown}, add it to .gitignore, change the passwords that were committed`,
		);
	if ((await git(path, "check-ignore", "-q", "--", basename(path))) === 1)
		warn(`${shown} is not ignored by git: add it to .gitignore, or its passwords may get committed`);
	const settings = parseEnv(text);
	for (const name of Object.keys(settings))
		if (name.startsWith("XS_MQTT_") && !Object.values<string>(NAMES).includes(name))
			throw new Problem(
				shown,
				`${printable(name, 40)} is no setting`,
				`there are ${Object.values(NAMES).join(", ")}, and the app's own names`,
			);
	return settings;
}

async function read(path: string, shown: string, mayMiss: boolean): Promise<string | undefined> {
	try {
		// Judged and read as the same file, whatever happens to its name.
		const file = await open(path, "r");
		try {
			const { mode, size } = await file.stat();
			if (process.platform !== "win32" && (mode & OTHERS) !== 0)
				throw new Problem(
					`${shown} is not used`,
					"other users can read it, and its passwords",
					`chmod 600 ${shown}`,
				);
			if (size > LARGEST)
				throw new Problem(
					`${shown} is not used`,
					`it has more than ${LARGEST} bytes`,
					"give KEY=VALUE lines",
				);
			return await file.readFile("utf8");
		} finally {
			await file.close();
		}
	} catch (error) {
		if (error instanceof Problem) throw error;
		if (mayMiss && (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
		throw new Problem(`${shown} cannot be read`, textOf(error), "check the path behind --settings");
	}
}

/** Its exit status, in the file's folder; -1 when there is no git. */
function git(path: string, ...args: string[]): Promise<number> {
	return new Promise((resolve) => {
		execFile("git", args, { cwd: dirname(path) }, (error) => {
			const code = error === null ? 0 : error.code;
			resolve(typeof code === "number" ? code : -1);
		});
	});
}
