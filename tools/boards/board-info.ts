// What a board is, and what is on it: chip, MAC address, flash, partition table, apps. Knows formats in flash, no line.

import type { Bootloader } from "../flash/bootloader.js";
import { ESP8266 } from "../flash/chips.js";
import { parseImage } from "../flash/image.js";
import {
	APP,
	PARTITION_TABLE,
	type Partition,
	parsePartitionTable,
	shownName,
} from "../flash/partition-table.js";
import { withRetry } from "../flash/retry.js";
import { printable } from "../text.js";

export interface AppInfo {
	/** The partition it is in; undefined on chips without. */
	partition?: string;
	/** Undefined: it does not say. */
	name?: string;
	version?: string;
	/** When it was built, in the words of its compiler. */
	built?: string;
	/** Of ESP-IDF. */
	idf?: string;
}

export interface BoardInfo {
	/** "ESP32-C3". */
	chip: string;
	/** With package and revision: "ESP32-D0WD-V3 (revision 3)". */
	description: string;
	/** Six pairs of lower case hexadecimal digits, with colons. */
	mac: string;
	/** Bytes. */
	flashSize: number;
	/** Undefined: there is no partition table. */
	partitions?: Partition[];
	apps: AppInfo[];
}

const TABLE_SIZE = 0xc00;
/** Bytes of an image up to the end of ESP-IDF's description of the app, which its first segment begins with. */
const HEAD_SIZE = 288;
const DESCRIPTION = 32;
const DESCRIPTION_MAGIC = 0xabcd5432;

/** Reads all of it from the board. Throws a Problem. */
export async function readInfo(board: Bootloader, note: (text: string) => void): Promise<BoardInfo> {
	const retry = <T>(work: () => Promise<T>) => withRetry(board, work, note, "reading");
	const read = (address: number, length: number) => retry(() => board.read(address, length));
	const { chip, size } = board;
	const identity = await retry(() => board.identify());
	const info: BoardInfo = { chip: chip.name, ...identity, flashSize: size, apps: [] };
	if (chip === ESP8266) {
		const app = appOf(await read(0, HEAD_SIZE));
		if (app !== undefined) info.apps.push(app);
		return info;
	}
	info.partitions = parsePartitionTable(await read(PARTITION_TABLE, TABLE_SIZE))?.map((one) => ({
		...one,
		name: shownName(one.name),
	}));
	for (const { type, address, size: room, name } of info.partitions ?? []) {
		if (type !== APP || address + room > size) continue;
		const app = appOf(await read(address, HEAD_SIZE));
		if (app !== undefined) info.apps.push({ partition: name, ...app });
	}
	return info;
}

/** What an image says of itself, from its first bytes; undefined: it is none. */
export function appOf(head: Uint8Array): AppInfo | undefined {
	if (parseImage(head) === undefined) return undefined;
	const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
	if (view.getUint32(DESCRIPTION, true) !== DESCRIPTION_MAGIC) return {};
	const text = (offset: number, length: number) => {
		const from = DESCRIPTION + offset;
		const bytes = Buffer.from(head.subarray(from, from + length));
		return printable(bytes.toString("utf8").replace(/\0.*$/s, ""), length);
	};
	return {
		version: text(16, 32),
		name: text(48, 32),
		built: `${text(96, 16)} ${text(80, 16)}`,
		idf: text(112, 32),
	};
}
