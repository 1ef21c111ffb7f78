// What can be done at a board's flash beside writing firmware. Knows visits, no command line.

import { bytesText } from "../flash/amounts.js";
import type { Bootloader } from "../flash/bootloader.js";
import { changedParts, type Report } from "../flash/flasher.js";
import { ROM_BAUD_RATE } from "../flash/loader.js";
import { PARTITION_TABLE, type Partition, parsePartitionTable, shownName } from "../flash/partition-table.js";
import { type Firmware, type Part, partText } from "../flash/parts.js";
import { withRetry } from "../flash/retry.js";
import { FlashState } from "../flash/state.js";
import { speedUp, type VisitSeams, visitBoard } from "../flash/visit.js";
import { Problem } from "../problem.js";
import { AppReset } from "../serial/reset.js";
import { SerialLine } from "../serial/serial-line.js";
import { printable } from "../text.js";
import { type BoardInfo, readInfo } from "./board-info.js";
import type { FoundBoard } from "./find.js";

const TABLE_SIZE = 0xc00;
/** Bytes that are read, and read again after a fault, at a time. */
const PORTION = 0x10000;

function visit<T>(
	{ port }: FoundBoard,
	doing: string,
	report: Report,
	signal: AbortSignal,
	work: (board: Bootloader, note: (text: string) => void) => Promise<T>,
	seams?: VisitSeams,
): Promise<T> {
	const note = (text: string) => report.note(text);
	return visitBoard(port, { doing, reset: true, note, signal }, (board) => work(board, note), seams);
}

export function inspectBoard(
	board: FoundBoard,
	report: Report,
	signal: AbortSignal,
	seams?: VisitSeams,
): Promise<BoardInfo> {
	return visit(board, "asking the board", report, signal, readInfo, seams);
}

/** Restarts the app. Throws a Problem where there are no control lines to do it with. */
export async function resetBoard({ port }: FoundBoard, { Port }: VisitSeams = {}): Promise<void> {
	const line = await SerialLine.open(port.path, ROM_BAUD_RATE, Port);
	try {
		await new AppReset(line).reset();
	} finally {
		await line.close();
	}
}

/** All of the flash, or a partition. */
export function readBoard(
	board: FoundBoard,
	{ partition, baud }: { partition?: string; baud: number },
	report: Report,
	signal: AbortSignal,
	seams?: VisitSeams,
): Promise<{ address: number; bytes: Uint8Array }> {
	return visit(
		board,
		"reading",
		report,
		signal,
		async (chip, note) => {
			await speedUp(chip, baud, note);
			const { address, size } =
				partition === undefined ? { address: 0, size: chip.size } : await find(chip, partition, note);
			note(`reading ${bytesText(size)} from 0x${address.toString(16)}`);
			const bytes = new Uint8Array(size);
			report.begin(size);
			try {
				for (let at = 0; at < size; at += PORTION) {
					const length = Math.min(PORTION, size - at);
					bytes.set(await withRetry(chip, () => chip.read(address + at, length), note, "reading"), at);
					report.progress(at + length);
				}
			} finally {
				report.end();
			}
			return { address, bytes };
		},
		seams,
	);
}

/** Throws a Problem when a part of it is not there. */
export function verifyBoard(
	firmware: Firmware,
	board: FoundBoard,
	report: Report,
	signal: AbortSignal,
	seams?: VisitSeams,
): Promise<void> {
	return visit(
		board,
		"verifying",
		report,
		signal,
		async (chip) => {
			if (firmware.chip !== undefined && firmware.chip !== chip.chip)
				throw new Problem(
					`the firmware for ${firmware.chip.name} is not on the board`,
					`it is an ${chip.chip.name}`,
					"choose another board with --port",
				);
			const changed = await changedParts(chip, firmware.place(chip.size), report, new FlashState());
			if (changed.length === 0) return;
			throw new Problem(
				"the firmware is not on the board",
				`${changed.map((part: Part) => partText(part)).join(", ")} ${changed.length === 1 ? "differs" : "differ"}`,
				'"xs-mqtt flash" writes it',
			);
		},
		seams,
	);
}

/** A partition, or all of the flash. Tells which bytes. */
export function eraseBoard(
	board: FoundBoard,
	partition: string | undefined,
	report: Report,
	signal: AbortSignal,
	seams?: VisitSeams,
): Promise<{ address: number; bytes: number }> {
	return visit(
		board,
		"erasing",
		report,
		signal,
		async (chip, note) => {
			if (partition === undefined) {
				note("erasing the whole flash, which may take a minute or two");
				await chip.erase();
				return { address: 0, bytes: chip.size };
			}
			const { address, size } = await find(chip, partition, note);
			await withRetry(chip, () => chip.eraseRegion(address, size), note, "erasing");
			return { address, bytes: size };
		},
		seams,
	);
}

async function find(chip: Bootloader, wanted: string, note: (text: string) => void): Promise<Partition> {
	const table = await withRetry(chip, () => chip.read(PARTITION_TABLE, TABLE_SIZE), note, "reading");
	const partitions = parsePartitionTable(table) ?? [];
	const found = partitions.find(({ name }) => name === wanted);
	const shown = printable(wanted, 40);
	if (found === undefined)
		throw new Problem(
			`there is no partition "${shown}"`,
			partitions.length === 0
				? "this board has no partition table"
				: `its table has ${partitions.map(({ name }) => shownName(name)).join(", ")}`,
			"name one of them",
		);
	if (found.address + found.size > chip.size)
		throw new Problem(
			`the partition "${shown}" is refused`,
			"it ends behind the board's flash",
			"flash another table",
		);
	return found;
}
