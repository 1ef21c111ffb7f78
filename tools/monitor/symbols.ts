// Functions and lines of code addresses, by the toolchain's addr2line. Knows its command line, and where toolchains are.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, open, stat } from "node:fs/promises";
import { homedir, type } from "node:os";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
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

export interface Decoded {
	/** Of the addresses that the file knows; functions that were inlined are frames of their own. */
	stack: StackFrame[];
	/** False: the board runs other firmware. Undefined: it does not tell. */
	elfMatches?: boolean;
}

/** The ELF file that `path` is, or that a build folder of Moddable has. Throws a UsageProblem. */
export async function elfAt(path: string): Promise<string> {
	const shown = printable(path, 200);
	const wrong = (cause: string, advice: string) => new UsageProblem("--elf", `${shown} ${cause}`, advice);
	try {
		const file = (await stat(path)).isDirectory() ? await elfIn(path) : path;
		if (file === undefined)
			throw wrong(
				"has neither xs_esp32.elf nor main.elf",
				"name the ELF file, or the folder that mcconfig has built",
			);
		if (!(await isElf(file)))
			throw wrong("is no ELF file", "mcconfig makes it beside the .bin: xs_esp32.elf or main.elf");
		return file;
	} catch (error) {
		if (error instanceof UsageProblem) throw error;
		throw wrong(`cannot be read: ${textOf(error)}`, "check the path");
	}
}

/** mcconfig leaves an ESP8266's in its folder of temporary files. */
export async function elfIn(folder: string): Promise<string | undefined> {
	const temporary = resolve(folder).replace(/^(.*[/\\])bin([/\\]esp[/\\])/, "$1tmp$2");
	for (const file of [join(folder, "xs_esp32.elf"), join(folder, "main.elf"), join(temporary, "main.elf")])
		if (await isThere(file)) return file;
	return undefined;
}

async function isElf(file: string): Promise<boolean> {
	const handle = await open(file);
	try {
		const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
		return buffer.toString("latin1") === "\x7fELF";
	} finally {
		await handle.close();
	}
}

const isThere = (file: string): Promise<boolean> =>
	access(file).then(
		() => true,
		() => false,
	);

/** Asks addr2line, once. Throws a Problem when nobody can tell, also because `signal` was aborted. */
export async function decode(
	{ chip, addresses, elfSha256 }: Panic,
	elf: string,
	environment: NodeJS.ProcessEnv,
	signal?: AbortSignal,
): Promise<Decoded> {
	const args = ["-e", elf, "-f", "-i", "-a", "-C", ...addresses.map((it) => `0x${it.toString(16)}`)];
	for (const program of programs(chip, environment))
		try {
			const { stdout } = await run(program, args, {
				timeout: TIMEOUT,
				maxBuffer: MOST,
				killSignal: "SIGKILL",
				windowsHide: true,
				env: environment,
				signal,
			});
			const decoded: Decoded = { stack: parse(stdout) };
			if (elfSha256 !== undefined)
				decoded.elfMatches = (await sha256Of(elf, signal)).startsWith(elfSha256.slice(0, 64));
			return decoded;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === "ENOENT" && (await isThere(elf))) continue;
			throw new Problem(
				"the panic cannot be decoded",
				`${program} ${causeOf(error as Failure)}`,
				"is the ELF file that of the firmware on the board?",
			);
		}
	throw new Problem(
		"the panic cannot be decoded",
		`${PROGRAMS[chip][0]} is not in the PATH`,
		chip === "esp8266"
			? "set ESP_BASE to where the ESP8266 toolchain is; Debian has one, too: apt-get install binutils-xtensa-lx106"
			: "it comes with ESP-IDF: run its export script first",
	);
}

/** In the PATH, or where Moddable's makefile for ESP8266 has it, which needs no PATH. */
function programs(chip: Panic["chip"], { TOOLS_ROOT, ESP_BASE }: NodeJS.ProcessEnv): string[] {
	if (chip !== "esp8266") return [...PROGRAMS[chip]];
	const tools = TOOLS_ROOT || join(ESP_BASE || join(homedir(), "esp"), "toolchain", type());
	return PROGRAMS.esp8266.flatMap((name) => [name, join(tools, "xtensa-lx106-elf", "bin", name)]);
}

interface Failure extends Error {
	code?: string | number;
	killed?: boolean;
	stderr?: string;
}

function causeOf({ code, killed, stderr, message }: Failure): string {
	if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return "prints more than a megabyte";
	if (killed) return `has not answered within ${TIMEOUT / 1000} seconds`;
	const [line] = (stderr ?? "").trim().split("\n");
	return `failed: ${printable(line || message, 200)}`;
}

async function sha256Of(file: string, signal?: AbortSignal): Promise<string> {
	const hash = createHash("sha256");
	await pipeline(createReadStream(file), hash, { signal });
	return hash.digest("hex");
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
