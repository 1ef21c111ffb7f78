// boards.json: the names that you give to your boards. Knows the file.

import { readFile, rename, writeFile } from "node:fs/promises";
import { Problem, textOf } from "../problem.js";

/** In the current folder: a project's boards are its own. */
export const FILE = "boards.json";

export interface KnownBoard {
	/** Lower case, with colons. */
	mac: string;
	/** For the reader. */
	chip?: string;
	/** Of its USB port, if that has one: it is found without being restarted then. */
	serialNumber?: string;
}

export type Registry = Readonly<Record<string, KnownBoard>>;

const NAME = /^[a-z][\w.-]{0,31}$/i;
export const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;
const MOST_BYTES = 1 << 20;

/** A name that is neither path, address nor USB id. */
export function isName(text: string): boolean {
	return NAME.test(text) && !/^COM\d+$/i.test(text);
}

/** Empty when there is no file. Throws a Problem on one that is broken. */
export async function readRegistry(file = FILE): Promise<Registry> {
	let text: string;
	try {
		text = await readFile(file, "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
		throw new Problem(`${file} cannot be read`, textOf(error), "check its permissions");
	}
	const wrong = (cause: string) =>
		new Problem(
			`${file} is refused`,
			cause,
			'correct it, or delete it and name your boards again: "xs-mqtt name --help"',
		);
	if (text.length > MOST_BYTES) throw wrong(`it has more than ${MOST_BYTES} bytes`);
	let boards: unknown;
	try {
		boards = JSON.parse(text);
	} catch (error) {
		throw wrong(textOf(error));
	}
	if (typeof boards !== "object" || boards === null || Array.isArray(boards))
		throw wrong("it is no object of names");
	const checked: Record<string, KnownBoard> = {};
	for (const [name, board] of Object.entries(boards)) {
		const { mac, chip, serialNumber } = (board ?? {}) as Partial<KnownBoard>;
		if (!isName(name))
			throw wrong(`"${name}" is no name: letters, digits, "-", "_" and "." make one, a letter first`);
		if (typeof mac !== "string" || !MAC.test(mac.toLowerCase()))
			throw wrong(`the mac of "${name}" is no MAC address such as 24:0a:c4:00:01:10`);
		checked[name] = {
			mac: mac.toLowerCase(),
			...(typeof chip === "string" && { chip }),
			...(typeof serialNumber === "string" && { serialNumber }),
		};
	}
	return checked;
}

/** Adds a board, or gives the name to another one. Returns the name that this board had before, if any. */
export async function writeName(name: string, board: KnownBoard, file = FILE): Promise<string | undefined> {
	const registry: Record<string, KnownBoard> = { ...(await readRegistry(file)) };
	const before = Object.keys(registry).find((one) => registry[one].mac === board.mac && one !== name);
	if (before !== undefined) delete registry[before];
	registry[name] = board;
	const sorted = Object.fromEntries(Object.entries(registry).sort(([a], [b]) => a.localeCompare(b, "en")));
	const temporary = `${file}.new`;
	try {
		await writeFile(temporary, `${JSON.stringify(sorted, undefined, "\t")}\n`);
		await rename(temporary, file);
	} catch (error) {
		throw new Problem(`${file} cannot be written`, textOf(error), "check the folder and its permissions");
	}
	return before;
}
