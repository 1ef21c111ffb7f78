// A board that publishes numbered messages as apps do, and receives others. It tells all of it, in batches: reading(n) has it publish up to n, a negative one has it tell what it has not told yet, then an empty batch.

import * as engine from "desktop/engine";
import { onReading } from "desktop/machine";
import config from "mc/config";
import Timer from "timer";
import { network } from "../../../hosts/desktop/network.js";
import * as xsMqtt from "../../../src/index.js";
import { App } from "../../support/app.js";
import { ACCEPTED, CONNECTED, DELIVERED, DISCONNECTED, DROPPED, RECEIVED } from "../diary.js";
import { mostHeld, numberOf, payloadOf, SHORT, topicOf, wayOf } from "../messages.js";

export interface AppConfig {
	client: Partial<xsMqtt.ClientOptions> & { port: number; clientId: string; window: number };
	qos: xsMqtt.QoS;
	/** What it publishes is below the one, what it receives on the other. */
	out: string;
	in: string;
	/** Number of the first message. */
	first: number;
	/** Which life of the board this is. */
	life: number;
}

const settings = config as unknown as AppConfig;
const diary = new Int32Array(3 * 100);
let written = 0;
let attempt = 0;
let number = settings.first;
let end = settings.first;
/** Accepted, and neither delivered nor given up. */
let held = 0;

function tell(): void {
	if (written === 0) return;
	engine.report(`[${diary.subarray(0, written).join()}]`);
	written = 0;
}

function note(what: number, a: number, b = 0): void {
	diary[written++] = what;
	diary[written++] = a;
	diary[written++] = b;
	if (written === diary.length) tell();
}

/** Names are looked up: SESSION_LOST is the one that is expected. */
function causeOf(reason: xsMqtt.Reason): number {
	if ((xsMqtt as Record<string, unknown>).SESSION_LOST === reason) return 1;
	return reason.fault === "broker" ? (reason.code ?? 0) : 0;
}

function publish(): number {
	const topic = topicOf(settings.out, number);
	const payload = payloadOf(number);
	if (payload.length <= SHORT) return app.publish(wayOf(number), topic, payload);
	const fill = (offset: number, view: Uint8Array) => {
		const count = Math.min(view.length, payload.length - offset);
		for (let i = 0; i < count; i++) view[i] = payload.charCodeAt(offset + i);
		return count;
	};
	return client.publishFrom(app.topic(topic), payload.length, fill, settings.qos);
}

/** Goes on as far as it may; it is called again whenever that may have changed. */
function pump(): void {
	while (number < end && held < mostHeld(number, settings.client.window)) {
		const id = publish();
		if (id < 0) return;
		held++;
		note(ACCEPTED, number++, id);
	}
}

function done(what: number, id: number, more = 0): void {
	held--;
	note(what, id, more);
}

const client = new xsMqtt.Client({
	...network,
	host: "127.0.0.1",
	protocolVersion: 4,
	reconnectMinimum: 5,
	reconnectMaximum: 10,
	replyTimeout: 1000,
	connectTimeout: 2000,
	keepAlive: 2000,
	...settings.client,
	// CONNECT then says which attempt of which life it is, and the judge knows which connection the diary speaks of.
	username: "board",
	password: () => `${settings.life}:${++attempt}`,
	onConnected(sessionPresent) {
		note(CONNECTED, attempt, sessionPresent ? 1 : 0);
		pump();
	},
	onDisconnected: (reason) => note(DISCONNECTED, attempt, reason === xsMqtt.CONNECTION_LOST ? 1 : 0),
	onDelivered(id) {
		done(DELIVERED, id);
		pump();
	},
	onDropped: (id, reason) => done(DROPPED, id, causeOf(reason)),
	onWritable: pump,
});
const app = new App(client, { qos: settings.qos });
/** What has come of a message in parts. */
let parts = "";
client.subscribe(settings.in, settings.qos, (message) => {
	if (message.offset === 0) parts = "";
	parts += message.text();
	if (message.offset + message.length < message.total) return;
	note(RECEIVED, numberOf(parts));
	parts = "";
});

onReading((value) => {
	if (value < 0) {
		tell();
		engine.report("[]");
		return;
	}
	end = value;
	pump();
});
Timer.repeat(tell, 20);
