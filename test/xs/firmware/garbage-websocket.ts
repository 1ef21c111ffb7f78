// What each operation over WebSocket allocates, on a socket in memory: a client a case, a thousand operations each.

import { random, xor } from "desktop/bytes";
import * as engine from "desktop/engine";
import Pipe from "desktop/pipe";
import config from "mc/config";
import { type ClientOptions, Topic } from "../../../src/index.js";
import { Sensor } from "../../../src/telemetry/index.js";
import { webSocketLayer } from "../../../src/transport/websocket/layer.js";
import { concat, PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL } from "../../support/packets.js";
import { FRAME, PING, PONG } from "../../support/websocket.js";
import { type Allocated, allocated } from "./heap.js";
import { Line, type Quirks } from "./line.js";

const { count } = config as { count: number };
const found: Record<string, Allocated> = {};
const topic = new Topic("home/kitchen/temperature");
const payload = Uint8Array.of(0x32, 0x31, 0x2e, 0x35, 0x33);
const puback = FRAME(PUBACK(1));
let calls = 0;
const called = () => {
	calls++;
};

function acknowledge(line: Line, id: number): void {
	puback[4] = id >> 8;
	puback[5] = id;
	line.feed(puback);
}

/** With what the host has natively, and with loops. */
const capabilities = [{ random, xor }, { random }];

function test(
	name: string,
	make: (line: Line) => () => void,
	options: Partial<ClientOptions> = {},
	quirks: Quirks = {},
): void {
	for (const capability of capabilities) {
		const line = new Line(
			Pipe,
			{
				onMessage: called,
				onDelivered: called,
				onDropped: called,
				webSocket: {},
				streams: { webSocket: webSocketLayer(capability) },
				...options,
			},
			quirks,
		);
		line.accept();
		const operation = make(line);
		calls = 0;
		const how = capability.xor === undefined ? ", in loops" : "";
		found[name + how] = allocated(count, operation);
		if (line.sockets > 1) throw new Error(`${name}: the connection was lost`);
		const { strayAcknowledgements, published } = line.client.statistics;
		if (strayAcknowledgements > 0) throw new Error(`${name}: acknowledgements of nothing`);
		if (calls + published + line.pipe.writes < count) throw new Error(`${name}: nothing happens`);
	}
}

function hears(
	name: string,
	bytes: Uint8Array,
	size = bytes.length,
	options: Partial<ClientOptions> = {},
): void {
	test(
		name,
		(line) => {
			const pieces: Uint8Array[] = [];
			for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.slice(at, at + size));
			return () => {
				for (let i = 0; i < pieces.length; i++) line.feed(pieces[i]);
			};
		},
		options,
	);
}

test("publish QoS 0", ({ client }) =>
	() => {
		client.publish(topic, payload);
	});
test("publish QoS 1 and its PUBACK", (line) => () => {
	acknowledge(line, line.client.publish(topic, payload, 1));
});
test("publish QoS 2, PUBREC and PUBCOMP", (line) => {
	const answers = [FRAME(PUBREC(1)), FRAME(PUBCOMP(1))];
	return () => {
		const id = line.client.publish(topic, payload, 2);
		for (let i = 0; i < 2; i++) {
			answers[i][4] = id >> 8;
			answers[i][5] = id;
			line.feed(answers[i]);
		}
	};
});
test(
	"publish of other lengths in turn",
	(line) => {
		const payloads = [0, 5, 90, 95, 96, 100, 124, 125, 300, 900].map((size) => new Uint8Array(size));
		let turn = 0;
		return () => {
			turn = (turn + 1) % payloads.length;
			line.client.publish(topic, payloads[turn]);
			acknowledge(line, line.client.publish(topic, payloads[turn], 1));
		};
	},
	{ packetSize: 1000 },
);
test("publishFrom in pieces", (line) => {
	const part = new Uint8Array(512);
	const fill = (offset: number, view: Uint8Array) => {
		if (view.length === 512) view.set(part);
		return Math.min(view.length, 1900 - offset);
	};
	return () => acknowledge(line, line.client.publishFrom(topic, 1900, fill, 1));
});
test("Sensor.update at QoS 0", ({ client }) => {
	const sensor = new Sensor(client, { topic, decimals: 2 });
	let value = -20;
	return () => sensor.update((value += 0.013));
});
test(
	"publish until the socket is full, and when it is not",
	(line) => () => {
		line.pipe.drain(100);
		for (let i = 0; i < 6; i++) line.client.publish(topic, payload);
		line.pipe.drain(1 << 20);
	},
	{ storeSize: 4 * 40 },
);

hears("receive QoS 0", FRAME(PUBLISH("a", "hello")));
hears("receive QoS 1, acknowledged", FRAME(PUBLISH("a", "hello", { qos: 1, id: 7 })));
hears(
	"receive QoS 2, and PUBREL, in one frame",
	FRAME(concat([PUBLISH("a", "hello", { qos: 2, id: 7 }), PUBREL(7)])),
);
hears("receive byte by byte", FRAME(PUBLISH("a", "hello", { qos: 1, id: 7 })), 1);
hears("receive 400 bytes", FRAME(PUBLISH("a", new Uint8Array(400), { qos: 1, id: 7 })));
hears("receive three frames at once", concat([1, 2, 3].map(() => FRAME(PUBLISH("a", "hello")))));
hears(
	"receive in fragments, with a ping and a pong between",
	concat([
		FRAME(PUBLISH("a", "hello").slice(0, 5), { fin: false }),
		FRAME("ping", { opcode: PING }),
		FRAME("pong", { opcode: PONG }),
		FRAME(PUBLISH("a", "hello").slice(5), { opcode: 0 }),
	]),
);
hears("a ping of 125 bytes, cut, and its pong", FRAME(new Uint8Array(125), { opcode: PING }), 50);
test("receive while paused, then on", (line) => {
	const frames = concat([1, 2].map(() => FRAME(PUBLISH("a", "hello", { qos: 1, id: 7 }))));
	return () => {
		line.client.pause();
		line.feed(frames);
		line.client.resume();
	};
});
test("acknowledgements that wait for room", (line) => {
	const frame = FRAME(PUBLISH("a", "hello", { qos: 1, id: 7 }));
	return () => {
		line.pipe.drain(0);
		for (let i = 0; i < 3; i++) line.feed(frame);
		line.pipe.drain(1 << 20);
	};
});
test(
	"a keepalive cycle",
	(line) => {
		const { pipe } = line;
		const answer = FRAME(PINGRESP);
		return () => {
			const { writes } = pipe;
			while (pipe.writes === writes) {
				line.now = (line.now + 250) | 0;
				line.tick();
			}
			line.feed(answer);
		};
	},
	{ keepAlive: 2000 },
);

engine.report(JSON.stringify(found));
engine.exit(0);
