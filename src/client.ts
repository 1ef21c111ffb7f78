// What an app calls. Each call is checked here and handed down once; what happens is told through callbacks by the
// connection.

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
 * An MQTT client: connects by itself, again and again, and keeps what it has accepted until the broker has it. It claims its
 * memory in the constructor and at `subscribe`; after that messages cost none.
 */
export class Client {
	private readonly writer: Writer;
	private readonly connection: Connection;
	private recent?: RecentTopics;
	/** Once there is one. */
	private willClaimed?: boolean;

	/** Claims all memory and begins to connect. Throws on options that cannot work. */
	constructor(options: ClientOptions) {
		const parts = partsFor(options);
		// A build that has 5.0 knows what it alone has.
		const settings = (parts5 ?? parts).checkOptions(options);
		// The broker may still hold identifiers of the last life, and those begin low.
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

	/** One of State. */
	get state(): number {
		return this.connection.state;
	}

	/**
	 * The version of MQTT that is spoken: 4 is 3.1.1, 5 is 5.0. Before the broker has accepted, the one that is being tried;
	 * between connections, the last one.
	 */
	get protocolVersion(): 4 | 5 {
		return this.connection.protocolVersion;
	}

	/**
	 * What the broker has granted with CONNACK (section 3.2.2.3): holds while connected. Undefined where MQTT 3.1.1 is spoken.
	 */
	get limits(): Limits | undefined {
		return this.connection.limits;
	}

	/**
	 * Properties of the packet that the callback at hand is about, as its reason string: of CONNACK in `onConnected`, of
	 * SUBACK in `onSubscribed`, of DISCONNECT in `onDisconnected`. Void when the callback returns; undefined where MQTT 3.1.1
	 * is spoken. Those of a message are in `message.properties`.
	 */
	get received(): ReceivedProperties | undefined {
		return this.connection.received;
	}

	/**
	 * Authenticates anew on a live connection (section 4.12.1), with the option `authentication`.
	 * @returns false: not connected in MQTT 5.0 with that option, or it is under way already
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
	 * @param topic a Topic, or a string: the last eight strings are remembered, another one is encoded, which allocates
	 * @param payload text or bytes; an ArrayBuffer costs a view, which allocates
	 * @param properties what MQTT 5.0 sends along; 3.1.1 leaves it out, and onPropertiesOmitted tells
	 * @returns the packet identifier, 1 to 65535; 0 when accepted at QoS 0; NO_ROOM or NOT_OPEN when not accepted.
	 * What is accepted is held until it is sent, at QoS 1 and 2 until it is acknowledged, over reconnects too. In MQTT 5.0
	 * also TOO_LARGE, QOS_UNAVAILABLE or RETAIN_UNAVAILABLE ("xs-mqtt/v5"): this broker does not take it.
	 * Throws on a topic name that breaks a rule, a QoS other than 0, 1 or 2, a message that can never fit the store.
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
	 * Publishes a message whose payload is written in place: without an intermediate copy, and without garbage.
	 * @param writer writes the payload; what it throws goes on, and nothing is published
	 * @param owner a number from `owner`: a message of its that was never sent gives way to this one, unless KEEP_ALL is
	 * added to it; 0: none
	 * @returns as `publish`. Throws as it does, and when the payload's end lies outside of what it may be: then nothing is
	 * published
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
	 * Publishes a message that may be larger than the store: `fill` writes its payload part by part, as there is room in
	 * the socket, and again from 0 if it has to be sent again. When `fill` throws, or does not give what it has to, the
	 * message is given up and the connection closed, both with FILL_SHORT; it reconnects by itself.
	 * @param total bytes of payload
	 * @param fill writes the bytes from `offset` on to the front of `view`, as many as it has or all that are left, and
	 * returns how many; `view` is void afterwards. Nothing can be published from within: that returns NO_ROOM
	 * @returns as `publish`; throws as it does, and when the topic name leaves no room for itself in packetSize
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

	/** A message with properties was accepted, or refused. */
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
	 * A number that stands for who publishes: with it, the newest message takes the place of the last one, as long as no
	 * byte of that one was sent; onDropped tells its identifier, with REPLACED. A larger one takes its place only once it
	 * fits, and a longer or shorter one goes to the end of the queue.
	 * @param bytes of topic name and payload for which room is set aside, so that other messages cannot crowd it out; 0,
	 * the default: none
	 * @returns 1 to 255. Throws when there are no more, or the store has no room to set aside
	 */
	owner(bytes = 0): number {
		return this.writer.outbox.addOwner(checkWhole("bytes", bytes, 0, 0, Limit.REMAINING_LENGTH));
	}

	/**
	 * Subscribes to a topic filter, or to several with one packet, now and after each reconnect to a broker that has no
	 * session for us. A message goes to each handler whose filter matches; a broker may send it once for each such filter
	 * (section 3.3.5).
	 * @param handler takes the messages; what no handler takes goes to `onMessage`
	 * @param options MQTT 5.0 has them; in 3.1.1 they have no effect
	 * @returns the subscription, or one for each filter: `code` tells the broker's answer when `onSubscribed` is called,
	 * NOT_OPEN when the client is closed or closing.
	 * Claims memory for the filters. Throws when a filter breaks a rule or the option `subscriptions` is exhausted.
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
	 * Ends subscriptions, with one packet; their handlers are not called again. Any filter can be ended, also one that the
	 * broker has kept from an earlier life of this device. `onUnsubscribed` tells the broker's answer. Without a connection
	 * it goes with the next one, unless the broker has no session then: there is nothing left to end, and no answer.
	 * Until then each filter takes one of the option `subscriptions`; with `clean`, and without a connection, none, for the
	 * broker has forgotten all.
	 * @returns false when the client is closed or closing: nothing is sent
	 * Claims memory for filters that are not subscribed to here. Throws when a filter breaks a rule or the option
	 * `subscriptions` is exhausted.
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

	/** Stops reading: the broker has to wait. No answer is judged late meanwhile. */
	pause(): void {
		this.connection.reader.pause();
	}

	/** Reads on, with what has arrived meanwhile. */
	resume(): void {
		this.connection.resume();
	}

	/**
	 * Closes for good: if connected, listeners say farewell, what is held is delivered for as long as replyTimeout at most,
	 * then comes DISCONNECT; else at once. What is not delivered by then is reported to `onDropped`. At the end
	 * `onDisconnected` gets CLOSED_BY_APP, or the reason for which the connection broke before. Called while a payload is
	 * being written, it begins when that message is accepted.
	 * @param ending MQTT 5.0 has it: how DISCONNECT ends the session. Throws on what breaks a rule, and where only 3.1.1 can
	 * be spoken
	 */
	close(ending?: Ending): void {
		this.connection.close(ending);
	}

	/**
	 * The will: may be set, replaced, and with undefined cleared, at any time. CONNECT takes it to the broker: it holds from
	 * the next one on. Throws on what breaks a rule, and when the will belongs to a listener.
	 */
	set will(will: Will | undefined) {
		if (this.willClaimed)
			throw new Error("the will is a Status's, or another listener's: it is neither replaced nor cleared");
		this.connection.changeWill(will === undefined ? undefined : encodeWill(will));
	}

	/**
	 * For a listener: sets the will, for good. There is one: throws when it is set, by a listener or by the app.
	 * @returns its payload, which is not to be changed
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

	/** Messages accepted and not yet delivered: at QoS 0 not yet sent, at QoS 1 and 2 not yet acknowledged. Counts them. */
	get held(): number {
		return this.writer.outbox.held;
	}

	/**
	 * Attaches a listener: it hears of events before the app does. Throws when it is none, or the option `listeners` is
	 * exhausted.
	 */
	attach(listener: Listener): void {
		if (typeof listener !== "object" || listener === null)
			throw new TypeError(`listener is ${listener}: it must be an object with callbacks`);
		for (const name of LISTENER_CALLBACKS) checkFunction(name, listener[name]);
		this.connection.attach(listener);
	}

	/** Wakes the listeners in `delay` milliseconds at the latest: for one that wants to be woken earlier than it has said. */
	wakeWithin(delay: number): void {
		this.writer.alarm.within(delay);
	}

	/**
	 * For listeners: whether a message of this owner is held. Who waits for that to be over calls `awaitRoom`, and asks
	 * again in onWritable.
	 */
	isHeld(owner: number): boolean {
		return this.writer.outbox.holds(owner);
	}

	/** For listeners: whether a message of this owner waits: no byte of it was ever sent. */
	isWaiting(owner: number): boolean {
		return this.writer.outbox.waitingOf(owner) !== 0;
	}

	/** For listeners: onWritable is called as soon as something that is held is done with, as if a message was refused. */
	awaitRoom(): void {
		this.writer.awaitRoom();
	}

	/**
	 * For listeners: throws when `publishWith` cannot take a message with so many bytes of payload; the error says which
	 * option to raise, and to what.
	 * @param what what it is, for the error
	 */
	checkSize(what: string, topic: Topic, qos: QoS, bytes: number): void {
		this.writer.checkSize(what, topic, qos, bytes);
	}

	/** For listeners: counts something that is given up before it was a message, and tells of it, with packet identifier 0. */
	reportDropped(reason: Reason, owner: number): void {
		this.connection.reportDropped((owner & 0xff) << 16, reason);
	}
}

/** What a client with these options is made of: 5.0, which can fall back, or 3.1.1 alone. */
const partsFor = ({ protocolVersion, authentication }: ClientOptions): Parts => {
	if (protocolVersion === 4) return parts4;
	if (protocolVersion !== undefined && protocolVersion !== 5)
		throw new RangeError(
			`protocolVersion is ${protocolVersion}: it must be 4 (MQTT 3.1.1), 5 (MQTT 5.0), or not set`,
		);
	if (parts5 !== undefined) return parts5;
	// Of what only 5.0 has, nobody is to believe that this one is in force.
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

/** They are made in another module, which a build without MQTT 5.0 has not. */
const checkProperties = (properties: Properties): void => {
	if (properties?.block?.BYTES_PER_ELEMENT !== 1)
		throw new TypeError(`properties is ${properties}: it must be a Properties ("xs-mqtt/v5"), made once`);
};

/** Filters, one or more. */
const listOf = (filter: string | readonly string[]): readonly string[] => {
	if (typeof filter === STRING) return [filter as string];
	if (!Array.isArray(filter))
		throw new TypeError(`filter is ${filter}: it must be a string, or an array of them`);
	if (filter.length === 0)
		throw new RangeError("no filters: a packet must have at least one (section 3.8.3)");
	return filter;
};
