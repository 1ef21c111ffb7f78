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
	 * The version of MQTT: 4 is 3.1.1, 5 is 5.0. Not set: 5.0 is tried, and a broker that does not speak it is spoken to in
	 * 3.1.1; 4 where the build has no other.
	 */
	protocolVersion?: 4 | 5;
	/**
	 * Host name or IPv4 address of the broker. Or 1 to 16 of them: when an attempt to connect has failed it is the next
	 * one's turn, and after a connection it is the same one's again.
	 */
	host: string | readonly string[];
	/** 1 to 65535. Default 1883, with `tls` 8883; with `webSocket` 80, with both 443. */
	port?: number;
	/** The connection is encrypted, and the broker proves who it is. Needs a host with TLS. */
	tls?: TlsOptions;
	/** MQTT over WebSocket (section 6), for brokers behind a web server. */
	webSocket?: WebSocketOptions;
	/**
	 * Default: "xs-mqtt-" and the device's id. Empty only with `clean` in MQTT 3.1.1 (section 3.1.3.1); in 5.0 the broker
	 * then assigns one, which is kept until power-off (section 3.2.2.3.7): so the session lasts no longer.
	 */
	clientId?: string;
	/** A function is called at each connect. */
	username?: string | (() => string);
	/** A function is called at each connect. Needs a user name in MQTT 3.1.1 (section 3.1.2.9). */
	password?: string | Uint8Array | (() => string | Uint8Array);
	/** The broker forgets subscriptions and messages when the connection ends (section 3.1.2.4). Default false. */
	clean?: boolean;
	/** Milliseconds, 0 (off) or 1000 to 65535000. The broker hears of us at least this often. Default 60000. */
	keepAlive?: number;
	/**
	 * Milliseconds, 1000 to 3600000: a link on which an expected answer is missing for so long, and nothing moves, is dead.
	 * While something moves the answer may take longer, and while the app has paused reading nothing is judged. Also how
	 * long `close` waits for what is held. Default 10000.
	 */
	replyTimeout?: number;
	/** Milliseconds, 1000 to 3600000, for name resolution, TCP and CONNACK together. Default 30000. */
	connectTimeout?: number;
	/**
	 * Milliseconds, 0 to reconnectMaximum: the bound of the first random delay before a reconnect; it doubles each time. With
	 * 0 the first reconnect comes at once. Until a connection has lasted for replyTimeout, the other delays are 100 at least. Default 1000.
	 */
	reconnectMinimum?: number;
	/** Milliseconds, 0 to 86400000: the largest bound of that delay, which may be 100 all the same. Default 60000. */
	reconnectMaximum?: number;

	/**
	 * Bytes, 16 to 262140, rounded down to a multiple of 4, for messages that are held: waiting, or in flight. One takes 10
	 * bytes beside its topic name and payload, 12 at QoS 1 and 2, rounded up to a multiple of 4. Default 2048.
	 */
	storeSize?: number;
	/**
	 * Bytes, 16 to 268435460, of the largest packet that goes out in one write; a larger one goes out in pieces of this
	 * size. Default 512.
	 */
	packetSize?: number;
	/** Messages sent and unacknowledged at most, 1 to 256. Default 4. */
	window?: number;
	/** Bytes of the receive buffer, 1 to 268435455; a longer payload reaches the handler in parts. Default 512. */
	receiveSize?: number;
	/** Bytes of topic name that can be received, 1 to 65535; a longer one is skipped and reported. Default 128. */
	topicSize?: number;
	/** Subscriptions held at most, and ends of some that the broker has not answered, 1 to 1024; one more throws. Default 16. */
	subscriptions?: number;
	/**
	 * Messages received at QoS 2 that the broker has not released (PUBREL), 1 to 1024: their packet identifiers tell what
	 * comes twice. One more is passed over, and so are those behind it, until the broker has released all that were
	 * taken, or replyTimeout is over; then the connection is closed with UNRELEASED_FULL, and the broker sends on the
	 * next one what was passed over. Default 32.
	 */
	unreleased?: number;
	/** Acknowledgements that wait for room in the socket, 1 to 1024; when full, reading waits. Default 16. */
	acknowledgements?: number;
	/** Listeners (Sensor, Status, your own) attached at most, 1 to 1024; one more throws. Default 16. */
	listeners?: number;
	/**
	 * When the store is full: refuse the new message, or drop the oldest ones without owner that were never sent. Default
	 * "refuse".
	 */
	whenFull?: "refuse" | "dropOldest";
	/**
	 * Sends what waits, as far as it fits one TCP segment, together with CONNECT (section 3.1.4): connecting and
	 * publishing take one round trip. Messages of QoS 0 are lost if the broker then refuses the connection; what was sent
	 * before, on another connection, waits for CONNACK as ever. Needs `protocolVersion`, in a build that has both; never
	 * with `authentication`. Default false.
	 */
	pipelining?: boolean;
	/** Random numbers from 0 to below 1, as Math.random, which is the default. */
	random?: () => number;

	/** The broker has accepted the connection. */
	onConnected?(sessionPresent: boolean): void;
	/** The connection, or the attempt to connect, has ended. Unless closed, the next attempt comes by itself. */
	onDisconnected?(reason: Reason): void;
	/** A message no subscription's handler takes. */
	onMessage?(message: Message): void;
	/** The broker has answered a SUBSCRIBE, for each filter: see `subscription.code`. */
	onSubscribed?(subscription: Subscription): void;
	/**
	 * The broker has answered an UNSUBSCRIBE, for each filter; what it had begun to send may still come (section 3.10.4).
	 * @param code in MQTT 5.0: 0 success, 0x11 it had no such subscription, from 0x80 on it has refused (section 3.11.3)
	 */
	onUnsubscribed?(filter: string, code?: number): void;
	/**
	 * The broker has acknowledged the message with this packet identifier, at QoS 2 to the end (PUBCOMP).
	 * @param code in MQTT 5.0 why, if that is not plain success: 0x10, nobody has subscribed to its topic, at QoS 1
	 */
	onDelivered?(packetId: number, code?: number): void;
	/** A message was given up, ours or a received one; 0: it has no packet identifier. */
	onDropped?(packetId: number, reason: Reason): void;
	/**
	 * The message with this packet identifier, 0 at QoS 0, goes without its properties, for 3.1.1 has none: this client
	 * speaks no other, or the broker at hand does not.
	 */
	onPropertiesOmitted?(packetId: number): void;
	/** What was refused for want of room may be accepted now. Not called within `publish`, `publishFrom` or `subscribe`. */
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

/** What is read more than once. */
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

/** The client identifier, encoded with its length: for each CONNECT anew, not to be held in memory. */
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

/** What makes the streams; undefined: plain TCP, which the dialer opens itself. */
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
 * Throws on options that cannot work, with the value and the rule.
 * @param five MQTT 5.0 may be spoken: the broker assigns a client identifier where there is none, and a password needs no user
 * name
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
