// Rows of numbers, first in, first out, in one typed array. Knows numbers only.

export class Ring {
	/** Where the row to come is to be filled in; when `oldest` is there too, there are none. */
	free = 0;
	/** Where the oldest row begins. */
	oldest = 0;
	/** Row by row. */
	readonly numbers: Float64Array;
	private readonly width: number;

	/** @param capacity rows @param width numbers of a row */
	constructor(capacity: number, width: number) {
		this.width = width;
		this.numbers = new Float64Array((capacity + 1) * width);
	}

	/** Takes the row at `free` in. When there is no room, the oldest one is gone, and it returns false. */
	push(): boolean {
		const free = this.free + this.width;
		this.free = free < this.numbers.length ? free : 0;
		if (this.free !== this.oldest) return true;
		this.removeFirst();
		return false;
	}

	/** Drops the oldest row. */
	removeFirst(): void {
		const oldest = this.oldest + this.width;
		this.oldest = oldest < this.numbers.length ? oldest : 0;
	}

	/** Takes back the row that `removeFirst` has dropped last; false when there is no room any more. */
	putBack(): boolean {
		const { numbers, width } = this;
		const at = (this.oldest > 0 ? this.oldest : numbers.length) - width;
		if (at === this.free) return false;
		this.oldest = at;
		return true;
	}
}
