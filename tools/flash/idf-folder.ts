// An ESP-IDF build folder: flasher_args.json names its parts. Knows that file's form.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem, textOf } from "../problem.js";
import { printable } from "../text.js";
import { chipOfTarget } from "./chips.js";
import { readPart } from "./part-file.js";
import type { Firmware, Part } from "./parts.js";

const ADDRESS = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i;

export async function readIdfFolder(folder: string): Promise<Firmware> {
	const path = join(folder, "flasher_args.json");
	const {
		flash_files: files,
		extra_esptool_args: extra,
		"partition-table": table,
	} = await readArguments(path);
	if (typeof files !== "object" || files === null || Object.keys(files).length === 0)
		throw unusable(path, "it names no flash_files");
	const parts: Part[] = [];
	for (const [address, file] of Object.entries(files)) {
		if (!ADDRESS.test(address) || typeof file !== "string")
			throw unusable(path, `"${printable(address, 20)}" in flash_files is no address with a file`);
		parts.push({ address: Number(address), ...(await readPart(join(folder, file))) });
	}
	const target = member(extra, "chip");
	const chip = chipOfTarget(target);
	if (target !== undefined && chip === undefined)
		throw unusable(path, `its chip "${printable(String(target), 20)}" is not supported`);
	const tableAddress = member(table, "offset");
	return {
		chip,
		tableAddress: ADDRESS.test(String(tableAddress)) ? Number(tableAddress) : undefined,
		place: () => parts,
	};
}

function member(value: unknown, name: string): unknown {
	return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

async function readArguments(path: string): Promise<Record<string, unknown>> {
	try {
		const found: unknown = JSON.parse(await readFile(path, "utf8"));
		if (typeof found === "object" && found !== null) return found as Record<string, unknown>;
	} catch (error) {
		throw unusable(path, textOf(error));
	}
	throw unusable(path, "it holds no object");
}

function unusable(path: string, cause: string): Problem {
	return new Problem(
		`${printable(path, 200)} cannot be used`,
		printable(cause, 200),
		"build again with idf.py build",
	);
}
