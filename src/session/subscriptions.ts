// Topic filters that the app has subscribed to, their handlers, and what the broker has answered.

import type { QoS } from "../wire/protocol.js";
import { encodeFilter, hasWildcard, matches } from "../wire/topic.js";
import type { Message } from "./message.js";
import type { Identifiers } from "./outbox.js";

/** Gets a message, or a part of one, which is valid until it returns. An exception is passed on to the host. */
export type MessageHandler = (message: Message) => void;

/** Options of a subscription (section 3.8.3.1). Ignored with MQTT 3.1.1. */
export interface SubscriptionOptions {
	/** Do not receive messages that this client has published. Not with a shared subscription. Default false. */
	noLocal?: boolean;
	/** `message.retain` is as published, not only set for messages that the broker had stored. Default false. */
	retainAsPublished?: boolean;
	/**
	 * When retained messages are sent: 0 at each subscribe, 1 only if the broker has no such subscription yet, 2 never.
	 * Default 0.
	 */
	retainHandling?: 0 | 1 | 2;
}

export const enum Stage {
	/** To be sent. */
	WANTED = 0,
	/** SUBSCRIBE sent, SUBACK awaited. */
	ASKED = 1,
	/** The broker has answered: see `code`. */
	ANSWERED = 2,
	/** UNSUBSCRIBE to be sent; its handler is gone. */
	UNWANTED = 3,
	/** UNSUBSCRIBE sent, UNSUBACK awaited. */
	LEAVING = 4,
}

/** A topic filter the app has subscribed to. */
export class Subscription {
	readonly topicFilter: string;
	readonly qos: QoS;
	/**
	 * The broker's answer: the granted QoS, 0 to 2; from 0x80 on it has refused, with MQTT 5.0 by a reason code; -1 if there is
	 * none yet (section 3.9.3).
	 */
	code = -1;

	/** @internal */ handler: MessageHandler | undefined;
	/** @internal */ state = Stage.WANTED;
	/**
	 * @internal Packet identifier of what was sent and not answered; below 0: to be sent, and what has the same number goes
	 * in the same packet; 0: neither, or alone.
	 */ id = 0;
	/**
	 * @internal Its place in the SUBSCRIBE that asks for it, and from bit 16 on how many filters that has. -1: it was ended
	 * with that SUBSCRIBE unanswered, so this connection's broker has it, with an old session or without.
	 */ place = 0;
	/** @internal */ next: Subscription | undefined = undefined;
	/** @internal The next one that takes the current message. */ also: Subscription | undefined = undefined;
	/** @internal Bytes of a filter without wildcards; their one's complement if others take such a topic too. */
	length = -1;
	/** @internal The filter with its two bytes of length, if it has wildcards. */
	readonly pattern: Uint8Array | undefined = undefined;
	/** @internal If it has none, eight bytes of it at a time, zero behind the end, then NaN. */
	readonly words: Float64Array | undefined = undefined;

	/** @param field the filter, encoded */
	constructor(filter: string, field: Uint8Array, qos: QoS, handler: MessageHandler | undefined) {
		this.topicFilter = filter;
		this.qos = qos;
		this.handler = handler;
		if (hasWildcard(field)) {
			this.pattern = field;
			return;
		}
		const count = (field.length + 5) >> 3;
		const words = new Float64Array(count + 1);
		new Uint8Array(words.buffer).set(field.slice(2));
		words[count] = Number.NaN;
		this.words = words;
		this.length = ~(field.length - 2);
	}
}

/** The filter with its two bytes of length. Allocates when it has no wildcards. */
export const fieldOf = ({ pattern, words, length }: Subscription): Uint8Array => {
	if (pattern !== undefined) return pattern;
	const count = length < 0 ? ~length : length;
	const field = new Uint8Array(2 + count);
	field[0] = count >> 8;
	field[1] = count;
	field.set(new Uint8Array(words!.buffer, 0, count), 2);
	return field;
};

export class Subscriptions implements Identifiers {
	/** Subscriptions that may be held. */
	readonly capacity: number;
	/** First of the list, the order in which they were made. */
	first: Subscription | undefined = undefined;
	/** Some have a packet to send. */
	pending = false;
	/** Packets of ours that the broker has not answered. */
	awaited = 0;
	protected count = 0;

	constructor(capacity: number) {
		this.capacity = capacity;
	}

	/** A subscription to ask for. Throws when the filter breaks a rule. */
	make(
		topicFilter: string,
		qos: QoS,
		handler: MessageHandler | undefined,
		_options?: SubscriptionOptions,
	): Subscription {
		return new Subscription(topicFilter, encodeFilter(topicFilter), qos, handler);
	}

	seek(filter: string): Subscription | undefined {
		for (let it = this.first; it !== undefined; it = it.next) if (it.topicFilter === filter) return it;
		return undefined;
	}

	/**
	 * Adds subscriptions with different filters, to be asked for in one packet; those that have their filter are renewed
	 * (section 3.8.4). Throws, and adds none, when there is no room.
	 */
	want(wanted: readonly Subscription[]): void {
		let count = this.count;
		for (let i = 0; i < wanted.length; i++) if (this.seek(wanted[i].topicFilter) === undefined) count++;
		if (count > this.capacity) throw this.noRoom(wanted);
		for (let i = 0; i < wanted.length; i++) this.add(wanted[i]);
		this.group(wanted);
		this.arrange();
		this.pending = true;
	}

	protected noRoom(wanted: readonly Subscription[]): RangeError {
		let ended = 0;
		for (let it = this.first; it !== undefined; it = it.next) if (it.state >= Stage.UNWANTED) ended++;
		const filters = wanted.map(({ topicFilter: filter }) => `"${filter}"`).join(", ");
		return new RangeError(
			`no room for ${filters}: ${this.count} of ${this.capacity} subscriptions are taken` +
				(ended === 0 ? "" : `, ${ended} by what the broker has not ended yet`) +
				"; raise the option subscriptions",
		);
	}

	protected add(subscription: Subscription): void {
		const old = this.seek(subscription.topicFilter);
		if (old === undefined) this.append(subscription);
		else if (old !== subscription) {
			// The old one keeps its handler for a message that is arriving. Its answers are no longer needed.
			this.settle(old);
			this.supersede(old, subscription);
		}
	}

	/**
	 * Marks subscriptions to be ended with one packet; their handlers are not called again. What is not in the list comes
	 * into it, until the broker has answered: it may know the filter from before. Throws, and ends none, when a filter breaks a
	 * rule or there is no room.
	 * @param kept whether the broker may know them; else they are gone at once
	 */
	unwant(filters: readonly string[], kept: boolean): void {
		const ending: Subscription[] = [];
		let count = this.count;
		for (let i = 0; i < filters.length; i++) {
			const filter = filters[i];
			if (filters.indexOf(filter) < i) continue;
			const known = this.seek(filter);
			if (known === undefined) count++;
			else if (known.state >= Stage.UNWANTED) continue;
			ending.push(known ?? this.make(filter, 0, undefined));
		}
		if (kept && count > this.capacity) throw this.noRoom(ending);
		for (const subscription of ending) this.end(subscription, kept);
		this.group(ending);
		this.arrange();
		this.pending = true;
	}

	protected end(subscription: Subscription, kept: boolean): void {
		const { topicFilter: filter } = subscription;
		subscription.handler = undefined;
		const known = this.seek(filter) !== undefined;
		if (!kept) {
			if (known) this.remove(subscription);
			return;
		}
		if (!known) this.append(subscription);
		this.settle(subscription);
		subscription.place = subscription.state === Stage.ASKED ? -1 : 0;
		subscription.state = Stage.UNWANTED;
	}

	/** Whether the topic name of a message that a subscription is for need not be a filter with a handler. */
	get needsSearch(): boolean {
		for (let it = this.first; it !== undefined; it = it.next)
			if (it.pattern !== undefined || it.handler === undefined) return true;
		return false;
	}

	/** The first subscription with a packet to send. */
	nextPending(): Subscription | undefined {
		for (let it = this.first; it !== undefined; it = it.next)
			if (it.state === Stage.WANTED || it.state === Stage.UNWANTED) return it;
		this.pending = false;
		return undefined;
	}

	/** What goes in one packet with a pending one. */
	batch(first: Subscription): Subscription[] {
		const batch = [first];
		if (first.id !== 0)
			for (let it = first.next; it !== undefined; it = it.next)
				if (it.id === first.id && it.state === first.state) batch.push(it);
		return batch;
	}

	/** A SUBSCRIBE or UNSUBSCRIBE for all of `batch` was sent. */
	markSent(batch: readonly Subscription[], id: number): void {
		for (let index = 0; index < batch.length; index++) {
			const subscription = batch[index];
			subscription.state = subscription.state === Stage.WANTED ? Stage.ASKED : Stage.LEAVING;
			subscription.id = id;
			subscription.place = (batch.length << 16) | index;
		}
		this.awaited += batch.length;
	}

	/** Whether a SUBACK with so many codes is wrong for the SUBSCRIBE with this identifier (section 3.9.3). */
	mismatches(id: number, count: number): boolean {
		for (let it = this.first; it !== undefined; it = it.next)
			if (it.id === id && it.state === Stage.ASKED) return it.place >> 16 !== count;
		return false;
	}

	/** Takes the broker's answer to the filter at `index` of a SUBSCRIBE; undefined if there was no such request. */
	takeSuback(id: number, code: number, index: number): Subscription | undefined {
		for (let it = this.first; it !== undefined; it = it.next) {
			if (it.id !== id || it.state !== Stage.ASKED || (it.place & 0xffff) !== index) continue;
			it.state = Stage.ANSWERED;
			this.settle(it);
			it.code = code;
			return it;
		}
		return undefined;
	}

	/** Takes an UNSUBACK; the filters that it is about, undefined if there was no such request. */
	takeUnsuback(id: number): string[] | undefined {
		let filters: string[] | undefined;
		for (let it = this.first; it !== undefined; it = it.next) {
			if (it.id !== id || it.state !== Stage.LEAVING) continue;
			this.settle(it);
			this.remove(it);
			filters ??= [];
			filters.push(it.topicFilter);
		}
		return filters;
	}

	/**
	 * The connection has ended: what the broker has not answered must be sent again.
	 * @param kept whether the broker keeps what it knows
	 */
	interrupt(kept: boolean): void {
		for (let it = this.first; it !== undefined; it = it.next) {
			this.settle(it);
			if (it.state === Stage.ASKED) it.state = Stage.WANTED;
			else if (it.state >= Stage.UNWANTED) {
				it.state = Stage.UNWANTED;
				it.place = 0;
				if (!kept) this.remove(it);
			}
		}
		this.pending = true;
	}

	/** The broker has accepted the next connection: what it does not know is asked again, each filter by itself. */
	resume(sessionPresent: boolean): void {
		for (let it = this.first; it !== undefined; it = it.next) {
			if (sessionPresent) return;
			if (it.state === Stage.UNWANTED && it.place === 0) this.remove(it);
			else if (it.state === Stage.ANSWERED) {
				it.state = Stage.WANTED;
				it.code = -1;
				this.pending = true;
			}
		}
	}

	/** The lowest identifier above `id` that an unanswered packet of ours has; 65536 when there is none. */
	nextUsed(id: number): number {
		let next = 65_536;
		for (let it = this.first; it !== undefined; it = it.next) if (it.id > id && it.id < next) next = it.id;
		return next;
	}

	/** A filter without wildcards is told by its length when its handler is the only one that takes such a topic. */
	protected arrange(): void {
		for (let it = this.first; it !== undefined; it = it.next) {
			if (it.words === undefined) continue;
			if (it.length >= 0) it.length = ~it.length;
			if (it.handler === undefined) continue;
			const name = fieldOf(it).slice(2);
			let other = this.first;
			while (
				other !== undefined &&
				(other.pattern === undefined ||
					other.handler === undefined ||
					!matches(other.pattern, name, name.length))
			)
				other = other.next;
			if (other === undefined) it.length = name.length;
		}
	}

	/** All of `members` are to go in one packet. */
	protected group(members: readonly Subscription[]): void {
		let group = 0;
		if (members.length > 1) {
			for (let it = this.first; it !== undefined; it = it.next) if (it.id < group) group = it.id;
			group--;
		}
		for (const member of members) member.id = group;
	}

	/** Its answer came, or is no longer needed. */
	protected settle(subscription: Subscription): void {
		if (subscription.id > 0) this.awaited--;
		subscription.id = 0;
	}

	protected append(subscription: Subscription): void {
		this.count++;
		let last = this.first;
		if (last === undefined) {
			this.first = subscription;
			return;
		}
		while (last.next !== undefined) last = last.next;
		last.next = subscription;
	}

	protected remove(subscription: Subscription): void {
		this.count--;
		this.link(subscription, subscription.next);
	}

	protected supersede(old: Subscription, subscription: Subscription): void {
		subscription.next = old.next;
		this.link(old, subscription);
	}

	/** What pointed to `old` points to `next`. */
	protected link(old: Subscription, next: Subscription | undefined): void {
		if (this.first === old) {
			this.first = next;
			return;
		}
		let before = this.first!;
		while (before.next !== old) before = before.next!;
		before.next = next;
	}
}
