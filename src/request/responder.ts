// Answers to requests (section 4.10 of MQTT 5.0), in fixed memory. Knows the Client's public face, no packets.

import { type Client, type Message, NO_ROOM, type Payload } from "../client.js";
import { checkWhole } from "../wire/check.js";
import type { QoS } from "../wire/protocol.js";
import { encodeField, Topic } from "../wire/topic.js";
import { Properties, type PropertyFields } from "../wire/v5/properties.js";
import { Property } from "../wire/v5/property.js";
import type { ReceivedProperties } from "../wire/v5/received.js";
import { ANSWER_TOO_LARGE, NOT_AWAITED } from "./reasons.js";

/** Options of a Responder. */
export interface ResponderOptions {
	/** The topic filter of requests. It is subscribed to. */
	topicFilter: string;
	/**
	 * What a response topic must begin with, at least one character. Without it a stranger could make this device publish to
	 * any topic.
	 */
	prefix: string;
	/** How many requests may wait for `reply`, 1 to 255. One more replaces the oldest. Default 1. */
	inFlight?: number;
	/** Bytes of the longest correlation data, 0 to 65535. A request with more is refused. Default 32. */
	size?: number;
	/** QoS of requests and answers. Default 1. */
	qos?: QoS;
	/** Properties of answers. */
	properties?: Omit<PropertyFields, "responseTopic" | "correlationData">;
	/**
	 * A request, or a part of one. Like any message it is valid during the call only.
	 * @param request the number for `reply`, now or later; NOT_AWAITED if no answer is wanted
	 */
	handle(message: Message, request: number): void;
}

const enum Cache {
	/** Topics that are kept, so that an answer to one of them makes no garbage. */
	ADDRESSES = 4,
}

const enum Numbers {
	/** The slot is in the low bits, what counts the requests above. */
	SLOT_BITS = 8,
	SLOT = 255,
	LAST = 0x7f_ffff,
}

/** The number of a message that must not be handled. */
const REFUSED = 0;

/** Where answers go, and what they are published with. */
interface Address {
	readonly topic: Topic;
	readonly properties: Properties;
	/** Bytes of correlation data. */
	readonly length: number;
}

/** Handles requests of others, and sends each answer where its request asks for it, within a prefix. */
export class Responder {
	/** Requests that came. */
	requests = 0;
	/** Requests that were not handled: their response topic is outside of the prefix, or their correlation data too long. */
	refused = 0;
	/** Requests that were handled, and whose place was taken before they were answered. */
	forgotten = 0;

	private readonly client: Client;
	private readonly qos: QoS;
	private readonly size: number;
	/** As bytes. */
	private readonly prefix: Uint8Array;
	private readonly fields: PropertyFields;
	/** By slot: the request's number, 0: none; where its answer goes; its correlation data, `size` bytes each. */
	private readonly numbers: Int32Array;
	private readonly addresses: (Address | undefined)[];
	private readonly correlations: Uint8Array;
	private count = 0;
	private slot = 0;
	/** The request whose parts come. */
	private current = REFUSED;
	/** The last few, so that they are made once. */
	private readonly cache: Address[] = [];
	private turn = 0;
	private readonly handle: (message: Message, request: number) => void;

	/** Takes one of the client's `subscriptions`. Throws on options that cannot work. */
	constructor(client: Client, options: ResponderOptions) {
		const { prefix } = options;
		this.client = client;
		this.qos = checkWhole("qos", options.qos, 1, 0, 2) as QoS;
		this.size = checkWhole("size", options.size, 32, 0, 65_535);
		const slots = checkWhole("inFlight", options.inFlight, 1, 1, Numbers.SLOT);
		if (typeof options.handle !== "function")
			throw new TypeError(`handle is ${options.handle}: it must be a function`);
		this.prefix = encodeField("prefix", prefix).slice(2);
		if (this.prefix.length === 0)
			throw new RangeError(
				"prefix is empty: it must be what the response topics that you allow begin with, or strangers choose where this " +
					"device publishes",
			);
		this.fields = { ...options.properties };
		// What is wrong with them is told now.
		new Properties(this.fields);
		this.numbers = new Int32Array(slots);
		this.addresses = new Array(slots);
		for (let i = 0; i < slots; i++) this.addresses[i] = undefined;
		this.correlations = new Uint8Array(slots * this.size);
		this.handle = options.handle;
		client.subscribe(options.topicFilter, this.qos, (message) => {
			if (message.offset === 0) this.begin(message);
			// From here, and not from a method: an app goes deep into the stack.
			if (this.current !== REFUSED) this.handle(message, this.current);
		});
	}

	/**
	 * Publishes the answer to a request. Each is answered once.
	 * @returns NOT_AWAITED if no answer is awaited; ANSWER_TOO_LARGE if it can never fit the store; otherwise as
	 * `client.publish`. What was not accepted may be tried again
	 */
	reply(request: number, payload: Payload): number {
		const address = this.recall(request);
		if (address === undefined) return NOT_AWAITED;
		const { numbers } = this;
		const slot = request & Numbers.SLOT;
		// What is dropped for it is told meanwhile: the app may answer once more then, or another request may come.
		numbers[slot] = 0;
		let id = NO_ROOM;
		try {
			id = this.client.publish(address.topic, payload, this.qos, false, address.properties);
		} catch (error) {
			// A stranger has chosen how long topic and correlation data are: that must not throw at the app.
			if (!(error instanceof RangeError)) throw error;
			return ANSWER_TOO_LARGE;
		} finally {
			if (id < 0 && numbers[slot] === 0) numbers[slot] = request;
		}
		return id;
	}

	/** Where the answer to a request goes, its correlation data in what that is published with. */
	private recall(request: number): Address | undefined {
		const slot = request & Numbers.SLOT;
		if (request <= 0 || this.numbers[slot] !== request) return undefined;
		const address = this.addresses[slot]!;
		const bytes = address.properties.correlationData;
		const from = slot * this.size;
		for (let i = 0; i < address.length; i++) bytes![i] = this.correlations[from + i];
		return address;
	}

	private begin(message: Message): void {
		this.requests++;
		this.current = this.accept(message.properties);
		if (this.current === REFUSED) this.refused++;
	}

	/** Keeps what the answer needs. Returns the request's number, NOT_AWAITED or REFUSED. */
	private accept(properties: ReceivedProperties | undefined): number {
		if (properties === undefined) return NOT_AWAITED;
		const topicAt = properties.locate(Property.RESPONSE_TOPIC);
		// One for which there was no room may have been skipped.
		if (topicAt < 0) return properties.truncated ? REFUSED : NOT_AWAITED;
		const topicLength = properties.foundLength;
		const { buffer } = properties;
		const { prefix } = this;
		if (topicLength < prefix.length) return REFUSED;
		for (let i = 0; i < prefix.length; i++) if (buffer[topicAt + i] !== prefix[i]) return REFUSED;
		const dataAt = properties.locate(Property.CORRELATION_DATA);
		const length = dataAt < 0 ? 0 : properties.foundLength;
		if (length > this.size || (dataAt < 0 && properties.truncated)) return REFUSED;
		const address = this.addressOf(properties, topicAt, topicLength, length);
		if (address === undefined) return REFUSED;
		const { numbers } = this;
		const slot = this.slot;
		this.slot = slot + 1 < numbers.length ? slot + 1 : 0;
		if (numbers[slot] !== 0) this.forgotten++;
		if (++this.count > Numbers.LAST) this.count = 1;
		const number = (this.count << Numbers.SLOT_BITS) | slot;
		numbers[slot] = number;
		this.addresses[slot] = address;
		const to = slot * this.size;
		for (let i = 0; i < length; i++) this.correlations[to + i] = buffer[dataAt + i];
		return number;
	}

	/** Allocates if it is none of the last ones. Undefined: it is no topic name. */
	private addressOf(
		properties: ReceivedProperties,
		at: number,
		topicLength: number,
		length: number,
	): Address | undefined {
		const { cache } = this;
		const { buffer } = properties;
		for (let i = 0; i < cache.length; i++) {
			const address = cache[i];
			const { field } = address.topic;
			if (address.length !== length || field.length !== topicLength + 2) continue;
			let same = 0;
			while (same < topicLength && field[same + 2] === buffer[at + same]) same++;
			if (same === topicLength) return address;
		}
		let address: Address;
		try {
			const topic = new Topic(properties.text(Property.RESPONSE_TOPIC)!);
			const fields = { ...this.fields };
			if (length > 0) fields.correlationData = new Uint8Array(length);
			address = { topic, properties: new Properties(fields), length };
		} catch {
			return undefined;
		}
		cache[this.turn] = address;
		this.turn = this.turn + 1 < Cache.ADDRESSES ? this.turn + 1 : 0;
		return address;
	}
}
