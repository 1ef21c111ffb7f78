// Where numbers come from: a function of the app, or an object that collects readings until the number is taken. Knows
// numbers only.

import { isPlain } from "./decimal.js";

/** Gives a number each time one is due. NaN means that there is none. */
export interface Source {
	/** The number that is due now. */
	take(): number;
}

/** A source, or a function, which must not throw. Garbage that it makes is the app's. */
export type SourceLike = Source | (() => number);

/** Name, unit and digits of a number. */
export interface Quantity {
	name?: string;
	/** As "°C", "hPa", "L". */
	unit?: string;
	/** Digits after the point, 0 to 15. Default 0. */
	decimals?: number;
}

/** Throws a TypeError if it is not a source. */
export const sourceOf = (what: string, source: SourceLike): Source => {
	if (typeof source === "function") return { take: source };
	if (typeof source?.take !== "function")
		throw new TypeError(`${what} must have a source: a function, or an object with the method take`);
	return source;
};

// These take readings by `add`, and ignore what a message cannot hold: NaN, infinities, magnitudes from 1e21 on, and values that
// are not numbers. Each serves one Sensor or one field: `take` begins a new interval.

/** The mean of the readings since the last `take`; NaN if there were none. */
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

/** The smallest reading since the last `take`; NaN if there were none. */
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

/** The largest reading since the last `take`; NaN if there were none. */
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

/** The last reading, however old it is; NaN before the first. `add(NaN)` says that it is no longer known. */
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

/** The total count, like a water meter. Whole counts are exact up to 2^53. */
export class Counter implements Source {
	private count: number;
	private readonly scale: number;

	/**
	 * @param scale what one count stands for: 1 / 450 for a meter with 450 pulses a litre
	 * @param start counts to begin with, such as those kept over a power cut
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

/** The count since the last `take`, such as the litres of this interval; 0 if there was none. */
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
