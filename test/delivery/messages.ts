// What a numbered message says, where and how it is published: for the boards that send them and for those who judge
// what arrives. Knows nothing.

import type { Way } from "../support/app.js";

/** As apps publish: so many in a row the same way, to one topic or to some in turn. */
const RUN = 10;
const RUNS: { way: Way; topics: number; most: (window: number) => number }[] = [
	{ way: "bytes", topics: 1, most: one },
	{ way: "text", topics: 1, most: any },
	{ way: "bytes", topics: 1, most: someWait },
	{ way: "bytes", topics: 3, most: any },
	// A Sensor keeps its newest reading only: none gets another one before its last one is delivered.
	{ way: "sensor", topics: 3, most: () => 3 },
	{ way: "bytes", topics: 1, most: any },
	{ way: "text", topics: 3, most: someWait },
	{ way: "bytes", topics: 1, most: someWait },
	{ way: "text", topics: 1, most: any },
	{ way: "bytes", topics: 1, most: any },
	{ way: "bytes", topics: 3, most: someWait },
	{ way: "text", topics: 3, most: any },
];

/** The next one when the last one is delivered. */
function one(): number {
	return 1;
}

/** So many that some wait, and the client refuses none. */
function someWait(window: number): number {
	return window + 2;
}

/** As fast as they are accepted. */
function any(): number {
	return Infinity;
}

function runOf(number: number): (typeof RUNS)[number] {
	return RUNS[Math.floor(number / RUN) % RUNS.length];
}

export function wayOf(number: number): Way {
	return runOf(number).way;
}

/** One of those below `base`. */
export function topicOf(base: string, number: number): string {
	return `${base}/${number % runOf(number).topics}`;
}

/** How many messages the board holds at most when it has published this one. */
export function mostHeld(number: number, window: number): number {
	return runOf(number).most(window);
}

const FILL = "abcdefghijklmnopqrstuvwxyz".repeat(100);

/** Bytes of the longest payload that is not long. */
export const SHORT = 160;

/**
 * The number, and unless it is a Sensor's a filling: of text each has its own length, and one in 20 is larger than a
 * board's buffers; of bytes those of a run have the same. Some packets need two bytes of remaining length.
 */
export function payloadOf(number: number): string {
	const way = wayOf(number);
	if (way === "sensor") return `${number}`;
	const run = Math.floor(number / RUN);
	if (way === "bytes") return `${number}:${FILL.slice(0, (run * 7) % 150)}`;
	return `${number}:${FILL.slice(0, number % 20 === 5 ? 1000 + (number % 1500) : (number * 7) % 150)}`;
}

/** The number of a payload; NaN when it is none, or not whole. */
export function numberOf(payload: string): number {
	const number = Number.parseInt(payload, 10);
	return payload === payloadOf(number) ? number : Number.NaN;
}
