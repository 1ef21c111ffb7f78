// Requests that somebody answers (section 4.10 of MQTT 5.0), a fixed number of them at once. Knows the Client's public face,
// no packets.

import {
	type Client,
	type Listener,
	type Message,
	NO_ROOM,
	NOT_OPEN,
	type Payload,
	State,
} from "../client.js";
import { checkFunction, checkWhole } from "../wire/check.js";
import type { QoS } from "../wire/protocol.js";
import type { Reason } from "../wire/reason.js";
import { Topic } from "../wire/topic.js";
import { Properties, type PropertyFields } from "../wire/v5/properties.js";
import { Property } from "../wire/v5/property.js";
import { BUSY, NEEDS_5, NO_ANSWER, NO_RESPONSE_TOPIC } from "./reasons.js";

/** Options of a Requester. */
export interface RequesterOptions {
	/** The topic that requests are published to. */
	topic: string | Topic;
	/**
	 * The topic for answers. It must be for this device alone, and is subscribed to. Or a function that makes one from the
	 * broker's Response Information (section 4.10.1) at each connect; the client's option responseInformation asks for that.
	 * Without Response Information, a valid topic name, or room among the client's `subscriptions`, `send` returns
	 * NO_RESPONSE_TOPIC.
	 */
	responseTopic: string | ((information: string) => string);
	/** How many requests may wait for their answers, 1 to 255. Default 4. */
	inFlight?: number;
	/** Milliseconds from `send` to the answer, 1 to 2^30 - 1. Default 10000. */
	timeout?: number;
	/** QoS of requests and answers. Default 1. */
	qos?: QoS;
	/** Properties of requests. Default: a message expiry of `timeout`. */
	properties?: Omit<PropertyFields, "responseTopic" | "correlationData">;
	/**
	 * An answer, or a part of one. Like any message it is valid during the call only.
	 * @param request the number that `send` returned
	 */
	onAnswer(request: number, message: Message): void;
	/** There will be no answer: NO_ANSWER, or the reason why the request was dropped. */
	onFailed?(request: number, reason: Reason): void;
}

const enum Size {
	/** Bytes that stand for this Requester, then the request's number. */
	NONCE = 4,
	CORRELATION = 8,
}

const enum Numbers {
	/** The slot is in the low bits, what counts the requests above. */
	SLOT_BITS = 8,
	SLOT = 255,
	LAST = 0x7f_ffff,
	/** In place of a packet identifier: the request is being published. */
	UNSENT = -1,
}

const { CONNECTED, CLOSED } = State;

export class Requester implements Listener {
	/** How many requests wait for their answers. */
	waiting = 0;
	/** Answers in time; late or repeated ones; and those to others. The latter two are ignored. */
	answers = 0;
	late = 0;
	foreign = 0;
	readonly topic: Topic;

	private readonly client: Client;
	private readonly ticks: () => number;
	private readonly timeout: number;
	private readonly qos: QoS;
	/** By slot: the requests' numbers, 0: none; then when they are late; then their packet identifiers. */
	private readonly slots: Int32Array;
	private readonly inFlight: number;
	private count = 0;
	/** Undefined: there is no response topic yet. */
	private properties: Properties | undefined = undefined;
	/** For `topicOf`: what the properties are made of, and the response topic in them. */
	private fields: PropertyFields | undefined = undefined;
	private responseTopic: string | undefined = undefined;
	private readonly topicOf: ((information: string) => string) | undefined;
	private readonly handler: (message: Message) => void;
	private readonly onAnswer: (request: number, message: Message) => void;
	private readonly onFailed: ((request: number, reason: Reason) => void) | undefined;

	/** Takes one of the client's `listeners` and one of its `subscriptions`. Throws on options that cannot work. */
	constructor(client: Client, options: RequesterOptions) {
		// No other version was tried than this.
		if (client.protocolVersion === 4 && client.statistics.attempts < 2)
			throw new TypeError(
				"a Requester with protocolVersion 4: MQTT 3.1.1 has no response topic; set 5, or leave it out",
			);
		const { topic, responseTopic, inFlight, timeout } = options;
		this.client = client;
		this.ticks = client.ticks;
		this.topic = topic instanceof Topic ? topic : new Topic(topic);
		this.timeout = checkWhole("timeout", timeout, 10_000, 1, 0x3fff_ffff);
		this.qos = checkWhole("qos", options.qos, 1, 0, 2) as QoS;
		this.inFlight = checkWhole("inFlight", inFlight, 4, 1, Numbers.SLOT);
		checkFunction("onFailed", options.onFailed);
		if (typeof options.onAnswer !== "function")
			throw new TypeError(`onAnswer is ${options.onAnswer}: it must be a function`);
		this.slots = new Int32Array(3 * this.inFlight);
		// What an earlier life or another device has asked is told from this one's by it.
		const correlationData = new Uint8Array(Size.CORRELATION);
		for (let i = 0; i < Size.NONCE; i++) correlationData[i] = Math.random() * 256;
		const messageExpiry = Math.ceil(this.timeout / 1000);
		const fields = { messageExpiry, ...options.properties, correlationData };
		this.onAnswer = options.onAnswer;
		this.onFailed = options.onFailed;
		this.handler = (message) => {
			const request = this.answered(message);
			// From here, and not from a method: an app goes deep into the stack.
			if (request > 0) this.onAnswer(request, message);
		};
		if (typeof responseTopic === "function") {
			this.topicOf = responseTopic;
			this.fields = fields;
			// What is wrong with them is told now.
			new Properties(fields);
		} else this.answerTo(new Topic(responseTopic), fields);
		client.attach(this);
		if (client.state === CONNECTED) this.arrange();
	}

	/**
	 * Publishes a request.
	 * @returns the number that `onAnswer` or `onFailed` will get, more than 0. If it is not sent: BUSY, NEEDS_5,
	 * NO_RESPONSE_TOPIC, or what `client.publish` returns. Throws as `client.publish` does.
	 */
	send(payload: Payload): number {
		const slot = this.reserve();
		if (slot < 0) return slot;
		let id = NO_ROOM;
		try {
			id = this.client.publish(this.topic, payload, this.qos, false, this.properties);
		} finally {
			if (id < 0) this.slots[slot] = 0;
		}
		return id < 0 ? id : this.await(slot, id);
	}

	/** Takes a slot, before anything else is reported, and puts its number into what the request is published with. */
	private reserve(): number {
		if (this.client.protocolVersion === 4) return NEEDS_5;
		if (this.properties === undefined && this.client.state === CONNECTED) this.onConnected();
		const { properties, slots, inFlight } = this;
		if (properties === undefined) return NO_RESPONSE_TOPIC;
		const slot = slots.indexOf(0);
		if (slot < 0 || slot >= inFlight) return BUSY;
		if (++this.count > Numbers.LAST) this.count = 1;
		const number = (this.count << Numbers.SLOT_BITS) | slot;
		const bytes = properties.correlationData!;
		for (let i = Size.NONCE; i < Size.CORRELATION; i++) bytes[i] = number >> ((7 - i) << 3);
		slots[slot] = number;
		slots[slot + 2 * inFlight] = Numbers.UNSENT;
		return slot;
	}

	private await(slot: number, id: number): number {
		const { slots, inFlight } = this;
		if (this.client.state === CLOSED) {
			// The app has closed it in a callback meanwhile, and knows no number yet that could be told to fail.
			slots[slot] = 0;
			return NOT_OPEN;
		}
		slots[slot + inFlight] = this.ticks() + this.timeout;
		slots[slot + 2 * inFlight] = id;
		this.waiting++;
		// Each time: within a failure, those that are due already wake nobody any more.
		this.client.wakeWithin(this.timeout);
		return slots[slot];
	}

	/** @internal */
	onConnected(): void {
		try {
			this.arrange();
		} catch {
			// No room for its subscription, as the broker has not ended the one before: `send` tries again.
		}
	}

	/** Makes the response topic from what the broker says. Throws when there is no room to subscribe to it. */
	private arrange(): void {
		const { topicOf, client } = this;
		if (topicOf === undefined) return;
		const information = client.limits?.responseInformation;
		let topic: Topic | undefined;
		if (information !== undefined)
			try {
				topic = new Topic(topicOf(information));
			} catch {
				// `send` tells.
			}
		const before = this.responseTopic;
		if (topic !== undefined && topic.name === before) return;
		this.properties = undefined;
		this.responseTopic = undefined;
		if (before !== undefined) client.unsubscribe(before);
		if (topic === undefined) return;
		this.answerTo(topic, this.fields!);
		this.responseTopic = topic.name;
	}

	private answerTo(topic: Topic, fields: PropertyFields): void {
		fields.responseTopic = topic;
		const properties = new Properties(fields);
		this.client.subscribe(topic.name, this.qos, this.handler);
		this.properties = properties;
	}

	/** The request that a message, or a part of one, answers; 0 if it is late, or not ours. */
	private answered(message: Message): number {
		const { length, offset } = message;
		const number = this.numberOf(message);
		const slot = number & Numbers.SLOT;
		const { slots, inFlight } = this;
		// One that comes before its request was published is a guess.
		const answers =
			number !== 0 &&
			slot < inFlight &&
			slots[slot] === number &&
			slots[slot + 2 * inFlight] !== Numbers.UNSENT;
		if (!answers) {
			if (offset === 0) number === 0 ? this.foreign++ : this.late++;
			return 0;
		}
		if (offset + length === message.total) {
			this.slots[slot] = 0;
			this.waiting--;
			this.answers++;
		}
		return number;
	}

	/** The number of the request that a message answers; 0: it answers none of ours. */
	private numberOf(message: Message): number {
		const own = this.properties?.correlationData;
		const { properties } = message;
		if (properties === undefined || own === undefined) return 0;
		const at = properties.locate(Property.CORRELATION_DATA);
		if (at < 0 || properties.foundLength !== Size.CORRELATION) return 0;
		const { buffer } = properties;
		for (let i = 0; i < Size.NONCE; i++) if (buffer[at + i] !== own[i]) return 0;
		let number = 0;
		for (let i = Size.NONCE; i < Size.CORRELATION; i++) number = (number << 8) | buffer[at + i];
		return number;
	}

	/** @internal */
	onDeadline(now: number): number {
		const { slots, inFlight } = this;
		let delay = Number.POSITIVE_INFINITY;
		if (this.waiting === 0) return delay;
		for (let slot = 0; slot < inFlight; slot++) {
			if (slots[slot] === 0) continue;
			const left = (slots[slot + inFlight] - now) | 0;
			if (left <= 0) this.fail(slot, NO_ANSWER);
			else if (left < delay) delay = left;
		}
		return delay;
	}

	/** @internal */
	onDropped(packetId: number, reason: Reason): void {
		if (packetId === 0 || this.waiting === 0) return;
		const { slots, inFlight } = this;
		for (let slot = 0; slot < inFlight; slot++)
			if (slots[slot] !== 0 && slots[slot + 2 * inFlight] === packetId) this.fail(slot, reason);
	}

	/** @internal */
	onDisconnected(reason: Reason): void {
		if (this.client.state !== CLOSED) return;
		const { slots, inFlight } = this;
		let failure: { error: unknown } | undefined;
		for (let slot = 0; slot < inFlight; slot++) {
			if (slots[slot] === 0 || slots[slot + 2 * inFlight] === Numbers.UNSENT) continue;
			try {
				this.fail(slot, reason);
			} catch (error) {
				failure ??= { error };
			}
		}
		if (failure !== undefined) throw failure.error;
	}

	private fail(slot: number, reason: Reason): void {
		const number = this.slots[slot];
		this.slots[slot] = 0;
		this.waiting--;
		this.onFailed?.(number, reason);
	}
}
