// --json: one object a line with a type that docs/host-tool.md names, and a time. Needs tools/build.

import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { MonitorProcess } from "../monitor/monitor-process.js";
import { Board } from "../support/chip/board.js";
import { esp8266Image } from "../support/images.js";
import { Pty } from "../support/pty.js";
import { XsbugBoard } from "../support/xsbug-board.js";

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/;

/** What the page's section on JSON has in backquotes in its second column, and in the row of others. */
function documented(): Set<string> {
	const page = readFileSync("docs/host-tool.md", "utf8");
	const section = page.split(/^## JSON$/m)[1].split(/^## /m)[0];
	const names = [...section.matchAll(/^\|[^|]*\| *`(\w+)`/gm)].map(([, name]) => name);
	const others = /^\|[^|]*\| others *\|(.*)$/m.exec(section)![1];
	return new Set([...names, ...[...others.matchAll(/`(\w+)`/g)].map(([, name]) => name)]);
}

function expectDocumented(stdout: string): string[] {
	const types = documented();
	const seen = stdout
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line) as { type: string; time?: string });
	for (const { type, time } of seen) {
		expect(types).toContain(type);
		if (time !== undefined) expect(time).toMatch(ISO);
	}
	return seen.map(({ type }) => type);
}

const run = (args: string[], input = "") =>
	spawnSync(process.execPath, ["tools/build/xs-mqtt.js", ...args], { encoding: "utf8", input }).stdout;

test("sim", () => {
	const types = expectDocumented(run(["sim", "--messages", "3", "--interval", "20", "--protocol", "--json"]));
	expect(types).toEqual(expect.arrayContaining(["connection", "message", "status", "trace", "packet"]));
}, 60_000);

test("decode", () => {
	expect(expectDocumented(run(["decode", "-", "--json"], "c0 00 d0 00"))).toEqual(["packet", "packet"]);
});

test("info", async () => {
	const board = await Board.open("esp8266");
	board.chip.flash.write(0, esp8266Image());
	try {
		const args = ["tools/build/xs-mqtt.js", "info", "--port", board.path, "--json"];
		const child = spawn(process.execPath, args);
		let stdout = "";
		child.stdout.on("data", (text) => {
			stdout += text;
		});
		await new Promise((ended) => child.once("close", ended));
		expect(expectDocumented(stdout)).toContain("done");
	} finally {
		await board.close();
	}
}, 30_000);

test("monitor", async () => {
	const pty = await Pty.open();
	const monitor = new MonitorProcess(["--port", pty.path, "--json"]);
	await monitor.shows("is open");
	void new XsbugBoard(pty).boot();
	await monitor.shows("XS abort");
	await monitor.end("SIGINT");
	await pty.close();
	expect(expectDocumented(monitor.stdout)).toEqual(
		expect.arrayContaining(["note", "text", "login", "log", "break", "samples"]),
	);
}, 30_000);
