// A sensor node: readings of the place it runs on, whether it is there, and a command that changes the interval.
// Knows "xs-mqtt" and the modules of its manifest; what differs from place to place is in the module "sensor-node/device".

import settings from "mc/config";
import { onQuit, onReading, quit, readings, showConnection, showHeld } from "sensor-node/device";
import { Client, type ClientOptions, type Message, NO_ROOM, type QoS, REPLACED } from "xs-mqtt";
import { network } from "xs-mqtt/network";
import { Sensor, Status } from "xs-mqtt/telemetry";

interface Settings {
	host: string;
	port: number;
	/** Not `password`: mcconfig and the SDK call that of the Wi-Fi so. */
	brokerUsername?: string;
	brokerPassword?: string;
	/** For a broker with TLS, or WebSocket: manifest_tls.json and manifest_websocket.json have to be included. */
	tls?: ClientOptions["tls"];
	webSocket?: ClientOptions["webSocket"];
	/** Topics begin with it. */
	name: string;
	/** Milliseconds between two readings. */
	interval: number;
	/** Of readings. Default 1. */
	qos?: number;
	/** Digits after the point of readings that come from outside: a replay instead of our own. */
	decimals?: number;
}
const config = settings as unknown as Settings;
// What mcconfig gets on its command line (port=1884) are strings.
const port = Number(config.port);
const interval = Number(config.interval);
const qos = Number(config.qos ?? 1) as QoS;

/** Milliseconds that the command may set. */
const SHORTEST = 10;
const LONGEST = 3_600_000;

const client = new Client({
	...network,
	host: config.host,
	port,
	clientId: `${config.name}-${network.id}`,
	username: config.brokerUsername,
	password: config.brokerPassword,
	tls: config.tls,
	webSocket: config.webSocket,
	reconnectMaximum: 10_000,
	onConnected(sessionPresent) {
		trace(`connected to ${config.host}, ${sessionPresent ? "the broker kept the session" : "new session"}\n`);
		showConnection(true, "", client.protocolVersion);
	},
	onDisconnected(reason) {
		trace(`disconnected: ${reason.message}\n`);
		showConnection(false, reason.message, client.protocolVersion);
		if (quitting) quit();
	},
	onDelivered: showState,
	onDropped(_packetId, reason) {
		// A reading gives way to a newer one as long as there is no connection: nothing to tell.
		if (reason !== REPLACED) trace(`${reason.message}\n`);
	},
});

new Status(client, { topic: `${config.name}/status` });

const sensors = readings.map(
	({ name, unit, decimals }) =>
		new Sensor(client, { topic: `${config.name}/${name}`, unit, decimals, qos, retain: true }),
);

/** Called at each interval. No literal, no closure, nothing of a string in here: it makes no garbage. */
function read(): void {
	// NaN, where there is no such thing, is not published.
	for (let i = 0; i < sensors.length; i++) sensors[i].update(readings[i].read());
	showState();
}

/** How many messages wait for the broker: it grows while there is no connection. */
function showState(): void {
	showHeld(client.held, client.statistics.dropped);
}

let timer: unknown;
let quitting = false;

function start(interval: number): void {
	if (timer !== undefined) network.timer.clear(timer as never);
	timer = network.timer.repeat(read, interval);
}

/** The payload as a whole number, NaN when it is anything else. */
function wholeNumber(message: Message): number {
	const { bytes, length } = message;
	if (length === 0 || length > 7 || length !== message.total) return Number.NaN;
	let value = 0;
	for (let i = 0; i < length; i++) {
		const digit = bytes[i] - 0x30;
		if (digit < 0 || digit > 9) return Number.NaN;
		value = value * 10 + digit;
	}
	return value;
}

client.subscribe(`${config.name}/interval/set`, 1, (message) => {
	if (message.offset > 0) return; // the rest of one that is too long, and was refused
	const interval = wholeNumber(message);
	if (!(interval >= SHORTEST && interval <= LONGEST)) {
		trace(`interval refused: send a whole number of milliseconds, ${SHORTEST} to ${LONGEST}\n`);
	} else if (timer === undefined) {
		trace("interval refused: a replay has its own pace\n");
	} else {
		start(interval);
		trace(`interval is ${interval} ms\n`);
	}
});

if (config.decimals === undefined) {
	trace(`readings every ${interval} ms\n`);
	read();
	start(interval);
} else {
	// A replay: the readings come from outside, and each of them counts.
	const replay = new Sensor(client, {
		topic: `${config.name}/replay`,
		decimals: config.decimals,
		qos: 1,
		keep: "all",
	});
	trace("readings from a replay\n");
	onReading((value) => {
		if (replay.update(value) === NO_ROOM) trace("no room for a reading: it comes too early\n");
		showState();
	});
}

onQuit(() => {
	quitting = true;
	if (timer !== undefined) network.timer.clear(timer as never);
	client.close();
});
