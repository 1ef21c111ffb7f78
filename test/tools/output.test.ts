import type { WriteStream } from "node:tty";
import type { SimEvent } from "../../tools/sim/events.js";
import { JsonLines } from "../../tools/sim/json-lines.js";
import { LiveScreen } from "../../tools/sim/live-screen.js";
import { describe as describeMessage } from "../../tools/sim/observer.js";
import { PlainLines } from "../../tools/sim/plain-lines.js";
import { MEMORY } from "./fake-board.js";

const EVIL = "\x1b]0;evil\x07\x9b2J\r\n\u202e";
const EVENTS: SimEvent[] = [
	describeMessage("n", `n/load${EVIL}`, Buffer.from(EVIL), 1, true),
	describeMessage("n", "n/status", Buffer.from(`on${EVIL}`), 1, false),
	describeMessage("n", "n/load", Buffer.from("0.25"), 1, false),
	{ type: "connection", of: "broker", state: "ready", url: "mqtt://127.0.0.1:1883", embedded: true },
	{ type: "connection", of: "observer", state: "connected" },
	{ type: "connection", of: "client", state: "disconnected", reason: EVIL },
	{ type: "connection", of: "network", state: "frozen" },
	{ type: "connection", of: "board", state: "aborted", reason: EVIL },
	{ type: "trace", text: `${EVIL}${"x".repeat(5000)}` },
	{ type: "memory", ...MEMORY },
];

test("JSON: one object a line, of the five types, nothing that acts upon a terminal", () => {
	let text = "";
	const output = new JsonLines((part) => {
		text += part;
	});
	for (const event of EVENTS) output.event(event);
	const lines = text.trimEnd().split("\n");
	expect(lines.map((line) => JSON.parse(line))).toEqual(EVENTS);
	expect(lines.join("")).toMatch(/^[\x20-\x7e]*$/);
	expect(lines.every((line) => /^\{"type":"(message|status|connection|trace|memory)",/.test(line))).toBe(
		true,
	);
});

test("plain lines: one for each event, short, with time and kind", () => {
	const lines: string[] = [];
	const output = new PlainLines((line) => lines.push(line));
	for (const event of EVENTS) output.event(event);
	expect(lines).toHaveLength(EVENTS.length);
	for (const line of lines) {
		expect(line).toMatch(/^ +\d+\.\d (message|status|connection|trace|heap) +[\x20-\x7e…]+\n$/);
		expect(line.length).toBeLessThan(300);
	}
	expect(lines.join("")).toContain("mqtt://127.0.0.1:1883");
	expect(lines.join("")).toContain("1 slots, 2 chunk bytes, 5 collections");
});

test("a retained reading is an old one: it does not count", () => {
	const reading = (retain: boolean) => describeMessage("n", "n/load", Buffer.from("1"), 1, retain);
	expect(reading(false)).toMatchObject({ reading: true });
	expect(reading(true)).toMatchObject({ reading: false });
});

test("the screen is entered, drawn within its size, and left once", async () => {
	const writes: string[] = [];
	const terminal = {
		columns: 50,
		rows: 40,
		write: (text: string) => writes.push(text),
	} as unknown as WriteStream;
	const screen = new LiveScreen(terminal, "q quit");
	for (const event of EVENTS) screen.event(event);
	for (let i = 0; i < 100_000; i++) screen.event(describeMessage("n", `n/${i}`, Buffer.from("1"), 0, false));
	await new Promise((resolve) => setTimeout(resolve, 250));
	screen.close();
	screen.close();
	expect(writes[0]).toContain("\x1b[?1049h");
	expect(writes.filter((text) => text.includes("\x1b[?1049l"))).toHaveLength(1);
	expect(writes.at(-1)).toContain("\x1b[?25h");
	const frame = writes.at(-2)!;
	// biome-ignore lint/suspicious/noControlCharactersInRegex: the screen's own sequences
	const lines = frame.replace(/\x1b\[[\d;]*[A-Za-z]/g, "").split("\r\n");
	expect(lines.length).toBeLessThanOrEqual(40);
	for (const line of lines) {
		expect(line).toMatch(/^[\x20-\x7e…]*$/);
		expect(line.length).toBeLessThanOrEqual(50);
	}
	expect(frame).toContain("n/load");
	expect(frame).toMatch(/and 999\d\d messages on other topics/);
	expect(frame).toContain("q quit");
});
