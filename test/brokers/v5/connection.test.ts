// Connections in MQTT 5.0, over Node's sockets, with real brokers: Mosquitto 2 speaks 5.0, aedes 3.1.1 only.

import { jest } from "@jest/globals";
import { network } from "../../../hosts/node/network.js";
import { Client, type ClientOptions, type Reason, State } from "../../../src/index.js";
import { Properties } from "../../../src/wire/v5/properties.js";
import { reasonOf } from "../../../src/wire/v5/reason-codes.js";
import {
	endLater,
	Inbox,
	judge,
	type Mosquitto,
	startAedes,
	startMosquitto,
	unique,
} from "../../support/brokers.js";

/** Guards against hanging, nothing more. */
jest.setTimeout(30_000);

class App {
	readonly client: Client;
	readonly id: string;
	readonly connects = new Inbox<boolean>();
	readonly disconnects = new Inbox<Reason>();

	constructor(port: number, options: Partial<ClientOptions> = {}) {
		this.id = options.clientId ?? unique("app");
		this.client = new Client({
			...network,
			host: "127.0.0.1",
			port,
			clientId: this.id,
			reconnectMinimum: 50,
			reconnectMaximum: 200,
			...options,
			onConnected: (sessionPresent) => this.connects.push(sessionPresent),
			onDisconnected: (reason) => this.disconnects.push(reason),
		});
		endLater(() => this.end());
	}

	async connected(times = 1): Promise<this> {
		await this.connects.atLeast(times);
		return this;
	}

	/** Closed, and all told. */
	async end(ending?: Parameters<Client["close"]>[0]): Promise<void> {
		const { client } = this;
		client.close(ending);
		while (client.state !== State.CLOSED) await this.disconnects.atLeast(this.disconnects.all.length + 1);
	}
}

describe("Mosquitto", () => {
	let broker: Mosquitto;
	beforeAll(async () => {
		broker = await startMosquitto();
	});

	test("is spoken to in 5.0", async () => {
		const { client } = await new App(broker.port).connected();
		expect(client.protocolVersion).toBe(5);
		expect(client.statistics.attempts).toBe(1);
		expect(client.limits).toMatchObject({
			maximumQos: 2,
			retainAvailable: true,
			wildcardAvailable: true,
			identifiersAvailable: true,
			sharedAvailable: true,
			receiveMaximum: 20,
			topicAliasMaximum: 10,
			sessionExpiry: 0xffffffff,
			keepAlive: 60,
		});
	});

	test("is spoken to in 3.1.1 when that is pinned", async () => {
		const { client } = await new App(broker.port, { protocolVersion: 4 }).connected();
		expect(client.protocolVersion).toBe(4);
		expect(client.limits).toBeUndefined();
	});

	test("keeps a session, and drops it with its expiry", async () => {
		const clientId = unique("session");
		const first = await new App(broker.port, { clientId }).connected();
		await first.end();
		const second = await new App(broker.port, { clientId }).connected();
		expect([...first.connects.all, ...second.connects.all]).toEqual([false, true]);
		await second.end({ sessionExpiry: 0 });
		const third = await new App(broker.port, { clientId }).connected();
		expect(third.connects.all).toEqual([false]);
	});

	test("begins anew with clean", async () => {
		const clientId = unique("clean");
		await (await new App(broker.port, { clientId }).connected()).end();
		const { connects, client } = await new App(broker.port, { clientId, clean: true }).connected();
		expect(connects.all).toEqual([false]);
		expect(client.limits?.sessionExpiry).toBe(0);
	});

	test("assigns a client identifier, which holds for later connects", async () => {
		const app = await new App(broker.port, { clientId: "" }).connected();
		const id = app.client.limits?.assignedClientId;
		expect(id).toMatch(/^auto-/);
		// The connection breaks, and the session is this client's again.
		const cut = await new App(broker.port, { clientId: id, protocolVersion: 5 }).connected();
		await cut.end();
		await app.connected(2);
		expect([app.connects.all, cut.connects.all]).toEqual([[false, true], [true]]);
	});

	test("publishes the will at a close that asks for it, with its properties", async () => {
		const topic = unique("will");
		const watcher = await (await judge(broker.port, { protocolVersion: 5 })).subscribe(topic);
		const properties: unknown[] = [];
		watcher.mqtt.on("message", (_topic, _bytes, packet) => properties.push(packet.properties));
		const app = new App(broker.port);
		app.client.will = {
			topic,
			payload: "gone",
			qos: 1,
			properties: new Properties({
				contentType: "text/plain",
				userProperties: [["a", "b"]],
				messageExpiry: 100,
			}),
		};
		await app.connected();
		await app.end({ withWill: true });
		expect(await watcher.find((seen) => seen.topic === topic)).toMatchObject({ payload: "gone", qos: 1 });
		expect(properties).toMatchObject([
			{ contentType: "text/plain", userProperties: { a: "b" }, messageExpiryInterval: 100 },
		]);
	});

	test("does not publish the will at an ordinary close, nor before its delay", async () => {
		const topic = unique("will");
		const watcher = await (await judge(broker.port, { protocolVersion: 5 })).subscribe(topic);
		const app = new App(broker.port);
		app.client.will = { topic, payload: "gone", delay: 60 };
		await app.connected();
		await app.end({ withWill: true });
		await watcher.settled();
		expect(watcher.on(topic)).toEqual([]);
	});
});

test("Mosquitto's shorter keep alive, Receive Maximum and Maximum QoS hold", async () => {
	const broker = await startMosquitto({
		settings: [
			"max_keepalive 30",
			"max_inflight_messages 3",
			"max_qos 1",
			"retain_available false",
			"max_topic_alias 2",
		],
	});
	const { client } = await new App(broker.port).connected();
	expect(client.limits).toMatchObject({
		keepAlive: 30,
		receiveMaximum: 3,
		maximumQos: 1,
		retainAvailable: false,
		topicAliasMaximum: 2,
	});
});

test("Mosquitto refuses wrong credentials with 0x87, which is told", async () => {
	const broker = await startMosquitto({ users: { u: "p" } });
	const app = new App(broker.port, { username: "u", password: "wrong" });
	expect(await app.disconnects.find(() => true)).toBe(reasonOf(0x87));
	expect(app.client.protocolVersion).toBe(5);
	expect(app.client.statistics.attempts).toBe(1);
});

test("aedes refuses 5.0, and is spoken to in 3.1.1 at once", async () => {
	const { port } = await startAedes();
	const app = await new App(port, { reconnectMinimum: 60_000, reconnectMaximum: 60_000 }).connected();
	expect(app.client.protocolVersion).toBe(4);
	expect(app.client.statistics).toMatchObject({ attempts: 2, connects: 1 });
	expect(app.disconnects.all).toEqual([]);
});

test("aedes' refusal is told where 5.0 is pinned", async () => {
	const { port } = await startAedes();
	const app = new App(port, { protocolVersion: 5 });
	const { fault, message } = await app.disconnects.find(() => true);
	expect([fault, message]).toEqual(["broker", expect.stringContaining("does not speak MQTT 5.0")]);
});
