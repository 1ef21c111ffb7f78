// Rows of numbers, first in, first out, in one typed array. Knows numbers only.

export class Ring {
	/** Row by row: the oldest one begins at `oldest`; the one to come is filled in at `free`, and no row stands there. */
	readonly numbers: Float64Array;
	oldest = 0;
	free = 0;
	private readonly width: number;

	/** @param capacity rows @param width numbers of a row */
	constructor(capacity: number, width: number) {
		this.width = width;
		this.numbers = new Float64Array((capacity + 1) * width);
	}

	get empty(): boolean {
		return this.oldest === this.free;
	}

	/** Takes the row at `free` in. When there is no room, the oldest one is gone, and it returns false. */
	push(): boolean {
		this.free = this.next(this.free);
		if (!this.empty) return true;
		this.shift();
		return false;
	}

	/** Drops the oldest row. */
	shift(): void {
		this.oldest = this.next(this.oldest);
	}

	/** Takes back the row that was dropped by the last `shift`; false when there is no room any more. */
	unshift(): boolean {
		const { numbers, width } = this;
		const at = (this.oldest > 0 ? this.oldest : numbers.length) - width;
		if (at === this.free) return false;
		this.oldest = at;
		return true;
	}

	private next(at: number): number {
		const next = at + this.width;
		return next < this.numbers.length ? next : 0;
	}
}
