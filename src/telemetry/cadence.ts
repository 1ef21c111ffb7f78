// A moment that comes back at an interval. Knows numbers of a clock, not the clock.

import { whole } from "../options.js";

/** Milliseconds: the client looks at its clock this often, so no helper can be quicker. */
const LEAST = 250;

export class Cadence {
	private readonly interval: number;
	private next = 0;

	/**
	 * @param what the option's name, for the error
	 * @param interval milliseconds, a whole number from 250 to 2^30 - 1; the first moment is an interval after `now`
	 * @param now on a clock that may wrap at 32 bits
	 */
	constructor(what: string, interval: number, now: number) {
		this.interval = whole(what, interval, undefined, LEAST, 0x3fffffff);
		this.restart(now);
	}

	/**
	 * Whether the moment has come. The next one is a whole number of intervals after it: being late adds up to no drift,
	 * and what was missed is not made up for. To be asked several times a month at least.
	 */
	due(now: number): boolean {
		const late = (now - this.next) | 0;
		if (late < 0) return false;
		this.next = (now - (late % this.interval) + this.interval) | 0;
		return true;
	}

	/** The next moment is an interval after `now`. */
	restart(now: number): void {
		this.next = (now + this.interval) | 0;
	}
}
