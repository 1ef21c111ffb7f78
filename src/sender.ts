// Outgoing packets in the right order: what is half sent first, then acknowledgements, PINGREQ, subscriptions,
// messages. Knows the stream and what is to be sent; not why a connection begins or ends.

import type { Liveness } from "./network/liveness.js";
import { Acknowledgements } from "./session/acknowledgements.js";
import type { Outbox } from "./session/outbox.js";
import { LENT, type PacketSlot, PIECE, RESENDING } from "./session/packet-slot.js";
import { type Subscriptions, WANTED } from "./session/subscriptions.js";
import type { Stream } from "./transport/stream.js";
import { encodeSubscribe, encodeUnsubscribe } from "./wire/encode.js";
import { PacketBuffer } from "./wire/packet-buffer.js";
import { DISCONNECT, PINGREQ } from "./wire/protocol.js";

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
	readonly acknowledgements: Acknowledgements;
	private readonly outbox: Outbox;
	private readonly liveness: Liveness;
	private readonly subscriptions: Subscriptions;
	private readonly two = new Uint8Array(2);
	private readonly four = new Uint8Array(4);
	private accepted = false;
	/** What is left of a control packet that is longer than the socket's room. */
	private rest: Uint8Array | undefined = undefined;
	/** Pieces of the first unsent packet that are sent. */
	private pieced = 0;
	/** For the last piece of a packet, which is shorter. */
	private lastPiece: PacketBuffer | undefined = undefined;

	constructor(outbox: Outbox, liveness: Liveness, subscriptions: Subscriptions, acknowledgements: number) {
		this.outbox = outbox;
		this.liveness = liveness;
		this.subscriptions = subscriptions;
		this.acknowledgements = new Acknowledgements(acknowledgements);
	}

	/** Makes room for packets of `size` bytes that have to go out in pieces. Called at construction. */
	prepare(size: number): void {
		if (size > 2 * PIECE) this.lastPiece ??= new PacketBuffer(PIECE);
	}

	/** A new stream: CONNECT goes first, and alone until `connected`. */
	start(stream: Stream, connect: Uint8Array): void {
		this.stream = stream;
		this.rest = connect;
		this.flush();
	}

	/** The broker has accepted: everything else may go. */
	connected(): void {
		this.accepted = true;
		this.clear = this.rest === undefined;
	}

	/** The stream is gone. */
	stop(): void {
		this.open = undefined;
		this.last = undefined;
		this.stream = undefined;
		this.accepted = false;
		this.clear = false;
		this.rest = undefined;
		this.pieced = 0;
		this.acknowledgements.clear();
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
		this.open = undefined;
		this.last = undefined;
		outbox.accept(slot);
		if (stream !== undefined) this.flushPublishes();
		return slot.id;
	}

	/** Sends an acknowledgement now, or as soon as there is room. Not to be called while they are full. */
	acknowledge(first: number, id: number): void {
		if (!this.clear || this.acknowledgements.count > 0 || !this.writeAcknowledgement(first, id))
			this.acknowledgements.add(first, id);
	}

	/** Sends what can be sent now. */
	flush(): void {
		if (this.rest !== undefined && !this.writeRest()) return;
		if (!this.accepted) return;
		if (this.pieced > 0 && !this.writeInPieces(this.outbox.unsent!)) return;
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
			this.rest =
				next.state === WANTED ? encodeSubscribe(id, next.field, next.qos) : encodeUnsubscribe(id, next.field);
			subscriptions.sent(next, id, this.liveness.attention);
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
			if (length > stream.capacity && slot.pieces !== undefined) {
				// Control packets have their turn after each of these.
				if (this.writeInPieces(slot)) this.flush();
				return;
			}
			if (stream.writable < length || !stream.send(slot, length)) return;
			outbox.sent(slot, this.liveness.attention);
		}
		if (outbox.unsent === undefined) this.open = stream;
	}

	/** Sends what is left of the first unsent packet; true when it is all sent. */
	private writeInPieces(slot: PacketSlot): boolean {
		if (!this.writePieces(slot)) return false;
		this.outbox.sent(slot, this.liveness.attention);
		return true;
	}

	/** Hands over as many pieces as the socket takes now; true when the packet is all sent. */
	private writePieces(slot: PacketSlot): boolean {
		const pieces = slot.pieces!;
		const stream = this.stream!;
		this.clear = false;
		slot.state = RESENDING; // a byte of it is sent: it is no longer to be dropped or replaced
		for (;;) {
			const left = slot.length - this.pieced * PIECE;
			if (left <= 0) break;
			const piece = pieces[this.pieced];
			if (stream.writable < Math.min(left, PIECE)) return false;
			if (left >= piece.length) {
				if (!stream.write(piece)) return false;
			} else {
				this.lastPiece!.bytes.set(piece);
				if (!stream.send(this.lastPiece!, left)) return false;
			}
			this.pieced++;
		}
		this.pieced = 0;
		this.clear = true;
		return true;
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
