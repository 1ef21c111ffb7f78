// The whole command: on a pseudo-terminal with a board behind it, as a listener for simulators, with files and brokers.

import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connectAsync } from "mqtt";
import { EmbeddedBroker } from "../../tools/sim/embedded-broker.js";
import { Pty } from "../support/pty.js";
import { framed, log, login, SESSION } from "../support/xsbug.js";
import { XsbugBoard } from "../support/xsbug-board.js";
import { MonitorProcess } from "./monitor-process.js";

const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => MonitorProcess.endAll());

async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	server.close();
	return port;
}

async function simulator(port: number): Promise<Socket> {
	const socket = connect(port, "127.0.0.1");
	await once(socket, "connect");
	return socket;
}

/** Until the simulator was answered so. */
function answered(socket: Socket, pattern: RegExp): Promise<void> {
	return new Promise((resolve) => {
		let text = "";
		socket.on("data", (bytes) => {
			text += bytes;
			if (pattern.test(text)) resolve();
		});
	});
}

test("the recorded session as a person reads it", async () => {
	const pty = await Pty.open();
	const monitor = new MonitorProcess(["--port", pty.path]);
	await monitor.shows("is open");
	void new XsbugBoard(pty).boot();
	await monitor.shows("XS abort");
	expect(await monitor.end("SIGINT")).toBe(0);
	await pty.close();
	const lines = monitor.stdout.split("\n").filter((line) => !line.startsWith("--"));
	expect(lines.slice(0, 12)).toEqual([
		" ets Jan  8 2013,rst cause:2, boot mode:(3,6)",
		"load 0x40100000, len 1396, room 16",
		"tail 4",
		"chksum 0x89",
		"load 0x3ffe8000, len 776, room 4",
		"tail 4",
		"chksum 0xe8",
		"load 0x3ffe8308, len 540, room 4",
		"[capture] slots 960 / 65504, chunks 0 / 32768, stack 0 / 12288, 0 collections/s",
		"[capture] board started",
		"[capture] slots 4288 / 65504, chunks 24 / 32768, stack 1184 / 12288, 3 collections/s",
		'[capture] reading 1: temperature=20.1 °C <ok> & "fine"',
	]);
	const broken = lines.findIndex((line) => line.includes("break"));
	expect(lines.slice(broken, broken + 3)).toEqual([
		"[capture] break: TypeError: cannot coerce null to object (in (anonymous-66)) (/app/main.js:8)",
		"    at (anonymous-66) (/app/main.js:8)",
		"    at (host)",
	]);
	expect(monitor.stdout).toContain("-- capture runs on XS 17.7.0 32-bit LE 16-bit ID\n");
	expect(monitor.stdout).toContain("-- the board has started\n");
}, 20_000);

test("killed at any time, the file has complete lines, and the next monitor adds to it", async () => {
	const file = join(folder, "killed.log");
	const port = await freePort();
	const expected = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} (-- .+|\[main\] line \d+ of the app, ü)$/;
	let before = "";
	for (const bytes of [1, 500_000, 2_000_000]) {
		const monitor = new MonitorProcess(["--tcp", String(port), "--log", file, "--timestamps"]);
		await monitor.shows("listening");
		const socket = await simulator(port);
		socket.on("error", () => {});
		socket.write(login("main"));
		for (let n = 0, sent = 0; sent < bytes; n++) {
			const message = log(`line ${n} of the app, ü`);
			sent += message.length;
			socket.write(message);
		}
		await monitor.shows("line 0 of");
		expect(await monitor.end("SIGKILL")).toBeNull();
		socket.destroy();
		const text = readFileSync(file, "utf8");
		expect(text.startsWith(before)).toBe(true);
		expect(text.length).toBeGreaterThan(before.length);
		expect(text.endsWith("\n")).toBe(true);
		for (const line of text.slice(before.length, -1).split("\n")) expect(line).toMatch(expected);
		before = text;
	}
}, 60_000);

test("several machines, reconnects, JSON", async () => {
	const port = await freePort();
	const monitor = new MonitorProcess(["--tcp", String(port), "--json"]);
	await monitor.shows("listening");
	for (const name of ["main", "worker", "main"]) {
		const socket = await simulator(port);
		const go = answered(socket, /^\r\n<set-all-breakpoints>.*<\/set-all-breakpoints>\r\n\r\n<go\/>\r\n$/);
		socket.write(login(name));
		await go;
		socket.write(log(`\x1b[2J from ${name} \u202e`));
		if (name === "worker") socket.write(SESSION.subarray(0, 12_000));
		await monitor.shows(`from ${name}`);
		if (name === "main") socket.destroy();
		if (name === "worker") await answered(socket, /<go\/>\r\n$/);
	}
	await monitor.shows(/"closed","machine":"","name":"main"[\s\S]*"closed","machine":"","name":"main"/);
	expect(await monitor.end("SIGTERM")).toBe(0);
	expect(monitor.stdout).toMatch(/^[\n\x20-\x7e°]*$/);
	const events = monitor.stdout
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line));
	for (const { time } of events) expect(time).toMatch(/^\d{4}-.*Z$/);
	expect(events.filter(({ type }) => type === "log")[0]).toMatchObject({
		name: "main",
		text: "\x1b[2J from main \u202e",
		cut: false,
	});
	expect(events.find(({ type }) => type === "break")).toMatchObject({
		name: "capture",
		message: "TypeError: cannot coerce null to object (in (anonymous-66))",
		path: "/app/main.js",
		line: 8,
		stack: [{ name: "(anonymous-66)", path: "/app/main.js", line: 8 }, { name: "(host)" }],
	});
	expect(events.find(({ type }) => type === "samples")).toMatchObject({
		figures: { slots: { used: 960, available: 65_504 }, collections: 0 },
		values: { "Keys used": 0 },
	});
}, 20_000);

test("JSON lines are whole and nothing but JSON for a slow reader, also at the end; the file misses none", async () => {
	const port = await freePort();
	const file = join(folder, "slow.log");
	const monitor = new MonitorProcess(["--tcp", String(port), "--json", "--log", file]);
	await monitor.shows("listening");
	monitor.pause();
	const socket = await simulator(port);
	socket.write(login("main"));
	const lines = 1500;
	for (let n = 0; n < lines; n++) socket.write(log(`${n} ${"x".repeat(8000)}`));
	while (!readFileSync(file, "utf8").includes(`"${lines - 1} xxx`)) await pause(100);
	monitor.resume();
	await monitor.shows("0 xxx");
	monitor.pause();
	for (let n = 0; n < 100; n++) socket.write(log(`later ${n} ${"x".repeat(8000)}`));
	while (!readFileSync(file, "utf8").includes('"later 99 xxx')) await pause(100);
	const ended = monitor.end("SIGINT");
	await pause(500); // it has every reason to exit, but for what is not read
	monitor.resume();
	expect(await ended).toBe(0);
	const events = monitor.stdout
		.slice(0, -1)
		.split("\n")
		.map((line) => JSON.parse(line));
	expect(monitor.stdout.endsWith("\n")).toBe(true);
	const missing = events.filter(({ type, text }) => type === "note" && /missing here/.test(text));
	expect(missing.length).toBeGreaterThan(0);
	const told = missing.reduce((sum, { text }) => sum + Number.parseInt(text, 10), 0);
	const shown = events.filter(({ type, text }) => type === "log" && /x{8000}$/.test(text)).length;
	expect(shown + told).toBe(lines + 100);
	socket.destroy();
}, 60_000);

test("what is unreadable is told, on the screen and in the file", async () => {
	const pty = await Pty.open();
	const file = join(folder, "unreadable.log");
	const monitor = new MonitorProcess(["--port", pty.path, "--baud", "115200", "--no-reset", "--log", file]);
	await monitor.shows("is open");
	pty.write(Buffer.from("before\tthe noise\r\n"));
	await monitor.shows("before\tthe noise\n");
	pty.write(Buffer.from(`${"\x01\x02".repeat(5)}\r\n`, "latin1"));
	await monitor.shows("-- 10 unreadable characters: another baud rate, or a bad line\n");
	pty.write(Buffer.alloc(300, 0xe5));
	await monitor.shows(/-- \d{3} unreadable characters/);
	pty.write(Buffer.from("\r\nafter\r\n"));
	await monitor.shows("after");
	expect(await monitor.end("SIGINT")).toBe(0);
	await pty.close();
	const text = readFileSync(file, "utf8");
	expect(text).toContain(
		"before\tthe noise\n-- 10 unreadable characters: another baud rate, or a bad line\n",
	);
	const counts = [...text.matchAll(/(\d+) unreadable character/g)].map(([, count]) => Number(count));
	expect(counts.reduce((sum, count) => sum + count, 0)).toBe(310);
}, 20_000);

test("a filter for what is shown and forwarded; the file has everything", async () => {
	const broker = await EmbeddedBroker.start(0);
	const subscriber = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
	const received: string[] = [];
	subscriber.on("message", (topic, payload) => received.push(`${topic} ${payload}`));
	await subscriber.subscribeAsync("boards/#", { qos: 1 });
	const port = await freePort();
	const file = join(folder, "filtered.log");
	const monitor = new MonitorProcess([
		...["--tcp", String(port), "--filter", "err(or|eur)$", "--log", file],
		...["--broker", `mqtt://127.0.0.1:${broker.port}/boards/kitchen%20log`],
	]);
	await monitor.shows("forwarding");
	const socket = await simulator(port);
	socket.write(
		[login("main"), log("an error"), log("errors"), log("une erreur"), log("the end, no error")].join(""),
	);
	await monitor.shows("the end");
	while (received.length < 3) await new Promise((resolve) => subscriber.once("message", resolve));
	expect(await monitor.end("SIGINT")).toBe(0);
	expect(received).toEqual(
		["an error", "une erreur", "the end, no error"].map((text) => `boards/kitchen log [main] ${text}`),
	);
	expect(monitor.stdout).not.toContain("errors");
	expect(readFileSync(file, "utf8")).toContain("[main] errors\n");
	socket.destroy();
	await subscriber.endAsync();
	await broker.close();
}, 20_000);

test("a broker that is not there: told once, the password never", async () => {
	const [nowhere, port] = [await freePort(), await freePort()];
	const url = `mqtt://ann:secret1@127.0.0.1:${nowhere}/boards`;
	const monitor = new MonitorProcess(["--tcp", String(port), "--broker", url], {
		XS_MQTT_BROKER_PASSWORD: "secret2",
	});
	await monitor.shows("ECONNREFUSED");
	const socket = await simulator(port);
	socket.write([login("main"), ...[...Array(3000).keys()].map((n) => log(`line ${n}`))].join(""));
	await monitor.shows("line 2999");
	expect(await monitor.end("SIGINT")).toBe(0);
	expect(monitor.stdout + monitor.stderr).not.toContain("secret");
	expect(monitor.stdout.match(/ECONNREFUSED/g)).toHaveLength(1);
	socket.destroy();
}, 20_000);

test("an expression that would take years ends the monitor with a message", async () => {
	const port = await freePort();
	const monitor = new MonitorProcess(["--tcp", String(port), "--filter", "^(a+)+$"]);
	await monitor.shows("listening");
	const socket = await simulator(port);
	socket.on("error", () => {});
	socket.write(`${login("main")}${log(`${"a".repeat(5000)}!`)}`);
	// The name in brackets is not of a's: it is found at once. This line begins with one.
	socket.write(`${"a".repeat(50)}!\n`);
	expect(await monitor.end()).toBe(1);
	expect(monitor.stderr).toMatch(/^xs-mqtt: --filter takes too long: .+; .+\n$/);
	socket.destroy();
}, 20_000);

test("what cannot be is told in one line", async () => {
	const port = await freePort();
	const first = new MonitorProcess(["--tcp", String(port)]);
	await first.shows("listening");
	const cases: [string[], number, RegExp][] = [
		[
			["--tcp", String(port)],
			1,
			/cannot listen on 127\.0\.0\.1:\d+: another program does.+; end that program/,
		],
		[["--port", "/no/such/port"], 1, /\/no\/such\/port cannot be opened: .+; .+/],
		[["--tcp", "--log", "/no/such/folder/file"], 1, /file cannot be written: ENOENT.+; .+/],
		[["--tcp", "99999"], 2, /--tcp: "99999" is not possible; .+/],
		[["--tcp", "5002", "--baud", "9600"], 2, /--baud: .+; .+/],
		[["--filter", "(\x1b[2J"], 2, /--filter: .+; .+/],
		[["--broker", "mqtt://u:secret@host/"], 2, /--broker: the URL has no topic; .+/],
		[["--broker", "mqtt://u:secret@host/a/#"], 2, /--broker: .+; .+/],
		[["--broker", "mqtt://u:secret@host/a/+/b"], 2, /--broker: nothing can be published.+; .+/],
	];
	for (const [args, status, message] of cases) {
		const monitor = new MonitorProcess(args);
		expect(await monitor.end()).toBe(status);
		expect(monitor.stderr).toMatch(message);
		expect(monitor.stderr).toMatch(/^xs-mqtt: [\x20-\x7e]+\n$/);
		expect(monitor.stderr).not.toContain("secret");
	}
	expect(await first.end("SIGINT")).toBe(0);
}, 60_000);

test("raw text beside messages, of a board that panics", async () => {
	const pty = await Pty.open();
	const monitor = new MonitorProcess(["--port", pty.path]);
	await monitor.shows("is open");
	pty.write(framed("3FFB4264", login("main")));
	pty.write(framed("3FFB4264", "\r\n<xsbug><log>half"));
	pty.write(Buffer.from("\r\nGuru Meditation Error\x1b[2J\r\n\x1b[0;31mBacktrace\x1b[0m\r\n"));
	await monitor.shows("Backtrace");
	await monitor.end("SIGINT");
	await pty.close();
	expect(monitor.stdout).toContain("[main] half … (cut)\nGuru Meditation Error\\x1b[2J\nBacktrace\n");
}, 20_000);

test("--input: what is typed goes to the board, line by line", async () => {
	const pty = await Pty.open();
	let heard = "";
	pty.on("data", (bytes) => {
		heard += bytes;
	});
	const monitor = new MonitorProcess(["--port", pty.path, "--input", "--baud", "115200", "--no-reset"]);
	await monitor.shows("is open");
	monitor.type("led on\n\u00e9\n");
	while (!heard.includes("\u00e9\n")) await pause(10);
	expect(heard).toBe("led on\n\u00e9\n");
	pty.write(Buffer.from("led is on\r\n"));
	await monitor.shows("led is on");
	expect(await monitor.end("SIGINT")).toBe(0);
	await pty.close();
}, 20_000);

test("--input from a pipe: all lines in order, and the monitor goes on after the last", async () => {
	const pty = await Pty.open();
	let heard = "";
	pty.on("data", (bytes) => {
		heard += bytes;
	});
	const monitor = new MonitorProcess(["--port", pty.path, "--input", "--baud", "460800", "--no-reset"]);
	await monitor.shows("is open");
	const lines = Array.from({ length: 10_000 }, (_, i) => `line ${i} of many\n`).join("");
	monitor.type(`${lines}the last`);
	monitor.endInput();
	while (!heard.endsWith("the last\n")) await pause(10);
	expect(heard).toBe(`${lines}the last\n`);
	pty.write(Buffer.from("it goes on\r\n"));
	await monitor.shows("it goes on");
	expect(await monitor.end("SIGINT")).toBe(0);
	await pty.close();
}, 20_000);

test("--input is for boards", async () => {
	const monitor = new MonitorProcess(["--tcp", "--input"]);
	expect(await monitor.end()).toBe(2);
	expect(monitor.stderr).toMatch(
		/^xs-mqtt: --input: it is a serial port's, and --tcp listens for a simulator/,
	);
});
