// A sleeper: wakes, publishes its readings at QoS 1, and sleeps again as soon as the broker has them, or when it is clear
// that it will not get them now. With pipelining that takes one round trip. Knows "xs-mqtt" and the modules of its
// manifest; what differs from place to place is in the module "sleeper/device".

import config from "mc/config";
import { fields, sleep } from "sleeper/device";
import { CLOSED_BY_APP, Client } from "xs-mqtt";
import { network } from "xs-mqtt/network";
import { Group } from "xs-mqtt/telemetry";

const client = new Client({
	...network,
	host: String(config.host),
	port: Number(config.port), // on mcconfig's command line it is a string
	clientId: `${config.name}-${network.id}`,
	protocolVersion: 4, // or 5: with CONNECT goes what a broker of that version reads, and none can be found out first
	pipelining: true,
	replyTimeout: 5_000,
	storeSize: 256,
	onDelivered: () => client.close(),
	onDisconnected(reason) {
		if (reason === CLOSED_BY_APP) {
			sleep(Number(config.interval));
			return;
		}
		trace(`not delivered: ${reason.message}\n`);
		client.close();
	},
});

// Milliseconds that are worth the battery, the wait for Wi-Fi included.
network.timer.repeat(() => client.close(), 10_000);

new Group(client, { topic: String(config.name), fields, qos: 1, retain: true }).publish();
