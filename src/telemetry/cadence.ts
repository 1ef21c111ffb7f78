// A moment that comes back at an interval. Knows numbers of a clock, not the clock.

import { checkWhole } from "../wire/check.js";

export class Cadence {
	private readonly interval: number;
	private next = 0;

	/**
	 * @param what the option's name, for the error
	 * @param interval milliseconds, a whole number from 1 to 2^30 - 1; the first moment is an interval after `now`
	 * @param now on a clock that may wrap at 32 bits
	 */
	constructor(what: string, interval: number, now: number) {
		this.interval = checkWhole(what, interval, undefined, 1, 0x3fffffff);
		this.restart(now);
	}

	/**
	 * Whether the moment has come. The next one is a whole number of intervals after it: being late adds up to no drift,
	 * and what was missed is not made up for. To be asked several times a month at least.
	 */
	isDue(now: number): boolean {
		const late = (now - this.next) | 0;
		if (late < 0) return false;
		this.next = (now - (late % this.interval) + this.interval) | 0;
		return true;
	}

	/** Milliseconds until the next moment. */
	delay(now: number): number {
		return (this.next - now) | 0;
	}

	/** The next moment is an interval after `now`. */
	restart(now: number): void {
		this.next = (now + this.interval) | 0;
	}
}
