// ESP-IDF's partition table, as it lies in flash. Knows its format.

import { createHash } from "node:crypto";

/** Where bootloaders look for it, unless they are built otherwise. */
export const PARTITION_TABLE = 0x8000;
/** Apps begin at multiples of it: flash is mapped in pages of this size. */
export const APP_ALIGNMENT = 0x10000;

export interface Partition {
	name: string;
	type: number;
	subtype: number;
	address: number;
	size: number;
}

const ENTRY = 32;
const MAGIC = 0x50aa;
const MD5_MAGIC = 0xebeb;
/** Of an MD5's entry. */
const MD5_OFFSET = 16;
const MOST_ENTRIES = 95;
export const APP = 0;
const FACTORY = 0x00;
const OTA_0 = 0x10;
export const DATA = 1;
const OTA_DATA = 0x00;

/** Undefined for what is no partition table. */
export function parsePartitionTable(bytes: Uint8Array): Partition[] | undefined {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const partitions: Partition[] = [];
	for (let at = 0; at + ENTRY <= bytes.length && partitions.length < MOST_ENTRIES; at += ENTRY) {
		if (view.getUint16(at, true) !== MAGIC) break;
		partitions.push({
			type: bytes[at + 2],
			subtype: bytes[at + 3],
			address: view.getUint32(at + 4, true),
			size: view.getUint32(at + 8, true),
			name: Buffer.from(bytes.subarray(at + 12, at + 28))
				.toString("latin1")
				.replace(/\0.*$/s, ""),
		});
	}
	return partitions.length === 0 ? undefined : partitions;
}

/** The partition that a freshly flashed app goes to: factory, or else the first of the two for updates. */
export function appPartition(partitions: Partition[]): Partition | undefined {
	const app = (subtype: number) =>
		partitions.find((partition) => partition.type === APP && partition.subtype === subtype);
	return app(FACTORY) ?? app(OTA_0);
}

/** The partition that tells which app is to start. */
export function otaDataPartition(partitions: Partition[]): Partition | undefined {
	return partitions.find(({ type, subtype }) => type === DATA && subtype === OTA_DATA);
}

/** Why a bootloader refuses a table that parsePartitionTable has read; undefined if it does not. */
export function tableFault(bytes: Uint8Array, flashSize: number): string | undefined {
	const partitions = parsePartitionTable(bytes) ?? [];
	for (const { name, address, size } of partitions)
		if (address + size > flashSize)
			return `its partition "${shownName(name)}" ends at 0x${(address + size).toString(16)}, and this board's flash at 0x${flashSize.toString(16)}`;
	if (partitions.every(({ type }) => type !== APP)) return "it has no partition for an app";
	const end = partitions.length * ENTRY;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (end + ENTRY > bytes.length || view.getUint16(end, true) !== MD5_MAGIC)
		return "there is no MD5 behind its entries, which bootloaders want unless they are built without";
	const digest = createHash("md5").update(bytes.subarray(0, end)).digest();
	return digest.equals(bytes.subarray(end + MD5_OFFSET, end + ENTRY)) ? undefined : "its MD5 is wrong";
}

/** A name as it can be shown: files are anybody's. */
export function shownName(name: string): string {
	return name.replace(/[^\x20-\x7e]/g, "?");
}
