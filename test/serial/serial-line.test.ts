import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { jest } from "@jest/globals";
import { SerialPortMock } from "serialport";
import { openingProblem } from "../../tools/serial/opening-problem.js";
import { NoControlLines, SerialLine } from "../../tools/serial/serial-line.js";
import { Pty } from "../support/pty.js";

jest.setTimeout(30_000); // for busy computers

let pty: Pty;
let line: SerialLine;

beforeEach(async () => {
	pty = await Pty.open();
	line = await SerialLine.open(pty.path, 115_200);
});

afterEach(async () => {
	await line.close();
	await pty.close();
});

/** So many bytes from the far end. */
async function received(length: number): Promise<Buffer> {
	const pieces: Buffer[] = [];
	let left = length;
	await new Promise<void>((resolve) =>
		pty.on("data", (bytes) => {
			pieces.push(bytes);
			left -= bytes.length;
			if (left <= 0) resolve();
		}),
	);
	return Buffer.concat(pieces);
}

test("every byte value passes both ways", async () => {
	const all = Uint8Array.from({ length: 256 }, (_, index) => index);
	const there = received(256);
	await line.write(all);
	expect([...(await there)]).toEqual([...all]);
	const back: number[] = [];
	const done = new Promise<void>((resolve) =>
		line.on("data", (bytes) => {
			back.push(...bytes);
			if (back.length >= 256) resolve();
		}),
	);
	pty.write(all);
	await done;
	expect(back).toEqual([...all]);
});

test("a write that waits for room goes on when there is, whatever was received meanwhile", async () => {
	const bytes = Uint8Array.from({ length: 1_000_000 }, (_, index) => index * 7);
	const there = received(bytes.length);
	pty.pause();
	const written = line.write(bytes);
	for (const value of [1, 2, 3]) {
		const back = once(line, "data");
		pty.write(Uint8Array.of(value));
		await back;
	}
	pty.resume();
	await written;
	expect((await there).equals(bytes)).toBe(true);
});

test("the baud rate is the port's, common or not", async () => {
	expect(pty.speed()).toBe(115_200);
	await line.setBaudRate(921_600);
	expect(pty.speed()).toBe(921_600);
	expect(line.baudRate).toBe(921_600);
	await line.setBaudRate(74_880);
	expect(line.baudRate).toBe(74_880);
	expect(pty.speed()).not.toBe(921_600); // stty has no name for it
});

test("no control lines: told at each call, with what to do by hand", async () => {
	expect(line.hasControlLines).toBe(false);
	await expect(line.setSignals({ dtr: false, rts: true })).rejects.toThrow(NoControlLines);
	await expect(line.setSignals({ dtr: false, rts: true })).rejects.toThrow(/hold BOOT, press RESET/);
});

test("a port in use tells who has it, and can be opened after it was closed", async () => {
	const second = SerialLine.open(pty.path, 115_200);
	await expect(second).rejects.toThrow(/cannot be opened: .*socat \(process \d+\).* open; end that program/);
	await line.close();
	const third = await SerialLine.open(pty.path, 115_200);
	await third.close();
});

test("unplugged: gone is told once, writing throws, closing ends, and replugged it opens again", async () => {
	let gone = 0;
	line.on("gone", () => gone++);
	const told = once(line, "gone");
	await pty.pull();
	await told;
	expect(line.isOpen).toBe(false);
	await expect(line.write(Uint8Array.of(1))).rejects.toThrow(/is gone: .*unplugged.*; plug it in/);
	await expect(line.setBaudRate(9600)).rejects.toThrow(/is gone/);
	await line.close();
	await expect(SerialLine.open(pty.path, 115_200)).rejects.toThrow(/there is no such port/);
	await pty.plug();
	line = await SerialLine.open(pty.path, 115_200);
	const there = received(1);
	await line.write(Uint8Array.of(7));
	expect([...(await there)]).toEqual([7]);
	expect(gone).toBe(1);
});

test("closing is no unplugging, and happens once", async () => {
	let gone = 0;
	line.on("gone", () => gone++);
	await Promise.all([line.close(), line.close()]);
	await line.close();
	await expect(line.write(Uint8Array.of(1))).rejects.toThrow(/was closed/);
	expect(gone).toBe(0);
});

test("what is no serial port is told", async () => {
	const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-"));
	writeFileSync(join(folder, "file"), "text");
	await expect(SerialLine.open(join(folder, "file"), 9600)).rejects.toThrow(/it is not a serial port/);
	await expect(SerialLine.open(folder, 9600)).rejects.toThrow(/cannot be opened: it is not a serial port/);
	await expect(SerialLine.open(join(folder, "\x1b[2J"), 9600)).rejects.toThrow(/\\x1b\[2J cannot be opened/);
	rmSync(folder, { recursive: true });
});

test("permission denied names the group to join, if it would help", async () => {
	const file = join(mkdtempSync(join(tmpdir(), "xs-mqtt-")), "port");
	writeFileSync(file, "");
	if (process.getgid?.() === 0) chownSync(file, 0, 20); // of root's own group nobody should become a member
	const text = `Error: Permission denied, cannot open ${file}`;
	chmodSync(file, 0o660);
	expect((await openingProblem(file, text)).message).toMatch(
		/only root and the group ([\w-]+) may use it; run: sudo usermod -a -G \1 "\$USER"/,
	);
	chmodSync(file, 0o600);
	expect((await openingProblem(file, text)).message).toMatch(
		/this user has no permission; give your user access/,
	);
	rmSync(dirname(file), { recursive: true });
});

test("what comes before opening has ended is not lost", async () => {
	SerialPortMock.binding.createPort("/dev/mock", { readyData: Buffer.from("early") });
	const early = await SerialLine.open("/dev/mock", 115_200, SerialPortMock);
	const [bytes] = await once(early, "data");
	expect(Buffer.from(bytes).toString()).toBe("early");
	await early.close();
	SerialPortMock.binding.reset();
});
