// One board flashed, from the port to its restart. Knows firmware, bootloader and report, no command line.

import { Problem } from "../problem.js";
import type { PortInfo } from "../serial/port-info.js";
import { type PortClass, SerialLine } from "../serial/serial-line.js";
import { bytesText, rateText } from "./amounts.js";
import { Bootloader } from "./bootloader.js";
import { flashParts, lowerBaudRate, type Report, type Wishes } from "./flasher.js";
import { faultOf, ROM_BAUD_RATE } from "./loader.js";
import { checkParts, type Firmware } from "./parts.js";
import { FlashState } from "./state.js";

export interface FlashOptions extends Wishes {
	baud: number;
	/** Start the app in the end. */
	reset: boolean;
	/** Write also what the board could not start. */
	force: boolean;
}

/** For tests. */
export interface SessionSeams {
	Port?: PortClass;
	/** See BootloaderOptions. */
	patience?: number;
}

/**
 * Writes `firmware` to the board at `port`. Throws a Problem, whose last line tells how the board was left; so also
 * when `signal` aborts. A board to which nothing was done goes on with its app.
 */
export async function flashBoard(
	firmware: Firmware,
	port: PortInfo,
	options: FlashOptions,
	report: Report,
	signal: AbortSignal,
	{ Port, patience }: SessionSeams = {},
): Promise<void> {
	const line = await SerialLine.open(port.path, ROM_BAUD_RATE, Port);
	const onByHand = () =>
		report.note(
			`${port.path} has no control lines: hold BOOT, press RESET, let BOOT go, unless that is done already`,
		);
	const board = new Bootloader(line, port, { patience, onByHand });
	const state = new FlashState();
	const onAbort = () =>
		board.fail(new Problem("flashing was interrupted", "Ctrl-C or a signal ended it", "see below"));
	signal.addEventListener("abort", onAbort);
	try {
		if (signal.aborted) onAbort();
		await board.connect();
		report.note(`${board.chip.name} at ${port.path}, ${bytesText(board.size)} of flash`);
		await write(firmware, board, options, report, state);
		await restart(board, options, report);
	} catch (error) {
		if (!state.unfinished && options.reset) await board.startApp().catch(() => {});
		throw withState(error, state);
	} finally {
		signal.removeEventListener("abort", onAbort);
		board.release();
		await line.close();
	}
}

async function write(
	firmware: Firmware,
	board: Bootloader,
	{ baud, erase, dryRun, force }: FlashOptions,
	report: Report,
	state: FlashState,
): Promise<void> {
	if (!force && firmware.chip !== undefined && firmware.chip !== board.chip)
		throw new Problem(
			`the firmware for ${firmware.chip.name} is refused`,
			`this board has an ${board.chip.name}`,
			`build for ${board.chip.target}, or choose another board with --port; "flash --force" writes it all the same`,
		);
	const { tableAddress } = firmware;
	const parts = checkParts(firmware.place(board.size), board, { force, tableAddress });
	if (!(await board.setBaudRate(baud))) {
		report.note(`the board does not answer at ${baud} baud: trying a lower rate`);
		await board.recover(lowerBaudRate(baud));
	}
	const start = performance.now();
	const written = await flashParts(board, parts, { erase, dryRun }, report, state);
	const time = performance.now() - start;
	if (dryRun) report.note("nothing was written, as asked");
	else if (written === 0) report.note("nothing was to be written");
	else
		report.note(
			`${bytesText(written)} written and verified in ${(time / 1000).toFixed(1)} s (${rateText(written, time)})`,
		);
}

async function restart(board: Bootloader, { reset }: FlashOptions, report: Report): Promise<void> {
	if (!reset) {
		await board.setBaudRate(ROM_BAUD_RATE); // where the next command looks for it
		report.note("the board stays in its bootloader");
	} else if (await board.startApp()) report.note("the app was started");
	else report.note("press RESET to start the app");
}

function withState(error: unknown, state: FlashState): Error {
	const problem = faultOf("flashing failed", error);
	problem.message += `\n${state.text}`;
	return problem;
}
