// How long to wait before the next attempt: exponential backoff with full jitter, a random delay between 0 and a bound that
// doubles from a minimum to a maximum, so that a thousand boards do not come back at the same moment. Knows numbers only:
// all that has to be kept between attempts is the bound, in milliseconds; 0 before the first.

const enum Delay {
	/** Milliseconds that follow a bound of 0. */
	FIRST_BOUND = 1000,
	/** Milliseconds between attempts that fail again and again, whatever the bounds: each costs a socket, and power. */
	LEAST = 100,
}

/** The delay before the next attempt. Only the first one is below 100. */
export const delayWithin = (bound: number, minimum: number, random: () => number): number =>
	Math.max(Math.floor(random() * (bound || minimum)), bound === 0 ? 0 : Delay.LEAST);

/** The bound after this one. */
export const boundAfter = (bound: number, minimum: number, maximum: number): number =>
	Math.max(Math.min((bound || minimum) * 2 || Delay.FIRST_BOUND, maximum), Delay.LEAST);

/** The largest bound. */
export const largestBound = (maximum: number): number => Math.max(maximum, Delay.LEAST);
