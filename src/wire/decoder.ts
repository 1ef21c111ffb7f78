// Bytes to packets (chapters 2 and 3), from a stream cut anywhere. Knows no session, no socket, no time.
// A field that is there whole is read straight into its place; a part of one goes through a small scratch buffer.

import { PacketBuffer } from "./packet-buffer.js";
import {
	CONNACK,
	PINGRESP,
	PUBACK,
	PUBCOMP,
	PUBLISH,
	PUBREC,
	PUBREL,
	SUBACK,
	SUBSCRIPTION_REFUSED,
	UNSUBACK,
} from "./protocol.js";
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
	SUBACK_CODE,
	TOPIC_EMPTY,
} from "./reason.js";

/** Where bytes come from: an ECMA-419 socket, or whatever reads like one. */
export interface Source {
	/** Fills `view` from its start; returns how many bytes came, which may be fewer, or undefined when none are there. */
	read(view: Uint8Array): number | undefined;
}

/**
 * Who hears of packets. All state of the decoder is final before a call. Each returns whether decoding goes on;
 * after false, `decode` is to be called again when it may.
 */
export interface PacketSink {
	/** A part of a PUBLISH at QoS 0 or 1: topic and payload are in the decoder's buffers until this returns. */
	onPublish(): boolean;
	/** The same at QoS 2. */
	onPublishQos2(): boolean;
	onConnack(sessionPresent: boolean, code: number): boolean;
	onPuback(id: number): boolean;
	/** PUBREC, PUBREL, PUBCOMP or UNSUBACK. */
	onAcknowledgement(type: number, id: number): boolean;
	/** One of the `count` codes of a SUBACK, `index` from 0: granted QoS, or SUBSCRIPTION_REFUSED. */
	onSuback(id: number, code: number, index: number, count: number): boolean;
	onPingresp(): boolean;
	/** The peer broke a rule; nothing after it means anything. */
	onMalformed(reason: Reason): void;
}

// What is read next. The frequent ones come first: XS tries the cases of a switch in order. In one object, because each
// constant of the module takes a slot of stack in every frame that uses it.
const Step = Object.freeze({
	/** A packet begins, and none of it was read. */
	HEADER: 0,
	TOPIC_LENGTH: 1,
	TOPIC: 2,
	IDENTIFIER: 3,
	PAYLOAD: 4,
	WORD: 5,
	LENGTH_BYTE: 6,
	CODE: 7,
	SKIP_TOPIC: 8,
	STOPPED: 9,
	/** A packet begins; bytes of it may have been read. */
	HEADER_REST: 10,
});
const { HEADER } = Step;

const SCRATCH = 64;

export class Decoder {
	// Of the PUBLISH at hand:
	/** Payload of this part, from offset 0. */
	readonly payload: PacketBuffer;
	/** Topic name, zero behind its end. */
	readonly topic: PacketBuffer;
	/** Bytes of the topic name; 0 when it was longer than the buffer and skipped. */
	topicLength = 0;
	/** Fixed header flags: DUP 8, QoS 6, RETAIN 1. */
	flags = 0;
	/** Packet identifier, 0 at QoS 0. */
	id = 0;
	/** Where this part begins in the message, bytes. */
	offset = 0;
	/** Bytes of this part. */
	partLength = 0;
	/** Bytes of the whole message. */
	total = 0;

	/** Bytes that the source has and that were not read yet: to be set when it announces some, before `decode`. */
	available = 0;

	private readonly sink: PacketSink;
	private source: Source | undefined;
	private step: number = Step.STOPPED;
	private type = 0;
	private remaining = 0;
	private bits = 0;
	/** Bytes of the field at hand that are in place. */
	private got = 0;
	/** Bytes of the payload that were handed over. */
	private consumed = 0;
	private word = 0;
	/** The first four bytes of a packet, or what of them is not decoded yet: from `ahead` to `aheadEnd`. */
	private readonly quad = new Uint8Array(4);
	/** The same as one number, to compare. */
	private readonly head = new Int32Array(this.quad.buffer);
	/** The head of the last PUBLISH, if it went the short way: flags, topicLength, total are as it says. 0: none. */
	private lastHead = 0;
	/** Bytes of that PUBLISH, all of it. */
	private size = 0;
	private readonly pair = new Uint8Array(2);
	/** CONNACK has come. */
	private connected = false;
	private ahead = 0;
	private aheadEnd = 0;
	private readonly single = new Uint8Array(1);
	private readonly scratch = new PacketBuffer(SCRATCH);

	/**
	 * `payloadSize` and `topicSize` in bytes; topicSize a multiple of 8.
	 * A longer payload comes in parts, a longer topic name is skipped.
	 */
	constructor(sink: PacketSink, payloadSize: number, topicSize: number) {
		this.sink = sink;
		this.payload = new PacketBuffer(payloadSize);
		this.topic = new PacketBuffer(topicSize);
	}

	/** Begins with a new stream; forgets what the last one left half read. */
	start(source: Source): void {
		this.source = source;
		this.connected = false;
		this.step = Step.HEADER_REST;
		this.got = 0;
		this.ahead = this.aheadEnd = 0;
		this.available = 0;
		this.topicLength = 0;
		this.lastHead = 0;
	}

	/** Whatever else arrives is not looked at. */
	stop(): void {
		this.source = undefined;
		this.step = Step.STOPPED;
		this.available = 0;
	}

	/** Decodes until the source is drained, the sink says to stop, or a rule is broken. Throws what the source throws. */
	decode(): void {
		while (this.available > 3 && this.step === HEADER) if (!this.packet()) return;
		if (this.available > 0 || this.step !== HEADER) this.crawl();
	}

	/**
	 * The short way, for a short packet that is there whole: a read for each field, straight into its place. What is
	 * not such a packet is left to the long way. False when decoding is not to go on.
	 */
	private packet(): boolean {
		const source = this.source!;
		let got = source.read(this.quad);
		if (got !== 4) {
			this.short(got);
			return this.longWay(this.got);
		}
		if (this.head[0] !== this.lastHead) {
			const quad = this.quad;
			this.available -= 4;
			if (quad[0] === PUBACK << 4 && quad[1] === 2) {
				const id = (quad[2] << 8) | quad[3];
				return id > 0 ? this.sink.onPuback(id) : this.malformed(IDENTIFIER_ZERO);
			}
			if (!this.publishHead()) return this.acknowledgement();
			this.available += 4;
		}
		const available = this.available - this.size;
		if (available < 0) {
			this.available -= 4;
			return this.longWay(4);
		}
		const topic = this.topic;
		const length = this.topicLength;
		topic.buffer.resize(length);
		got = source.read(topic.bytes);
		topic.buffer.resize(topic.size);
		if (got !== length) return this.interrupted(Step.TOPIC, got, available + this.size - 4);
		const flags = this.flags;
		if (flags > 1) {
			const pair = this.pair;
			got = source.read(pair);
			this.word = pair[0];
			if (got !== 2) return this.interrupted(Step.IDENTIFIER, got, available + this.size - 4 - length);
			this.word = (pair[0] << 8) | pair[1];
			if (!this.identifier()) return false;
			this.step = HEADER;
		}
		const total = this.total;
		if (total > 0) {
			const payload = this.payload;
			payload.buffer.resize(total);
			got = source.read(payload.bytes);
			payload.buffer.resize(payload.size);
			if (got !== total) return this.interrupted(Step.PAYLOAD, got, available + total);
		}
		this.available = available;
		return flags > 3 ? this.sink.onPublishQos2() : this.sink.onPublish();
	}

	/**
	 * The four bytes of `quad` as the head of a short PUBLISH in one part, without DUP; false when they are
	 * something else. The next PUBLISH with the same head finds all this done.
	 */
	private publishHead(): boolean {
		const quad = this.quad;
		const remaining = quad[1];
		const length = (quad[2] << 8) | quad[3];
		const flags = quad[0] & 15;
		const total = remaining - (flags > 1 ? 4 : 2) - length;
		this.lastHead = 0;
		if (quad[0] >> 4 !== PUBLISH || flags > 5 || remaining > 127) return false;
		if (length === 0 || length > this.topic.size || total < 0 || total > this.payload.size) return false;
		this.flags = flags;
		this.topicLength = length;
		this.id = 0;
		this.offset = 0;
		this.total = this.partLength = total;
		this.size = remaining + 2;
		this.lastHead = this.head[0];
		return true;
	}

	/** The four bytes of `quad` as an acknowledgement at QoS 2; the long way for what is none. */
	private acknowledgement(): boolean {
		const quad = this.quad;
		const type = quad[0] >> 4;
		const id = (quad[2] << 8) | quad[3];
		if (type < PUBREC || type > PUBCOMP || quad[1] !== 2 || id === 0) return this.longWay(4);
		if ((quad[0] & 15) !== (type === PUBREL ? 2 : 0)) return this.longWay(4);
		return this.sink.onAcknowledgement(type, id);
	}

	/** Leaves `count` bytes of `quad` to the long way. */
	private longWay(count: number): true {
		this.ahead = 0;
		this.aheadEnd = count;
		this.got = 0;
		this.step = Step.HEADER_REST;
		return true;
	}

	/** The short way ends in the midst of a field, before which `available` bytes were there. */
	private interrupted(step: number, got: number | undefined, available: number): true {
		this.available = available;
		this.short(got);
		this.consumed = 0;
		this.step = step;
		return true;
	}

	/** A read has given fewer bytes than were announced: they begin the field at hand, the rest will be announced anew. */
	private short(got = 0): void {
		this.available = got === 0 ? 0 : this.available - got;
		this.got = got;
	}

	/** The long way, from any state, with any part of a field. */
	private crawl(): void {
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
					if (!this.fill(this.topic, this.topicLength)) return;
					this.step = this.flags & 6 ? Step.IDENTIFIER : Step.PAYLOAD;
					break;
				case Step.IDENTIFIER:
					if (!this.readWord() || !this.identifier()) return;
					break;
				case Step.PAYLOAD:
					if (!this.part()) return;
					break;
				case Step.WORD:
					if (!this.readWord() || !this.body()) return;
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
					return;
			}
		}
	}

	/** Always false: decoding is over. */
	private malformed(reason: Reason): false {
		this.step = Step.STOPPED;
		this.sink.onMalformed(reason);
		return false;
	}

	private header(): boolean {
		const first = this.word >> 8;
		const length = this.word & 0xff;
		this.type = first >> 4;
		this.flags = first & 15;
		this.lastHead = 0;
		if (length < 128) {
			this.remaining = length;
			return this.dispatch();
		}
		this.remaining = length & 127;
		this.bits = 7;
		this.step = Step.LENGTH_BYTE;
		return true;
	}

	private lengthByte(): boolean {
		const byte = this.readByte();
		if (byte < 0) return false;
		const { bits } = this;
		this.remaining += (byte & 127) << bits;
		if (byte < 128) return this.dispatch();
		if (bits === 21) return this.malformed(LENGTH_ENCODING);
		this.bits = bits + 7;
		return true;
	}

	/** The fixed header is whole: checks it against its packet type (sections 2.2.1 to 2.2.3). */
	private dispatch(): boolean {
		const type = this.type;
		const flags = this.flags;
		if (!this.connected && type !== CONNACK) return this.malformed(NOT_YET_CONNECTED);
		if (type === PUBLISH) {
			if ((flags & 6) === 6) return this.malformed(QOS_3);
			if ((flags & 14) === 8) return this.malformed(DUP_QOS_0);
			if (this.remaining < 3) return this.malformed(LENGTH);
			this.step = Step.TOPIC_LENGTH;
			return true;
		}
		const remaining = this.remaining;
		let least = 2;
		if (type === PINGRESP) least = 0;
		else if (type === SUBACK) least = 3;
		else if (type < CONNACK || (type > PUBCOMP && type !== UNSUBACK)) return this.malformed(PACKET_TYPE);
		if (flags !== (type === PUBREL ? 2 : 0)) return this.malformed(RESERVED_FLAGS);
		// SUBACK has a code for each filter.
		if (remaining !== least && (type !== SUBACK || remaining < least)) return this.malformed(LENGTH);
		if (remaining > 0) {
			this.step = Step.WORD;
			return true;
		}
		this.step = this.ahead < this.aheadEnd ? Step.HEADER_REST : Step.HEADER;
		return this.sink.onPingresp();
	}

	private beginTopic(): boolean {
		const length = this.word;
		const total = this.remaining - 2 - length - (this.flags & 6 ? 2 : 0);
		if (total < 0) return this.malformed(LENGTH);
		if (length === 0) return this.malformed(TOPIC_EMPTY);
		this.id = 0;
		this.total = total;
		this.consumed = 0;
		if (length > this.topic.size) {
			this.topicLength = 0;
			this.remaining = length;
			this.step = Step.SKIP_TOPIC;
		} else {
			this.topicLength = length;
			this.step = Step.TOPIC;
		}
		return true;
	}

	private identifier(): boolean {
		this.id = this.word;
		if (this.id === 0) return this.malformed(IDENTIFIER_ZERO);
		this.step = Step.PAYLOAD;
		return true;
	}

	/** Reads and hands over what fits the payload buffer: all of the message, or a part of it. */
	private part(): boolean {
		const offset = this.consumed;
		const payload = this.payload;
		let length = this.total - offset;
		if (length > payload.size) length = payload.size;
		if (!this.fill(payload, length)) return false;
		this.offset = offset;
		this.partLength = length;
		this.consumed = offset + length;
		if (this.consumed === this.total) this.step = Step.HEADER;
		return this.flags & 4 ? this.sink.onPublishQos2() : this.sink.onPublish();
	}

	/** Two bytes after the fixed header, which are all of it but for SUBACK. */
	private body(): boolean {
		const word = this.word;
		const type = this.type;
		if (type === CONNACK) {
			const code = word & 0xff;
			if (word >> 9) return this.malformed(CONNACK_FLAGS);
			if (code > 5) return this.malformed(CONNACK_CODE);
			if (code > 0 && word >> 8) return this.malformed(CONNACK_SESSION);
			this.step = Step.HEADER;
			this.connected = true;
			return this.sink.onConnack(word >> 8 === 1, code);
		}
		if (word === 0) return this.malformed(IDENTIFIER_ZERO);
		if (type === SUBACK) {
			this.id = word;
			this.total = this.remaining - 2;
			this.consumed = 0;
			this.step = Step.CODE;
			return true;
		}
		this.step = Step.HEADER;
		return type === PUBACK ? this.sink.onPuback(word) : this.sink.onAcknowledgement(type, word);
	}

	private code(): boolean {
		const code = this.readByte();
		if (code < 0) return false;
		if (code > 2 && code !== SUBSCRIPTION_REFUSED) return this.malformed(SUBACK_CODE);
		const index = this.consumed++;
		if (this.consumed === this.total) this.step = Step.HEADER;
		return this.sink.onSuback(this.id, code, index, this.total);
	}

	/** The next byte, or -1 when it is not there yet. */
	private readByte(): number {
		if (this.ahead < this.aheadEnd) return this.quad[this.ahead++];
		if (this.available === 0) return -1;
		const single = this.single;
		if (this.source!.read(single) !== 1) {
			this.available = 0;
			return -1;
		}
		this.available--;
		return single[0];
	}

	/** The next two bytes into `word`; false when they are not there yet. */
	private readWord(): boolean {
		while (this.got < 2) {
			const byte = this.readByte();
			if (byte < 0) return false;
			this.word = ((this.word << 8) | byte) & 0xffff;
			this.got++;
		}
		this.got = 0;
		return true;
	}

	/** `length` bytes to the front of `field`, zero behind them; false when not all are there yet. */
	private fill(field: PacketBuffer, length: number): boolean {
		if (this.got === 0) {
			if (length === 0) return true;
			const whole = this.available >= length;
			const buffer = field.buffer;
			buffer.resize(whole ? length : 0);
			const got = whole ? this.source!.read(field.bytes) : undefined;
			buffer.resize(field.size);
			if (got === length) {
				this.available -= length;
				return true;
			}
			if (whole) this.short(got);
		}
		const scratch = this.scratch;
		while (this.got < length) {
			const count = this.readScratch(length - this.got);
			if (count === 0) return false;
			scratch.buffer.resize(count);
			field.bytes.set(scratch.bytes, this.got);
			scratch.buffer.resize(SCRATCH);
			this.got += count;
		}
		this.got = 0;
		return true;
	}

	/** Reads away a topic name that is longer than its buffer; `remaining` counts down. */
	private skip(): boolean {
		while (this.remaining > 0) {
			const count = this.readScratch(this.remaining);
			if (count === 0) return false;
			this.remaining -= count;
		}
		return true;
	}

	/** Up to `most` bytes to the front of the scratch buffer; returns how many came. */
	private readScratch(most: number): number {
		let count = Math.min(most, this.available, SCRATCH);
		if (count === 0) return 0;
		const scratch = this.scratch;
		scratch.buffer.resize(count);
		count = this.source!.read(scratch.bytes) ?? 0;
		scratch.buffer.resize(SCRATCH);
		this.available = count === 0 ? 0 : this.available - count;
		return count;
	}
}
