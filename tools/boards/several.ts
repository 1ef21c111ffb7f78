// One piece of work at each of several boards, side by side: a line each, and one that fails does not stop the others. Knows
// reports, not what the work is.

import type { Report } from "../flash/flasher.js";
import { chooseReport, LineReport } from "../flash/progress.js";
import { Problem, textOf } from "../problem.js";
import { jsonLine, printable } from "../text.js";
import { untilSignal } from "../until-signal.js";
import { type FoundBoard, findBoards } from "./find.js";

export interface Wanted {
	/** What --port names, in order; none: the only board there is. */
	ports: readonly string[];
	/** JSON lines instead of words. */
	json: boolean;
}

/** What is found out about a board is the result, as it is printed with --json; `lines` are for people. */
export interface Outcome {
	result?: object;
	lines?: string[];
}

export type Work = (board: FoundBoard, report: Report, signal: AbortSignal) => Promise<Outcome>;

/** Throws a Problem when it fails at any of them. */
export async function atBoards({ ports, json }: Wanted, work: Work): Promise<void> {
	await untilSignal(async (signal) => {
		const note = (text: string) => void (json || process.stderr.write(`${text}\n`));
		const boards = await findBoards(ports, { note, signal });
		const alone = boards.length === 1;
		const failures = await Promise.all(
			boards.map(async (board) => {
				const teller = json ? new JsonTeller(board) : alone ? new PlainTeller() : new NamedTeller(board);
				try {
					teller.done(await work(board, teller.report, signal));
					return undefined;
				} catch (error) {
					if (alone && !json) throw error;
					teller.failed(textOf(error));
					return board.label;
				}
			}),
		);
		const failed = failures.filter((one) => one !== undefined);
		if (failed.length === 0) return;
		throw new Problem(
			`${failed.length} of ${boards.length} boards failed`,
			failed.map((one) => printable(one, 64)).join(", "),
			json ? "see the objects of type failed" : "see their lines",
		);
	});
}

interface Teller {
	readonly report: Report;
	done(outcome: Outcome): void;
	failed(why: string): void;
}

/** What is found out goes to standard output; how it goes there too, where it can be a bar. */
class PlainTeller implements Teller {
	readonly report = chooseReport();

	done({ lines = [] }: Outcome): void {
		for (const line of lines) process.stdout.write(`${line}\n`);
	}

	failed(): void {}
}

class NamedTeller implements Teller {
	readonly report: Report;
	readonly #label: string;

	constructor({ label }: FoundBoard) {
		this.#label = `[${printable(label, 32)}]`;
		this.report = new LineReport({ write: (text: string) => process.stdout.write(`${this.#label} ${text}`) });
	}

	done({ lines = [] }: Outcome): void {
		for (const line of lines) process.stdout.write(`${this.#label} ${line}\n`);
	}

	failed(why: string): void {
		for (const line of why.split("\n")) process.stderr.write(`${this.#label} ${printable(line, 500)}\n`);
	}
}

class JsonTeller implements Teller {
	readonly report: Report;
	readonly #board: string;
	readonly #port: string;

	constructor({ label, port }: FoundBoard) {
		this.#board = label;
		this.#port = port.path;
		let total = 0;
		this.report = {
			note: (text) => this.#write("note", { text }),
			begin: (bytes) => {
				total = bytes;
			},
			part: ({ address, name, bytes }) => this.#write("part", { address, name, bytes: bytes.length }),
			progress: (written) => this.#write("progress", { written, total }),
			end: () => {},
		};
	}

	#write(type: string, fields: object): void {
		process.stdout.write(
			`${jsonLine({ time: new Date().toISOString(), type, board: this.#board, port: this.#port, ...fields })}\n`,
		);
	}

	done({ result = {} }: Outcome): void {
		this.#write("done", result);
	}

	failed(why: string): void {
		this.#write("failed", { text: why });
	}
}
