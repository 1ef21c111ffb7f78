// The bytes of a firmware file. Knows the file system.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { buffer } from "node:stream/consumers";
import { Problem, textOf } from "../problem.js";
import { printable } from "../text.js";

/** No chip has more flash; a larger file is no firmware. */
const MOST_BYTES = 128 * 1024 * 1024;

/** A file's bytes and its name for messages. */
export async function readPart(path: string): Promise<{ name: string; bytes: Uint8Array }> {
	const shown = printable(path, 200);
	let bytes: Uint8Array;
	try {
		const found = await stat(path);
		if (!found.isFile())
			throw new Problem(
				`${shown} is refused`,
				"it is not a regular file: a device or a pipe may never end",
				"name a firmware file",
			);
		const { size } = found;
		if (size > MOST_BYTES)
			throw new Problem(
				`${shown} is refused`,
				`it has ${size} bytes, more than any flash`,
				"name a firmware file",
			);
		// No more than it had: a file may grow, or tell no size and never end.
		bytes = size === 0 ? new Uint8Array(0) : await buffer(createReadStream(path, { end: size - 1 }));
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
