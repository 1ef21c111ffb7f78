// What the app wants to hear: filters, their handlers, and how far the broker has agreed. Knows no socket.

import type { QoS } from "../wire/protocol.js";
import { encodeFilter, hasWildcard, matches } from "../wire/topic.js";
import type { Message } from "./message.js";
import type { Identifiers } from "./outbox.js";

export type MessageHandler = (message: Message) => void;

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
export class Subscription {
	readonly filter: string;
	readonly qos: QoS;
	/** The broker's answer: granted QoS 0 to 2, 0x80 refused, -1 none yet (section 3.9.3). */
	code = -1;

	/** @internal */ handler: MessageHandler | undefined;
	/** @internal */ state = WANTED;
	/** @internal */ id = 0;
	/** @internal What has the same number goes in the same packet; 0: alone. */ group = 0;
	/**
	 * @internal Its place in the SUBSCRIBE that asks for it, and how many filters that has. -1: it was ended with that
	 * SUBSCRIBE unanswered, so this connection's broker has it, with an old session or without.
	 */ index = 0;
	/** @internal */ together = 1;
	/** @internal */ next: Subscription | undefined = undefined;
	/** @internal The next one that takes the message at hand. */ also: Subscription | undefined = undefined;
	/** @internal Bytes of a topic name that is for this filter alone; -1: others take it too. */
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
		if (hasWildcard(field)) {
			this.field = field;
			return;
		}
		// One buffer for both views: the length in bytes 6 and 7, the filter from byte 8 on.
		const words = (field.length + 5) >> 3;
		const buffer = new ArrayBuffer(8 + (words + 1) * 8);
		this.field = new Uint8Array(buffer, 6, field.length);
		this.field.set(field);
		this.words = new Float64Array(buffer, 8);
		this.words[words] = Number.NaN;
	}
}

export class Subscriptions implements Identifiers {
	/** Subscriptions that may be held. */
	readonly capacity: number;
	/** First of the list, the order in which they were made. */
	first: Subscription | undefined = undefined;
	/** Some have a packet to send. */
	pending = false;
	/** Packets of ours that the broker has not answered. */
	awaited = 0;
	private count = 0;
	/** Groups that were made. */
	private groups = 0;

	constructor(capacity: number) {
		this.capacity = capacity;
	}

	seek(filter: string): Subscription | undefined {
		for (let it = this.first; it !== undefined; it = it.next) if (it.filter === filter) return it;
		return undefined;
	}

	/**
	 * Adds subscriptions, to be asked for in one packet; those with the same filter are renewed (section 3.8.4).
	 * Throws, and adds none, when there is no room.
	 */
	want(filters: readonly string[], qos: QoS, handler: MessageHandler | undefined): Subscription[] {
		const made: Subscription[] = [];
		let count = this.count;
		for (let i = 0; i < filters.length; i++) {
			const at = filters.indexOf(filters[i]);
			made.push(at < i ? made[at] : new Subscription(filters[i], qos, handler));
			if (at === i && this.seek(filters[i]) === undefined) count++;
		}
		if (count > this.capacity) throw this.noRoom(filters);
		for (let i = 0; i < made.length; i++) this.add(made[i]);
		this.group(made);
		this.arrange();
		this.pending = true;
		return made;
	}

	private noRoom(filters: readonly string[]): RangeError {
		let ended = 0;
		for (let it = this.first; it !== undefined; it = it.next) if (it.state >= UNWANTED) ended++;
		return new RangeError(
			`no room for "${filters.join('", "')}": ${this.count} of ${this.capacity} subscriptions are taken` +
				(ended === 0 ? "" : `, ${ended} by what the broker has not ended yet`) +
				"; raise the option subscriptions",
		);
	}

	private add(subscription: Subscription): void {
		const old = this.seek(subscription.filter);
		if (old === undefined) this.append(subscription);
		else if (old !== subscription) {
			// The old one keeps its handler for a message that is arriving. Its answers are of no interest any more.
			this.settle(old);
			this.supersede(old, subscription);
		}
	}

	/**
	 * Marks subscriptions to be ended with one packet; their handlers are not called again. What is not in the list comes
	 * into it, until the broker has answered: it may know the filter of old. Throws, and ends none, when a filter breaks a
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
			else if (known.state >= UNWANTED) continue;
			ending.push(known ?? new Subscription(filter, 0, undefined));
		}
		if (kept && count > this.capacity) throw this.noRoom(filters);
		for (const subscription of ending) this.end(subscription, kept);
		this.group(ending);
		this.arrange();
		this.pending = true;
	}

	private end(subscription: Subscription, kept: boolean): void {
		const { filter } = subscription;
		subscription.handler = undefined;
		const known = this.seek(filter) !== undefined;
		if (!kept) {
			if (known) this.remove(subscription);
			return;
		}
		if (!known) this.append(subscription);
		this.settle(subscription);
		subscription.index = subscription.state === ASKED ? -1 : 0;
		subscription.state = UNWANTED;
	}

	/** The first subscription with a packet to send. */
	nextPending(): Subscription | undefined {
		for (let it = this.first; it !== undefined; it = it.next)
			if (it.state === WANTED || it.state === UNWANTED) return it;
		this.pending = false;
		return undefined;
	}

	/** What goes in one packet with a pending one. */
	batch(first: Subscription): Subscription[] {
		const batch = [first];
		if (first.group !== 0)
			for (let it = first.next; it !== undefined; it = it.next)
				if (it.group === first.group && it.state === first.state) batch.push(it);
		return batch;
	}

	/** A SUBSCRIBE or UNSUBSCRIBE for all of `batch` was sent. */
	sent(batch: readonly Subscription[], id: number): void {
		for (let index = 0; index < batch.length; index++) {
			const subscription = batch[index];
			subscription.state = subscription.state === WANTED ? ASKED : LEAVING;
			subscription.id = id;
			subscription.group = 0;
			subscription.index = index;
			subscription.together = batch.length;
		}
		this.awaited += batch.length;
	}

	/** Whether a SUBACK with so many codes is wrong for the SUBSCRIBE with this identifier (section 3.9.3). */
	mismatches(id: number, count: number): boolean {
		for (let it = this.first; it !== undefined; it = it.next)
			if (it.id === id && it.state === ASKED) return it.together !== count;
		return false;
	}

	/** Takes the broker's answer to the filter at `index` of a SUBSCRIBE; undefined when nobody asked. */
	answered(id: number, code: number, index: number): Subscription | undefined {
		for (let it = this.first; it !== undefined; it = it.next) {
			if (it.id !== id || it.state !== ASKED || it.index !== index) continue;
			it.state = ANSWERED;
			this.settle(it);
			it.code = code;
			return it;
		}
		return undefined;
	}

	/** Takes an UNSUBACK; the filters that it is about, undefined when nobody asked. */
	left(id: number): string[] | undefined {
		let filters: string[] | undefined;
		for (let it = this.first; it !== undefined; it = it.next) {
			if (it.id !== id || it.state !== LEAVING) continue;
			this.settle(it);
			this.remove(it);
			filters ??= [];
			filters.push(it.filter);
		}
		return filters;
	}

	/**
	 * The connection has ended: what the broker has not answered is to be sent again.
	 * @param kept whether the broker keeps what it knows
	 */
	interrupt(kept: boolean): void {
		for (let it = this.first; it !== undefined; it = it.next) {
			this.settle(it);
			if (it.state === ASKED) it.state = WANTED;
			else if (it.state >= UNWANTED) {
				it.state = UNWANTED;
				it.index = 0;
				if (!kept) this.remove(it);
			}
		}
		this.pending = true;
	}

	/** The broker has accepted the next connection: what it does not know is asked again, each filter by itself. */
	resume(sessionPresent: boolean): void {
		for (let it = this.first; it !== undefined; it = it.next) {
			if (sessionPresent) return;
			if (it.state === UNWANTED && it.index === 0) this.remove(it);
			else if (it.state === ANSWERED) {
				it.state = WANTED;
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
	private arrange(): void {
		for (let it = this.first; it !== undefined; it = it.next) {
			it.length = -1;
			if (it.words === undefined || it.handler === undefined) continue;
			const name = it.field.subarray(2);
			let other = this.first;
			while (
				other !== undefined &&
				(other.words !== undefined || other.handler === undefined || !matches(other.field, name, name.length))
			)
				other = other.next;
			if (other === undefined) it.length = name.length;
		}
	}

	/** All of `members` are to go in one packet. */
	private group(members: readonly Subscription[]): void {
		const group = members.length === 1 ? 0 : ++this.groups;
		for (const member of members) member.group = group;
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

	private supersede(old: Subscription, subscription: Subscription): void {
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
