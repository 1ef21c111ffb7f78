// What is published in MQTT 5.0, through Mosquitto 2 to an independent client.

import { jest } from "@jest/globals";
import type { IPublishPacket } from "mqtt-packet";
import { network } from "../../../hosts/node/network.js";
import { Client, type ClientOptions, type Reason, State, Topic } from "../../../src/index.js";
import {
	MESSAGE_TOO_LARGE,
	Properties,
	QOS_NOT_AVAILABLE,
	QOS_UNAVAILABLE,
	RETAIN_NOT_AVAILABLE,
	RETAIN_UNAVAILABLE,
	TOO_LARGE,
} from "../../../src/v5.js";
import { RecordingProxy } from "../../delivery/proxy.js";
import { endLater, Inbox, judge, startMosquitto, unique } from "../../support/brokers.js";

/** Guards against hanging, nothing more. */
jest.setTimeout(30_000);

class App {
	readonly client: Client;
	readonly connects = new Inbox<boolean>();
	readonly delivered = new Inbox<number>();
	readonly dropped = new Inbox<[number, Reason]>();
	readonly disconnects = new Inbox<Reason>();

	constructor(port: number, options: Partial<ClientOptions> = {}) {
		this.client = new Client({
			...network,
			host: "127.0.0.1",
			port,
			protocolVersion: 5,
			clientId: unique("app"),
			reconnectMinimum: 50,
			reconnectMaximum: 200,
			storeSize: 16_000,
			...options,
			onConnected: (sessionPresent) => this.connects.push(sessionPresent),
			onDisconnected: (reason) => this.disconnects.push(reason),
			onDelivered: (id) => this.delivered.push(id),
			onDropped: (id, reason) => this.dropped.push([id, reason]),
		});
		endLater(() => this.end());
	}

	async connected(times = 1): Promise<this> {
		await this.connects.atLeast(times);
		return this;
	}

	async end(): Promise<void> {
		const { client } = this;
		client.close();
		while (client.state !== State.CLOSED) await this.disconnects.atLeast(this.disconnects.all.length + 1);
	}
}

/** All that comes to these topics. */
async function listen(port: number, filter: string): Promise<Inbox<IPublishPacket>> {
	const inbox = new Inbox<IPublishPacket>();
	// A session, so that nothing is missed when a broker that was halted has us before it has this one again.
	const { mqtt } = await judge(port, {
		protocolVersion: 5,
		clean: false,
		clientId: unique("judge"),
		properties: { sessionExpiryInterval: 600 },
	});
	mqtt.on("message", (_topic, _bytes, packet) => inbox.push(packet));
	await mqtt.subscribeAsync(filter, { qos: 2 });
	return inbox;
}

const PROPERTIES = new Properties({
	contentType: "text/plain",
	payloadFormat: 1,
	messageExpiry: 100,
	responseTopic: "re/ply",
	correlationData: "data",
	userProperties: [["name", "value"]],
});

const WANTED = {
	contentType: "text/plain",
	payloadFormatIndicator: true,
	messageExpiryInterval: 100,
	responseTopic: "re/ply",
	correlationData: Buffer.from("data"),
	userProperties: { name: "value" },
};

test("all that is published arrives, with its properties, at each QoS and length", async () => {
	const broker = await startMosquitto();
	const heard = await listen(broker.port, "out/#");
	const { client, delivered } = await new App(broker.port, { packetSize: 300, window: 16 }).connected();
	const topic = new Topic("out/topic");
	const bytes = new Uint8Array(5000).fill(65);
	let count = 0;
	for (const qos of [0, 1, 2] as const)
		for (const size of [0, 10, 200, 5000])
			for (const properties of [undefined, PROPERTIES, undefined]) {
				const payload = bytes.subarray(0, size);
				expect(client.publish(topic, payload, qos, false, properties)).toBeGreaterThanOrEqual(0);
				client.publishFrom(
					"out/from",
					size,
					(offset, view) => Math.min(view.fill(65).length, size - offset),
					qos,
					false,
					properties,
				);
				count += 2;
				const sent = await heard.atLeast(count);
				for (const it of sent.slice(-2)) {
					expect([it.qos, it.payload.length, it.payload.toString().replaceAll("A", "")]).toEqual([
						qos,
						size,
						"",
					]);
					if (properties === undefined) expect(it.properties).toBeUndefined();
					else expect(it.properties).toMatchObject(WANTED);
				}
				expect(
					sent
						.slice(-2)
						.map((it) => it.topic)
						.sort(),
				).toEqual(["out/from", "out/topic"]);
			}
	await delivered.atLeast((count * 2) / 3);
	expect(client.held).toBe(0);
});

test.each([0, 1, 2, 10])("with up to %d aliases each message has its topic", async (most) => {
	const broker = await startMosquitto({ settings: [`max_topic_alias ${most}`] });
	const heard = await listen(broker.port, "out/#");
	const { client } = await new App(broker.port, { window: 32 }).connected();
	const topics = Array.from({ length: 6 }, (_, i) => new Topic(`out/${i}`));
	for (let i = 0; i < 60; i++)
		client.publish(
			topics[(i * 7) % 6],
			`${(i * 7) % 6}`,
			(i % 3) as 0,
			false,
			i % 5 === 0 ? PROPERTIES : undefined,
		);
	for (const { topic, payload } of await heard.atLeast(60)) expect(topic).toBe(`out/${payload}`);
});

test.each([1, 2] as const)(
	"no more are in flight than its Receive Maximum at QoS %d, also after the connection was cut",
	async (qos) => {
		const broker = await startMosquitto({ settings: ["max_inflight_messages 3"] });
		const heard = await listen(broker.port, "out/#");
		const proxy = await RecordingProxy.to(broker.port, false, 5);
		endLater(() => proxy.stop());
		const app = await new App(proxy.port, { window: 16 }).connected();
		const { client, delivered } = app;
		proxy.plan = { from: "broker", bytes: 9, how: "reset" };
		for (let i = 0; i < 40; i++) expect(client.publish("out/t", `${i}`, qos)).toBeGreaterThan(0);
		await app.connected(2);
		await delivered.atLeast(40);
		const payloads = (await heard.atLeast(40)).map(({ payload }) => payload.toString());
		expect([...new Set(payloads)]).toEqual(Array.from({ length: 40 }, (_, i) => `${i}`));
		if (qos === 2) expect(payloads.length).toBe(40);
		expect(app.dropped.all).toEqual([]);
	},
);

test("what it does not take is refused at the call, and given up where it was accepted before", async () => {
	const broker = await startMosquitto({
		settings: ["max_packet_size 100", "max_qos 1", "retain_available false"],
	});
	const heard = await listen(broker.port, "out/#");
	const app = new App(broker.port);
	const { client, dropped } = app;
	const offline = [
		client.publish("out/a", "two", 2),
		client.publish("out/b", "retained", 1, true),
		client.publish("out/c", "x".repeat(100), 1),
		client.publish("out/d", "kept", 1),
	];
	await app.connected();
	expect(dropped.all).toEqual([
		[offline[0], QOS_NOT_AVAILABLE],
		[offline[1], RETAIN_NOT_AVAILABLE],
		[offline[2], MESSAGE_TOO_LARGE],
	]);
	expect(client.publish("out/a", "two", 2)).toBe(QOS_UNAVAILABLE);
	expect(client.publish("out/b", "retained", 1, true)).toBe(RETAIN_UNAVAILABLE);
	expect(client.publish("out/c", "x".repeat(100), 1)).toBe(TOO_LARGE);
	expect(client.publish("out/c", "x".repeat(100 - 2 - 7 - 2 - 1), 1)).toBeGreaterThan(0);
	expect((await heard.atLeast(2)).map(({ topic }) => topic)).toEqual(["out/d", "out/c"]);
	await app.delivered.atLeast(2);
	expect(app.disconnects.all).toEqual([]);
});

test("what waits carries what is left of its expiry", async () => {
	const broker = await startMosquitto();
	const heard = await listen(broker.port, "out/#");
	await broker.halt();
	const app = new App(broker.port);
	app.client.publish("out/a", "x", 1, false, new Properties({ messageExpiry: 1 }));
	app.client.publish("out/b", "x", 1, false, PROPERTIES);
	await app.dropped.atLeast(1);
	await broker.start();
	const [it] = await heard.atLeast(1);
	expect(it.topic).toBe("out/b");
	const { messageExpiryInterval, ...others } = it.properties!;
	expect({ ...others, messageExpiryInterval: 100 }).toMatchObject(WANTED);
	expect(messageExpiryInterval).toBeLessThan(100);
	expect(messageExpiryInterval).toBeGreaterThan(80);
});
