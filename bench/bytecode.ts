// Bytes of bytecode that the client takes in a board's flash, with MQTT 5.0 and without: compiled by the Moddable SDK's xsc, if
// it is there.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUILDS } from "../test/support/manifests.js";

/** By build; undefined: there is no SDK. */
export function bytecode(): Record<string, number> | undefined {
	const { MODDABLE } = process.env;
	const xsc = join(MODDABLE ?? "", "build/bin/lin/release/xsc");
	if (MODDABLE === undefined || !existsSync(xsc)) return undefined;
	const bytes: Record<string, number> = {};
	const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-"));
	try {
		for (const [name, modules] of Object.entries(BUILDS)) {
			bytes[name] = 0;
			for (const file of modules.values()) {
				const script = [`build/${file}.js`, `${file}.js`].find((path) => existsSync(path))!;
				const { status, stderr } = spawnSync(xsc, ["-c", "-e", "-o", folder, "-r", "module", script], {
					encoding: "utf8",
				});
				if (status !== 0) throw new Error(`xsc cannot compile ${script}: ${stderr}`);
				bytes[name] += statSync(join(folder, "module.xsb")).size;
			}
		}
	} finally {
		rmSync(folder, { recursive: true });
	}
	return bytes;
}
