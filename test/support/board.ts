// Firmware in the real engine, for tests: starts it, hears its reports, stops it when the test is over.
// Needs build/, which "npm test" makes first.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Board, type BoardOptions } from "../../hosts/desktop/board.js";
import { Reports } from "./reports.js";

/** The first run on a computer compiles the engine; nothing else takes as long. */
export const FIRST = 300_000;

/** Loaded as firmware loads it, and preloaded as on a board, where all of it is frozen: the SDK, and our App. */
export const LOADS: [string, string[]][] = [
	["loaded from source", []],
	[
		"preloaded and frozen",
		["src/index", "src/telemetry/index", "src/network/wifi", "hosts/desktop/network", "test/support/app"].map(
			(name) => resolve(`build/${name}.js`),
		),
	],
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

/** A running board, all that it reports and all that it traces. */
export class Device<T = unknown> extends Reports<T> {
	readonly board: Board;
	readonly traces = new Reports<string>();

	constructor(options: Run) {
		super();
		const firmware = resolve("build", `${options.firmware}.js`);
		if (!existsSync(firmware)) throw new Error(`${firmware} is missing: run "npx tsc" first`);
		this.board = new Board({ memory: 0, ...options, firmware });
		this.board.on("report", ({ text }) => this.add(JSON.parse(text)));
		this.board.on("trace", ({ text }) => this.traces.add(text));
		this.board.on("end", ({ status, signal, abort, stderr }) => {
			const why = abort ? abort.message : `status ${status}, signal ${signal}`;
			const said = `The board ended: ${why}\n${stderr}${this.traces.all.slice(-20).join("\n")}`;
			this.end(said);
			this.traces.end(said);
		});
	}
}

/** Starts a board that is stopped after the test. */
export async function start<T>(options: Run): Promise<Device<T>> {
	const device = new Device<T>(options);
	running.add(device.board);
	await device.board.start();
	return device;
}

/** The one report of firmware that runs to its end. Rejects when it does not come. */
export async function reportOf<T>(options: Run): Promise<T> {
	const device = await start<T>(options);
	const report = await device.next();
	await device.board.ended;
	return report;
}
