// xs-mqtt.json, as the real command reads it. Needs tools/build.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { applyDefaults } from "../../tools/defaults.js";

let folder: string;
const home = process.cwd();
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "xs-mqtt-defaults-"));
	process.chdir(folder);
});
afterEach(() => {
	process.chdir(home);
	rmSync(folder, { recursive: true });
});

const write = (settings: unknown) =>
	writeFileSync("xs-mqtt.json", typeof settings === "string" ? settings : JSON.stringify(settings));

/** What a command that has options of all kinds gets of `args`. */
function optionsOf(...args: string[]): Record<string, unknown> {
	let options = {};
	const command = new Command("work")
		.exitOverride()
		.requiredOption("--platform <name>")
		.option("--port <board>", "", (value: string, before: string[]) => [...before, value], [])
		.option("--baud <rate>", "", "460800")
		.option("--tcp [port]")
		.option("--ports <number...>")
		.option("--json")
		.option("--no-reset")
		.action((raw) => {
			options = raw;
		});
	applyDefaults(command, args, ["work", "other"]);
	command.parse(args, { from: "user" });
	return options;
}

const NONE = { port: [], baud: "460800", reset: true };

test("without a file options are what they are", () => {
	expect(optionsOf("--platform", "esp")).toEqual({ ...NONE, platform: "esp" });
});

test("options come from the file, each as on the command line", () => {
	write({
		work: {
			platform: "esp32",
			port: ["kitchen", "garden"],
			baud: 9600,
			tcp: true,
			ports: [1, 2],
			json: true,
			reset: false,
		},
		other: { nothing: "is checked here" },
	});
	expect(optionsOf()).toEqual({
		platform: "esp32",
		port: ["kitchen", "garden"],
		baud: "9600",
		tcp: true,
		ports: ["1", "2"],
		json: true,
		reset: false,
	});
});

test("the command line wins, and a list starts anew", () => {
	write({ work: { platform: "esp32", port: "kitchen", "no-reset": true } });
	expect(optionsOf("--platform=esp", "--port", "garden")).toEqual({
		...NONE,
		platform: "esp",
		port: ["garden"],
		reset: false,
	});
});

test.each([
	["[", /xs-mqtt\.json is refused: .*; it has to be JSON/],
	["[]", /it is no object/],
	["x".repeat(70_000), /more than 65536 bytes/],
	[{ wrok: {} }, /"wrok" is no command; it may have work, other/],
	[{ work: [] }, /"work" is no object/],
	[{ work: { prot: "x" } }, /"work" has no option "prot"; it has platform, port/],
	[{ work: { help: true } }, /"work" has no option "help"/],
	[{ work: { json: "yes" } }, /"json" of "work" is no truth value/],
	[{ work: { baud: [1, 2] } }, /"baud" of "work" is a list; it takes one value/],
	[{ work: { baud: {} } }, /"baud" of "work" is neither text nor a number/],
	[{ work: { baud: true } }, /"baud" of "work" is neither text nor a number/],
])("%j is refused", (settings, words) => {
	write(settings);
	expect(() => optionsOf("--platform", "esp")).toThrow(words);
});

test("the real command has it", () => {
	write({ sim: { messages: 2, interval: 20, json: true } });
	const run = (...args: string[]) =>
		spawnSync(process.execPath, [join(home, "tools/build/xs-mqtt.js"), ...args], { encoding: "utf8" });
	const { status, stdout } = run("sim");
	expect(status).toBe(0);
	expect(stdout.split("\n").filter((line) => line.includes('"reading":true')).length).toBeGreaterThanOrEqual(
		2,
	);
	write({ sim: { mesages: 2 } });
	const failed = run("sim");
	expect(failed.status).toBe(2);
	expect(failed.stderr).toMatch(
		/^xs-mqtt: xs-mqtt\.json is refused: "sim" has no option "mesages"; it has broker/,
	);
});
