// What is to be written where, and whether that can be right. Knows images and flash, no files and no lines.

import { Problem } from "../problem.js";
import { bytesText } from "./amounts.js";
import { type Chip, ESP8266 } from "./chips.js";
import { type Image, parseImage } from "./image.js";
import { parsePartitionTable } from "./partition-table.js";

/** What is erased at once. A part begins with one. */
export const SECTOR = 4096;

export interface Part {
	/** Bytes from the start of flash. */
	address: number;
	/** The file's name, for messages. */
	name: string;
	bytes: Uint8Array;
}

/** What is to be flashed, before the board is known. */
export interface Firmware {
	/** Which chip it says it is for, if it does. */
	chip?: Chip;
	/** The parts, for a flash of so many bytes. */
	place(flashSize: number): Part[];
}

/** The board's flash. */
export interface Flash {
	chip: Chip;
	/** Bytes. */
	size: number;
}

export function hex(address: number): string {
	return `0x${address.toString(16)}`;
}

/** `0x10000 app.bin` */
export function partText({ address, name }: Part): string {
	return `${hex(address)} ${name}`;
}

/**
 * The parts in the order of their addresses. Throws a Problem when writing them would damage one another or what
 * lies elsewhere, or when the board could not start them.
 */
export function checkParts(parts: readonly Part[], flash: Flash): Part[] {
	const sorted = [...parts].sort((a, b) => a.address - b.address);
	for (const part of sorted) {
		checkPlace(part, flash);
		checkImage(part, flash);
	}
	for (let index = 1; index < sorted.length; index++) checkApart(sorted[index - 1], sorted[index]);
	checkPartitions(sorted);
	return sorted;
}

function refuse(part: Part, cause: string, advice: string): Problem {
	return new Problem(`${partText(part)} is refused`, cause, advice);
}

function checkPlace(part: Part, flash: Flash): void {
	const { address, bytes } = part;
	if (bytes.length === 0) throw refuse(part, "the file is empty", "build it again");
	if (!Number.isSafeInteger(address) || address < 0)
		throw refuse(part, "there is no such address", "give one from 0x0 up");
	if (address % SECTOR !== 0)
		throw refuse(
			part,
			`flash is erased in sectors of ${hex(SECTOR)} bytes, and this is not where one begins`,
			"correct the address",
		);
	if (address + bytes.length > flash.size)
		throw refuse(
			part,
			`it ends at ${hex(address + bytes.length)}, and this board's flash at ${hex(flash.size)}`,
			"correct the address, or build for a smaller flash",
		);
}

function checkApart(before: Part, after: Part): void {
	const end = before.address + before.bytes.length;
	if (after.address >= end) return; // and so in another sector, since it begins one
	throw refuse(after, `${partText(before)} reaches to ${hex(end)}`, "correct the addresses");
}

function checkImage(part: Part, flash: Flash): void {
	const image = parseImage(part.bytes);
	if (image === undefined) {
		if (flash.chip === ESP8266 && part.address === 0)
			throw refuse(part, "an ESP8266 starts at 0x0, and this is no image", "give the right file or address");
		return;
	}
	if (image.chip !== flash.chip)
		throw refuse(
			part,
			`it was built for ${image.chipName}, and this is an ${flash.chip.name}`,
			`build for ${flash.chip.target}, or choose another board with --port`,
		);
	if (image.damage !== undefined)
		throw refuse(part, `the image is damaged: ${image.damage}`, "build or download it again");
	checkStart(part, image);
	if (image.flashSize !== undefined && image.flashSize > flash.size)
		throw refuse(
			part,
			`it was built for ${bytesText(image.flashSize)} of flash, and this board has ${bytesText(flash.size)}`,
			`build for ${bytesText(flash.size)}`,
		);
}

function checkStart(part: Part, image: Image): void {
	if (image.needsBootloader && part.address === 0)
		throw refuse(
			part,
			"it starts through a bootloader at 0x0 only",
			`give the bootloader too: 0x0=boot_v1.7.bin 0x1000=${part.name}`,
		);
}

/** A part that begins a partition ends with it at the latest, if the table is written too. */
function checkPartitions(parts: readonly Part[]): void {
	for (const table of parts)
		for (const { address, size, name } of parsePartitionTable(table.bytes) ?? []) {
			const part = parts.find((one) => one.address === address);
			if (part !== undefined && part.bytes.length > size)
				throw refuse(
					part,
					`it has ${bytesText(part.bytes.length)}, and its partition "${name.replace(/[^\x20-\x7e]/g, "?")}" ${bytesText(size)}`,
					"make the partition larger or the app smaller",
				);
		}
}
