// `xs-mqtt flash`: from the command line to a flashed board. Knows options, the process and its signals.

import type { Command } from "commander";
import { UsageProblem } from "../problem.js";
import { choosePort } from "../serial/ports.js";
import { printable } from "../text.js";
import { readFirmware } from "./firmware.js";
import type { Report } from "./flasher.js";
import { BarReport, LineReport } from "./progress.js";
import { flashBoard } from "./session.js";

const LEAST_BAUD = 9600;
const MOST_BAUD = 4_000_000;

interface RawOptions {
	port?: string;
	baud: string;
	erase?: boolean;
	dryRun?: boolean;
	reset: boolean;
	force?: boolean;
}

const HELP = `
FIRMWARE is one of:
  a build folder of Moddable ($MODDABLE/build/bin/esp32/release/app) or ESP-IDF (with flasher_args.json)
  an ESP8266 image that starts at 0x0
  ADDRESS=FILE, as often as needed
Without it: the current folder.

Examples:
  xs-mqtt flash $MODDABLE/build/bin/esp32/debug/sensor-node
  xs-mqtt flash --port /dev/ttyUSB1 0x1000=bootloader.bin 0x8000=partition-table.bin 0x10000=app.bin`;

export function addFlashCommand(program: Command): void {
	program
		.command("flash")
		.description("write firmware to a board, verified; what is on it already is skipped")
		.argument("[FIRMWARE...]", "a build folder, an ESP8266 image, or ADDRESS=FILE pairs")
		.option("--port <path>", "the board's serial port (default: the one that looks like an ESP board)")
		.option("--baud <rate>", "bits per second; lowered by itself on a bad line", "460800")
		.option("--erase", "erase the whole flash first, with all that apps have stored there")
		.option("--dry-run", "check everything with the board, and write nothing")
		.option("--force", "write also what this board could not start")
		.option("--no-reset", "leave the board in its bootloader")
		.addHelpText("after", HELP)
		.action(flash);
}

async function flash(named: string[], raw: RawOptions): Promise<void> {
	const baud = baudRate(raw.baud);
	const { erase = false, dryRun = false, force = false, reset } = raw;
	const firmware = await readFirmware(named);
	const port = await choosePort(raw.port);
	await untilSignal((signal) =>
		flashBoard(firmware, port, { baud, erase, dryRun, force, reset }, chooseReport(), signal),
	);
}

function baudRate(text: string): number {
	const rate = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
	if (!(rate >= LEAST_BAUD && rate <= MOST_BAUD))
		throw new UsageProblem(
			"--baud",
			`"${printable(text, 40)}" is not possible`,
			`give a number from ${LEAST_BAUD} to ${MOST_BAUD}, such as 460800`,
		);
	return rate;
}

/** A bar where it can be drawn. `lines`: where the rest goes. */
export function chooseReport(lines: NodeJS.WritableStream = process.stdout): Report {
	const canDraw = process.stderr.isTTY && process.env.TERM !== "dumb";
	return canDraw ? new BarReport(lines) : new LineReport(lines);
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The first signal aborts `work`, which then tells how things were left; the second one ends the process. */
export async function untilSignal(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
	const abort = new AbortController();
	const onSignal = () => {
		release();
		abort.abort();
	};
	const release = () => {
		for (const name of SIGNALS) process.off(name, onSignal);
	};
	for (const name of SIGNALS) process.on(name, onSignal);
	try {
		await work(abort.signal);
	} finally {
		release();
	}
}
