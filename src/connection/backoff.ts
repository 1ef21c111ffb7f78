// How long to wait before the next attempt. Knows numbers only.

/** Milliseconds that follow a bound of 0. */
const FIRST_BOUND = 1000;

/**
 * Exponential backoff with full jitter: a random delay between 0 and a bound that doubles from `minimum` to `maximum`,
 * so that a thousand boards do not come back at the same moment. Milliseconds.
 */
export class Backoff {
	private readonly minimum: number;
	private readonly maximum: number;
	private readonly random: () => number;
	private bound: number;

	constructor(minimum: number, maximum: number, random: () => number) {
		this.minimum = minimum;
		this.maximum = maximum;
		this.random = random;
		this.bound = minimum;
	}

	/** The delay before the next attempt. */
	next(): number {
		const bound = this.bound;
		this.bound = Math.min(bound * 2 || FIRST_BOUND, this.maximum);
		return Math.floor(this.random() * bound);
	}

	/** The delay after a refusal that only a person can mend: the longest, spread over one `minimum`. */
	longest(): number {
		this.bound = this.maximum;
		return this.maximum + Math.floor(this.random() * this.minimum);
	}

	/** The link has proved good. */
	reset(): void {
		this.bound = this.minimum;
	}
}
