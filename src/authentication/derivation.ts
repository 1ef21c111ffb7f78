// A password made dear to guess: PBKDF2 (RFC 8018, section 5.2) of one block, cut into slices, so that nothing else stalls.
// Knows time and digests, no SCRAM.

import type { CryptoCapability, HashName, Hmac } from "./capability.js";

/** What it needs of its place: a host's `network` has it. */
export interface Place {
	crypto: CryptoCapability;
	timer: {
		/** As TimerCapability. */
		repeat(callback: () => void, interval: number): unknown;
		/** As TimerCapability. */
		clear(timer: never): void;
	};
	/** Monotonic milliseconds; may wrap at 32 bits. */
	/** Monotonic milliseconds. */
	ticks(): number;
}

const enum Slice {
	/** Iterations of the first one: about 4 milliseconds on an ESP8266. */
	FIRST = 8,
	MOST = 4096,
	/** Milliseconds that one is to take at most. */
	LONGEST = 4,
	/** Milliseconds between two. */
	PAUSE = 1,
}

export class Derivation {
	private readonly place: Place;
	private readonly hmac: Hmac;
	/** The last HMAC, and the sum of all. */
	private readonly link: Uint8Array;
	private readonly sum: Uint8Array;
	private iterationsLeft: number;
	/** Iterations of the next slice. */
	private slice = Slice.FIRST as number;
	private timer: unknown;

	/**
	 * Begins. `done` is called once, later, with as many bytes as the digest has, for it to keep.
	 * @param size bytes of the digest
	 */
	constructor(
		place: Place,
		name: HashName,
		size: number,
		password: Uint8Array,
		salt: Uint8Array,
		iterations: number,
		done: (key: Uint8Array) => void,
	) {
		this.place = place;
		this.hmac = new place.crypto.hmac(name, password);
		this.link = new Uint8Array(size);
		const first = new Uint8Array(salt.length + 4);
		first.set(salt);
		first[salt.length + 3] = 1; // the number of the block
		this.hmac.sign(first, this.link);
		this.sum = this.link.slice();
		this.iterationsLeft = iterations - 1;
		this.timer = place.timer.repeat(() => {
			if (this.run()) done(this.sum);
		}, Slice.PAUSE);
	}

	/** Gives up, if it is not through. */
	stop(): void {
		if (this.timer === undefined) return;
		this.place.timer.clear(this.timer as never);
		this.timer = undefined;
	}

	/** One slice; true: that was the last one. */
	private run(): boolean {
		if (this.timer === undefined) return false; // timers of some places fire once more
		const { ticks } = this.place;
		const count = Math.min(this.slice, this.iterationsLeft);
		const began = ticks();
		this.hmac.iterate(this.link, this.sum, count);
		const took = (ticks() - began) | 0;
		if (took > Slice.LONGEST) this.slice = Math.max(1, this.slice >> 1);
		else if (took << 1 < Slice.LONGEST && this.slice < Slice.MOST) this.slice <<= 1;
		this.iterationsLeft -= count;
		if (this.iterationsLeft > 0) return false;
		this.stop();
		return true;
	}
}
