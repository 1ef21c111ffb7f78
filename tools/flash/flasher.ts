// Parts into flash, verified: what is unchanged is skipped, what fails is repeated more slowly. Knows the bootloader's
// operations, nothing of lines and terminals.

import { createHash } from "node:crypto";
import { Problem, textOf } from "../problem.js";
import { bytesText } from "./amounts.js";
import { faultOf } from "./loader.js";
import { hex, type Part, partText } from "./parts.js";
import type { FlashState } from "./state.js";

/** A Bootloader, as far as it is needed here. */
export interface Target {
	readonly baudRate: number;
	readonly failure: unknown;
	erase(): Promise<void>;
	md5(address: number, length: number): Promise<string>;
	write(address: number, bytes: Uint8Array, onWritten: (bytes: number) => void): Promise<void>;
	recover(baudRate: number): Promise<void>;
}

export interface Report {
	/** A line for the reader. */
	note(text: string): void;
	/** So many bytes are to be written in all. */
	begin(total: number): void;
	/** From here on it is about this part; `written` bytes of all parts are done. */
	part(part: Part, written: number): void;
	/** So many bytes of all parts are written. */
	progress(written: number): void;
	end(): void;
}

export interface Wishes {
	/** The whole flash first. */
	erase: boolean;
	/** Only tell what would be written. */
	dryRun: boolean;
}

const ATTEMPTS = 5;
/** So often flash differs at the same address until the flash chip is blamed: a line errs elsewhere each time. */
const SAME_PLACE = 3;
const BAUD_RATES = [921_600, 460_800, 230_400, 115_200];

/** Throws a Problem; `state` then tells how the board was left. Resolves with the number of bytes written. */
export async function flashParts(
	target: Target,
	parts: readonly Part[],
	{ erase, dryRun }: Wishes,
	report: Report,
	state: FlashState,
): Promise<number> {
	const padded = parts.map((part) => ({ ...part, bytes: wholeWords(part.bytes) }));
	const changed = erase ? padded : await changedParts(target, padded, report, state);
	if (dryRun) {
		for (const part of changed)
			report.note(`${partText(part)} would be written (${bytesText(part.bytes.length)})`);
		return 0;
	}
	if (erase) {
		report.note("erasing the whole flash, which may take a minute or two");
		state.erasing();
		await target.erase();
	}
	const total = changed.reduce((sum, { bytes }) => sum + bytes.length, 0);
	if (total > 0) report.begin(total);
	try {
		let written = 0;
		for (const part of changed) {
			await writePart(target, part, written, report, state);
			written += part.bytes.length;
		}
	} finally {
		report.end();
	}
	state.done();
	return total;
}

/** Flash is written in words of four bytes. */
function wholeWords(bytes: Uint8Array): Uint8Array {
	if (bytes.length % 4 === 0) return bytes;
	const padded = new Uint8Array(bytes.length + 4 - (bytes.length % 4)).fill(0xff);
	padded.set(bytes);
	return padded;
}

function md5(bytes: Uint8Array): string {
	return createHash("md5").update(bytes).digest("hex");
}

async function changedParts(
	target: Target,
	parts: readonly Part[],
	report: Report,
	state: FlashState,
): Promise<Part[]> {
	const changed: Part[] = [];
	for (const part of parts) {
		const found = await withRetry(target, () => target.md5(part.address, part.bytes.length), report);
		if (found === md5(part.bytes)) {
			report.note(`${partText(part)} is on the board already`);
			state.whole(part);
		} else changed.push(part);
	}
	return changed;
}

async function writePart(
	target: Target,
	part: Part,
	before: number,
	report: Report,
	state: FlashState,
): Promise<void> {
	const wanted = md5(part.bytes);
	state.begin(part);
	await withRetry(
		target,
		async () => {
			let written = before;
			report.part(part, before);
			await target.write(part.address, part.bytes, (bytes) => {
				written += bytes;
				report.progress(written);
			});
			if ((await target.md5(part.address, part.bytes.length)) !== wanted)
				throw new Difference(await firstDifference(target, part));
		},
		report,
	);
	state.whole(part);
}

/** Flash does not hold what was written. */
class Difference extends Error {
	readonly address: number | undefined;

	constructor(address: number | undefined) {
		super(`flash differs from the file${address === undefined ? "" : ` at ${hex(address)}`}`);
		this.address = address;
	}
}

/** Halves what differs until it is one byte. Undefined: read again, it is right. */
async function firstDifference(target: Target, { address, bytes }: Part): Promise<number | undefined> {
	const differs = async (start: number, end: number) =>
		(await target.md5(address + start, end - start)) !== md5(bytes.subarray(start, end));
	let [start, end] = [0, bytes.length];
	while (end - start > 1) {
		const middle = (start + end) >> 1;
		if (await differs(start, middle)) end = middle;
		else start = middle;
	}
	return (await differs(start, end)) ? address + start : undefined;
}

/** What to try when a line is bad at this baud rate; the same when there is no lower one. */
export function lowerBaudRate(baudRate: number): number {
	return BAUD_RATES.find((rate) => rate < baudRate) ?? baudRate;
}

/** Repeats `work` from a fresh SYNC, each time at a lower baud rate if there is one. */
async function withRetry<T>(target: Target, work: () => Promise<T>, report: Report): Promise<T> {
	const places: (number | undefined)[] = [];
	for (let attempt = 1; ; attempt++) {
		try {
			return await work();
		} catch (error) {
			if (target.failure !== undefined) throw target.failure;
			const place = error instanceof Difference ? error.address : undefined;
			places.push(place);
			if (place !== undefined && places.filter((one) => one === place).length === SAME_PLACE)
				throw worn(place);
			if (attempt === ATTEMPTS) throw hopeless(target, error);
			const lower = lowerBaudRate(target.baudRate);
			report.note(`${textOf(error)}: once more${lower < target.baudRate ? ` at ${lower} baud` : ""}`);
			await target.recover(lower);
		}
	}
}

function hopeless(target: Target, error: unknown): Problem {
	const what = `flashing failed ${ATTEMPTS} times, last at ${target.baudRate} baud`;
	if (error instanceof Difference)
		return new Problem(
			what,
			`${error.message} this time, and not always there: the power supply is weak, the flash chip is worn out, or the cable is bad`,
			"use a USB port with more power, then another cable, then another board",
		);
	return faultOf(what, error);
}

function worn(place: number): Problem {
	return new Problem(
		`flashing failed at ${hex(place)} ${SAME_PLACE} times`,
		"flash holds something else than was written there, and always there: the flash chip is worn out, broken or write-protected, or something else is wired to its pins",
		"disconnect what is wired to the flash pins and repeat; if it stays so, another cable will not help: use another board",
	);
}
