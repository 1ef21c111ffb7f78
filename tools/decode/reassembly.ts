// One direction of a TCP connection: segments in any order in, bytes in order out. Knows sequence numbers; no addresses.
// A segment that the capture missed is a hole, once more is waiting behind it than any network puts out of order.

import type { Segment } from "./tshark.js";

/** Segments and bytes that wait for an earlier one. */
const WAITING = 64;
const WAITING_BYTES = 1 << 18;

interface Waiting {
	sequence: number;
	payload: Buffer;
	missing: number;
}

export class Reassembly {
	readonly #onBytes: (bytes: Buffer) => void;
	readonly #onHole: (bytes: number) => void;
	/** The sequence number that is due. */
	#next: number | undefined;
	#end: number | undefined;
	/** In order of their sequence numbers. */
	#waiting: Waiting[] = [];
	#waitingBytes = 0;

	constructor(onBytes: (bytes: Buffer) => void, onHole: (bytes: number) => void) {
		this.#onBytes = onBytes;
		this.#onHole = onHole;
	}

	/** Whether the sender's last byte has come. */
	get ended(): boolean {
		return this.#end !== undefined && this.#next === this.#end;
	}

	add({ sequence, syn, fin, payload, missing }: Segment): void {
		const first = syn ? (sequence + 1) >>> 0 : sequence;
		this.#next ??= first;
		if (fin) this.#end ??= (first + payload.length + missing) >>> 0;
		if (payload.length + missing > 0) this.#insert({ sequence: first, payload, missing });
		this.#deliver();
		if (this.#waiting.length > WAITING || this.#waitingBytes > WAITING_BYTES) this.flush(1);
	}

	/** Passes over what is missing before the first `holes` of them, or all. */
	flush(holes = Number.POSITIVE_INFINITY): void {
		for (let i = 0; i < holes && this.#waiting.length > 0; i++) {
			const { sequence } = this.#waiting[0];
			this.#onHole((sequence - this.#next!) >>> 0);
			this.#next = sequence;
			this.#deliver();
		}
	}

	#insert(segment: Waiting): void {
		const ahead = this.#ahead(segment.sequence);
		if (ahead + segment.payload.length + segment.missing <= 0) return; // it was here before
		let at = this.#waiting.length;
		while (at > 0 && this.#ahead(this.#waiting[at - 1].sequence) > ahead) at--;
		// In order it is used at once; else the capture's buffer must not be held.
		const payload = ahead <= 0 ? segment.payload : Buffer.from(segment.payload);
		this.#waiting.splice(at, 0, { ...segment, payload });
		this.#waitingBytes += payload.length;
	}

	/** Bytes from what is due to this sequence number; they wrap at 2^32. */
	#ahead(sequence: number): number {
		return (sequence - this.#next!) | 0;
	}

	#deliver(): void {
		while (this.#waiting.length > 0) {
			const { sequence, payload, missing } = this.#waiting[0];
			const ahead = this.#ahead(sequence);
			if (ahead > 0) return;
			this.#waiting.shift();
			this.#waitingBytes -= payload.length;
			this.#advance(payload, missing, -ahead);
		}
	}

	/** `old`: bytes at its beginning that were here before. */
	#advance(payload: Buffer, missing: number, old: number): void {
		if (old >= payload.length + missing) return;
		const fresh = payload.subarray(Math.min(old, payload.length));
		const hole = missing - Math.max(0, old - payload.length);
		this.#next = (this.#next! + fresh.length + hole) >>> 0;
		if (fresh.length > 0) this.#onBytes(fresh);
		if (hole > 0) this.#onHole(hole);
	}
}
