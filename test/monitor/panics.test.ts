// Panics of boards, decoded by the toolchain's addr2line from a real ELF file. Needs gcc-xtensa-lx106, and tools/build.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Panic, PanicReader } from "../../tools/monitor/panics.js";
import { elfAt, framesOf } from "../../tools/monitor/symbols.js";
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
`;

let folder: string;
let elf: string;
/** Where the code of each line of the source begins. */
const codeOf = new Map<number, number>();

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xs-mqtt-panics-"));
	writeFileSync(join(folder, "app.c"), SOURCE);
	elf = join(folder, "main.elf");
	const run = (program: string, ...args: string[]) =>
		execFileSync(`xtensa-lx106-elf-${program}`, args, { cwd: folder, encoding: "utf8" });
	run("gcc", "-g", "-O0", "-nostdlib", "-Wl,-Ttext=0x40210000", "-Wl,-eloop", "-o", "main.elf", "app.c");
	for (const [, line, address] of run("objdump", "-dl", "main.elf").matchAll(
		/app\.c:(\d+).*\n([0-9a-f]{8}):/g,
	))
		codeOf.set(Number(line), Number.parseInt(address, 16));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => MonitorProcess.endAll());

const hex = (address: number) => address.toString(16).padStart(8, "0");
const at = (line: number) => codeOf.get(line)!;

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
	`3fffff70:  3ffe8300 00000000 ${hex(at(8))} 3ffef2d0`,
	`3fffff80:  feefeffe 402fffff ${hex(at(8))} 00000001`,
	"<<<stack<<<",
];

function panicsIn(lines: string[]): Panic[] {
	const panics: Panic[] = [];
	const reader = new PanicReader((panic) => panics.push(panic));
	for (const line of lines) reader.push(line);
	return panics;
}

test("an ESP8266's exception: where it happened, and what of its stack is code", () => {
	expect(panicsIn(panic8266())).toEqual([
		{
			chip: "esp8266",
			cause: "a forbidden address was read, such as a null pointer",
			addresses: [at(3), at(8), 0x402fffff, at(8)],
		},
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
		]),
	).toEqual([panic]);
});

test("RISC-V: where it stopped, and who called", () => {
	expect(
		panicsIn([
			"Guru Meditation Error: Core  0 panic'ed (Load access fault). Exception was unhandled.",
			"Core  0 register dump:",
			"MEPC    : 0x42007c3a  RA      : 0x42007c36  SP      : 0x3fc91c70  GP      : 0x3fc8b400",
		]),
	).toEqual([{ chip: "riscv", addresses: [0x42007c3a, 0x42007c36] }]);
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

test("functions, files and lines are those of the source", async () => {
	const [panic] = panicsIn(panic8266());
	expect(await framesOf(panic, elf)).toEqual([
		{ name: "readSensor", path: join(folder, "app.c"), line: 3 },
		{ name: "loop", path: join(folder, "app.c"), line: 8 },
		{ name: "loop", path: join(folder, "app.c"), line: 8 },
	]);
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
	expect(await elfAt(elf)).toBe(elf);
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
