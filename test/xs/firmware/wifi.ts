// A Client on Wi-Fi, with a broker that the test runs: reports each turn of both, and what publishing costs once connected.

import WiFi from "embedded:network/interface/wifi";
import * as engine from "desktop/engine";
import { onReading } from "desktop/machine";
import config from "mc/config";
import { network } from "../../../hosts/desktop/network.js";
import { Client, Topic } from "../../../src/index.js";
import { Wifi } from "../../../src/network/wifi.js";

const { port } = config as { port: number };

const wifi = new Wifi({
	io: WiFi,
	accessPoints: [{ SSID: "attic", password: "secret" }],
	timer: network.timer as never,
	ticks: network.ticks,
	reconnectMinimum: 100,
	reconnectMaximum: 100,
});

const topic = new Topic("wifi/reading");
const payload = Uint8Array.of(50, 49);

const client = new Client({
	...(network as object as typeof network & { timer: never }),
	interface: wifi,
	protocolVersion: 4,
	host: "127.0.0.1",
	port,
	// As long as nobody waits for: what comes sooner, the network's return has brought.
	reconnectMinimum: 3_600_000,
	reconnectMaximum: 3_600_000,
	random: () => 0.999,
	onConnected() {
		engine.report(
			JSON.stringify({ connected: true, address: wifi.address, SSID: wifi.SSID, RSSI: wifi.RSSI }),
		);
	},
	onDisconnected(reason) {
		engine.report(JSON.stringify({ connected: false, reason: reason.message, up: wifi.up }));
	},
});

onReading((count) => {
	for (let i = 0; i < 3; i++) client.publish(topic, payload);
	engine.mark();
	let sum = 0;
	for (let i = 0; i < count; i++) {
		client.publish(topic, payload);
		sum += wifi.RSSI;
	}
	const slots = engine.slots();
	const chunkBytes = engine.chunkBytes();
	engine.report(JSON.stringify({ slots, chunkBytes, published: client.statistics.published, sum }));
});
