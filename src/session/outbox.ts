// Outgoing messages from acceptance to the last acknowledgement: their order, packet identifiers, how many may be in
// flight, and what the broker may still know of them. Knows what outlives a connection; knows no socket and no time.
//
// A message at QoS 2 is a record until PUBREC comes; from then on only its identifier and owner are held, in a table in
// front of the records, in the order of the PUBRECs (section 4.6).

import { Cell, SessionStore } from "./session-store.js";
import { Layout, Mark, Store } from "./store.js";

/** Packet identifiers that are in use elsewhere: those of SUBSCRIBE and UNSUBSCRIBE. */
export interface Identifiers {
	/** The lowest one above `id` that is in use; 65536 when there is none. */
	nextUsed(id: number): number;
}

/**
 * Writes the payload's bytes from `offset` on to the front of `view`: as many as it has, or all that are left. Returns
 * how many. May be called again for any offset.
 */
export type Fill = (offset: number, view: Uint8Array) => number;

/** What the tables and the records have room for; see the options of the same names. */
export interface Sizes {
	storeSize: number;
	packetSize: number;
	window: number;
	unreleased: number;
	acknowledgements: number;
}

export const enum Id {
	LAST = 65_535,
	/** The packet identifier in a record's word 0. */
	MASK = 0xffff,
	/** MQTT 5.0, in the table of released identifiers: its message was given up, and nobody is told of PUBCOMP. */
	ABANDONED = 0x1000000,
}

const enum Most {
	OWNERS = 255,
}

const enum Length {
	/** Bytes of a topic name's length, and of a packet identifier: in a record beside name and payload. */
	BESIDE = 4,
}

/** Added to an owner's number: its waiting record stays. Shifted to where a record has its owner, it is gone. */
export const KEEP_ALL = 1 << 24;

// What a record shows under the first mask if a PUBACK only needs to skip it.
const enum Plain {
	MASK = Mark.DEAD | Mark.IN_FLIGHT | Mark.QOS | Mark.ROOM | Mark.PULLED | Mark.EXPIRES,
	QOS_1 = Mark.IN_FLIGHT | 2,
}

export class Outbox extends SessionStore {
	/** Messages sent and not yet acknowledged, at QoS 2 by PUBCOMP. */
	inFlight = 0;
	/** How many of them there may be. */
	inFlightMost: number;
	/** The last packet identifier given out, and the last one behind it that is known to be free. */
	lastId: number;
	freeTo: number;
	/** How many acknowledgements of ours wait for room in the socket. */
	acknowledgements: number;
	/** Words of the largest record without room of its own. */
	spanMost: number;
	/** Of the last record that was sent at once: words, marks, where its bytes begin and end in the buffer. */
	protected span: number;
	protected marks: number;
	protected from: number;
	protected end: number;
	/** Some room has become free since `watchRoom`. */
	freed: boolean;
	/**
	 * Messages that newer ones have replaced, as `nameOf` has them, oldest first: told after `place`. The array only grows, as
	 * push and shift would allocate.
	 */
	replaced: number[] | undefined;
	protected readonly dropsOldest: boolean;
	protected readonly others: Identifiers;
	/** Words reserved for each owner; negative while a record of its stands in them. */
	protected rooms?: number[];
	protected fills?: (Fill | undefined)[];

	/**
	 * @param firstId packet identifier to begin with, 1 to 65535
	 * @param dropsOldest a full store drops the oldest message without owner that was never sent
	 */
	constructor(sizes: Sizes, firstId: number, dropsOldest: boolean, others: Identifiers) {
		const { storeSize, packetSize, window, unreleased, acknowledgements } = sizes;
		super(storeSize, packetSize, window, unreleased, acknowledgements);
		this.inFlightMost = window;
		this.lastId = firstId - 1;
		this.freeTo = firstId - 1;
		this.acknowledgements = 0;
		this.spanMost = this.capacity;
		this.span = 0;
		this.marks = 0;
		this.from = 0;
		this.end = 0;
		this.freed = false;
		this.replaced = undefined;
		this.dropsOldest = dropsOldest;
		this.others = others;
	}

	/** From now on `freed` reports room that becomes free. @param freed as if some had already */
	watchRoom(freed: boolean): void {
		this.freed = freed;
	}

	/** Replaced messages, and were not told yet. */
	get gaveWay(): boolean {
		return this.words[Cell.REPLACED] > 0;
	}

	/** Identifiers in the table. */
	protected get released(): number {
		return this.words[Cell.RELEASED];
	}

	/** Whether nothing is held and nothing is to be released. */
	get settled(): boolean {
		return this.empty && this.released === 0;
	}

	/** Whether an acknowledgement is awaited. */
	get awaits(): boolean {
		const { words } = this;
		return this.inFlight > words[Cell.RELEASED] - words[Cell.RELEASES_SENT];
	}

	/** Whether nothing of what is held was ever sent. */
	get fresh(): boolean {
		return (
			this.released === 0 && (this.empty || (this.words[this.head + 1] & (Mark.IN_FLIGHT | Mark.BEGUN)) === 0)
		);
	}

	/** Messages held: waiting, or in flight. Walks the store. */
	get held(): number {
		let count = this.released - this.dead;
		for (let at = this.head; at < this.tail; at += this.spanOf(at)) count++;
		return count;
	}

	// ---- acceptance

	/**
	 * Makes `lastId` + 1 a packet identifier that nothing unacknowledged has (section 2.3.1). To be called when `lastId`
	 * has reached `freeTo`.
	 */
	measureIds(): void {
		let last = this.lastId === Id.LAST ? 0 : this.lastId;
		for (;;) {
			const used = this.nextUsed(last);
			if (used > last + 1) {
				this.lastId = last;
				this.freeTo = used - 1;
				return;
			}
			last = used === Id.LAST ? 0 : used;
		}
	}

	/** Takes the next packet identifier: never 0, 1 after 65535. */
	nextId(): number {
		if (this.lastId === this.freeTo) this.measureIds();
		return ++this.lastId;
	}

	protected nextUsed(after: number): number {
		const { words } = this;
		let used = this.others.nextUsed(after);
		for (let at = this.head; at < this.tail; at += words[at] >>> 16) {
			const id = words[at] & 0xffff;
			if (id > after && id < used && (words[at + 1] & Mark.DEAD) === 0) used = id;
		}
		for (let i = Cell.TABLE; i < Cell.TABLE + this.released; i++) {
			const id = words[i] & Id.MASK;
			if (id > after && id < used) used = id;
		}
		return used;
	}

	/** A number for `place`, 1 to 255, with room for `bytes` of topic name and payload reserved, if not 0. */
	addOwner(bytes: number): number {
		const words = bytes === 0 ? 0 : Store.span(bytes + Length.BESIDE);
		this.rooms ??= [];
		const { rooms } = this;
		if (rooms.length === Most.OWNERS)
			throw new RangeError(`there are ${Most.OWNERS} owners: no more are possible`);
		if (words > this.spanMost)
			throw new RangeError(
				`${bytes} bytes cannot be set aside: ${Math.max(0, this.spanMost * 4 - Layout.HEADER - Length.BESIDE)} are left; raise storeSize to ` +
					`${this.sizeFor(words)}`,
			);
		rooms.push(words);
		this.spanMost -= words;
		this.reserve(words);
		return rooms.length;
	}

	/** Words of the largest record that this owner can have; 0: without owner. */
	spanFor(owner: number): number {
		return owner === 0 ? this.spanMost : Math.max(this.spanMost, Math.abs(this.rooms![(owner & 0xff) - 1]));
	}

	/** What storeSize has to be, at least, for one more record of `span` words. */
	sizeFor(span: number): number {
		return (this.capacity + span - this.spanMost) * 4;
	}

	/** Whether `addOwner` gave this number. */
	isOwner(owner: number): boolean {
		return this.rooms?.[owner - 1] !== undefined || this.rooms?.[owner - KEEP_ALL - 1] !== undefined;
	}

	/**
	 * Makes room for a record of `span` words, for `add`.
	 * @param owner its waiting record is replaced, in place if it has the same length; 0: no owner; with KEEP_ALL it is not
	 * @returns where the record goes, or 0: there is no room, and nothing has changed
	 */
	place(span: number, owner: number): number {
		this.words[Cell.ROOM_MARK] = 0;
		if (owner === 0 && this.tail + span <= this.roomEnd) return this.tail;
		const { rooms, words } = this;
		const number = owner & 0xff;
		// Else 0, or with KEEP_ALL.
		const old = owner === number && owner !== 0 ? this.waitingOf(owner) : 0;
		let room = owner === 0 ? 0 : rooms![number - 1];
		let end = this.roomEnd;
		let gone = this.reclaimable();
		if (old !== 0) {
			gone += this.spanOf(old);
			if ((words[old + 1] & Mark.ROOM) !== 0) {
				room = -room;
				end -= this.spanOf(old);
			}
		}
		if (room >= span) end += span;
		if (this.tail - gone + span > end) {
			if (!this.dropsOldest || this.tail - gone - this.droppable() + span > end) return 0;
			const more = gone - this.reclaimable();
			do this.dropOldest();
			while (this.tail - this.reclaimable() - more + span > end);
		}
		if (old !== 0) {
			this.noteReplaced(old);
			if (this.spanOf(old) === span) {
				words[Cell.ROOM_MARK] = words[old + 1] & Mark.ROOM;
				return old;
			}
			this.finish(old);
		}
		if (room >= span && room > 0) {
			words[Cell.ROOM_MARK] = Mark.ROOM;
			rooms![number - 1] = -room;
			this.reserve(-span); // what is left of it stays the owner's, for a larger one
		}
		if (this.tail + span > this.roomEnd) this.compact();
		return this.tail;
	}

	/**
	 * Adds a record where `place` has made room: `body` bytes that stand behind its header already.
	 * @param marks RETAIN and QOS; IN_FLIGHT if it was sent whole, PULLED
	 */
	add(at: number, id: number, marks: number, body: number, owner: number): void {
		const { words } = this;
		const span = Store.span(body);
		words[at] = (span << 16) | id;
		words[at + 1] = marks | words[Cell.ROOM_MARK] | (owner << 8) | ((-body & 3) << 4);
		if ((marks & Mark.IN_FLIGHT) !== 0) this.inFlight++;
		else if (this.unsent === 0) this.unsent = at;
		if (at === this.tail) this.tail = at + span;
	}

	/** Copies what stands in the buffer from `from` to `end` behind the header of a record. */
	copy(at: number, from: number, end: number): void {
		this.all.copyWithin(this.bodyAt(at), from, end);
	}

	/**
	 * Adds a record of what stands in the buffer from `from` to `end` and was sent whole, under the next packet identifier.
	 * There has to be room for `span` words.
	 */
	addInFlight(span: number, marks: number, from: number, end: number, owner: number): number {
		const { words, tail } = this;
		const id = ++this.lastId;
		words[tail] = (span << 16) | id;
		words[tail + 1] = marks | (owner << 8);
		this.all.copyWithin((tail << 2) + Layout.HEADER, from, end);
		this.tail = tail + span;
		this.inFlight++;
		this.span = span;
		this.marks = marks;
		this.from = from;
		this.end = end;
		return id;
	}

	/**
	 * Adds a record like the last one of `addInFlight`, which is about to be sent: the packet still stands in the window, and
	 * gets an identifier and `payload` at `at`. Returns its identifier, 0 when it has to wait.
	 */
	again(payload: Uint8Array, at: number): number {
		const tail = this.tail;
		const span = this.span;
		if (tail + span > this.roomEnd) return 0;
		if (this.inFlight >= this.inFlightMost) return 0;
		if (this.lastId === this.freeTo) this.measureIds();
		const id = ++this.lastId;
		const window = this.window;
		window[at - 2] = id >> 8;
		window[at - 1] = id;
		window.set(payload, at);
		const words = this.words;
		words[tail] = (span << 16) | id;
		words[tail + 1] = this.marks;
		this.all.copyWithin((tail << 2) + Layout.HEADER, this.from, this.end);
		this.tail = tail + span;
		this.inFlight++;
		return id;
	}

	/** The last record was not sent after all: it waits. Nothing waited before it. */
	takeBack(): void {
		const at = this.tail - this.span;
		this.words[at + 1] &= ~Mark.IN_FLIGHT;
		this.inFlight--;
		this.unsent = at;
	}

	/** Keeps the function of a payload that is pulled; returns its place. */
	keepFill(fill: Fill): number {
		this.fills ??= [undefined, undefined, undefined, undefined]; // more than that at once are rare, and grow it
		const { fills } = this;
		let at = fills.indexOf(undefined);
		if (at < 0) at = fills.length;
		fills[at] = fill;
		return at;
	}

	/** Writes what stands for a payload of `total` bytes that `fill` writes when its turn comes. */
	putFill(at: number, total: number, fill: Fill): void {
		const { all } = this;
		const key = this.keepFill(fill);
		for (let shift = 24; shift >= 0; shift -= 8) all[at++] = total >> shift;
		all[at++] = key >> 8;
		all[at] = key;
	}

	/** The last record of this owner that was never sent; 0: none. */
	waitingOf(owner: number): number {
		let last = 0;
		for (let at = this.unsent; at !== 0 && at < this.tail; at += this.spanOf(at)) {
			const marks = this.words[at + 1];
			if ((marks & (Mark.DEAD | Mark.IN_FLIGHT | Mark.BEGUN)) === 0 && (marks & Mark.OWNER) >> 8 === owner)
				last = at;
		}
		return last;
	}

	/** Whether a message of this owner is held, at QoS 2 to the last acknowledgement. */
	holds(owner: number): boolean {
		const { words, tail } = this;
		for (let i = Cell.TABLE; i < Cell.TABLE + this.released; i++) if (words[i] >>> 16 === owner) return true;
		for (let at = this.head; at < tail; at += words[at] >>> 16)
			if ((words[at + 1] & (Mark.DEAD | Mark.OWNER)) === owner << 8) return true;
		return false;
	}

	/** For onDropped: packet identifier, and owner, shifted by 16. */
	protected nameOf(at: number): number {
		return (this.words[at] & Id.MASK) | ((this.words[at + 1] & Mark.OWNER) << 8);
	}

	protected noteReplaced(at: number): void {
		this.replaced ??= [];
		this.replaced[this.words[Cell.REPLACED]++] = this.nameOf(at);
	}

	/** Whether a record may be dropped for a newer one. */
	protected isDroppable(at: number): boolean {
		return (this.words[at + 1] & (Mark.DEAD | Mark.IN_FLIGHT | Mark.BEGUN | Mark.OWNER)) === 0;
	}

	protected droppable(): number {
		let sum = 0;
		for (let at = this.head; at < this.tail; at += this.spanOf(at))
			if (this.isDroppable(at)) sum += this.spanOf(at);
		return sum;
	}

	protected dropOldest(): void {
		let at = this.head;
		while (!this.isDroppable(at)) at += this.spanOf(at);
		this.noteReplaced(at);
		this.finish(at);
	}

	/** A record is finished, whatever became of it. */
	protected finish(at: number): void {
		const marks = this.words[at + 1];
		if ((marks & Mark.IN_FLIGHT) !== 0) this.inFlight--;
		if ((marks & Mark.PULLED) !== 0) this.fills![this.fillPlace(at)] = undefined;
		if ((marks & Mark.ROOM) !== 0) {
			const owner = (marks & Mark.OWNER) >> 8;
			this.rooms![owner - 1] *= -1;
			this.reserve(this.spanOf(at));
		}
		this.freed = true;
		this.markDead(at);
	}

	protected fillPlace(at: number): number {
		const end = this.bodyAt(at) + this.bodyLength(at);
		return (this.all[end - 2] << 8) | this.all[end - 1];
	}

	// ---- sending

	/**
	 * The identifier of the next PUBREL to send; 0: none. All of them go before any message (section 4.6).
	 */
	get nextRelease(): number {
		const { words } = this;
		const sent = words[Cell.RELEASES_SENT];
		return sent < words[Cell.RELEASED] ? words[Cell.TABLE + sent] & Id.MASK : 0;
	}

	markReleaseSent(): void {
		this.words[Cell.RELEASES_SENT]++;
	}

	/** The next record to send; 0: none, or as many are in flight as may be. */
	next(): number {
		const { words, tail } = this;
		let at = this.unsent;
		if (at === 0) return 0;
		while (at < tail && (words[at + 1] & (Mark.DEAD | Mark.IN_FLIGHT)) !== 0) at += words[at] >>> 16;
		if (at >= tail) {
			this.unsent = 0;
			return 0;
		}
		this.unsent = at;
		return (words[at + 1] & Mark.QOS) === 0 || this.inFlight < this.inFlightMost ? at : 0;
	}

	/** Whether messages wait to be sent, now or later. */
	get waiting(): boolean {
		return this.unsent !== 0;
	}

	/** Whether something could be sent now. */
	get ready(): boolean {
		return this.nextRelease !== 0 || this.next() !== 0;
	}

	idOf(at: number): number {
		return this.words[at] & Id.MASK;
	}

	marksOf(at: number): number {
		return this.words[at + 1];
	}

	/** Where the bytes behind a record's header begin, in `all`. */
	bodyAt(at: number): number {
		return (at << 2) + Layout.HEADER;
	}

	/** Bytes of a payload that is pulled. */
	pulledLength(at: number): number {
		const { all } = this;
		const end = this.bodyAt(at) + this.bodyLength(at);
		return (all[end - 6] << 24) | (all[end - 5] << 16) | (all[end - 4] << 8) | all[end - 3];
	}

	/** The function that writes it. */
	fillOf(at: number): Fill {
		return this.fills![this.fillPlace(at)]!;
	}

	/** Whether a byte of it was sent on some connection. */
	isBegun(at: number): boolean {
		return (this.words[at + 1] & Mark.BEGUN) !== 0;
	}

	/** A byte of it is about to be sent: from now on it is neither dropped nor replaced. */
	begin(at: number): void {
		this.words[at + 1] |= Mark.BEGUN;
	}

	/** The record that `next` gave was sent whole. At QoS 0 that is all. */
	markSent(at: number): void {
		const marks = this.words[at + 1];
		this.unsent = at + this.spanOf(at);
		if (this.unsent >= this.tail) this.unsent = 0;
		if ((marks & Mark.QOS) === 0) {
			this.finish(at);
			return;
		}
		this.words[at + 1] = marks | Mark.IN_FLIGHT;
		this.inFlight++;
	}

	/** Drops a record; returns its `nameOf`. */
	giveUp(at: number): number {
		const name = this.nameOf(at);
		this.finish(at);
		return name;
	}

	// ---- acknowledgements

	/** `nameOf` the oldest replaced message, to be told; -1: none. */
	takeReplaced(): number {
		if (this.replaced === undefined) return -1;
		const { words } = this;
		if (words[Cell.REPLACED_TOLD] < words[Cell.REPLACED]) return this.replaced![words[Cell.REPLACED_TOLD]++];
		words[Cell.REPLACED_TOLD] = words[Cell.REPLACED] = 0;
		return -1;
	}

	/** Takes a PUBACK; false when it was not awaited (section 4.3.2). */
	acknowledge(id: number): boolean {
		const words = this.words;
		const head = this.head;
		const word = words[head];
		// The broker acknowledges in order (section 4.6), so it is nearly always the oldest.
		if ((word & Id.MASK) === id)
			if ((words[head + 1] & Plain.MASK) === Plain.QOS_1) {
				const next = head + (word >>> 16);
				if (next === this.tail) {
					this.head = this.tail = this.base;
					this.unsent = 0; // what goes again under a new identifier may have left it at what is in flight
				} else if (next > this.tail) return false;
				else {
					this.head = next;
					if (this.dead !== 0) this.skipDead();
				}
				this.inFlight--;
				this.freed = true;
				return true;
			}
		return this.acknowledgeOther(id, 2) >= 0;
	}

	/** Returns its `nameOf`; -1: it was not awaited. */
	protected acknowledgeOther(id: number, qos: number): number {
		const at = this.seek(id);
		const marks = this.words[at + 1];
		if (at === 0 || (marks & (Mark.IN_FLIGHT | Mark.QOS)) !== (Mark.IN_FLIGHT | qos)) return -1;
		this.finish(at);
		return ((marks & Mark.OWNER) << 8) | id;
	}

	/** Takes a PUBREC; false when it was not awaited. Else PUBREL has to be sent now (section 4.3.3). */
	release(id: number): boolean {
		const name = this.acknowledgeOther(id, 4);
		if (name < 0) return false;
		// PUBRELs that wait to be sent go before anything is received, so this one is behind all of them.
		const { words } = this;
		words[Cell.TABLE + words[Cell.RELEASED]++] = name;
		words[Cell.RELEASES_SENT] = words[Cell.RELEASED];
		this.inFlight++;
		return true;
	}

	/** Takes a PUBCOMP; returns the message's `nameOf`, 0 when it was not awaited. */
	complete(id: number): number {
		const { words } = this;
		for (let i = 0; i < words[Cell.RELEASES_SENT]; i++) {
			const name = words[Cell.TABLE + i];
			if ((name & Id.MASK) !== id) continue;
			this.forgetRelease(i);
			return name;
		}
		return 0;
	}

	protected forgetRelease(i: number): void {
		const { words } = this;
		words.copyWithin(Cell.TABLE + i, Cell.TABLE + i + 1, Cell.TABLE + words[Cell.RELEASED]--);
		if (i < words[Cell.RELEASES_SENT]) words[Cell.RELEASES_SENT]--;
		this.inFlight--;
		this.freed = true;
	}

	/** Whether a PUBLISH with this packet identifier is still to be sent on this connection. */
	waits(id: number): boolean {
		const at = this.seek(id);
		return at !== 0 && (this.words[at + 1] & Mark.IN_FLIGHT) === 0;
	}

	protected seek(id: number): number {
		const { words, tail } = this;
		for (let at = this.head; at < tail; at += words[at] >>> 16)
			if ((words[at] & Id.MASK) === id && (words[at + 1] & Mark.DEAD) === 0) return at;
		return 0;
	}

	// ---- acknowledgements of ours that wait

	/** No more can wait: decoding has to stop until some are sent. */
	get acknowledgementsFull(): boolean {
		return this.words[Cell.ACKNOWLEDGEMENTS_AT] + this.acknowledgements === this.base;
	}

	/** The one that has waited longest: its first byte, then its packet identifier in the low 16 bits. */
	get firstAcknowledgement(): number {
		return this.words[this.words[Cell.ACKNOWLEDGEMENTS_AT]];
	}

	/** Not to be called when full. */
	addAcknowledgement(first: number, id: number): void {
		const { words } = this;
		words[words[Cell.ACKNOWLEDGEMENTS_AT] + this.acknowledgements++] = (first << 16) | id;
	}

	removeFirstAcknowledgement(): void {
		const { words } = this;
		const at = words[Cell.ACKNOWLEDGEMENTS_AT];
		words.copyWithin(at, at + 1, at + this.acknowledgements--);
	}

	/** None of them will go. */
	clearAcknowledgements(): void {
		this.acknowledgements = 0;
	}

	// ---- the end of a connection, and the next one

	/** The connection has ended: what is not acknowledged must be sent again, in the same order (section 4.6). */
	interrupt(): void {
		const { words, tail, head } = this;
		for (let at = head; at < tail; at += words[at] >>> 16) {
			const marks = words[at + 1];
			if ((marks & Mark.IN_FLIGHT) !== 0) words[at + 1] = (marks & ~Mark.IN_FLIGHT) | Mark.BEGUN;
		}
		this.unsent = head === tail ? 0 : head;
		words[Cell.RELEASES_SENT] = 0;
		this.inFlight = words[Cell.RELEASED];
	}

	/** Counts what was sent on an earlier connection and goes again on this one: all of it, or what is at QoS 2. */
	private countAgain(qos2: boolean): number {
		const { words, tail } = this;
		let count = 0;
		for (let at = this.head; at < tail; at += words[at] >>> 16) {
			const marks = words[at + 1];
			if ((marks & (Mark.BEGUN | Mark.DEAD | Mark.IN_FLIGHT)) !== Mark.BEGUN) continue;
			if (!qos2 || (marks & Mark.QOS) === 4) count++;
		}
		return count;
	}

	/**
	 * The broker has accepted the next connection. With the session present, what was sent goes again as a duplicate;
	 * without, the broker knows none of it, and it is new. Returns how many messages go again.
	 */
	resume(): number {
		return this.countAgain(false);
	}

	/** When the broker has lost the session: messages at QoS 2 that it then may get twice. */
	get uncertain(): number {
		return this.countAgain(true);
	}

	/** Forgets the oldest in the table, which the broker knows no more; returns its `nameOf`, 0 when there is none. */
	dropReleased(): number {
		if (this.released === 0) return 0;
		const name = this.words[Cell.TABLE];
		this.forgetRelease(0);
		return name;
	}

	/** Drops the oldest message; returns its `nameOf`, -1 when none is left. */
	dropFirst(): number {
		const name = this.dropReleased();
		if (name !== 0) return name;
		return this.empty ? -1 : this.giveUp(this.head);
	}
}
