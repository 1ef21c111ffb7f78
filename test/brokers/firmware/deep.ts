// The deepest calls that an app is likely to make: all of it from within callbacks.

import * as engine from "desktop/engine";
import config from "mc/config";
import { network } from "../../../hosts/desktop/network.js";
import { Client } from "../../../src/index.js";
import { Status } from "../../../src/telemetry/index.js";

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
		client.subscribe(`${topic}/#`, 2, () => client.publish("out", "x", 2));
		client.subscribe(`${topic}/a`, 1, () => {});
		client.publish(`${topic}/a`, "1", 2);
	},
	onDelivered: () => engine.report('"delivered"'),
});
new Status(client, { topic: `${topic}/status` });
