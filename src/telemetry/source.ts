// Where numbers come from: a function of the app's, or what many readings come to until somebody takes it.
// Knows numbers only.

import { isPlain } from "./decimal.js";

/** Gives a number each time one is due. NaN: there is none. */
export interface Source {
	/** The number that is due now. */
	take(): number;
}

/** A function is a source too. It is called between messages, makes the garbage it makes, and is not to throw. */
export type SourceLike = Source | (() => number);

/** What a number is called and measured in: for people, and for whoever describes this device to others. */
export interface Quantity {
	name?: string;
	/** As "°C", "hPa", "L". */
	unit?: string;
	/** Digits after the point, 0 to 15. Default 0. */
	decimals?: number;
}

/** Throws TypeError when it is no source. */
export const sourceOf = (what: string, source: SourceLike): Source => {
	if (typeof source === "function") return { take: source };
	if (typeof source?.take !== "function")
		throw new TypeError(`${what} must have a source: a function, or an object with the method take`);
	return source;
};

// What follows takes readings by `add` and passes over what no message could hold: NaN, infinities, magnitudes from
// 1e21 on, and what is no number, as null. Each serves one Sensor or one field: `take` begins a new interval.

/** The mean of the readings since it was taken last; NaN when there were none. */
export class Mean implements Source {
	private sum = 0;
	private count = 0;

	/** Takes a reading. */
	add(value: number): void {
		if (!isPlain(value)) return;
		this.sum += value;
		this.count++;
	}

	take(): number {
		const mean = this.sum / this.count;
		this.sum = 0;
		this.count = 0;
		return mean;
	}
}

/** The smallest reading since it was taken last; NaN when there were none. */
export class Minimum implements Source {
	private value = Number.NaN;

	/** Takes a reading. */
	add(value: number): void {
		// Less, or the first.
		if (isPlain(value) && !(value >= this.value)) this.value = value;
	}

	take(): number {
		const value = this.value;
		this.value = Number.NaN;
		return value;
	}
}

/** The largest reading since it was taken last; NaN when there were none. */
export class Maximum implements Source {
	private value = Number.NaN;

	/** Takes a reading. */
	add(value: number): void {
		if (isPlain(value) && !(value <= this.value)) this.value = value;
	}

	take(): number {
		const value = this.value;
		this.value = Number.NaN;
		return value;
	}
}

/** The last reading, however old it is; NaN before the first. `add(NaN)`: it is not known any more. */
export class Latest implements Source {
	private value = Number.NaN;

	/** Takes a reading. */
	add(value: number): void {
		this.value = value;
	}

	take(): number {
		return this.value;
	}
}

/** What was counted in all, as the litres of a water meter: it runs on. Whole counts are exact up to 2^53. */
export class Counter implements Source {
	private count: number;
	private readonly scale: number;

	/**
	 * @param scale what one count stands for: 1 / 450 for a meter of 450 pulses a litre
	 * @param start counts to begin with, as kept over a power cut
	 */
	constructor(scale = 1, start = 0) {
		this.scale = scale;
		this.count = start;
	}

	/** Counts so many more. */
	add(count = 1): void {
		if (isPlain(count)) this.count += count;
	}

	take(): number {
		return this.count * this.scale;
	}
}

/** What was counted since it was taken last, as the litres of this interval; 0 when there was nothing. */
export class Sum implements Source {
	private count = 0;
	private readonly scale: number;

	/** @param scale what one count stands for */
	constructor(scale = 1) {
		this.scale = scale;
	}

	/** Counts so many more. */
	add(count = 1): void {
		if (isPlain(count)) this.count += count;
	}

	take(): number {
		const count = this.count;
		this.count = 0;
		return count * this.scale;
	}
}
