// A sensor over TLS: the broker proves who it is before anything is told to it, and so does the sensor if the broker wants
// that. Knows "xs-mqtt" and the modules of its manifest; what differs from place to place is in the module
// "secure-sensor/device".

import config from "mc/config";
import { file, keepClock, onQuit, quit } from "secure-sensor/device";
import { Client } from "xs-mqtt";
import { network } from "xs-mqtt/network";
import { Sensor, Status } from "xs-mqtt/telemetry";

/** A setting that may be left out. */
const optional = (value: unknown) => (value === undefined ? undefined : String(value));

const name = String(config.name);
const start = network.ticks();
/** Seconds since start. Your reading goes in here. */
const read = () => ((network.ticks() - start) >>> 0) / 1000;

function run(): void {
	let quitting = false;
	const client = new Client({
		...network,
		host: String(config.host),
		port: Number(config.port), // on mcconfig's command line it is a string
		clientId: optional(config.clientId) ?? `${name}-${network.id}`,
		username: optional(config.brokerUsername),
		password: optional(config.brokerPassword),
		connectTimeout: Number(config.connectTimeout),
		tls: {
			ca: file("ca.pem"),
			pin: optional(config.pin),
			certificate: file("client.pem"),
			key: file("client.key"),
			serverName: optional(config.serverName),
			alpn: optional(config.alpn),
		},
		onConnected() {
			trace(`connected to ${config.host}, which has proved to be it\n`);
		},
		onDisconnected(reason) {
			trace(`disconnected: ${reason.message}\n`); // also what to do about it
			if (quitting) quit();
		},
	});
	new Status(client, { topic: `${name}/status` });
	new Sensor(client, {
		topic: `${name}/uptime`,
		unit: "s",
		qos: 1,
		source: read,
		interval: Number(config.interval),
	});
	onQuit(() => {
		quitting = true;
		client.close();
	});
}

if (file("ca.pem") === undefined && config.pin === undefined)
	trace(
		"who is the broker? Put its authority's ca.pem into the folder certificates, or set pin: see README.md\n",
	);
else {
	keepClock();
	run();
}
