// Outgoing PUBLISH packets: the pool of slots, the order of sending, packet identifiers, the window.
// Knows what outlives a connection; knows no socket and no time of its own.
// A slot at QoS 2 stays taken until PUBCOMP: those that await it are the first in the list, in the order of PUBRECs.

import { FREE, LENT, PacketSlot, RELEASED, RELEASING, RESENDING, SENT, WAITING } from "./packet-slot.js";

export class Outbox {
	/** First slot whose PUBLISH or PUBREL is to be sent, in order; undefined when all is sent. */
	unsent: PacketSlot | undefined = undefined;
	/** Messages sent and not yet acknowledged, at QoS 2 by PUBCOMP. */
	inFlight = 0;
	/** Messages at QoS 2 that went to a broker twice because it had lost the session in between. */
	uncertain = 0;
	/** A slot has become free; whoever waits for that clears it first. */
	freed = false;
	/** A message was refused for want of a free slot. */
	starved = false;
	/** `begin` was refused for a reserved slot. */
	slotAwaited = false;
	/** Free slots of the pool, the last one used first: it still holds its topic. */
	free: PacketSlot | undefined = undefined;

	/** The oldest slot that waits or is in flight. */
	first: PacketSlot | undefined = undefined;
	private last: PacketSlot | undefined = undefined;
	/** The last one whose PUBREC has come; undefined when there is none. */
	private lastReleased: PacketSlot | undefined = undefined;
	private lastId: number;
	/** Messages at QoS 1 and 2 that may be in flight. */
	readonly window: number;

	/**
	 * @param packets slots of the pool
	 * @param packetSize bytes of each
	 * @param window packets in flight at most
	 * @param firstId packet identifier to begin with, 1 to 65535
	 */
	constructor(packets: number, packetSize: number, window: number, firstId: number) {
		for (let i = 0; i < packets; i++) this.giveBack(new PacketSlot(packetSize, true));
		this.window = window;
		this.lastId = firstId - 1;
	}

	/** Whether nothing waits and nothing is in flight. */
	get empty(): boolean {
		return this.first === undefined;
	}

	/** Messages that wait or are in flight. */
	get held(): number {
		let count = 0;
		for (let slot = this.first; slot !== undefined; slot = slot.next) count++;
		return count;
	}

	/** The slot whose acknowledgement is awaited longest. */
	get longestAwaited(): PacketSlot | undefined {
		const first = this.first;
		if (first === this.unsent) return undefined;
		let longest = first!;
		for (let slot = longest.next; slot !== this.unsent; slot = slot!.next)
			if (((slot!.sentAt - longest.sentAt) | 0) < 0) longest = slot!;
		return longest;
	}

	/** Whether all that waits is new: nothing of it was ever sent. */
	get fresh(): boolean {
		return this.first === undefined || this.first.state === WAITING;
	}

	/** Takes the first free slot out of the pool, until `giveBack`. */
	lend(): PacketSlot {
		const slot = this.free!;
		this.free = slot.next;
		slot.next = undefined;
		slot.state = LENT;
		return slot;
	}

	/** A lent slot, or one that is done with, becomes free. */
	giveBack(slot: PacketSlot): void {
		slot.state = FREE;
		if (slot.fill !== undefined) slot.forgetFill();
		this.freed = true;
		if (slot.pooled) {
			slot.next = this.free;
			this.free = slot;
		} else slot.next = undefined;
	}

	/** Takes a filled slot into the order of sending: a lent one, or the first free one. */
	accept(slot: PacketSlot): void {
		if (slot === this.free) this.lend();
		slot.state = WAITING;
		if (this.last === undefined) this.first = slot;
		else this.last.next = slot;
		this.last = slot;
		if (this.unsent === undefined) this.unsent = slot;
	}

	/** The next slot that may be sent now; undefined when there is none, or the window is full. */
	next(): PacketSlot | undefined {
		const slot = this.unsent;
		if (slot === undefined || slot.qos === 0 || slot.state === RELEASING) return slot;
		return this.inFlight < this.window ? slot : undefined;
	}

	/** A filled slot of QoS 1 or 2, lent or the first free one, was sent at once: it waits for its acknowledgement. */
	hold(slot: PacketSlot, now: number): void {
		if (slot === this.free) {
			this.free = slot.next;
			slot.next = undefined;
		}
		if (this.last === undefined) this.first = slot;
		else this.last.next = slot;
		this.last = slot;
		slot.state = SENT;
		slot.sentAt = now;
		this.inFlight++;
	}

	/** The slot that `next` gave was sent whole, or its PUBREL. At QoS 0 that is all. */
	sent(slot: PacketSlot, now: number): void {
		this.unsent = slot.next;
		if (slot.state === RELEASING) {
			slot.state = RELEASED;
			slot.sentAt = now;
			return;
		}
		if (slot.qos === 0) {
			this.remove(slot);
			this.giveBack(slot);
			return;
		}
		slot.state = SENT;
		slot.sentAt = now;
		this.inFlight++;
	}

	/** Takes a PUBACK; false when it was not awaited (section 4.3.2). */
	acknowledge(id: number): boolean {
		// The broker acknowledges in order (section 4.6), so it is nearly always the first.
		let slot = this.first;
		while (slot !== undefined && slot.id !== id) slot = slot.next;
		if (slot === undefined || slot.state !== SENT || slot.qos !== 1) return false;
		this.inFlight--;
		if (slot === this.first) {
			this.first = slot.next;
			if (slot === this.last) this.last = undefined;
		} else this.remove(slot);
		this.giveBack(slot);
		return true;
	}

	/** Takes a PUBREC; false when it was not awaited. Else PUBREL has to be sent now (section 4.3.3). */
	release(id: number, now: number): boolean {
		const slot = this.seek(id);
		if (slot === undefined || slot.state !== SENT || slot.qos !== 2) return false;
		slot.state = RELEASED;
		slot.sentAt = now;
		const before = this.lastReleased;
		this.lastReleased = slot;
		// PUBRECs come in order (section 4.6), so it stands there already, unless something else awaits PUBACK.
		if (slot === (before === undefined ? this.first : before.next)) return true;
		this.unlink(slot);
		slot.next = before === undefined ? this.first : before.next;
		if (before === undefined) this.first = slot;
		else before.next = slot;
		return true;
	}

	/** Takes a PUBCOMP; false when it was not awaited. */
	complete(id: number): boolean {
		const slot = this.seek(id);
		if (slot === undefined || slot.state !== RELEASED) return false;
		this.drop(slot);
		return true;
	}

	/** Whether a PUBLISH with this packet identifier is still to be sent on this connection. */
	waits(id: number): boolean {
		const slot = this.seek(id);
		return slot !== undefined && (slot.state === WAITING || slot.state === RESENDING);
	}

	/** The connection has ended: what is not acknowledged is to be sent again, in the same order (section 4.6). */
	interrupt(): void {
		this.unsent = this.first;
		this.inFlight = 0;
		for (let slot = this.first; slot !== undefined; slot = slot.next) {
			if (slot.state === SENT) slot.state = RESENDING;
			else if (slot.state >= RELEASING) {
				slot.state = RELEASING;
				this.inFlight++;
			}
		}
	}

	/**
	 * The broker has accepted the next connection. With the session present, what was sent goes again as a duplicate;
	 * without, the broker knows none of it, and it is new. What is on its way already is awaited from now on.
	 * Returns how many messages go again.
	 */
	resume(sessionPresent: boolean, now: number): number {
		let resent = 0;
		for (let slot = this.first; slot !== undefined; slot = slot.next) {
			if (slot.state === SENT) slot.sentAt = now;
			if (slot.state !== RESENDING) continue;
			slot.setDup(sessionPresent);
			if (!sessionPresent && slot.qos === 2) this.uncertain++;
			resent++;
		}
		return resent;
	}

	/** The first slot whose PUBREC has come. */
	get firstReleased(): PacketSlot | undefined {
		return this.lastReleased === undefined ? undefined : this.first;
	}

	/** The oldest slot of the pool that was never sent. */
	get oldestWaiting(): PacketSlot | undefined {
		let slot = this.first;
		while (slot !== undefined && !(slot.pooled && slot.state === WAITING)) slot = slot.next;
		return slot;
	}

	/** Takes out and frees a slot that waits or is in flight. */
	drop(slot: PacketSlot): void {
		if (slot.state >= SENT) this.inFlight--;
		if (this.unsent === slot) this.unsent = slot.next;
		this.remove(slot);
		this.giveBack(slot);
	}

	/** A packet identifier that no held packet has: never 0, 1 after 65535 (section 2.3.1). */
	nextId(): number {
		let id = this.lastId;
		do id = id === 65_535 ? 1 : id + 1;
		while (this.first !== undefined && this.seek(id) !== undefined);
		this.lastId = id;
		return id;
	}

	private seek(id: number): PacketSlot | undefined {
		let slot = this.first;
		while (slot !== undefined && slot.id !== id) slot = slot.next;
		return slot;
	}

	private remove(slot: PacketSlot): void {
		const before = this.unlink(slot);
		if (slot === this.lastReleased) this.lastReleased = before;
		slot.next = undefined;
	}

	/** Returns the one before it. */
	private unlink(slot: PacketSlot): PacketSlot | undefined {
		const next = slot.next;
		let before: PacketSlot | undefined;
		if (this.first === slot) this.first = next;
		else {
			before = this.first!;
			while (before.next !== slot) before = before.next!;
			before.next = next;
		}
		if (next === undefined) this.last = before;
		return before;
	}
}
