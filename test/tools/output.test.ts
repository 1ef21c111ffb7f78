import type { WriteStream } from "node:tty";
import { stripVTControlCharacters } from "node:util";
import * as reasons from "../../src/connection/reasons.js";
import type { SimEvent } from "../../tools/sim/events.js";
import { JsonLines } from "../../tools/sim/json-lines.js";
import { LiveScreen } from "../../tools/sim/live-screen.js";
import { describe as describeMessage } from "../../tools/sim/observer.js";
import { PlainLines } from "../../tools/sim/plain-lines.js";
import { MEMORY } from "./fake-board.js";

const EVIL = "\x1b]0;evil\x07\x9b2J\r\n\u202e";
const received = (topic: string, payload: string, qos = 1, retain = false) =>
	({ ...describeMessage("n", topic, Buffer.from(payload), qos, retain), reading: false }) as SimEvent;
const EVENTS: SimEvent[] = [
	received(`n/load${EVIL}`, EVIL, 1, true),
	describeMessage("n", "n/status", Buffer.from(`on${EVIL}`), 1, false) as SimEvent,
	received("n/load", "0.25"),
	{ type: "connection", of: "broker", state: "ready", url: "mqtt://127.0.0.1:1883", embedded: true },
	{ type: "connection", of: "observer", state: "connected" },
	{ type: "connection", of: "client", state: "disconnected", reason: EVIL },
	{ type: "connection", of: "network", state: "frozen" },
	{ type: "connection", of: "board", state: "aborted", reason: EVIL },
	{ type: "trace", text: `${EVIL}${"x".repeat(5000)}` },
	{ type: "held", messages: 3, dropped: 27 },
	{ type: "memory", ...MEMORY },
];

test("JSON: one object a line, with its time, nothing that acts upon a terminal", () => {
	let text = "";
	const output = new JsonLines((part) => {
		text += part;
	});
	for (const event of EVENTS) output.event(event);
	const lines = text.trimEnd().split("\n");
	const objects = lines.map((line) => JSON.parse(line));
	expect(objects.map(({ time: _, ...event }) => event)).toEqual(EVENTS);
	// As `monitor --json` has it.
	for (const { time } of objects) expect(new Date(time).toISOString()).toBe(time);
	expect(lines.join("")).toMatch(/^[\x20-\x7e]*$/);
});

test("plain lines: one for each event, short, with time and kind", () => {
	const lines: string[] = [];
	const output = new PlainLines((line) => lines.push(line));
	for (const event of EVENTS) output.event(event);
	expect(lines).toHaveLength(EVENTS.length);
	for (const line of lines) {
		expect(line).toMatch(/^ +\d+\.\d (message|status|connection|trace|held|heap) +[\x20-\x7e…]+\n$/);
		expect(line.length).toBeLessThan(300);
	}
	expect(lines.join("")).toContain("mqtt://127.0.0.1:1883");
	expect(lines.join("")).toContain("1 slots, 2 chunk bytes, 5 collections");
	expect(lines.join("")).toContain("held       3 messages, 27 older given up");
});

interface Screen {
	frame: string;
	/** Without the screen's own sequences. */
	lines: string[];
	writes: string[];
}

/** What a screen of this size shows of the events in the end. */
async function shown(columns: number, rows: number, events: Iterable<SimEvent>): Promise<Screen> {
	const writes: string[] = [];
	const terminal = { columns, rows, write: (text: string) => writes.push(text) };
	const screen = new LiveScreen(terminal as unknown as WriteStream, "q quit");
	for (const event of events) screen.event(event);
	await new Promise((resolve) => setTimeout(resolve, 250));
	screen.close();
	screen.close();
	const frame = writes.at(-2)!;
	return { frame, lines: stripVTControlCharacters(frame).split("\r\n"), writes };
}

test("the screen is entered, drawn within its size, and left once", async () => {
	const others = Array.from({ length: 100_000 }, (_, i) => received(`n/${i}`, "1", 0));
	const { frame, lines, writes } = await shown(50, 40, [...EVENTS, ...others]);
	expect(writes[0]).toContain("\x1b[?1049h");
	expect(writes.filter((text) => text.includes("\x1b[?1049l"))).toHaveLength(1);
	expect(writes.at(-1)).toContain("\x1b[?25h");
	expect(lines.length).toBeLessThanOrEqual(40);
	for (const line of lines) {
		expect(line).toMatch(/^[\x20-\x7e…]*$/);
		expect(line.length).toBeLessThanOrEqual(50);
	}
	expect(frame).toContain("n/load");
	expect(frame).toMatch(/and 999\d\d messages on other topics/);
	expect(frame).toContain("q quit");
});

const REASONS = Object.values(reasons).map(({ message }) => message);

test.each(REASONS)("80 columns show all of a cause: %s", async (reason) => {
	const { lines } = await shown(80, 24, [
		...EVENTS.filter(({ type }) => type !== "trace"),
		{ type: "connection", of: "client", state: "disconnected", reason },
		{ type: "trace", text: `disconnected: ${reason}` },
	]);
	for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
	const words = lines.map((line) => line.trim()).join(" ");
	expect(words).toContain(`client disconnected: ${reason} holds`);
	expect(words).toContain(`trace disconnected: ${reason} `);
	expect(lines.length).toBeLessThanOrEqual(24);
});

test("the screen shows what the board holds, and nothing of it once the board is off", async () => {
	const ready: SimEvent = { type: "connection", of: "board", state: "ready" };
	const holds = async (...events: SimEvent[]) =>
		(await shown(80, 24, events)).lines.find((line) => line.startsWith("  holds"));
	expect(await holds()).toBe("  holds -");
	expect(await holds(ready)).toBe("  holds 0 messages");
	const held: SimEvent = { type: "held", messages: 1, dropped: 0 };
	expect(await holds(ready, held)).toBe("  holds 1 message");
	expect(await holds(ready, { ...held, messages: 3, dropped: 27 })).toBe(
		"  holds 3 messages, 27 older given up",
	);
	expect(await holds(ready, held, { type: "connection", of: "board", state: "unplugged" })).toBe("  holds -");
});

test("a terminal that has no size is taken for one of 80 columns", async () => {
	const { lines } = await shown(0, 0, EVENTS);
	expect(lines).toContain("  embedded broker listens at mqtt://127.0.0.1:1883");
});
