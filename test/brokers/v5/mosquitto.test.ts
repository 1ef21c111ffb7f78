// What Mosquitto 2 has of MQTT 5.0, used by clients over Node's sockets, with mqtt.js on its other side. All that passes is
// recorded, and tshark is asked about it at the end.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jest } from "@jest/globals";
import type { IPublishPacket } from "mqtt-packet";
import { network } from "../../../hosts/node/network.js";
import {
	Client,
	type ClientOptions,
	CONNECTION_LOST,
	type Message,
	type Reason,
	State,
} from "../../../src/index.js";
import {
	MESSAGE_TOO_LARGE,
	Properties,
	QOS_UNAVAILABLE,
	RETAIN_UNAVAILABLE,
	TOO_LARGE,
} from "../../../src/v5.js";
import { Property } from "../../../src/wire/v5/property.js";
import { reasonOf } from "../../../src/wire/v5/reason-codes.js";
import {
	endLater,
	Inbox,
	judge,
	type Mosquitto,
	type MosquittoOptions,
	startMosquitto,
	unique,
} from "../../support/brokers.js";
import { Capture, tap } from "../../support/tshark.js";

/** Guards against hanging, nothing more. */
jest.setTimeout(30_000);

const capture = new Capture();

interface Brokering {
	broker: Mosquitto;
	/** Recorded. */
	port: number;
}

async function start(options: MosquittoOptions = {}): Promise<Brokering> {
	const broker = await startMosquitto(options);
	return { broker, port: await tap(broker.port, capture) };
}

class App {
	readonly client: Client;
	readonly id: string;
	readonly told = new Inbox<string>();
	readonly reasons = new Inbox<Reason>();

	constructor(port: number, options: Partial<ClientOptions> = {}) {
		const tell = (line: string) => this.told.push(line);
		this.id = options.clientId ?? unique("app");
		this.client = new Client({
			...network,
			protocolVersion: 5,
			host: "127.0.0.1",
			port,
			clientId: this.id,
			reconnectMinimum: 50,
			reconnectMaximum: 200,
			...options,
			onConnected: (sessionPresent) => tell(`connected ${sessionPresent}`),
			onDisconnected: (reason) => {
				this.reasons.push(reason);
				tell("disconnected");
			},
			onDelivered: (id) => tell(`delivered ${id}`),
			onDropped: (id, reason) => {
				this.reasons.push(reason);
				tell(`dropped ${id}`);
			},
			onSubscribed: ({ topicFilter, code }) => tell(`subscribed ${topicFilter} ${code}`),
			onUnsubscribed: (filter) => tell(`unsubscribed ${filter}`),
		});
		endLater(() => this.end());
	}

	static async connected(port: number, options: Partial<ClientOptions> = {}): Promise<App> {
		const app = new App(port, options);
		await app.tells("connected");
		return app;
	}

	tells(wanted: string): Promise<string> {
		return this.told.find((line) => line === wanted || line.startsWith(`${wanted} `));
	}

	/** Subscribes; what comes is told as `name` and its text. Resolves with the broker's code. */
	async listen(
		filter: string,
		name: string,
		options?: Parameters<Client["subscribe"]>[3],
		hear: (message: Message) => string = (message) => message.text(),
	): Promise<number> {
		this.client.subscribe(filter, 2, (message) => this.told.push(`${name} ${hear(message)}`), options);
		const line = await this.tells(`subscribed ${filter}`);
		return Number(line.split(" ").at(-1));
	}

	/** Publishes at QoS 1, and waits until it is acknowledged. */
	async say(topic: string, text: string, retain = false, properties?: Properties): Promise<void> {
		await this.tells(`delivered ${this.client.publish(topic, text, 1, retain, properties)}`);
	}

	lines(name: string): string[] {
		return this.told.all.filter((line) => line.startsWith(`${name} `));
	}

	async end(ending?: Parameters<Client["close"]>[0]): Promise<void> {
		const { client } = this;
		client.close(ending);
		while (client.state !== State.CLOSED) await new Promise((wake) => setTimeout(wake, 5));
	}
}

const wait = (milliseconds: number) => new Promise((wake) => setTimeout(wake, milliseconds));

/** Packets that mqtt.js gets on a topic. */
async function watcher(port: number, filter: string) {
	const other = await judge(port, { protocolVersion: 5 });
	const packets = new Inbox<IPublishPacket>();
	other.mqtt.on("message", (_topic, _bytes, packet) => packets.push(packet as IPublishPacket));
	await other.subscribe(filter);
	return { other, packets };
}

describe("with the default configuration", () => {
	let broker: Mosquitto;
	let port: number;
	beforeAll(async () => {
		({ broker, port } = await start());
	});

	const everything = new Properties({
		contentType: "text/plain; charset=utf-8",
		payloadFormat: 1,
		messageExpiry: 100,
		responseTopic: "answer/to/this",
		correlationData: Uint8Array.of(1, 0, 255),
		userProperties: [
			["a", "1"],
			["b", "ü"],
			["a", "2"],
		],
	});

	test("properties of what is published arrive, at each QoS", async () => {
		const topic = unique("out");
		const { packets } = await watcher(broker.port, `${topic}/+`);
		const app = await App.connected(port);
		for (const qos of [0, 1, 2] as const)
			app.client.publish(`${topic}/${qos}`, "21.5", qos, false, everything);
		await packets.atLeast(3);
		for (const { properties, payload } of packets.all) {
			expect(payload.toString()).toBe("21.5");
			expect(properties).toMatchObject({
				contentType: "text/plain; charset=utf-8",
				payloadFormatIndicator: true,
				responseTopic: "answer/to/this",
				correlationData: Buffer.from([1, 0, 255]),
				userProperties: { a: ["1", "2"], b: "ü" },
			});
			expect(properties!.messageExpiryInterval).toBeGreaterThan(90);
		}
	});

	test("properties of what is received are there", async () => {
		const topic = unique("in");
		const app = await App.connected(port);
		await app.listen(topic, "got", undefined, ({ properties }) => {
			const pairs: string[] = [];
			while (properties!.next()) pairs.push(`${properties!.name}=${properties!.value}`);
			const texts = [Property.CONTENT_TYPE, Property.RESPONSE_TOPIC].map((each) => properties!.text(each));
			const bytes = properties!.bytes(Property.CORRELATION_DATA);
			const numbers = [Property.PAYLOAD_FORMAT, Property.MESSAGE_EXPIRY].map((each) =>
				properties!.number(each),
			);
			return [...texts, bytes, ...numbers, ...pairs, properties!.truncated].join();
		});
		const other = await judge(broker.port, { protocolVersion: 5 });
		await other.mqtt.publishAsync(topic, "x", {
			qos: 1,
			properties: {
				contentType: "text",
				responseTopic: "answer",
				correlationData: Buffer.from([7, 0]),
				payloadFormatIndicator: true,
				messageExpiryInterval: 1000,
				userProperties: { a: ["1", "2"], b: "3" },
			},
		});
		await app.told.find((line) => line.startsWith("got"));
		expect(app.lines("got")[0]).toMatch(/^got text,answer,7,0,1,(1000|999),a=1,a=2,b=3,false$/);
	});

	test("a message that expires is not for those who come later", async () => {
		const topic = unique("expiry");
		const app = await App.connected(port);
		await app.say(`${topic}/short`, "x", true, new Properties({ messageExpiry: 1 }));
		await app.say(`${topic}/long`, "x", true, new Properties({ messageExpiry: 100 }));
		await wait(2100);
		const later = await App.connected(port);
		await later.listen(`${topic}/+`, "got", undefined, ({ topic, properties }) => {
			return `${topic} ${properties!.number(Property.MESSAGE_EXPIRY)}`;
		});
		const line = await later.tells(`got ${topic}/long`);
		expect(Number(line.split(" ")[2])).toBeLessThan(100);
		await later.say(topic, "barrier");
		expect(later.lines("got")).toHaveLength(1);
	});

	test("nobody there is a delivery all the same", async () => {
		const app = await App.connected(port);
		const topic = unique("nobody");
		await app.say(topic, "x");
		await app.tells(`delivered ${app.client.publish(topic, "x", 2)}`);
		expect(app.client.statistics.dropped).toBe(0);
	});

	test("topics go as aliases, and arrive whole", async () => {
		const base = unique("alias/with/a/long/name");
		const { packets } = await watcher(broker.port, `${base}/#`);
		const app = await App.connected(port);
		const topics = Array.from({ length: 7 }, (_, i) => `${base}/${i}`);
		for (let round = 0; round < 5; round++)
			for (const qos of [0, 1, 2] as const) {
				for (const topic of topics) app.client.publish(topic, topic, qos);
				while (app.client.held > 0) await wait(5);
			}
		await packets.atLeast(7 * 15);
		for (const { topic, payload } of packets.all) expect(payload.toString()).toBe(topic);
	});

	test("a session ends when it has expired", async () => {
		const clientId = unique("session");
		await (await App.connected(port, { clientId, sessionExpiry: 1 })).end();
		const soon = await App.connected(port, { clientId, sessionExpiry: 1 });
		expect(soon.told.all[0]).toBe("connected true");
		await soon.end();
		await wait(2500);
		const late = await App.connected(port, { clientId, sessionExpiry: 1 });
		expect(late.told.all[0]).toBe("connected false");
	});

	test("a will waits for its delay, and is not published when the client comes back within it", async () => {
		const topic = unique("will");
		const { packets } = await watcher(broker.port, `${topic}/+`);
		const clients = ["gone", "back"].map((name) => {
			const app = new App(port, { clientId: unique(name) });
			app.client.will = { topic: `${topic}/${name}`, payload: "x", qos: 1, delay: name === "gone" ? 1 : 2 };
			return app;
		});
		for (const app of clients) await app.tells("connected");
		const begin = Date.now();
		for (const app of clients) await app.end({ withWill: true });
		const back = await App.connected(port, { clientId: clients[1].id });
		expect(back.told.all[0]).toBe("connected true");
		await packets.find(({ topic: name }) => name === `${topic}/gone`);
		expect(Date.now() - begin).toBeGreaterThan(900);
		await wait(2500);
		expect(packets.all.map(({ topic: name }) => name)).toEqual([`${topic}/gone`]);
	});

	test("a shared subscription gives each message to one of those who share", async () => {
		const topic = unique("shared");
		const sharers = [await App.connected(port), await App.connected(port)];
		for (const app of sharers) expect(await app.listen(`$share/group/${topic}/+`, "got")).toBe(2);
		const app = await App.connected(port);
		for (let i = 0; i < 20; i++) await app.say(`${topic}/${i}`, `${i}`);
		const got = () => sharers.flatMap((sharer) => sharer.lines("got"));
		while (got().length < 20) await wait(10);
		await wait(100);
		expect(new Set(got()).size).toBe(20);
		expect(got()).toHaveLength(20);
		for (const sharer of sharers) expect(sharer.lines("got").length).toBeGreaterThan(0);
	});

	test("each handler of overlapping filters gets a message once", async () => {
		const topic = unique("overlap");
		const app = await App.connected(port);
		const filters = [`${topic}/a`, `${topic}/+`, `${topic}/#`, `+/a`];
		for (const [i, filter] of filters.entries()) await app.listen(filter, `handler${i}`);
		await app.say(`${topic}/a`, "1");
		await app.say(`${topic}/b`, "2");
		await app.listen(`${topic}-barrier`, "barrier");
		await app.say(`${topic}-barrier`, "x");
		await app.tells("barrier");
		expect(filters.map((_, i) => app.lines(`handler${i}`).map((line) => line.split(" ")[1]))).toEqual([
			["1"],
			["1", "2"],
			["1", "2"],
			["1"],
		]);
	});

	test("identifiers of an earlier life go to the handlers of this one", async () => {
		const topic = unique("life");
		const clientId = unique("life");
		const first = await App.connected(port, { clientId });
		await first.listen(`${topic}/+`, "got");
		await first.end();
		await (await App.connected(port)).say(`${topic}/a`, "meanwhile");
		const second = new App(port, { clientId });
		second.client.subscribe(`${topic}/+`, 2, (message) => second.told.push(`got ${message.text()}`));
		await second.tells("connected true");
		await second.tells("got meanwhile");
	});

	test("No Local: what is ours does not come back", async () => {
		const topic = unique("local");
		const app = await App.connected(port);
		await app.listen(`${topic}/+`, "got", { noLocal: true });
		await app.say(`${topic}/a`, "ours");
		await (await App.connected(port)).say(`${topic}/a`, "another's");
		await app.tells("got another's");
		expect(app.lines("got")).toEqual(["got another's"]);
	});

	test("Retain As Published keeps the flag", async () => {
		const topic = unique("rap");
		const app = await App.connected(port);
		const retained = ({ retain }: Message) => `${retain}`;
		await app.listen(`${topic}/+`, "with", { retainAsPublished: true }, retained);
		await app.listen(`${topic}/#`, "without", {}, retained);
		await app.say(`${topic}/a`, "x", true);
		await app.say(`${topic}/a`, "x", false);
		await app.told.atLeast(4, (line) => /^with/.test(line));
		expect(app.lines("with")).toEqual(["with true", "with false"]);
		expect(app.lines("without")).toEqual(["without false", "without false"]);
	});

	test("Retain Handling: each time, only the first time, never", async () => {
		const topic = unique("handling");
		await (await App.connected(port)).say(`${topic}/a`, "kept", true);
		const app = await App.connected(port);
		const count = async (retainHandling: 0 | 1 | 2, filter: string) => {
			const counts: number[] = [];
			for (let i = 0; i < 2; i++) {
				const name = unique("got");
				const before = app.told.all.length;
				app.client.subscribe(filter, 1, () => app.told.push(`${name} x`), { retainHandling });
				await app.told.find(
					(line) => line.startsWith(`subscribed ${filter} `) && app.told.all.indexOf(line, before) >= 0,
				);
				const barrier = unique("barrier");
				await app.listen(barrier, barrier);
				await app.say(barrier, "x");
				await app.tells(barrier);
				counts.push(app.lines(name).length);
			}
			return counts;
		};
		expect(await count(0, `${topic}/+`)).toEqual([1, 1]);
		expect(await count(1, `${topic}/#`)).toEqual([1, 0]);
		expect(await count(2, `+/a`)).toEqual([0, 0]);
	});

	test("a request has its answer", async () => {
		const topic = unique("request");
		const { other } = await watcher(broker.port, topic);
		other.mqtt.on("message", (_topic, bytes, { properties }) => {
			if (properties?.responseTopic !== undefined)
				other.mqtt.publish(properties.responseTopic, `${bytes}!`, {
					qos: 1,
					properties: { correlationData: properties.correlationData },
				});
		});
		const app = await App.connected(port);
		const answers = `${topic}/answers/${app.id}`;
		await app.listen(answers, "answer", undefined, (message) => {
			return `${message.text()} ${message.properties!.bytes(Property.CORRELATION_DATA)}`;
		});
		const properties = new Properties({ responseTopic: answers, correlationData: Uint8Array.of(4, 2) });
		app.client.publish(topic, "question", 1, false, properties);
		expect(await app.tells("answer")).toBe("answer question! 4,2");
	});

	test("a twin takes the place; 2.0.11 closes without a word", async () => {
		const app = await App.connected(port, { reconnectMinimum: 60_000, reconnectMaximum: 60_000 });
		await App.connected(port, { clientId: app.id });
		await app.tells("disconnected");
		expect([reasonOf(0x8e), CONNECTION_LOST]).toContain(app.reasons.all[0]);
	});

	test("Maximum Packet Size of ours: larger messages do not come", async () => {
		const topic = unique("size");
		const app = await App.connected(port, { maximumPacketSize: 100 });
		await app.listen(topic, "got", undefined, (message) => `${message.total}`);
		const other = await judge(broker.port);
		for (const size of [10, 200, 20]) await other.publish(topic, "x".repeat(size));
		await app.tells("got 20");
		expect(app.lines("got")).toEqual(["got 10", "got 20"]);
	});

	test("Receive Maximum of ours: nothing is lost that is more", async () => {
		const topic = unique("many");
		const clientId = unique("many");
		const first = await App.connected(port, { clientId, unreleased: 2 });
		await first.listen(topic, "got");
		await first.end();
		const other = await App.connected(port, { window: 16 });
		for (let i = 0; i < 15; i++) await other.say(topic, `${i}`);
		const second = new App(port, { clientId, unreleased: 2 });
		second.client.subscribe(topic, 2, (message) => second.told.push(`got ${message.text()}`));
		await second.tells("got 14");
		expect(second.lines("got")).toEqual(Array.from({ length: 15 }, (_, i) => `got ${i}`));
	});
});

test("what access control denies is given up, with the broker's code", async () => {
	const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-acl-"));
	endLater(() => rmSync(folder, { recursive: true }));
	const file = join(folder, "acl");
	writeFileSync(file, "topic readwrite open/#\n", { mode: 0o600 });
	const { port } = await start({ settings: [`acl_file ${file}`] });
	const app = await App.connected(port);
	for (const qos of [1, 2] as const) {
		const id = app.client.publish("closed/a", "x", qos);
		await app.tells(`dropped ${id}`);
		expect(app.reasons.all.pop()).toBe(reasonOf(0x87));
		await app.tells(`delivered ${app.client.publish("open/a", "x", qos)}`);
	}
	expect(app.lines("connected")).toHaveLength(1);
});

test("its Receive Maximum is kept to", async () => {
	const { broker, port } = await start({ settings: ["max_inflight_messages 2"] });
	const topic = unique("flow");
	const { packets } = await watcher(broker.port, topic);
	const app = await App.connected(port, { window: 16, storeSize: 20_000 });
	expect(app.client.limits!.receiveMaximum).toBe(2);
	for (let i = 0; i < 100; i++)
		expect(app.client.publish(topic, `${i}`, (1 + (i % 2)) as 1 | 2)).toBeGreaterThan(0);
	await packets.atLeast(100);
	while (app.client.held > 0) await wait(5);
	expect(app.client.statistics).toMatchObject({ delivered: 100, dropped: 0, connects: 1 });
});

test("its Maximum Packet Size is kept to", async () => {
	const { port } = await start({ settings: ["max_packet_size 200"] });
	const app = new App(port);
	const early = app.client.publish("t", "x".repeat(300), 1);
	await app.tells(`dropped ${early}`);
	expect(app.reasons.all).toEqual([MESSAGE_TOO_LARGE]);
	await app.tells("connected");
	expect(app.client.limits!.maximumPacketSize).toBe(200);
	for (const qos of [0, 1, 2] as const) expect(app.client.publish("t", "x".repeat(200), qos)).toBe(TOO_LARGE);
	for (let size = 170; size < 200; size++) {
		const id = app.client.publish("topic", "x".repeat(size), 1);
		if (id !== TOO_LARGE) await app.tells(`delivered ${id}`);
	}
	expect(app.lines("connected")).toHaveLength(1);
});

test("what it does not have is refused at the call", async () => {
	const { port } = await start({ settings: ["max_qos 1", "retain_available false"] });
	const app = await App.connected(port);
	expect(app.client.publish("t", "x", 2)).toBe(QOS_UNAVAILABLE);
	expect(app.client.publish("t", "x", 1, true)).toBe(RETAIN_UNAVAILABLE);
	await app.say("t", "x");
	// A filter may be subscribed to at QoS 2 all the same (section 3.2.2.3.4).
	expect([1, 2]).toContain(await app.listen("t", "got"));
});

test("when it ends and begins again, the client comes back to its session", async () => {
	const { broker, port } = await start();
	const app = await App.connected(port);
	await broker.halt();
	await app.tells("disconnected");
	const [why] = app.reasons.all;
	await broker.start();
	await app.told.atLeast(2, (line) => line.startsWith("connected"));
	expect(app.told.all.at(-1)).toBe("connected true");
	expect([reasonOf(0x8b), CONNECTION_LOST]).toContain(why);
});

test("tshark finds nothing malformed in all of that", () => {
	const { types, malformed } = capture.dissect();
	expect(malformed).toEqual([]);
	// CONNECT to DISCONNECT, without AUTH.
	for (const type of [1, 2, 3, 4, 5, 6, 7, 8, 9, 14]) expect(types).toContain(type);
	expect(types.length).toBeGreaterThan(500);
});
