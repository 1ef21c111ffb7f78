// The bytes of a firmware file. Knows the file system.

import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { Problem, textOf } from "../problem.js";
import { printable } from "../text.js";

/** No chip has more flash; a larger file is no firmware. */
const MOST_BYTES = 128 * 1024 * 1024;

/** A file's bytes and its name for messages. */
export async function readPart(path: string): Promise<{ name: string; bytes: Uint8Array }> {
	const shown = printable(path, 200);
	let bytes: Uint8Array;
	try {
		const { size } = await stat(path);
		if (size > MOST_BYTES)
			throw new Problem(
				`${shown} is refused`,
				`it has ${size} bytes, more than any flash`,
				"name a firmware file",
			);
		bytes = await readFile(path);
	} catch (error) {
		if (error instanceof Problem) throw error;
		throw new Problem(
			`${shown} cannot be read`,
			textOf(error),
			"check the name, and that the build is complete",
		);
	}
	return { name: printable(basename(path), 60), bytes };
}
