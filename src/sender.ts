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
	/** Connected, and nothing is half sent: a packet may be written now. */
	#clear = false;
	#stream: Stream | undefined = undefined;
	readonly #outbox: Outbox;
	readonly #liveness: Liveness;
	readonly #subscriptions: Subscriptions;
	readonly #acknowledgements: Acknowledgements;
	readonly #two = new Uint8Array(2);
	readonly #four = new Uint8Array(4);
	#connected = false;
	/** What is left of a control packet that is longer than the socket's room. */
	#rest: Uint8Array | undefined = undefined;
	/** Pieces of the first unsent packet that are sent. */
	#pieced = 0;
	/** For the last piece of a packet, which is shorter. */
	#lastPiece: PacketBuffer | undefined = undefined;

	constructor(outbox: Outbox, liveness: Liveness, subscriptions: Subscriptions, acknowledgements: number) {
		this.#outbox = outbox;
		this.#liveness = liveness;
		this.#subscriptions = subscriptions;
		this.#acknowledgements = new Acknowledgements(acknowledgements);
	}

	/** Makes room for packets of `size` bytes that have to go out in pieces. Called at construction. */
	prepare(size: number): void {
		if (size > 2 * PIECE) this.#lastPiece ??= new PacketBuffer(PIECE);
	}

	/** A new stream: CONNECT goes first, and alone until `connected`. */
	start(stream: Stream, connect: Uint8Array): void {
		this.#stream = stream;
		this.#rest = connect;
		this.flush();
	}

	/** The broker has accepted: everything else may go. */
	connected(): void {
		this.#connected = true;
		this.#clear = this.#rest === undefined;
	}

	/** The stream is gone. */
	stop(): void {
		this.#stream = undefined;
		this.#connected = false;
		this.#clear = false;
		this.#rest = undefined;
		this.#pieced = 0;
		this.#acknowledgements.clear();
	}

	/** Whether acknowledgements have to wait for room before more is read. */
	get choked(): boolean {
		return this.#acknowledgements.full;
	}

	/** Whether nothing is left to send or to be acknowledged. */
	get done(): boolean {
		return this.#clear && this.#outbox.empty && this.#acknowledgements.count === 0;
	}

	/**
	 * A filled slot, lent or the first free one: sends it if it can go now, else takes it into the order of sending.
	 * Returns its packet identifier, 0 at QoS 0.
	 */
	submit(slot: PacketSlot): number {
		const outbox = this.#outbox;
		const idle = this.#clear && outbox.unsent === undefined;
		if (idle && slot.qos === 0 && this.#writeSlot(slot)) {
			if (slot.state === LENT) outbox.giveBack(slot);
			return 0;
		}
		outbox.accept(slot);
		if (idle) this.#flushPublishes();
		return slot.id;
	}

	/** Sends an acknowledgement now, or as soon as there is room. Not to be called while choked. */
	acknowledge(first: number, id: number): void {
		if (!this.#clear || this.#acknowledgements.count > 0 || !this.#writeAcknowledgement(first, id))
			this.#acknowledgements.add(first, id);
	}

	/** Sends what can be sent now. */
	flush(): void {
		if (this.#rest !== undefined && !this.#writeRest()) return;
		if (!this.#connected) return;
		if (this.#pieced > 0) {
			this.#flushPublishes();
			if (!this.#clear) return;
		}
		const acknowledgements = this.#acknowledgements;
		while (acknowledgements.count > 0) {
			const first = acknowledgements.first;
			if (!this.#writeAcknowledgement(first >>> 16, first & 0xffff)) return;
			acknowledgements.removeFirst();
		}
		if (this.#liveness.pingDue) {
			if (!this.#writeTwo(PINGREQ << 4)) return;
			this.#liveness.pingDue = false;
		}
		if (this.#subscriptions.pending && !this.#flushSubscriptions()) return;
		this.#flushPublishes();
	}

	/** Sends DISCONNECT, if there is room. */
	disconnect(): void {
		this.#writeTwo(DISCONNECT << 4);
	}

	/** A packet identifier that nothing unacknowledged has. */
	nextId(): number {
		let id = this.#outbox.nextId();
		while (this.#subscriptions.uses(id)) id = this.#outbox.nextId();
		return id;
	}

	#flushSubscriptions(): boolean {
		const subscriptions = this.#subscriptions;
		for (;;) {
			const next = subscriptions.nextPending();
			if (next === undefined) return true;
			const id = this.nextId();
			this.#rest =
				next.state === WANTED ? encodeSubscribe(id, next.field, next.qos) : encodeUnsubscribe(id, next.field);
			subscriptions.sent(next, id, this.#liveness.attention);
			if (!this.#writeRest()) return false;
		}
	}

	#flushPublishes(): void {
		const outbox = this.#outbox;
		for (;;) {
			const slot = outbox.next();
			if (slot === undefined) return;
			const whole =
				this.#pieced === 0 && (slot.length <= this.#stream!.capacity || slot.pieces === undefined);
			if (whole ? !this.#writeSlot(slot) : !this.#writePieces(slot)) return;
			outbox.sent(slot, this.#liveness.attention);
		}
	}

	/** Hands the packet to the socket in one write. */
	#writeSlot(slot: PacketSlot): boolean {
		const stream = this.#stream!;
		const length = slot.length;
		if (stream.writable < length) return false;
		// Short for this one write only: a collection now would cut the buffer's capacity.
		const buffer = slot.buffer;
		buffer.resize(length);
		const sent = stream.write(slot.bytes);
		buffer.resize(slot.size);
		if (sent) {
			const liveness = this.#liveness;
			liveness.lastSent = liveness.now;
		}
		return sent;
	}

	/** Hands over as many pieces as the socket takes now; true when the packet is all sent. */
	#writePieces(slot: PacketSlot): boolean {
		const pieces = slot.pieces!;
		const stream = this.#stream!;
		this.#clear = false;
		slot.state = RESENDING; // a byte of it is sent: it is no longer to be dropped or replaced
		for (;;) {
			const left = slot.length - this.#pieced * PIECE;
			if (left <= 0) break;
			const piece = pieces[this.#pieced];
			if (stream.writable < Math.min(left, PIECE)) return false;
			if (left >= piece.length) {
				if (!stream.write(piece)) return false;
			} else {
				const last = this.#lastPiece!;
				last.bytes.set(piece);
				last.buffer.resize(left);
				const sent = stream.write(last.bytes);
				last.buffer.resize(PIECE);
				if (!sent) return false;
			}
			this.#pieced++;
			this.#liveness.lastSent = this.#liveness.now;
		}
		this.#pieced = 0;
		this.#clear = true;
		return true;
	}

	/** Hands over what is left of a control packet, as far as there is room; true when it is all sent. */
	#writeRest(): boolean {
		const stream = this.#stream!;
		this.#clear = false;
		for (;;) {
			const rest = this.#rest!;
			const room = Math.min(stream.writable, stream.capacity);
			// In one write, if the socket will ever have the room.
			if (room === 0 || (room < rest.length && room < stream.capacity)) return false;
			if (!stream.write(room < rest.length ? rest.subarray(0, room) : rest)) return false;
			this.#liveness.lastSent = this.#liveness.now;
			if (room >= rest.length) break;
			this.#rest = rest.subarray(room);
		}
		this.#rest = undefined;
		this.#clear = this.#connected;
		return true;
	}

	#writeAcknowledgement(first: number, id: number): boolean {
		const packet = this.#four;
		packet[0] = first;
		packet[1] = 2;
		packet[2] = id >> 8;
		packet[3] = id;
		return this.#writeControl(packet, 4);
	}

	#writeTwo(first: number): boolean {
		this.#two[0] = first;
		return this.#writeControl(this.#two, 2);
	}

	#writeControl(packet: Uint8Array, length: number): boolean {
		const stream = this.#stream!;
		if (stream.writable < length || !stream.write(packet)) return false;
		this.#liveness.lastSent = this.#liveness.now;
		return true;
	}
}
