// What other clients are known to get wrong, with real brokers: a message larger than all buffers, two clients in one app.

import { jest } from "@jest/globals";
import { network } from "../../hosts/node/network.js";
import { Client, type ClientOptions } from "../../src/index.js";
import { Status } from "../../src/telemetry/index.js";
import { BROKERS, endLater, Inbox, judge, unique } from "../support/brokers.js";

/** A guard against hanging. */
jest.setTimeout(30_000);

/** A client that is closed after the test, and when it was connected. */
function start(port: number, options: Partial<ClientOptions> = {}) {
	const connects = new Inbox<boolean>();
	const client = new Client({
		...network,
		protocolVersion: 4,
		host: "127.0.0.1",
		port,
		clientId: unique("app"),
		clean: true,
		...options,
		onConnected: (sessionPresent) => connects.push(sessionPresent),
	});
	endLater(() => client.close());
	return { client, connects };
}

describe.each(BROKERS)("with %s", (_name, startBroker) => {
	test("a message larger than all buffers comes in parts, and is no reason for the will", async () => {
		const broker = await startBroker();
		const topic = unique("large");
		const peer = await judge(broker.port);
		await peer.subscribe(`${topic}/status`);
		const answers = new Inbox<number>();
		const { client } = start(broker.port, {
			receiveSize: 256,
			onSubscribed: ({ code }) => answers.push(code),
		});
		new Status(client, { topic: `${topic}/status` });
		const heard = Buffer.alloc(100_000);
		const whole = new Inbox<number>();
		client.subscribe(topic, 2, ({ bytes, offset, length, total }) => {
			heard.set(bytes.subarray(0, length), offset);
			if (offset + length === total) whole.push(total);
		});
		await answers.atLeast(1);
		const large = Buffer.from(Array.from(heard, (_zero, i) => (i * 7) & 0xff));
		await peer.mqtt.publishAsync(topic, large, { qos: 2 });
		await whole.atLeast(1);
		expect(heard.equals(large)).toBe(true);
		await peer.settled();
		expect(peer.payloads(`${topic}/status`)).toEqual(["online"]);
		expect(client.statistics.disconnects).toBe(0);
		expect(client.statistics).toMatchObject({ received: 1, dropped: 0 });
	});

	test("what is larger than a packet buffer leaves part by part, at each QoS", async () => {
		const broker = await startBroker();
		const topic = unique("pulled");
		const peer = await judge(broker.port);
		await peer.subscribe(topic);
		const { client } = start(broker.port, { packetSize: 128 });
		const fill = (offset: number, view: Uint8Array) => {
			const count = Math.min(view.length, 50_000 - offset);
			for (let i = 0; i < count; i++) view[i] = (offset + i) * 7;
			return count;
		};
		for (const qos of [0, 1, 2] as const)
			expect(client.publishFrom(topic, 50_000, fill, qos)).not.toBeLessThan(0);
		const seen = await peer.atLeast(3, (it) => it.topic === topic);
		const wanted = Buffer.from(Array.from({ length: 50_000 }, (_none, i) => (i * 7) & 0xff));
		for (const { bytes } of seen) expect(bytes.equals(wanted)).toBe(true);
	});

	test("two clients in one app talk to each other", async () => {
		const broker = await startBroker();
		const topic = unique("pair");
		const heard = new Inbox<string>();
		const answers = new Inbox<number>();
		const listener = start(broker.port, { onSubscribed: ({ code }) => answers.push(code) });
		listener.client.subscribe([`${topic}/+`, `${topic}/#`], 2, (message) => heard.push(message.text()));
		await answers.atLeast(2);
		expect(answers.all).toEqual([2, 2]);
		const talker = start(broker.port, { pipelining: true });
		for (const qos of [0, 1, 2] as const) talker.client.publish(`${topic}/a`, `${qos}`, qos);
		// Both handlers take each copy; a broker may send one or two.
		await heard.find((text) => text === "2");
		expect(new Set(heard.all)).toEqual(new Set(["0", "1", "2"]));
		expect(listener.client.statistics.published).toBe(0);
		expect(talker.client.statistics.received).toBe(0);
	});
});
