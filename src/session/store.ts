// Messages that are held, as records in one buffer in the order of sending; behind them the window, in which packets
// are composed. Knows bytes and their order; no packets, no identifiers' rules, no socket.
//
// Layout 1, in words of 4 bytes: the layout's number, tables of the class that extends this one, the records. A record
// is complete in itself: word 0 its packet identifier (low 16) and its length in words (high 16), word 1 its marks, then
// the topic name with its two bytes of length, the packet identifier again at QoS 1 and 2, and the payload. What only
// this life of the machine can read is marked: OWNER, ROOM, PULLED, EXPIRES.

import { Frame } from "../wire/protocol.js";

export const enum Layout {
	/** In the first word: newer firmware knows by it what it reads. */
	NUMBER = 1,
	/** Bytes for packets of four bytes, and two that align the window: it may have a frame's header there too. */
	CONTROL = 6,
	/** Bytes of a record's header. */
	HEADER = 8,
	/** Bytes that stand for a payload that is pulled. */
	PULLED = 6,
}

/** A record's marks, in word 1. */
export const enum Mark {
	RETAIN = 1,
	/** QoS 0 to 2, shifted by one. */
	QOS = 6,
	/** Done with: its room can be used again. */
	DEAD = 8,
	/** Bytes of padding behind the payload, shifted by four. */
	PADDING = 0x30,
	/** Sent whole on this connection; PUBACK or PUBREC is awaited. */
	IN_FLIGHT = 0x40,
	/** A byte of it was sent on some connection: no longer to be dropped or replaced. */
	BEGUN = 0x80,
	/** Number of its owner, shifted by eight; 0: none. */
	OWNER = 0xff00,
	/** It stands in the room reserved for its owner. */
	ROOM = 0x10000,
	/** Instead of a payload: four bytes of its length, and two with the place of the function that writes it. */
	PULLED = 0x20000,
	/** MQTT 5.0: in front of the payload stand its properties, with their length in front. */
	PROPERTIES = 0x40000,
	/** MQTT 5.0: in front of the topic name stands, in four bytes, in which second it expires. */
	EXPIRES = 0x80000,
	/** Its properties were told to be left out. */
	OMITTED = 0x100000,
	/** MQTT 5.0: while it was half sent, one before it was refused, and waits again. */
	OVERTAKES = 0x200000,
}

export class Store {
	// Hot fields first: XS looks for a field from the first one on. Places in the store are in words.
	/** Where the next record goes. */
	tail: number;
	/** Where it must end, unless it may use room reserved. */
	roomEnd: number;
	/** The oldest record. */
	protected head: number;
	/** The records, by words. */
	protected readonly words: Int32Array;
	/** All of the buffer, by bytes. */
	readonly all: Uint8Array;
	/**
	 * Where packets are composed, to the end of the buffer: as long as the part to send. To hand k bytes to a
	 * socket: fill it, resize the buffer to windowAt + k, write it, resize the buffer to what it was. In between nothing may
	 * run that could start a collection: XS then cuts a short buffer's capacity, and growing back allocates. Growing back
	 * sets what lies above to zero.
	 */
	readonly window: Uint8Array;
	/** Bytes in front of the window. */
	readonly windowAt: number;
	/** The first record that must be sent; 0: none. */
	protected unsent: number;
	/** Dead records behind `head`. */
	protected dead: number;
	/** Where the first record goes. */
	protected readonly base: number;

	/**
	 * @param storeSize bytes for records, a multiple of 4
	 * @param windowSize bytes
	 * @param tables words, in front of the records, for the class that extends this one
	 */
	constructor(storeSize: number, windowSize: number, tables: number) {
		const limit = 1 + tables + (storeSize >> 2);
		const windowAt = (limit << 2) + Frame.HEADROOM + Layout.CONTROL;
		const size = windowAt + windowSize;
		const buffer = new ArrayBuffer(size, { maxByteLength: size });
		this.tail = this.head = this.base = 1 + tables;
		this.roomEnd = limit;
		this.words = new Int32Array(buffer, 0, limit);
		this.all = new Uint8Array(buffer);
		this.window = new Uint8Array(buffer, windowAt);
		this.windowAt = windowAt;
		this.unsent = this.dead = 0;
		this.words[0] = Layout.NUMBER;
	}

	/** Room for a packet of four bytes, outside of window and store. */
	control(): Uint8Array {
		return new Uint8Array(this.all.buffer, (this.limit << 2) + Frame.HEADROOM, 4);
	}

	/** Words of tables and records. */
	protected get limit(): number {
		return this.words.length;
	}

	/** Whether nothing is held. */
	get empty(): boolean {
		return this.head === this.tail;
	}

	/** Words that a record could have at most, were the store empty and nothing reserved. */
	get capacity(): number {
		return this.limit - this.base;
	}

	/** Words of a record with so many bytes behind its header. */
	static span(bytes: number): number {
		return (Layout.HEADER + bytes + 3) >> 2;
	}

	/** Bytes behind the header of the record at `at`. */
	bodyLength(at: number): number {
		return (this.spanOf(at) << 2) - Layout.HEADER - ((this.words[at + 1] & Mark.PADDING) >> 4);
	}

	protected spanOf(at: number): number {
		return this.words[at] >>> 16;
	}

	/** Reserves `words` more for owners; less if negative. */
	protected reserve(words: number): void {
		this.roomEnd -= words;
	}

	/** Words that compaction would free. */
	protected reclaimable(): number {
		const { words, tail, head } = this;
		let gone = head - this.base;
		if (this.dead > 0)
			for (let at = head; at < tail; at += words[at] >>> 16)
				if ((words[at + 1] & Mark.DEAD) !== 0) gone += words[at] >>> 16;
		return gone;
	}

	/** Closes the gaps that dead records leave. */
	protected compact(): void {
		const { words, tail, unsent } = this;
		let to = this.base;
		let run = this.head;
		let at = run;
		for (; at < tail; ) {
			const span = words[at] >>> 16;
			if (at === unsent) this.unsent = to + at - run;
			if ((words[at + 1] & Mark.DEAD) !== 0) {
				words.copyWithin(to, run, at);
				to += at - run;
				run = at + span;
			}
			at += span;
		}
		words.copyWithin(to, run, tail);
		this.head = this.base;
		this.tail = to + tail - run;
		this.dead = 0;
		// It pointed behind the last one that is held.
		if (this.unsent >= this.tail) this.unsent = 0;
	}

	/** Marks the record at `at` as dead. */
	protected markDead(at: number): void {
		this.words[at + 1] |= Mark.DEAD;
		this.dead++;
		if (at === this.head) this.skipDead();
	}

	/** Moves the head past dead records. */
	protected skipDead(): void {
		const { words, tail } = this;
		let head = this.head;
		while (head < tail && (words[head + 1] & Mark.DEAD) !== 0) {
			head += words[head] >>> 16;
			this.dead--;
		}
		this.head = head;
		if (head === tail) this.clear();
		else if (this.unsent !== 0 && this.unsent < head) this.unsent = head;
	}

	/** Nothing is held: the next record is the first. */
	protected clear(): void {
		this.head = this.tail = this.base;
		this.unsent = 0;
		this.dead = 0;
	}
}
