// An app on a board, for the tests with brokers: publishes the readings it is given, reports all that the client tells.

import * as engine from "desktop/engine";
import { onReading } from "desktop/machine";
import config from "mc/config";
import { network } from "../../../hosts/desktop/network.js";
import * as xsMqtt from "../../../src/index.js";
import { Status } from "../../../src/telemetry/index.js";
import { App, type Way } from "../../support/app.js";
import { CLEAR, CLOSE } from "./commands.js";

export interface AppConfig {
	client: Partial<xsMqtt.ClientOptions> & { port: number };
	/** Topic of a Status. */
	status?: string;
	/** Filters, at QoS 1. */
	subscribe?: string[];
	/** Where and how readings are published. Default QoS 1. */
	topic?: string;
	qos?: xsMqtt.QoS;
	retain?: boolean;
	/** How one reading after the other is published, over and over. Default: in each way, and the same one in a row. */
	ways?: Way[];
	/** In place of random numbers. */
	random?: number;
}

export type Report =
	| { event: "connected"; sessionPresent: boolean }
	| { event: "disconnected"; reason: string }
	| { event: "subscribed"; code: number }
	| { event: "message"; topic: string; text: string; qos: number; retain: boolean }
	| { event: "delivered"; id: number }
	| { event: "dropped"; id: number; reason: string };

const {
	client: options,
	status,
	subscribe = [],
	topic = "t",
	qos = 1,
	retain = false,
	ways = ["bytes", "bytes", "bytes", "text", "sensor"],
	random,
} = config as unknown as AppConfig;

function report(report: Report): void {
	engine.report(JSON.stringify(report));
}

const exported: Record<string, unknown> = xsMqtt;

function nameOf(reason: xsMqtt.Reason): string {
	// Entries would be an array for each of the exports: too much for this board.
	return Object.keys(exported).find((name) => exported[name] === reason) ?? reason.message;
}

const client = new xsMqtt.Client({
	...network,
	host: "127.0.0.1",
	protocolVersion: 4,
	reconnectMinimum: 50,
	reconnectMaximum: 200,
	...options,
	random: random === undefined ? Math.random : () => random,
	onConnected: (sessionPresent) => report({ event: "connected", sessionPresent }),
	onDisconnected: (reason) => report({ event: "disconnected", reason: nameOf(reason) }),
	onSubscribed: ({ code }) => report({ event: "subscribed", code }),
	onDelivered: (id) => report({ event: "delivered", id }),
	onDropped: (id, reason) => report({ event: "dropped", id, reason: nameOf(reason) }),
});
if (status !== undefined) new Status(client, { topic: status });
for (const filter of subscribe)
	client.subscribe(filter, 1, (message) => {
		const { topic, qos, retain } = message;
		report({ event: "message", topic, text: message.text(), qos, retain });
	});
const app = new App(client, { qos, retain, keep: "all" });
let readings = 0;
onReading((value) => {
	if (value === CLOSE) client.close();
	else if (value === CLEAR) client.publish(topic, "", qos, true);
	else if (app.publish(ways[readings++ % ways.length], topic, `${value}`) < 0)
		throw new Error(`${value} was refused`);
});
