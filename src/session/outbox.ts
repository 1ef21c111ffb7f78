// Outgoing PUBLISH packets: the pool of slots, the order of sending, packet identifiers, the window.
// Knows what outlives a connection; knows no socket and no time of its own.

import { FREE, LENT, PacketSlot, RESENDING, SENT, WAITING } from "./packet-slot.js";

export class Outbox {
	/** First slot that is to be sent, in order; undefined when all is sent. */
	unsent: PacketSlot | undefined = undefined;
	/** Packets sent and not yet acknowledged. */
	inFlight = 0;
	/** A slot has become free; whoever waits for that clears it first. */
	freed = false;
	/** Free slots of the pool, the last one used first: it still holds its topic. */
	free: PacketSlot | undefined = undefined;

	/** The oldest slot that waits or is in flight. */
	first: PacketSlot | undefined = undefined;
	private last: PacketSlot | undefined = undefined;
	private lastId: number;
	/** Packets at QoS 1 that may be in flight. */
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

	/** The slot whose acknowledgement is awaited longest. */
	get firstAwaited(): PacketSlot | undefined {
		const slot = this.first;
		return slot !== undefined && slot.state === SENT ? slot : undefined;
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
		if (slot !== undefined && slot.qos > 0 && this.inFlight >= this.window) return undefined;
		return slot;
	}

	/** A filled slot of QoS 1, lent or the first free one, was sent at once: it waits for its acknowledgement. */
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

	/** The slot that `next` gave was sent whole. At QoS 0 that is all. */
	sent(slot: PacketSlot, now: number): void {
		this.unsent = slot.next;
		if (slot.qos === 0) {
			this.remove(slot);
			this.giveBack(slot);
			return;
		}
		slot.state = SENT;
		slot.sentAt = now;
		this.inFlight++;
	}

	/** Takes the packet out that PUBACK names; false when it is not in flight at that QoS (section 4.3.2). */
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

	/**
	 * After a reconnect: all that is held is to be sent, in the order in which it was accepted (section 4.6). With the
	 * session present, what was sent goes again as a duplicate; without, the broker knows none of it, and it is new.
	 * Returns how many packets go again.
	 */
	rewind(sessionPresent: boolean): number {
		let resent = 0;
		this.unsent = this.first;
		this.inFlight = 0;
		for (let slot = this.first; slot !== undefined; slot = slot.next) {
			if (slot.state === SENT) slot.state = RESENDING;
			if (slot.state !== RESENDING) continue;
			slot.setDup(sessionPresent);
			resent++;
		}
		return resent;
	}

	/** Takes the oldest slot of the pool out that was never sent; undefined when all were. The caller reports it. */
	dropOldest(): PacketSlot | undefined {
		for (let slot = this.first; slot !== undefined; slot = slot.next)
			if (slot.pooled && slot.state === WAITING) return this.drop(slot);
		return undefined;
	}

	/** Takes out and frees a slot that waits or is in flight. */
	drop(slot: PacketSlot): PacketSlot {
		if (slot.state === SENT) this.inFlight--;
		if (this.unsent === slot) this.unsent = slot.next;
		this.remove(slot);
		this.giveBack(slot);
		return slot;
	}

	/** A packet identifier that no held packet has: never 0, 1 after 65535 (section 2.3.1). */
	nextId(): number {
		let id = this.lastId;
		do id = id === 65_535 ? 1 : id + 1;
		while (this.first !== undefined && this.holds(id));
		this.lastId = id;
		return id;
	}

	private holds(id: number): boolean {
		for (let slot = this.first; slot !== undefined; slot = slot.next) if (slot.id === id) return true;
		return false;
	}

	private remove(slot: PacketSlot): void {
		const next = slot.next;
		if (this.first === slot) {
			this.first = next;
			if (next === undefined) this.last = undefined;
		} else {
			let before = this.first!;
			while (before.next !== slot) before = before.next!;
			before.next = next;
			if (next === undefined) this.last = before;
		}
		slot.next = undefined;
	}
}
