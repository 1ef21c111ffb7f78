// The options of a Client with their defaults, checked. Knows no connection.

import { type ClientOptions, checkFunction, whole, yesOrNo } from "./options.js";
import { encodePassword } from "./payload.js";
import { MAX_FIELD } from "./wire/protocol.js";
import { show } from "./wire/quote.js";
import { encodeField } from "./wire/topic.js";

const FUNCTIONS = Object.freeze([
	"onConnected",
	"onDisconnected",
	"onMessage",
	"onSubscribed",
	"onUnsubscribed",
	"onDelivered",
	"onDropped",
	"onWritable",
	"random",
] as const);

/** Milliseconds: the default of `keepAlive`. */
export const KEEP_ALIVE = 60_000;

/** The client identifier, encoded with its length: for each CONNECT anew, not to be held in memory. */
export function encodeClientId({ clientId, id }: ClientOptions): Uint8Array {
	return encodeField("clientId", clientId ?? `xs-mqtt-${id}`);
}

/** Throws on options that cannot work, with the value and the rule. */
export function settle(options: ClientOptions) {
	const { host, clean = false, whenFull, username, password, socket, timer, ticks, id } = options;
	if (
		typeof socket?.io !== "function" ||
		typeof timer?.schedule !== "function" ||
		typeof ticks !== "function"
	)
		throw new TypeError("the options lack a network: spread a host's into them, { ...network, host }");
	for (const name of FUNCTIONS) checkFunction(name, options[name]);
	if (typeof host !== "string" || host === "")
		throw new TypeError(`host is ${show(host)}: it must be the broker's host name or address`);
	if (typeof clean !== "boolean") throw new TypeError(`clean is ${show(clean)}: it must be true or false`);
	yesOrNo("pipelining", options.pipelining);
	if (options.clientId === undefined && (typeof id !== "string" || id === ""))
		throw new TypeError(
			"the network has no id to make a clientId of: give the option clientId, another one to each device, or they " +
				"throw each other out",
		);
	if (encodeClientId(options).length === 2 && !clean)
		throw new RangeError('clientId is "": it may be empty only with clean: true (section 3.1.3.1)');
	if (username !== undefined && typeof username !== "function") encodeField("username", username);
	if (username === undefined && password !== undefined)
		throw new RangeError("password without username: MQTT 3.1.1 forbids it (section 3.1.2.9)");
	if (password !== undefined && typeof password !== "function") encodePassword(password);
	if (whenFull !== undefined && whenFull !== "refuse" && whenFull !== "dropOldest")
		throw new RangeError(`whenFull is ${show(whenFull)}: it must be "refuse" or "dropOldest"`);
	const reconnectMaximum = whole("reconnectMaximum", options.reconnectMaximum, 60_000, 0, 86_400_000);
	const soon = Math.min(1000, reconnectMaximum);
	return {
		host,
		port: whole("port", options.port, 1883, 1, 65_535),
		clean,
		keepAlive:
			options.keepAlive === 0 ? 0 : whole("keepAlive", options.keepAlive, KEEP_ALIVE, 1000, 65_535_000),
		replyTimeout: whole("replyTimeout", options.replyTimeout, 10_000, 1000, 3_600_000),
		connectTimeout: whole("connectTimeout", options.connectTimeout, 30_000, 1000, 3_600_000),
		reconnectMaximum,
		reconnectMinimum: whole("reconnectMinimum", options.reconnectMinimum, soon, 0, reconnectMaximum),
		packetSize: whole("packetSize", options.packetSize, 512, 16, 268_435_460),
		storeSize: whole("storeSize", options.storeSize, 2048, 16, 262_140) & ~3,
		window: whole("window", options.window, 4, 1, 256),
		receiveSize: whole("receiveSize", options.receiveSize, 512, 1, 268_435_455),
		topicSize: whole("topicSize", options.topicSize, 128, 1, MAX_FIELD),
		subscriptions: whole("subscriptions", options.subscriptions, 16, 1, 1024),
		unreleased: whole("unreleased", options.unreleased, 32, 1, 1024),
		acknowledgements: whole("acknowledgements", options.acknowledgements, 16, 1, 1024),
		listeners: whole("listeners", options.listeners, 16, 1, 1024),
		random: options.random ?? Math.random,
	};
}

export type Settings = ReturnType<typeof settle>;
