// Firmware images made up for tests: whole and valid, as a build makes them. Knows Espressif's formats.

import { createHash } from "node:crypto";

export interface ImageOptions {
	/** Size and speed nibbles of the header. */
	sizeCode?: number;
	segments?: Uint8Array[];
	hash?: boolean;
	/** Begins with ESP-IDF's description of an app, as no bootloader does. */
	app?: boolean;
}

const APP_MAGIC = 0xabcd5432;

/** Half of it compresses well, half does not. */
export function content(length: number, seed = 1): Buffer {
	const bytes = Buffer.alloc(length);
	let state = seed;
	for (let index = 0; index < length; index++) {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		bytes[index] = index % 2048 < 1024 ? state >>> 24 : index >> 8;
	}
	return bytes;
}

export function esp32Image(imageId: number, options: ImageOptions = {}): Buffer {
	const { sizeCode = 0, hash = true, app = false } = options;
	const segments = (options.segments ?? [content(5000)]).map((segment) => Buffer.from(segment));
	if (app) segments[0].writeUInt32LE(APP_MAGIC);
	const header = Buffer.alloc(24);
	header.set([0xe9, segments.length, 2, sizeCode << 4]);
	header.writeUInt32LE(0x40080000, 4);
	header.writeUInt16LE(imageId, 12);
	header[23] = hash ? 1 : 0;
	const image = withSegments(header, segments, 0x3f400020);
	return hash ? Buffer.concat([image, createHash("sha256").update(image).digest()]) : image;
}

export function esp8266Image({ sizeCode = 0, segments = [content(5000)] }: ImageOptions = {}): Buffer {
	const header = Buffer.alloc(8);
	header.set([0xe9, segments.length, 2, sizeCode << 4]);
	header.writeUInt32LE(0x4010057c, 4);
	return withSegments(header, segments, 0x40100000);
}

/** As elf2image --version=2 makes it, for boot_v1.7.bin to start. */
export function esp8266ImageV2(options: ImageOptions = {}): Buffer {
	const irom = content(4096, 7);
	const header = Buffer.alloc(16);
	header.set([0xea, 4, 2, (options.sizeCode ?? 0) << 4]);
	header.writeUInt32LE(0x4010057c, 4);
	header.writeUInt32LE(irom.length, 12);
	return Buffer.concat([header, irom, esp8266Image(options), Buffer.from([1, 2, 3, 4])]);
}

function withSegments(header: Buffer, segments: Uint8Array[], load: number): Buffer {
	let checksum = 0xef;
	const pieces: Uint8Array[] = [header];
	for (const segment of segments) {
		const head = Buffer.alloc(8);
		head.writeUInt32LE(load, 0);
		head.writeUInt32LE(segment.length, 4);
		pieces.push(head, segment);
		for (const byte of segment) checksum ^= byte;
	}
	const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
	const end = Buffer.alloc(16 - (length % 16));
	end[end.length - 1] = checksum;
	return Buffer.concat([...pieces, end]);
}

export interface TableEntry {
	type: number;
	subtype: number;
	address: number;
	size: number;
	name: string;
}

/** `md5: false`: as builds without CONFIG_PARTITION_TABLE_MD5 make it. */
export function partitionTable(entries: TableEntry[], { md5 = true } = {}): Buffer {
	const table = Buffer.alloc(0xc00, 0xff);
	for (const [index, { type, subtype, address, size, name }] of entries.entries()) {
		const at = index * 32;
		table.fill(0, at, at + 32);
		table.set([0xaa, 0x50, type, subtype], at);
		table.writeUInt32LE(address, at + 4);
		table.writeUInt32LE(size, at + 8);
		table.write(name, at + 12, 16, "latin1");
	}
	const end = entries.length * 32;
	if (md5) {
		table.set([0xeb, 0xeb], end);
		createHash("md5")
			.update(table.subarray(0, end))
			.digest()
			.copy(table, end + 16);
	}
	return table;
}
