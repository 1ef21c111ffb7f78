// One outgoing PUBLISH that waits or is in flight: its bytes and its state. Knows no socket.

import { lengthBytes, writeLength } from "../wire/encode.js";
import { PacketBuffer } from "../wire/packet-buffer.js";
import { PUBLISH, type QoS } from "../wire/protocol.js";
import { Topic } from "../wire/topic.js";

/** Bytes: packets of more than two of these may go out in pieces that begin at multiples of it. */
export const PIECE = 512;

/** Stands for no topic; unlike undefined, nobody can publish to it by mistake. */
const NO_TOPIC = Object.freeze({}) as Topic;

/** In the pool, or in its owner's hands. */
export const FREE = 0;
/** Being filled between `begin` and `end`. */
export const LENT = 1;
/** Accepted; no byte of it was sent on any connection. */
export const WAITING = 2;
/** Accepted; sent before, perhaps in part, and to be sent again. */
export const RESENDING = 3;
/** Sent whole; PUBACK or PUBREC is awaited. */
export const SENT = 4;
/** PUBREC has come: PUBREL is to be sent, PUBLISH never again (section 4.3.3). */
export const RELEASING = 5;
/** PUBREL is sent; PUBCOMP is awaited. */
export const RELEASED = 6;

/**
 * Writes the payload's bytes from `offset` on to the front of `view`: as many as it has, or all that are left. Returns
 * how many. May be called again for any offset.
 */
export type Fill = (offset: number, view: Uint8Array) => number;

/** Where the payload must end at the latest in a packet buffer of `size` bytes. */
export function payloadLimit(size: number): number {
	return size - lengthBytes(size - 2) + 1;
}

/** Throws TypeError when `topic` is no Topic. */
export function checkTopic(topic: Topic): void {
	if (!(topic instanceof Topic))
		throw new TypeError(`topic is ${topic}: it must be a Topic, or a string for publish`);
}

/**
 * A buffer of fixed size and the packet in it. Layout: fixed header byte, remaining length (one byte; when it needs
 * more, the rest moves up), topic name with its two bytes of length, packet identifier at QoS 1 and 2, payload.
 */
export class PacketSlot extends PacketBuffer {
	/** Where the payload must end at the latest, before a longer remaining length moves it up. */
	readonly limit: number;
	/**
	 * Views of PIECE bytes each, for a packet that is longer than the socket's room at its largest. Only slots of more
	 * than two pieces have them: every socket has room for that.
	 */
	readonly pieces: Uint8Array[] | undefined;
	state = FREE;
	/** Bytes of the packet. */
	length = 0;
	/** Packet identifier, 0 at QoS 0. */
	id = 0;
	qos: QoS = 0;
	/** The topic whose field stands at offset 2, so that the next packet of the same topic need not copy it. */
	topic = NO_TOPIC;
	retain = false;
	/** Where the topic name ends: there the payload begins at QoS 0, the packet identifier at QoS 1. */
	payloadAt = 0;
	/** Bytes of payload. */
	payloadLength = 0;
	/** Writes the payload when its turn comes; the buffer then holds a part of the packet only. */
	fill: Fill | undefined = undefined;
	/** When it was sent last, on the clock that counts time in which answers could have been seen; milliseconds. */
	sentAt = 0;
	/** Next in the order of sending, or in the list of free slots. */
	next: PacketSlot | undefined = undefined;
	/** Belongs to the pool; else to the helper that reserved it. */
	readonly pooled: boolean;

	/** `size` in bytes. */
	constructor(size: number, pooled: boolean) {
		super(size);
		this.pooled = pooled;
		this.limit = payloadLimit(size);
		if (size > 2 * PIECE) {
			this.pieces = [];
			for (let at = 0; at < size; at += PIECE)
				this.pieces.push(new Uint8Array(this.buffer, at, Math.min(PIECE, size - at)));
		}
	}

	/** Writes all that stands before the payload; returns the payload's offset, which is past `limit` if it is too much. */
	begin(topic: Topic, qos: QoS, retain: boolean, id: number): number {
		if (this.topic !== topic) this.setTopic(topic);
		const bytes = this.bytes;
		bytes[0] = (PUBLISH << 4) | (qos << 1) | (retain ? 1 : 0);
		this.qos = qos;
		this.retain = retain;
		this.id = id;
		let at = this.payloadAt;
		if (id > 0) {
			// Past the end these are no-ops.
			bytes[at++] = id >> 8;
			bytes[at++] = id;
		}
		return at;
	}

	private setTopic(topic: Topic): void {
		checkTopic(topic);
		const field = topic.field;
		this.payloadAt = 2 + field.length;
		this.topic = NO_TOPIC;
		if (this.payloadAt > this.limit) return;
		this.bytes.set(field, 2);
		this.topic = topic;
	}

	/** The payload ends at `end`, at most `limit`: completes the fixed header. */
	end(end: number): void {
		this.payloadLength = end - this.payloadAt - (this.qos > 0 ? 2 : 0);
		const remaining = end - 2;
		if (remaining < 128) {
			this.bytes[1] = remaining;
			this.length = end;
			return;
		}
		const more = lengthBytes(remaining) - 1;
		this.bytes.copyWithin(2 + more, 2, end);
		writeLength(this.bytes, 1, remaining);
		this.length = end + more;
		this.topic = NO_TOPIC; // its field has moved
	}

	/** Instead of `begin` and `end`: a payload of `total` bytes that `fill` will write, part by part. */
	pull(topic: Topic, qos: QoS, retain: boolean, id: number, total: number, fill: Fill): void {
		this.qos = qos;
		this.retain = retain;
		this.id = id;
		this.topic = topic;
		this.payloadLength = total;
		this.fill = fill;
		this.bytes[0] = 0;
		this.length = this.writeHead() + total;
	}

	/** Writes what stands before a payload that is pulled; returns its length. DUP stays as it is. */
	writeHead(): number {
		const bytes = this.bytes;
		const { field } = this.topic;
		const dup = this.qos > 0 ? bytes[0] & 8 : 0;
		bytes[0] = (PUBLISH << 4) | dup | (this.qos << 1) | (this.retain ? 1 : 0);
		let at = writeLength(bytes, 1, field.length + (this.qos > 0 ? 2 : 0) + this.payloadLength);
		bytes.set(field, at);
		at += field.length;
		if (this.qos > 0) {
			bytes[at++] = this.id >> 8;
			bytes[at++] = this.id;
		}
		return at;
	}

	/** Done with a payload that was pulled. */
	forgetFill(): void {
		this.fill = undefined;
		this.topic = NO_TOPIC;
	}

	/** Sets or clears DUP for the next sending (section 3.3.1.1); it stays 0 at QoS 0. */
	setDup(dup: boolean): void {
		if (this.qos > 0) this.bytes[0] = (this.bytes[0] & ~8) | (dup ? 8 : 0);
	}
}
