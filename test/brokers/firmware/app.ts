// An app for the tests with brokers: does what it is told by numbers, reports all that the client tells it.
// No Node and no board here: both run it.

import * as exported from "../../../src/index.js";
import { Client, type ClientOptions, type QoS, type Reason, Status } from "../../../src/index.js";
import type { Network } from "../../../src/network/network.js";

export interface AppConfig {
	client: Partial<ClientOptions> & { host: string; port: number };
	/** Topic of a Status. */
	status?: string;
	/** Filters, at QoS 1 but for those that end in "/0". */
	subscribe?: string[];
	/** Where and how numbers are published. Default QoS 1. */
	topic?: string;
	qos?: QoS;
	retain?: boolean;
	/** In place of random numbers. */
	random?: number;
}

/** Commands; a number from 0 is published as text. */
export const CLOSE = -1;
/** Publishes nothing, retained. */
export const CLEAR = -2;

export type Report =
	| { event: "connected"; sessionPresent: boolean }
	| { event: "disconnected"; reason: string }
	| { event: "subscribed"; filter: string; code: number }
	| { event: "message"; topic: string; text: string; qos: number; retain: boolean; dup: boolean }
	| { event: "published"; value: number; id: number }
	| { event: "delivered"; id: number }
	| { event: "dropped"; id: number; reason: string };

function nameOf(reason: Reason): string {
	for (const [name, value] of Object.entries(exported)) if (value === (reason as unknown)) return name;
	return reason.message;
}

/** Starts the app; returns what takes its commands. */
export function startApp(
	network: Network,
	config: AppConfig,
	report: (report: Report) => void,
): (command: number) => void {
	const { topic = "app/value", qos = 1, retain = false, random } = config;
	const client = new Client({
		reconnectMinimum: 50,
		reconnectMaximum: 200,
		...network,
		...config.client,
		random: random === undefined ? Math.random : () => random,
		onConnected: (sessionPresent) => report({ event: "connected", sessionPresent }),
		onDisconnected: (reason) => report({ event: "disconnected", reason: nameOf(reason) }),
		onSubscribed: ({ filter, code }) => report({ event: "subscribed", filter, code }),
		onDelivered: (id) => report({ event: "delivered", id }),
		onDropped: (id, reason) => report({ event: "dropped", id, reason: nameOf(reason) }),
	});
	if (config.status !== undefined) new Status(client, { topic: config.status });
	for (const filter of config.subscribe ?? [])
		client.subscribe(filter, filter.endsWith("/0") ? 0 : 1, (message) => {
			const { topic, qos, retain, dup } = message;
			report({ event: "message", topic, text: message.text(), qos, retain, dup });
		});
	return (command) => {
		if (command === CLOSE) client.close();
		else if (command === CLEAR) client.publish(topic, "", qos, true);
		else report({ event: "published", value: command, id: client.publish(topic, `${command}`, qos, retain) });
	};
}
