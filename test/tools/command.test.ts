import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { main } from "../../tools/xs-mqtt.js";

async function run(...args: string[]): Promise<{ status: number; stderr: string; stdout: string }> {
	let stderr = "";
	let stdout = "";
	const err = jest.spyOn(process.stderr, "write").mockImplementation((text) => {
		stderr += text;
		return true;
	});
	const out = jest.spyOn(process.stdout, "write").mockImplementation((text) => {
		stdout += text;
		return true;
	});
	try {
		return { status: await main(args), stderr, stdout };
	} finally {
		err.mockRestore();
		out.mockRestore();
	}
}

test.each([
	[["frobnicate"]],
	[["--frobnicate"]],
	[["sim", "--frobnicate"]],
	[["sim", "more"]],
	[["sim", "--messages"]],
	[["sim", "--messages", "0"]],
	[["sim", "--board", "\x1b[2J\n"]],
	[["sim", "--broker", "mqtts://u:secret@host"]],
	[["\x1b[2J\nx"]],
])("wrong usage %j: one line, exit status 2", async (args) => {
	const { status, stderr, stdout } = await run(...args);
	expect(status).toBe(2);
	expect(stderr).toMatch(/^xs-mqtt: [\x20-\x7e]+\n$/);
	expect(stderr).not.toContain("secret");
	expect(stdout).toBe("");
});

test("alone it prints its help, and fails: something is missing", async () => {
	const { status, stderr, stdout } = await run();
	expect(status).toBe(2);
	expect(stdout).toBe("");
	const help = await run("--help");
	expect(help.status).toBe(0);
	expect(help.stdout).toMatch(/^ {2}sim +run the sensor node/m);
	expect(stderr).toBe(help.stdout);
	expect(await run("help")).toEqual(help);
});

test.each([
	[
		["simm"],
		/^xs-mqtt: unknown command 'simm' \(Did you mean sim\?\); "xs-mqtt --help" lists the commands\n$/,
	],
	[["monitr"], /Did you mean monitor\?/],
	[["sim", "--mesages", "3"], /Did you mean --messages\?.*"xs-mqtt sim --help"/],
])("a misspelt %j gets a suggestion", async (args, words) => {
	const { status, stderr } = await run(...args);
	expect(status).toBe(2);
	expect(stderr).toMatch(words);
});

test("help is no error", async () => {
	const { status, stdout } = await run("sim", "--help");
	expect(status).toBe(0);
	expect(stdout).toContain("--replay");
});

test("its version is the package's", async () => {
	const { version } = JSON.parse(readFileSync("package.json", "utf8"));
	expect(await run("--version")).toEqual({ status: 0, stderr: "", stdout: `${version}\n` });
});

test.each(["sim", "decode", "ports", "flash", "monitor", "run"])(
	"%s --help has an example",
	async (command) => {
		const { status, stdout } = await run(command, "--help");
		expect(status).toBe(0);
		expect(stdout).toMatch(new RegExp(`\nExamples?:\n  (.* )?xs-mqtt ${command}\\b`));
	},
);

test("a replay that cannot be read: exit status 1, before anything is started", async () => {
	const { status, stderr } = await run("sim", "--replay", "/no/such/file.csv");
	expect(status).toBe(1);
	expect(stderr).toMatch(/^xs-mqtt: \/no\/such\/file.csv cannot be read: .+; .+\n$/);
});

/** Names of the packages whose code a command has loaded. */
function packagesOf(...args: string[]): string[] {
	const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-coverage-"));
	try {
		const { status } = spawnSync(process.execPath, ["tools/build/xs-mqtt.js", ...args], {
			env: { ...process.env, NODE_V8_COVERAGE: folder },
		});
		expect(status).toBe(0);
		const [file] = readdirSync(folder);
		const { result } = JSON.parse(readFileSync(join(folder, file), "utf8")) as { result: { url: string }[] };
		const names = result.map(({ url }) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]);
		return [...new Set(names.filter((name) => name !== undefined))].sort();
	} finally {
		rmSync(folder, { recursive: true });
	}
}

test("help loads no command: none of what they need", () => {
	expect(packagesOf("--help")).toEqual(["commander"]);
	expect(packagesOf("ports", "--json")).toContain("serialport");
	expect(packagesOf("ports", "--json")).not.toContain("aedes");
});
