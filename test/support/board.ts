// Firmware in the real engine, for tests: starts it, hears its reports, stops it when the test is over.
// Needs build/, which "npm test" makes first.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Board, type BoardOptions } from "../../hosts/desktop/board.js";

/** The first run on a computer compiles the engine; nothing else takes as long. */
export const FIRST = 300_000;

/** Loaded as firmware loads it, and preloaded as on a board, where all of it is frozen. */
export const LOADS: [string, string[]][] = [
	["loaded from source", []],
	["preloaded and frozen", [resolve("build/src/index.js")]],
];

export const STACKS = ["lwip", "lin"] as const;

const running = new Set<Board>();

afterEach(async () => {
	for (const board of running) await board.stop().catch(() => {});
	running.clear();
});

export interface Run extends Omit<BoardOptions, "firmware"> {
	/** Path below build/, without ".js". */
	firmware: string;
}

/** A running board, and all that it reports. */
export class Device {
	readonly board: Board;
	/** Reports that `next` has not given away. */
	readonly reports: unknown[] = [];
	#waiting: (() => void)[] = [];
	#ended = "";
	#trace = "";

	constructor(options: Run) {
		const firmware = resolve("build", `${options.firmware}.js`);
		if (!existsSync(firmware)) throw new Error(`${firmware} is missing: run "npx tsc" first`);
		this.board = new Board({ memory: 0, ...options, firmware });
		this.board.on("report", ({ text }) => {
			this.reports.push(JSON.parse(text));
			this.#wake();
		});
		this.board.on("trace", ({ text }) => {
			this.#trace = `${this.#trace}${text}\n`.slice(-2000);
		});
		this.board.on("end", ({ status, signal, abort, stderr }) => {
			const why = abort ? abort.message : `status ${status}, signal ${signal}`;
			this.#ended = `The board ended: ${why}\n${stderr}${this.#trace}`;
			this.#wake();
		});
	}

	/** Takes the first report that fits; what came before it is left. Rejects when the board ends without. */
	async next<T>(accept: (report: T) => boolean = () => true): Promise<T> {
		for (;;) {
			const at = this.reports.findIndex((report) => accept(report as T));
			if (at >= 0) return this.reports.splice(at, 1)[0] as T;
			if (this.#ended) throw new Error(this.#ended);
			await new Promise<void>((wake) => this.#waiting.push(wake));
		}
	}

	#wake(): void {
		for (const wake of this.#waiting.splice(0)) wake();
	}
}

/** Starts a board that is stopped after the test. */
export async function start(options: Run): Promise<Device> {
	const device = new Device(options);
	running.add(device.board);
	await device.board.start();
	return device;
}

/** The one report of firmware that runs to its end. Rejects when it does not come. */
export async function reportOf<T>(options: Run): Promise<T> {
	const device = await start(options);
	const report = await device.next<T>();
	await device.board.ended;
	return report;
}
