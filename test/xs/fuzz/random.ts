// The same numbers for the same seed, in any engine, without garbage.

export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = seed | 0 || 1;
	}

	/** A whole number from 0 to below `bound`. */
	below(bound: number): number {
		let x = this.#state;
		x ^= x << 13;
		x ^= x >>> 17;
		x ^= x << 5;
		this.#state = x;
		return (x >>> 0) % bound;
	}

	/** True once in `times`. */
	once(times: number): boolean {
		return this.below(times) === 0;
	}
}
