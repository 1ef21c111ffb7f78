// What goes out, in the right order: what is half sent first, then acknowledgements, PINGREQ, subscriptions, messages.
// Composes packets in the outbox's window. Knows the stream; not why a connection begins or ends.

import type { Fill, Outbox } from "../session/outbox.js";
import { Layout, Mark, Store } from "../session/store.js";
import { fieldOf, Stage, type Subscription, type Subscriptions } from "../session/subscriptions.js";
import type { Stream } from "../transport/stream.js";
import { encodeSubscribe, encodeUnsubscribe, lengthBytes, newPacket, writeLength } from "../wire/encode.js";
import { PacketType, type QoS } from "../wire/protocol.js";
import type { Topic } from "../wire/topic.js";
import { loneSurrogate, utf8Length, writeUtf8 } from "../wire/utf8.js";
import type { Properties } from "../wire/v5/properties.js";
import type { Alarm } from "./alarm.js";
import type { Liveness } from "./liveness.js";
import type { Statistics } from "./statistics.js";

/** The message was not accepted: there is no room for it; `onWritable` tells when to try again. */
export const NO_ROOM = -1;
/** The message was not accepted: the client is closed or closing. */
export const NOT_OPEN = -2;

/** Writes a payload in place. */
export interface PayloadWriter {
	/**
	 * Writes the payload into `bytes` from `at` on, and returns its end: at most `limit`. Nothing can be published from
	 * within: that returns NO_ROOM.
	 */
	write(bytes: Uint8Array, at: number, limit: number): number;
}

export const enum Bytes {
	/** Bytes of one TCP segment on Ethernet and Wi-Fi. */
	SEGMENT = 1460,
	/** Added to what stands behind a record's header, it makes the record's words, times 4. */
	SPAN = Layout.HEADER + 3,
	/** Bytes of a fixed header whose remaining length takes one byte. */
	HEAD = 2,
	/** Bytes of the longest one. */
	HEADER_MOST = 5,
	/** Largest remaining length of one byte. */
	SHORT = 127,
}

export const enum First {
	PUBREL = (PacketType.PUBREL << 4) | 2,
	DUP = 8,
	/** First byte of a PUBLISH at QoS 0. */
	PUBLISH = PacketType.PUBLISH << 4,
}

/** What a writer is doing, as bits. */
export const enum Flag {
	/** No message is accepted any more: the client is closed or closing. */
	CLOSED = 1,
	/** The broker has accepted this connection. */
	ACCEPTED = 2,
	/** The stream has failed. */
	FAILED = 4,
	/** The function of the message that is half sent has not given what it has to: it is to be dropped. */
	SHORT = 8,
	/** The app writes into the window: nothing else may. */
	LENT = 16,
	/** PINGREQ must be sent as soon as there is room. */
	PING_DUE = 32,
	/** The current connection uses MQTT 5.0. */
	FIVE = 64,
}

const enum Delay {
	/** Milliseconds until what a stream has refused is tried again. */
	RETRY = 250,
}

/** In what lwip throws for a write after the end of the stream, whatever room it has. Debug builds add where. */
const NOT_READY = "not ready";

// A literal in a hot path is a copy of it at each evaluation, in a preloaded module.
const STRING = "string";

/** Stands for no topic. */
export const NONE = Object.freeze({}) as Topic;

export class Writer {
	// Hot fields first: XS looks for a field from the first one on.
	/**
	 * Of the last message that was sent at once, as they were given: the next one like it differs in its payload's bytes
	 * only, at QoS 1 and 2 also in its packet identifier. NONE as soon as anything else happens.
	 */
	topic: Topic = NONE;
	qos: QoS | undefined = undefined;
	retain: boolean | undefined = undefined;
	/** Bytes of its payload. */
	payloadLength = 0;
	/** Bytes of room in the stream. */
	protected writable = 0;
	/** Bytes of its packet, which stands in the window; where its payload begins there. */
	protected length = 0;
	protected payloadAt = 0;
	protected readonly window: Uint8Array;
	protected readonly buffer: ArrayBuffer;
	/** Where the packet ends in the buffer. */
	protected end: number;
	protected stream: Stream | undefined;
	protected readonly size: number;
	/** See Flag. */
	flags: number;
	/** Something was sent since this was last set to false. */
	protected moved: boolean;
	readonly statistics: Statistics;
	readonly outbox: Outbox;
	readonly liveness: Liveness;
	readonly alarm: Alarm;

	/** A message may be sent at once: connected, nothing is half sent and none waits. */
	open: boolean;
	/** A publish was refused because there was no room, or a listener waits for room. */
	starved: boolean;
	/** What the function of the message that is half sent threw. */
	failure?: { error: unknown };
	/** Connected, and nothing is half sent: a control packet may be written now. */
	protected clear: boolean;
	/** Most room that the stream ever had: a longer packet goes out in pieces. */
	protected capacity: number;
	/** Room that the stream seemed to have when it refused. */
	protected withheld: number;
	/** DUP for what was sent before, if the broker knows of it. */
	protected dup: number;
	/** What is left of a control packet that is longer than the room. */
	protected rest: Uint8Array | undefined;
	/** Bytes of the next message that are sent. */
	protected partial: number;
	readonly subscriptions: Subscriptions;
	/** For packets of four bytes. */
	protected readonly control: Uint8Array;

	constructor(
		outbox: Outbox,
		subscriptions: Subscriptions,
		statistics: Statistics,
		liveness: Liveness,
		alarm: Alarm,
	) {
		this.window = outbox.window;
		this.buffer = outbox.all.buffer as ArrayBuffer;
		this.end = 0;
		this.stream = undefined;
		this.size = this.buffer.byteLength;
		this.flags = 0;
		this.moved = false;
		this.statistics = statistics;
		this.outbox = outbox;
		this.liveness = liveness;
		this.alarm = alarm;
		this.open = false;
		this.starved = false;
		this.clear = false;
		this.capacity = 0;
		this.withheld = 0;
		this.dup = 0;
		this.rest = undefined;
		this.partial = 0;
		this.subscriptions = subscriptions;
		this.control = outbox.control();
	}

	// ---- messages

	/** Sends a message like the last one at QoS 0, if it can go now; false: nothing was done. */
	again(payload: Uint8Array): boolean {
		if (this.writable < this.length) return false;
		this.window.set(payload, this.payloadAt);
		this.buffer.resize(this.end);
		try {
			this.writable = this.stream!.write(this.window) as number;
		} catch (error) {
			this.noteThrown(this.stream, error);
		}
		this.buffer.resize(this.size);
		if (this.writable >= 0) {
			this.moved = true;
			this.statistics.published++;
			return true;
		}
		return this.noteRefusal();
	}

	/** The same at QoS 1 or 2. Returns the packet identifier; 0: nothing was done. */
	againHeld(payload: Uint8Array): number {
		if (this.writable < this.length) return 0;
		const id = this.outbox.again(payload, this.payloadAt);
		if (id === 0) return 0;
		this.statistics.published++;
		this.buffer.resize(this.end);
		try {
			this.writable = this.stream!.write(this.window) as number;
		} catch (error) {
			this.noteThrown(this.stream, error);
		}
		this.buffer.resize(this.size);
		if (this.writable >= 0) this.moved = true;
		else {
			this.noteRefusal();
			this.takeBackLast();
		}
		if (!this.liveness.watching) this.liveness.watch();
		return id;
	}

	/** Whether properties are left out now: 3.1.1 has none. */
	get omits(): boolean {
		return true;
	}

	/** Publishes a message: at once if it can go now, else later. Returns its packet identifier, 0 at QoS 0, or NO_ROOM. */
	publish(
		topic: Topic,
		payload: Uint8Array | string,
		qos: QoS | undefined,
		retain: boolean | undefined,
		properties?: Properties,
	): number {
		if ((this.flags & Flag.LENT) !== 0) return this.refuse();
		this.topic = NONE;
		const window = this.window;
		const at = Bytes.HEAD + topic.field.length + (qos ? 2 : 0);
		let end: number;
		if (typeof payload === STRING) end = writeUtf8(payload as string, window, at);
		else {
			end = at + payload.length;
			if (end > window.length) end = -1;
			else window.set(payload as Uint8Array, at);
		}
		// An empty text is written even behind the end.
		if (end < 0 || end > window.length || (end - Bytes.HEAD + Bytes.SPAN) >> 2 > this.outbox.spanMost)
			return this.publishLong(topic, payload, qos, retain, properties);
		return this.submit(topic, qos, retain, at, end, 0, properties);
	}

	/** As `publish`; `source` writes the payload. */
	publishWith(
		topic: Topic,
		qos: QoS | undefined,
		retain: boolean | undefined,
		source: PayloadWriter,
		owner: number,
		properties?: Properties,
	): number {
		if ((this.flags & Flag.LENT) !== 0) return this.refuse();
		this.topic = NONE;
		const at = Bytes.HEAD + topic.field.length + (qos ? 2 : 0);
		const limit = this.payloadLimit;
		if (at > limit) throw this.topicTooLong(topic, "packetSize", this.window.length);
		this.flags |= Flag.LENT;
		let end: number;
		try {
			end = source.write(this.window, at, limit);
		} finally {
			this.flags &= ~Flag.LENT;
		}
		if (!Number.isInteger(end) || end < at || end > limit)
			throw new RangeError(`the payload ends at ${end}: it must end between ${at} and ${limit}`);
		const span = (end - Bytes.HEAD + Bytes.SPAN) >> 2;
		const { outbox } = this;
		if (span > outbox.spanMost && span > outbox.spanFor(owner))
			throw this.tooLong(topic, end - at, span, owner);
		return this.submit(topic, qos, retain, at, end, owner, properties);
	}

	/** Where a payload must end at the latest in the window, before a longer remaining length moves it up. */
	get payloadLimit(): number {
		const size = this.window.length;
		return size - lengthBytes(size - Bytes.HEAD) + 1;
	}

	/** Publishes what stands in the window from `at` to `end`, behind a gap for what comes before. The store can hold it. */
	protected submit(
		topic: Topic,
		qos: QoS | undefined,
		retain: boolean | undefined,
		at: number,
		end: number,
		owner: number,
		_properties?: Properties,
	): number {
		const window = this.window;
		const outbox = this.outbox;
		const body = end - Bytes.HEAD;
		const marks = (qos ? qos << 1 : 0) | (retain ? Mark.RETAIN : 0);
		let head = Bytes.HEAD;
		if (body <= Bytes.SHORT) window[1] = body;
		else {
			head = 1 + lengthBytes(body);
			const shift = head - Bytes.HEAD;
			if (end + shift > window.length) {
				// It goes out in pieces.
				window.set(topic.field, Bytes.HEAD);
				return this.keep(marks, Bytes.HEAD, at, end, owner);
			}
			window.copyWithin(at + shift, at, end);
			at += shift;
			end += shift;
			writeLength(window, 1, body);
		}
		window[0] = First.PUBLISH | marks;
		window.set(topic.field, head);
		const span = (body + Bytes.SPAN) >> 2;
		if (!this.open || this.writable < end) return this.keep(marks, head, at, end, owner);
		const to = outbox.windowAt + end;
		let id = 0;
		if (qos) {
			if (outbox.inFlight >= outbox.inFlightMost || outbox.tail + span > outbox.roomEnd)
				return this.keep(marks, head, at, end, owner);
			if (outbox.lastId === outbox.freeTo) outbox.measureIds();
			id = outbox.lastId + 1;
			window[at - 2] = id >> 8;
			window[at - 1] = id;
			// Before it is sent: the stream may overwrite the window.
			const inFlight = marks | Mark.IN_FLIGHT | ((-body & 3) << 4);
			outbox.addInFlight(span, inFlight, outbox.windowAt + head, to, owner);
			if (!this.liveness.watching) this.liveness.watch();
		}
		if (!this.send(end)) {
			if (id === 0) return this.keep(marks, head, at, end, owner);
			this.takeBackLast();
		} else if (!this.stream?.overwrites && !this.stream?.allocates) {
			this.topic = topic;
			this.qos = qos;
			this.retain = retain;
			this.payloadLength = end - at;
			this.payloadAt = at;
			this.length = end;
			this.end = to;
		}
		this.statistics.published++;
		return id;
	}

	/** The last message was not sent after all, and waits. */
	protected takeBackLast(): void {
		this.outbox.takeBack();
		this.open = false;
		this.topic = NONE;
	}

	/** Takes the packet that stands in the window into the store, to be sent later. */
	protected keep(marks: number, head: number, at: number, end: number, owner: number): number {
		const { outbox, window } = this;
		const body = end - head;
		const place = outbox.place(Store.span(body), owner);
		if (place === 0) return this.refuse();
		let id = 0;
		if ((marks & Mark.QOS) !== 0) {
			id = outbox.nextId();
			window[at - 2] = id >> 8;
			window[at - 1] = id;
		}
		this.statistics.published++;
		outbox.copy(place, outbox.windowAt + head, outbox.windowAt + end);
		outbox.add(place, id, marks, body, owner);
		this.open = false;
		this.flush();
		return id;
	}

	/** Publishes what does not fit the window: it is composed in the store, and goes out in pieces. */
	protected publishLong(
		topic: Topic,
		payload: Uint8Array | string,
		qos: QoS | undefined,
		retain: boolean | undefined,
		_properties?: Properties,
	): number {
		const { outbox } = this;
		const length = typeof payload === STRING ? bytesOf(payload as string) : payload.length;
		const field = topic.field;
		const body = field.length + (qos ? 2 : 0) + length;
		const span = Store.span(body);
		if (span > outbox.spanMost) throw this.tooLong(topic, length, span, 0, payload);
		const place = outbox.place(span, 0);
		if (place === 0) return this.refuse();
		const id = this.begin(place, topic, qos);
		const at = outbox.bodyAt(place) + body - length;
		if (typeof payload === STRING) writeUtf8(payload as string, outbox.all, at);
		else outbox.all.set(payload as Uint8Array, at);
		outbox.add(place, id, (qos ? qos << 1 : 0) | (retain ? Mark.RETAIN : 0), body, 0);
		this.statistics.published++;
		this.open = false;
		this.flush();
		return id;
	}

	/** Publishes a message whose payload `fill` writes when its turn comes. */
	publishFrom(
		topic: Topic,
		total: number,
		fill: Fill,
		qos: QoS,
		retain: boolean,
		_properties?: Properties,
	): number {
		if ((this.flags & Flag.LENT) !== 0) return this.refuse();
		const { outbox } = this;
		const beside = topic.field.length + (qos === 0 ? 0 : 2);
		// All that stands before the payload goes out at once.
		if (beside + 5 > this.window.length) throw this.topicTooLong(topic, "packetSize", this.window.length);
		const body = beside + 6;
		const span = Store.span(body);
		if (span > outbox.spanMost) throw this.topicTooLong(topic, "storeSize", outbox.spanMost * 4);
		const place = outbox.place(span, 0);
		if (place === 0) return this.refuse();
		this.topic = NONE;
		const id = this.begin(place, topic, qos);
		outbox.putFill(outbox.bodyAt(place) + beside, total, fill);
		outbox.add(place, id, (qos << 1) | (retain ? Mark.RETAIN : 0) | Mark.PULLED, body, 0);
		this.statistics.published++;
		this.open = false;
		this.flush();
		return id;
	}

	/** Writes what stands before the payload into the store. */
	protected begin(place: number, topic: Topic, qos: QoS | undefined): number {
		const { outbox } = this;
		const { all } = outbox;
		let at = outbox.bodyAt(place);
		all.set(topic.field, at);
		if (!qos) return 0;
		at += topic.field.length;
		const id = outbox.nextId();
		all[at++] = id >> 8;
		all[at] = id;
		return id;
	}

	protected refuse(): number {
		this.statistics.refused++;
		this.topic = NONE;
		this.starved = true;
		this.outbox.watchRoom((this.flags & Flag.LENT) !== 0); // then there is room as soon as the payload is written
		if ((this.flags & Flag.LENT) !== 0) this.alarm.within(1);
		return NO_ROOM;
	}

	/** A listener waits for room, as after a refused publish. */
	awaitRoom(): void {
		if (this.starved) return;
		this.starved = true;
		this.outbox.watchRoom(false);
	}

	/** Room is reported. */
	endWait(): void {
		this.starved = false;
	}

	/** Throws when a message with so many bytes of payload does not fit the window, or the store. */
	checkSize(what: string, topic: Topic, qos: QoS, bytes: number): void {
		const { outbox } = this;
		const body = topic.field.length + (qos === 0 ? 0 : 2) + bytes;
		// See `payloadLimit`.
		const size = body + 1 + lengthBytes(body + 3);
		const { length } = this.window;
		if (size > length)
			throw new RangeError(
				`${what} takes up to ${size} bytes as a packet to the topic "${topic.name}": raise packetSize, which is ` +
					`${length}, to ${size}`,
			);
		const span = Store.span(body);
		if (span > outbox.spanMost)
			throw new RangeError(
				`${what} takes up to ${span * 4} bytes of the store, which has room for ${outbox.spanMost * 4}: raise storeSize ` +
					`to ${outbox.sizeFor(span)}`,
			);
	}

	protected tooLong(
		topic: Topic,
		length: number,
		span: number,
		owner: number,
		payload?: Uint8Array | string,
	): RangeError {
		const lone = typeof payload === STRING ? loneSurrogate(payload as string) : "";
		return new RangeError(
			`a payload of ${length} bytes does not fit: to the topic "${topic.name}" it takes ${span * 4} bytes of the ` +
				`store, which has room for ${this.outbox.spanFor(owner) * 4}; raise storeSize, or use publishFrom` +
				(lone && ` (the text has ${lone}, which counts as U+FFFD)`),
		);
	}

	protected topicTooLong(topic: Topic, option: string, bytes: number): RangeError {
		return new RangeError(
			`the topic "${topic.name}" does not fit: it leaves no room for a payload in ${bytes} bytes; raise ${option}`,
		);
	}

	// ---- the stream

	/**
	 * A new stream with `room`: CONNECT goes first, and alone until `resume`; with `pipelining` together with what was
	 * never sent and fits one segment (section 3.1.4).
	 */
	start(stream: Stream, room: number, connect: Uint8Array, pipelining: boolean): void {
		this.stream = stream;
		this.flags &= ~Flag.FAILED;
		this.writable = this.capacity = room;
		this.withheld = 0;
		this.dup = 0;
		this.rest = connect;
		if (pipelining && this.outbox.fresh)
			this.rest = this.joinWithConnect(connect, Math.min(room, Bytes.SEGMENT));
		this.flush();
	}

	/** CONNECT and what may follow it at once, as one array. */
	protected joinWithConnect(connect: Uint8Array, room: number): Uint8Array {
		const { outbox, subscriptions } = this;
		const packets = [connect];
		let length = connect.length;
		const add = (packet: Uint8Array) => {
			packets.push(packet);
			length += packet.length;
		};
		let next = subscriptions.nextPending();
		for (; next !== undefined; next = subscriptions.nextPending()) {
			const batch = subscriptions.batch(next);
			const id = outbox.nextId();
			const packet = this.encodePending(id, batch);
			if (length + packet.length > room) break;
			subscriptions.markSent(batch, id);
			add(packet);
		}
		while (next === undefined) {
			const at = outbox.next();
			if (at === 0 || (outbox.marksOf(at) & Mark.PULLED) !== 0) break;
			const size = this.composeWhole(at, room - length);
			if (size === 0) break;
			add(this.window.slice(0, size));
			outbox.markSent(at);
		}
		const all = newPacket(length);
		let at = 0;
		for (const packet of packets) {
			all.set(packet, at);
			at += packet.length;
		}
		return all;
	}

	/** The broker has accepted: everything else may go. */
	resume(sessionPresent: boolean): void {
		this.flags |= Flag.ACCEPTED;
		this.clear = this.rest === undefined;
		this.dup = sessionPresent ? First.DUP : 0;
	}

	/** No message is accepted any more; what is held is still sent. */
	finish(): void {
		this.flags |= Flag.CLOSED;
		this.open = false;
		this.topic = NONE;
	}

	/** The stream is gone. */
	stop(): void {
		this.stream = undefined;
		this.open = false;
		this.topic = NONE;
		this.clear = false;
		this.rest = undefined;
		this.partial = 0;
		this.flags &= ~(Flag.ACCEPTED | Flag.PING_DUE | Flag.SHORT);
		if (this.failure !== undefined) this.failure = undefined;
		this.outbox.clearAcknowledgements();
	}

	/** The stream has `room`. Returns how much of it came back, if something longer is on its way out: 0 if not. */
	makeRoom(room: number): number {
		const freed = room - this.writable - this.withheld;
		// Answers may queue behind what is still to leave. What leaves at once is no excuse for a late one.
		const leaving = this.inParts || room < this.capacity >> 1;
		this.writable = room;
		this.withheld = 0;
		if (room > this.capacity) this.capacity = room;
		return leaving ? freed : 0;
	}

	/** Whether something was sent since the last call. */
	takeMoved(): boolean {
		const { moved } = this;
		this.moved = false;
		return moved;
	}

	/** Believes again in room that a refused write seemed to have: no event may ever tell of it. */
	retry(): void {
		this.writable += this.withheld;
		this.withheld = 0;
	}

	/** Whether a packet is half sent. */
	get inParts(): boolean {
		return this.partial > 0 || this.rest !== undefined;
	}

	/** Whether something waits that could go if there were room. */
	get blocked(): boolean {
		if (this.open || this.stream === undefined) return false;
		if (this.inParts) return true;
		return (
			(this.flags & Flag.ACCEPTED) !== 0 &&
			((this.flags & Flag.PING_DUE) !== 0 ||
				this.outbox.acknowledgements > 0 ||
				this.subscriptions.pending ||
				this.outbox.ready)
		);
	}

	/** Whether nothing is left to send or to be acknowledged. */
	get done(): boolean {
		return this.clear && this.outbox.settled && this.outbox.acknowledgements === 0;
	}

	// ---- control packets

	/** Sends an acknowledgement now, or as soon as there is room. Not to be called while they are full. */
	acknowledge(first: number, id: number): void {
		if (this.clear && this.outbox.acknowledgements === 0 && this.writeFour(first, id)) return;
		// After the end none will ever go, and what is still unread must not wait for that.
		if ((this.flags & Flag.FAILED) !== 0) return;
		this.outbox.addAcknowledgement(first, id);
		this.open = false;
		this.topic = NONE;
		if (!this.liveness.watching) this.liveness.watch();
	}

	/** The stream has failed: no acknowledgement will go. */
	fail(): void {
		this.flags |= Flag.FAILED;
		this.outbox.clearAcknowledgements();
	}

	/** Sends PINGREQ now, or as soon as there is room. */
	ping(): void {
		if (this.clear && this.outbox.acknowledgements === 0 && this.writeTwo(PacketType.PINGREQ << 4)) return;
		this.flags |= Flag.PING_DUE;
		this.flush();
	}

	/** Sends DISCONNECT, if there is room and nothing is half sent. */
	disconnect(): boolean {
		return this.clear && this.writeTwo(PacketType.DISCONNECT << 4);
	}

	// ---- in order

	/** Sends what can be sent now. What then waits for room, or for an answer, is watched. */
	flush(): void {
		if ((this.flags & Flag.LENT) !== 0 || this.stream === undefined) return;
		const { outbox, liveness } = this;
		this.open = this.flushAll() && (this.flags & Flag.CLOSED) === 0 && !outbox.waiting;
		if (!liveness.watching && (outbox.awaits || this.blocked)) liveness.watch();
	}

	/** Sends all in order; false when something has to wait for room. */
	protected flushAll(): boolean {
		if (this.rest !== undefined && !this.writeRest()) return false;
		if ((this.flags & Flag.ACCEPTED) === 0) return false;
		const { outbox } = this;
		for (;;) {
			if (this.partial === 0 && !this.flushControl()) return false;
			const at = outbox.next();
			if (at === 0) return true;
			this.topic = NONE;
			if (!this.writeMessage(at)) return false;
			outbox.markSent(at);
		}
	}

	/** Sends control packets; false when one has to wait. */
	protected flushControl(): boolean {
		const { outbox } = this;
		while (outbox.acknowledgements > 0) {
			const first = outbox.firstAcknowledgement;
			if (!this.writeFour(first >>> 16, first & 0xffff)) return false;
			outbox.removeFirstAcknowledgement();
		}
		if ((this.flags & Flag.PING_DUE) !== 0) {
			if (!this.writeTwo(PacketType.PINGREQ << 4)) return false;
			this.flags &= ~Flag.PING_DUE;
		}
		if (this.subscriptions.pending && !this.flushSubscriptions()) return false;
		for (let id = outbox.nextRelease; id !== 0; id = outbox.nextRelease) {
			if (!this.writeFour(First.PUBREL, id)) return false;
			outbox.markReleaseSent();
		}
		return true;
	}

	protected flushSubscriptions(): boolean {
		const { subscriptions } = this;
		for (;;) {
			const next = subscriptions.nextPending();
			if (next === undefined) return true;
			this.topic = NONE;
			const id = this.outbox.nextId();
			const batch = subscriptions.batch(next);
			this.rest = this.encodePending(id, batch);
			subscriptions.markSent(batch, id);
			if (!this.liveness.watching) this.liveness.watch();
			if (!this.writeRest()) return false;
		}
	}

	/** The packet that asks for, or ends, all of `batch`. */
	protected encodePending(id: number, batch: readonly Subscription[]): Uint8Array {
		const filters: Uint8Array[] = [];
		const qos: QoS[] = [];
		for (let i = 0; i < batch.length; i++) {
			filters.push(fieldOf(batch[i]));
			qos.push(batch[i].qos);
		}
		return batch[0].state === Stage.WANTED
			? encodeSubscribe(id, filters, qos)
			: encodeUnsubscribe(id, filters);
	}

	/** Sends the record at `at`, or what is left of it; true when it is all sent. */
	protected writeMessage(at: number): boolean {
		const { outbox } = this;
		const body = outbox.bodyLength(at);
		if ((outbox.marksOf(at) & Mark.PULLED) !== 0) {
			const remaining = body - Layout.PULLED + outbox.pulledLength(at);
			return this.writePulled(at, 1 + lengthBytes(remaining), remaining);
		}
		const head = 1 + lengthBytes(body);
		const length = head + body;
		if (this.partial === 0 && length <= this.window.length && length <= this.capacity) {
			if (this.writable < length) return false;
			this.compose(at, head, body, body);
			return this.send(length);
		}
		return this.writePieces(at, head, body);
	}

	/** Begins the packet of a record in the window: its header of `head` bytes, and `count` of the bytes that follow. */
	protected compose(at: number, head: number, remaining: number, count: number): void {
		const { outbox, window } = this;
		const marks = outbox.marksOf(at);
		const dup = outbox.isBegun(at) && (marks & Mark.QOS) !== 0 ? this.dup : 0;
		window[0] = (PacketType.PUBLISH << 4) | dup | (marks & (Mark.QOS | Mark.RETAIN));
		writeLength(window, 1, remaining);
		const from = outbox.bodyAt(at);
		outbox.all.copyWithin(this.outbox.windowAt + head, from, from + count);
	}

	/** Composes all of a record's packet in the window; returns its length, 0 when it is over `limit` or does not fit. */
	protected composeWhole(at: number, limit: number): number {
		const body = this.outbox.bodyLength(at);
		const head = 1 + lengthBytes(body);
		const length = head + body;
		if (length > this.window.length || length > limit) return 0;
		this.compose(at, head, body, body);
		return length;
	}

	/** Composes the next `count` bytes of a record's packet in the window: its `partial` bytes in front are sent. */
	protected composePart(at: number, head: number, remaining: number, count: number): void {
		if (this.partial === 0) this.compose(at, head, remaining, count - head);
		else {
			const { outbox } = this;
			const from = outbox.bodyAt(at) + this.partial - head;
			outbox.all.copyWithin(outbox.windowAt, from, from + count);
		}
	}

	protected writePieces(at: number, head: number, body: number): boolean {
		const piece = Math.min(this.window.length, this.capacity);
		for (let left = head + body - this.partial; left > 0; left = head + body - this.partial) {
			const count = Math.min(left, piece);
			if (this.writable < count) return false;
			this.composePart(at, head, body, count);
			if (!this.sendPart(at, count)) return false;
		}
		return this.endParts();
	}

	/** Has the payload written to the front of the window, part by part; true when the packet is all sent. */
	protected writePulled(at: number, head: number, remaining: number): boolean {
		if ((this.flags & Flag.SHORT) !== 0) return false;
		const { window, stream } = this;
		const total = this.outbox.pulledLength(at);
		const before = head + remaining - total;
		while (this.partial < before) {
			// What was accepted in 3.1.1 may be a byte longer than the window in 5.0.
			const count = Math.min(before - this.partial, this.capacity, window.length);
			if (this.writable < count) return false;
			this.composePart(at, head, remaining, count);
			if (!this.sendPart(at, count)) return false;
		}
		for (let offset = this.partial - before; offset < total; offset = this.partial - before) {
			const filled = Math.min(total - offset, window.length);
			// Where the window is larger than the stream's room, waiting for all of that would cost a round trip each time.
			if (this.writable < Math.min(filled, this.capacity >> 1)) return false;
			const count = Math.min(filled, this.writable);
			if (this.pull(at, offset) !== filled) {
				if (stream === this.stream) this.flags |= Flag.SHORT;
				return false;
			}
			if (stream !== this.stream || !this.sendPart(at, count)) return false;
		}
		return this.endParts();
	}

	/** Runs the app's code within a packet. If it throws, nothing was filled. */
	protected pull(at: number, offset: number): number {
		const { stream } = this;
		this.flags |= Flag.LENT;
		try {
			return this.outbox.fillOf(at)(offset, this.window);
		} catch (error) {
			if (stream !== this.stream) throw error;
			this.failure = { error };
			return -1;
		} finally {
			this.flags &= ~Flag.LENT;
		}
	}

	/** Sends a part of a packet that stands in the window: from now on nothing comes between. */
	protected sendPart(at: number, count: number): boolean {
		if (!this.send(count)) return false;
		this.clear = false;
		this.outbox.begin(at);
		this.partial += count;
		this.liveness.handOver(count);
		return true;
	}

	protected endParts(): true {
		this.partial = 0;
		this.clear = true;
		return true;
	}

	/** Hands over the first `count` bytes of the window; false when the stream takes none. */
	protected send(count: number): boolean {
		const stream = this.stream!;
		if (stream.allocates) return this.write(new Uint8Array(this.buffer, this.outbox.windowAt, count));
		this.buffer.resize(this.outbox.windowAt + count);
		try {
			this.writable = stream.write(this.window) as number;
		} catch (error) {
			this.noteThrown(stream, error);
		}
		this.buffer.resize(this.size);
		if (!(this.writable >= 0)) return this.noteRefusal();
		this.moved = true;
		return true;
	}

	/** Hands over what is left of a control packet, as far as there is room; true when it is all sent. */
	protected writeRest(): boolean {
		this.clear = false;
		for (;;) {
			const rest = this.rest!;
			const { buffer, byteOffset } = rest;
			const room = Math.min(this.writable, this.capacity);
			// In one write, if the socket will ever have the room.
			if (room === 0 || (room < rest.length && room < this.capacity)) return false;
			if (!this.write(room < rest.length ? new Uint8Array(buffer, byteOffset, room) : rest)) return false;
			this.liveness.handOver(Math.min(room, rest.length));
			if (room >= rest.length) break;
			this.rest = new Uint8Array(buffer, byteOffset + room);
		}
		this.rest = undefined;
		this.clear = (this.flags & Flag.ACCEPTED) !== 0;
		return true;
	}

	protected writeFour(first: number, id: number): boolean {
		if (this.writable < 4) return false;
		const { control } = this;
		control[0] = first;
		control[1] = 2;
		control[2] = id >> 8;
		control[3] = id;
		return this.write(control);
	}

	protected writeTwo(first: number): boolean {
		if (this.writable < 2) return false;
		this.topic = NONE;
		this.window[0] = first;
		this.window[1] = 0;
		return this.send(2);
	}

	protected write(view: Uint8Array): boolean {
		const stream = this.stream!;
		try {
			this.writable = stream.write(view) as number;
		} catch (error) {
			this.noteThrown(stream, error);
		}
		if (!(this.writable >= 0)) return this.noteRefusal();
		this.moved = true;
		return true;
	}

	/**
	 * The stream threw, and `writable` is what it seemed to have: it has ended, or has no room after all: lwip has few
	 * segments. Runs while the window is short.
	 */
	protected noteThrown(stream: Stream | undefined, error: unknown): void {
		stream?.putBack?.();
		if (String((error as Partial<Error> | undefined)?.message).indexOf(NOT_READY) >= 0) {
			this.writable = Number.NaN;
			return;
		}
		this.withheld += this.writable;
		this.writable = NO_ROOM;
	}

	/** The stream has taken nothing. */
	protected noteRefusal(): false {
		// Else it has returned undefined, or has ended.
		if (this.writable === NO_ROOM) this.flags &= ~Flag.FAILED;
		else this.flags |= Flag.FAILED;
		this.writable = 0;
		this.alarm.within(Delay.RETRY);
		return false;
	}
}

/** Bytes of a text; a lone surrogate counts as the U+FFFD that is published in its place. */
export const bytesOf = (text: string): number => {
	const length = utf8Length(text);
	return length < 0 ? ~length : length;
};
