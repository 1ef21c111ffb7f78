// What an app calls. Each call is checked here and passed on once; the connection reports events through callbacks.

import { type Connection, type Listener, State } from "./connection/connection.js";
import type { ClientOptions } from "./connection/options.js";
import { type Parts, parts4 } from "./connection/parts.js";
import { Statistics } from "./connection/statistics.js";
import type { Limits } from "./connection/v5/limits.js";
import type { Ending } from "./connection/v5/options.js";
import { Flag, NO_ROOM, NOT_OPEN, type PayloadWriter, type Writer } from "./connection/writer.js";
import { type Fill, KEEP_ALL } from "./session/outbox.js";
import { encodeWill, type Payload, toBytes, type Will } from "./session/payload.js";
import { RecentTopics } from "./session/recent-topics.js";
import type { MessageHandler, Subscription, SubscriptionOptions } from "./session/subscriptions.js";
import { parts5 } from "./versions.js";
import { checkBoolean, checkFunction, checkQos, checkWhole } from "./wire/check.js";
import { Limit, type QoS } from "./wire/protocol.js";
import type { Reason } from "./wire/reason.js";
import { encodeFilter, Topic } from "./wire/topic.js";
import type { Properties } from "./wire/v5/properties.js";
import type { ReceivedProperties } from "./wire/v5/received.js";

export type { Message } from "./session/message.js";
export { KEEP_ALL, type Listener, NO_ROOM, NOT_OPEN, type Payload, type PayloadWriter, State };

// A literal in a hot path is a copy of it at each evaluation, in a preloaded module.
const STRING = "string";
const FUNCTION = "function";
const TOTAL = "total";
const RETAIN = "retain";

const LISTENER_CALLBACKS = Object.freeze([
	"onConnected",
	"onDisconnected",
	"onWritable",
	"onDeadline",
	"onClosing",
	"onDropped",
] as const);

/**
 * An MQTT client. It connects and reconnects by itself, and keeps accepted messages until the broker has them. All memory is
 * allocated in the constructor and by `subscribe`; messages allocate none.
 */
export class Client {
	private readonly writer: Writer;
	private readonly connection: Connection;
	private recent?: RecentTopics;
	/** Set once a listener has claimed the will. */
	private willClaimed?: boolean;

	/** Allocates all memory and starts to connect. Throws if an option is invalid. */
	constructor(options: ClientOptions) {
		const parts = partsFor(options);
		// Only a build with 5.0 knows the options that 5.0 has.
		const settings = (parts5 ?? parts).checkOptions(options);
		// The broker may still hold low identifiers from before the last restart.
		const firstId = 1 + Math.floor(settings.random() * 65_535);
		const subscriptions = new parts.Subscriptions(settings.subscriptions);
		const outbox = new parts.Outbox(settings, firstId, options.whenFull === "dropOldest", subscriptions);
		this.connection = new parts.Connection(parts, options, settings, outbox, subscriptions, new Statistics());
		this.writer = this.connection.writer;
		this.connection.begin();
	}

	/** Counters since construction. */
	get statistics(): Statistics {
		return this.writer.statistics;
	}

	/** The state of the connection, one of `State`. */
	get state(): number {
		return this.connection.state;
	}

	/**
	 * The MQTT version in use: 4 is 3.1.1, 5 is 5.0. Before the broker has accepted, the version being tried; between
	 * connections, the last one.
	 */
	get protocolVersion(): 4 | 5 {
		return this.connection.protocolVersion;
	}

	/**
	 * What the broker allows, from CONNACK (section 3.2.2.3). Valid while connected; undefined with MQTT 3.1.1.
	 */
	get limits(): Limits | undefined {
		return this.connection.limits;
	}

	/**
	 * Properties of the packet that the current callback reports, such as its reason string: CONNACK in `onConnected`, SUBACK
	 * in `onSubscribed`, DISCONNECT in `onDisconnected`. Valid until the callback returns; undefined with MQTT 3.1.1. Those of
	 * a message are in `message.properties`.
	 */
	get received(): ReceivedProperties | undefined {
		return this.connection.received;
	}

	/**
	 * Authenticates again on a live connection (section 4.12.1), with the option `authentication`.
	 * @returns false if it is not connected with MQTT 5.0 and that option, or if an exchange is under way
	 */
	reauthenticate(): boolean {
		return this.connection.reauthenticate();
	}

	/** Monotonic milliseconds; may wrap at 32 bits. */
	get ticks(): () => number {
		return this.writer.alarm.ticks;
	}

	/**
	 * Publishes a message.
	 * @param topic a Topic, or a string. The last eight strings are remembered; any other is encoded, which allocates
	 * @param payload text or bytes. An ArrayBuffer needs a view, which allocates
	 * @param qos default 0
	 * @param retain default false
	 * @param properties sent with MQTT 5.0. With 3.1.1 they are left out, and `onPropertiesOmitted` is called
	 * @returns the packet identifier, 1 to 65535, or 0 at QoS 0. NO_ROOM or NOT_OPEN if the message is not accepted; with
	 * MQTT 5.0 also TOO_LARGE, QOS_UNAVAILABLE or RETAIN_UNAVAILABLE ("xs-mqtt/v5") if the broker does not allow it.
	 * An accepted message is kept until it is sent, at QoS 1 and 2 until it is acknowledged, across reconnects.
	 * Throws if the topic name is invalid, if qos is not 0, 1 or 2, or if the message can never fit the store.
	 */
	publish(
		topic: Topic | string,
		payload: Payload,
		qos?: QoS,
		retain?: boolean,
		properties?: Properties,
	): number {
		const writer = this.writer;
		if (topic === writer.topic)
			if (qos === writer.qos)
				if (retain === writer.retain)
					if (!properties)
						if (typeof payload !== STRING)
							if ((payload as Uint8Array)?.length === writer.payloadLength)
								if ((payload as Uint8Array).BYTES_PER_ELEMENT === 1) {
									if (qos) {
										const id = writer.againHeld(payload as Uint8Array);
										if (id !== 0) return id;
									} else if (writer.again(payload as Uint8Array)) return 0;
								}
		if (typeof topic === STRING) topic = this.topicOf(topic as string);
		else if ((topic as Topic)?.field?.BYTES_PER_ELEMENT !== 1) throw noTopic(topic);
		if (qos !== undefined && qos !== 0 && qos !== 1 && qos !== 2) checkQos(qos);
		if (retain !== undefined && retain !== true && retain !== false) checkBoolean(RETAIN, retain);
		if (typeof payload !== STRING && (payload as Uint8Array)?.BYTES_PER_ELEMENT !== 1)
			payload = toBytes(payload);
		if (properties !== undefined) checkProperties(properties);
		if ((writer.flags & Flag.CLOSED) !== 0) return this.refuse();
		const id = writer.publish(topic as Topic, payload as Uint8Array | string, qos, retain, properties);
		if (properties !== undefined) this.tellOmitted(id);
		if ((writer.flags & Flag.SHORT) !== 0 || writer.outbox.replaced !== undefined)
			this.connection.tellReplaced();
		return id;
	}

	/**
	 * Publishes a message whose payload is written in place, without a copy and without garbage.
	 * @param writer writes the payload. If it throws, nothing is published, and the exception is passed on
	 * @param owner a number from `owner()`. A waiting message of the same owner is replaced by this one, unless KEEP_ALL is
	 * added to the number. 0: no owner
	 * @returns as `publish`. Throws as `publish` does, and if the writer returns an end that is out of range
	 */
	publishWith(
		topic: Topic,
		qos: QoS,
		retain: boolean,
		writer: PayloadWriter,
		owner = 0,
		properties?: Properties,
	): number {
		if (!(topic instanceof Topic)) throw noTopic(topic);
		checkQos(qos);
		if (retain !== true && retain !== false) checkBoolean(RETAIN, retain);
		if (typeof writer?.write !== FUNCTION)
			throw new TypeError(`writer is ${writer}: it must be an object with the method write`);
		if (owner !== 0 && !this.writer.outbox.isOwner(owner))
			throw new RangeError(`owner is ${owner}: it must be a number that client.owner returned, or 0`);
		if (properties !== undefined) checkProperties(properties);
		const { connection } = this;
		const out = connection.writer;
		if ((out.flags & Flag.CLOSED) !== 0) return this.refuse();
		try {
			const id = out.publishWith(topic, qos, retain, writer, owner, properties);
			if (properties !== undefined) this.tellOmitted(id);
			return id;
		} finally {
			connection.tellReplaced();
			connection.send();
		}
	}

	/**
	 * Publishes a message that may be larger than the store. `fill` writes the payload part by part, as the socket has room,
	 * and starts again from 0 if the message must be sent again. If `fill` throws or returns the wrong number, the message is
	 * dropped and the connection closed, both with FILL_SHORT; the client reconnects by itself.
	 * @param total bytes of payload
	 * @param fill writes the bytes from `offset` on to the front of `view`: as many as fit, at the end as many as are left.
	 * Returns how many. `view` is valid during the call only. Publishing from within returns NO_ROOM
	 * @returns as `publish`. Throws as `publish` does, and if the topic name does not fit into packetSize
	 */
	publishFrom(
		topic: Topic | string,
		total: number,
		fill: Fill,
		qos: QoS = 0,
		retain = false,
		properties?: Properties,
	): number {
		if (typeof topic === STRING) topic = this.topicOf(topic as string);
		else if (!(topic instanceof Topic)) throw noTopic(topic);
		checkQos(qos);
		checkBoolean(RETAIN, retain);
		if (typeof fill !== FUNCTION) throw new TypeError(`fill is ${fill}: it must be a function`);
		const { writer } = this.connection;
		const beside = (topic as Topic).field.length + (qos === 0 ? 0 : 2);
		checkWhole(TOTAL, total, undefined, 0, Limit.REMAINING_LENGTH - beside);
		if (properties !== undefined) checkProperties(properties);
		if ((writer.flags & Flag.CLOSED) !== 0) return this.refuse();
		const id = writer.publishFrom(topic as Topic, total, fill, qos, retain, properties);
		if (properties !== undefined) this.tellOmitted(id);
		this.connection.tellReplaced();
		return id;
	}

	/** After a message with properties was accepted or refused. */
	private tellOmitted(id: number): void {
		if (id >= 0 && this.writer.omits) this.connection.reportOmitted(id);
	}

	private topicOf(name: string): Topic {
		this.recent ??= new RecentTopics();
		return this.recent.get(name);
	}

	private refuse(): number {
		this.statistics.refused++;
		return NOT_OPEN;
	}

	/**
	 * A number for `publishWith`, so that only the newest message of this owner counts: it replaces the last one, if no byte
	 * of that was sent. `onDropped` then gets the identifier of the replaced message, and REPLACED. A message of another
	 * length goes to the end of the queue.
	 * @param bytes of topic name and payload for which room is reserved, so that other messages cannot crowd it out.
	 * Default 0
	 * @returns 1 to 255. Throws if there are no more, or if the store has no room to reserve
	 */
	owner(bytes = 0): number {
		return this.writer.outbox.addOwner(checkWhole("bytes", bytes, 0, 0, Limit.REMAINING_LENGTH));
	}

	/**
	 * Subscribes to a topic filter, or to several with one packet, now and after each reconnect to a broker that has no
	 * session. A message goes to each handler whose filter matches; a broker may send it once for each such filter (section
	 * 3.3.5).
	 * @param handler gets the messages. What no handler gets goes to `onMessage`
	 * @param options MQTT 5.0 only; 3.1.1 has no such options, and ignores them
	 * @returns the subscription, or one for each filter. Its `code` is the broker's answer once `onSubscribed` is called, or
	 * NOT_OPEN if the client is closed or closing.
	 * Allocates memory for the filters. Throws if a filter is invalid, or if there are more than the option `subscriptions`
	 * allows.
	 */
	subscribe(filter: string, qos: QoS, handler?: MessageHandler, options?: SubscriptionOptions): Subscription;
	subscribe(
		filters: readonly string[],
		qos: QoS,
		handler?: MessageHandler,
		options?: SubscriptionOptions,
	): Subscription[];
	subscribe(
		filter: string | readonly string[],
		qos: QoS,
		handler?: MessageHandler,
		options?: SubscriptionOptions,
	) {
		checkQos(qos);
		if (handler !== undefined && typeof handler !== "function")
			throw new TypeError(`handler of "${filter}" is ${handler}: it must be a function`);
		if (options !== undefined && (typeof options !== "object" || options === null))
			throw new TypeError(`options of "${filter}" is ${options}: it must be an object`);
		const { subscriptions } = this.connection;
		const filters = listOf(filter);
		const made: Subscription[] = [];
		const different: Subscription[] = [];
		for (let i = 0; i < filters.length; i++) {
			const at = filters.indexOf(filters[i]);
			made.push(at < i ? made[at] : subscriptions.make(filters[i], qos, handler, options));
			if (at === i) different.push(made[i]);
		}
		if ((this.writer.flags & Flag.CLOSED) === 0) {
			subscriptions.want(different);
			this.connection.reader.reroute([]);
			this.writer.flush();
			this.connection.catchUp();
		} else for (const subscription of made) subscription.code = NOT_OPEN;
		return typeof filter === STRING ? made[0] : made;
	}

	/**
	 * Ends subscriptions with one packet. Their handlers are not called again. Any filter can be ended, also one that the
	 * broker has kept from before a restart. `onUnsubscribed` reports the broker's answer. Without a connection, UNSUBSCRIBE is
	 * sent on the next one, unless the broker has no session then. Until it is answered, each filter counts towards the
	 * option `subscriptions`.
	 * @returns false if the client is closed or closing: nothing is sent
	 * Allocates memory for filters that are not subscribed to here. Throws if a filter is invalid, or if there are more than
	 * the option `subscriptions` allows.
	 */
	unsubscribe(filter: string | readonly string[]): boolean {
		const filters = listOf(filter);
		const { connection } = this;
		if ((this.writer.flags & Flag.CLOSED) !== 0) {
			for (const each of filters) encodeFilter(each);
			return false;
		}
		this.connection.subscriptions.unwant(filters, connection.isKnown);
		connection.reader.reroute(filters);
		connection.send();
		return true;
	}

	/** Stops reading, so that the broker must wait. No answer counts as late meanwhile. */
	pause(): void {
		this.connection.reader.pause();
	}

	/** Goes on reading, with what has arrived meanwhile. */
	resume(): void {
		this.connection.resume();
	}

	/**
	 * Closes the client for good. If it is connected, listeners publish their last messages (a Status publishes "offline"),
	 * held messages are delivered for at most `replyTimeout`, and DISCONNECT is sent. Messages that are not delivered by then
	 * are reported to `onDropped`. In the end `onDisconnected` gets CLOSED_BY_APP, or the reason for which the connection
	 * broke earlier. When called while a payload is being written, closing starts after that message is accepted.
	 * @param ending MQTT 5.0 only: how DISCONNECT ends the session. Throws if it is invalid, or if the client can use 3.1.1
	 * only
	 */
	close(ending?: Ending): void {
		this.connection.close(ending);
	}

	/**
	 * The will. Set it, replace it, or clear it with undefined, at any time; it takes effect with the next CONNECT. Throws if it
	 * is invalid, or if it belongs to a listener such as a Status.
	 */
	set will(will: Will | undefined) {
		if (this.willClaimed)
			throw new Error("the will is a Status's, or another listener's: it is neither replaced nor cleared");
		this.connection.changeWill(will === undefined ? undefined : encodeWill(will));
	}

	/**
	 * For listeners: sets the will for good. There is only one; throws if the app or another listener has set it.
	 * @returns its payload, which must not be changed
	 */
	claimWill(will: Will): Uint8Array {
		if (this.connection.will !== undefined)
			throw new Error(
				"the will is set already, by the app or by another Status: there can be only one (client.will = undefined " +
					"clears the app's)",
			);
		const fields = encodeWill(will);
		this.connection.changeWill(fields);
		this.willClaimed = true;
		return fields.payload;
	}

	/** How many messages are accepted and not yet delivered: at QoS 0 not yet sent, at QoS 1 and 2 not yet acknowledged. */
	get held(): number {
		return this.writer.outbox.held;
	}

	/**
	 * Attaches a listener, which gets events before the app does. Throws if it is not an object with callbacks, or if there are
	 * more than the option `listeners` allows.
	 */
	attach(listener: Listener): void {
		if (typeof listener !== "object" || listener === null)
			throw new TypeError(`listener is ${listener}: it must be an object with callbacks`);
		for (const name of LISTENER_CALLBACKS) checkFunction(name, listener[name]);
		this.connection.attach(listener);
	}

	/** For listeners: calls `onDeadline` in `delay` milliseconds at the latest, earlier than it has asked for. */
	wakeWithin(delay: number): void {
		this.writer.alarm.within(delay);
	}

	/**
	 * For listeners: whether a message of this owner is held. To wait until it is not, call `awaitRoom`, and ask again in
	 * `onWritable`.
	 */
	isHeld(owner: number): boolean {
		return this.writer.outbox.holds(owner);
	}

	/** For listeners: whether a message of this owner waits, so that no byte of it was ever sent. */
	isWaiting(owner: number): boolean {
		return this.writer.outbox.waitingOf(owner) !== 0;
	}

	/** For listeners: `onWritable` is called as soon as a held message is finished, as after a refused one. */
	awaitRoom(): void {
		this.writer.awaitRoom();
	}

	/**
	 * For listeners: throws if `publishWith` cannot take a message with so many bytes of payload. The error says which option
	 * to raise, and to what.
	 * @param what what the message is, for the error
	 */
	checkSize(what: string, topic: Topic, qos: QoS, bytes: number): void {
		this.writer.checkSize(what, topic, qos, bytes);
	}

	/** For listeners: counts and reports something that was dropped before it became a message, with packet identifier 0. */
	reportDropped(reason: Reason, owner: number): void {
		this.connection.reportDropped((owner & 0xff) << 16, reason);
	}
}

/** The parts of a client with these options: 5.0, which can fall back, or 3.1.1 alone. */
const partsFor = ({ protocolVersion, authentication }: ClientOptions): Parts => {
	if (protocolVersion === 4) return parts4;
	if (protocolVersion !== undefined && protocolVersion !== 5)
		throw new RangeError(
			`protocolVersion is ${protocolVersion}: it must be 4 (MQTT 3.1.1), 5 (MQTT 5.0), or not set`,
		);
	if (parts5 !== undefined) return parts5;
	// Options of 5.0 must not be ignored silently.
	if (protocolVersion === 5 || authentication !== undefined)
		throw new RangeError(
			"protocolVersion is 5, or authentication is set, but this build has MQTT 3.1.1 only: leave manifest-3.1.1.json " +
				"out of what your manifest includes",
		);
	return parts4;
};

const noTopic = (topic: unknown): TypeError => {
	return new TypeError(`topic is ${topic}: it must be a Topic, or a string for publish`);
};

/** Their class is in a module that a build without MQTT 5.0 does not have. */
const checkProperties = (properties: Properties): void => {
	if (properties?.block?.BYTES_PER_ELEMENT !== 1)
		throw new TypeError(`properties is ${properties}: it must be a Properties ("xs-mqtt/v5"), made once`);
};

/** One or more filters. */
const listOf = (filter: string | readonly string[]): readonly string[] => {
	if (typeof filter === STRING) return [filter as string];
	if (!Array.isArray(filter))
		throw new TypeError(`filter is ${filter}: it must be a string, or an array of them`);
	if (filter.length === 0)
		throw new RangeError("no filters: a packet must have at least one (section 3.8.3)");
	return filter;
};
