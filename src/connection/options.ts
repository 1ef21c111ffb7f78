// The options of a Client: what they mean, their defaults, and the checks at the call.

import type { Message } from "../session/message.js";
import { encodePassword } from "../session/payload.js";
import type { Subscription } from "../session/subscriptions.js";
import type { StreamFactory } from "../transport/stream.js";
import { tcp } from "../transport/tcp.js";
import type { TlsOptions } from "../transport/tls/options.js";
import type { WebSocketOptions } from "../transport/websocket/options.js";
import { checkBoolean, checkFunction, checkWhole } from "../wire/check.js";
import { Limit } from "../wire/protocol.js";
import { show } from "../wire/quote.js";
import type { Reason } from "../wire/reason.js";
import { encodeField } from "../wire/topic.js";
import type { Network } from "./network.js";
import type { Options5 } from "./v5/options.js";

export interface ClientOptions extends Network, Options5 {
	/**
	 * The MQTT version: 4 is 3.1.1, 5 is 5.0. If not set, 5.0 is tried first, with a fallback to 3.1.1; a build without 5.0
	 * uses 4.
	 */
	protocolVersion?: 4 | 5;
	/**
	 * Host name or IPv4 address of the broker, or a list of 1 to 16. After a failed attempt to connect the next one is tried;
	 * after a connection the same one again.
	 */
	host: string | readonly string[];
	/** 1 to 65535. Default 1883, with `tls` 8883; with `webSocket` 80, with both 443. */
	port?: number;
	/** Encrypts the connection, and makes the broker prove its identity. On Moddable include manifest_tls.json. */
	tls?: TlsOptions;
	/** MQTT over WebSocket (section 6), for brokers behind a web server. On Moddable include manifest_websocket.json. */
	webSocket?: WebSocketOptions;
	/**
	 * Default: "xs-mqtt-" and the id of the device. With MQTT 3.1.1 it may be empty only together with `clean` (section
	 * 3.1.3.1). With 5.0 the broker then assigns one, which the client keeps until power-off (section 3.2.2.3.7).
	 */
	clientId?: string;
	/** Text, or a function that is called at each connect. */
	username?: string | (() => string);
	/** Text, bytes, or a function that is called at each connect. Needs a user name with MQTT 3.1.1 (section 3.1.2.9). */
	password?: string | Uint8Array | (() => string | Uint8Array);
	/** Whether the broker forgets subscriptions and messages when the connection ends (section 3.1.2.4). Default false. */
	clean?: boolean;
	/** Milliseconds, 0 (off) or 1000 to 65535000: the longest time without a packet to or from the broker. Default 60000. */
	keepAlive?: number;
	/**
	 * Milliseconds, 1000 to 3600000. A connection is dead if an expected answer is missing for so long while no bytes move in
	 * either direction. Nothing counts as missing while the app has paused reading. Also how long `close` waits for held
	 * messages. Default 10000.
	 */
	replyTimeout?: number;
	/** Milliseconds, 1000 to 3600000, for name resolution, TCP, TLS and CONNACK together. Default 30000. */
	connectTimeout?: number;
	/**
	 * Milliseconds, 0 to reconnectMaximum: the upper bound of the first random delay before a reconnect. It doubles each time.
	 * With 0 the first reconnect comes at once; later delays are at least 100, until a connection has lasted for
	 * replyTimeout. Default 1000.
	 */
	reconnectMinimum?: number;
	/** Milliseconds, 0 to 86400000: the largest upper bound of that delay. Default 60000. */
	reconnectMaximum?: number;

	/**
	 * Bytes, 16 to 262140, rounded down to a multiple of 4, for held messages. Each takes 10 bytes beside its topic name and
	 * payload, 12 at QoS 1 and 2, rounded up to a multiple of 4. Default 2048.
	 */
	storeSize?: number;
	/**
	 * Bytes, 16 to 268435460, of the largest packet that is sent in one write. A larger one is sent in pieces of this size.
	 * Default 512.
	 */
	packetSize?: number;
	/** How many messages may be in flight, 1 to 256. Default 4. */
	window?: number;
	/** Bytes of the receive buffer, 1 to 268435455. A longer payload reaches the handler in parts. Default 512. */
	receiveSize?: number;
	/** Bytes of the longest topic name that can be received, 1 to 65535. A message with a longer one is skipped, acknowledged,
	 * and reported to `onDropped`. Default 128. */
	topicSize?: number;
	/** How many subscriptions there may be, and unanswered UNSUBSCRIBEs, 1 to 1024. One more throws. Default 16. */
	subscriptions?: number;
	/**
	 * How many QoS 2 messages may be received that the broker has not released yet (PUBREL), 1 to 1024. When it is full,
	 * further QoS 2 messages are ignored until all accepted ones are released, or until replyTimeout is over. Then the
	 * connection is closed with UNRELEASED_FULL, and the broker sends the ignored ones on the next one. Those of earlier
	 * connections that the broker has not sent again by then are forgotten. Default 32.
	 */
	unreleased?: number;
	/** How many acknowledgements may wait for room in the socket, 1 to 1024. When it is full, reading waits. Default 16. */
	acknowledgements?: number;
	/** How many listeners (Sensor, Status, your own) may be attached, 1 to 1024. One more throws. Default 16. */
	listeners?: number;
	/**
	 * What happens when the store is full: "refuse" the new message, or drop the oldest waiting messages that have no owner
	 * ("dropOldest"). Default "refuse".
	 */
	whenFull?: "refuse" | "dropOldest";
	/**
	 * Sends waiting messages together with CONNECT, as far as they fit one TCP segment (section 3.1.4), so that connecting and
	 * publishing take one round trip. QoS 0 messages are lost if the broker refuses the connection. Needs `protocolVersion`
	 * in a build that has both versions; not possible with `authentication`. Default false.
	 */
	pipelining?: boolean;
	/** Random numbers from 0 to below 1. Default Math.random. */
	random?: () => number;

	/** The broker has accepted the connection. `sessionPresent`: it has kept the session. */
	onConnected?(sessionPresent: boolean): void;
	/** The connection, or an attempt to connect, has ended. Unless the client is closed, it tries again by itself. */
	onDisconnected?(reason: Reason): void;
	/** A message that no handler gets. */
	onMessage?(message: Message): void;
	/** The broker has answered a SUBSCRIBE; called for each filter. `subscription.code` is the answer. */
	onSubscribed?(subscription: Subscription): void;
	/**
	 * The broker has answered an UNSUBSCRIBE; called for each filter. Messages on their way may still arrive (section 3.10.4).
	 * @param code MQTT 5.0 only: 0 success, 0x11 no such subscription, from 0x80 on refused (section 3.11.3)
	 */
	onUnsubscribed?(filter: string, code?: number): void;
	/**
	 * The broker has acknowledged the message with this packet identifier, at QoS 2 with PUBCOMP.
	 * @param code MQTT 5.0 only: 0x10 if nobody has subscribed to its topic (QoS 1), 0x92 if the broker had completed it before
	 * (QoS 2); otherwise undefined
	 */
	onDelivered?(packetId: number, code?: number): void;
	/** A message was dropped, one of ours or a received one. 0: it has no packet identifier. */
	onDropped?(packetId: number, reason: Reason): void;
	/**
	 * The message with this packet identifier (0 at QoS 0) is sent without its properties, because the connection uses MQTT
	 * 3.1.1.
	 */
	onPropertiesOmitted?(packetId: number): void;
	/** There is room again after a refused message. Not called within `publish`, `publishFrom` or `subscribe`. */
	onWritable?(): void;
}

const FUNCTIONS = Object.freeze([
	"onConnected",
	"onDisconnected",
	"onMessage",
	"onSubscribed",
	"onUnsubscribed",
	"onDelivered",
	"onDropped",
	"onPropertiesOmitted",
	"onWritable",
	"random",
] as const);

/** Defaults that are used more than once. */
export const enum Default {
	/** Milliseconds. */
	KEEP_ALIVE = 60_000,
	/** Milliseconds. */
	CONNECT_TIMEOUT = 30_000,
	/** Milliseconds. */
	RECONNECT_MINIMUM = 1000,
	/** Milliseconds. */
	RECONNECT_MAXIMUM = 60_000,
	LISTENERS = 16,
	WINDOW = 4,
	UNRELEASED = 32,
}

/** The client identifier, encoded with its length for each CONNECT: it is not kept in memory. */
export const encodeClientId = ({ clientId, id }: ClientOptions): Uint8Array => {
	return encodeField("clientId", clientId ?? `xs-mqtt-${id}`);
};

const enum Port {
	MQTT = 1883,
	MQTT_TLS = 8883,
	WEB_SOCKET = 80,
	WEB_SOCKET_TLS = 443,
}

/** Hosts of a list at most. */
const HOSTS = 16;

const listOf = (host: string | readonly string[]): readonly string[] =>
	Array.isArray(host) ? host : [host as string];

const checkHost = (host: string | readonly string[]) => {
	const hosts: readonly unknown[] = listOf(host);
	if (hosts.length < 1 || hosts.length > HOSTS)
		throw new RangeError(`host is a list of ${hosts.length}: it may have 1 to ${HOSTS} names or addresses`);
	for (const each of hosts)
		if (typeof each !== "string" || each === "")
			throw new TypeError(
				`host is ${show(each)}: it must be the broker's host name or address, or a list of them`,
			);
};

const lacking = (option: string, manifest: string) =>
	new TypeError(
		`the network has nothing for the option ${option}: on Moddable add ${manifest} to what your manifest includes`,
	);

/** The factory of streams. Undefined: plain TCP, which the dialer opens itself. */
const factoryOf = ({ host, socket, streams, tls, webSocket }: ClientOptions): StreamFactory | undefined => {
	if (tls === undefined && webSocket === undefined) return undefined;
	const hosts = listOf(host);
	let factory = tcp(socket);
	if (tls !== undefined) {
		if (streams?.tls === undefined) throw lacking("tls", "manifest_tls.json");
		factory = streams.tls(tls, factory, hosts);
	}
	if (webSocket !== undefined) {
		if (streams?.webSocket === undefined) throw lacking("webSocket", "manifest_websocket.json");
		factory = streams.webSocket(webSocket, factory, hosts);
	}
	return factory;
};

export const defaultPort = ({ tls, webSocket }: ClientOptions): number => {
	if (webSocket === undefined) return tls === undefined ? Port.MQTT : Port.MQTT_TLS;
	return tls === undefined ? Port.WEB_SOCKET : Port.WEB_SOCKET_TLS;
};

/**
 * Throws if an option is invalid, with the value and the rule.
 * @param five MQTT 5.0 may be used: the broker can assign a client identifier, and a password needs no user name
 */
export const checkOptions = (options: ClientOptions, five = false) => {
	const { host, clean = false, whenFull, username, password, socket, timer, ticks, id } = options;
	if (
		typeof socket?.io !== "function" ||
		typeof timer?.schedule !== "function" ||
		typeof ticks !== "function"
	)
		throw new TypeError("the options lack a network: spread a host's into them, { ...network, host }");
	for (const name of FUNCTIONS) checkFunction(name, options[name]);
	checkHost(host);
	if (typeof clean !== "boolean") throw new TypeError(`clean is ${show(clean)}: it must be true or false`);
	checkBoolean("pipelining", options.pipelining);
	if (options.clientId === undefined && (typeof id !== "string" || id === ""))
		throw new TypeError(
			"the network has no id to make a clientId of: give the option clientId, another one to each device, or they " +
				"throw each other out",
		);
	if (encodeClientId(options).length === 2 && !clean && !five)
		throw new RangeError('clientId is "": it may be empty only with clean: true (section 3.1.3.1)');
	if (username !== undefined && typeof username !== "function") encodeField("username", username);
	if (username === undefined && password !== undefined && !five)
		throw new RangeError("password without username: MQTT 3.1.1 forbids it (section 3.1.2.9)");
	if (password !== undefined && typeof password !== "function") encodePassword(password);
	if (whenFull !== undefined && whenFull !== "refuse" && whenFull !== "dropOldest")
		throw new RangeError(`whenFull is ${show(whenFull)}: it must be "refuse" or "dropOldest"`);
	const reconnectMaximum = checkWhole(
		"reconnectMaximum",
		options.reconnectMaximum,
		Default.RECONNECT_MAXIMUM,
		0,
		86_400_000,
	);
	const soon = Math.min(Default.RECONNECT_MINIMUM, reconnectMaximum);
	return {
		port: checkWhole("port", options.port, defaultPort(options), 1, 65_535),
		factory: factoryOf(options),
		clean,
		keepAlive:
			options.keepAlive === 0
				? 0
				: checkWhole("keepAlive", options.keepAlive, Default.KEEP_ALIVE, 1000, 65_535_000),
		replyTimeout: checkWhole("replyTimeout", options.replyTimeout, 10_000, 1000, 3_600_000),
		connectTimeout: checkWhole(
			"connectTimeout",
			options.connectTimeout,
			Default.CONNECT_TIMEOUT,
			1000,
			3_600_000,
		),
		reconnectMaximum,
		reconnectMinimum: checkWhole("reconnectMinimum", options.reconnectMinimum, soon, 0, reconnectMaximum),
		packetSize: checkWhole("packetSize", options.packetSize, 512, 16, 268_435_460),
		storeSize: checkWhole("storeSize", options.storeSize, 2048, 16, 262_140) & ~3,
		window: checkWhole("window", options.window, Default.WINDOW, 1, 256),
		receiveSize: checkWhole("receiveSize", options.receiveSize, 512, 1, 268_435_455),
		topicSize: checkWhole("topicSize", options.topicSize, 128, 1, Limit.FIELD),
		subscriptions: checkWhole("subscriptions", options.subscriptions, 16, 1, 1024),
		unreleased: checkWhole("unreleased", options.unreleased, Default.UNRELEASED, 1, 1024),
		acknowledgements: checkWhole("acknowledgements", options.acknowledgements, 16, 1, 1024),
		listeners: checkWhole("listeners", options.listeners, Default.LISTENERS, 1, 1024),
		random: options.random ?? Math.random,
	};
};

export type Settings = ReturnType<typeof checkOptions>;
