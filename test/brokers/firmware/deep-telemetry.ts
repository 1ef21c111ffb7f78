// Helpers at their deepest: digits of large numbers, written from within callbacks.

import * as engine from "desktop/engine";
import config from "mc/config";
import { network } from "../../../hosts/desktop/network.js";
import { Client } from "../../../src/index.js";
import { Group, Status } from "../../../src/telemetry/index.js";

const { port, topic, protocolVersion } = config as {
	port: number;
	topic: string;
	protocolVersion?: 4 | 5;
};
const client = new Client({
	...network,
	protocolVersion,
	host: "127.0.0.1",
	port,
	clientId: topic,
	clean: true,
	onConnected() {
		for (let i = 0; i < 4; i++) group.publish();
	},
	onDelivered: () => engine.report('"delivered"'),
});
const large = { source: () => 1 / 3 - 1e20, decimals: 15 };
new Status(client, { topic: `${topic}/status`, details: { large, version: "1.0.0" } });
const group = new Group(client, {
	topic: `${topic}/group`,
	fields: { large },
	time: () => 1.9e12,
	quality: true,
	qos: 1,
	keep: 5,
});
