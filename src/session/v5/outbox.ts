// What MQTT 5.0 adds to outgoing messages: their properties, when they expire, refusals, and the broker's bound for how
// many are in flight.

import { lengthBytes } from "../../wire/encode.js";
import type { QoS } from "../../wire/protocol.js";
import type { Reason } from "../../wire/reason.js";
import type { Topic } from "../../wire/topic.js";
import type { Properties } from "../../wire/v5/properties.js";
import { Id, type Identifiers, Outbox, type Sizes } from "../outbox.js";
import { Cell } from "../session-store.js";
import { Layout, Mark } from "../store.js";
import { Aliases } from "./aliases.js";
import { MESSAGE_EXPIRED, MESSAGE_TOO_LARGE, QOS_NOT_AVAILABLE, RETAIN_NOT_AVAILABLE } from "./reasons.js";

/** As `Sizes`, and what only 5.0 has. */
export interface Sizes5 extends Sizes {
	topicAliases: number;
}

/** What a broker grants to those who publish (section 3.2.2.3). */
export interface Granted {
	readonly receiveMaximum: number;
	readonly maximumPacketSize: number;
	readonly maximumQos: number;
	readonly retainAvailable: boolean;
	readonly topicAliasMaximum: number;
}

export const enum Size {
	/** Bytes of a deadline in front of a record's topic name. */
	DEADLINE = 4,
	/** Bytes of message expiry, and of a topic alias, as properties. */
	EXPIRY = 5,
	ALIAS = 3,
}

const enum Time {
	/** The last second that a record can name: for messages that outlive the board. */
	LAST = 0xffff_ffff,
	SECOND = 1000,
	/** At the first look; before it is 0. */
	START = 1000,
}

/** Bytes that the length in front of a property block takes. */
export const leadOf = (bytes: Uint8Array, at: number): number =>
	bytes[at] < 128 ? 1 : bytes[at + 1] < 128 ? 2 : bytes[at + 2] < 128 ? 3 : 4;

/** Added to a message's name: why it was dropped. */
const enum Name {
	SHIFT = 24,
	EXPIRED = 1 << SHIFT,
	LARGE = 2 << SHIFT,
	QOS = 3 << SHIFT,
	RETAIN = 4 << SHIFT,
	MASK = EXPIRED - 1,
}

const WHY = Object.freeze([MESSAGE_EXPIRED, MESSAGE_TOO_LARGE, QOS_NOT_AVAILABLE, RETAIN_NOT_AVAILABLE]);

/** Why a message with this name was dropped; undefined: it gave way to another. No index of -1, for which XS makes a string. */
export const whyOf = (name: number): Reason | undefined =>
	name < Name.EXPIRED ? undefined : WHY[(name >> Name.SHIFT) - 1];

/** Packet identifier and owner, without that. */
export const plainName = (name: number): number => name & Name.MASK;

export class Outbox5 extends Outbox {
	// Hot fields first.
	/**
	 * Topic name of the last message that was sent at once in 5.0; `from` is then where its packet identifier stands in the
	 * window. Undefined: what stands in the window is what is held.
	 */
	private field: Uint8Array | undefined;
	readonly aliases: Aliases;
	/** Milliseconds that have passed, which may be many more than the ticks can count. */
	private time: number;

	constructor(sizes: Sizes, firstId: number, dropsOldest: boolean, others: Identifiers) {
		super(sizes, firstId, dropsOldest, others);
		this.field = undefined;
		this.aliases = new Aliases((sizes as Sizes5).topicAliases);
		this.time = 0;
	}

	// ---- acceptance

	/** Bytes of a record, behind its header, for a payload of `length` bytes. */
	bytesFor(topic: Topic, qos: QoS | undefined, length: number, properties: Properties | undefined): number {
		const bytes = topic.field.length + (qos ? 2 : 0) + length;
		if (properties === undefined) return bytes;
		return bytes + properties.block.length + (properties.messageExpiry < 0 ? 0 : Size.DEADLINE);
	}

	/** The marks of a message with these properties. */
	marksFor(properties: Properties | undefined): number {
		if (properties === undefined) return 0;
		return properties.messageExpiry < 0 ? Mark.PROPERTIES : Mark.PROPERTIES | Mark.EXPIRES;
	}

	/** Writes what stands in front of the payload behind the header at `place`; returns where the payload goes. */
	put(place: number, topic: Topic, id: number, properties: Properties | undefined): number {
		const all = this.all;
		const field = topic.field;
		let at = this.bodyAt(place);
		if (properties !== undefined && properties.messageExpiry >= 0) {
			// Not a moment earlier: a second that has begun is no whole one.
			const second = Math.ceil(this.time / Time.SECOND) + properties.messageExpiry;
			this.words[place + (Layout.HEADER >> 2)] = Math.min(second, Time.LAST);
			at += Size.DEADLINE;
		}
		all.set(field, at);
		at += field.length;
		if (id > 0) {
			all[at++] = id >> 8;
			all[at++] = id;
		}
		if (properties === undefined) return at;
		all.set(properties.block, at);
		return at + properties.block.length;
	}

	/**
	 * Adds a record of a message that is about to be sent, under the next packet identifier; its payload stands in the
	 * window from `at` to `end`, and the identifier goes to `idAt` there. There has to be room for `span` words.
	 */
	addSent(
		span: number,
		marks: number,
		topic: Topic,
		properties: Properties | undefined,
		idAt: number,
		at: number,
		end: number,
		owner: number,
	): number {
		const { tail, windowAt, window, words } = this;
		const id = ++this.lastId;
		window[idAt] = id >> 8;
		window[idAt + 1] = id;
		// Not within the call: its stack would lie below.
		const to = this.put(tail, topic, id, properties);
		this.all.copyWithin(to, windowAt + at, windowAt + end);
		words[tail] = (span << 16) | id;
		words[tail + 1] = marks | (owner << 8);
		this.tail = tail + span;
		this.inFlight++;
		if ((marks & Mark.EXPIRES) !== 0) this.words[Cell.EXPIRING]++;
		this.span = span;
		this.marks = marks;
		this.field = topic.field;
		this.from = idAt;
		return id;
	}

	override addInFlight(span: number, marks: number, from: number, end: number, owner: number): number {
		this.field = undefined;
		return super.addInFlight(span, marks, from, end, owner);
	}

	override again(payload: Uint8Array, at: number): number {
		const field = this.field;
		if (field === undefined) return super.again(payload, at);
		const tail = this.tail;
		const span = this.span;
		if (tail + span > this.roomEnd) return 0;
		if (this.inFlight >= this.inFlightMost) return 0;
		if (this.lastId === this.freeTo) this.measureIds();
		const id = ++this.lastId;
		const { window, all, words } = this;
		const idAt = this.from;
		window[idAt] = id >> 8;
		window[idAt + 1] = id;
		window.set(payload, at);
		words[tail] = (span << 16) | id;
		words[tail + 1] = this.marks;
		let to = (tail << 2) + Layout.HEADER;
		all.set(field, to);
		to += field.length;
		all[to] = id >> 8;
		all[to + 1] = id;
		all.set(payload, to + 2);
		this.tail = tail + span;
		this.inFlight++;
		return id;
	}

	override add(at: number, id: number, marks: number, body: number, owner: number): void {
		if ((marks & Mark.EXPIRES) !== 0) this.words[Cell.EXPIRING]++;
		super.add(at, id, marks, body, owner);
	}

	/** What has expired makes room. */
	override place(span: number, owner: number): number {
		if (this.expiring > 0 && this.tail + span > this.roomEnd) this.expire();
		const at = super.place(span, owner);
		// In place of another, which is not otherwise done with.
		if (at !== 0 && at < this.tail && (this.words[at + 1] & Mark.EXPIRES) !== 0) this.words[Cell.EXPIRING]--;
		return at;
	}

	protected override finish(at: number): void {
		if ((this.words[at + 1] & Mark.EXPIRES) !== 0) this.words[Cell.EXPIRING]--;
		super.finish(at);
	}

	/** One that goes under a new identifier may stand before others that were sent. */
	override get fresh(): boolean {
		if (!super.fresh) return false;
		const { words, tail } = this;
		for (let at = this.head; at < tail; at += words[at] >>> 16)
			if ((words[at + 1] & Mark.DEAD) === 0 && (words[at + 1] & (Mark.IN_FLIGHT | Mark.BEGUN)) !== 0)
				return false;
		return true;
	}

	// ---- what stands in a record

	/** Where its topic name begins, in `all`. */
	topicAt(at: number): number {
		return this.bodyAt(at) + ((this.words[at + 1] & Mark.EXPIRES) === 0 ? 0 : Size.DEADLINE);
	}

	/** What is left of its expiry is fixed now: all pieces of the packet say the same. */
	fixExpiry(at: number): void {
		this.words[Cell.SECONDS_LEFT] =
			(this.words[at + 1] & Mark.EXPIRES) === 0
				? 0
				: Math.max(1, Math.floor(this.deadlineOf(at) - this.time / Time.SECOND));
	}

	/** Seconds until the message expires that `fixExpiry` was called for, at least 1; 0: it does not. */
	get secondsLeft(): number {
		return this.words[Cell.SECONDS_LEFT] >>> 0;
	}

	private deadlineOf(at: number): number {
		return this.words[at + (Layout.HEADER >> 2)] >>> 0;
	}

	// ---- expiry

	/** Messages that may expire: while there are some, the time matters. */
	get expiring(): number {
		return this.words[Cell.EXPIRING];
	}

	/** The time is `now`, in milliseconds that may wrap. */
	advance(now: number): void {
		if (this.time === 0) this.time = Time.START;
		else this.time += (now - this.words[Cell.LOOKED_AT]) | 0;
		this.words[Cell.LOOKED_AT] = now;
	}

	/** Gives up what has expired and was never sent (section 3.3.2.3.3); `takeReplaced` tells. */
	expire(): void {
		if (this.expiring === 0) return;
		// Not by what stands behind the one that is dropped: the head may pass it, and all behind is finished then.
		for (let at = this.unsent; at !== 0 && at < this.tail; ) {
			const next = at + this.spanOf(at);
			if (this.isExpired(at)) this.expireRecord(at);
			at = next;
		}
	}

	private isExpired(at: number): boolean {
		const marks = this.words[at + 1] & (Mark.EXPIRES | Mark.DEAD | Mark.IN_FLIGHT | Mark.BEGUN);
		return marks === Mark.EXPIRES && this.deadlineOf(at) * Time.SECOND <= this.time;
	}

	private expireRecord(at: number): void {
		this.replaced ??= [];
		this.replaced[this.words[Cell.REPLACED]++] = this.nameOf(at) | Name.EXPIRED;
		this.finish(at);
	}

	/** Milliseconds until the next message expires; Infinity: none does. */
	untilExpiry(): number {
		if (this.expiring === 0) return Number.POSITIVE_INFINITY;
		let first = Number.POSITIVE_INFINITY;
		for (let at = this.unsent; at !== 0 && at < this.tail; at += this.spanOf(at)) {
			const marks = this.words[at + 1] & (Mark.EXPIRES | Mark.DEAD | Mark.IN_FLIGHT | Mark.BEGUN);
			if (marks === Mark.EXPIRES) first = Math.min(first, this.deadlineOf(at));
		}
		return first * Time.SECOND - this.time;
	}

	/** What has expired is not sent. */
	override next(): number {
		let at = super.next();
		while (at !== 0 && this.expiring > 0 && this.isExpired(at)) {
			this.expireRecord(at);
			at = super.next();
		}
		return at;
	}

	// ---- the broker's bounds, and refusals

	/**
	 * So many may be in flight: the window, or what the broker takes, if that is less (section 3.3.4). What has only PUBCOMP
	 * to come counts too, though the specification lets it out after a reconnect (section 4.9): brokers count it.
	 */
	bound(most: number): void {
		this.inFlightMost = most;
	}

	/**
	 * A message was refused, by PUBACK or PUBREC: it is finished, and no PUBREL follows (section 4.3.3).
	 * @returns its `nameOf`; -1: no such answer was awaited
	 */
	refuse(id: number, qos: number): number {
		return this.acknowledgeOther(id, qos << 1);
	}

	/**
	 * The broker uses this identifier for another: the message waits again in its place, under a new one.
	 * @param halfSent whether the next message is: it goes first
	 */
	renumber(id: number, qos: number, halfSent = false): boolean {
		const at = this.seek(id);
		if (at === 0) return false;
		const marks = this.words[at + 1];
		if ((marks & (Mark.IN_FLIGHT | Mark.QOS)) !== (Mark.IN_FLIGHT | (qos << 1))) return false;
		const { all, words } = this;
		// While the old one is still taken.
		const other = this.nextId();
		words[at] = (words[at] & ~Id.MASK) | other;
		words[at + 1] = marks & ~(Mark.IN_FLIGHT | Mark.BEGUN | Mark.OVERTAKES);
		const topic = this.topicAt(at);
		const to = topic + 2 + ((all[topic] << 8) | all[topic + 1]);
		all[to] = other >> 8;
		all[to + 1] = other;
		this.inFlight--;
		if (halfSent) words[this.unsent + 1] |= Mark.OVERTAKES;
		else if (this.unsent === 0 || at < this.unsent) this.unsent = at;
		return true;
	}

	override markSent(at: number): void {
		const overtakes = (this.words[at + 1] & Mark.OVERTAKES) !== 0;
		super.markSent(at);
		if (overtakes) this.unsent = this.empty ? 0 : this.head;
	}

	/**
	 * Gives up the first message that the broker does not take (section 3.2.2.3). One at QoS 2 that a broker with our session
	 * may hold is released: else its identifier would stay in use there (section 4.3.3), and count as in flight.
	 * @returns its `nameOf`, and why, which `whyOf` and `plainName` tell apart; -1: there is none
	 */
	nextUnservable(granted: Granted, sessionPresent = false): number {
		const { words, tail } = this;
		for (let at = this.head; at < tail; at += words[at] >>> 16) {
			const marks = words[at + 1];
			if ((marks & Mark.DEAD) !== 0) continue;
			let why: number;
			if ((marks & Mark.QOS) >> 1 > granted.maximumQos) why = Name.QOS;
			else if ((marks & Mark.RETAIN) !== 0 && !granted.retainAvailable) why = Name.RETAIN;
			else if (this.packetLength(at) > granted.maximumPacketSize) why = Name.LARGE;
			else continue;
			const name = this.giveUp(at);
			if (sessionPresent && (marks & (Mark.BEGUN | Mark.QOS)) === (Mark.BEGUN | 4)) {
				words[Cell.TABLE + words[Cell.RELEASED]++] = (name & Id.MASK) | Id.ABANDONED;
				this.inFlight++;
			}
			return name | why;
		}
		return -1;
	}

	override dropReleased(): number {
		let name = super.dropReleased();
		while (name >= Id.ABANDONED) name = super.dropReleased();
		return name;
	}

	override get held(): number {
		let count = super.held;
		for (let i = 0; i < this.released; i++) if (this.words[Cell.TABLE + i] >= Id.ABANDONED) count--;
		return count;
	}

	/** Bytes of a message as a packet of 5.0, without alias. */
	private packetLength(at: number): number {
		const marks = this.words[at + 1];
		let body = this.bodyLength(at);
		let extra = 0;
		if ((marks & Mark.PULLED) !== 0) body += this.pulledLength(at) - Layout.PULLED;
		if ((marks & Mark.EXPIRES) !== 0) {
			body -= Size.DEADLINE;
			extra = Size.EXPIRY;
		}
		const length = (marks & Mark.PROPERTIES) === 0 ? 0 : this.propertyLength(at);
		const remaining =
			body -
			((marks & Mark.PROPERTIES) === 0 ? 0 : lengthBytes(length)) +
			lengthBytes(length + extra) +
			extra;
		return 1 + lengthBytes(remaining) + remaining;
	}

	/** Bytes of a record's property block behind its length. */
	propertyLength(at: number): number {
		const { all } = this;
		const topic = this.topicAt(at);
		const from =
			topic + 2 + ((all[topic] << 8) | all[topic + 1]) + ((this.words[at + 1] & Mark.QOS) === 0 ? 0 : 2);
		return readLength(all, from);
	}

	/** `nameOf` a message that goes without its properties, now that the connection speaks 3.1.1; -1: none. Each once. */
	takeOmitted(): number {
		const { words, tail } = this;
		for (let at = this.head; at < tail; at += words[at] >>> 16) {
			const marks = words[at + 1];
			if ((marks & (Mark.DEAD | Mark.PROPERTIES | Mark.OMITTED)) !== Mark.PROPERTIES) continue;
			words[at + 1] = marks | Mark.OMITTED;
			return this.nameOf(at);
		}
		return -1;
	}
}

/** The variable byte integer at `at`. */
export const readLength = (bytes: Uint8Array, at: number): number => {
	let length = 0;
	for (let shift = 0; ; shift += 7) {
		const byte = bytes[at++];
		length |= (byte & 0x7f) << shift;
		if (byte < 128) return length;
	}
};
