// What a numbered message says, for the boards that send them and for those who judge what arrives. Knows nothing.

const FILL = "abcdefghijklmnopqrstuvwxyz".repeat(100);

/** Bytes of the longest payload that is not long. */
export const SHORT = 160;

/**
 * The number, and a filling of its own length: some packets need two bytes of remaining length, and one in 30 is larger
 * than a board's buffers.
 */
export function payloadOf(number: number): string {
	return `${number}:${FILL.slice(0, number % 30 === 0 ? 1000 + (number % 1500) : (number * 7) % 150)}`;
}

/** The number of a payload; NaN when it is none, or not whole. */
export function numberOf(payload: string): number {
	const number = Number.parseInt(payload, 10);
	return payload === payloadOf(number) ? number : Number.NaN;
}
