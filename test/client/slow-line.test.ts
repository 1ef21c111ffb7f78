// Lines that are slow, and lines that are dead: what moves is a sign of life, a trickle is none.

import { State } from "../../src/client.js";
import type { ClientOptions } from "../../src/connection/options.js";
import * as reasons from "../../src/connection/reasons.js";
import type { QoS } from "../../src/index.js";
import { CONNACK, hex, PINGRESP, PUBLISH } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";
import { type Pace, SlowLine } from "../support/slow-line.js";
import type { Quirks } from "../support/socket.js";

const KB = 1024;

/** A byte for each offset, none of them as its neighbours of a piece or a page. */
const byteAt = (at: number) => (at * 7 + (at >> 8) * 13 + (at >> 16)) & 255;
const payload = (total: number) => Uint8Array.from({ length: total }, (_, at) => byteAt(at));

/** Has a payload of `total` bytes published part by part. */
function upload({ client }: Setup, total: number, qos: QoS): number {
	return client.publishFrom(
		"up",
		total,
		(offset, view) => {
			const count = Math.min(view.length, total - offset);
			for (let i = 0; i < count; i++) view[i] = byteAt(offset + i);
			return count;
		},
		qos,
	);
}

/** The payloads that have reached the broker on "up", whether whole and right. */
const uploaded = (line: SlowLine, total: number) =>
	line.arrived
		.filter((packet) => packet.cmd === "publish" && packet.topic === "up")
		.map((packet) => packet.cmd === "publish" && hex(packet.payload as Buffer) === hex(payload(total)));

/** Sockets as boards have them, and as systems with large buffers do. */
const sockets: [string, Quirks, boolean][] = [
	["an ESP32", { room: 5744 }, false],
	["an ESP8266", { room: 2920 }, false],
	["a simulator", { room: 1536 }, true],
	["Node", { room: 65_536 }, true],
];

describe.each(sockets)("with a socket of %s", (_name, quirks, hidden) => {
	/** A connected client behind a slow line, and what it receives. */
	function behind(pace: Omit<Pace, "hidden">, options: Partial<ClientOptions> = {}) {
		const received: Uint8Array[] = [];
		let whole: Uint8Array;
		const setup = connected(
			{
				...options,
				onMessage: ({ bytes, offset, length, total }) => {
					if (offset === 0) whole = new Uint8Array(total);
					whole.set(bytes.subarray(0, length), offset);
					if (offset + length === total) received.push(whole);
				},
			},
			quirks,
		);
		return { setup, received, line: new SlowLine(setup, { ...pace, hidden }) };
	}

	test("300 KB each way at 1 KB/s arrive whole, once, while readings are published, with the defaults", () => {
		const { setup, received, line } = behind({ up: KB, down: KB });
		const total = 300 * KB;
		const id = upload(setup, total, 1);
		line.send(PUBLISH("down", payload(total), { qos: 1, id: 9 }));
		let accepted = 0;
		for (let second = 0; second < 900 && setup.client.statistics.delivered < accepted + 1; second += 5) {
			if (second < 300 && setup.client.publish("reading", `${second}`, 1) > 0) accepted++;
			line.pass(5000);
		}
		expect(setup.log.filter((entry) => entry.startsWith("disconnected"))).toEqual([]);
		expect(uploaded(line, total)).toEqual([true]);
		expect(setup.log).toContain(`delivered ${id}`);
		expect(received.map((it) => hex(it) === hex(payload(total)))).toEqual([true]);
		expect(accepted).toBeGreaterThan(3);
		expect(line.arrived.filter(({ cmd }) => cmd === "puback")).toHaveLength(1);
		expect(setup.client.statistics).toMatchObject({ delivered: accepted + 1, timeouts: 0, resent: 0 });
	});

	test("400 KB come at 20 KB/s while a reading is published every 5 seconds", () => {
		const { setup, received, line } = behind({ up: 20 * KB, down: 20 * KB });
		line.send(PUBLISH("down", payload(400 * KB), { qos: 1, id: 9 }));
		for (let second = 0; second < 30; second += 5) {
			setup.client.publish("reading", `${second}`, 1);
			line.pass(5000);
		}
		expect(received).toHaveLength(1);
		expect(setup.client.statistics).toMatchObject({ delivered: 6, disconnects: 0 });
	});

	test.each([0, 1, 2] as QoS[])("300 KB go at 10 KB/s at QoS %d with a keepAlive of 10 seconds", (qos) => {
		const { setup, line } = behind({ up: 10 * KB, down: 10 * KB }, { keepAlive: 10_000 });
		upload(setup, 300 * KB, qos);
		line.pass(60_000);
		expect(uploaded(line, 300 * KB)).toEqual([true]);
		expect(line.arrived.some(({ cmd }) => cmd === "pingreq")).toBe(true);
		expect(setup.client.statistics).toMatchObject({ delivered: qos > 0 ? 1 : 0, disconnects: 0 });
	});

	test.each([0, 1, 2] as QoS[])("60 KB go at 1 KB/s at QoS %d while nothing comes", (qos) => {
		const { setup, line } = behind({ up: KB, down: KB });
		upload(setup, 60 * KB, qos);
		line.pass(180_000);
		expect(uploaded(line, 60 * KB)).toEqual([true]);
		expect(setup.client.statistics).toMatchObject({ delivered: qos > 0 ? 1 : 0, disconnects: 0 });
	});

	test.each(["user name and password", "will"])(
		"a CONNECT that is long for its %s may take more than connectTimeout",
		(what) => {
			const long = "x".repeat(30_000);
			const setup = new Setup(what === "will" ? {} : { username: long, password: long }, quirks);
			if (what === "will") setup.client.will = { topic: "w", payload: long + long };
			setup.peer.open();
			const line = new SlowLine(setup, { up: KB, down: KB, hidden });
			line.pass(90_000, () => line.arrived.length > 0);
			expect(line.arrived.map(({ cmd }) => cmd)).toEqual(["connect"]);
			line.send(CONNACK());
			line.pass(1000);
			expect(setup.news()).toEqual(["connected false"]);
		},
	);
});

test.each([
	["an ESP32", 5744],
	["an ESP8266", 2920],
])("30 KB go at 300 bytes a second through the socket of %s", (_name, room) => {
	const setup = connected({}, { room });
	const line = new SlowLine(setup, { up: 300, down: 300 });
	upload(setup, 30 * KB, 1);
	line.pass(150_000);
	expect(uploaded(line, 30 * KB)).toEqual([true]);
	expect(setup.client.statistics).toMatchObject({ delivered: 1, disconnects: 0 });
});

test("eight messages that are sent at once reach the broker at 1 KB/s", () => {
	const setup = connected({ window: 8, storeSize: 8192 }, { room: 5744 });
	const line = new SlowLine(setup, { up: KB, down: KB });
	for (let i = 0; i < 8; i++) setup.client.publish("t", new Uint8Array(500), 1);
	line.pass(10_000);
	expect(setup.client.statistics).toMatchObject({ delivered: 8, disconnects: 0 });
});

describe("a line is dead", () => {
	const options = { replyTimeout: 5000, keepAlive: 0 };

	/** How long it takes to find out, from now; nothing but the line passes time. */
	function found(setup: Setup, line: SlowLine, limit = 100_000): number {
		const { socket } = setup.peer;
		const passed = line.pass(limit, () => socket.closed);
		return socket.closed ? passed : Number.POSITIVE_INFINITY;
	}

	test("at the latest after twice replyTimeout when only a trickle comes", () => {
		const setup = connected(options);
		const line = new SlowLine(setup, { up: 1e6, down: 2, mute: true });
		line.send(PUBLISH("down", payload(10_000)));
		line.pass(60_000);
		setup.client.publish("t", "x", 1);
		expect(setup.news()).toEqual([]);
		const dead = found(setup, line);
		expect(dead).toBeGreaterThan(9000);
		expect(dead).toBeLessThanOrEqual(11_250);
		expect(setup.news()).toEqual([`disconnected ${reasons.NO_REPLY}`]);
	});

	test("also when the trickle is of small packets", () => {
		const setup = connected(options);
		const line = new SlowLine(setup, { up: 1e6, down: 150, mute: true });
		for (let i = 0; i < 1000; i++) line.send(PINGRESP, PUBLISH("t", ""));
		setup.client.publish("t", "x", 1);
		expect(found(setup, line)).toBeLessThanOrEqual(11_250);
	});

	test("not when as many come as a line that works moves", () => {
		const setup = connected(options);
		const line = new SlowLine(setup, { up: 1e6, down: 250, mute: true });
		line.send(PUBLISH("down", payload(40_000)));
		setup.client.publish("t", "x", 1);
		expect(found(setup, line)).toBe(Number.POSITIVE_INFINITY);
	});

	test("when only a trickle of a long packet goes", () => {
		const setup = connected(options, { room: 1536 });
		const line = new SlowLine(setup, { up: 2, down: 1e6 });
		upload(setup, 10_000, 1);
		const dead = found(setup, line);
		expect(dead).toBeGreaterThan(5000);
		expect(dead).toBeLessThanOrEqual(13_500);
		expect(setup.news()).toEqual([`disconnected ${reasons.NO_REPLY}`]);
	});

	test("also when each part of it is as short as the trickle", () => {
		const setup = connected({ ...options, packetSize: 16 }, { room: 100 });
		const line = new SlowLine(setup, { up: 20, down: 1e6 });
		upload(setup, 10_000, 1);
		expect(found(setup, line)).toBeLessThanOrEqual(11_250);
	});

	test("when nothing of a long packet goes any more", () => {
		const setup = connected(options, { room: 1536 });
		const line = new SlowLine(setup, { up: 0, down: 1e6 });
		upload(setup, 10_000, 0);
		// What the socket has taken may leave at 512 bytes a second.
		expect(found(setup, line)).toBeLessThanOrEqual(5500 + 3000);
	});

	test("after 360 times replyTimeout, whatever moves, when an answer is missing", () => {
		const setup = connected({ replyTimeout: 1000, keepAlive: 0 });
		const line = new SlowLine(setup, { up: 1e6, down: 4000, mute: true });
		line.send(...Array(400).fill(PUBLISH("down", payload(4000))));
		setup.client.publish("t", "x", 1);
		const dead = found(setup, line, 500_000);
		expect(dead).toBeGreaterThan(359_000);
		expect(dead).toBeLessThanOrEqual(360_250);
	});

	test("though the app publishes on and something takes it: what leaves at once delays no answer", () => {
		const setup = connected({ replyTimeout: 5000, keepAlive: 10_000 });
		let passed = 0;
		for (; passed < 60_000 && !setup.peer.socket.closed; passed += 250) {
			setup.client.publish("t", new Uint8Array(300));
			setup.peer.take();
			setup.clock.advance(250);
		}
		expect(setup.news()).toEqual([`disconnected ${reasons.NO_REPLY}`]);
		expect(passed).toBeLessThanOrEqual(15_000);
	});

	test.each([0, 2])("when CONNECT goes at %d bytes a second", (up) => {
		const setup = new Setup({ connectTimeout: 20_000, replyTimeout: 5000 }, { room: 1536 });
		setup.client.will = { topic: "w", payload: "x".repeat(20_000) };
		setup.peer.open();
		const line = new SlowLine(setup, { up, down: 1e6 });
		const dead = found(setup, line);
		expect(dead).toBeGreaterThanOrEqual(20_000);
		expect(dead).toBeLessThanOrEqual(up === 0 ? 20_000 : 25_250);
		expect(setup.news()).toEqual([`disconnected ${reasons.CONNECT_TIMEOUT}`]);
	});

	test("as soon as ever when the connection before it was busy", () => {
		const setup = connected({ replyTimeout: 10_000, connectTimeout: 5000 });
		setup.peer.send(PUBLISH("t", new Uint8Array(400)));
		upload(setup, 1000, 0);
		setup.peer.fail();
		setup.redial().open();
		setup.news();
		const line = new SlowLine(setup, { up: KB, down: KB, mute: true });
		expect(found(setup, line)).toBeLessThanOrEqual(5250);
		expect(setup.news()).toEqual([`disconnected ${reasons.CONNECT_TIMEOUT}`]);
	});
});

describe("what waits for room", () => {
	const options = { replyTimeout: 5000, keepAlive: 0 };

	test.each([0, 1] as QoS[])("at QoS %d does not wait for ever", (qos) => {
		const setup = connected(options, { room: 20 });
		setup.client.publish("t", "fills it");
		setup.client.publish("t", "waits", qos);
		setup.clock.advance(4750);
		expect(setup.news()).toEqual([]);
		setup.clock.advance(900);
		expect(setup.news()).toEqual([`disconnected ${reasons.NO_REPLY}`]);
	});

	test("acknowledgements do not wait for ever either, and reading not for them", () => {
		const setup = connected(options, { room: 23 });
		setup.client.publish("t", "fills the socket"); // but for two bytes
		for (let id = 1; id <= 40; id++) setup.peer.send(PUBLISH("in", "x", { qos: 1, id }));
		expect(setup.news()).toHaveLength(16);
		setup.clock.advance(10_250);
		expect(setup.news()).toEqual([`disconnected ${reasons.NO_REPLY}`]);
	});

	test("has its time from when it began to wait", () => {
		const setup = connected(options, { room: 20 });
		setup.clock.advance(600_000);
		setup.client.publish("t", "fills it");
		setup.client.publish("t", "waits");
		setup.clock.advance(4500);
		expect(setup.news()).toEqual([]);
		setup.peer.expect(PUBLISH("t", "fills it"), PUBLISH("t", "waits"));
		setup.clock.advance(600_000);
		expect(setup.news()).toEqual([]);
	});

	test("may wait without end while others go", () => {
		const setup = connected({ ...options, replyTimeout: 1000 });
		for (let quarter = 0; quarter < 4 * 500; quarter++) {
			while (setup.client.publish("t", new Uint8Array(400)) === 0);
			setup.clock.advance(250);
			expect(setup.peer.takeSome(300)).toHaveLength(300);
		}
		expect(setup.client.statistics.disconnects).toBe(0);
		expect(setup.client.state).toBe(State.CONNECTED);
	});

	test("not while reading is paused", () => {
		const setup = connected(options, { room: 20 });
		setup.client.publish("t", "fills it");
		setup.client.publish("t", "waits");
		setup.client.pause();
		setup.clock.advance(60_000);
		expect(setup.news()).toEqual([]);
	});
});

test("a topic name longer than the socket's room goes in parts, in front of a payload written part by part", () => {
	const { client, peer } = connected({}, { room: 40 });
	const topic = "x".repeat(100);
	client.publishFrom(topic, 50, (offset, view) => Math.min(view.fill(7).length, 50 - offset), 1);
	client.publish("after", "y");
	peer.expect(PUBLISH(topic, new Uint8Array(50).fill(7), { qos: 1, id: 1 }), PUBLISH("after", "y"));
});
