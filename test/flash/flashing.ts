// One run of flashing against a simulated board, as the command does it. Knows the session.

import type { Report } from "../../tools/flash/flasher.js";
import type { Part } from "../../tools/flash/parts.js";
import { type FlashOptions, flashBoard } from "../../tools/flash/session.js";
import type { VisitSeams } from "../../tools/flash/visit.js";
import type { Board } from "../support/chip/board.js";
import { content, esp32Image, partitionTable } from "../support/images.js";

const DEFLATED_DATA = 0x11;
const WRITING = [0x02, 0x03, 0x10, DEFLATED_DATA, 0xd0, 0xd1];

export const BIG = content(140_000, 3);
export const APP = esp32Image(0, { segments: [content(60_000), BIG.subarray(0, 90_001)] });

/** For the smallest flash that boards have here, 1 MB. */
export function tableOf(name: string): Buffer {
	return partitionTable([
		{ type: 1, subtype: 2, address: 0x9000, size: 0x4000, name: "nvs" },
		{ type: 0, subtype: 0, address: 0x10000, size: 0xe0000, name },
	]);
}

export const PARTS: Part[] = [
	{ address: 0x10000, name: "app.bin", bytes: APP },
	{ address: 0x8000, name: "table.bin", bytes: tableOf("factory") },
];

export interface Run extends Partial<FlashOptions>, VisitSeams {
	signal?: AbortSignal;
	onProgress?(written: number): void;
}

export interface Outcome {
	notes: string[];
	/** "p app.bin" where a part begins, numbers of bytes written in all. */
	progress: (string | number)[];
	total: number;
}

export async function flash(
	board: Board,
	parts: Part[] | ((flashSize: number) => Part[]),
	{ signal = new AbortController().signal, onProgress, Port, patience = 0.2, ...options }: Run = {},
): Promise<Outcome> {
	const outcome: Outcome = { notes: [], progress: [], total: 0 };
	const report: Report = {
		note: (text) => outcome.notes.push(text),
		begin: (total) => {
			outcome.total = total;
		},
		part: ({ name }, written) => outcome.progress.push(`part ${name}`, written),
		progress: (written) => {
			outcome.progress.push(written);
			onProgress?.(written);
		},
		end() {},
	};
	await flashBoard(
		{ place: (size) => (typeof parts === "function" ? parts(size) : parts) },
		{ path: board.path },
		{ baud: 460_800, erase: false, dryRun: false, force: false, reset: true, ...options },
		report,
		signal,
		{ Port, patience },
	);
	return outcome;
}

/** Every byte of the flash: the parts, and ones elsewhere. */
export function expectFlash(board: Board, parts: Part[]): void {
	const wanted = Buffer.alloc(board.chip.flash.bytes.length, 0xff);
	for (const { address, bytes } of parts) wanted.set(bytes, address);
	expect(board.chip.flash.bytes.equals(wanted)).toBe(true);
}

/** Nothing was erased or written. */
export function expectUntouched(board: Board): void {
	expect(board.chip.flash.erased).toBe(0);
	expect(board.chip.log.filter((command) => WRITING.includes(command))).toEqual([]);
}

export function blocksSeen(board: Board): number {
	return board.chip.log.filter((command) => command === DEFLATED_DATA).length;
}
