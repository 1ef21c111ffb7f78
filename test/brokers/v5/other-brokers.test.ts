// Other real brokers, where they are installed: ejabberd speaks MQTT 5.0, RabbitMQ 3.10 speaks 3.1.1 only.

import { jest } from "@jest/globals";
import { network } from "../../../hosts/node/network.js";
import { Client, type ClientOptions, type Reason, State } from "../../../src/index.js";
import { Properties } from "../../../src/wire/v5/properties.js";
import { Property } from "../../../src/wire/v5/property.js";
import { reasonOf } from "../../../src/wire/v5/reason-codes.js";
import { endLater, Inbox, unique } from "../../support/brokers.js";
import { hasEjabberd, hasRabbit, startEjabberd, startRabbit } from "../../support/erlang-brokers.js";

/** Guards against hanging, nothing more. */
jest.setTimeout(20_000);

class App {
	readonly client: Client;
	readonly told = new Inbox<string>();

	constructor(port: number, options: Partial<ClientOptions> = {}) {
		const tell = (line: string) => this.told.push(line);
		this.client = new Client({
			...network,
			host: "127.0.0.1",
			port,
			clientId: unique("app"),
			username: "user@localhost",
			password: "any",
			reconnectMinimum: 50,
			reconnectMaximum: 200,
			...options,
			onConnected: (sessionPresent) => tell(`connected ${sessionPresent}`),
			onDisconnected: (reason: Reason) => tell(`disconnected ${reason}`),
			onDelivered: (id) => tell(`delivered ${id}`),
			onDropped: (id, reason) => tell(`dropped ${id} ${reason}`),
			onSubscribed: ({ topicFilter, code }) => tell(`subscribed ${topicFilter} ${code}`),
			onUnsubscribed: (filter) => tell(`unsubscribed ${filter}`),
		});
		endLater(() => this.end());
	}

	tells(wanted: string): Promise<string> {
		return this.told.find((line) => line.startsWith(wanted));
	}

	async end(): Promise<void> {
		const { client } = this;
		client.close();
		while (client.state !== State.CLOSED) await new Promise((wake) => setTimeout(wake, 5));
	}
}

(hasEjabberd ? describe : describe.skip)("ejabberd (apt-get install ejabberd)", () => {
	let port: number;
	beforeAll(async () => {
		port = await startEjabberd();
	});

	test("is spoken to in 5.0, at each QoS, and gives back properties", async () => {
		const app = new App(port);
		await app.tells("connected false");
		const { client } = app;
		expect(client.protocolVersion).toBe(5);
		expect(client.statistics.attempts).toBe(1);
		const topic = unique("topic");
		client.subscribe(`${topic}/+`, 2, (message) => {
			const { properties } = message;
			const pairs: string[] = [];
			while (properties?.next()) pairs.push(`${properties.name}=${properties.value}`);
			const texts = [Property.CONTENT_TYPE, Property.RESPONSE_TOPIC].map((each) => properties?.text(each));
			app.told.push(`${message.topic} ${message.text()} qos${message.qos} ${[...texts, ...pairs].join()}`);
		});
		await app.tells(`subscribed ${topic}/+ 2`);
		const properties = new Properties({
			contentType: "text/plain",
			responseTopic: "answer/here",
			userProperties: [
				["a", "1"],
				["a", "2"],
			],
		});
		for (const qos of [0, 1, 2] as const) {
			const id = client.publish(`${topic}/${qos}`, "21.5", qos, false, properties);
			await app.tells(`${topic}/${qos} 21.5 qos${qos} text/plain,answer/here,a=1,a=2`);
			if (qos > 0) await app.tells(`delivered ${id}`);
		}
		expect(client.unsubscribe(`${topic}/+`)).toBe(true);
		await app.tells(`unsubscribed ${topic}/+`);
		// Nobody has subscribed: code 0x10, which is a delivery.
		const id = client.publish(`${topic}/1`, "nobody", 1);
		await app.tells(`delivered ${id}`);
	});

	test("may use aliases for topics", async () => {
		const app = new App(port, { aliases: 5 });
		await app.tells("connected");
		const topic = unique("alias");
		const got: string[] = [];
		app.client.subscribe(topic, 1, (message) => {
			got.push(`${message.topic} ${message.text()}`);
			app.told.push(`got ${got.length}`);
		});
		await app.tells("subscribed");
		for (let i = 1; i <= 10; i++) app.client.publish(topic, `${i}`, 1);
		await app.tells("got 10");
		expect(got).toEqual(Array.from({ length: 10 }, (_, i) => `${topic} ${i + 1}`));
	});

	test("keeps a session, with what came meanwhile", async () => {
		const clientId = unique("session");
		const topic = unique("kept");
		const first = new App(port, { clientId });
		await first.tells("connected false");
		first.client.subscribe(topic, 1);
		await first.tells("subscribed");
		await first.end();
		const other = new App(port);
		await other.tells("connected");
		await other.tells(`delivered ${other.client.publish(topic, "meanwhile", 1)}`);
		const second: App = new App(port, {
			clientId,
			onMessage: (message) => second.told.push(`message ${message.text()}`),
		});
		await second.tells("connected true");
		await second.tells("message meanwhile");
	});

	test("says why it refuses", async () => {
		const app = new App(port, { username: "nobody@elsewhere" });
		const why = await app.tells("disconnected");
		expect([0x86, 0x87, 0x88].map((code) => `disconnected ${reasonOf(code)}`)).toContain(why);
		expect(app.client.protocolVersion).toBe(5);
	});

	test("says so when another one takes its place", async () => {
		const clientId = unique("twin");
		const one = new App(port, { clientId, reconnectMinimum: 60_000, reconnectMaximum: 60_000 });
		await one.tells("connected");
		const two = new App(port, { clientId });
		await two.tells("connected");
		expect(await one.tells("disconnected")).toBe(`disconnected ${reasonOf(0x8e)}`);
	});
});

(hasRabbit ? describe : describe.skip)("RabbitMQ 3.10 (apt-get install rabbitmq-server)", () => {
	let port: number;
	beforeAll(async () => {
		port = await startRabbit();
	}, 120_000);

	const account = { username: "guest", password: "guest" };

	test("closes after CONNECT in 5.0, and is spoken to in 3.1.1 when it has done so twice", async () => {
		const app = new App(port, account);
		await app.tells("connected");
		const { client } = app;
		expect(client.protocolVersion).toBe(4);
		const topic = unique("topic");
		client.subscribe(topic, 1, (message) => app.told.push(`got ${message.text()}`));
		await app.tells(`subscribed ${topic} 1`);
		await app.tells(`delivered ${client.publish(topic, "21.5", 1)}`);
		await app.tells("got 21.5");
	});

	test("is spoken to in 3.1.1 at once when that is pinned", async () => {
		const app = new App(port, { ...account, protocolVersion: 4 });
		await app.tells("connected");
		expect(app.client.statistics.attempts).toBe(1);
	});
});
