// Rows of numbers, first in, first out, in one typed array. Knows numbers only.

export class Ring {
	/** Rows in it. */
	count = 0;
	/** Row by row; `oldest` tells where it begins. */
	readonly numbers: Float64Array;
	private readonly capacity: number;
	private readonly width: number;
	/** The oldest row. */
	private first = 0;

	/** @param capacity rows @param width numbers of a row */
	constructor(capacity: number, width: number) {
		this.capacity = capacity;
		this.width = width;
		this.numbers = new Float64Array(capacity * width);
	}

	/** Offset of the oldest row's first number. */
	get oldest(): number {
		return this.first * this.width;
	}

	/** Takes a row. When there is no room, the oldest one is gone, and it returns false. */
	push(row: Float64Array): boolean {
		const { capacity } = this;
		const full = this.count === capacity;
		if (full) this.shift();
		this.numbers.set(row, ((this.first + this.count) % capacity) * this.width);
		this.count++;
		return !full;
	}

	/** Drops the oldest row. */
	shift(): void {
		this.first = (this.first + 1) % this.capacity;
		this.count--;
	}
}
