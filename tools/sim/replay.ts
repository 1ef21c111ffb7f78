// Readings from a CSV file, checked whole before one is used. Knows files, no board.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { parse } from "csv-parse";
import { Problem, textOf } from "../problem.js";
import { printable } from "../text.js";

/** Rows that are read. */
const ROWS = 1_000_000;
/** Characters of a row. */
const ROW_SIZE = 1024;
/** Digits after the point that a board publishes. */
const DECIMALS = 15;
/** Milliseconds between two readings. */
const LONGEST_PAUSE = 24 * 3600 * 1000;

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DATE = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

export interface Reading {
	/** Milliseconds since the first one. */
	at: number;
	value: number;
}

export interface Replay {
	readings: Reading[];
	/** Digits after the point, the most of all rows. */
	decimals: number;
}

/** Reads the file to its end. Throws a Problem that names the first bad row by its line. `most`: readings. */
export async function readReplay(path: string, most = ROWS): Promise<Replay> {
	await checkFile(path);
	const rows = createReadStream(path).pipe(
		parse({ bom: true, info: true, trim: true, skip_empty_lines: true, max_record_size: ROW_SIZE }),
	);
	const table = new Table(path, most);
	try {
		for await (const { record, info } of rows) table.row(record, info.lines);
	} catch (error) {
		if (error instanceof Problem) throw error;
		throw new Problem(
			`${path} cannot be read`,
			textOf(error),
			"give a CSV file with the columns time and value",
		);
	}
	return table.replay();
}

async function checkFile(path: string): Promise<void> {
	let isFile: boolean;
	try {
		isFile = (await stat(path)).isFile();
	} catch (error) {
		throw new Problem(`${path} cannot be read`, textOf(error), "check the path behind --replay");
	}
	if (!isFile)
		throw new Problem(`${path} cannot be read`, "it is not a file", "check the path behind --replay");
}

class Table {
	readonly #path: string;
	readonly #most: number;
	readonly #readings: Reading[] = [];
	#timeColumn = -1;
	#valueColumn = -1;
	#isDate = false;
	#start = 0;
	#decimals = 0;

	constructor(path: string, most: number) {
		this.#path = path;
		this.#most = most;
	}

	row(record: string[], line: number): void {
		if (this.#timeColumn < 0) this.#header(record, line);
		else this.#reading(record[this.#timeColumn], record[this.#valueColumn], line);
	}

	replay(): Replay {
		if (this.#readings.length === 0)
			throw new Problem(
				`${this.#path} has no readings`,
				this.#timeColumn < 0 ? "it is empty" : "there is nothing below its first line",
				'begin with the line "time,value" and add a row for each reading',
			);
		return { readings: this.#readings, decimals: this.#decimals };
	}

	#header(record: string[], line: number): void {
		const names = record.map((name) => name.toLowerCase());
		for (const column of ["time", "value"]) {
			const found = names.filter((name) => name === column).length;
			if (found !== 1)
				throw this.#bad(
					line,
					`${found === 0 ? "no" : "more than one"} column "${column}"`,
					'begin with "time,value"',
				);
		}
		this.#timeColumn = names.indexOf("time");
		this.#valueColumn = names.indexOf("value");
	}

	#reading(time: string, text: string, line: number): void {
		const value = NUMBER.test(text) ? Number(text) : Number.NaN;
		if (!(Math.abs(value) < 1e21))
			throw this.#bad(
				line,
				`value "${printable(text, 40)}" is not a number below 1e21`,
				"correct or remove the row",
			);
		const at = this.#time(time, line);
		const previous = this.#readings.at(-1)?.at ?? 0;
		if (at < previous)
			throw this.#bad(line, `time "${printable(time, 40)}" is before the row above`, "sort the rows by time");
		if (at - previous > LONGEST_PAUSE)
			throw this.#bad(line, "more than a day after the row above", "correct the time, or split the file");
		if (this.#readings.length === this.#most)
			throw this.#bad(line, `more than ${this.#most} readings`, "split the file");
		this.#readings.push({ at, value });
		this.#decimals = Math.max(this.#decimals, decimalsOf(text));
	}

	/** Milliseconds since the first row. */
	#time(text: string, line: number): number {
		const first = this.#readings.length === 0;
		if (first) this.#isDate = DATE.test(text);
		let time = Number.NaN;
		if (this.#isDate) time = DATE.test(text) ? Date.parse(text) : Number.NaN;
		else if (NUMBER.test(text)) time = Number(text) * 1000;
		if (!Number.isFinite(time))
			throw this.#bad(
				line,
				`time "${printable(text, 40)}" is neither seconds nor a date, or not what the first row has`,
				"give seconds (12.5) or ISO dates (2026-01-31T12:00:00Z) in all rows",
			);
		if (first) this.#start = time;
		return time - this.#start;
	}

	#bad(line: number, cause: string, advice: string): Problem {
		return new Problem(`${this.#path}, line ${line}`, cause, `${advice}; nothing was sent`);
	}
}

/** Digits after the point that show the number as it is written. */
function decimalsOf(text: string): number {
	const [mantissa, exponent = "0"] = text.toLowerCase().split("e");
	const point = mantissa.indexOf(".");
	const digits = point < 0 ? 0 : mantissa.length - point - 1;
	return Math.min(DECIMALS, Math.max(0, digits - Number(exponent)));
}
