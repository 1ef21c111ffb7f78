// Reconnects without end, each connection used and ended in another way; reports the live heap after some of them.

import * as engine from "desktop/engine";
import Pipe from "desktop/pipe";
import config from "mc/config";
import { State, Topic } from "../../../src/index.js";
import { Sensor, Status } from "../../../src/telemetry/index.js";
import { CONNACK, concat, PUBACK, PUBLISH } from "../../support/packets.js";
import { Heaps } from "./heap.js";
import { Line } from "./line.js";

const { looks } = config as { looks: number[] };
let connected = 0;
let received = 0;
const line = new Line(Pipe, {
	reconnectMinimum: 0,
	reconnectMaximum: 0,
	onConnected: () => connected++,
	storeSize: 256,
});
const { client } = line;
new Status(client, { topic: "s" });
const sensor = new Sensor(client, { topic: "t", qos: 1, decimals: 1 });
client.subscribe("in/+", 1, () => received++);
const topic = new Topic("out");
const incoming = PUBLISH("in/x", "hello", { qos: 1, id: 5 });

/** How a connection ends. */
const endings: (() => void)[] = [
	() => line.pipe.fail(),
	() => line.feed(Uint8Array.of(0x36, 0)), // a broken rule
	() => {
		line.feed(incoming.slice(0, 5)); // in the midst of a packet
		line.pipe.fail();
	},
	() => {
		client.publish(topic, "held", 1);
		while (isConnected()) line.pass(); // no reply
	},
	() => line.feed(CONNACK()), // a second one
	() => {
		line.pipe.drain(0); // a full socket
		client.publish(topic, "a");
		client.publish(topic, "b", 1);
		line.pipe.fail();
	},
];

const heaps = new Heaps(looks.length);
const isConnected = () => client.state === State.CONNECTED;
for (let round = 0; ; round++) {
	if (looks.includes(round)) heaps.look();
	if (round === looks[looks.length - 1]) break;
	if (round % 5 === 1) {
		line.pipe.open();
		line.feed(CONNACK(false, 5)); // refused
		line.pass();
	}
	if (round % 7 === 1) {
		line.pipe.fail(); // before it was connected
		line.noSocket = true;
		line.pass();
	}
	while (line.pipe.closed) line.pass();
	line.accept(round % 3 === 0);
	client.unsubscribe("other");
	client.subscribe("other", 0);
	const id = sensor.update(round);
	client.publish(topic, "text");
	line.feed(incoming);
	if (round % 2 === 0 && id > 0) line.feed(concat([PUBACK(id)]));
	if (!isConnected()) throw new Error(`round ${round}: not connected`);
	endings[round % endings.length]();
	if (isConnected()) throw new Error(`round ${round}: still connected`);
	line.pass();
}
const { attempts, connects } = client.statistics;
engine.report(JSON.stringify({ heaps, connected, received, attempts, connects }));
engine.exit(0);
