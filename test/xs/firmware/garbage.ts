// What each operation allocates, on a socket in memory: a client a case, a thousand operations each.

import * as engine from "desktop/engine";
import Pipe from "desktop/pipe";
import config from "mc/config";
import { type ClientOptions, Topic } from "../../../src/index.js";
import {
	Counter,
	Group,
	type GroupOptions,
	Latest,
	Maximum,
	Mean,
	Minimum,
	Poll,
	Sensor,
	Status,
	Sum,
} from "../../../src/telemetry/index.js";
import { concat, PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, SUBACK } from "../../support/packets.js";
import { type Allocated, allocated } from "./heap.js";
import { Line, type Quirks } from "./line.js";

const { count } = config as { count: number };
const found: Record<string, Allocated> = {};
// A literal in an operation would be a copy of it each time.
const NAME = "home/kitchen/note";
const TEXT = "21 °C 🌡";
/** The case in which acknowledgements come that nobody waits for. */
const STRAY = "receive stray acknowledgements";
const LONG = "°".repeat(128);
const topic = new Topic("home/kitchen/temperature");
const payload = Uint8Array.of(0x32, 0x31, 0x2e, 0x35, 0x33);
const puback = PUBACK(1);
let calls = 0;
const called = () => {
	calls++;
};

/** Acknowledges a packet without garbage of ours. */
function acknowledge(line: Line, id: number): void {
	puback[2] = id >> 8;
	puback[3] = id;
	line.feed(puback);
}

function test(
	name: string,
	options: Partial<ClientOptions>,
	make: (line: Line) => () => void,
	quirks: Quirks = {},
	prepare: (line: Line) => void = () => {},
): Line {
	const line = new Line(
		Pipe,
		{ onMessage: called, onDelivered: called, onDropped: called, ...options },
		quirks,
	);
	prepare(line);
	line.accept();
	const operation = make(line);
	calls = 0;
	found[name] = allocated(count, operation);
	if (line.sockets > 1) throw new Error(`${name}: the connection was lost`);
	const { strayAcknowledgements } = line.client.statistics;
	if (strayAcknowledgements > 0 && name !== STRAY)
		throw new Error(`${name}: ${strayAcknowledgements} acknowledgements were of nothing that is held`);
	return line;
}

/** What happens by itself has happened. */
function published(line: Line, least: number): void {
	const { published } = line.client.statistics;
	if (published < least) throw new Error(`only ${published} messages were published`);
}

/** Hears `packet` once an operation, in pieces of `size` bytes. */
function hears(
	name: string,
	packet: Uint8Array,
	size = packet.length,
	options: Partial<ClientOptions> = {},
): void {
	test(name, options, (line) => {
		line.subscribe("exact/topic", called);
		line.subscribe("wild/+/#", called);
		const pieces: Uint8Array[] = [];
		for (let at = 0; at < packet.length; at += size) pieces.push(packet.slice(at, at + size));
		return () => {
			for (let i = 0; i < pieces.length; i++) line.feed(pieces[i]);
		};
	});
	if (calls < count) throw new Error(`${name}: only ${calls} calls`);
}

for (const retain of [false, true]) {
	const how = retain ? ", retained" : "";
	test(
		`publish QoS 0${how}`,
		{},
		({ client }) =>
			() =>
				client.publish(topic, payload, 0, retain),
	);
	test(`publish QoS 1 and its PUBACK${how}`, {}, (line) => () => {
		acknowledge(line, line.client.publish(topic, payload, 1, retain));
	});
}
test("publish QoS 2, PUBREC and PUBCOMP", {}, (line) => {
	const answers = [PUBREC(1), PUBCOMP(1)];
	return () => {
		const id = line.client.publish(topic, payload, 2);
		for (let i = 0; i < 2; i++) {
			answers[i][2] = id >> 8;
			answers[i][3] = id;
			line.feed(answers[i]);
		}
	};
});
for (const bytes of [511, 512, 513])
	test(`publish QoS 1 of ${bytes} bytes with packets of 512`, {}, (line) => {
		const long = new Uint8Array(bytes - 3 - topic.field.length - 2);
		return () => acknowledge(line, line.client.publish(topic, long, 1));
	});
for (const packetSize of [512, 3000])
	test(`publishFrom with packets of ${packetSize} bytes`, { packetSize }, (line) => {
		const part = new Uint8Array(512);
		const fill = (offset: number, view: Uint8Array) => {
			if (view.length === 512) view.set(part);
			return Math.min(view.length, 1900 - offset);
		};
		return () => acknowledge(line, line.client.publishFrom(topic, 1900, fill, 1));
	});
test("publish with text for topic and payload", {}, ({ client }) => () => {
	client.publish(NAME, TEXT);
});
test("publish of the longest text without a copy", {}, ({ client }) => () => {
	client.publish(NAME, LONG);
});
test("publish to four names in turn", {}, ({ client }) => {
	const topics = ["home", "a", "home/b", "c/°"];
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
test(
	"publish in pieces",
	{ packetSize: 3000, storeSize: 2936 },
	(line) => {
		const long = new Uint8Array(2900);
		return () => {
			if (line.client.publish(topic, long) < 0) throw new Error("the last one is not sent");
			for (let i = 0; i < 3; i++) line.pipe.drain(1200);
		};
	},
	{ room: 1200 },
);
const twenty = { write: (bytes: Uint8Array, at: number) => bytes.fill(0x41, at, at + 20) && at + 20 };
test("publishWith", {}, ({ client }) => () => {
	client.publishWith(topic, 0, false, twenty);
});
test("publishWith at QoS 1, with an owner, that replaces what was never sent", {}, (line) => {
	const owner = line.client.owner();
	line.pipe.drain(0);
	return () => {
		line.client.publishWith(topic, 1, false, twenty, owner);
	};
});
test("publish without room, told when there is", { storeSize: 4 * 40, onWritable: called }, (line) => () => {
	line.pipe.drain(0);
	for (let i = 0; i < 6; i++) line.client.publish(topic, payload);
	line.pipe.drain(1 << 20);
});
test("publish again and again at QoS 0, until the socket is full", { storeSize: 4 * 40 }, (line) => () => {
	line.pipe.drain(100); // three of them
	for (let i = 0; i < 6; i++) line.client.publish(topic, payload);
	line.pipe.drain(1 << 20);
});
test("publish one after the other at QoS 1, until the socket is full", {}, (line) => () => {
	line.pipe.drain(110);
	for (let i = 0; i < 3; i++) acknowledge(line, line.client.publish(topic, payload, 1));
	const id = line.client.publish(topic, payload, 1);
	line.pipe.drain(1 << 20);
	acknowledge(line, id);
});
test("publish with the window full, and all acknowledged", { storeSize: 6 * 44, window: 2 }, (line) => {
	const ids = [0, 0, 0, 0];
	return () => {
		for (let i = 0; i < 4; i++) ids[i] = line.client.publish(topic, payload, 1);
		for (let i = 0; i < 4; i++) acknowledge(line, ids[i]);
	};
});
test("dropping the oldest that was never sent", { storeSize: 2 * 44, whenFull: "dropOldest" }, (line) => {
	line.pipe.drain(0);
	return () => line.client.publish(topic, payload, 1);
});

hears("receive QoS 0 to a handler", PUBLISH("exact/topic", "hello"));
hears("receive QoS 1 to a handler, acknowledged", PUBLISH("exact/topic", "hello", { qos: 1, id: 7 }));
hears("receive to a handler by wildcards", PUBLISH("wild/a/b", "hello"));
hears(
	"receive QoS 2 to a handler, and PUBREL",
	concat([PUBLISH("exact/topic", "hello", { qos: 2, id: 7 }), PUBREL(7)]),
);
hears(
	"receive QoS 2 again, delivered before",
	concat([
		PUBLISH("a", "hello", { qos: 2, id: 7 }),
		PUBLISH("a", "", { qos: 2, id: 7, dup: true }),
		PUBREL(7),
	]),
);
test("receive to three handlers", {}, (line) => {
	for (const filter of ["exact/topic", "exact/+", "#"]) line.subscribe(filter, called);
	const packet = PUBLISH("exact/topic", "hello", { qos: 1, id: 7 });
	return () => line.feed(packet);
});
hears("receive without a handler", PUBLISH("other/°", "hello", { qos: 1, id: 7 }));
hears("receive without payload", PUBLISH("exact/topic", ""));
hears("receive byte by byte", PUBLISH("exact/topic", "hello", { qos: 1, id: 7 }), 1);
hears("receive cut in two", PUBLISH("exact/topic", "hello"), 15);
hears("receive 400 bytes", PUBLISH("exact/topic", new Uint8Array(400), { qos: 1, id: 7 }));
hears("receive in parts", PUBLISH("exact/topic", new Uint8Array(400), { qos: 1, id: 7 }), 100, {
	receiveSize: 64,
});
hears("receive a topic that is too long", PUBLISH("x".repeat(200), "hello", { qos: 1, id: 7 }));
hears(
	"receive three in one go",
	concat([PUBLISH("exact/topic", "1"), PINGRESP, PUBLISH("a", "2"), PUBLISH("b", "3")]),
);
hears(STRAY, concat([PUBLISH("a", ""), PUBACK(9), PUBREL(9), SUBACK(9, 0)]));
test("receive while paused, then on", {}, (line) => {
	const packet = PUBLISH("exact/topic", "hello", { qos: 1, id: 7 });
	return () => {
		line.client.pause();
		line.feed(packet);
		line.client.resume();
	};
});
test("acknowledgements that wait for room", {}, (line) => {
	const packet = PUBLISH("exact/topic", "hello", { qos: 1, id: 7 });
	return () => {
		line.pipe.drain(0);
		for (let i = 0; i < 3; i++) line.feed(packet);
		line.pipe.drain(1 << 20);
	};
});

test("Sensor.update at QoS 0", {}, ({ client }) => {
	const sensor = new Sensor(client, { topic, decimals: 2 });
	let value = -20;
	return () => sensor.update((value += 0.013));
});
test("Sensor.update at QoS 1, retained, and its PUBACK", {}, (line) => {
	const sensor = new Sensor(line.client, { topic, decimals: 3, qos: 1, retain: true });
	let value = 1e9;
	return () => acknowledge(line, sensor.update((value += 0.125)));
});
test("Sensor.update with deadband, interval, heartbeat and no number", { keepAlive: 0 }, (line) => {
	const options = { topic, deadband: 0.5, interval: 1000, heartbeat: 5000, invalid: "none" };
	const sensor = new Sensor(line.client, options);
	let turn = 0;
	return () => {
		sensor.update(turn++ % 7 === 0 ? Number.NaN : turn * 0.2);
		line.now = (line.now + 250) | 0;
		line.tick();
	};
});
test("Sensor.update that replaces what was never sent", { storeSize: 48 }, (line) => {
	const sensor = new Sensor(line.client, { topic, qos: 1 });
	line.pipe.drain(0);
	let value = 0;
	return () => sensor.update(value++);
});
const polled = test("Sensor with a source, and several polled by one timer", { keepAlive: 0 }, (line) => {
	const mean = new Mean();
	new Sensor(line.client, { topic, decimals: 1, interval: 1000, source: mean });
	new Sensor(line.client, { topic, interval: 2000, source: () => line.now });
	new Poll(line.client, 250, () => mean.add(line.now * 0.01));
	new Poll(line.client, 500, called);
	return () => line.pass();
});
published(polled, count / 3);
/** A group of every kind of source, some of them without a number at times. */
function group(line: Line, options: Partial<GroupOptions>) {
	const sources = [
		new Mean(),
		new Minimum(),
		new Maximum(),
		new Latest(),
		new Counter(1 / 450),
		new Sum(0.5),
	];
	const [mean, minimum, maximum, latest, counter, sum] = sources;
	const fields = {
		mean: { source: mean, decimals: 2, unit: "°C" },
		minimum,
		maximum,
		'läßt "grüßen"': latest,
		counter: { source: counter, decimals: 3, unit: "L" },
		sum,
		from: "the attic",
	};
	let turn = 0;
	const it = new Group(line.client, {
		topic,
		fields,
		time: () => line.now / 1000,
		quality: true,
		...options,
	});
	return () => {
		turn++;
		for (let i = 0; i < 6; i++) sources[i].add(turn % (i + 2) === 0 ? Number.NaN : turn * 0.3);
		return it.publish();
	};
}
test("Group.publish at QoS 0", {}, (line) => group(line, {}));
test("Group.publish at QoS 1, retained, and its PUBACK", {}, (line) => {
	const publish = group(line, { qos: 1, retain: true });
	return () => acknowledge(line, publish());
});
const grouped = test("Group.publish at an interval", { keepAlive: 0 }, (line) => {
	group(line, { interval: 500 });
	return () => line.pass();
});
published(grouped, count / 2);
test("Group.publish that replaces what was never sent", {}, (line) => {
	line.pipe.drain(0);
	return group(line, { qos: 1 });
});
test("Group.publish into a ring that is full", {}, (line) => {
	line.pipe.drain(0);
	return group(line, { keep: 5 });
});
test("Group.publish into a ring, and all of it sent", {}, (line) => {
	const publish = group(line, { keep: 5 });
	return () => {
		line.pipe.drain(0);
		for (let i = 0; i < 8; i++) publish();
		line.pipe.drain(1 << 20);
		line.tick();
	};
});
const stated = test(
	"Status with details at an interval",
	{ keepAlive: 0 },
	(line) => () => line.pass(),
	{},
	(line) => {
		const details = { version: "1.4.0", signal: () => -61, heap: () => line.now };
		new Status(line.client, { topic, qos: 0, details, interval: 500 });
	},
);
published(stated, count / 2);
test("a keepalive cycle", { keepAlive: 2000 }, (line) => {
	const { pipe } = line;
	return () => {
		const { writes } = pipe;
		while (pipe.writes === writes) {
			line.now = (line.now + 250) | 0;
			line.tick();
		}
		line.feed(PINGRESP);
	};
});

engine.report(JSON.stringify(found));
engine.exit(0);
