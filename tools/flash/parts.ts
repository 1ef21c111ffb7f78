// What is to be written where, and whether that can be right. Knows images and flash, no files and no lines.

import { Problem } from "../problem.js";
import { bytesText } from "./amounts.js";
import { type Chip, ESP8266 } from "./chips.js";
import { type Image, parseImage } from "./image.js";
import {
	APP,
	APP_ALIGNMENT,
	DATA,
	PARTITION_TABLE,
	type Partition,
	parsePartitionTable,
	shownName,
	tableFault,
} from "./partition-table.js";

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
	/** Where its bootloader looks for the partition table, if it tells that. */
	tableAddress?: number;
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
 * lies elsewhere; and when the board could not start them, unless that is forced. `tableAddress`: where the bootloader
 * looks for the partition table.
 */
export function checkParts(
	parts: readonly Part[],
	flash: Flash,
	{ force = false, tableAddress = PARTITION_TABLE }: { force?: boolean; tableAddress?: number } = {},
): Part[] {
	const sorted = [...parts].sort((a, b) => a.address - b.address);
	for (const part of sorted) checkPlace(part, flash);
	for (let index = 1; index < sorted.length; index++) checkApart(sorted[index - 1], sorted[index]);
	if (force) return sorted;
	for (const part of sorted) checkImage(part, flash);
	if (flash.chip !== ESP8266) checkLayout(sorted, flash, tableAddress);
	checkPartitions(sorted);
	return sorted;
}

/** What cannot be. */
function refuse(part: Part, cause: string, advice: string): Problem {
	return new Problem(`${partText(part)} is refused`, cause, advice);
}

/** What can be written, and not be started. */
function doubt(part: Part, cause: string, advice: string): Problem {
	return refuse(part, cause, `${advice}; "flash --force" writes it all the same`);
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
			throw doubt(part, "an ESP8266 starts at 0x0, and this is no image", "give the right file or address");
		return;
	}
	if (image.chip !== flash.chip)
		throw doubt(
			part,
			`it was built for ${image.chipName}, and this is an ${flash.chip.name}`,
			`build for ${flash.chip.target}, or choose another board with --port`,
		);
	if (image.damage !== undefined)
		throw doubt(part, `the image is damaged: ${image.damage}`, "build or download it again");
	checkStart(part, image);
	if (image.flashSize !== undefined && image.flashSize > flash.size)
		throw doubt(
			part,
			`it was built for ${bytesText(image.flashSize)} of flash, and this board has ${bytesText(flash.size)}`,
			`build for ${bytesText(flash.size)}`,
		);
}

function checkStart(part: Part, image: Image): void {
	if (image.needsBootloader && part.address === 0)
		throw doubt(
			part,
			"it starts through a bootloader at 0x0 only",
			`give the bootloader too: 0x0=boot_v1.7.bin 0x1000=${part.name}`,
		);
}

/**
 * An ESP32 finds its bootloader at the address that its ROM has, the bootloader the partition table at the one it was
 * built with, and the app where the table tells. A part may hold several of them, as merged images do.
 */
function checkLayout(parts: readonly Part[], flash: Flash, tableAddress: number): void {
	let partitions: Partition[] | undefined;
	for (const part of parts) {
		const holdsBootloader = holds(part, flash.chip.bootloader);
		const holdsTable = holds(part, tableAddress);
		if (holdsBootloader) checkBootloader(part, flash);
		if (holdsTable) partitions = checkTable(part, flash, tableAddress);
		if (!holdsBootloader && !holdsTable && part.address < tableAddress)
			checkBeforeTable(part, flash, tableAddress);
	}
	for (const part of parts) if (part.address > tableAddress) checkApp(part, partitions, tableAddress);
}

function holds({ address, bytes }: Part, wanted: number): boolean {
	return address <= wanted && wanted < address + bytes.length;
}

/** What of the part lies from there on. */
function from({ address, bytes, name }: Part, start: number): Part {
	return { address: start, name, bytes: bytes.subarray(start - address) };
}

function checkBootloader(part: Part, flash: Flash): void {
	const { name, target, bootloader } = flash.chip;
	const starts = `an ${name} starts its bootloader at ${hex(bootloader)}`;
	const advice = `give the bootloader that was built for ${target}: ${hex(bootloader)}=bootloader.bin`;
	if (part.address < bootloader && parseImage(part.bytes) !== undefined)
		throw doubt(part, `${starts}, and this image begins elsewhere`, advice);
	const found = from(part, bootloader);
	const image = parseImage(found.bytes);
	if (image === undefined) throw doubt(part, `${starts}, and this is no image`, advice);
	if (image.isApp) throw doubt(part, `${starts}, and this is an app`, advice);
	checkImage(found, flash);
}

function checkTable(part: Part, flash: Flash, tableAddress: number): Partition[] {
	const { bytes } = from(part, tableAddress);
	const partitions = parsePartitionTable(bytes);
	if (partitions === undefined)
		throw doubt(
			part,
			part.address === tableAddress
				? "the bootloader looks for the partition table there, and this is not one"
				: `it reaches over ${hex(tableAddress)}, where the partition table lies`,
			"correct the address",
		);
	const fault = tableFault(bytes, flash.size);
	if (fault !== undefined)
		throw doubt(
			part,
			`a bootloader refuses this partition table: ${fault}`,
			"build it again, for this board",
		);
	return partitions;
}

/** Neither bootloader nor table: before the bootloader a chip may keep keys, behind it begins its inside. */
function checkBeforeTable(part: Part, { chip }: Flash, tableAddress: number): void {
	if (part.address < chip.bootloader && parseImage(part.bytes) === undefined) return;
	throw doubt(
		part,
		`an ${chip.name} starts its bootloader at ${hex(chip.bootloader)}, and up to ${hex(tableAddress)} nothing else belongs`,
		"correct the address",
	);
}

/** `partitions`: of the table that is written too; what the board has is not read. */
function checkApp(part: Part, partitions: Partition[] | undefined, tableAddress: number): void {
	const { address, bytes } = part;
	if (parsePartitionTable(bytes) !== undefined)
		throw doubt(
			part,
			`it is a partition table, which the bootloader looks for at ${hex(tableAddress)}`,
			"correct the address",
		);
	const isImage = parseImage(bytes) !== undefined;
	if (partitions === undefined) {
		if (isImage && address % APP_ALIGNMENT !== 0)
			throw doubt(
				part,
				`an app begins at a multiple of ${hex(APP_ALIGNMENT)}`,
				`give the address that the board's partition table has, mostly ${hex(APP_ALIGNMENT)}`,
			);
		return;
	}
	const type = partitions.find((one) => one.address === address)?.type;
	if (isImage && (type === undefined || type === DATA)) {
		const apps = partitions.filter((one) => one.type === APP);
		throw doubt(
			part,
			`the partition table that is written with it has no app there, but ${apps.map(partitionText).join(", ")}`,
			"correct the address, or give the table that the app was built with",
		);
	}
	if (!isImage && type === APP)
		throw doubt(part, "there the partition table has an app, and this is no image", "give the right file");
}

function partitionText({ address, name }: Partition): string {
	return `"${shownName(name)}" at ${hex(address)}`;
}

/** A part that begins a partition ends with it at the latest, if the table is written too. */
function checkPartitions(parts: readonly Part[]): void {
	for (const table of parts)
		for (const { address, size, name } of parsePartitionTable(table.bytes) ?? []) {
			const part = parts.find((one) => one.address === address);
			if (part !== undefined && part.bytes.length > size)
				throw doubt(
					part,
					`it has ${bytesText(part.bytes.length)}, and its partition "${shownName(name)}" ${bytesText(size)}`,
					"make the partition larger or the app smaller",
				);
		}
}
