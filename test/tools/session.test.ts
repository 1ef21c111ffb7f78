// Broker, observer and session for real; only the board is ours, in Node.

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { EmbeddedBroker } from "../../tools/sim/embedded-broker.js";
import type { SimEvent } from "../../tools/sim/events.js";
import { Observer } from "../../tools/sim/observer.js";
import type { SimOptions } from "../../tools/sim/options.js";
import { readReplay } from "../../tools/sim/replay.js";
import { Session } from "../../tools/sim/session.js";
import { FakeBoard, startFakeBoard } from "./fake-board.js";

const OPTIONS: SimOptions = {
	broker: undefined,
	port: undefined,
	tls: false,
	name: "sensor-node",
	board: "none",
	stack: "lwip",
	interval: 20,
	messages: undefined,
	timeout: undefined,
	replay: undefined,
	protocol: false,
	json: true,
};

let events: SimEvent[] = [];
let heard: (event: SimEvent) => void = () => {};

function onEvent(event: SimEvent): void {
	events.push(event);
	heard(event);
}

function until(matches: (event: SimEvent) => boolean): Promise<SimEvent> {
	return new Promise((resolve) => {
		heard = (event) => {
			if (matches(event)) resolve(event);
		};
	});
}

beforeEach(() => {
	events = [];
	heard = () => {};
	FakeBoard.started = [];
});

const messages = () => events.filter((event) => event.type === "message");
const states = (of: string) =>
	events.flatMap((e) => (e.type === "connection" && e.of === of ? [e.state] : []));

test("ends done after so many readings, and exactly those", async () => {
	await new Session({ ...OPTIONS, messages: 5 }, undefined, startFakeBoard, onEvent).run();
	expect(messages()).toHaveLength(5);
	expect(messages()[0]).toEqual({
		type: "message",
		topic: "sensor-node/load",
		payload: "0.25",
		length: 4,
		cut: false,
		qos: 1,
		retain: false,
		reading: true,
	});
	const status = events.flatMap((event) => (event.type === "status" ? [event.state] : []));
	expect(status).toEqual(["online", "offline"]);
	expect(states("broker")).toEqual(["ready"]);
	expect(states("board")).toEqual(["on", "ready", "off"]);
	expect(states("client")).toEqual(["connected", "disconnected"]);
	expect(events.map((event) => event.type)).toEqual(expect.arrayContaining(["trace", "memory"]));
});

test("readings that do not come are a failure when the time is over", async () => {
	const session = new Session(
		{ ...OPTIONS, messages: 1000, timeout: 300 },
		undefined,
		startFakeBoard,
		onEvent,
	);
	await expect(session.run()).rejects.toThrow(/of 1000 readings were received: the time is over; /);
});

test("quitting is done when nothing was asked for, failed when something was", async () => {
	const free = new Session(OPTIONS, undefined, startFakeBoard, onEvent);
	const running = free.run();
	await until((event) => event.type === "message");
	free.quit();
	await running;
	const bound = new Session({ ...OPTIONS, messages: 1000 }, undefined, startFakeBoard, onEvent);
	const failing = expect(bound.run()).rejects.toThrow("it was quit");
	await until((event) => event.type === "message");
	bound.quit();
	await failing;
});

test("a board that stops by itself, or is aborted, is a failure", async () => {
	const stopping = new Session(OPTIONS, undefined, startFakeBoard, onEvent);
	const stopped = expect(stopping.run()).rejects.toThrow(/stopped by itself: exit status 3; /);
	await until((event) => event.type === "message");
	FakeBoard.started[0].exit(3);
	await stopped;
	const aborting = new Session(OPTIONS, undefined, startFakeBoard, onEvent);
	const aborted = expect(aborting.run()).rejects.toThrow(/aborted \(memory\): no more; /);
	await until((event) => event.type === "message");
	FakeBoard.started[1].tell({ type: "abort", reason: "memory", message: "no more" });
	await aborted;
});

test("the plug: the will is published, the board comes back as another process", async () => {
	const session = new Session(OPTIONS, undefined, startFakeBoard, onEvent);
	const running = session.run();
	await until((event) => event.type === "message");
	session.togglePower();
	const offline = await until((event) => event.type === "status");
	expect(offline).toMatchObject({ state: "offline" });
	session.cutNetwork();
	session.freezeNetwork();
	expect(states("network")).toEqual([]);
	session.togglePower();
	await until((event) => event.type === "status" && event.state === "online");
	expect(FakeBoard.started).toHaveLength(2);
	session.cutNetwork();
	session.freezeNetwork();
	session.restore();
	expect(states("network")).toEqual(["cut", "frozen", "up"]);
	session.togglePower();
	session.restore();
	expect(FakeBoard.started).toHaveLength(3);
	session.togglePower();
	session.quit();
	await running;
});

test("a replay ends when all of it has arrived, through a loss of power too", async () => {
	const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-"));
	const file = join(folder, "readings.csv");
	writeFileSync(file, `time,value\n${Array.from({ length: 20 }, (_, i) => `${i / 50},${i}.5`).join("\n")}\n`);
	const replay = await readReplay(file);
	rmSync(folder, { recursive: true });
	const options = { ...OPTIONS, interval: undefined };
	await new Session(options, replay, startFakeBoard, onEvent).run();
	expect(messages().map((event) => "payload" in event && event.payload)).toEqual(
		Array.from({ length: 20 }, (_, i) => `${i}.5`),
	);

	events = [];
	const session = new Session(options, replay, startFakeBoard, onEvent);
	const running = session.run();
	await until((event) => event.type === "message" && event.payload === "3.5");
	FakeBoard.started.at(-1)!.lose = 2;
	await until((event) => event.type === "message" && event.payload === "6.5");
	session.togglePower();
	session.togglePower();
	await running;
	const values = new Set(messages().map((event) => "payload" in event && event.payload));
	expect(values.size).toBe(20);
});

test("readings are what the board has measured, not what others publish on its topics", async () => {
	const session = new Session({ ...OPTIONS, interval: 3_600_000 }, undefined, startFakeBoard, onEvent);
	const running = session.run();
	const online = await until((event) => event.type === "status");
	expect(online).toMatchObject({ topic: "sensor-node/status", state: "online" });
	const ready = events.find((event) => event.type === "connection" && event.of === "broker");
	const other = await connectAsync((ready as { url: string }).url);
	await other.publishAsync("sensor-node/other", "1");
	await other.publishAsync("sensor-node/load/more", "1");
	await other.publishAsync("elsewhere/load", "1");
	await other.publishAsync("sensor-node/load", Buffer.alloc(5000, 0xff), { qos: 1 });
	await other.publishAsync("sensor-node/load", "0.25", { qos: 1 });
	await until((event) => event.type === "message" && event.payload === "0.25");
	FakeBoard.started[0].tell({ type: "reading", name: "load", value: 0.254 });
	await other.publishAsync("sensor-node/load", "0.3", { qos: 1 });
	await other.publishAsync("sensor-node/load", "0.25", { qos: 1 });
	await other.publishAsync("sensor-node/load", "0.25", { qos: 1 });
	await other.publishAsync("sensor-node/end", "");
	await until((event) => event.type === "message" && event.topic === "sensor-node/end");
	expect(messages().map((event) => "reading" in event && [event.topic, event.reading])).toEqual([
		["sensor-node/other", false],
		["sensor-node/load/more", false],
		["sensor-node/load", false],
		["sensor-node/load", false],
		["sensor-node/load", false],
		["sensor-node/load", true],
		["sensor-node/load", false],
		["sensor-node/end", false],
	]);
	expect(session.readings).toBe(1);
	expect(messages()[2]).toMatchObject({ length: 5000, cut: true, payload: "\ufffd".repeat(1024) });
	await other.endAsync();
	session.quit();
	await running;
});

test("who asked for N readings gets N of this board's, whatever others publish", async () => {
	const session = new Session({ ...OPTIONS, messages: 6 }, undefined, startFakeBoard, onEvent);
	const running = session.run();
	await until((event) => event.type === "status");
	const ready = events.find((event) => event.type === "connection" && event.of === "broker");
	const other = await connectAsync((ready as { url: string }).url);
	for (let i = 0; i < 20; i++) other.publish("sensor-node/load", String(i), { qos: 1 });
	await running;
	await other.endAsync(true);
	const readings = messages().filter((event) => "reading" in event && event.reading);
	expect(readings.map((event) => "payload" in event && event.payload)).toEqual(
		Array.from({ length: 6 }, (_, i) => (i % 2 ? "1000" : "0.25")),
	);
});

test("what the board holds is told when it stays so, and gone with its power", async () => {
	const session = new Session({ ...OPTIONS, interval: 3_600_000 }, undefined, startFakeBoard, onEvent);
	const running = session.run();
	await until((event) => event.type === "status");
	const held = () => events.filter((event) => event.type === "held");
	const holds = (messages: number, dropped: number) =>
		FakeBoard.started.at(-1)!.tell({ type: "held", messages, dropped });
	// As with each reading while connected.
	holds(3, 0);
	holds(0, 0);
	holds(3, 7);
	expect(await until((event) => event.type === "held")).toEqual({ type: "held", messages: 3, dropped: 7 });
	holds(2, 7);
	await until((event) => event.type === "held");
	holds(0, 8);
	await until((event) => event.type === "held");
	expect(held()).toEqual([
		{ type: "held", messages: 3, dropped: 7 },
		{ type: "held", messages: 2, dropped: 7 },
		{ type: "held", messages: 0, dropped: 8 },
	]);
	holds(5, 8);
	session.togglePower();
	session.togglePower();
	await until((event) => event.type === "connection" && event.of === "board" && event.state === "ready");
	holds(1, 0);
	expect(await until((event) => event.type === "held")).toMatchObject({ messages: 1, dropped: 0 });
	expect(held()).toHaveLength(4);
	session.quit();
	await running;
});

test("the embedded broker listens on this computer only; a port that is in use is told", async () => {
	const first = await EmbeddedBroker.start();
	const second = await EmbeddedBroker.start();
	expect(second.port).not.toBe(first.port);
	await expect(EmbeddedBroker.start(first.port)).rejects.toThrow(/cannot listen on 127\.0\.0\.1:\d+: .+; .+/);
	await first.close();
	await second.close();
});

describe("brokers that do no good", () => {
	let server: Server;
	const sockets = new Set<Socket>();

	async function serve(onSocket: (socket: Socket) => void): Promise<{ host: string; port: number }> {
		server = createServer((socket) => {
			sockets.add(socket);
			socket.on("error", () => {});
			onSocket(socket);
		});
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		return { host: "127.0.0.1", port: (server.address() as { port: number }).port };
	}

	afterEach(() => {
		for (const socket of sockets) socket.destroy();
		sockets.clear();
		server?.close();
	});

	test("nobody listens, or the password is wrong: told without it", async () => {
		const address = await serve((socket) =>
			socket.once("data", () => socket.end(Buffer.from([0x20, 2, 0, 5]))),
		);
		const broker = { ...address, username: "ann", password: "secret" };
		const session = new Session({ ...OPTIONS, broker }, undefined, startFakeBoard, onEvent);
		const error = await session.run().catch((error) => error);
		expect(error.message).toMatch(/^no MQTT connection to mqtt:\/\/127\.0\.0\.1:\d+: .*Not authorized.*; /);
		expect(error.message + JSON.stringify(events)).not.toMatch(/secret|ann/);
		server.close();
		await expect(Observer.start({ host: "127.0.0.1", port: 9 }, "x", () => {})).rejects.toThrow(
			"ECONNREFUSED",
		);
		expect(FakeBoard.started).toHaveLength(0);
	});

	test("one that hangs up", async () => {
		const address = await serve((socket) => socket.destroy());
		await expect(Observer.start(address, "x", () => {})).rejects.toThrow("no MQTT connection");
	});

	test("one that sends a packet without an end is left", async () => {
		const address = await serve((socket) => {
			socket.once("data", () => {
				socket.write(Buffer.from([0x20, 2, 0, 0])); // CONNACK
				// SUBACK, with the identifier of the SUBSCRIBE
				socket.once("data", (data) => socket.write(Buffer.from([0x90, 3, data[2], data[3], 1])));
			});
		});
		let leave: () => void;
		const left = new Promise<void>((resolve) => {
			leave = resolve;
		});
		const observer = await Observer.start(address, "x", (event) => {
			if (event.type === "connection" && event.state === "disconnected") leave();
		});
		const [socket] = sockets;
		socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x78])); // 256 MB of PUBLISH
		for (let i = 0; i < 3; i++) socket.write(Buffer.alloc(1 << 20));
		await left;
		await observer.close();
	});
});
