// Bytes to packets (chapters 2 and 3), from a stream cut anywhere. Knows no session, no socket, no time.
// A field that is there whole is read straight into its place; a part of one goes through a small scratch buffer.

import { PacketBuffer } from "./packet-buffer.js";
import {
	CONNACK,
	PINGRESP,
	PUBCOMP,
	PUBLISH,
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
	PACKET_TYPE,
	QOS_3,
	RESERVED_FLAGS,
	type Reason,
	SUBACK_CODE,
	TOPIC_EMPTY,
} from "./reason.js";

/** Where bytes come from. */
export interface Source {
	/** Bytes that are there, not yet read. */
	readonly readable: number;
	/** Fills `view` from its start; returns how many bytes came, 0 when there are none after all. */
	read(view: Uint8Array): number;
}

/**
 * Who hears of packets. All state of the decoder is final before a call. Each returns whether decoding goes on;
 * after false, `decode` is to be called again when it may.
 */
export interface PacketSink {
	/** A part of a PUBLISH: topic and payload are in the decoder's buffers until this returns. */
	onPublish(): boolean;
	onConnack(sessionPresent: boolean, code: number): boolean;
	/** PUBACK, PUBREC, PUBREL, PUBCOMP or UNSUBACK. */
	onAcknowledgement(type: number, id: number): boolean;
	/** `code`: granted QoS, or SUBSCRIPTION_REFUSED. */
	onSuback(id: number, code: number): boolean;
	onPingresp(): boolean;
	/** The peer broke a rule; nothing after it means anything. */
	onMalformed(reason: Reason): void;
}

// What is read next. The frequent ones come first: XS tries the cases of a switch in order.
const HEADER = 0;
const TOPIC_LENGTH = 1;
const TOPIC = 2;
const IDENTIFIER = 3;
const PAYLOAD = 4;
const WORD = 5;
const LENGTH_BYTE = 6;
const CODE = 7;
const SKIP_TOPIC = 8;
const STOPPED = 9;

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

	readonly #sink: PacketSink;
	#source: Source | undefined;
	#step = STOPPED;
	#type = 0;
	#remaining = 0;
	#shift = 0;
	/** Bytes of the field at hand that are in place. */
	#got = 0;
	/** Bytes of the payload that were handed over. */
	#consumed = 0;
	#word = 0;
	readonly #pair = new Uint8Array(2);
	readonly #single = new Uint8Array(1);
	readonly #scratch = new PacketBuffer(SCRATCH);

	/**
	 * `payloadSize` and `topicSize` in bytes; topicSize a multiple of 8.
	 * A longer payload comes in parts, a longer topic name is skipped.
	 */
	constructor(sink: PacketSink, payloadSize: number, topicSize: number) {
		this.#sink = sink;
		this.payload = new PacketBuffer(payloadSize);
		this.topic = new PacketBuffer(topicSize);
	}

	/** Begins with a new stream; forgets what the last one left half read. */
	start(source: Source): void {
		this.#source = source;
		this.#step = HEADER;
		this.#got = 0;
		this.topicLength = 0;
	}

	/** Whatever else arrives is not looked at. */
	stop(): void {
		this.#source = undefined;
		this.#step = STOPPED;
	}

	/** Decodes until the source is drained, the sink says to stop, or a rule is broken. */
	decode(): void {
		for (;;) {
			switch (this.#step) {
				case HEADER:
					if (!this.#readPair()) return;
					if (!this.#header()) return;
					break;
				case TOPIC_LENGTH:
					if (!this.#readPair()) return;
					if (!this.#topicLength()) return;
					break;
				case TOPIC:
					if (!this.#fill(this.topic, this.topicLength)) return;
					this.#step = this.flags & 6 ? IDENTIFIER : PAYLOAD;
					break;
				case IDENTIFIER:
					if (!this.#readPair()) return;
					this.id = this.#word;
					if (this.#word === 0) {
						this.#malformed(IDENTIFIER_ZERO);
						return;
					}
					this.#step = PAYLOAD;
					break;
				case PAYLOAD:
					if (!this.#part()) return;
					break;
				case WORD:
					if (!this.#readPair()) return;
					if (this.#type === SUBACK) {
						if (this.#word === 0) {
							this.#malformed(IDENTIFIER_ZERO);
							return;
						}
						this.#step = CODE;
					} else if (!this.#short()) return;
					break;
				case LENGTH_BYTE:
					if (!this.#readSingle()) return;
					if (!this.#lengthByte()) return;
					break;
				case CODE:
					if (!this.#readSingle()) return;
					if (!this.#code()) return;
					break;
				case SKIP_TOPIC:
					if (!this.#skip()) return;
					this.#step = this.flags & 6 ? IDENTIFIER : PAYLOAD;
					break;
				default:
					return;
			}
		}
	}

	#malformed(reason: Reason): void {
		this.#step = STOPPED;
		this.#sink.onMalformed(reason);
	}

	#header(): boolean {
		const first = this.#pair[0];
		const length = this.#pair[1];
		this.#type = first >> 4;
		this.flags = first & 15;
		if (length < 128) {
			this.#remaining = length;
			return this.#dispatch();
		}
		this.#remaining = length & 127;
		this.#shift = 7;
		this.#step = LENGTH_BYTE;
		return true;
	}

	#lengthByte(): boolean {
		const byte = this.#single[0];
		const shift = this.#shift;
		this.#remaining += (byte & 127) << shift;
		if (byte < 128) return this.#dispatch();
		if (shift === 21) {
			this.#malformed(LENGTH_ENCODING);
			return false;
		}
		this.#shift = shift + 7;
		return true;
	}

	/** The fixed header is whole: checks it against its packet type (sections 2.2.1 to 2.2.3). */
	#dispatch(): boolean {
		const type = this.#type;
		const flags = this.flags;
		if (type === PUBLISH) {
			if ((flags & 6) === 6) {
				this.#malformed(QOS_3);
				return false;
			}
			if ((flags & 14) === 8) {
				this.#malformed(DUP_QOS_0);
				return false;
			}
			if (this.#remaining < 3) {
				this.#malformed(LENGTH);
				return false;
			}
			this.#step = TOPIC_LENGTH;
			return true;
		}
		let expected = 2;
		if (type === PINGRESP) expected = 0;
		else if (type === SUBACK)
			expected = 3; // one filter a SUBSCRIBE, so one code
		else if (type < CONNACK || (type > PUBCOMP && type !== UNSUBACK)) {
			this.#malformed(PACKET_TYPE);
			return false;
		}
		if (flags !== (type === PUBREL ? 2 : 0)) {
			this.#malformed(RESERVED_FLAGS);
			return false;
		}
		if (this.#remaining !== expected) {
			this.#malformed(LENGTH);
			return false;
		}
		if (expected > 0) {
			this.#step = WORD;
			return true;
		}
		this.#step = HEADER;
		return this.#sink.onPingresp();
	}

	#topicLength(): boolean {
		const length = this.#word;
		const total = this.#remaining - 2 - length - (this.flags & 6 ? 2 : 0);
		if (total < 0) {
			this.#malformed(LENGTH);
			return false;
		}
		if (length === 0) {
			this.#malformed(TOPIC_EMPTY);
			return false;
		}
		this.id = 0;
		this.#consumed = 0;
		this.total = total;
		if (length > this.topic.size) {
			this.topicLength = 0;
			this.#remaining = length;
			this.#step = SKIP_TOPIC;
		} else {
			this.topicLength = length;
			this.#step = TOPIC;
		}
		return true;
	}

	/** Reads and hands over what fits the payload buffer: all of the message, or a part of it. */
	#part(): boolean {
		const offset = this.#consumed;
		let length = this.total - offset;
		const size = this.payload.size;
		if (length > size) length = size;
		if (!this.#fill(this.payload, length)) return false;
		this.partLength = length;
		this.offset = offset;
		this.#consumed = offset + length;
		if (this.#consumed === this.total) this.#step = HEADER;
		return this.#sink.onPublish();
	}

	/** A packet whose remaining length is two: CONNACK or an acknowledgement. */
	#short(): boolean {
		const word = this.#word;
		this.#step = HEADER;
		if (this.#type !== CONNACK) {
			if (word !== 0) return this.#sink.onAcknowledgement(this.#type, word);
			this.#malformed(IDENTIFIER_ZERO);
			return false;
		}
		const code = word & 0xff;
		let reason: Reason | undefined;
		if (word >> 9) reason = CONNACK_FLAGS;
		else if (code > 5) reason = CONNACK_CODE;
		else if (code > 0 && word >> 8) reason = CONNACK_SESSION;
		if (reason === undefined) return this.#sink.onConnack(word >> 8 === 1, code);
		this.#malformed(reason);
		return false;
	}

	#code(): boolean {
		const code = this.#single[0];
		if (code > 2 && code !== SUBSCRIPTION_REFUSED) {
			this.#malformed(SUBACK_CODE);
			return false;
		}
		this.#step = HEADER;
		return this.#sink.onSuback(this.#word, code);
	}

	/** Two bytes into #pair and #word; false when they are not there yet. */
	#readPair(): boolean {
		const source = this.#source!;
		const pair = this.#pair;
		let got = this.#got;
		if (got === 0 && source.readable > 1) {
			got = source.read(pair);
			if (got === 2) {
				this.#word = (pair[0] << 8) | pair[1];
				return true;
			}
		}
		const single = this.#single;
		while (got < 2) {
			if (source.readable === 0 || source.read(single) === 0) {
				this.#got = got;
				return false;
			}
			pair[got++] = single[0];
		}
		this.#got = 0;
		this.#word = (pair[0] << 8) | pair[1];
		return true;
	}

	#readSingle(): boolean {
		const source = this.#source!;
		return source.readable > 0 && source.read(this.#single) === 1;
	}

	/** `length` bytes to the front of `field`, zero behind them; false when not all are there yet. */
	#fill(field: PacketBuffer, length: number): boolean {
		const source = this.#source!;
		let got = this.#got;
		if (got === 0) {
			if (length === 0) return true;
			const whole = source.readable >= length;
			field.buffer.resize(whole ? length : 0);
			if (whole) got = source.read(field.bytes);
			field.buffer.resize(field.size);
			if (got === length) return true;
		}
		const scratch = this.#scratch;
		while (got < length) {
			let count = length - got;
			if (count > source.readable) count = source.readable;
			if (count > SCRATCH) count = SCRATCH;
			if (count > 0) {
				scratch.buffer.resize(count);
				count = source.read(scratch.bytes);
				if (count > 0) {
					scratch.buffer.resize(count);
					field.bytes.set(scratch.bytes, got);
				}
				scratch.buffer.resize(SCRATCH);
			}
			if (count === 0) {
				this.#got = got;
				return false;
			}
			got += count;
		}
		this.#got = 0;
		return true;
	}

	/** Reads away a topic name that is longer than its buffer; #remaining counts down. */
	#skip(): boolean {
		const source = this.#source!;
		const scratch = this.#scratch;
		while (this.#remaining > 0) {
			let count = this.#remaining;
			if (count > source.readable) count = source.readable;
			if (count > SCRATCH) count = SCRATCH;
			if (count === 0) return false;
			scratch.buffer.resize(count);
			count = source.read(scratch.bytes);
			scratch.buffer.resize(SCRATCH);
			if (count === 0) return false;
			this.#remaining -= count;
		}
		return true;
	}
}
