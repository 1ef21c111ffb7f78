// What publishing in MQTT 5.0 allocates, on a socket in memory: a client a case, a thousand operations each.

import * as engine from "desktop/engine";
import Pipe from "desktop/pipe";
import config from "mc/config";
import { type ClientOptions, Topic } from "../../../src/index.js";
import { Sensor } from "../../../src/telemetry/index.js";
import { Properties } from "../../../src/v5.js";
import { PUBACK, PUBCOMP, PUBREC } from "../../support/packets.js";
import { CONNACK5, two } from "../../support/packets5.js";
import { type Allocated, allocated } from "./heap.js";
import { Line, type Quirks } from "./line.js";

const { count } = config as { count: number };
const found: Record<string, Allocated> = {};
const NAME = "home/kitchen/note";
const topic = new Topic("home/kitchen/temperature");
const payload = Uint8Array.of(0x32, 0x31, 0x2e, 0x35, 0x33);
const puback = PUBACK(1);
const properties = new Properties({
	contentType: "text/plain",
	responseTopic: "re",
	correlationData: "1234",
	userProperties: [["a", "b"]],
});
const expiring = new Properties({ messageExpiry: 60, userProperties: [["a", "b"]] });
const shortLived = new Properties({ messageExpiry: 1 });
let calls = 0;
const called = () => {
	calls++;
};

function acknowledge(line: Line, id: number): void {
	puback[2] = id >> 8;
	puback[3] = id;
	line.feed(puback);
}

/** With aliases and without. */
function test(
	name: string,
	options: Partial<ClientOptions>,
	make: (line: Line) => () => void,
	quirks: Quirks = {},
): void {
	for (const most of [0, 10]) {
		const line = new Line(
			Pipe,
			{ protocolVersion: 5, onDelivered: called, onDropped: called, ...options },
			quirks,
		);
		line.pipe.open();
		line.take();
		line.feed(CONNACK5(false, 0, most === 0 ? [] : [two(0x22, most)]));
		const operation = make(line);
		const what = most === 0 ? name : `${name}, with aliases`;
		found[what] = allocated(count, operation);
		if (line.sockets > 1) throw new Error(`${what}: the connection was lost`);
		const { strayAcknowledgements, published } = line.client.statistics;
		if (strayAcknowledgements > 0 || published < count)
			throw new Error(`${what}: ${published} published, ${strayAcknowledgements} stray acknowledgements`);
	}
}

for (const [what, it] of [
	["", undefined],
	[", with properties", properties],
	[", with an expiry", expiring],
] as const) {
	test(
		`publish QoS 0${what}`,
		{},
		({ client }) =>
			() =>
				client.publish(topic, payload, 0, false, it),
	);
	test(`publish QoS 1 and its PUBACK${what}`, {}, (line) => () => {
		acknowledge(line, line.client.publish(topic, payload, 1, true, it));
	});
	test(`publish QoS 2, PUBREC and PUBCOMP${what}`, {}, (line) => {
		const answers = [PUBREC(1), PUBCOMP(1)];
		return () => {
			const id = line.client.publish(topic, payload, 2, false, it);
			for (let i = 0; i < 2; i++) {
				answers[i][2] = id >> 8;
				answers[i][3] = id;
				line.feed(answers[i]);
			}
		};
	});
	test(`publish with the window full, and all acknowledged${what}`, { window: 2 }, (line) => {
		const ids = [0, 0, 0, 0];
		return () => {
			for (let i = 0; i < 4; i++) ids[i] = line.client.publish(topic, payload, 1, false, it);
			for (let i = 0; i < 4; i++) acknowledge(line, ids[i]);
		};
	});
	test(
		`publish in pieces${what}`,
		{ packetSize: 3000, storeSize: 3000 },
		(line) => {
			const long = new Uint8Array(2800);
			return () => {
				if (line.client.publish(topic, long, 0, false, it) < 0) throw new Error("the last one is not sent");
				for (let i = 0; i < 3; i++) line.pipe.drain(1200);
			};
		},
		{ room: 1200 },
	);
	const fill = (offset: number, view: Uint8Array) => Math.min(view.length, 1900 - offset);
	test(`publishFrom${what}`, {}, (line) => () => {
		acknowledge(line, line.client.publishFrom(topic, 1900, fill, 1, false, it));
	});
	const twenty = { write: (bytes: Uint8Array, at: number) => bytes.fill(0x41, at, at + 20) && at + 20 };
	test(`publishWith at QoS 1, with an owner, that replaces what was never sent${what}`, {}, (line) => {
		const owner = line.client.owner();
		line.pipe.drain(0);
		return () => {
			line.client.publishWith(topic, 1, false, twenty, owner, it);
		};
	});
}
test("publish to four names in turn", {}, ({ client }) => {
	const topics = ["home", NAME, "home/b", "c/°"];
	let turn = 0;
	return () => {
		turn = (turn + 1) & 3;
		client.publish(topics[turn], payload);
	};
});
test("publish of other lengths in turn", { packetSize: 1000 }, (line) => {
	const payloads = [0, 5, 124, 125, 300, 900].map((size) => new Uint8Array(size));
	let turn = 0;
	return () => {
		turn = (turn + 1) % 6;
		line.client.publish(topic, payloads[turn]);
		acknowledge(line, line.client.publish(topic, payloads[turn], 1));
	};
});
test("Sensor.update at QoS 1, retained, and its PUBACK", {}, (line) => {
	const sensor = new Sensor(line.client, { topic, decimals: 3, qos: 1, retain: true });
	let value = 1e9;
	return () => acknowledge(line, sensor.update((value += 0.125)));
});
test("publish without room, and messages that expire", { storeSize: 4 * 48, keepAlive: 0 }, (line) => () => {
	line.pipe.drain(0);
	for (let i = 0; i < 3; i++) line.client.publish(topic, payload, 0, false, shortLived);
	for (let i = 0; i < 5; i++) line.pass();
	line.pipe.drain(1 << 20);
});
if (calls < count) throw new Error(`only ${calls} calls`);

engine.report(JSON.stringify(found));
engine.exit(0);
