// `sim --protocol`: what passes between board and broker, as it passes.

import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { WriteStream } from "node:tty";
import { stripVTControlCharacters } from "node:util";
import { packetInJson } from "../../tools/decode/view.js";
import type { PacketEvent, SimEvent } from "../../tools/sim/events.js";
import { JsonLines } from "../../tools/sim/json-lines.js";
import { LiveScreen } from "../../tools/sim/live-screen.js";
import { checkOptions } from "../../tools/sim/options.js";
import { PlainLines } from "../../tools/sim/plain-lines.js";
import { ProtocolTap } from "../../tools/sim/protocol-tap.js";
import { Session } from "../../tools/sim/session.js";
import { CONNACK, field, PUBLISH, packet, word } from "../support/packets.js";
import { exchanged } from "./decode/decoded.js";
import { FakeBoard, startFakeBoard } from "./fake-board.js";

const OPTIONS = checkOptions({ name: "n", board: "none", stack: "lwip", interval: "20", protocol: true });

const CONNECT = packet(
	0x10,
	field("MQTT"),
	[4, 0xc2],
	word(60),
	field("id"),
	field("ann"),
	field("secret\x1b[2J"),
);
const EVENTS: PacketEvent[] = exchanged(
	["client", CONNECT],
	["server", CONNACK()],
	["client", PUBLISH("t\x1b[2J/+", "evil\x07\u202e")],
).map((packet) => ({ type: "packet", connection: 1, packet }));

test("a session tells the packets of both, in order, and the board is connected through the tap only", async () => {
	const events: SimEvent[] = [];
	await new Session({ ...OPTIONS, messages: 3 }, undefined, startFakeBoard, (event) =>
		events.push(event),
	).run();
	const packets = events.flatMap((event) => (event.type === "packet" ? [event.packet] : []));
	expect(packets.flatMap(({ violations }) => violations)).toEqual([]);
	const sent = packets.filter(({ sender }) => sender === "client").map(({ type }) => type);
	const got = packets.filter(({ sender }) => sender === "server").map(({ type }) => type);
	expect(sent[0]).toBe("CONNECT");
	expect(sent.filter((type) => type === "PUBLISH").length).toBeGreaterThanOrEqual(4);
	expect(sent.at(-1)).toBe("DISCONNECT");
	expect(got[0]).toBe("CONNACK");
	expect(got).toContain("PUBACK");
	const ready = events.find((event) => event.type === "connection" && event.of === "broker") as {
		url: string;
	};
	expect(ready.url).not.toBe(`mqtt://127.0.0.1:${FakeBoard.started.at(-1)!.config.port}`);
	expect(FakeBoard.started.at(-1)!.config.host).toBe("127.0.0.1");
});

test("bytes, ends and resets go through as they are", async () => {
	const payload = Buffer.alloc(3_000_000, "0123456789");
	const server = createServer((socket) => {
		socket.on("error", () => {});
		socket.once("data", () => socket.end(payload));
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const tap = await ProtocolTap.start(
		{ host: "127.0.0.1", port: (server.address() as { port: number }).port },
		() => {},
	);
	const socket = connect(tap.port, tap.host);
	const parts: Buffer[] = [];
	socket.on("data", (part) => parts.push(part));
	const ended = once(socket, "end");
	socket.write("hello");
	await ended;
	expect(Buffer.concat(parts).equals(payload)).toBe(true);
	server.close();
	// Nobody listens any more.
	const refused = connect(tap.port, tap.host);
	const error = new Promise<Error>((resolve) => refused.on("error", resolve));
	expect(await error).toMatchObject({ code: "ECONNRESET" });
	await tap.close();
});

test("plain lines: the packet's line, its fields below", () => {
	const lines: string[] = [];
	const output = new PlainLines((line) => lines.push(line));
	for (const event of EVENTS) output.event(event);
	const text = lines.join("");
	expect(text).toMatch(/^ +\d+\.\d packet {5}\[1\] CONNECT client -> server, at byte 0, \d+ bytes\n/);
	expect(text).toMatch(/\n {14}0 {2}10 {24}MQTT Control Packet type {2}1 \(CONNECT\)\n/);
	expect(text).toContain("! [MQTT-3.3.2-2]");
	expect(text).toMatch(/^[\x20-\x7e…\n]*$/);
	expect(text).not.toContain("secret");
});

test("JSON: one object a packet, with the fields", () => {
	const lines: string[] = [];
	const output = new JsonLines((line) => lines.push(line));
	for (const event of EVENTS) output.event(event);
	const objects = lines.map((line) => JSON.parse(line));
	expect(objects.map(({ time: _, ...event }) => event)).toEqual(
		EVENTS.map((event) => JSON.parse(JSON.stringify({ ...event, packet: packetInJson(event.packet) }))),
	);
	expect(lines.join("")).toMatch(/^[\x20-\x7e\n]*$/);
	expect(lines.join("")).not.toContain("secret");
});

test("the screen shows the last packets, within its size", async () => {
	const writes: string[] = [];
	const terminal = { columns: 70, rows: 40, write: (text: string) => writes.push(text) };
	const screen = new LiveScreen(terminal as unknown as WriteStream, "q quit");
	for (let i = 0; i < 100; i++) screen.event({ type: "trace", text: `trace ${i}` });
	for (let i = 0; i < 1000; i++) for (const event of EVENTS) screen.event(event);
	await new Promise((resolve) => setTimeout(resolve, 250));
	screen.close();
	const lines = stripVTControlCharacters(writes.at(-2)!).split("\r\n");
	expect(lines.length).toBeLessThanOrEqual(40);
	for (const line of lines) expect(line.length).toBeLessThanOrEqual(70);
	expect(lines).toContain("  trace 99");
	expect(lines).toContain("protocol");
	expect(lines.filter((line) => line.includes("[MQTT-3.3.2-2]"))).toHaveLength(1);
	// Of a rule that is broken all is shown.
	expect(lines.at(-4)).toMatch(/^ {4}! \[MQTT-3\.3\.2-2\] the Topic Name has the wildcard/);
	expect(lines.at(-3)).toBe("      filters may have");
	expect(lines.join("")).not.toContain("secret");
});
