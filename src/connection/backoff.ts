// How long to wait before the next attempt. Knows numbers only.

const enum Delay {
	/** Milliseconds that follow a bound of 0. */
	FIRST_BOUND = 1000,
	/** Milliseconds between attempts that fail again and again, whatever the bounds: each costs a socket, and power. */
	LEAST = 100,
}

/**
 * Exponential backoff with full jitter: a random delay between 0 and a bound that doubles from `minimum` to `maximum`,
 * so that a thousand boards do not come back at the same moment. Only the first one is below 100. Milliseconds.
 */
export class Backoff {
	private readonly minimum: number;
	private readonly maximum: number;
	private readonly random: () => number;
	/** Of the next delay; 0: it is the first. */
	private bound = 0;

	constructor(minimum: number, maximum: number, random: () => number) {
		this.minimum = minimum;
		this.maximum = maximum;
		this.random = random;
	}

	/** The delay before the next attempt. */
	next(): number {
		const least = this.bound === 0 ? 0 : Delay.LEAST;
		const bound = this.bound || this.minimum;
		this.bound = Math.max(Math.min(bound * 2 || Delay.FIRST_BOUND, this.maximum), Delay.LEAST);
		return Math.max(Math.floor(this.random() * bound), least);
	}

	/** The delay after a refusal that only a person can mend: the longest, spread over one `minimum`. */
	longest(): number {
		this.bound = Math.max(this.maximum, Delay.LEAST);
		return this.bound + Math.floor(this.random() * this.minimum);
	}

	/** The link has proved good. */
	reset(): void {
		this.bound = 0;
	}
}
