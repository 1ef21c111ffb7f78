// Reconnects without end in MQTT 5.0, each connection begun and ended in another way, in 3.1.1 now and then; reports the
// live heap after some of them.

import * as engine from "desktop/engine";
import Pipe from "desktop/pipe";
import config from "mc/config";
import { State, Topic } from "../../../src/index.js";
import { Properties } from "../../../src/wire/v5/properties.js";
import { CONNACK, PUBLISH } from "../../support/packets.js";
import {
	ACKNOWLEDGEMENT5,
	CONNACK5,
	DISCONNECT5,
	data,
	four,
	PUBLISH5,
	two,
	user,
} from "../../support/packets5.js";
import { Heaps } from "./heap.js";
import { Line } from "./line.js";

const { looks } = config as { looks: number[] };
const VERSION = 8;
let connected = 0;
let received = 0;
let fives = 0;
const line = new Line(Pipe, {
	protocolVersion: undefined,
	reconnectMinimum: 0,
	reconnectMaximum: 0,
	storeSize: 512,
	onConnected: () => connected++,
});
const { client } = line;
client.subscribe("in/+", 1, () => received++);
const topic = new Topic("out");
const properties = new Properties({ contentType: "text", messageExpiry: 100_000 });
client.will = { topic: "w", payload: "gone", delay: 5, properties };
const incoming = PUBLISH5("in/x", "hello", [data(3, "text"), user("a", "b")], { qos: 1, id: 5 });

const isConnected = () => client.state === State.CONNECTED;
const GRANTS = [
	[],
	[two(0x21, 1), two(0x22, 3), [0x24, 1], [0x25, 0]],
	[two(0x13, 30), four(0x11, 100), data(0x1a, "answers/"), data(0x12, "auto")],
];

/** How a connection ends. */
const endings: (() => void)[] = [
	() => line.pipe.fail(),
	() => line.feed(Uint8Array.of(0x36, 0)), // a broken rule
	() => line.feed(DISCONNECT5(0x8b, [data(0x1f, "good night"), user("a", "b")])),
	() => {
		client.publish(topic, "held", 1, false, properties);
		while (isConnected()) line.pass(); // no reply
	},
	() => line.feed(DISCONNECT5(0x9c, [data(0x1c, "10.0.0.9")])),
];

const heaps = new Heaps(looks.length);
for (let round = 0; ; round++) {
	if (looks.includes(round)) heaps.look();
	if (round === looks[looks.length - 1]) break;
	while (line.pipe.closed) line.pass();
	line.pipe.open();
	let version = line.take()[VERSION];
	if (version === 5 && round % 4 === 1) {
		line.feed(CONNACK(false, 1)); // another broker
		line.pass();
		line.pipe.open();
		version = line.take()[VERSION];
	} else if (version === 4 && round % 4 === 3) {
		line.feed(CONNACK(false, 1)); // the first one is back
		line.pass();
		line.pipe.open();
		version = line.take()[VERSION];
	}
	if (round % 6 === 5) {
		line.feed(version === 5 ? CONNACK5(false, 0x89) : CONNACK(false, 3)); // refused
		while (line.pipe.closed) line.pass();
		line.pipe.open();
		version = line.take()[VERSION];
	}
	if (version === 5) fives++;
	line.feed(
		version === 5 ? CONNACK5(round % 3 === 0, 0, GRANTS[round % GRANTS.length]) : CONNACK(round % 3 === 0),
	);
	client.publish(topic, "text", 0, false, properties);
	client.publish(topic, "text");
	line.feed(version === 5 ? incoming : PUBLISH("in/x", "hello", { qos: 1, id: 5 }));
	if (version === 5) line.feed(ACKNOWLEDGEMENT5(4, 77, 0x10));
	if (!isConnected()) throw new Error(`round ${round}: not connected`);
	endings[version === 5 ? round % endings.length : 0]();
	if (isConnected()) throw new Error(`round ${round}: still connected`);
	line.pass();
}
engine.report(JSON.stringify({ heaps, connected, received, fives }));
engine.exit(0);
