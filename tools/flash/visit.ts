// A visit to a board's bootloader: into it, some work there, and back to its app. Knows the line and the signal, not what
// the work is.

import { Problem } from "../problem.js";
import type { PortInfo } from "../serial/port-info.js";
import { type PortClass, SerialLine } from "../serial/serial-line.js";
import { Bootloader } from "./bootloader.js";
import { faultOf, ROM_BAUD_RATE } from "./loader.js";
import { lowerBaudRate } from "./retry.js";

export interface Visit {
	/** What is done there, for messages: "flashing". */
	doing: string;
	/** Start the app in the end. */
	reset: boolean;
	/** A line for the reader. */
	note(text: string): void;
	signal: AbortSignal;
	/** The board cannot start its app now, if it is left like this. */
	isUnfinished?(): boolean;
}

/** For tests. */
export interface VisitSeams {
	Port?: PortClass;
	/** See BootloaderOptions. */
	patience?: number;
}

/** Throws a Problem, also when `signal` aborts. A board that could go on with its app does so, whatever fails. */
export async function visitBoard<T>(
	port: PortInfo,
	{ doing, reset, note, signal, isUnfinished = () => false }: Visit,
	work: (board: Bootloader) => Promise<T>,
	{ Port, patience }: VisitSeams = {},
): Promise<T> {
	const line = await SerialLine.open(port.path, ROM_BAUD_RATE, Port);
	const onByHand = () =>
		note(
			`${port.path} has no control lines: hold BOOT, press RESET, let BOOT go, unless that is done already`,
		);
	const board = new Bootloader(line, port, { patience, onByHand });
	const onAbort = () =>
		board.fail(new Problem(`${doing} was interrupted`, "Ctrl-C or a signal ended it", "repeat the command"));
	signal.addEventListener("abort", onAbort);
	try {
		if (signal.aborted) onAbort();
		await board.connect();
		const result = await work(board);
		await leave(board, reset, note);
		return result;
	} catch (error) {
		if (!isUnfinished() && reset) await board.startApp().catch(() => {});
		throw faultOf(`${doing} failed`, error);
	} finally {
		signal.removeEventListener("abort", onAbort);
		board.release();
		await line.close();
	}
}

async function leave(board: Bootloader, reset: boolean, note: (text: string) => void): Promise<void> {
	if (!reset) {
		await board.setBaudRate(ROM_BAUD_RATE); // where the next command looks for it
		note("the board stays in its bootloader");
	} else if (await board.startApp()) note("the app was started");
	else note("press RESET to start the app");
}

/** Goes on at this baud rate, or at a lower one that works. */
export async function speedUp(board: Bootloader, baud: number, note: (text: string) => void): Promise<void> {
	if (await board.setBaudRate(baud)) return;
	note(`the board does not answer at ${baud} baud: trying a lower rate`);
	await board.recover(lowerBaudRate(baud));
}
