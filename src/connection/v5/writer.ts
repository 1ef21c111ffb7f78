// What goes out, in MQTT 5.0: PUBLISH with properties and aliases, acknowledgements with reasons, DISCONNECT, AUTH.

import { type Fill, Id } from "../../session/outbox.js";
import { Mark, Store } from "../../session/store.js";
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
import { Bytes, bytesOf, First, NONE, type PayloadWriter, Writer } from "../writer.js";
import type { Limits } from "./limits.js";

const enum Refused {
	TOO_LARGE = -5,
	QOS_UNAVAILABLE = -6,
	RETAIN_UNAVAILABLE = -7,
}

/** The message was not accepted: it is larger than this broker takes (section 3.2.2.3.6). */
export const TOO_LARGE = Refused.TOO_LARGE as number;
/** The message was not accepted: this broker does not take its QoS (section 3.2.2.3.4). */
export const QOS_UNAVAILABLE = Refused.QOS_UNAVAILABLE as number;
/** The message was not accepted: this broker retains none (section 3.2.2.3.5). */
export const RETAIN_UNAVAILABLE = Refused.RETAIN_UNAVAILABLE as number;

const enum Kind {
	/** Added to the first byte of an acknowledgement, shifted, its reason code. */
	CODE = 8,
}

const STRING = "string";

export class Writer5 extends Writer {
	/** The connection at hand speaks 5.0. */
	five: boolean;
	/** What the broker has granted; undefined: it has not said yet, or speaks 3.1.1. */
	private limits: Limits | undefined;
	/** It takes less than MQTT allows. */
	private limited: boolean;
	/** Of the message that is being composed: the topic's alias; negative: one that this message sets; 0: none. */
	private alias: number;
	/** Bytes of its properties. */
	private propertyLength: number;
	declare readonly subscriptions: Subscriptions5;
	private readonly outbox5: Outbox5;
	/** AUTH that waits for what is half sent. */
	private auth: Uint8Array | undefined;

	// Of the record that is being sent. Its packet: a header, names (topic, packet identifier), properties that are not in
	// the record (their length, expiry), and the rest.
	private head: number;
	private remaining: number;
	private namesAt: number;
	private namesLength: number;
	/** Bytes of properties, and of those that are not in the record, with the length in front. */
	private blockLength: number;
	private added: number;
	private restAt: number;
	/** Seconds until it expires, as the packet says; 0: it does not. */
	private left: number;

	constructor(
		outbox: Outbox5,
		subscriptions: Subscriptions5,
		statistics: Statistics,
		liveness: Liveness,
		alarm: Alarm,
	) {
		super(outbox, subscriptions, statistics, liveness, alarm);
		this.five = false;
		this.limits = undefined;
		this.limited = false;
		this.alias = 0;
		this.propertyLength = 0;
		this.outbox5 = outbox;
		this.auth = undefined;
		this.head = 0;
		this.remaining = 0;
		this.namesAt = 0;
		this.namesLength = 0;
		this.blockLength = 0;
		this.added = 0;
		this.restAt = 0;
		this.left = 0;
	}

	/** A connection begins, in 5.0 or in 3.1.1. */
	speak(five: boolean): void {
		this.five = five;
		this.outbox5.bound(Id.LAST);
	}

	/** The broker has accepted, and says what it takes. To be called before anything that is held goes again. */
	limit(limits: Limits): void {
		this.limits = limits;
		this.limited =
			limits.maximumQos < 2 ||
			!limits.retainAvailable ||
			limits.maximumPacketSize < Limit.REMAINING_LENGTH + Bytes.HEADER_MOST;
		this.outbox5.bound(limits.receiveMaximum);
		this.outbox5.aliases.allow(limits.topicAliasMaximum);
	}

	override stop(): void {
		super.stop();
		this.limits = undefined;
		this.limited = false;
		this.auth = undefined;
		this.outbox5.aliases.clear();
	}

	// ---- messages

	override get omits(): boolean {
		return this.accepted && !this.five;
	}

	override publish(
		topic: Topic,
		payload: Uint8Array | string,
		qos: QoS | undefined,
		retain: boolean | undefined,
		properties?: Properties,
	): number {
		if (!this.five && (properties === undefined || this.accepted))
			return super.publish(topic, payload, qos, retain);
		if (this.lent) return this.refuse();
		if (properties !== undefined && this.outbox5.checksFormat && typeof payload !== STRING)
			checkFormat(properties, payload as Uint8Array, 0, payload.length);
		this.topic = NONE;
		const window = this.window;
		const at = this.prepare(topic, qos, properties);
		let end: number;
		if (typeof payload === STRING) end = writeUtf8(payload as string, window, at);
		else {
			end = at + payload.length;
			if (end > window.length) end = -1;
			else window.set(payload as Uint8Array, at);
		}
		// An empty text is written even behind the end.
		if (end < 0 || end > window.length) return this.publishLong(topic, payload, qos, retain, properties);
		return this.submit5(topic, qos, retain, at, end, 0, properties, payload);
	}

	override publishWith(
		topic: Topic,
		qos: QoS | undefined,
		retain: boolean | undefined,
		source: PayloadWriter,
		owner: number,
		properties?: Properties,
	): number {
		if (!this.five && (properties === undefined || this.accepted))
			return super.publishWith(topic, qos, retain, source, owner);
		if (this.lent) return this.refuse();
		const unavailable = this.unavailable(qos, retain);
		if (unavailable !== 0) return this.decline(unavailable);
		this.topic = NONE;
		// Where a payload is promised room, which `checkSize` knows, or in front of that.
		const first = Bytes.HEAD + topic.field.length + (qos ? 2 : 0);
		const at = Math.min(first, this.prepare(topic, qos, properties));
		const end = this.fillIn(topic, source, at, this.payloadLimit);
		if (properties !== undefined && this.outbox5.checksFormat) checkFormat(properties, this.window, at, end);
		return this.submit5(topic, qos, retain, at, end, owner, properties);
	}

	/** Measures what stands before a payload in the window: returns where that goes, behind a header of two bytes. */
	private prepare(topic: Topic, qos: QoS | undefined, properties: Properties | undefined): number {
		let alias = 0;
		let names = topic.field.length + (qos ? 2 : 0);
		// A shorter topic name takes no more than its alias.
		if (this.open && topic.field.length > 2 + Size.ALIAS) {
			const { aliases } = this.outbox5;
			alias = aliases.aliasOf(topic);
			if (alias > 0) names = qos ? 4 : 2;
			else alias = -aliases.free;
		}
		this.alias = alias;
		if (properties === undefined) {
			if (alias === 0) {
				this.propertyLength = 0;
				return Bytes.HEAD + 1 + names;
			}
			this.propertyLength = Size.ALIAS;
			return Bytes.HEAD + 1 + Size.ALIAS + names;
		}
		const { block } = properties;
		const length = block.length - leadOf(block, 0) + extraOf(properties) + (alias === 0 ? 0 : Size.ALIAS);
		this.propertyLength = length;
		return Bytes.HEAD + lengthBytes(length) + length + names;
	}

	/** Publishes what `prepare` has measured, and whose payload stands in the window from `at` to `end`. */
	private submit5(
		topic: Topic,
		qos: QoS | undefined,
		retain: boolean | undefined,
		at: number,
		end: number,
		owner: number,
		properties: Properties | undefined,
		payload?: Uint8Array | string,
	): number {
		const { window, outbox5 } = this;
		const length = end - at;
		const field = topic.field;
		let bytes = field.length + (qos ? 2 : 0) + length;
		let marks = (qos ? qos << 1 : 0) | (retain ? Mark.RETAIN : 0);
		if (properties !== undefined) {
			bytes = outbox5.bytesFor(topic, qos, length, properties);
			marks |= outbox5.marksFor(properties);
		}
		const span = (bytes + Bytes.SPAN) >> 2;
		if (span > outbox5.spanMost && (owner === 0 || span > outbox5.spanFor(owner)))
			throw this.tooLong(topic, length, span, owner, payload);
		if (this.limited) {
			const declined = this.declines(topic, qos, retain, length, properties);
			if (declined !== 0) return this.decline(declined);
		}
		let alias = this.alias;
		let propertyLength = this.propertyLength;
		if (alias < 0 && !this.open) alias = 0; // while the payload was written, the connection has ended
		let names = alias > 0 ? 2 : field.length;
		if (qos) names += 2;
		let body = names + lengthBytes(propertyLength) + propertyLength + length;
		if (alias < 0 && this.limited && Bytes.HEADER_MOST + body > this.limits!.maximumPacketSize) {
			// With the alias it could be too large.
			alias = 0;
			propertyLength -= Size.ALIAS;
			body = names + lengthBytes(propertyLength) + propertyLength + length;
		}
		const head = body <= Bytes.SHORT ? Bytes.HEAD : 1 + lengthBytes(body);
		const total = head + body;
		if (
			!this.open ||
			this.writable < total ||
			total > window.length ||
			(qos && (outbox5.inFlight >= outbox5.inFlightMost || outbox5.tail + span > outbox5.roomEnd))
		)
			return this.hold(topic, qos, marks, at, end, owner, properties, bytes, span);
		const payloadAt = total - length;
		if (payloadAt !== at) window.copyWithin(payloadAt, at, end);
		const idAt = head + names - 2;
		if (alias > 0) window[head] = window[head + 1] = 0;
		else window.set(field, head);
		if (properties !== undefined) {
			// What comes in front overwrites its length, which the packet's own replaces.
			window.set(properties.block, payloadAt - properties.block.length);
			if (qos && properties.messageExpiry >= 0) this.tick();
		}
		let id = 0;
		if (qos) {
			if (outbox5.lastId === outbox5.freeTo) outbox5.measureIds();
			const inFlight = marks | Mark.IN_FLIGHT | ((-bytes & 3) << 4);
			id = outbox5.addSent(span, inFlight, topic, properties, idAt, payloadAt, payloadAt + length, owner);
			if (!this.liveness.watching) this.liveness.watch();
		}
		window[0] = First.PUBLISH | (marks & (Mark.QOS | Mark.RETAIN));
		if (body <= Bytes.SHORT) window[1] = body;
		else writeLength(window, 1, body);
		let to = head + names;
		if (propertyLength <= Bytes.SHORT) window[to++] = propertyLength;
		else to = writeLength(window, to, propertyLength);
		if (properties !== undefined && properties.messageExpiry >= 0)
			to = putExpiry(window, to, properties.messageExpiry);
		if (alias !== 0) {
			const number = alias < 0 ? -alias : alias;
			window[to] = Property.TOPIC_ALIAS;
			window[to + 1] = number >> 8;
			window[to + 2] = number;
		}
		if (!this.send(total)) {
			if (id === 0) return this.hold(topic, qos, marks, payloadAt, total, owner, properties, bytes, span);
			this.postpone();
		} else if (alias < 0) outbox5.aliases.add(topic);
		else if (properties === undefined && !this.stream?.overwrites && !this.stream?.allocates) {
			this.topic = topic;
			this.qos = qos;
			this.retain = retain;
			this.payloadLength = length;
			this.payloadAt = payloadAt;
			this.length = total;
			this.end = outbox5.windowAt + total;
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
		bytes: number,
		span: number,
	): number {
		const { outbox5 } = this;
		this.tick();
		const place = outbox5.place(span, owner);
		if (place === 0) return this.refuse();
		const id = qos ? outbox5.nextId() : 0;
		const to = outbox5.put(place, topic, id, properties);
		outbox5.all.copyWithin(to, outbox5.windowAt + at, outbox5.windowAt + end);
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
		this.outbox5.add(place, id, marks, bytes, owner);
		this.statistics.published++;
		this.open = false;
		this.flush();
		if (properties !== undefined && properties.messageExpiry >= 0 && this.outbox5.waiting)
			this.alarm.within(this.outbox5.untilExpiry());
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
		if (!this.five && properties === undefined) return super.publishLong(topic, payload, qos, retain);
		const { outbox5 } = this;
		const length = typeof payload === STRING ? bytesOf(payload as string) : payload.length;
		const bytes = outbox5.bytesFor(topic, qos, length, properties);
		const span = Store.span(bytes);
		if (span > outbox5.spanMost) throw this.tooLong(topic, length, span, 0, payload);
		const declined = this.declines(topic, qos, retain, length, properties);
		if (declined !== 0) return this.decline(declined);
		this.tick();
		const place = outbox5.place(span, 0);
		if (place === 0) return this.refuse();
		const id = qos ? outbox5.nextId() : 0;
		const at = outbox5.put(place, topic, id, properties);
		if (typeof payload === STRING) writeUtf8(payload as string, outbox5.all, at);
		else outbox5.all.set(payload as Uint8Array, at);
		const marks = (qos ? qos << 1 : 0) | (retain ? Mark.RETAIN : 0) | outbox5.marksFor(properties);
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
		if (!this.five && (properties === undefined || this.accepted))
			return super.publishFrom(topic, total, fill, qos, retain);
		if (this.lent) return this.refuse();
		const { outbox5 } = this;
		const before = outbox5.bytesFor(topic, qos, 0, properties);
		// All that stands before the payload goes out at once: a header, and what may be added to the properties.
		if (before + Bytes.HEADER_MOST + 1 + Size.EXPIRY > this.window.length)
			throw this.topicTooLong(topic, "packetSize", this.window.length);
		if (before + Size.EXPIRY + 4 + total > Limit.REMAINING_LENGTH)
			throw new RangeError(
				`total is ${total}: with its properties the message is over MQTT's limit of ${Limit.REMAINING_LENGTH}`,
			);
		const bytes = outbox5.bytesFor(topic, qos, 6, properties);
		const span = Store.span(bytes);
		if (span > outbox5.spanMost) throw this.topicTooLong(topic, "storeSize", outbox5.spanMost * 4);
		const declined = this.declines(topic, qos, retain, total, properties);
		if (declined !== 0) return this.decline(declined);
		this.tick();
		const place = outbox5.place(span, 0);
		if (place === 0) return this.refuse();
		this.topic = NONE;
		const id = qos === 0 ? 0 : outbox5.nextId();
		outbox5.putFill(outbox5.put(place, topic, id, properties), total, fill);
		const marks = (qos << 1) | (retain ? Mark.RETAIN : 0) | Mark.PULLED | outbox5.marksFor(properties);
		return this.enqueue(place, id, marks, bytes, 0, properties);
	}

	/** Why this broker takes no such message, whatever it carries; 0: it does. */
	private unavailable(qos: QoS | undefined, retain: boolean | undefined): number {
		if (!this.limited) return 0;
		const limits = this.limits!;
		if (qos && qos > limits.maximumQos) return Refused.QOS_UNAVAILABLE;
		return retain && !limits.retainAvailable ? Refused.RETAIN_UNAVAILABLE : 0;
	}

	/** Why this broker does not take a message with so many bytes of payload; 0: it does. */
	private declines(
		topic: Topic,
		qos: QoS | undefined,
		retain: boolean | undefined,
		length: number,
		properties: Properties | undefined,
	): number {
		if (!this.limited) return 0;
		const unavailable = this.unavailable(qos, retain);
		if (unavailable !== 0) return unavailable;
		let body = topic.field.length + (qos ? 2 : 0) + length;
		if (properties === undefined) body++;
		else {
			const { block } = properties;
			const inside = block.length - leadOf(block, 0) + extraOf(properties);
			body += lengthBytes(inside) + inside;
		}
		// It may have to go again on another connection, with its topic name.
		return 1 + lengthBytes(body) + body > this.limits!.maximumPacketSize ? Refused.TOO_LARGE : 0;
	}

	private decline(answer: number): number {
		this.statistics.refused++;
		this.topic = NONE;
		return answer;
	}

	/** Looks at the time, if something may expire. */
	private tick(): void {
		this.outbox5.advance(this.alarm.ticks());
	}

	/** A message was refused since its identifier is in use: it goes again under a new one. */
	sendAgain(id: number, qos: number): boolean {
		if (!this.outbox5.renumber(id, qos)) return false;
		this.open = false;
		this.topic = NONE;
		return true;
	}

	// ---- control packets

	protected override writeFour(first: number, id: number): boolean {
		if (first <= 0xff) return super.writeFour(first, id);
		if (this.writable < 5 || this.lent) return false;
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
		if (this.stream === undefined || this.failed || this.inParts || this.writable < packet.length)
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
		if (!this.accepted && this.rest === undefined && this.auth !== undefined) this.takeAuth();
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
		if (!this.five)
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
		if (this.outbox5.expiring > 0 && this.stream !== undefined) this.tick();
		super.flush();
	}

	protected override writeMessage(at: number): boolean {
		if (!this.isOther(at)) return super.writeMessage(at);
		const length = this.measure(at);
		if ((this.outbox5.marksOf(at) & Mark.PULLED) !== 0)
			return this.writePulled(at, this.head, this.remaining);
		if (this.partial === 0 && length <= this.window.length && length <= this.capacity) {
			if (this.writable < length) return false;
			this.composeSlice(at, 0, length);
			return this.send(length);
		}
		return this.writePieces(at, this.head, this.remaining);
	}

	/** Whether a record's packet is other than its bytes behind a header. */
	private isOther(at: number): boolean {
		return this.five || (this.outbox5.marksOf(at) & (Mark.PROPERTIES | Mark.EXPIRES)) !== 0;
	}

	/** Measures the packet of a record; returns its length. */
	private measure(at: number): number {
		const { outbox5, five } = this;
		const { all } = outbox5;
		const marks = outbox5.marksOf(at);
		const namesAt = outbox5.topicAt(at);
		const end = outbox5.bodyAt(at) + outbox5.bodyLength(at);
		const names = 2 + ((all[namesAt] << 8) | all[namesAt + 1]) + ((marks & Mark.QOS) === 0 ? 0 : 2);
		let restAt = namesAt + names;
		let block = 0;
		if ((marks & Mark.PROPERTIES) !== 0) {
			block = outbox5.propertyLength(at);
			restAt += lengthBytes(block);
			if (!five) restAt += block;
		}
		let added = 0;
		if (five) {
			// What goes out in pieces says the same in all of them.
			if (this.partial === 0) this.left = (marks & Mark.EXPIRES) === 0 ? 0 : outbox5.left(at);
			if (this.left > 0) added = Size.EXPIRY;
			block += added;
			added += lengthBytes(block);
		}
		let remaining = names + added + end - restAt;
		if ((marks & Mark.PULLED) !== 0) remaining += outbox5.pulledLength(at) - 6;
		this.namesAt = namesAt;
		this.namesLength = names;
		this.restAt = restAt;
		this.blockLength = block;
		this.added = added;
		this.remaining = remaining;
		this.head = 1 + lengthBytes(remaining);
		return this.head + remaining;
	}

	protected override composeWhole(at: number, limit: number): number {
		if (!this.isOther(at)) return super.composeWhole(at, limit);
		const length = this.measure(at);
		if (length > this.window.length || length > limit) return 0;
		this.composeSlice(at, 0, length);
		return length;
	}

	protected override composePart(at: number, head: number, remaining: number, count: number): void {
		if (this.isOther(at)) this.composeSlice(at, this.partial, count);
		else super.composePart(at, head, remaining, count);
	}

	/** Composes `count` bytes of the packet that was measured, from `offset` on, at the front of the window. */
	private composeSlice(at: number, offset: number, count: number): void {
		const { window, outbox5, head, namesLength, added } = this;
		const { all, windowAt } = outbox5;
		let to = 0;
		if (offset < head) {
			const marks = outbox5.marksOf(at);
			const dup = outbox5.isBegun(at) && (marks & Mark.QOS) !== 0 ? this.dup : 0;
			window[0] = First.PUBLISH | dup | (marks & (Mark.QOS | Mark.RETAIN));
			writeLength(window, 1, this.remaining);
			if (offset > 0) window.copyWithin(0, offset, head);
			to = head - offset;
		}
		// Where the part at hand begins, counted from `offset`; negative: it began in an earlier piece.
		let skip = Math.max(0, offset - head);
		if (to < count && skip < namesLength) {
			const part = Math.min(count - to, namesLength - skip);
			const from = this.namesAt + skip;
			all.copyWithin(windowAt + to, from, from + part);
			to += part;
		}
		skip = Math.max(0, offset - head - namesLength);
		if (to < count && skip < added) {
			// What does not fit is not written.
			this.putAdded(to);
			if (skip > 0) window.copyWithin(0, skip, added);
			to += added - skip;
		}
		skip = Math.max(0, offset - head - namesLength - added);
		if (to < count) {
			const from = this.restAt + skip;
			all.copyWithin(windowAt + to, from, from + count - to);
		}
	}

	/** Writes what a packet has and its record has not: how long the properties are, and what is left of the expiry. */
	private putAdded(at: number): void {
		at = writeLength(this.window, at, this.blockLength);
		if (this.left > 0) putExpiry(this.window, at, this.left);
	}
}

/** Bytes of the message expiry that is sent with these properties. */
const extraOf = (properties: Properties): number => (properties.messageExpiry < 0 ? 0 : Size.EXPIRY);

/** Throws when the payload, from `at` to `end`, is said to be text and is not (section 3.3.2.3.2). */
const checkFormat = ({ block }: Properties, bytes: Uint8Array, at: number, end: number): void => {
	// It comes first, if it is there.
	const first = leadOf(block, 0);
	if (block[first] === Property.PAYLOAD_FORMAT && block[first + 1] === 1 && !wellFormed(bytes, end, at))
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
