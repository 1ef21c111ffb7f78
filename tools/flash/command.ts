// `xs-mqtt flash`: from the command line to a flashed board. Knows options, the process and its signals.

import type { Command } from "commander";
import { addBoardOptions, type RawBoardOptions, wantedBoards } from "../boards/options.js";
import { atBoards } from "../boards/several.js";
import { checkBaud } from "../option-values.js";
import { readFirmware } from "./firmware.js";
import { flashBoard } from "./session.js";

interface RawOptions extends RawBoardOptions {
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

export function defineFlash(command: Command): void {
	addBoardOptions(command)
		.argument("[FIRMWARE...]", "a build folder, an ESP8266 image, or ADDRESS=FILE pairs")
		.option("--baud <rate>", "bits per second; lowered by itself on a bad line", "460800")
		.option("--erase", "erase the whole flash first, with all that apps have stored there")
		.option("--dry-run", "check everything with the board, and write nothing")
		.option("--force", "write also what this board could not start")
		.option("--no-reset", "leave the board in its bootloader")
		.addHelpText("after", HELP)
		.action(flash);
}

async function flash(named: string[], raw: RawOptions): Promise<void> {
	const baud = checkBaud(raw.baud)!;
	const { erase = false, dryRun = false, force = false, reset } = raw;
	const firmware = await readFirmware(named);
	await atBoards(wantedBoards(raw), async ({ port }, report, signal) => {
		await flashBoard(firmware, port, { baud, erase, dryRun, force, reset }, report, signal);
		return {};
	});
}
