// The cases of `npm run bench`, in the real engine against an in-memory socket. Reports one JSON object.

import * as engine from "desktop/engine";
import type Pipe from "desktop/pipe";
import config from "mc/config";
import { type ClientOptions, Topic } from "../../src/index.js";
import { Group, Sensor } from "../../src/telemetry/index.js";
import { type Cost, Line, measure } from "./harness.js";
import { memory } from "./memory.js";
import { minimumPublish, minimumReceive } from "./minimum.js";
import { request5 } from "./request.js";

const count = (config as { count: number }).count;
const NAME = "home/kitchen/temperature/value"; // 30 characters
const topic = new Topic(NAME);
const payload = Uint8Array.of(0x32, 0x31, 0x2e, 0x35, 0x33);
const text = "21.53";
const FIVE = { protocolVersion: 5 } as const;
const cases: Record<string, Cost> = {};
/** Bytes that a message takes on the wire. */
const wire: Record<string, number> = {};

function bytesOf(pipe: Pipe, operation: () => void): number {
	const before = pipe.written;
	operation();
	return pipe.written - before;
}

/** Two user properties, with the length in front. */
const PROPERTIES = Uint8Array.of(
	...[27, 0x26, 0, 4, ...[0x75, 0x6e, 0x69, 0x74], 0, 2, ...[0xc2, 0xb0]],
	...[0x26, 0, 4, ...[0x72, 0x6f, 0x6f, 0x6d], 0, 7, ...[0x6b, 0x69, 0x74, 0x63, 0x68, 0x65, 0x6e]],
);

/** A PUBLISH with the topic and 20 bytes of payload, in 5.0 with two user properties. */
function publishPacket(qos: number, properties = new Uint8Array(0)): Uint8Array {
	const field = topic.field;
	const at = 2 + field.length + (qos > 0 ? 2 : 0);
	const packet = new Uint8Array(at + properties.length + 20);
	packet[0] = 0x30 | (qos << 1);
	packet[1] = packet.length - 2;
	packet.set(field, 2);
	if (qos > 0) packet[at - 1] = 7;
	packet.set(properties, at);
	return packet;
}

{
	const { client, pipe } = new Line();
	const publish = () => {
		client.publish(topic, payload);
	};
	cases.publishQos0 = measure(count, pipe, publish);
	wire.publishQos0 = bytesOf(pipe, publish);
}
{
	const { client, pipe } = new Line({ webSocket: {} });
	cases.publishWsQos0 = measure(count, pipe, () => {
		client.publish(topic, payload);
	});
}
{
	const { client, pipe } = new Line();
	const puback = Uint8Array.of(0x40, 2, 0, 0);
	cases.publishQos1 = measure(count, pipe, () => {
		const id = client.publish(topic, payload, 1);
		puback[2] = id >> 8;
		puback[3] = id;
		pipe.feed(puback);
	});
}
{
	const { client, pipe } = new Line();
	const topics = [topic, new Topic("home/kitchen/humidity/of/air/1")];
	const puback = Uint8Array.of(0x40, 2, 0, 0);
	let turn = 0;
	cases.publishQos1Alternating = measure(count, pipe, () => {
		const id = client.publish(topics[++turn & 1], payload, 1);
		puback[2] = id >> 8;
		puback[3] = id;
		pipe.feed(puback);
	});
}
{
	const { client, pipe } = new Line();
	const answers = [Uint8Array.of(0x50, 2, 0, 0), Uint8Array.of(0x70, 2, 0, 0)]; // PUBREC, PUBCOMP
	cases.publishQos2 = measure(count, pipe, () => {
		const id = client.publish(topic, payload, 2);
		for (let i = 0; i < 2; i++) {
			answers[i][2] = id >> 8;
			answers[i][3] = id;
			pipe.feed(answers[i]);
		}
	});
	if (client.statistics.delivered !== count + 10) throw new Error("publishQos2: not all was delivered");
}
{
	// Under an alias, from the second message on.
	const { client, pipe } = new Line(FIVE);
	const publish = () => {
		client.publish(topic, payload);
	};
	cases.publish5Qos0 = measure(count, pipe, publish);
	wire.publish5Qos0 = bytesOf(pipe, publish);
}
{
	const { client, pipe } = new Line(FIVE);
	const puback = Uint8Array.of(0x40, 2, 0, 0);
	cases.publish5Qos1 = measure(count, pipe, () => {
		const id = client.publish(topic, payload, 1);
		puback[2] = id >> 8;
		puback[3] = id;
		pipe.feed(puback);
	});
}
{
	const { client, pipe } = new Line(FIVE);
	const answers = [Uint8Array.of(0x50, 2, 0, 0), Uint8Array.of(0x70, 2, 0, 0)]; // PUBREC, PUBCOMP
	cases.publish5Qos2 = measure(count, pipe, () => {
		const id = client.publish(topic, payload, 2);
		for (let i = 0; i < 2; i++) {
			answers[i][2] = id >> 8;
			answers[i][3] = id;
			pipe.feed(answers[i]);
		}
	});
	if (client.statistics.delivered !== count + 10) throw new Error("publish5Qos2: not all was delivered");
}
{
	const { client, pipe } = new Line();
	cases.publishQos0String = measure(count, pipe, () => {
		client.publish(NAME, text);
	});
}
{
	const { client, pipe } = new Line();
	const names = Array.from({ length: 8 }, (_, i) => `home/kitchen/temperature/val/${i}`);
	let turn = 0;
	cases.publishStrings8 = measure(count, pipe, () => {
		client.publish(names[++turn & 7], text);
	});
}
{
	const { client, pipe } = new Line();
	const sensor = new Sensor(client, { topic, decimals: 2 });
	let value = 20;
	cases.sensorUpdate = measure(count, pipe, () => {
		value += 0.01;
		sensor.update(value);
	});
}
{
	const { client, pipe } = new Line();
	let value = 20;
	const number = { source: () => (value += 0.01), decimals: 2 };
	const group = new Group(client, {
		topic,
		fields: { temperature: number, humidity: number, pressure: number },
	});
	cases.groupPublish = measure(count, pipe, () => {
		group.publish();
	});
}
/** @param changing where a byte of the message is that is another one each time; 0: all are the same */
function receive(
	name: string,
	filter: string,
	message: Uint8Array,
	release?: Uint8Array,
	options: Partial<ClientOptions> = {},
	changing = 0,
): void {
	const line = new Line(options);
	const { pipe } = line;
	const packet = line.framing(message);
	let received = 0;
	line.subscribe(filter, () => {
		received++;
	});
	const same = () => {
		pipe.feed(packet);
	};
	// Properties that are those of the last message need no check.
	const another = () => {
		packet[changing] ^= 1;
		pipe.feed(packet);
	};
	const once = changing === 0 ? same : another;
	const twice = () => {
		pipe.feed(packet);
		pipe.feed(release!);
	};
	cases[name] = measure(count, pipe, release === undefined ? once : twice);
	if (received !== count + 10) throw new Error(`${name}: ${received} messages reached the handler`);
}
receive("receiveQos0", NAME, publishPacket(0));
receive("receiveWsQos0", NAME, publishPacket(0), undefined, { webSocket: {} });
receive("receiveQos1", NAME, publishPacket(1));
receive("receiveQos2", NAME, publishPacket(2), Uint8Array.of(0x62, 2, 0, 7));
receive("receive5Qos0", NAME, publishPacket(0, PROPERTIES), undefined, FIVE);
receive("receive5Qos1", NAME, publishPacket(1, PROPERTIES), undefined, FIVE);
receive("receive5Qos2", NAME, publishPacket(2, PROPERTIES), Uint8Array.of(0x62, 2, 0, 7), FIVE);
{
	// The last letter of a user property.
	const at = 2 + topic.field.length + PROPERTIES.length - 1;
	receive("receive5Changing", NAME, publishPacket(0, PROPERTIES), undefined, FIVE, at);
}
receive("receiveWildcard", "home/+/temperature/#", publishPacket(0));
{
	// The last of 32 filters takes it, the others do not.
	const line = new Line({ subscriptions: 32 });
	const { pipe } = line;
	let received = 0;
	for (let i = 0; i < 31; i++) line.subscribe(`home/+/light/${i}/#`, () => {});
	line.subscribe("home/+/temperature/#", () => {
		received++;
	});
	const packet = publishPacket(0);
	cases.receiveWildcard32 = measure(count, pipe, () => {
		pipe.feed(packet);
	});
	if (received !== count + 10) throw new Error(`receiveWildcard32: ${received} messages reached the handler`);
}
{
	// A cycle begins and ends with a PINGREQ: its answer, and all times the client wakes in between.
	const line = new Line({ keepAlive: 60_000 });
	const { pipe } = line;
	const pingresp = Uint8Array.of(0xd0, 0);
	const cycles = Math.max(1, Math.floor(count / 100));
	cases.keepaliveCycle = measure(cycles, pipe, () => {
		const writes = pipe.writes;
		while (pipe.writes === writes) line.wake();
		pipe.feed(pingresp);
	});
}

cases.request5 = request5(count, payload);

const minimum = {
	publish: minimumPublish(count, topic.field, payload),
	receive: minimumReceive(count, publishPacket(0)),
};
engine.report(JSON.stringify({ cases, minimum, wire, memory: memory() }));
engine.exit(0);
