// `xs-mqtt info`, `name`, `reset`, `read`, `verify` and `erase`: what is done at a board beside flashing. Knows options.

import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { readFirmware } from "../flash/firmware.js";
import { checkBaud } from "../option-values.js";
import { Problem, textOf, UsageProblem } from "../problem.js";
import { printable } from "../text.js";
import { addBoardOptions, type RawBoardOptions, wantedBoards } from "./options.js";
import { isName, writeName } from "./registry.js";
import { atBoards } from "./several.js";
import { infoLines } from "./wording.js";
import { eraseBoard, inspectBoard, readBoard, resetBoard, verifyBoard } from "./work.js";

export function defineInfo(command: Command): void {
	addBoardOptions(command)
		.addHelpText("after", "\nExamples:\n  xs-mqtt info\n  xs-mqtt info --port kitchen --port garden --json")
		.action((raw: RawBoardOptions) =>
			atBoards(wantedBoards(raw), async (board, report, signal) => {
				const result = await inspectBoard(board, report, signal);
				return { result, lines: infoLines(result) };
			}),
		);
}

export function defineName(command: Command): void {
	addBoardOptions(command)
		.argument("<NAME>", "letters, digits, -, _ and ., a letter first")
		.addHelpText("after", "\nExample:\n  xs-mqtt name kitchen --port /dev/ttyUSB0")
		.action(name);
}

export function defineReset(command: Command): void {
	addBoardOptions(command).action((raw: RawBoardOptions) =>
		atBoards(wantedBoards(raw), async (board, report) => {
			await resetBoard(board);
			report.note("the app was started");
			return {};
		}),
	);
}

export function defineRead(command: Command): void {
	addBoardOptions(command)
		.argument("<FILE>", "where it goes; with several boards, %s stands for the board")
		.option("--partition <name>", "of the partition table, instead of all of the flash")
		.option("--baud <rate>", "bits per second; lowered by itself on a bad line", "460800")
		.addHelpText("after", "\nExample:\n  xs-mqtt read backup.bin && xs-mqtt flash 0x0=backup.bin")
		.action(read);
}

export function defineVerify(command: Command): void {
	addBoardOptions(command)
		.argument("[FIRMWARE...]", "as of flash")
		.action(async (named: string[], raw: RawBoardOptions) => {
			const firmware = await readFirmware(named);
			await atBoards(wantedBoards(raw), async (board, report, signal) => {
				await verifyBoard(firmware, board, report, signal);
				return { lines: ["the firmware is on the board"] };
			});
		});
}

export function defineErase(command: Command): void {
	addBoardOptions(command)
		.argument("[PARTITION]", "its name in the board's partition table")
		.option("--all", "the whole flash, with all that apps have stored there")
		.addHelpText("after", "\nExample:\n  xs-mqtt erase nvs")
		.action(erase);
}

async function name(wanted: string, raw: RawBoardOptions): Promise<void> {
	if (!isName(wanted))
		throw new UsageProblem(
			"NAME",
			`"${printable(wanted, 40)}" is not a name`,
			"letters, digits, -, _ and . make one, a letter first",
		);
	if (raw.port.length > 1) throw new UsageProblem("--port", "a name is for one board", "give one --port");
	await atBoards(wantedBoards(raw), async (board, report, signal) => {
		const { mac, chip } = await inspectBoard(board, report, signal);
		const { serialNumber } = board.port;
		const before = await writeName(wanted, {
			mac,
			chip,
			...(serialNumber !== undefined && { serialNumber }),
		});
		return {
			result: { name: wanted, mac, chip },
			lines: [
				`${wanted} is the ${chip} with MAC ${mac}${before === undefined ? "" : `, which was ${before}`}`,
			],
		};
	});
}

interface RawRead extends RawBoardOptions {
	partition?: string;
	baud: string;
}

async function read(file: string, raw: RawRead): Promise<void> {
	const baud = checkBaud(raw.baud)!;
	if (raw.port.length > 1 && !file.includes("%s"))
		throw new UsageProblem(
			"FILE",
			"several boards would write the same file",
			"put %s into its name, as in backup-%s.bin",
		);
	await atBoards(wantedBoards(raw), async (board, report, signal) => {
		const { address, bytes } = await readBoard(board, { partition: raw.partition, baud }, report, signal);
		const path = file.replaceAll("%s", board.label.replace(/[^\w.-]/g, "_"));
		try {
			await writeFile(path, bytes, { flag: "wx" });
		} catch (error) {
			const exists = (error as NodeJS.ErrnoException).code === "EEXIST";
			throw new Problem(
				`${printable(path, 200)} cannot be written`,
				exists ? "it is there already" : textOf(error),
				"name another file",
			);
		}
		const again = `xs-mqtt flash 0x${address.toString(16)}=${path}`;
		return {
			result: { file: path, address, bytes: bytes.length },
			lines: [`${path} has it; "${printable(again, 200)}" writes it back`],
		};
	});
}

async function erase(partition: string | undefined, raw: RawBoardOptions & { all?: boolean }): Promise<void> {
	if ((partition === undefined) !== (raw.all ?? false))
		throw new UsageProblem("erase", "what is to be erased is not clear", "name a partition, or give --all");
	await atBoards(wantedBoards(raw), async (board, report, signal) => {
		const erased = await eraseBoard(board, partition, report, signal);
		return {
			result: erased,
			lines: [`erased: ${partition === undefined ? "all of the flash" : printable(partition, 32)}`],
		};
	});
}
