// One board flashed, from the port to its restart. Knows firmware, bootloader and report, no command line.

import { Problem } from "../problem.js";
import type { PortInfo } from "../serial/port-info.js";
import { bytesText, rateText } from "./amounts.js";
import type { Bootloader } from "./bootloader.js";
import { flashParts, type Report, type WriteOptions } from "./flasher.js";
import { faultOf } from "./loader.js";
import { checkParts, type Firmware } from "./parts.js";
import { FlashState } from "./state.js";
import { speedUp, type VisitSeams, visitBoard } from "./visit.js";

export interface FlashOptions extends WriteOptions {
	baud: number;
	/** Start the app in the end. */
	reset: boolean;
	/** Write also what the board could not start. */
	force: boolean;
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
	seams: VisitSeams = {},
): Promise<void> {
	const state = new FlashState();
	const note = (text: string) => report.note(text);
	const visit = {
		doing: "flashing",
		reset: options.reset,
		note,
		signal,
		isUnfinished: () => state.unfinished,
	};
	try {
		await visitBoard(
			port,
			visit,
			async (board) => {
				note(`${board.chip.name} at ${port.path}, ${bytesText(board.size)} of flash`);
				await write(firmware, board, options, report, state);
			},
			seams,
		);
	} catch (error) {
		const problem = faultOf("flashing failed", error);
		problem.message += `\n${state.text}`;
		throw problem;
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
	await speedUp(board, baud, (text) => report.note(text));
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
