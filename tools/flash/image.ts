// What the header of a firmware image tells, and whether the image is whole. Knows Espressif's image formats.

import { createHash } from "node:crypto";
import { CHIPS, type Chip, ESP8266 } from "./chips.js";

export interface Image {
	/** Undefined: a chip that is not known here. */
	chip: Chip | undefined;
	/** "ESP32", or "a chip with id 77". */
	chipName: string;
	/** Bytes of flash its header was made for; undefined when the header holds no known size. */
	flashSize: number | undefined;
	/** An ESP8266 image that starts through a bootloader at 0x0 only. */
	needsBootloader: boolean;
	/** It tells that it is an app of an ESP32: no bootloader does. */
	isApp: boolean;
	/** Why it cannot start: cut off or changed. */
	damage: string | undefined;
}

const MAGIC = 0xe9;
const MAGIC_V2 = 0xea;
const CHECKSUM_SEED = 0xef;
const MOST_SEGMENTS = 16;
const HASH_LENGTH = 32;
/** ESP-IDF's description of an app begins with it, at the beginning of the first segment. */
const APP_MAGIC = 0xabcd5432;
const FIRST_SEGMENT = 32;

const MB = 1024 * 1024;
const FLASH_SIZES_ESP32 = [1, 2, 4, 8, 16, 32, 64, 128].map((size) => size * MB);
const FLASH_SIZES_ESP8266 = [0.5, 0.25, 1, 2, 4, 2, 4, undefined, 8, 16].map((size) => size && size * MB);

/** Undefined for what does not begin as an image does: partition tables, file systems, encrypted images. */
export function parseImage(bytes: Uint8Array): Image | undefined {
	if (bytes[0] !== MAGIC && bytes[0] !== MAGIC_V2) return undefined;
	if (bytes.length < 24) return { ...esp8266(bytes, false), damage: "it ends within its header" };
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (bytes[0] === MAGIC_V2) return parseV2(bytes, view);
	// No ESP32 has its instruction memory there, each ESP8266 has.
	if (view.getUint32(4, true) >>> 20 === 0x401) {
		const { damage } = walkSegments(bytes, view, 0, 8);
		return { ...esp8266(bytes, false), damage };
	}
	return parseEsp32(bytes, view);
}

function esp8266(bytes: Uint8Array, needsBootloader: boolean): Image {
	return {
		chip: ESP8266,
		chipName: ESP8266.name,
		flashSize: FLASH_SIZES_ESP8266[bytes[3] >> 4],
		needsBootloader,
		isApp: false,
		damage: undefined,
	};
}

/** Code that runs from flash comes first, in a segment of its own; then an image as ever. */
function parseV2(bytes: Uint8Array, view: DataView): Image {
	const image = esp8266(bytes, true);
	const inner = 16 + view.getUint32(12, true);
	if (inner + 8 > bytes.length) return { ...image, damage: "it is cut off in its first segment" };
	if (bytes[inner] !== MAGIC) return { ...image, damage: "there is no image behind its first segment" };
	return { ...image, damage: walkSegments(bytes, view, inner, inner + 8).damage };
}

function parseEsp32(bytes: Uint8Array, view: DataView): Image {
	const imageId = view.getUint16(12, true);
	const chip = CHIPS.find((one) => one.imageId === imageId);
	const image: Image = {
		chip,
		chipName: chip?.name ?? `a chip with id ${imageId}`,
		flashSize: FLASH_SIZES_ESP32[bytes[3] >> 4],
		needsBootloader: false,
		isApp: bytes.length >= FIRST_SEGMENT + 4 && view.getUint32(FIRST_SEGMENT, true) === APP_MAGIC,
		damage: undefined,
	};
	const { end, damage } = walkSegments(bytes, view, 0, 24);
	if (damage !== undefined) return { ...image, damage };
	if (bytes[23] !== 1) return image;
	if (end + HASH_LENGTH > bytes.length) return { ...image, damage: "it is cut off before its SHA-256" };
	const hash = createHash("sha256").update(bytes.subarray(0, end)).digest();
	return hash.equals(bytes.subarray(end, end + HASH_LENGTH))
		? image
		: { ...image, damage: "its SHA-256 is wrong" };
}

/** Segments follow one another, then a checksum byte that ends 16 bytes. `end` is behind it. */
function walkSegments(
	bytes: Uint8Array,
	view: DataView,
	header: number,
	first: number,
): { end: number; damage: string | undefined } {
	const count = bytes[header + 1];
	if (count === 0 || count > MOST_SEGMENTS)
		return { end: 0, damage: `its header says that it has ${count} segments` };
	let at = first;
	let checksum = CHECKSUM_SEED;
	for (let segment = 1; segment <= count; segment++) {
		const cutOff = { end: 0, damage: `it is cut off in segment ${segment} of ${count}` };
		if (at + 8 > bytes.length) return cutOff;
		const end = at + 8 + view.getUint32(at + 4, true);
		if (end > bytes.length) return cutOff;
		for (let index = at + 8; index < end; index++) checksum ^= bytes[index];
		at = end;
	}
	// The whole is counted from the header: in ESP8266's second format that is not the file's start.
	const end = at + 16 - ((at - header) % 16);
	if (end > bytes.length) return { end: 0, damage: "it is cut off before its checksum" };
	return { end, damage: bytes[end - 1] === checksum ? undefined : "its checksum is wrong" };
}
