// Bytes of heap that the parts of an app take on a board, where a slot has 16 bytes.

import * as engine from "desktop/engine";
import { type Client, type ClientOptions, Topic } from "../../src/index.js";
import { Sntp } from "../../src/network/sntp.js";
import { Wifi } from "../../src/network/wifi.js";
import { Requester, Responder } from "../../src/request/index.js";
import { Group, Mean, Poll, Sensor, Status } from "../../src/telemetry/index.js";
import { Line, release } from "./harness.js";

export interface Memory {
	/** A Client with its default options, connected. */
	client: number;
	/** The same in 5.0. */
	client5: number;
	/** Messages with a topic of 30 characters and 5 bytes of payload that it then holds. */
	messagesHeld: number;
	/** The smallest that still publishes at QoS 1 and has one subscription. */
	smallest: number;
	/** A subscription to a filter of 30 characters, without its handler. */
	subscription: number;
	/** A Topic of 30 characters. */
	topic: number;
	/** A Sensor with a topic of 30 characters and two decimals, which keeps its newest reading. */
	sensor: number;
	/** A Group with a topic of 30 characters and three numbers of two decimals, with its fields and their Means. */
	group: number;
	/** One more set of its values, held while they cannot be sent. */
	held: number;
	/** A Mean by itself. */
	mean: number;
	/** A Poll, without its function. */
	poll: number;
	/** A Status with a topic of 30 characters. */
	status: number;
	/** What four details add to it, one of them a text, without their functions. */
	details: number;
	/** A Requester with topics of 30 characters, and its subscription, without its functions. */
	requester: number;
	/** A Responder with a filter of 30 characters, and its subscription, without its function, before the first request. */
	responder: number;
	/** Wifi with two access points, connected, without the SDK's interface. */
	wifi: number;
	/** Sntp between two questions. */
	sntp: number;
	/** What WebSocket adds to a Client. */
	webSocket: number;
	/** A Client with a store of 1,024 bytes, and 256 to send and to receive. */
	small: number;
	/** What one more costs, of each option of a Client that claims memory. */
	options: Record<string, number>;
}

/** The options of a Client that claim memory, and their defaults. */
const CLAIMS = {
	storeSize: 2048,
	packetSize: 512,
	window: 4,
	receiveSize: 512,
	topicSize: 128,
	subscriptions: 16,
	unreleased: 32,
	acknowledgements: 16,
	listeners: 16,
};
/** So many more, for what is rounded to a word does not show in one. */
const MORE = 64;

function live(): number {
	engine.collect();
	return engine.liveSlots() * 16 + engine.liveChunkBytes();
}

/** A Wi-Fi interface that is up, and takes no memory worth counting. */
class Card {
	readonly connection = 500;
	readonly address = "";
	readonly SSID = "";
	readonly RSSI = 0;
	connect(): void {}
	disconnect(): void {}
	close(): void {}
}

/** Timers that never fire: the host's take no heap either. */
const timer = { repeat: () => 0, schedule: () => {}, clear: () => {} };
const ticks = () => 0;
const nothing = { io: Card as never };

function wifi(): Wifi {
	const accessPoints = [{ SSID: "attic", password: "secret" }, { SSID: "garden" }];
	return new Wifi({ io: Card, accessPoints, timer, ticks });
}

/** Bytes that what `make` returns keeps alive. */
function bytesOf(make: () => unknown): number {
	release();
	const before = live();
	const kept = make();
	const bytes = live() - before;
	return kept === undefined ? 0 : bytes;
}

const NAME = "home/kitchen/temperature/value";

function group(client: Client, keep?: number): Group {
	const number = () => ({ source: new Mean(), decimals: 2, unit: "°C" });
	return new Group(client, {
		topic: NAME,
		fields: { temperature: number(), humidity: number(), pressure: number() },
		interval: 60_000,
		keep,
	});
}

function client(options: Partial<ClientOptions> = {}, prepare?: (client: Client) => void): Line {
	return new Line({ clientId: "bench", ...options }, prepare);
}

/** Offline, so that all of them wait. */
function messagesHeld(): number {
	const { client } = new Line({ clientId: "bench" }, undefined, false);
	const topic = new Topic(NAME);
	const payload = new Uint8Array(5);
	let count = 0;
	while (client.publish(topic, payload, 1) > 0) count++;
	return count;
}

function smallest(): Line {
	const line = client({
		storeSize: 256,
		packetSize: 128,
		receiveSize: 64,
		window: 1,
		subscriptions: 1,
		unreleased: 1,
		acknowledgements: 1,
		listeners: 1,
	});
	line.subscribe(NAME, () => {});
	line.client.publish(new Topic("a"), new Uint8Array(1), 1);
	return line;
}

/** Bytes that one more of each option's units takes. */
function costs(): Record<string, number> {
	const each: Record<string, number> = {};
	for (const [name, fallback] of Object.entries(CLAIMS)) {
		// Both with the option given: the object that holds it has a slot for it.
		const one = bytesOf(() => client({ [name]: fallback }));
		each[name] = (bytesOf(() => client({ [name]: fallback + MORE })) - one) / MORE;
	}
	return each;
}

export function memory(): Memory {
	const one = bytesOf(() => client());
	const line = client();
	const handler = () => {};
	const number = () => 1;
	const details = { version: "1.4.0", signal: number, heap: number, uptime: number };
	const status = bytesOf(() => client({}, (it) => new Status(it, { topic: NAME }))) - one;
	const detailed = bytesOf(() => client({}, (it) => new Status(it, { topic: NAME, details }))) - one;
	const grouped = bytesOf(() => group(line.client));
	line.client.subscribe("first", 0, handler);
	const asks = { topic: NAME, responseTopic: NAME, onAnswer: handler };
	const answers = { topicFilter: NAME, prefix: "home/", handle: handler };
	// The first subscription costs more.
	const five = (prepare: (client: Client) => unknown) =>
		client({ protocolVersion: 5 }, (it) => {
			it.subscribe("first", 0, handler);
			prepare(it);
		});
	const client5 = bytesOf(() => five(() => {}));
	return {
		client: one,
		client5: bytesOf(() => client({ protocolVersion: 5 })),
		messagesHeld: messagesHeld(),
		smallest: bytesOf(smallest),
		subscription: bytesOf(() => line.client.subscribe(NAME, 0, handler)),
		topic: bytesOf(() => new Topic(NAME)),
		sensor: bytesOf(() => new Sensor(line.client, { topic: NAME, decimals: 2 })),
		group: grouped,
		held: (bytesOf(() => group(line.client, 101)) - grouped) / 100,
		mean: bytesOf(() => new Mean()),
		poll: bytesOf(() => new Poll(line.client, 1000, handler)),
		status,
		requester: bytesOf(() => five((it) => new Requester(it, asks))) - client5,
		responder: bytesOf(() => five((it) => new Responder(it, answers))) - client5,
		wifi: bytesOf(wifi),
		sntp: bytesOf(() => new Sntp({ dns: nothing, udp: nothing, timer, ticks })),
		webSocket: bytesOf(() => client({ webSocket: {} })) - one,
		small: bytesOf(() => client({ storeSize: 1024, packetSize: 256, receiveSize: 256 })),
		details: detailed - status,
		options: costs(),
	};
}
