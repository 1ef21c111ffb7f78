// What goes out, in MQTT 5.0: PUBLISH with properties and aliases, acknowledgements with reasons, DISCONNECT, AUTH.

import type { Fill } from "../../session/outbox.js";
import { Layout, Mark, Store } from "../../session/store.js";
import { Stage, type Subscription } from "../../session/subscriptions.js";
import { leadOf, type Outbox5, Size } from "../../session/v5/outbox.js";
import {
	filterOf,
	optionsOf,
	type Subscription5,
	type Subscriptions5,
} from "../../session/v5/subscriptions.js";
import { encodeSubscribe, encodeUnsubscribe, lengthBytes, writeLength } from "../../wire/encode.js";
import { Limit, type QoS } from "../../wire/protocol.js";
import type { Topic } from "../../wire/topic.js";
import { wellFormed, writeUtf8 } from "../../wire/utf8.js";
import { encodeSubscribe5, encodeUnsubscribe5 } from "../../wire/v5/encode.js";
import type { Properties } from "../../wire/v5/properties.js";
import { Property } from "../../wire/v5/property.js";
import type { Alarm } from "../alarm.js";
import type { Liveness } from "../liveness.js";
import type { Statistics } from "../statistics.js";
import { Bytes, bytesOf, First, Flag, NONE, Writer } from "../writer.js";
import type { Limits } from "./limits.js";

const enum Refused {
	TOO_LARGE = -5,
	QOS_UNAVAILABLE = -6,
	RETAIN_UNAVAILABLE = -7,
}

/** The message was not accepted: it is larger than this broker allows (section 3.2.2.3.6). */
export const TOO_LARGE = Refused.TOO_LARGE as number;
/** The message was not accepted: this broker does not allow its QoS (section 3.2.2.3.4). */
export const QOS_UNAVAILABLE = Refused.QOS_UNAVAILABLE as number;
/** The message was not accepted: this broker does not support retained messages (section 3.2.2.3.5). */
export const RETAIN_UNAVAILABLE = Refused.RETAIN_UNAVAILABLE as number;

const enum Kind {
	/** Added to the first byte of an acknowledgement, shifted, its reason code. */
	CODE = 8,
}

const STRING = "string";

export class Writer5 extends Writer {
	/** What the broker has granted, if it takes less than MQTT allows. */
	private limits: Limits | undefined;
	declare readonly outbox: Outbox5;
	declare readonly subscriptions: Subscriptions5;
	/** AUTH that waits for what is half sent. */
	private auth?: Uint8Array;

	constructor(
		outbox: Outbox5,
		subscriptions: Subscriptions5,
		statistics: Statistics,
		liveness: Liveness,
		alarm: Alarm,
	) {
		super(outbox, subscriptions, statistics, liveness, alarm);
		this.limits = undefined;
	}

	/** A connection begins, in 5.0 or in 3.1.1. */
	speak(five: boolean): void {
		if (five) this.flags |= Flag.FIVE;
		else this.flags &= ~Flag.FIVE;
	}

	/** The broker has accepted, and says what it takes. To be called before anything that is held goes again. */
	limit(limits: Limits): void {
		if (
			limits.maximumQos < 2 ||
			!limits.retainAvailable ||
			limits.maximumPacketSize < Limit.REMAINING_LENGTH + Bytes.HEADER_MOST
		)
			this.limits = limits;
		this.outbox.aliases.allow(limits.topicAliasMaximum);
	}

	override stop(): void {
		super.stop();
		this.limits = undefined;
		if (this.auth !== undefined) this.auth = undefined;
		this.outbox.aliases.clear();
	}

	// ---- messages

	override get omits(): boolean {
		return (this.flags & (Flag.ACCEPTED | Flag.FIVE)) === Flag.ACCEPTED;
	}

	protected override submit(
		topic: Topic,
		qos: QoS | undefined,
		retain: boolean | undefined,
		at: number,
		end: number,
		owner: number,
		properties?: Properties,
	): number {
		if ((this.flags & Flag.FIVE) === 0 && (properties === undefined || (this.flags & Flag.ACCEPTED) !== 0))
			return super.submit(topic, qos, retain, at, end, owner);
		const { window, outbox } = this;
		const length = end - at;
		const field = topic.field;
		let bytes = field.length + (qos ? 2 : 0) + length;
		let marks = (qos ? qos << 1 : 0) | (retain ? Mark.RETAIN : 0);
		let inside = 0;
		if (properties !== undefined) {
			if (properties.checksPayload) checkText(window, end, at);
			bytes = outbox.bytesFor(topic, qos, length, properties);
			marks |= outbox.marksFor(properties);
			inside = insideOf(properties);
		}
		const span = (bytes + Bytes.SPAN) >> 2;
		if (span > outbox.spanMost && (owner === 0 || span > outbox.spanFor(owner)))
			throw besideProperties(properties, this.tooLong(topic, length, span, owner));
		if (this.limits !== undefined) {
			const declined = this.declines(topic, qos, retain, length, properties);
			if (declined !== 0) return this.decline(declined);
		}
		// Negative: one that this message sets. A shorter topic name takes no more than its alias.
		let alias = 0;
		let names = field.length;
		if (this.open && names > 2 + Size.ALIAS) {
			alias = outbox.aliases.aliasOf(topic);
			if (alias > 0) names = 2;
			else alias = -outbox.aliases.free;
			if (alias !== 0) inside += Size.ALIAS;
		}
		if (qos) names += 2;
		let body = names + lengthBytes(inside) + inside + length;
		if (alias < 0 && this.limits !== undefined && Bytes.HEADER_MOST + body > this.limits.maximumPacketSize) {
			// With the alias it could be too large.
			alias = 0;
			inside -= Size.ALIAS;
			body = names + lengthBytes(inside) + inside + length;
		}
		const head = body <= Bytes.SHORT ? Bytes.HEAD : 1 + lengthBytes(body);
		const total = head + body;
		if (
			!this.open ||
			this.writable < total ||
			total > window.length ||
			(qos && (outbox.inFlight >= outbox.inFlightMost || outbox.tail + span > outbox.roomEnd))
		)
			return this.hold(topic, qos, marks, at, end, owner, properties);
		const payloadAt = total - length;
		if (payloadAt !== at) window.copyWithin(payloadAt, at, end);
		if (alias > 0) window[head] = window[head + 1] = 0;
		else window.set(field, head);
		if (properties !== undefined) {
			// What comes in front overwrites its length, which the packet's own replaces.
			window.set(properties.block, payloadAt - properties.block.length);
			if (qos && properties.messageExpiry >= 0) this.tick();
		}
		let id = 0;
		if (qos) {
			if (outbox.lastId === outbox.freeTo) outbox.measureIds();
			const inFlight = marks | Mark.IN_FLIGHT | ((-bytes & 3) << 4);
			id = outbox.addSent(span, inFlight, topic, properties, head + names - 2, payloadAt, total, owner);
			if (!this.liveness.watching) this.liveness.watch();
		}
		window[0] = First.PUBLISH | (marks & (Mark.QOS | Mark.RETAIN));
		if (body <= Bytes.SHORT) window[1] = body;
		else writeLength(window, 1, body);
		let to = head + names;
		if (inside <= Bytes.SHORT) window[to++] = inside;
		else to = writeLength(window, to, inside);
		if (properties !== undefined && properties.messageExpiry >= 0)
			to = putExpiry(window, to, properties.messageExpiry);
		if (alias !== 0) {
			const number = alias < 0 ? -alias : alias;
			window[to] = Property.TOPIC_ALIAS;
			window[to + 1] = number >> 8;
			window[to + 2] = number;
		}
		if (!this.send(total)) {
			if (id === 0) return this.hold(topic, qos, marks, payloadAt, total, owner, properties);
			this.takeBackLast();
		} else if (alias < 0) outbox.aliases.add(topic);
		else if (properties === undefined && !this.stream?.overwrites && !this.stream?.allocates) {
			this.topic = topic;
			this.qos = qos;
			this.retain = retain;
			this.payloadLength = length;
			this.payloadAt = payloadAt;
			this.length = total;
			this.end = outbox.windowAt + total;
		}
		this.statistics.published++;
		return id;
	}

	/** Takes a message whose payload stands in the window into the store, to be sent later. */
	private hold(
		topic: Topic,
		qos: QoS | undefined,
		marks: number,
		at: number,
		end: number,
		owner: number,
		properties: Properties | undefined,
	): number {
		const { outbox } = this;
		const bytes = outbox.bytesFor(topic, qos, end - at, properties);
		this.tick();
		const place = outbox.place(Store.span(bytes), owner);
		if (place === 0) return this.refuse();
		const id = qos ? outbox.nextId() : 0;
		const to = outbox.put(place, topic, id, properties);
		outbox.all.copyWithin(to, outbox.windowAt + at, outbox.windowAt + end);
		return this.enqueue(place, id, marks, bytes, owner, properties);
	}

	/** Adds a record that stands at `place`, and sends it if it is its turn. */
	private enqueue(
		place: number,
		id: number,
		marks: number,
		bytes: number,
		owner: number,
		properties: Properties | undefined,
	): number {
		this.outbox.add(place, id, marks, bytes, owner);
		this.statistics.published++;
		this.open = false;
		this.flush();
		if (properties !== undefined && properties.messageExpiry >= 0 && this.outbox.waiting)
			this.alarm.within(this.outbox.untilExpiry());
		return id;
	}

	/** Publishes what does not fit the window: it is composed in the store, and goes out in pieces. */
	protected override publishLong(
		topic: Topic,
		payload: Uint8Array | string,
		qos: QoS | undefined,
		retain: boolean | undefined,
		properties?: Properties,
	): number {
		if ((this.flags & Flag.FIVE) === 0 && (properties === undefined || (this.flags & Flag.ACCEPTED) !== 0))
			return super.publishLong(topic, payload, qos, retain);
		const { outbox } = this;
		const length = typeof payload === STRING ? bytesOf(payload as string) : payload.length;
		if (properties?.checksPayload && typeof payload !== STRING) checkText(payload as Uint8Array, length, 0);
		const bytes = outbox.bytesFor(topic, qos, length, properties);
		const span = Store.span(bytes);
		if (span > outbox.spanMost)
			throw besideProperties(properties, this.tooLong(topic, length, span, 0, payload));
		const declined = this.declines(topic, qos, retain, length, properties);
		if (declined !== 0) return this.decline(declined);
		this.tick();
		const place = outbox.place(span, 0);
		if (place === 0) return this.refuse();
		const id = qos ? outbox.nextId() : 0;
		const at = outbox.put(place, topic, id, properties);
		if (typeof payload === STRING) writeUtf8(payload as string, outbox.all, at);
		else outbox.all.set(payload as Uint8Array, at);
		const marks = (qos ? qos << 1 : 0) | (retain ? Mark.RETAIN : 0) | outbox.marksFor(properties);
		return this.enqueue(place, id, marks, bytes, 0, properties);
	}

	override publishFrom(
		topic: Topic,
		total: number,
		fill: Fill,
		qos: QoS,
		retain: boolean,
		properties?: Properties,
	): number {
		if ((this.flags & Flag.FIVE) === 0 && (properties === undefined || (this.flags & Flag.ACCEPTED) !== 0))
			return super.publishFrom(topic, total, fill, qos, retain);
		if ((this.flags & Flag.LENT) !== 0) return this.refuse();
		const { outbox } = this;
		const before = outbox.bytesFor(topic, qos, 0, properties);
		// All that stands before the payload goes out at once: a header, and what may be added to the properties.
		if (before + Bytes.HEADER_MOST + 1 + Size.EXPIRY > this.window.length)
			throw besideProperties(properties, this.topicTooLong(topic, "packetSize", this.window.length));
		if (before + Size.EXPIRY + 4 + total > Limit.REMAINING_LENGTH)
			throw new RangeError(
				`total is ${total}: with its properties the message is over MQTT's limit of ${Limit.REMAINING_LENGTH}`,
			);
		const bytes = outbox.bytesFor(topic, qos, 6, properties);
		const span = Store.span(bytes);
		if (span > outbox.spanMost)
			throw besideProperties(properties, this.topicTooLong(topic, "storeSize", outbox.spanMost * 4));
		const declined = this.declines(topic, qos, retain, total, properties);
		if (declined !== 0) return this.decline(declined);
		this.tick();
		const place = outbox.place(span, 0);
		if (place === 0) return this.refuse();
		this.topic = NONE;
		const id = qos === 0 ? 0 : outbox.nextId();
		outbox.putFill(outbox.put(place, topic, id, properties), total, fill);
		const marks = (qos << 1) | (retain ? Mark.RETAIN : 0) | Mark.PULLED | outbox.marksFor(properties);
		return this.enqueue(place, id, marks, bytes, 0, properties);
	}

	/** Why this broker does not take a message with so many bytes of payload; 0: it does. */
	private declines(
		topic: Topic,
		qos: QoS | undefined,
		retain: boolean | undefined,
		length: number,
		properties: Properties | undefined,
	): number {
		const { limits } = this;
		if (limits === undefined) return 0;
		if (qos && qos > limits.maximumQos) return Refused.QOS_UNAVAILABLE;
		if (retain && !limits.retainAvailable) return Refused.RETAIN_UNAVAILABLE;
		const inside = properties === undefined ? 0 : insideOf(properties);
		const body = topic.field.length + (qos ? 2 : 0) + lengthBytes(inside) + inside + length;
		// It may have to go again on another connection, with its topic name.
		return 1 + lengthBytes(body) + body > limits.maximumPacketSize ? Refused.TOO_LARGE : 0;
	}

	private decline(answer: number): number {
		this.statistics.refused++;
		this.topic = NONE;
		return answer;
	}

	/** Looks at the time, if something may expire. */
	private tick(): void {
		this.outbox.advance(this.alarm.ticks());
	}

	/** A message was refused since its identifier is in use: it goes again under a new one. */
	sendAgain(id: number, qos: number): boolean {
		if (!this.outbox.renumber(id, qos, this.partial > 0)) return false;
		this.open = false;
		this.topic = NONE;
		return true;
	}

	// ---- control packets

	protected override writeFour(first: number, id: number): boolean {
		if (first <= 0xff) return super.writeFour(first, id);
		if (this.writable < 5 || (this.flags & Flag.LENT) !== 0) return false;
		this.topic = NONE;
		const { window } = this;
		window[0] = first;
		window[1] = 3;
		window[2] = id >> 8;
		window[3] = id;
		window[4] = first >> Kind.CODE;
		return this.send(5);
	}

	/** Sends the last packet of a connection, if there is room and nothing is half sent; also before CONNACK. */
	sendLast(packet: Uint8Array): boolean {
		if (
			this.stream === undefined ||
			(this.flags & Flag.FAILED) !== 0 ||
			this.inParts ||
			this.writable < packet.length
		)
			return false;
		return this.write(packet);
	}

	/** Sends AUTH, also before CONNACK. */
	sendAuth(packet: Uint8Array): void {
		this.open = false;
		this.topic = NONE;
		this.auth = packet;
		if (!this.liveness.watching) this.liveness.watch();
		this.flush();
	}

	protected override flushAll(): boolean {
		if ((this.flags & Flag.ACCEPTED) === 0 && this.rest === undefined && this.auth !== undefined)
			this.takeAuth();
		return super.flushAll();
	}

	protected override flushControl(): boolean {
		if (this.auth !== undefined) {
			this.takeAuth();
			if (!this.writeRest()) return false;
		}
		return super.flushControl();
	}

	private takeAuth(): void {
		this.rest = this.auth;
		this.auth = undefined;
	}

	protected override encodePending(id: number, batch: readonly Subscription[]): Uint8Array {
		const filters = batch.map(filterOf);
		const asks = batch[0].state === Stage.WANTED;
		if ((this.flags & Flag.FIVE) === 0)
			return asks
				? encodeSubscribe(
						id,
						filters,
						batch.map(({ qos }) => qos),
					)
				: encodeUnsubscribe(id, filters);
		if (!asks) return encodeUnsubscribe5(id, filters);
		const { identifies } = this.subscriptions;
		const identifier = identifies ? (batch[0] as Subscription5).identifier : 0;
		return encodeSubscribe5(id, filters, batch.map(optionsOf), identifier);
	}

	// ---- records

	override flush(): void {
		if (this.outbox.expiring > 0 && this.stream !== undefined) this.tick();
		super.flush();
	}

	protected override writeMessage(at: number): boolean {
		if (!this.isOther(at)) return super.writeMessage(at);
		// What goes out in pieces says the same in all of them.
		if (this.partial === 0) this.outbox.fixExpiry(at);
		const length = this.composeSlice(at, 0, 0);
		if ((this.outbox.marksOf(at) & Mark.PULLED) !== 0) return this.writePulled(at, 0, length);
		if (this.partial === 0 && length <= this.window.length && length <= this.capacity) {
			if (this.writable < length) return false;
			this.composeSlice(at, 0, length);
			return this.send(length);
		}
		return this.writePieces(at, 0, length);
	}

	/** Whether a record's packet is other than its bytes behind a header. */
	private isOther(at: number): boolean {
		return (
			(this.flags & Flag.FIVE) !== 0 || (this.outbox.marksOf(at) & (Mark.PROPERTIES | Mark.EXPIRES)) !== 0
		);
	}

	protected override composeWhole(at: number, limit: number): number {
		if (!this.isOther(at)) return super.composeWhole(at, limit);
		this.outbox.fixExpiry(at);
		const length = this.composeSlice(at, 0, 0);
		if (length > this.window.length || length > limit) return 0;
		return this.composeSlice(at, 0, length);
	}

	protected override composePart(at: number, head: number, remaining: number, count: number): void {
		if (this.isOther(at)) this.composeSlice(at, this.partial, count);
		else super.composePart(at, head, remaining, count);
	}

	/**
	 * Composes `count` bytes of a record's packet, from `offset` on, at the front of the window: a header, names (topic,
	 * packet identifier), what is added (the properties' length, what is left of the expiry), and the rest of the record.
	 * @returns bytes of the packet
	 */
	private composeSlice(at: number, offset: number, count: number): number {
		const { window, outbox } = this;
		const five = (this.flags & Flag.FIVE) !== 0;
		const { all, windowAt, secondsLeft } = outbox;
		const marks = outbox.marksOf(at);
		const namesAt = outbox.topicAt(at);
		const names = 2 + ((all[namesAt] << 8) | all[namesAt + 1]) + ((marks & Mark.QOS) === 0 ? 0 : 2);
		let restAt = namesAt + names;
		let inside = 0;
		if ((marks & Mark.PROPERTIES) !== 0) {
			inside = outbox.propertyLength(at);
			restAt += lengthBytes(inside);
			if (!five) restAt += inside;
		}
		let added = 0;
		if (five) {
			if (secondsLeft > 0) {
				inside += Size.EXPIRY;
				added = Size.EXPIRY;
			}
			added += lengthBytes(inside);
		}
		let remaining = names + added + outbox.bodyAt(at) + outbox.bodyLength(at) - restAt;
		if ((marks & Mark.PULLED) !== 0) remaining += outbox.pulledLength(at) - Layout.PULLED;
		const head = 1 + lengthBytes(remaining);
		if (count === 0) return head + remaining;
		let to = 0;
		if (offset < head) {
			const dup = outbox.isBegun(at) && (marks & Mark.QOS) !== 0 ? this.dup : 0;
			window[0] = First.PUBLISH | dup | (marks & (Mark.QOS | Mark.RETAIN));
			writeLength(window, 1, remaining);
			if (offset > 0) window.copyWithin(0, offset, head);
			to = head - offset;
		}
		// How much of each part was in earlier pieces.
		let skip = Math.max(0, offset - head);
		if (to < count && skip < names) {
			const part = Math.min(count - to, names - skip);
			all.copyWithin(windowAt + to, namesAt + skip, namesAt + skip + part);
			to += part;
		}
		skip = Math.max(0, offset - head - names);
		if (to < count && skip < added) {
			// What does not fit is not written.
			const behind = writeLength(window, to, inside);
			if (secondsLeft > 0) putExpiry(window, behind, secondsLeft);
			if (skip > 0) window.copyWithin(0, skip, added);
			to += added - skip;
		}
		skip = Math.max(0, offset - head - names - added);
		if (to < count) all.copyWithin(windowAt + to, restAt + skip, restAt + skip + count - to);
		return head + remaining;
	}
}

/** Bytes of the properties that are sent with a message, without an alias, and without their length. */
const insideOf = ({ block, messageExpiry }: Properties): number =>
	block.length - leadOf(block, 0) + (messageExpiry < 0 ? 0 : Size.EXPIRY);

/** What does not fit, with the part that its properties have in it: they cannot go in pieces. */
const besideProperties = (properties: Properties | undefined, error: RangeError): RangeError =>
	properties === undefined
		? error
		: new RangeError(`${error.message} (its properties take ${properties.block.length} bytes of that)`);

/** Throws when a payload that is said to be text is not (section 3.3.2.3.2). */
const checkText = (bytes: Uint8Array, end: number, at: number): void => {
	if (!wellFormed(bytes, end, at))
		throw new RangeError(
			"the payload is not UTF-8, though its properties say so: payloadFormat is 1 (section 3.3.2.3.2)",
		);
};

const putExpiry = (window: Uint8Array, at: number, seconds: number): number =>
	putNumber(window, at, Property.MESSAGE_EXPIRY, seconds);

/** Writes a property of four bytes; returns the offset behind it. */
const putNumber = (window: Uint8Array, at: number, property: number, value: number): number => {
	window[at++] = property;
	for (let shift = 24; shift >= 0; shift -= 8) window[at++] = value >>> shift;
	return at;
};
