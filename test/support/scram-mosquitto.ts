// Mosquitto with the plugin that does SCRAM through GNU SASL: an independent judge.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endLater, type Mosquitto, startMosquitto } from "./brokers.js";

/** @param users names with their passwords */
export async function startScram(users: Record<string, string>, iterations = 4096): Promise<Mosquitto> {
	const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-scram-"));
	endLater(() => rmSync(folder, { recursive: true }));
	const plugin = join(folder, "scram.so");
	const flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC"];
	const { status, stderr } = spawnSync(
		"cc",
		[...flags, "test/support/scram/plugin.c", "-lgsasl", "-o", plugin],
		{
			encoding: "utf8",
		},
	);
	if (status !== 0)
		throw new Error(`the plugin does not compile: apt-get install mosquitto-dev libgsasl-dev\n${stderr}`);
	const file = join(folder, "users");
	writeFileSync(
		file,
		Object.entries(users)
			.map(([name, password]) => `${name}\t${password}\n`)
			.join(""),
	);
	return startMosquitto({
		settings: [
			"allow_anonymous false",
			`plugin ${plugin}`,
			`plugin_opt_users ${file}`,
			`plugin_opt_iterations ${iterations}`,
		],
	});
}
