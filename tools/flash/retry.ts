// What fails on a line is repeated, each time more slowly, until it is clear what is to blame. Knows baud rates.

import { Problem, textOf } from "../problem.js";
import { faultOf } from "./loader.js";
import { hex } from "./parts.js";

/** A Bootloader, as far as it is needed here. */
export interface Recoverable {
	readonly baudRate: number;
	/** What ended the session for good, if anything. */
	readonly failure: unknown;
	recover(baudRate: number): Promise<void>;
}

const ATTEMPTS = 5;
/** So often flash differs at the same address until the flash chip is blamed: a line errs elsewhere each time. */
const SAME_PLACE = 3;
const BAUD_RATES = [921_600, 460_800, 230_400, 115_200];

/** Flash does not hold what was written. */
export class Difference extends Error {
	readonly address: number | undefined;

	constructor(address: number | undefined) {
		super(`flash differs from the file${address === undefined ? "" : ` at ${hex(address)}`}`);
		this.address = address;
	}
}

/** What to try when a line is bad at this baud rate; the same when there is no lower one. */
export function lowerBaudRate(baudRate: number): number {
	return BAUD_RATES.find((rate) => rate < baudRate) ?? baudRate;
}

/** Repeats `work` from a fresh SYNC, each time at a lower baud rate if there is one. */
export async function withRetry<T>(
	target: Recoverable,
	work: () => Promise<T>,
	note: (text: string) => void,
	what = "flashing",
): Promise<T> {
	const places: (number | undefined)[] = [];
	for (let attempt = 1; ; attempt++) {
		try {
			return await work();
		} catch (error) {
			if (target.failure !== undefined) throw target.failure;
			const place = error instanceof Difference ? error.address : undefined;
			places.push(place);
			if (place !== undefined && places.filter((one) => one === place).length === SAME_PLACE)
				throw worn(place, what);
			if (attempt === ATTEMPTS) throw givenUp(target, error, what);
			const lower = lowerBaudRate(target.baudRate);
			note(`${textOf(error)}: once more${lower < target.baudRate ? ` at ${lower} baud` : ""}`);
			await target.recover(lower);
		}
	}
}

function givenUp(target: Recoverable, error: unknown, doing: string): Problem {
	const what = `${doing} failed ${ATTEMPTS} times, last at ${target.baudRate} baud`;
	if (error instanceof Difference)
		return new Problem(
			what,
			`${error.message} this time, and not always there: the power supply is weak, the flash chip is worn out, or the cable is bad`,
			"use a USB port with more power, then another cable, then another board",
		);
	return faultOf(what, error);
}

function worn(place: number, doing: string): Problem {
	return new Problem(
		`${doing} failed at ${hex(place)} ${SAME_PLACE} times`,
		"flash holds something else than was written there, and always there: the flash chip is worn out, broken or write-protected, or something else is wired to its pins",
		"disconnect what is wired to the flash pins and repeat; if it stays so, another cable will not help: use another board",
	);
}
