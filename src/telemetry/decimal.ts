// Numbers as decimal digits, written straight into a packet, without garbage. Knows numbers and bytes only.

/** Numbers from this magnitude on have no plain decimal form here, as with Number.prototype.toFixed. */
export const TOO_LARGE = 1e21;

/** What `typeof` gives. A literal in a hot path is a copy of it at each evaluation, in a preloaded module. */
export const NUMBER = "number";

/** Whether `value` has a plain decimal form; null and text have none, though they can be taken for numbers. */
export const isPlain = (value: number): boolean => {
	return typeof value === NUMBER && Math.abs(value) < TOO_LARGE;
};

/** Bytes that `writeDecimal` takes at most: sign, 21 digits, point, decimals. */
export const decimalSize = (decimals: number): number => {
	return 1 + 21 + (decimals > 0 ? 1 + decimals : 0);
};

const enum Char {
	MINUS = 0x2d,
	POINT = 0x2e,
	ZERO = 0x30,
}

/** 2^27 + 1: splits a double into two halves whose products are exact (Dekker). */
const SPLIT = 134_217_729;
const BILLION = 1_000_000_000;

/**
 * Writes `value` with `decimals` digits after the point into `bytes` from `at`; returns the offset behind it.
 * The value is finite and below TOO_LARGE, decimals is a whole number from 0 to 15, and there is room for
 * `decimalSize(decimals)` bytes. Rounds the exact binary value, halves away from zero; never writes "-0".
 */
export const writeDecimal = (value: number, decimals: number, bytes: Uint8Array, at: number): number => {
	const magnitude = Math.abs(value);
	let whole = Math.floor(magnitude);
	const scale = 10 ** decimals;
	let fraction = roundedProduct(magnitude - whole, scale);
	if (fraction === scale) {
		fraction = 0;
		whole++;
	}
	if (value < 0 && whole + fraction > 0) bytes[at++] = Char.MINUS;
	let digits = 1;
	for (let bound = 10; whole >= bound; bound *= 10) digits++;
	const end = at + digits;
	// Nine at a time from the end: a remainder is exact at any size; the quotient is below 1e12, so rounding finds it.
	for (; digits > 9; digits -= 9) {
		const low = whole % BILLION;
		writeDigits(low, 9, bytes, at + digits - 9);
		whole = Math.round((whole - low) / BILLION);
	}
	writeDigits(whole, digits, bytes, at);
	at = end;
	if (decimals === 0) return at;
	bytes[at++] = Char.POINT;
	writeDigits(fraction, decimals, bytes, at);
	return at + decimals;
};

/** `a` × `b`, halves up, decided by the exact product: the error of the rounded one is known (Dekker). */
const roundedProduct = (a: number, b: number): number => {
	const product = a * b;
	const floor = Math.floor(product);
	const aboveHalf = product - floor - 0.5;
	// The product is off by half a unit in its last place at most.
	if (Math.abs(aboveHalf) > product * 2.3e-16) return aboveHalf > 0 ? floor + 1 : floor;
	const aHigh = SPLIT * a - (SPLIT * a - a);
	const bHigh = SPLIT * b - (SPLIT * b - b);
	const aLow = a - aHigh;
	const bLow = b - bHigh;
	const error = aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
	return aboveHalf + error >= 0 ? floor + 1 : floor;
};

const writeDigits = (value: number, digits: number, bytes: Uint8Array, at: number): void => {
	let i = at + digits;
	for (; value > 0x7fffffff; value = Math.floor(value / 10)) bytes[--i] = Char.ZERO + (value % 10);
	// Quicker, and right below 2^31.
	while (i > at) {
		const rest = (value / 10) | 0;
		bytes[--i] = Char.ZERO + value - rest * 10;
		value = rest;
	}
};
