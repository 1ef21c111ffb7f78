// Bytes to packets (chapters 2 and 3), from a stream cut anywhere. Knows no session, no socket, no time.
// A field that is there whole is read straight into its place; a part of one goes through a small scratch buffer.

import { PacketType, SubackCode } from "./protocol.js";
import {
	CONNACK_CODE,
	CONNACK_FLAGS,
	CONNACK_SESSION,
	DUP_QOS_0,
	IDENTIFIER_ZERO,
	LENGTH,
	LENGTH_ENCODING,
	NOT_YET_CONNECTED,
	PACKET_TYPE,
	QOS_3,
	RESERVED_FLAGS,
	type Reason,
	SECOND_CONNACK,
	SUBACK_CODE,
	TOPIC_EMPTY,
} from "./reason.js";

/** Where bytes come from: an ECMA-419 socket, or whatever reads like one. */
export interface Source {
	/** Fills `view` from its start; returns how many bytes came, which may be fewer, or undefined when none are there. */
	read(view: Uint8Array): number | undefined;
}

/**
 * Gets packets. All state of the decoder is final before a call. Each returns whether decoding goes on;
 * after false, `decode` is to be called again when it may.
 */
export interface PacketSink {
	/** A whole PUBLISH at QoS 0: topic and payload are in the decoder's buffers until this returns. */
	onMessage(): boolean;
	/** A PUBLISH at QoS 0 or 1, or a part of one. */
	onPublish(): boolean;
	/** The same at QoS 2. */
	onPublishQos2(): boolean;
	onPuback(id: number): boolean;
	/** PUBREC, PUBREL, PUBCOMP or UNSUBACK. */
	onAcknowledgement(type: number, id: number): boolean;
	/** One of the `count` codes of a SUBACK, `index` from 0: granted QoS, or SUBSCRIPTION_REFUSED. */
	onSuback(id: number, code: number, index: number, count: number): boolean;
	onPingresp(): boolean;
	/** The peer broke a rule; nothing after it means anything. */
	onMalformed(reason: Reason): void;
	/** The source, or one of these, has thrown: decoding has stopped. */
	onThrown(error: unknown): void;
}

/** Why decoding must wait: bits of `blocks`. */
export const enum Block {
	DECODING = 1,
	/** The app has asked to wait with what comes. */
	PAUSED = 2,
	/** No more acknowledgements can wait for room. */
	NO_ANSWERS = 4,
	/** CONNACK has come, and its consequences go first. */
	CONNACKED = 8,
}

/** What is read next. */
export const enum Step {
	/** A packet begins, and none of it was read. */
	HEADER = 0,
	TOPIC_LENGTH = 1,
	TOPIC = 2,
	IDENTIFIER = 3,
	PAYLOAD = 4,
	WORD = 5,
	LENGTH_BYTE = 6,
	CODE = 7,
	SKIP_TOPIC = 8,
	STOPPED = 9,
	/** A packet begins; bytes of it may have been read. */
	HEADER_REST = 10,
	/** Steps of a subclass are from here on. */
	OTHER = 11,
}

export const enum Head {
	/** The first two bytes of a PUBACK, as the low half of a number: boards and computers are little-endian. */
	PUBACK = (2 << 8) | (PacketType.PUBACK << 4),
}

/**
 * Numbers at the front of the buffer, which a field each would take four times as much for: those that the fast path has
 * no need of.
 */
export const enum Cell {
	/** The four bytes of `quad` as one number, to compare. */
	HEAD = 0,
	/** Bytes of the current field that are in place. */
	GOT,
	/** Bytes of the payload that were handed over. */
	CONSUMED,
	WORD,
	TYPE,
	/** Bytes of the packet that are not read yet. */
	REMAINING,
	/** How far the next byte of a variable byte integer is shifted. */
	BITS,
	/** What of `quad` is not decoded yet: from here, to here. */
	AHEAD,
	AHEAD_END,
	/** 1: CONNACK has come. */
	CONNECTED,
	/** Cells of a subclass are from here on. */
	OTHER,
	COUNT = 16,
}

export const enum Bytes {
	/** Where the topic name begins in the buffer. */
	TOPIC_AT = Cell.COUNT << 2,
	/** Bytes of a field's part that go through the scratch buffer at a time. */
	SCRATCH = 32,
}

export class Decoder {
	// Hot fields first: XS looks for a field from the first one on.
	/** Bytes that the source has and that were not read yet. */
	available = 0;
	/** Why decoding must wait: PAUSED, NO_ANSWERS, for a CONNACK, or because it runs. 0: it need not. */
	blocks = 0;
	/** Where bytes come from; undefined: nowhere. */
	source: Source | undefined = undefined;
	/** The first four bytes of a packet. */
	protected readonly quad: Uint8Array;
	/** See Cell. */
	protected readonly cells: Int32Array;
	/** The head of the last PUBLISH, if it took the fast path: flags, topicLength, total are as it says. 0: none. */
	protected lastHead: number;
	protected step: number;
	protected readonly sink: PacketSink;

	// Of the current PUBLISH:
	/** Bytes of the topic name with what is read together with it: the packet identifier. */
	protected headLength: number;
	/** Bytes of the topic name; 0 when it was longer than the buffer and skipped. */
	topicLength: number;
	/** Fixed header flags: DUP 8, QoS 6, RETAIN 1. */
	flags: number;
	/** Packet identifier, 0 at QoS 0. */
	id: number;
	/** Where this part begins in the message, bytes. */
	offset: number;
	/** Bytes of this part. */
	partLength: number;
	/** Bytes of the whole message. */
	total: number;
	/** Topic name from its front, zero behind it. */
	readonly topic: Uint8Array;
	/** Payload of this part, from its front. */
	readonly payload: Uint8Array;

	/**
	 * All that is received goes into one buffer: quad with the other cells, topic, what a subclass reads behind it, a gap of eight bytes,
	 * payload, scratch. It is short for one read only, so that the view which is read into ends there.
	 */
	protected readonly buffer: ArrayBuffer;
	protected readonly size: number;
	/** Bytes of the current PUBLISH, all of it. */
	protected packetSize: number;
	protected readonly payloadAt: number;
	/** Bytes that have arrived since `takeArrived`. */
	protected arrived: number;
	protected readonly scratch: Uint8Array;

	/**
	 * `payloadSize` and `topicSize` in bytes; topicSize a multiple of 8.
	 * A longer payload comes in parts, a longer topic name is skipped.
	 * @param more bytes behind the topic name, for a subclass; a multiple of 8
	 */
	constructor(sink: PacketSink, payloadSize: number, topicSize: number, more = 0) {
		const payloadAt = Bytes.TOPIC_AT + topicSize + 8 + more;
		const scratchAt = payloadAt + payloadSize;
		const size = scratchAt + Bytes.SCRATCH;
		const buffer = new ArrayBuffer(size, { maxByteLength: size });
		this.quad = new Uint8Array(buffer, 0, 4);
		this.cells = new Int32Array(buffer, 0, Cell.COUNT);
		this.lastHead = 0;
		this.step = Step.STOPPED;
		this.sink = sink;
		this.headLength = 0;
		this.topicLength = 0;
		this.flags = 0;
		this.id = 0;
		this.offset = 0;
		this.partLength = 0;
		this.total = 0;
		this.topic = new Uint8Array(buffer, Bytes.TOPIC_AT);
		this.payload = new Uint8Array(buffer, payloadAt);
		this.buffer = buffer;
		this.size = size;
		this.packetSize = 0;
		this.payloadAt = payloadAt;
		this.arrived = 0;
		this.scratch = new Uint8Array(buffer, scratchAt);
	}

	/** Bytes of topic name that there is room for. */
	get topicSize(): number {
		return this.payloadAt - Bytes.TOPIC_AT - 8;
	}

	protected get scratchAt(): number {
		return this.size - Bytes.SCRATCH;
	}

	/** Bytes of payload that there is room for. */
	get payloadSize(): number {
		return this.scratchAt - this.payloadAt;
	}

	/** Eight bytes of the topic name at a time, zero behind it. */
	topicWords(): Float64Array {
		return new Float64Array(this.buffer, Bytes.TOPIC_AT, this.topicSize >> 3);
	}

	/** Begins with a new stream; forgets what the last one left half read. */
	start(source: Source): void {
		const { cells } = this;
		this.source = source;
		this.buffer.resize(this.size); // a read that threw has left it short
		cells[Cell.CONNECTED] = 0;
		this.step = Step.HEADER_REST;
		cells[Cell.GOT] = 0;
		cells[Cell.AHEAD] = cells[Cell.AHEAD_END] = 0;
		this.available = 0;
		this.topicLength = 0;
		this.lastHead = 0;
	}

	/** Whatever else arrives is not looked at. */
	stop(): void {
		this.source = undefined;
		this.step = Step.STOPPED;
		this.available = 0;
		this.arrived = 0;
		this.blocks &= ~(Block.NO_ANSWERS | Block.CONNACKED);
	}

	/** Decoding must wait, for this reason too. */
	block(reason: number): void {
		this.blocks |= reason;
	}

	/** It need not wait any more for this reason. */
	unblock(reason: number): void {
		this.blocks &= ~reason;
	}

	/** Bytes that have arrived since the last call. */
	takeArrived(): number {
		const { arrived } = this;
		this.arrived = 0;
		return arrived;
	}

	/** The source has `count` bytes in all: decodes until it is drained, the sink says to stop, or a rule is broken. */
	onReadable(count: number): void {
		this.arrived += count - this.available;
		this.available = count;
		if (this.blocks !== 0) return;
		this.blocks = Block.DECODING;
		const quad = this.quad;
		let more = true;
		try {
			while (this.available > 3 && this.step === Step.HEADER) {
				const source = this.source!;
				let got = source.read(quad);
				if (got !== 4) {
					this.noteShortRead(got);
					this.leaveFastPath(this.cells[Cell.GOT]);
					break;
				}
				const head = this.cells[Cell.HEAD];
				if (head !== this.lastHead) {
					this.available -= 4;
					if ((head & 0xffff) === Head.PUBACK) {
						const id = ((head >>> 8) & 0xff00) | (head >>> 24);
						if (id > 0 ? this.sink.onPuback(id) : this.reject(IDENTIFIER_ZERO)) continue;
						more = false;
						break;
					}
					if (!this.publishHead()) {
						if (this.acknowledgement()) continue;
						more = false;
						break;
					}
					this.available += 4;
				}
				// The fast path, for a short PUBLISH that is there whole: two reads behind its head, straight into their places.
				const available = this.available - this.packetSize;
				if (available < 0) {
					this.available -= 4;
					this.leaveFastPath(4);
					break;
				}
				const buffer = this.buffer;
				const length = this.headLength;
				buffer.resize(Bytes.TOPIC_AT + length);
				got = source.read(this.topic);
				buffer.resize(this.size);
				if (got !== length) {
					this.interruptHead(got, available + this.packetSize - 4);
					break;
				}
				if (this.flags > 1) {
					if (this.publishWithId(available)) continue;
					more = false;
					break;
				}
				const total = this.total;
				if (total > 0) {
					buffer.resize(this.payloadAt + total);
					got = source.read(this.payload);
					buffer.resize(this.size);
					if (got !== total) {
						this.interrupt(Step.PAYLOAD, got, available + total);
						break;
					}
				}
				this.available = available;
				if (this.sink.onMessage()) continue;
				more = false;
				break;
			}
			if (more) if (this.available > 0 || this.step !== Step.HEADER) this.decodeSlowly();
		} catch (error) {
			this.blocks &= ~Block.DECODING;
			this.sink.onThrown(error);
			return;
		}
		this.blocks &= ~Block.DECODING;
	}

	/** Whether CONNACK has come: decoding waits until `endConnack`. Its return code, and whether the session is present. */
	get connacked(): boolean {
		return (this.blocks & Block.CONNACKED) !== 0;
	}

	get connackCode(): number {
		return this.cells[Cell.WORD] & 0xff;
	}

	get sessionPresent(): boolean {
		return this.cells[Cell.WORD] >> 8 === 1;
	}

	/** CONNACK was dealt with: what is behind it may be decoded. */
	endConnack(): void {
		this.blocks &= ~Block.CONNACKED;
	}

	/** Goes on with what is left, if it may. */
	resume(): void {
		if (this.available > 0) this.onReadable(this.available);
	}

	/** At QoS 1 and 2, from the packet identifier on, which was read; behind the payload `available` bytes are left. */
	protected publishWithId(available: number): boolean {
		const topic = this.topic;
		const at = this.topicLength;
		const id = (topic[at] << 8) | topic[at + 1];
		if (id === 0) return this.reject(IDENTIFIER_ZERO);
		topic[at] = topic[at + 1] = 0;
		this.id = id;
		const total = this.total;
		if (total > 0) {
			const buffer = this.buffer;
			buffer.resize(this.payloadAt + total);
			const got = this.source!.read(this.payload);
			buffer.resize(this.size);
			if (got !== total) return this.interrupt(Step.PAYLOAD, got, available + total);
		}
		this.available = available;
		return this.flags > 3 ? this.sink.onPublishQos2() : this.sink.onPublish();
	}

	/** Only `got` bytes of the topic name and the packet identifier have come, of `available` that were announced. */
	protected interruptHead(got: number | undefined, available: number): void {
		const { topic, topicLength } = this;
		const more = (got ?? 0) - topicLength;
		this.interrupt(more > 0 ? Step.IDENTIFIER : Step.TOPIC, got, available);
		if (more <= 0) return;
		this.cells[Cell.WORD] =
			more > 1 ? (topic[topicLength] << 8) | topic[topicLength + 1] : topic[topicLength];
		topic[topicLength] = topic[topicLength + 1] = 0;
		this.cells[Cell.GOT] = more;
	}

	/**
	 * The four bytes of `quad` as the head of a short PUBLISH in one part, without DUP; false when they are
	 * something else. The next PUBLISH with the same head finds all this done.
	 */
	protected publishHead(): boolean {
		const quad = this.quad;
		const remaining = quad[1];
		const length = (quad[2] << 8) | quad[3];
		const flags = quad[0] & 15;
		const total = remaining - (flags > 1 ? 4 : 2) - length;
		this.lastHead = 0;
		if (quad[0] >> 4 !== PacketType.PUBLISH || flags > 5 || remaining > 127) return false;
		if (length === 0 || length > this.topicSize || total < 0 || total > this.payloadSize) return false;
		this.flags = flags;
		this.topicLength = length;
		this.headLength = flags > 1 ? length + 2 : length;
		this.id = 0;
		this.offset = 0;
		this.total = this.partLength = total;
		this.packetSize = remaining + 2;
		this.lastHead = this.cells[Cell.HEAD];
		return true;
	}

	/** The four bytes of `quad` as an acknowledgement at QoS 2; the slow path for what is none. */
	protected acknowledgement(): boolean {
		const quad = this.quad;
		const type = quad[0] >> 4;
		const id = (quad[2] << 8) | quad[3];
		if (type < PacketType.PUBREC || type > PacketType.PUBCOMP || quad[1] !== 2 || id === 0)
			return this.leaveFastPath(4);
		if ((quad[0] & 15) !== (type === PacketType.PUBREL ? 2 : 0)) return this.leaveFastPath(4);
		return this.sink.onAcknowledgement(type, id);
	}

	/** Leaves `count` bytes of `quad` to the slow path. */
	protected leaveFastPath(count: number): true {
		const { cells } = this;
		cells[Cell.AHEAD] = 0;
		cells[Cell.AHEAD_END] = count;
		cells[Cell.GOT] = 0;
		this.step = Step.HEADER_REST;
		return true;
	}

	/** The fast path ends within a field, before which `available` bytes were there. */
	protected interrupt(step: number, got: number | undefined, available: number): true {
		this.available = available;
		this.noteShortRead(got);
		this.cells[Cell.CONSUMED] = 0;
		this.step = step;
		return true;
	}

	/** A read returned fewer bytes than announced: they begin the current field, the rest will be announced again. */
	protected noteShortRead(got = 0): void {
		this.available = got === 0 ? 0 : this.available - got;
		this.cells[Cell.GOT] = got;
	}

	/** The slow path, from any state, with any part of a field. */
	protected decodeSlowly(): void {
		for (;;) {
			switch (this.step) {
				case Step.HEADER:
					if (this.available === 0) return;
					this.step = Step.HEADER_REST;
					break;
				case Step.TOPIC_LENGTH:
					if (!this.readWord() || !this.beginTopic()) return;
					break;
				case Step.TOPIC:
					if (!this.readField(this.topic, Bytes.TOPIC_AT, this.topicLength)) return;
					this.step = this.flags & 6 ? Step.IDENTIFIER : Step.PAYLOAD;
					break;
				case Step.IDENTIFIER:
					if (!this.readWord() || !this.identifier()) return;
					break;
				case Step.PAYLOAD:
					if (!this.part()) return;
					break;
				case Step.WORD:
					if (!this.readWord() || !this.takeWord()) return;
					break;
				case Step.LENGTH_BYTE:
					if (!this.lengthByte()) return;
					break;
				case Step.CODE:
					if (!this.code()) return;
					break;
				case Step.SKIP_TOPIC:
					if (!this.skip()) return;
					this.step = this.flags & 6 ? Step.IDENTIFIER : Step.PAYLOAD;
					break;
				case Step.HEADER_REST:
					if (!this.readWord() || !this.header()) return;
					break;
				default:
					if (!this.other()) return;
			}
		}
	}

	/** A step of a subclass; false when decoding must wait. */
	protected other(): boolean {
		return false;
	}

	/** Always false: decoding is over. */
	protected reject(reason: Reason): false {
		this.step = Step.STOPPED;
		this.sink.onMalformed(reason);
		return false;
	}

	protected header(): boolean {
		const { cells } = this;
		const word = cells[Cell.WORD];
		const first = word >> 8;
		const length = word & 0xff;
		cells[Cell.TYPE] = first >> 4;
		this.flags = first & 15;
		this.lastHead = 0;
		if (length < 128) {
			cells[Cell.REMAINING] = length;
			return this.dispatch();
		}
		cells[Cell.REMAINING] = length & 127;
		cells[Cell.BITS] = 7;
		this.step = Step.LENGTH_BYTE;
		return true;
	}

	protected lengthByte(): boolean {
		const { cells } = this;
		const byte = this.readByte();
		if (byte < 0) return false;
		const bits = cells[Cell.BITS];
		cells[Cell.REMAINING] += (byte & 127) << bits;
		if (byte < 128) return this.dispatch();
		if (bits === 21) return this.reject(LENGTH_ENCODING);
		cells[Cell.BITS] = bits + 7;
		return true;
	}

	/** The fixed header is whole: checks it against its packet type (sections 2.2.1 to 2.2.3). */
	protected dispatch(): boolean {
		const { cells } = this;
		const type = cells[Cell.TYPE];
		const flags = this.flags;
		if (!cells[Cell.CONNECTED] && type !== PacketType.CONNACK) return this.reject(NOT_YET_CONNECTED);
		if (type === PacketType.PUBLISH) {
			if ((flags & 6) === 6) return this.reject(QOS_3);
			if ((flags & 14) === 8) return this.reject(DUP_QOS_0);
			if (cells[Cell.REMAINING] < 3) return this.reject(LENGTH);
			this.step = Step.TOPIC_LENGTH;
			return true;
		}
		const remaining = cells[Cell.REMAINING];
		let least = 2;
		if (type === PacketType.PINGRESP) least = 0;
		else if (type === PacketType.SUBACK) least = 3;
		else if (type < PacketType.CONNACK || (type > PacketType.PUBCOMP && type !== PacketType.UNSUBACK))
			return this.reject(PACKET_TYPE);
		if (flags !== (type === PacketType.PUBREL ? 2 : 0)) return this.reject(RESERVED_FLAGS);
		// SUBACK has a code for each filter.
		if (remaining !== least && (type !== PacketType.SUBACK || remaining < least)) return this.reject(LENGTH);
		if (remaining > 0) {
			this.step = Step.WORD;
			return true;
		}
		this.step = cells[Cell.AHEAD] < cells[Cell.AHEAD_END] ? Step.HEADER_REST : Step.HEADER;
		return this.sink.onPingresp();
	}

	protected beginTopic(): boolean {
		const { cells } = this;
		const length = cells[Cell.WORD];
		const total = cells[Cell.REMAINING] - 2 - length - (this.flags & 6 ? 2 : 0);
		if (total < 0) return this.reject(LENGTH);
		if (length === 0) return this.reject(TOPIC_EMPTY);
		this.id = 0;
		this.total = total;
		cells[Cell.CONSUMED] = 0;
		if (length > this.topicSize) {
			this.topicLength = 0;
			cells[Cell.REMAINING] = length;
			this.step = Step.SKIP_TOPIC;
		} else {
			this.topicLength = length;
			this.step = Step.TOPIC;
		}
		return true;
	}

	protected identifier(): boolean {
		this.id = this.cells[Cell.WORD];
		if (this.id === 0) return this.reject(IDENTIFIER_ZERO);
		this.step = Step.PAYLOAD;
		return true;
	}

	/** Reads and hands over what fits the payload buffer: all of the message, or a part of it. */
	protected part(): boolean {
		const { cells } = this;
		const offset = cells[Cell.CONSUMED];
		let length = this.total - offset;
		if (length > this.payloadSize) length = this.payloadSize;
		if (!this.readField(this.payload, this.payloadAt, length)) return false;
		this.offset = offset;
		this.partLength = length;
		cells[Cell.CONSUMED] = offset + length;
		if (cells[Cell.CONSUMED] === this.total) this.step = Step.HEADER;
		return this.flags & 4 ? this.sink.onPublishQos2() : this.sink.onPublish();
	}

	/** Two bytes after the fixed header, which are all of it but for SUBACK. */
	protected takeWord(): boolean {
		const { cells } = this;
		const word = cells[Cell.WORD];
		const type = cells[Cell.TYPE];
		if (type === PacketType.CONNACK) {
			const code = word & 0xff;
			if (word >> 9) return this.reject(CONNACK_FLAGS);
			if (code > 5) return this.reject(CONNACK_CODE);
			if (code > 0 && word >> 8) return this.reject(CONNACK_SESSION);
			if (cells[Cell.CONNECTED]) return this.reject(SECOND_CONNACK);
			this.step = Step.HEADER;
			cells[Cell.CONNECTED] = 1;
			this.blocks |= Block.CONNACKED;
			return false;
		}
		if (word === 0) return this.reject(IDENTIFIER_ZERO);
		if (type === PacketType.SUBACK) {
			this.id = word;
			this.total = cells[Cell.REMAINING] - 2;
			cells[Cell.CONSUMED] = 0;
			this.step = Step.CODE;
			return true;
		}
		this.step = Step.HEADER;
		return type === PacketType.PUBACK ? this.sink.onPuback(word) : this.sink.onAcknowledgement(type, word);
	}

	protected code(): boolean {
		const code = this.readByte();
		if (code < 0) return false;
		if (code > 2 && code !== SubackCode.REFUSED) return this.reject(SUBACK_CODE);
		const index = this.cells[Cell.CONSUMED]++;
		if (this.cells[Cell.CONSUMED] === this.total) this.step = Step.HEADER;
		return this.sink.onSuback(this.id, code, index, this.total);
	}

	/** The next byte, or -1 when it is not there yet. */
	protected readByte(): number {
		const { cells } = this;
		if (cells[Cell.AHEAD] < cells[Cell.AHEAD_END]) return this.quad[cells[Cell.AHEAD]++];
		return this.readScratch(1) === 0 ? -1 : this.scratch[0];
	}

	/** The next two bytes into WORD; false when they are not there yet. */
	protected readWord(): boolean {
		const { cells, scratch } = this;
		let got = cells[Cell.GOT];
		while (got < 2) {
			const ahead = cells[Cell.AHEAD];
			let count = 1;
			if (ahead < cells[Cell.AHEAD_END]) {
				scratch[0] = this.quad[ahead];
				cells[Cell.AHEAD] = ahead + 1;
			} else count = this.readScratch(2 - got);
			if (count === 0) {
				cells[Cell.GOT] = got;
				return false;
			}
			cells[Cell.WORD] =
				count > 1 ? (scratch[0] << 8) | scratch[1] : ((cells[Cell.WORD] << 8) | scratch[0]) & 0xffff;
			got += count;
		}
		cells[Cell.GOT] = 0;
		return true;
	}

	/** `length` bytes to the front of `field`, which begins at `at`, zero behind them; false when not all are there yet. */
	protected readField(field: Uint8Array, at: number, length: number): boolean {
		const { cells, buffer, size } = this;
		if (cells[Cell.GOT] === 0) {
			if (length === 0) return true;
			const whole = this.available >= length;
			buffer.resize(whole ? at + length : at);
			const got = whole ? this.source!.read(field) : undefined;
			buffer.resize(size);
			if (got === length) {
				this.available -= length;
				return true;
			}
			if (whole) this.noteShortRead(got);
		}
		const from = this.scratchAt - at;
		while (cells[Cell.GOT] < length) {
			const count = this.readScratch(length - cells[Cell.GOT]);
			if (count === 0) return false;
			field.copyWithin(cells[Cell.GOT], from, from + count);
			cells[Cell.GOT] += count;
		}
		cells[Cell.GOT] = 0;
		return true;
	}

	/** Reads away a topic name that is longer than its buffer; `remaining` counts down. */
	protected skip(): boolean {
		const { cells } = this;
		while (cells[Cell.REMAINING] > 0) {
			const count = this.readScratch(cells[Cell.REMAINING]);
			if (count === 0) return false;
			cells[Cell.REMAINING] -= count;
		}
		return true;
	}

	/** Up to `most` bytes to the front of the scratch buffer; returns how many came. */
	protected readScratch(most: number): number {
		const { available } = this;
		if (available === 0) return 0;
		let count = available;
		if (count > most) count = most;
		if (count > Bytes.SCRATCH) count = Bytes.SCRATCH;
		this.buffer.resize(this.scratchAt + count);
		count = this.source!.read(this.scratch) ?? 0;
		this.buffer.resize(this.size);
		this.available = count === 0 ? 0 : available - count;
		return count;
	}
}
