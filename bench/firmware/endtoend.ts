// Publishes `count` messages as fast as the broker takes them, at each QoS in turn.

import * as engine from "desktop/engine";
import config from "mc/config";
import { network } from "../../hosts/desktop/network.js";
import { Client, type QoS, Topic } from "../../src/index.js";

const { port, count } = config as { port: number; count: number };
const topics = [new Topic("bench/0"), new Topic("bench/1")];
const payload = Uint8Array.of(0x32, 0x31, 0x2e, 0x35, 0x33);
let qos: QoS = 0;
let sent = 0;

function pump(): void {
	while (sent < count) {
		if (client.publish(topics[qos], payload, qos) < 0) return;
		sent++;
	}
	if (qos === 1) return;
	qos = 1;
	sent = 0;
	pump();
}

const client = new Client({
	...network,
	protocolVersion: 4,
	host: "127.0.0.1",
	port,
	clean: true,
	onConnected: pump,
	onWritable: pump,
	onDisconnected(reason) {
		engine.report(reason.message);
		engine.exit(1);
	},
});
