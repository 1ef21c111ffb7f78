// Parts into flash, verified: what is unchanged is skipped, what fails is repeated more slowly. Knows the bootloader's
// operations, nothing of lines and terminals.

import { createHash } from "node:crypto";
import { bytesText } from "./amounts.js";
import { type Part, partText } from "./parts.js";
import { Difference, type Recoverable, withRetry } from "./retry.js";
import type { FlashState } from "./state.js";

/** A Bootloader, as far as it is needed here. */
export interface Target extends Recoverable {
	erase(): Promise<void>;
	md5(address: number, length: number): Promise<string>;
	write(address: number, bytes: Uint8Array, onWritten: (bytes: number) => void): Promise<void>;
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

export interface WriteOptions {
	/** The whole flash first. */
	erase: boolean;
	/** Only tell what would be written. */
	dryRun: boolean;
}

/** Throws a Problem; `state` then tells how the board was left. Resolves with the number of bytes written. */
export async function flashParts(
	target: Target,
	parts: readonly Part[],
	{ erase, dryRun }: WriteOptions,
	report: Report,
	state: FlashState,
): Promise<number> {
	const changed = erase ? parts.map(padded) : await changedParts(target, parts, report, state);
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

const padded = (part: Part): Part => ({ ...part, bytes: wholeWords(part.bytes) });

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

/** Those that are not on the board. */
export async function changedParts(
	target: Target,
	parts: readonly Part[],
	report: Report,
	state: FlashState,
): Promise<Part[]> {
	const changed: Part[] = [];
	for (const part of parts.map(padded)) {
		const found = await withRetry(
			target,
			() => target.md5(part.address, part.bytes.length),
			(text) => report.note(text),
		);
		if (found === md5(part.bytes)) {
			report.note(`${partText(part)} is on the board already`);
			state.markWhole(part);
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
		(text) => report.note(text),
	);
	state.markWhole(part);
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
