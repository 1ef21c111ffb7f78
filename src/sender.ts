// Outgoing packets in the right order: what is half sent first, then acknowledgements, PINGREQ, subscriptions,
// messages. Knows the stream and what is to be sent; not why a connection begins or ends.

import type { Liveness } from "./network/liveness.js";
import type { Acknowledgements } from "./session/acknowledgements.js";
import type { Outbox } from "./session/outbox.js";
import { LENT, type PacketSlot, PIECE, RELEASING, RESENDING } from "./session/packet-slot.js";
import { type Subscription, type Subscriptions, WANTED } from "./session/subscriptions.js";
import type { Stream } from "./transport/stream.js";
import { encodeSubscribe, encodeUnsubscribe } from "./wire/encode.js";
import { PacketBuffer } from "./wire/packet-buffer.js";
import { DISCONNECT, PINGREQ, PUBREL } from "./wire/protocol.js";

/** Bytes of one TCP segment on Ethernet and Wi-Fi. */
const SEGMENT = 1460;
const RELEASE = (PUBREL << 4) | 2;

export class Sender {
	/** The stream, while a message may be written to it at once: nothing is half sent and no message waits. */
	open: Stream | undefined = undefined;
	/**
	 * The slot in which the last message stands that was sent at once: the next one like it differs in its payload's
	 * bytes only, at QoS 1 also in its packet identifier. Undefined as soon as anything else happens, and while `open` is.
	 */
	last: PacketSlot | undefined = undefined;

	/** Connected, and nothing is half sent: a control packet may be written now. */
	private clear = false;
	private stream: Stream | undefined = undefined;
	/** Acknowledgements that wait for room; when full, no more may be read. */
	private readonly acknowledgements: Acknowledgements;
	private readonly outbox: Outbox;
	private readonly liveness: Liveness;
	private readonly subscriptions: Subscriptions;
	private readonly two = new Uint8Array(2);
	private readonly four = new Uint8Array(4);
	private accepted = false;
	/** What is left of a control packet that is longer than the socket's room. */
	private rest: Uint8Array | undefined = undefined;
	/** Bytes of the first unsent packet that are sent. */
	private partial = 0;
	/** The message whose `fill` has not given what it has to. Not yet given up. */
	short: PacketSlot | undefined = undefined;
	/** What that function threw. */
	failure: { error: unknown } | undefined = undefined;
	/** The app's code is running, in the midst of a packet. */
	private filling = false;
	/** For the last piece of a packet, which is shorter. */
	private lastPiece: PacketBuffer | undefined = undefined;

	constructor(
		outbox: Outbox,
		liveness: Liveness,
		subscriptions: Subscriptions,
		acknowledgements: Acknowledgements,
	) {
		this.outbox = outbox;
		this.liveness = liveness;
		this.subscriptions = subscriptions;
		this.acknowledgements = acknowledgements;
	}

	/** Makes room for packets of `size` bytes that have to go out in pieces. Called at construction. */
	prepare(size: number): void {
		if (size > 2 * PIECE) this.lastPiece ??= new PacketBuffer(PIECE);
	}

	/**
	 * A new stream: CONNECT goes first, and alone until `connected`; with `pipelining` together with what was never sent
	 * and fits one segment (section 3.1.4).
	 */
	start(stream: Stream, connect: Uint8Array, pipelining: boolean): void {
		this.stream = stream;
		this.rest = connect;
		if (pipelining && this.outbox.fresh) this.rest = this.bundle(connect, Math.min(stream.writable, SEGMENT));
		this.flush();
	}

	/** CONNECT and what may follow it at once, as one array. */
	private bundle(connect: Uint8Array, room: number): Uint8Array {
		const { outbox, subscriptions } = this;
		const now = this.liveness.attention;
		const packets = [connect];
		let length = connect.length;
		const add = (packet: Uint8Array) => {
			packets.push(packet);
			length += packet.length;
		};
		let next = subscriptions.nextPending();
		for (; next !== undefined; next = subscriptions.nextPending()) {
			const batch = subscriptions.batch(next);
			const id = this.nextId();
			const packet = encodePending(id, batch);
			if (length + packet.length > room) break;
			subscriptions.sent(batch, id, now);
			add(packet);
		}
		while (next === undefined) {
			const slot = outbox.next();
			if (slot === undefined || slot.fill !== undefined || length + slot.length > room) break;
			add(slot.bytes.slice(0, slot.length));
			outbox.sent(slot, now);
		}
		const all = new Uint8Array(length);
		let at = 0;
		for (const packet of packets) {
			all.set(packet, at);
			at += packet.length;
		}
		return all;
	}

	/** The broker has accepted: everything else may go. */
	connected(): void {
		this.accepted = true;
		this.clear = this.rest === undefined;
	}

	/** The stream is gone. */
	stop(): void {
		this.short = undefined;
		this.failure = undefined;
		this.open = undefined;
		this.last = undefined;
		this.stream = undefined;
		this.accepted = false;
		this.clear = false;
		this.rest = undefined;
		this.partial = 0;
		this.acknowledgements.clear();
	}

	/** Whether something waits for room. */
	get blocked(): boolean {
		if (this.open === undefined) {
			if (this.rest !== undefined || this.partial > 0) return true;
			if (!this.accepted) return false;
			if (this.outbox.next() !== undefined) return true;
		}
		return this.acknowledgements.count > 0 || this.liveness.pingDue;
	}

	/** Whether nothing is left to send or to be acknowledged. */
	get done(): boolean {
		return this.clear && this.outbox.empty && this.acknowledgements.count === 0;
	}

	/**
	 * A filled slot, lent or the first free one: sends it if it can go now, else takes it into the order of sending.
	 * Returns its packet identifier, 0 at QoS 0.
	 */
	submit(slot: PacketSlot): number {
		const outbox = this.outbox;
		const stream = this.open;
		const qos = slot.qos;
		if (
			stream !== undefined &&
			stream.writable >= slot.length &&
			(qos === 0 || outbox.inFlight < outbox.window)
		) {
			if (stream.send(slot, slot.length)) {
				if (qos > 0) outbox.hold(slot, this.liveness.attention);
				else if (slot.state === LENT) outbox.giveBack(slot);
				this.last = slot;
				return slot.id;
			}
		}
		this.queue(slot);
		if (stream !== undefined) this.flushPublishes();
		return slot.id;
	}

	/** Takes a lent slot into the order of sending. */
	queue(slot: PacketSlot): void {
		this.open = undefined;
		this.last = undefined;
		this.outbox.accept(slot);
	}

	/** Sends an acknowledgement now, or as soon as there is room. Not to be called while they are full. */
	acknowledge(first: number, id: number): void {
		if (this.clear && this.acknowledgements.count === 0 && this.writeAcknowledgement(first, id)) return;
		// After the end none will ever go, and what is still unread must not wait for that.
		if (!this.stream!.failed) this.acknowledgements.add(first, id);
	}

	/** The stream has failed: no acknowledgement will go. */
	forgetAcknowledgements(): void {
		this.acknowledgements.clear();
	}

	/** Sends what can be sent now. */
	flush(): void {
		if (this.filling) return;
		if (this.rest !== undefined && !this.writeRest()) return;
		if (!this.accepted) return;
		if (this.partial > 0 && !this.writeInParts(this.outbox.unsent!)) return;
		const acknowledgements = this.acknowledgements;
		while (acknowledgements.count > 0) {
			const first = acknowledgements.first;
			if (!this.writeAcknowledgement(first >>> 16, first & 0xffff)) return;
			acknowledgements.removeFirst();
		}
		if (this.liveness.pingDue) {
			if (!this.writeTwo(PINGREQ << 4)) return;
			this.liveness.pingDue = false;
		}
		if (this.subscriptions.pending && !this.flushSubscriptions()) return;
		this.flushPublishes();
	}

	/** Sends DISCONNECT, if there is room and nothing is half sent. */
	disconnect(): boolean {
		return this.clear && this.writeTwo(DISCONNECT << 4);
	}

	/** A packet identifier that nothing unacknowledged has. */
	nextId(): number {
		let id = this.outbox.nextId();
		if (this.subscriptions.awaited > 0) while (this.subscriptions.uses(id)) id = this.outbox.nextId();
		return id;
	}

	private flushSubscriptions(): boolean {
		const subscriptions = this.subscriptions;
		for (;;) {
			const next = subscriptions.nextPending();
			if (next === undefined) return true;
			this.open = undefined;
			this.last = undefined;
			const id = this.nextId();
			const batch = subscriptions.batch(next);
			this.rest = encodePending(id, batch);
			subscriptions.sent(batch, id, this.liveness.attention);
			if (!this.writeRest()) return false;
		}
	}

	/** Sends messages in order, as far as room and window allow. */
	private flushPublishes(): void {
		const outbox = this.outbox;
		const stream = this.stream!;
		for (;;) {
			const slot = outbox.next();
			if (slot === undefined) break;
			const length = slot.length;
			if (slot.state === RELEASING) {
				if (!this.writeAcknowledgement(RELEASE, slot.id)) return;
			} else if (slot.fill !== undefined || (length > stream.capacity && slot.pieces !== undefined)) {
				// Control packets have their turn after each of these.
				if (this.writeInParts(slot)) this.flush();
				return;
			} else if (stream.writable < length || !stream.send(slot, length)) return;
			outbox.sent(slot, this.liveness.attention);
		}
		if (outbox.unsent === undefined) this.open = stream;
	}

	/** Sends what is left of the first unsent packet; true when it is all sent. */
	private writeInParts(slot: PacketSlot): boolean {
		if (slot.fill === undefined ? !this.writePieces(slot) : !this.writePulled(slot)) return false;
		this.partial = 0;
		this.clear = true;
		this.outbox.sent(slot, this.liveness.attention);
		return true;
	}

	/** A byte of `slot` is about to be sent: nothing comes between, and it is no longer to be dropped or replaced. */
	private enter(slot: PacketSlot): void {
		this.clear = false;
		slot.state = RESENDING;
	}

	/** Hands over as many pieces as the socket takes now; true when the packet is all sent. */
	private writePieces(slot: PacketSlot): boolean {
		const stream = this.stream!;
		for (let left = slot.length - this.partial; left > 0; left = slot.length - this.partial) {
			const piece = slot.pieces![this.partial / PIECE];
			const count = Math.min(left, piece.length);
			if (stream.writable < count) return false;
			this.enter(slot);
			if (count === piece.length) {
				if (!stream.write(piece)) return false;
			} else {
				this.lastPiece!.bytes.set(piece);
				if (!stream.send(this.lastPiece!, count)) return false;
			}
			this.partial += count;
			this.liveness.handOver(count);
		}
		return true;
	}

	/** Has the payload written to the front of the slot's buffer, part by part; true when the packet is all sent. */
	private writePulled(slot: PacketSlot): boolean {
		const stream = this.stream!;
		const head = slot.length - slot.payloadLength;
		if (this.partial === 0) {
			if (stream.writable < head) return false;
			this.enter(slot);
			slot.writeHead();
			if (!stream.send(slot, head)) return false;
			this.partial = head;
		}
		const view = slot.pieces === undefined ? slot.bytes : slot.pieces[0];
		for (let left = slot.length - this.partial; left > 0; left = slot.length - this.partial) {
			const count = Math.min(left, view.length);
			if (stream.writable < count) return false;
			if (this.fill(slot, this.partial - head, view) !== count) {
				if (stream === this.stream) this.short = slot;
				return false;
			}
			if (stream !== this.stream || !stream.send(slot, count)) return false;
			this.partial += count;
			this.liveness.handOver(count);
		}
		return true;
	}

	/** Runs the app's code in the midst of a packet. What throws has filled nothing. */
	private fill(slot: PacketSlot, offset: number, view: Uint8Array): number {
		const stream = this.stream;
		this.filling = true;
		try {
			return slot.fill!(offset, view);
		} catch (error) {
			if (stream !== this.stream) throw error;
			this.failure = { error };
			return -1;
		} finally {
			this.filling = false;
		}
	}

	/** Hands over what is left of a control packet, as far as there is room; true when it is all sent. */
	private writeRest(): boolean {
		const stream = this.stream!;
		this.clear = false;
		for (;;) {
			const rest = this.rest!;
			const room = Math.min(stream.writable, stream.capacity);
			// In one write, if the socket will ever have the room.
			if (room === 0 || (room < rest.length && room < stream.capacity)) return false;
			if (!stream.write(room < rest.length ? rest.subarray(0, room) : rest)) return false;
			this.liveness.handOver(Math.min(room, rest.length));
			if (room >= rest.length) break;
			this.rest = rest.subarray(room);
		}
		this.rest = undefined;
		this.clear = this.accepted;
		return true;
	}

	private writeAcknowledgement(first: number, id: number): boolean {
		const packet = this.four;
		packet[0] = first;
		packet[1] = 2;
		packet[2] = id >> 8;
		packet[3] = id;
		return this.writeControl(packet, 4);
	}

	private writeTwo(first: number): boolean {
		this.two[0] = first;
		return this.writeControl(this.two, 2);
	}

	private writeControl(packet: Uint8Array, length: number): boolean {
		const stream = this.stream!;
		return stream.writable >= length && stream.write(packet);
	}
}

/** The packet that asks for, or ends, all of `batch`. */
function encodePending(id: number, batch: readonly Subscription[]): Uint8Array {
	return batch[0].state === WANTED ? encodeSubscribe(id, batch) : encodeUnsubscribe(id, batch);
}
