// Random numbers that come again with the same seed (mulberry32).

export class Random {
	private state: number;

	constructor(seed: number) {
		this.state = seed | 0;
	}

	/** From 0 to below 1. */
	next(): number {
		this.state = (this.state + 0x6d2b79f5) | 0;
		let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
		t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	}

	/** A whole number, both ends included. */
	from(least: number, most: number): number {
		return least + Math.floor(this.next() * (most - least + 1));
	}

	pick<T>(list: readonly T[]): T {
		return list[this.from(0, list.length - 1)];
	}

	shuffle<T>(list: readonly T[]): T[] {
		const shuffled = [...list];
		for (let i = shuffled.length - 1; i > 0; i--) {
			const other = this.from(0, i);
			[shuffled[i], shuffled[other]] = [shuffled[other], shuffled[i]];
		}
		return shuffled;
	}
}
