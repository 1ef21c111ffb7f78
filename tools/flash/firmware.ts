// From what the user names to parts: build folders, image files, addresses with files. Knows file layouts, no chips' protocol.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { UsageProblem } from "../problem.js";
import { printable } from "../text.js";
import { ESP8266 } from "./chips.js";
import { readIdfFolder } from "./idf-folder.js";
import { parseImage } from "./image.js";
import { isModdableFolder, readModdableFolder } from "./moddable-folder.js";
import { readPart } from "./part-file.js";
import { type Firmware, hex, type Part, SECTOR } from "./parts.js";

/** What the arguments of `flash` name; the current folder when there is none. Throws a Problem. */
export async function readFirmware(named: readonly string[]): Promise<Firmware> {
	if (named.length === 0) return readFolder(".");
	if (named.every((one) => PAIR.test(one))) {
		const parts = await Promise.all(named.map(readPair));
		return { place: () => parts };
	}
	if (named.length > 1)
		throw new UsageProblem(
			"FIRMWARE",
			"several were given, and not each as ADDRESS=FILE",
			"give one folder, one image, or pairs such as 0x1000=bootloader.bin 0x10000=app.bin",
		);
	return (await isFolder(named[0])) ? readFolder(named[0]) : readSingle(named[0]);
}

const PAIR = /^(0x[0-9a-f]{1,8}|\d{1,10})=(.+)$/is;

async function readPair(pair: string): Promise<Part> {
	const [, address, path] = PAIR.exec(pair)!;
	return { address: Number(address), ...(await readPart(path)) };
}

async function isFolder(path: string): Promise<boolean> {
	return stat(path).then(
		(found) => found.isDirectory(),
		() => false,
	);
}

async function exists(path: string): Promise<boolean> {
	return stat(path).then(
		() => true,
		() => false,
	);
}

async function readFolder(folder: string): Promise<Firmware> {
	for (const one of [folder, join(folder, "build")])
		if (await exists(join(one, "flasher_args.json"))) return readIdfFolder(one);
	if (await isModdableFolder(folder)) return readModdableFolder(folder);
	throw new UsageProblem(
		`${printable(folder, 200)} holds no firmware`,
		"there is neither flasher_args.json (ESP-IDF) nor xs_esp32.bin or main.bin (Moddable)",
		"name a build folder, an ESP8266 image, or pairs such as 0x10000=app.bin",
	);
}

/** Only an ESP8266 image tells by itself where it belongs. */
async function readSingle(path: string): Promise<Firmware> {
	const part = await readPart(path);
	const image = parseImage(part.bytes);
	if (image?.chip === ESP8266 && !image.needsBootloader)
		return { chip: ESP8266, place: () => [{ address: 0, ...part }] };
	const address = image?.needsBootloader ? SECTOR : 0x10000;
	throw new UsageProblem(
		`${part.name} alone is not enough`,
		image === undefined
			? "it does not begin as an ESP8266 image does"
			: `where an image for ${image.chipName} belongs is not in it`,
		`name its folder, or the address with it, such as ${hex(address)}=${part.name}`,
	);
}
