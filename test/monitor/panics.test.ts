// Panics of boards, decoded by the toolchain's addr2line from a real ELF file. Needs gcc-xtensa-lx106, and tools/build.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
	chmodSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Panic, PanicReader } from "../../tools/monitor/panics.js";
import { decode, elfAt } from "../../tools/monitor/symbols.js";
import { inWords } from "../../tools/monitor/wording.js";
import { Pty } from "../support/pty.js";
import { MonitorProcess } from "./monitor-process.js";

const SOURCE = `int readSensor(int *sensor)
{
	return *sensor; /* line 3 */
}

int loop(void)
{
	return readSensor(0) + 1;
}

void stop(void)
{
	readSensor(0); /* line 13 */
	__builtin_unreachable();
}

int neverCalled(void)
{
	return 1;
}
`;

let folder: string;
let elf: string;
/** Where the code of each line of the source begins. */
const codeOf = new Map<number, number>();
/** Where the calls that lines make return to. */
const returnOf = new Map<number, number>();

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xs-mqtt-panics-"));
	writeFileSync(join(folder, "app.c"), SOURCE);
	elf = join(folder, "main.elf");
	const run = (program: string, ...args: string[]) =>
		execFileSync(`xtensa-lx106-elf-${program}`, args, { cwd: folder, encoding: "utf8" });
	run("gcc", "-g", "-O0", "-nostdlib", "-Wl,-Ttext=0x40210000", "-Wl,-eloop", "-o", "main.elf", "app.c");
	for (const [, line, code] of run("objdump", "-dl", "main.elf").matchAll(
		/app\.c:(\d+).*\n((?:[0-9a-f]{8}:.*\n)+)/g,
	)) {
		codeOf.set(Number(line), Number.parseInt(code, 16));
		const call = /^([0-9a-f]{8}):.*\tcall0\t/m.exec(code);
		if (call !== null) returnOf.set(Number(line), Number.parseInt(call[1], 16) + 3);
	}
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => MonitorProcess.endAll());

const hex = (address: number) => address.toString(16).padStart(8, "0");
const at = (line: number) => codeOf.get(line)!;
const callAt = (line: number) => returnOf.get(line)! - 1;

/** As the ESP8266's core prints it: addresses of code, of data, and what is neither. */
const panic8266 = () => [
	"",
	"Exception (28):",
	`epc1=0x${hex(at(3))} epc2=0x00000000 epc3=0x00000000 excvaddr=0x00000000 depc=0x00000000`,
	"",
	">>>stack>>>",
	"",
	"ctx: cont",
	"sp: 3ffffdd0 end: 3fffffc0 offset: 01a0",
	`3fffff70:  3ffe8300 00000000 ${hex(returnOf.get(8)!)} 3ffef2d0  <`,
	`3fffff80:  feefeffe 402fffff ${hex(returnOf.get(13)!)} 40310000`,
	"<<<stack<<<",
];

function panicsIn(lines: string[]): Panic[] {
	const panics: Panic[] = [];
	const reader = new PanicReader((panic) => panics.push(panic));
	for (const line of lines) reader.push(line);
	reader.end();
	return panics;
}

async function numberIn(file: string): Promise<number> {
	for (;;) {
		const text = existsSync(file) ? readFileSync(file, "utf8") : "";
		if (text.endsWith("\n")) return Number(text);
		await pause(5);
	}
}

/** Whether it was waited for or not. */
async function hasEnded(pid: number): Promise<void> {
	const isThere = () => {
		try {
			return process.kill(pid, 0);
		} catch {
			return false;
		}
	};
	while (isThere()) await pause(5);
}

test("an ESP8266's exception: where it happened, and what of its stack is code", () => {
	expect(panicsIn(panic8266())).toEqual([
		{
			chip: "esp8266",
			cause: "a forbidden address was read, such as a null pointer",
			addresses: [at(3), callAt(8), 0x402ffffe, callAt(13)],
		},
	]);
});

test("an ESP8266's stack without an exception, as after a watchdog's reset", () => {
	const [, , , ...rest] = panic8266();
	expect(panicsIn(["Soft WDT reset", ...rest])).toEqual([
		{ chip: "esp8266", addresses: [callAt(8), 0x402ffffe, callAt(13)] },
	]);
});

test("an ESP32's backtrace, also when nothing of the panic before it was heard", () => {
	const backtrace =
		"Backtrace: 0x400d1234:0x3ffb1f30 0x400d5678:0x3ffb1f50 0x3ffb0000:0x3ffb1f70 |<-CORRUPTED";
	const panic: Panic = { chip: "xtensa", addresses: [0x400d1234, 0x400d5678] };
	expect(panicsIn([backtrace])).toEqual([panic]);
	expect(panicsIn([backtrace.replace(": ", ":")])).toEqual([panic]);
	expect(
		panicsIn([
			"Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.",
			"Core  0 register dump:",
			"PC      : 0x400d1234  PS      : 0x00060530  A0      : 0x800d5678  A1      : 0x3ffb1f30",
			backtrace,
			"",
			"ELF file SHA256: 0123456789abcdef",
			"",
			"Entering gdb stub now.",
		]),
	).toEqual([{ ...panic, elfSha256: "0123456789abcdef" }]);
	expect(panicsIn(["Guru Meditation Error: Core  1 panic'ed", backtrace, "", backtrace])).toEqual([
		panic,
		panic,
	]);
});

test("RISC-V: where it stopped, who called, and what of its stack is code", () => {
	expect(
		panicsIn([
			"Guru Meditation Error: Core  0 panic'ed (Load access fault). Exception was unhandled.",
			"",
			"Core  0 register dump:",
			"MEPC    : 0x42007c3a  RA      : 0x42007c36  SP      : 0x3fc91c70  GP      : 0x3fc8b400  ",
			"MHARTID : 0x00000000  ",
			"",
			"Stack memory:",
			"3fc91c70: 0x00000000 0x42009bb0 0x3fc8b400 0x40860010 0x00000000 0x00000000 0x00000000 0x4038a0c2",
			"",
			"ELF file SHA256: 0123456789abcdef",
		]),
	).toEqual([
		{
			chip: "riscv",
			addresses: [0x42007c3a, 0x42007c35, 0x42009baf, 0x4038a0c1],
			elfSha256: "0123456789abcdef",
		},
	]);
});

test("a panic without end, or of junk, is bounded, and other lines are none", () => {
	const endless = [
		"Exception (9):",
		...new Array(2000).fill(`3fffff70:  ${hex(0x40210000)} 40210004 40210008 4021000c`),
	];
	const [panic] = panicsIn(endless);
	expect(panic.addresses.length).toBeLessThanOrEqual(64);
	expect(
		panicsIn([
			"Exception (28",
			"Backtrace:",
			"Backtrace: 0x1:0x2",
			"MEPC    : 0x42007c3a  RA      : 0x42007c36",
			">>>stack>>>",
		]),
	).toEqual([]);
});

test("functions, files and lines are those of the source; callers are told by the line of their call", async () => {
	const [panic] = panicsIn(panic8266());
	const path = join(folder, "app.c");
	expect(await decode(panic, elf, process.env)).toEqual({
		stack: [
			{ name: "readSensor", path, line: 3 },
			{ name: "loop", path, line: 8 },
			// Nothing of it is behind the call, where the next function begins.
			{ name: "stop", path, line: 13 },
		],
	});
});

describe("whether the ELF file is that of the firmware on the board", () => {
	const decoded = (elfSha256: string) =>
		decode({ chip: "esp8266", addresses: [at(3)], elfSha256 }, elf, process.env).then(
			({ elfMatches }) => elfMatches,
		);

	test("it has the hash that the board tells", async () => {
		const sha256 = createHash("sha256").update(readFileSync(elf)).digest("hex");
		expect(await decoded(sha256)).toBe(true);
		expect(await decoded(sha256.slice(0, 9))).toBe(true);
		expect(await decoded("0123456789abcdef")).toBe(false);
	});

	test("the difference is told", () => {
		const stack = [{ name: "loop" }];
		expect(inWords({ type: "panic", chip: "xtensa", stack, elfMatches: true })?.lines).toEqual([
			"-- panic",
			"    at loop",
		]);
		expect(inWords({ type: "panic", chip: "xtensa", stack, elfMatches: false })?.lines).toEqual([
			"-- panic",
			"    the board runs other firmware than that of the ELF file: names and lines may be wrong",
			"    at loop",
		]);
	});
});

test("a long stack: the innermost frames, and how many are left out", () => {
	const stack = Array.from({ length: 20 }, (_, i) => ({ name: `f${i}` }));
	const { lines } = inWords({ type: "panic", chip: "esp8266", stack })!;
	expect(lines.slice(0, 2)).toEqual(["-- panic", "    at f0"]);
	expect(lines.slice(-2)).toEqual(["    at f15", "    and 4 more, which --json has"]);
});

describe("addr2line", () => {
	const panic: Panic = { chip: "esp8266", addresses: [0x40210003] };
	let tools: string;
	let environment: NodeJS.ProcessEnv;

	beforeEach(() => {
		tools = mkdtempSync(join(tmpdir(), "xs-mqtt-tools-"));
		environment = { PATH: tools, TOOLS_ROOT: tools };
	});
	afterEach(() => rmSync(tools, { recursive: true }));

	function install(name: string, script: string): void {
		const file = join(tools, name);
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, `#!/bin/sh\n${script}\n`);
		chmodSync(file, 0o755);
	}

	test("that is missing is named, and where it comes from", async () => {
		await expect(decode(panic, elf, environment)).rejects.toThrow(
			/^the panic cannot be decoded: xtensa-lx106-elf-addr2line is not in the PATH; .*binutils-xtensa-lx106$/,
		);
		await expect(decode({ ...panic, chip: "xtensa" }, elf, environment)).rejects.toThrow(
			/xtensa-esp-elf-addr2line is not in the PATH; it comes with ESP-IDF/,
		);
		await expect(decode({ ...panic, chip: "riscv" }, elf, environment)).rejects.toThrow(
			/riscv32-esp-elf-addr2line is not/,
		);
	});

	test.each<[Panic["chip"], string]>([
		["xtensa", "xtensa-esp-elf-addr2line"],
		["xtensa", "xtensa-esp32-elf-addr2line"],
		["xtensa", "xtensa-esp32s3-elf-addr2line"],
		["riscv", "riscv32-esp-elf-addr2line"],
		["esp8266", "xtensa-lx106-elf-addr2line"],
		["esp8266", "xtensa-lx106-elf/bin/xtensa-lx106-elf-addr2line"],
	])("of %s: %s", async (chip, name) => {
		install(name, `echo "$7"; echo onTimer; echo 'timer.c:7 (discriminator 2)'`);
		expect(await decode({ ...panic, chip }, elf, environment)).toEqual({
			stack: [{ name: "onTimer", path: "timer.c", line: 7 }],
		});
	});

	test("is asked once for all addresses of a panic", async () => {
		install(
			"xtensa-lx106-elf-addr2line",
			`shift 6; for it in "$@"; do echo $it; echo f$it; echo a.c:$#; done`,
		);
		const { stack } = await decode({ ...panic, addresses: [0x40210003, 0x40210010] }, elf, environment);
		expect(stack).toEqual([
			{ name: "f0x40210003", path: "a.c", line: 2 },
			{ name: "f0x40210010", path: "a.c", line: 2 },
		]);
	});

	test("that fails, or prints without end, is told of", async () => {
		install("xtensa-lx106-elf-addr2line", "echo 'main.elf: file format not recognized' >&2; exit 1");
		await expect(decode(panic, elf, environment)).rejects.toThrow(
			/xtensa-lx106-elf-addr2line failed: main\.elf: file format not recognized; is the ELF file that of/,
		);
		install("xtensa-lx106-elf-addr2line", "while :; do echo 0x1234567890; done");
		await expect(decode(panic, elf, environment)).rejects.toThrow(/prints more than a megabyte/);
	});

	test("that hangs is ended with the monitor", async () => {
		install("xtensa-lx106-elf-addr2line", `echo $$ > "${join(tools, "pid")}"; while :; do :; done`);
		const closing = new AbortController();
		const decoding = decode(panic, elf, environment, closing.signal);
		decoding.catch(() => {});
		const pid = await numberIn(join(tools, "pid"));
		closing.abort();
		await expect(decoding).rejects.toThrow();
		await hasEnded(pid);
	});
});

test("the ELF file is found in the folders that mcconfig makes", async () => {
	const bin = join(folder, "bin/esp/debug/app");
	const tmp = join(folder, "tmp/esp/debug/app");
	for (const each of [bin, tmp]) mkdirSync(each, { recursive: true });
	await expect(elfAt(bin)).rejects.toThrow(
		/^--elf: .* has neither xs_esp32\.elf nor main\.elf; name the ELF file/,
	);
	await expect(elfAt(join(folder, "nothing"))).rejects.toThrow(/cannot be read/);
	copyFileSync(elf, join(tmp, "main.elf"));
	expect(await elfAt(bin)).toBe(join(tmp, "main.elf"));
	expect(await elfAt(relative(".", bin))).toBe(join(tmp, "main.elf"));
	expect(await elfAt(elf)).toBe(elf);
	await expect(elfAt(join(folder, "app.c"))).rejects.toThrow(/app\.c is no ELF file; mcconfig makes it/);
	copyFileSync(elf, join(bin, "xs_esp32.elf"));
	expect(await elfAt(bin)).toBe(join(bin, "xs_esp32.elf"));
	// A folder of the SDK that is itself below one called bin/esp.
	const inner = join(folder, "bin/esp/moddable/build");
	for (const each of ["bin", "tmp"]) mkdirSync(join(inner, each, "esp/debug/app"), { recursive: true });
	copyFileSync(elf, join(inner, "tmp/esp/debug/app/main.elf"));
	expect(await elfAt(join(inner, "bin/esp/debug/app"))).toBe(join(inner, "tmp/esp/debug/app/main.elf"));
});

test("the monitor shows it below the board's own lines, which it keeps", async () => {
	const pty = await Pty.open();
	const monitor = new MonitorProcess(["--port", pty.path, "--elf", elf, "--baud", "115200"]);
	await monitor.shows("is open");
	pty.write(Buffer.from(`${panic8266().join("\r\n")}\r\n`));
	await monitor.shows(/-- panic: a forbidden address was read, such as a null pointer\n( {4}at .*\n){3}/);
	expect(monitor.stdout).toContain(`    at readSensor (${join(folder, "app.c")}:3)\n    at loop (`);
	expect(monitor.stdout).toContain("<<<stack<<<\n");
	expect(await monitor.end("SIGINT")).toBe(0);
	await pty.close();
}, 20_000);

test("as JSON; and without --elf there is a hint, once", async () => {
	const pty = await Pty.open();
	const monitor = new MonitorProcess(["--port", pty.path, "--elf", elf, "--json", "--baud", "115200"]);
	await monitor.shows("is open");
	pty.write(Buffer.from(`${panic8266().join("\r\n")}\r\n`));
	await monitor.shows('"type":"panic"');
	const line = monitor.stdout.split("\n").find((it) => it.includes('"panic"'))!;
	expect(JSON.parse(line)).toMatchObject({
		type: "panic",
		chip: "esp8266",
		stack: [{ name: "readSensor", line: 3 }, {}, {}],
	});
	await monitor.end("SIGINT");
	const plain = new MonitorProcess(["--port", pty.path, "--baud", "115200"]);
	await plain.shows("is open");
	for (let i = 0; i < 2; i++) pty.write(Buffer.from(`${panic8266().join("\r\n")}\r\n`));
	await plain.shows(/<<<stack<<<(.|\n)*<<<stack<<</);
	await plain.shows("--elf");
	expect(plain.stdout.match(/--elf/g)).toHaveLength(1);
	await plain.end("SIGINT");
	await pty.close();
}, 20_000);

test("an ESP32's panic whose last lines are lost is decoded nevertheless; a board that waits for GDB is told of", async () => {
	const pty = await Pty.open();
	const tools = mkdtempSync(join(folder, "tools-"));
	const program = join(tools, "xtensa-esp32-elf-addr2line");
	writeFileSync(program, '#!/bin/sh\nexec xtensa-lx106-elf-addr2line "$@"\n');
	chmodSync(program, 0o755);
	const monitor = new MonitorProcess(["--port", pty.path, "--elf", elf, "--baud", "115200"], {
		PATH: `${tools}:${process.env.PATH}`,
	});
	await monitor.shows("is open");
	const backtrace = `Backtrace: 0x${hex(at(3))}:0x3ffb1f30 0x${hex(callAt(8))}:0x3ffb1f50`;
	pty.write(Buffer.from(`Guru Meditation Error: Core  0 panic'ed (LoadProhibited).\r\n\r\n${backtrace}\r\n`));
	await monitor.shows(/-- panic\n {4}at readSensor \(.*app\.c:3\)\n {4}at loop \(.*app\.c:8\)\n/);
	expect(monitor.stdout).not.toContain("other firmware");
	pty.write(
		Buffer.from(`${backtrace}\r\n\r\nELF file SHA256: 0123456789abcdef\r\n\r\nEntering gdb stub now.\r\n`),
	);
	await monitor.shows(/-- panic\n.*the board runs other firmware .*\n {4}at readSensor/);
	expect(monitor.stdout).toContain("-- the board has stopped and waits for GDB");
	expect(await monitor.end("SIGINT")).toBe(0);
	await pty.close();
}, 20_000);

test("without addr2line, the missing program is told of, and the log goes on", async () => {
	const pty = await Pty.open();
	const monitor = new MonitorProcess(["--port", pty.path, "--elf", elf, "--baud", "115200"], {
		PATH: folder,
		TOOLS_ROOT: folder,
	});
	await monitor.shows("is open");
	pty.write(Buffer.from(`${panic8266().join("\r\n")}\r\n`));
	await monitor.shows("-- the panic cannot be decoded: xtensa-lx106-elf-addr2line is not in the PATH;");
	pty.write(Buffer.from("ets Jan  8 2013\r\n"));
	await monitor.shows("ets Jan  8 2013");
	expect(await monitor.end("SIGINT")).toBe(0);
	await pty.close();
}, 20_000);
