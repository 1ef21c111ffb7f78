// The options of a Client: what they mean, their defaults, and the checks at the call.

import type { Network } from "./network/network.js";
import type { Message } from "./session/message.js";
import type { Subscription } from "./session/subscriptions.js";
import type { QoS } from "./wire/protocol.js";
import { show } from "./wire/quote.js";
import type { Reason } from "./wire/reason.js";
import type { Topic } from "./wire/topic.js";

/** Text, or bytes as they are. */
export type Payload = string | Uint8Array | ArrayBuffer;

export interface ClientOptions extends Network {
	/** Host name or IPv4 address of the broker. */
	host: string;
	/** Default 1883. */
	port?: number;
	/** Default: "xs-mqtt-" and the device's id. Empty only with `clean` (section 3.1.3.1). */
	clientId?: string;
	/** A function is called at each connect. */
	username?: string | (() => string);
	/** A function is called at each connect. Needs a user name (section 3.1.2.9). */
	password?: string | Uint8Array | (() => string | Uint8Array);
	/** The broker forgets subscriptions and messages when the connection ends (section 3.1.2.4). Default false. */
	clean?: boolean;
	/** Milliseconds, 0 (off) or 1000 to 65535000. The broker hears of us at least this often. Default 60000. */
	keepAlive?: number;
	/** Milliseconds, from 1000: a link on which an expected answer takes longer is dead. Default 10000. */
	replyTimeout?: number;
	/** Milliseconds, from 1000, for name resolution, TCP and CONNACK together. Default 30000. */
	connectTimeout?: number;
	/** Milliseconds: the bound of the first random delay before a reconnect; it doubles each time. Default 1000. */
	reconnectMinimum?: number;
	/** Milliseconds: the largest bound of the delay before a reconnect. Default 60000. */
	reconnectMaximum?: number;

	/**
	 * Bytes, 16 to 262140, rounded down to a multiple of 4, for messages that are held: waiting, or in flight. One takes 10 bytes beside
	 * its topic name and payload, 12 at QoS 1 and 2, rounded up to a multiple of 4. Default 2048.
	 */
	storeSize?: number;
	/**
	 * Bytes, 16 to 268435460, of the largest packet that goes out in one write; a larger one goes out in pieces of this
	 * size. Default 512.
	 */
	packetSize?: number;
	/** Messages sent and unacknowledged at most, 1 to 256. Default 4. */
	window?: number;
	/** Bytes of the receive buffer, from 1; a longer payload reaches the handler in parts. Default 512. */
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
	 * before, on another connection, waits for CONNACK as ever. Default false.
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
	/** The broker has answered an UNSUBSCRIBE, for each filter; what it had begun to send may still come (section 3.10.4). */
	onUnsubscribed?(filter: string): void;
	/** The broker has acknowledged the message with this packet identifier, at QoS 2 to the end (PUBCOMP). */
	onDelivered?(packetId: number): void;
	/** A message was given up, ours or a received one; 0: it has no packet identifier. */
	onDropped?(packetId: number, reason: Reason): void;
	/** What was refused for want of room may be accepted now. Not called within `publish`, `publishFrom` or `subscribe`. */
	onWritable?(): void;
}

/** The message that the broker publishes when this client is gone without DISCONNECT (section 3.1.2.5). */
export interface Will {
	topic: string | Topic;
	payload: Payload;
	/** Default 0. */
	qos?: QoS;
	/** Default false. */
	retain?: boolean;
}

/** A literal in a hot path is a copy of it at each evaluation, in a preloaded module. */
const QOS = "qos";

/** A whole number within bounds, or RangeError with the value and the rule. Without a fallback it has to be given. */
export function whole(
	name: string,
	value: number | undefined,
	fallback: number | undefined,
	least: number,
	most: number,
): number {
	if (value === undefined && fallback !== undefined) return fallback;
	if (value === undefined || !Number.isInteger(value) || value < least || value > most)
		throw new RangeError(`${name} is ${show(value)}: it must be a whole number from ${least} to ${most}`);
	return value;
}

/** True or false, or TypeError with the type and the rule: "false" would be true. */
export function yesOrNo(name: string, value: boolean | undefined, fallback = false): boolean {
	if (value === undefined) return fallback;
	if (value !== true && value !== false)
		throw new TypeError(`${name} is ${value}, of type ${typeof value}: it must be true or false`);
	return value;
}

/** Throws TypeError when there is something that is no function. */
export function checkFunction(name: string, value: unknown): void {
	if (value !== undefined && typeof value !== "function")
		throw new TypeError(`${name} is ${value}, of type ${typeof value}: it must be a function`);
}

/** Throws RangeError when `qos` is not 0, 1 or 2. */
export function checkQos(qos: QoS, name = QOS): void {
	if (qos !== 0 && qos !== 1 && qos !== 2) throw new RangeError(`${name} is ${qos}: it must be 0, 1 or 2`);
}
