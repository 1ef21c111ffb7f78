// A real pseudo-terminal, and behind it a board that is strict with its debugger.

import { setTimeout as pause } from "node:timers/promises";
import type { OpenLine } from "../../tools/monitor/reopen.js";
import { SerialSource } from "../../tools/monitor/serial-source.js";
import { SerialLine } from "../../tools/serial/serial-line.js";
import { Pty } from "../support/pty.js";
import { messagesOf, SESSION } from "../support/xsbug.js";
import { XsbugBoard } from "../support/xsbug-board.js";
import { Gathered } from "./gathered.js";

const LAST = "XS abort: unhandled exception";

let pty: Pty;
let gathered: Gathered;
let source: SerialSource;

beforeEach(async () => {
	pty = await Pty.open();
	gathered = new Gathered();
});

afterEach(async () => {
	await source.stop();
	await pty.close();
});

async function listen(options: { baud?: number; reset?: boolean; open?: OpenLine } = {}): Promise<void> {
	const { baud, reset = true, open } = options;
	source = new SerialSource({ path: pty.path }, { baud, reset }, gathered, open);
	await source.start();
}

/** The pseudo-terminal with control lines, wired as on most boards. */
function wired(board: XsbugBoard, starts: string[]): OpenLine {
	return async (path, baudRate) => {
		const line = await SerialLine.open(path, baudRate);
		let inReset = false;
		line.setSignals = async ({ dtr, rts }) => {
			const enLow = rts && !dtr;
			const bootLow = dtr && !rts;
			if (inReset && !enLow) {
				starts.push(bootLow ? "bootloader" : "app");
				// A chip takes a moment to start: longer than its debugger takes to set another baud rate.
				if (!bootLow) setTimeout(() => void board.boot(), 100);
			}
			inReset = enLow;
		};
		return line;
	};
}

test("login, lines, breaks and samples, each answered in time, whatever pieces they come in", async () => {
	const board = new XsbugBoard(pty);
	await listen();
	let expected: unknown;
	for (const chunk of [65_536, 4096, 1000, 100, ...[...Array(16).keys()].map((n) => 16 - n)]) {
		board.chunk = chunk;
		gathered.events = [];
		board.told.length = 0;
		const ended = board.boot();
		await gathered.line(LAST);
		await ended;
		await gathered.until(({ type }) => type === "samples" && samples() === 10);
		expect(board.told).toEqual(["exceptions", "go", "go", "go", "go"]);
		expected ??= gathered.told();
		expect(gathered.told()).toEqual(expected);
	}
	const types = gathered.told().map(({ type }) => type);
	expect(types.filter((type) => type === "log")).toHaveLength(15);
	expect(types.filter((type) => type === "break")).toHaveLength(3);
	expect(gathered.events).toContainEqual({
		type: "samples",
		machine: "3FFB4264",
		name: "capture",
		figures: {
			slots: { used: 324_352, available: 325_568 },
			chunks: { used: 352_536, available: 661_504 },
			stack: { used: 1152, available: 12_288 },
			collections: 135,
		},
		values: expect.objectContaining({ "Modules loaded": 1 }),
	});
}, 60_000);

const samples = () => gathered.events.filter(({ type }) => type === "samples").length;

test("a board whose login was missed is silent: that is told, and what to do", async () => {
	const board = new XsbugBoard(pty);
	board.patience = 10;
	await board.boot();
	expect(board.told).toEqual([]);
	board.patience = 2000;
	await listen();
	// What it had said is in the system's buffer still.
	await gathered.line(/^the board is silent.*resetting it/);
	await gathered.line(/has no control lines.*press RESET/);
	void board.boot();
	await gathered.line(LAST);
}, 30_000);

test("a silent board is reset, into its app, and found at its rate", async () => {
	const board = new XsbugBoard(pty, { boot: 74_880, app: 921_600 }, messagesOf(SESSION).slice(1, 4));
	const starts: string[] = [];
	await listen({ open: wired(board, starts) });
	await gathered.line("board started");
	expect(starts).toEqual(["app"]);
	gathered.events = [];
	await source.reset();
	await gathered.line("board started");
	expect(starts).toEqual(["app", "app"]);
	// Its ROM may have begun at another rate than was listened at.
	expect(gathered.notes.filter((note) => !note.includes("unreadable"))).toEqual(["the board was reset"]);
	expect(board.told).not.toContain("restart");
}, 30_000);

test("a rate that no ROM's text tells is found by a further reset", async () => {
	const board = new XsbugBoard(pty, { boot: 9600, app: 921_600 }, messagesOf(SESSION).slice(1, 4));
	const starts: string[] = [];
	await listen({ open: wired(board, starts) });
	await gathered.line("board started");
	expect(pty.speed()).toBe(921_600);
	expect(new Set(starts)).toEqual(new Set(["app"]));
}, 60_000);

test("control lines that lead nowhere: the app is asked to restart", async () => {
	const board = new XsbugBoard(pty);
	await listen({
		open: async (path, baudRate) => {
			const line = await SerialLine.open(path, baudRate);
			line.setSignals = async () => {};
			return line;
		},
	});
	void board.boot();
	await gathered.line(LAST);
	gathered.events = [];
	await source.reset();
	await gathered.line(/^its control lines did nothing: the app was asked to restart/);
	await gathered.line(LAST);
}, 30_000);

test("a release build, which says nothing, is not reset again and again", async () => {
	const starts: string[] = [];
	const board = new XsbugBoard(pty);
	board.boot = async () =>
		pty.write(Buffer.from("rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"));
	await listen({ open: wired(board, starts) });
	await gathered.line(/^the board has started, but its app logs nothing/);
	expect(starts).toEqual(["app"]);
}, 30_000);

test("raw lines that cannot be read are counted, where they were", async () => {
	await listen({ baud: 115_200, reset: false });
	pty.write(Buffer.from("first\r\n"));
	await gathered.line("first");
	gathered.events = [];
	pty.write(Buffer.from("\x01\x02\x03\x04\r\nsecond\r\n"));
	await gathered.line("second");
	pty.write(Buffer.from("\x01")); // the line never ends
	await gathered.line(/^1 unreadable character:/);
	const told = gathered.events.flatMap((event) => ("text" in event ? [event.text] : []));
	expect(told.filter((text) => !text.includes("silent"))).toEqual([
		"4 unreadable characters: another baud rate, or a bad line",
		"second",
		"1 unreadable character: another baud rate, or a bad line",
	]);
});

test("without resets it waits", async () => {
	const board = new XsbugBoard(pty);
	await listen({ reset: false });
	await gathered.line(/^the board is silent.*waiting/);
	void board.boot();
	await gathered.line(LAST);
	expect(gathered.notes.join()).not.toContain("control lines");
}, 30_000);

test("pulled and plugged in again, at any time", async () => {
	const board = new XsbugBoard(pty);
	await listen();
	for (let time = 0; time < 3; time++) {
		gathered.events = [];
		void board.boot();
		await gathered.until(({ type }) => type === (["login", "break", "samples"] as const)[time]);
		await pty.pull();
		await gathered.line(/is gone/);
		await pty.plug();
		await gathered.line(/is open/);
	}
	gathered.events = [];
	void board.boot();
	await gathered.line(LAST);
}, 30_000);

test("what is typed while the board is unplugged is lost, which is told once each time", async () => {
	await listen();
	let heard = "";
	pty.on("data", (bytes) => {
		heard += bytes;
	});
	for (let time = 0; time < 2; time++) {
		gathered.events = [];
		await pty.pull();
		await gathered.line(/is gone/);
		for (let i = 0; i < 100; i++) await source.write(Buffer.from("lost\n"));
		expect(
			gathered.notes.filter((note) => /^what was typed is not sent: .* is not there$/.test(note)),
		).toHaveLength(1);
		await pty.plug();
		await gathered.line(/is open/);
		await source.write(Buffer.from(`sent ${time}\n`));
		while (!heard.includes(`sent ${time}\n`)) await pause(5);
	}
	expect(heard).toBe("sent 0\nsent 1\n");
}, 30_000);

test("without control lines the app is asked to restart", async () => {
	const board = new XsbugBoard(pty);
	await listen();
	void board.boot();
	await gathered.line(LAST);
	gathered.events = [];
	await source.reset();
	await gathered.line(/^the port has no control lines: the app was asked to restart/);
	await gathered.line(LAST);
	expect(board.told).toContain("restart");
});

test("an ESP8266 that boots at 74880 baud and goes on at 921600 is read at both", async () => {
	const board = new XsbugBoard(pty, { boot: 74_880, app: 921_600 }, messagesOf(SESSION).slice(1, 4));
	// Told or found out; the first time its ROM is heard at a wrong rate.
	await listen({ reset: false });
	void board.boot();
	await gathered.line("board started");
	expect(pty.speed()).toBe(921_600);
	gathered.events = [];
	void board.boot();
	await gathered.line("board started");
	for (const event of gathered.events)
		if (event.type === "text") expect(event.text).toMatch(/^[\x20-\x7e]*$/);
}, 30_000);
