// Publishes at QoS 0 and 1 in turn through a real socket, to a peer that sends all of it back, and counts.

import * as engine from "desktop/engine";
import config from "mc/config";
import Timer from "timer";
import { network } from "../../../hosts/desktop/network.js";
import { Client, type QoS, Topic } from "../../../src/index.js";
import { Sensor } from "../../../src/telemetry/index.js";

const { port, count } = config as { port: number; count: number };
const WARM = 200;
const topic = new Topic("out/topic");
const payload = Uint8Array.of(0x32, 0x31, 0x2e, 0x35, 0x33);
let goal = WARM;
let sent = 0;
let received = 0;
let delivered = 0;

function pump(): void {
	while (sent < goal) {
		const qos = (sent & 1) as QoS;
		const id = sent % 4 < 2 ? client.publish(topic, payload, qos) : sensors[qos].update(sent);
		if (id < 0) return;
		sent++;
	}
}

function done(): void {
	if (received < goal || delivered < goal / 2) return;
	if (goal === WARM) {
		goal = -1; // the timer is not to be made twice
		Timer.set(begin, 100);
	} else if (goal > 0) {
		const slots = engine.slots();
		const chunkBytes = engine.chunkBytes();
		const collections = engine.collections();
		engine.report(JSON.stringify({ received, delivered, slots, chunkBytes, collections }));
		engine.exit(0);
	}
}

function begin(): void {
	goal = WARM + count;
	engine.collect();
	engine.mark();
	pump();
}

const client = new Client({
	...network,
	protocolVersion: 4,
	host: "127.0.0.1",
	port,
	onConnected: pump,
	onWritable: pump,
	onDelivered() {
		delivered++;
		pump();
		done();
	},
	onDisconnected(reason) {
		throw new Error(reason.message);
	},
});
const sensors = [0, 1].map((qos) => new Sensor(client, { topic, qos: qos as QoS, decimals: 1, keep: "all" }));
client.subscribe("out/+", 1, () => {
	received++;
	done();
});
