// What MQTT 5.0 adds to subscriptions: their options, identifiers, and shared ones.

import { checkBoolean, checkWhole } from "../../wire/check.js";
import { lengthBytes } from "../../wire/encode.js";
import type { QoS } from "../../wire/protocol.js";
import { encodeField, encodeFilter, matches } from "../../wire/topic.js";
import { SubscriptionOption } from "../../wire/v5/encode.js";
import { ReasonCode } from "../../wire/v5/reason-codes.js";
import {
	fieldOf,
	type MessageHandler,
	Stage,
	Subscription,
	type SubscriptionOptions,
	Subscriptions,
} from "../subscriptions.js";

/** What a broker has for those who subscribe (section 3.2.2.3). */
export interface Available {
	readonly wildcardAvailable: boolean;
	readonly identifiersAvailable: boolean;
	readonly sharedAvailable: boolean;
	/** Bytes of the largest packet that it takes. */
	readonly maximumPacketSize: number;
}

/** Bits of a subscription beside those of SubscriptionOption. */
const enum Bit {
	/** Those that go into SUBSCRIBE. */
	OPTIONS = 0xff,
	SHARED = 0x100,
	/** The broker has it without an identifier, and is to add one. */
	RENEWED = 0x200,
	/** The broker is known not to serve it: to be told. */
	REFUSED = 0x400,
	/** What was asked with the SUBSCRIBE at hand had the identifier. */
	CARRIED = 0x800,
	/** The broker has it with its identifier. */
	IDENTIFIED = 0x1000,
	/** Its code is from here: the broker was not asked. */
	LOCAL = 0x2000,
	/** It is renewed behind those that overlap with it. */
	LATE = 0x4000,
}

const enum Most {
	/** Ended ones whose identifiers are remembered. */
	ENDED = 8,
}

const enum Hash {
	/** FNV-1a, 32 bits. */
	BASIS = 0x811c9dc5,
	PRIME = 0x01000193,
	/** Largest subscription identifier (section 3.8.2.1.2). */
	LAST = 268_435_455,
}

/** Where the filter of a shared subscription begins, in the field of all of it; 0: it is none (section 4.8.2). */
const sharedFilterAt = (topicFilter: string, field: Uint8Array): number => {
	const SHARE = [0x24, 0x73, 0x68, 0x61, 0x72, 0x65, 0x2f]; // "$share/"
	for (let i = 0; i < SHARE.length; i++) if (field[2 + i] !== SHARE[i]) return 0;
	const from = 2 + SHARE.length;
	const slash = field.indexOf(0x2f, from);
	const name = field.slice(from, slash < 0 ? field.length : slash);
	if (
		name.length === 0 ||
		name.indexOf(0x2b) >= 0 ||
		name.indexOf(0x23) >= 0 ||
		slash < 0 ||
		slash + 1 === field.length
	)
		throw new RangeError(
			`topic filter "${topicFilter}": a shared one is $share/name/filter, the name without + and # (section 4.8.2)`,
		);
	return slash + 1;
};

/** A part of a field, as a field. */
const tailOf = (field: Uint8Array, from: number): Uint8Array => {
	const tail = new Uint8Array(2 + field.length - from);
	tail[0] = (tail.length - 2) >> 8;
	tail[1] = tail.length - 2;
	tail.set(field.slice(from), 2);
	return tail;
};

/** An identifier for a filter: the same one after each power-up, so that a session from before has it too. */
const identifierOf = (field: Uint8Array): number => {
	let hash: number = Hash.BASIS;
	for (let i = 2; i < field.length; i++) hash = Math.imul(hash ^ field[i], Hash.PRIME);
	return ((hash >>> 4) % Hash.LAST) + 1;
};

export class Subscription5 extends Subscription {
	/** @internal Bits of SubscriptionOption, and others. */
	bits: number;
	/** @internal Subscription identifier (section 3.8.2.1.2); 0: none. */
	identifier: number;

	/** @param field the filter that topic names are compared with, encoded */
	constructor(
		filter: string,
		field: Uint8Array,
		qos: QoS,
		handler: MessageHandler | undefined,
		bits: number,
	) {
		super(filter, field, qos, handler);
		this.bits = bits;
		this.identifier = 0;
	}
}

/** The options byte of a filter in SUBSCRIBE. */
export const optionsOf = (subscription: Subscription): number => {
	const { bits } = subscription as Subscription5;
	const retained = (bits & Bit.RENEWED) === 0 ? 0 : SubscriptionOption.NO_RETAINED;
	const options = bits & Bit.OPTIONS;
	return retained === 0
		? subscription.qos | options
		: subscription.qos | (options & ~SubscriptionOption.RETAIN_IF_NEW) | retained;
};

/** The filter as it stands in packets. */
export const filterOf = (subscription: Subscription): Uint8Array =>
	((subscription as Subscription5).bits & Bit.SHARED) === 0
		? fieldOf(subscription)
		: encodeField("topic filter", subscription.topicFilter);

export class Subscriptions5 extends Subscriptions {
	declare first: Subscription5 | undefined;
	/** What the broker has; undefined: it has not said yet, or speaks 3.1.1. */
	private available: Available | undefined = undefined;
	/** The last one that accepted gave identifiers to what it has. */
	private identified = false;
	/** Some were refused without the broker being asked. */
	refuses = false;
	/** Identifiers of those that have ended last: what the broker had queued for them may come behind its answer. */
	private ended?: Int32Array;

	override make(
		topicFilter: string,
		qos: QoS,
		handler: MessageHandler | undefined,
		options?: SubscriptionOptions,
	): Subscription5 {
		const field = encodeFilter(topicFilter);
		const at = sharedFilterAt(topicFilter, field);
		const bits = options === undefined ? 0 : bitsOf(topicFilter, options, at > 0);
		return at === 0
			? new Subscription5(topicFilter, field, qos, handler, bits)
			: new Subscription5(topicFilter, tailOf(field, at), qos, handler, bits | Bit.SHARED);
	}

	/** The broker has accepted a connection, and says what it has; undefined: it speaks 3.1.1. */
	allow(available: Available | undefined): void {
		this.available = available;
		this.identified = this.identifies;
	}

	/** Whether filters get identifiers on the current connection. */
	get identifies(): boolean {
		return this.available?.identifiersAvailable ?? false;
	}

	override interrupt(kept: boolean): void {
		this.available = undefined;
		super.interrupt(kept);
	}

	override nextPending(): Subscription | undefined {
		for (;;) {
			const next = super.nextPending() as Subscription5 | undefined;
			if (next === undefined) return undefined;
			const code = this.codeFor(next);
			if (code === 0) return next;
			next.state = next.state === Stage.WANTED ? Stage.ANSWERED : Stage.LEAVING;
			next.id = 0;
			next.code = code;
			next.bits |= Bit.REFUSED | Bit.LOCAL;
			this.refuses = true;
		}
	}

	/** Why the broker does not serve it; 0: it does, or it is not known yet. */
	private codeFor(subscription: Subscription5): number {
		const { available } = this;
		const { bits, pattern } = subscription;
		if (available === undefined) return 0;
		if (this.packetSize([subscription]) > available.maximumPacketSize) return ReasonCode.PACKET_TOO_LARGE;
		if (subscription.state !== Stage.WANTED) return 0;
		if ((bits & Bit.SHARED) !== 0 && !available.sharedAvailable)
			return ReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED;
		if (pattern !== undefined && !available.wildcardAvailable)
			return ReasonCode.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED;
		return 0;
	}

	/** One that was refused here, or whose end was, to be told of; undefined: none. */
	takeRefused(): Subscription | undefined {
		if (!this.refuses) return undefined;
		for (let it = this.first; it !== undefined; it = it.next as Subscription5 | undefined)
			if ((it.bits & Bit.REFUSED) !== 0) {
				it.bits &= ~Bit.REFUSED;
				if (it.state >= Stage.UNWANTED) this.remove(it);
				return it;
			}
		this.refuses = false;
		return undefined;
	}

	/** One SUBSCRIBE has one identifier: what has one goes alone, and others together, as far as the broker takes them. */
	override batch(first: Subscription): Subscription[] {
		const { available, identifies } = this;
		if (available === undefined) return super.batch(first);
		if (identifies && first.state === Stage.WANTED && (first as Subscription5).identifier > 0) {
			first.id = 0;
			return [first];
		}
		const batch: Subscription5[] = [];
		for (const each of super.batch(first) as Subscription5[]) {
			if (this.codeFor(each) !== 0) continue;
			if (identifies && each.state === Stage.WANTED && each.identifier > 0) continue;
			batch.push(each);
			if (this.packetSize(batch) > available.maximumPacketSize) {
				batch.pop();
				break;
			}
		}
		return batch;
	}

	/** Bytes of the packet that asks for, or ends, all of `batch` (sections 3.8 and 3.10). */
	private packetSize(batch: readonly Subscription5[]): number {
		const [{ state, identifier }] = batch;
		const wanted = state === Stage.WANTED;
		let remaining = 3 + (wanted && this.identifies && identifier > 0 ? 1 + lengthBytes(identifier) : 0);
		for (const each of batch) remaining += filterOf(each).length + (wanted ? 1 : 0);
		return 1 + lengthBytes(remaining) + remaining;
	}

	override markSent(batch: readonly Subscription[], id: number): void {
		super.markSent(batch, id);
		const { identifies } = this;
		for (let i = 0; i < batch.length; i++) {
			const each = batch[i] as Subscription5;
			each.bits &= ~(Bit.CARRIED | Bit.LOCAL);
			if (identifies && each.identifier > 0) each.bits |= Bit.CARRIED;
		}
	}

	override takeSuback(id: number, code: number, index: number): Subscription | undefined {
		const subscription = super.takeSuback(id, code, index) as Subscription5 | undefined;
		if (subscription === undefined) return undefined;
		subscription.bits &= ~(Bit.RENEWED | Bit.LATE);
		if (code >= ReasonCode.UNSPECIFIED_ERROR) return subscription;
		if ((subscription.bits & Bit.CARRIED) !== 0) subscription.bits |= Bit.IDENTIFIED;
		else {
			subscription.bits &= ~Bit.IDENTIFIED;
			this.renew(subscription, Bit.LATE);
		}
		return subscription;
	}

	/** Subscribes again if the broker has it without its identifier. */
	private renew(subscription: Subscription5, late = 0): void {
		const { state, identifier, code, bits } = subscription;
		if (state !== Stage.ANSWERED || identifier === 0 || code >= ReasonCode.UNSPECIFIED_ERROR) return;
		if (!this.identified || (bits & Bit.IDENTIFIED) !== 0) return;
		subscription.bits |= Bit.RENEWED | late;
		subscription.state = Stage.WANTED;
		this.pending = true;
	}

	/** Whether messages of a subscription come with its identifier, if they come with those of others that were asked for. */
	isIdentified({ bits, state }: Subscription5): boolean {
		if ((bits & Bit.IDENTIFIED) !== 0) return true;
		return state === Stage.ASKED && (bits & (Bit.CARRIED | Bit.LATE)) === Bit.CARRIED;
	}

	override resume(sessionPresent: boolean): void {
		if (!sessionPresent && this.ended !== undefined) this.ended = undefined;
		for (let it = this.first; it !== undefined; it = it.next as Subscription5 | undefined) {
			// Without a session there is nothing to renew.
			if (!sessionPresent) it.bits &= ~(Bit.RENEWED | Bit.LATE | Bit.IDENTIFIED);
			else if ((it.bits & Bit.LOCAL) === 0) this.renew(it, Bit.LATE);
			else if (it.state === Stage.ANSWERED && this.codeFor(it) === 0) {
				it.state = Stage.WANTED;
				it.code = -1;
				this.pending = true;
			}
		}
		super.resume(sessionPresent);
	}

	/** Whether an UNSUBACK with so many codes is wrong for the UNSUBSCRIBE with this identifier (section 3.11.3). */
	mismatchesEnds(id: number, count: number): boolean {
		for (let it: Subscription | undefined = this.first; it !== undefined; it = it.next)
			if (it.id === id && it.state === Stage.LEAVING) return it.place >> 16 !== count;
		return false;
	}

	/** Takes the broker's answer to the filter at `index` of an UNSUBSCRIBE; undefined if there was no such request. */
	takeEnd(id: number, index: number): string | undefined {
		for (let it: Subscription | undefined = this.first; it !== undefined; it = it.next) {
			if (it.id !== id || it.state !== Stage.LEAVING || (it.place & 0xffff) !== index) continue;
			this.settle(it);
			this.remove(it);
			return it.topicFilter;
		}
		return undefined;
	}

	protected override remove(subscription: Subscription): void {
		super.remove(subscription);
		const { identifier } = subscription as Subscription5;
		if (identifier === 0) return;
		this.ended ??= new Int32Array(Most.ENDED);
		this.ended.copyWithin(0, 1);
		this.ended[Most.ENDED - 1] = identifier;
	}

	/** Whether the subscription with this identifier has ended, not long ago. */
	hasEnded(identifier: number): boolean {
		return this.ended !== undefined && this.ended.indexOf(identifier) >= 0;
	}

	/** The subscription with this identifier. */
	withIdentifier(identifier: number): Subscription | undefined {
		for (let it = this.first; it !== undefined; it = it.next as Subscription5 | undefined)
			if (it.identifier === identifier) return it;
		return undefined;
	}

	/**
	 * Also gives identifiers: to filters with wildcards, and to those whose topic others take too. A broker that has one
	 * without is subscribed to again, without its retained messages.
	 */
	protected override arrange(): void {
		super.arrange();
		for (let it = this.first; it !== undefined; it = it.next as Subscription5 | undefined) {
			if (it.state >= Stage.UNWANTED || (it.pattern === undefined && !this.overlaps(it))) continue;
			if (it.length >= 0) it.length = ~it.length; // another one may have the same topic name
			if (it.identifier > 0) continue;
			it.identifier = this.freeIdentifier(identifierOf(filterOf(it)));
			this.renew(it);
		}
	}

	/** Whether others take the topic name of a filter without wildcards. */
	private overlaps(subscription: Subscription5): boolean {
		const name = fieldOf(subscription).slice(2);
		for (let it = this.first; it !== undefined; it = it.next as Subscription5 | undefined) {
			if (it === subscription || it.state >= Stage.UNWANTED) continue;
			if (matches(it.pattern ?? fieldOf(it), name, name.length)) return true;
		}
		return false;
	}

	/** Two filters rarely have the same hash: then the second one takes the next number. */
	private freeIdentifier(identifier: number): number {
		for (let it = this.first; it !== undefined; it = it.next as Subscription5 | undefined)
			if (it.identifier === identifier) return this.freeIdentifier((identifier % Hash.LAST) + 1);
		return identifier;
	}
}

/** Checked, as bits. */
const bitsOf = (topicFilter: string, options: SubscriptionOptions, shared: boolean): number => {
	const noLocal = checkBoolean("noLocal", options.noLocal);
	if (noLocal && shared)
		throw new RangeError(
			`topic filter "${topicFilter}": noLocal is forbidden for a shared one (section 3.8.3.1)`,
		);
	return (
		(noLocal ? SubscriptionOption.NO_LOCAL : 0) |
		(checkBoolean("retainAsPublished", options.retainAsPublished)
			? SubscriptionOption.RETAIN_AS_PUBLISHED
			: 0) |
		(checkWhole("retainHandling", options.retainHandling, 0, 0, 2) << 4)
	);
};
