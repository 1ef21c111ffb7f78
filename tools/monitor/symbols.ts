// Functions and lines of code addresses, by the toolchain's addr2line. Knows its command line.

import { execFile } from "node:child_process";
import { access, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Problem, textOf, UsageProblem } from "../problem.js";
import { printable } from "../text.js";
import type { StackFrame } from "../xsbug/events.js";
import type { Panic } from "./panics.js";

const PROGRAMS: Record<Panic["chip"], readonly string[]> = {
	esp8266: ["xtensa-lx106-elf-addr2line"],
	// One for all of them since ESP-IDF 5.1.
	xtensa: [
		"xtensa-esp-elf-addr2line",
		"xtensa-esp32-elf-addr2line",
		"xtensa-esp32s3-elf-addr2line",
		"xtensa-esp32s2-elf-addr2line",
	],
	riscv: ["riscv32-esp-elf-addr2line"],
};

/** Milliseconds, and bytes of its output. */
const TIMEOUT = 10_000;
const MOST = 1 << 20;

const run = promisify(execFile);

/** The ELF file that `path` is, or that a build folder of Moddable or ESP-IDF has. Throws a UsageProblem. */
export async function elfAt(path: string): Promise<string> {
	const shown = printable(path, 200);
	const info = await stat(path).catch((error) => {
		throw new UsageProblem("--elf", `${shown} cannot be read: ${textOf(error)}`, "check the path");
	});
	if (info.isFile()) return path;
	const found = await elfIn(path);
	if (found !== undefined) return found;
	throw new UsageProblem(
		"--elf",
		`${shown} has neither xs_esp32.elf nor main.elf`,
		"name the ELF file, or the folder that mcconfig has built",
	);
}

/** mcconfig leaves an ESP8266's in its folder of temporary files. */
export async function elfIn(folder: string): Promise<string | undefined> {
	const temporary = folder.replace(/([/\\])bin([/\\]esp[/\\])/, "$1tmp$2");
	for (const file of [join(folder, "xs_esp32.elf"), join(folder, "main.elf"), join(temporary, "main.elf")])
		if (await isThere(file)) return file;
	return undefined;
}

const isThere = (file: string): Promise<boolean> =>
	access(file).then(
		() => true,
		() => false,
	);

/** Those that the file knows. Throws a Problem when nobody can tell. */
export async function framesOf({ chip, addresses }: Panic, elf: string): Promise<StackFrame[]> {
	const args = [
		"-e",
		elf,
		"-f",
		"-i",
		"-a",
		"-C",
		...addresses.map((address) => `0x${address.toString(16)}`),
	];
	for (const program of PROGRAMS[chip])
		try {
			const { stdout } = await run(program, args, { timeout: TIMEOUT, maxBuffer: MOST });
			return parse(stdout);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
			throw new Problem(
				"the panic cannot be decoded",
				`${program}: ${printable(textOf(error), 200)}`,
				"is the ELF file that of the firmware on the board?",
			);
		}
	throw new Problem(
		"the panic cannot be decoded",
		`${PROGRAMS[chip][0]} is not in the PATH`,
		chip === "esp8266"
			? "it comes with the ESP8266 toolchain; on Debian: apt-get install binutils-xtensa-lx106"
			: "it comes with ESP-IDF: run its export script first",
	);
}

/** An address, and below it pairs of lines: a function, and its file and line; inlined ones first. */
function parse(text: string): StackFrame[] {
	const frames: StackFrame[] = [];
	const lines = text.split("\n");
	for (let i = 0; i < lines.length; i++) {
		if (lines[i].startsWith("0x")) continue;
		const name = lines[i];
		const [, path, line] = /^(.*):(\d+|\?)/.exec(lines[++i] ?? "") ?? [];
		if (name === "" || name === "??") continue;
		const frame: StackFrame = { name };
		if (path !== undefined && path !== "??") frame.path = path;
		if (line !== undefined && line !== "?" && line !== "0") frame.line = Number(line);
		frames.push(frame);
	}
	return frames;
}
