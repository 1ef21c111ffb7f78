// What the app wants to hear: filters, their handlers, and how far the broker has agreed. Knows no socket.

import type { Decoder } from "../wire/decoder.js";
import type { QoS } from "../wire/protocol.js";
import { encodeFilter, hasWildcard, matches } from "../wire/topic.js";
import type { Message } from "./message.js";

export type MessageHandler = (message: Message) => void;

/** Who takes a message: nobody without a handler. */
export interface Route {
	readonly handler: MessageHandler | undefined;
}

/** To be sent. */
export const WANTED = 0;
/** SUBSCRIBE sent, SUBACK awaited. */
export const ASKED = 1;
/** The broker has answered: see `code`. */
export const ANSWERED = 2;
/** UNSUBSCRIBE to be sent; its handler is gone. */
export const UNWANTED = 3;
/** UNSUBSCRIBE sent, UNSUBACK awaited. */
export const LEAVING = 4;

/** A topic filter the app has subscribed to. */
export class Subscription implements Route {
	readonly filter: string;
	readonly qos: QoS;
	/** The broker's answer: granted QoS 0 to 2, 0x80 refused, -1 none yet (section 3.9.3). */
	code = -1;

	/** @internal */ handler: MessageHandler | undefined;
	/** @internal */ state = WANTED;
	/** @internal */ id = 0;
	/** @internal */ sentAt = 0;
	/** @internal */ next: Subscription | undefined = undefined;
	/** @internal Bytes of a topic name that may equal the filter; -1 with wildcards, and without a handler. */
	length = -1;
	/** @internal The filter, length in front. */
	readonly field: Uint8Array;
	/** @internal Eight bytes at a time, zero behind the end, then NaN; undefined when the filter has wildcards. */
	readonly words: Float64Array | undefined;

	constructor(filter: string, qos: QoS, handler: MessageHandler | undefined) {
		const field = encodeFilter(filter);
		this.filter = filter;
		this.qos = qos;
		this.handler = handler;
		this.field = field;
		if (!hasWildcard(field)) {
			if (handler !== undefined) this.length = field.length - 2;
			this.words = new Float64Array(((field.length + 5) >> 3) + 1);
			new Uint8Array(this.words.buffer).set(field.subarray(2));
			this.words[this.words.length - 1] = Number.NaN;
		}
	}
}

export class Subscriptions {
	/** Subscriptions that may be held. */
	readonly capacity: number;
	/** First of the list, the order in which they were made. */
	first: Subscription | undefined = undefined;
	/** Some have a packet to send. */
	pending = false;
	/** Packets of ours that the broker has not answered. */
	awaited = 0;
	private count = 0;
	private readonly topicWords: Float64Array;
	private readonly decoder: Decoder;

	constructor(capacity: number, decoder: Decoder) {
		this.capacity = capacity;
		this.decoder = decoder;
		this.topicWords = new Float64Array(decoder.topic.buffer, 0, decoder.topic.size >> 3);
	}

	find(filter: string): Subscription | undefined {
		for (let it = this.first; it !== undefined; it = it.next) if (it.filter === filter) return it;
		return undefined;
	}

	/** Adds a subscription, or renews the one with the same filter (section 3.8.4). Throws when there is no room. */
	want(filter: string, qos: QoS, handler: MessageHandler | undefined): Subscription {
		const subscription = new Subscription(filter, qos, handler);
		const old = this.find(filter);
		if (old !== undefined) {
			// The old one keeps its handler for a message that is arriving. Its answers are of no interest any more.
			this.settle(old);
			this.replace(old, subscription);
		} else if (this.count === this.capacity) {
			throw new RangeError(
				`no room for subscription "${filter}": all ${this.capacity} are taken; raise the option subscriptions`,
			);
		} else this.append(subscription);
		this.pending = true;
		return subscription;
	}

	/** Marks a subscription to be ended; false when there is none. Its handler is not called again. */
	unwant(filter: string): boolean {
		const subscription = this.find(filter);
		if (subscription === undefined || subscription.state >= UNWANTED) return false;
		subscription.handler = undefined;
		subscription.length = -1;
		this.settle(subscription);
		subscription.state = UNWANTED;
		this.pending = true;
		return true;
	}

	/** The first subscription with a packet to send. */
	nextPending(): Subscription | undefined {
		for (let it = this.first; it !== undefined; it = it.next)
			if (it.state === WANTED || it.state === UNWANTED) return it;
		this.pending = false;
		return undefined;
	}

	/** A SUBSCRIBE or UNSUBSCRIBE for `subscription` was sent. */
	sent(subscription: Subscription, id: number, now: number): void {
		subscription.state = subscription.state === WANTED ? ASKED : LEAVING;
		subscription.id = id;
		subscription.sentAt = now;
		this.awaited++;
	}

	/** Takes the broker's answer to a SUBSCRIBE; undefined when nobody asked. */
	answered(id: number, code: number): Subscription | undefined {
		for (let it = this.first; it !== undefined; it = it.next) {
			if (it.id !== id || it.state !== ASKED) continue;
			it.state = ANSWERED;
			this.settle(it);
			it.code = code;
			return it;
		}
		return undefined;
	}

	/** Takes an UNSUBACK; false when nobody asked. */
	left(id: number): boolean {
		for (let it = this.first; it !== undefined; it = it.next) {
			if (it.id !== id || it.state !== LEAVING) continue;
			this.settle(it);
			this.remove(it);
			return true;
		}
		return false;
	}

	/** After a reconnect: what the broker does not know is asked again. */
	restart(sessionPresent: boolean): void {
		let it = this.first;
		while (it !== undefined) {
			const next: Subscription | undefined = it.next;
			this.settle(it);
			if (it.state >= UNWANTED) {
				if (sessionPresent) it.state = UNWANTED;
				else this.remove(it);
			} else if (it.state === ASKED || !sessionPresent) {
				it.state = WANTED;
				it.code = -1;
			}
			it = next;
		}
		this.pending = true;
	}

	/** Whether an unanswered packet of ours has this identifier. */
	uses(id: number): boolean {
		for (let it = this.first; it !== undefined; it = it.next) if (it.id === id) return true;
		return false;
	}

	/** A subscription whose answer is awaited; the longest awaited first. */
	get firstAwaited(): Subscription | undefined {
		if (this.awaited === 0) return undefined;
		let oldest: Subscription | undefined;
		for (let it = this.first; it !== undefined; it = it.next)
			if (it.id !== 0 && (oldest === undefined || ((it.sentAt - oldest.sentAt) | 0) < 0)) oldest = it;
		return oldest;
	}

	/** The subscription with a handler whose filter the decoder's topic name equals. */
	exact(): Subscription | undefined {
		const length = this.decoder.topicLength;
		const topic = this.topicWords;
		for (let it = this.first; it !== undefined; it = it.next) {
			if (it.length !== length) continue;
			// Eight bytes a step. Filters are UTF-8 without null characters, so none of their words is NaN or -0 and equal
			// numbers are equal bytes. The NaN behind the last one ends the walk.
			const words = it.words!;
			let i = 0;
			while (words[i] === topic[i]) i++;
			if (i << 3 >= length) return it;
		}
		return undefined;
	}

	/** The first subscription with a handler whose wildcards the decoder's topic name matches. */
	matching(): Subscription | undefined {
		const { topic, topicLength } = this.decoder;
		for (let it = this.first; it !== undefined; it = it.next)
			if (it.words === undefined && it.handler !== undefined && matches(it.field, topic.bytes, topicLength))
				return it;
		return undefined;
	}

	/** Its answer came, or is no longer of interest. */
	private settle(subscription: Subscription): void {
		if (subscription.id === 0) return;
		subscription.id = 0;
		this.awaited--;
	}

	private append(subscription: Subscription): void {
		this.count++;
		let last = this.first;
		if (last === undefined) {
			this.first = subscription;
			return;
		}
		while (last.next !== undefined) last = last.next;
		last.next = subscription;
	}

	private remove(subscription: Subscription): void {
		this.count--;
		this.link(subscription, subscription.next);
	}

	private replace(old: Subscription, subscription: Subscription): void {
		subscription.next = old.next;
		this.link(old, subscription);
	}

	/** What pointed to `old` points to `next`. */
	private link(old: Subscription, next: Subscription | undefined): void {
		if (this.first === old) {
			this.first = next;
			return;
		}
		let before = this.first!;
		while (before.next !== old) before = before.next!;
		before.next = next;
	}
}
