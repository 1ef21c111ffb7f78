import { jest } from "@jest/globals";
import { Board } from "../support/chip/board.js";
import { content } from "../support/images.js";
import { APP, expectFlash, expectUntouched, flash, PARTS } from "./flashing.js";

jest.setTimeout(30_000); // for busy computers

const MEM_BEGIN = 0x05;
const MEM_DATA = 0x07;
const SYNC = 0x08;
const DEFLATE_BEGIN = 0x10;
const DEFLATE_DATA = 0x11;

let board: Board;

beforeEach(async () => {
	board = await Board.open("esp32");
});

afterEach(() => board.close());

/** Of what goes one way, the byte number `at` counted from when this is called is lost. */
function losing(at: number, start: number) {
	return (bytes: Buffer, before: number): Buffer => {
		const index = start + at - before;
		if (index < 0 || index >= bytes.length) return bytes;
		return Buffer.concat([bytes.subarray(0, index), bytes.subarray(index + 1)]);
	};
}

test.each([30_000, 40_007, 60_000, 80_000, 90_000])("byte %d to the chip is lost", async (at) => {
	board.toChip = losing(at, 0);
	await flash(board, PARTS);
	expectFlash(board, PARTS);
});

test.each([100, 300, 500, 600, 640, 680, 700])("byte %d from the chip is lost", async (at) => {
	board.toHost = losing(at, 0);
	await flash(board, PARTS);
	expectFlash(board, PARTS);
});

test("answers that are lost in the middle of a part: the part is repeated, not the block", async () => {
	let lost = 0;
	board.toHost = (bytes) =>
		bytes.includes(0x11, 2) && bytes[2] === 0x11 && lost++ === 2 ? Buffer.alloc(0) : bytes;
	const { notes } = await flash(board, PARTS);
	expect(lost).toBeGreaterThan(3);
	expect(notes.join("\n")).toMatch(/the chip did not answer: once more at 230400 baud/);
	expectFlash(board, PARTS);
});

test("garbage between answers, as an app or a bad line brings it, is passed over", async () => {
	const noise = content(64, 99);
	board.toHost = (bytes) =>
		Buffer.concat([noise.filter((byte) => byte !== 0xc0), bytes, Buffer.from("\r\nI (12) boot: hi\r\n")]);
	const { notes } = await flash(board, PARTS);
	expectFlash(board, PARTS);
	expect(notes.join("\n")).not.toContain("once more");
});

test("a line that loses bytes above 115200 baud ends at 115200", async () => {
	board.toChip = (bytes, before) =>
		board.chip.baudRate > 115_200 && Math.floor((before + bytes.length) / 9973) > Math.floor(before / 9973)
			? Buffer.concat([bytes.subarray(0, bytes.length >> 1), bytes.subarray((bytes.length >> 1) + 1)])
			: bytes;
	const { notes } = await flash(board, PARTS, { baud: 921_600 });
	expect(notes.filter((note) => note.includes("once more at"))).toEqual([
		expect.stringMatching(/at 460800 baud$/),
		expect.stringMatching(/at 230400 baud$/),
		expect.stringMatching(/at 115200 baud$/),
	]);
	expectFlash(board, PARTS);
	expect(board.chip.baudRate).toBe(115_200);
});

test("a line on which nothing passes at the rate asked for", async () => {
	board.toChip = (bytes) => (board.chip.baudRate > 230_400 ? Buffer.alloc(0) : bytes);
	board.chip.mode = "app";
	const { notes } = await flash(board, PARTS, { baud: 921_600, Port: board.controlled });
	expect(notes).toContain("the board does not answer at 921600 baud: trying a lower rate");
	expectFlash(board, PARTS);
});

test("a wrong MD5 once: the part is written again", async () => {
	board.chip.wrongMd5 = 3; // two of them while looking for what is unchanged
	const { notes } = await flash(board, PARTS);
	expect(notes.join("\n")).toContain("flash differs from the file: once more");
	expectFlash(board, PARTS);
});

test("a byte that is wrong at the same address each time: the address, and the flash chip before the cable", async () => {
	board.chip.flash.stuck.set(0x1a2b5, 0x00).set(0x20001, 0x00);
	await expect(flash(board, PARTS)).rejects.toThrow(
		/^flashing failed at 0x1a2b5 3 times: .*the flash chip is worn out.*another cable will not help.*\n0x10000 app.bin is written in part: the board does not start/s,
	);
});

test("bytes that are wrong at another address each time: an error, with the state of the board", async () => {
	let at = 0x8000;
	board.toChip = (bytes) => {
		if (board.chip.log.at(-1) === DEFLATE_BEGIN) {
			at += 101;
			board.chip.flash.stuck.clear();
			board.chip.flash.stuck.set(0x10000 + at, APP[at] ^ 1);
		}
		return bytes;
	};
	await expect(flash(board, [PARTS[0]])).rejects.toThrow(
		/^flashing failed 5 times, last at 115200 baud: flash differs from the file at 0x[0-9a-f]+ this time.*\n0x10000 app.bin is written in part/,
	);
});

test("a chip that refuses the flashing program is no bad cable", async () => {
	board.chip.refused.set(MEM_BEGIN, 0x06);
	const run = flash(board, PARTS);
	await expect(run).rejects.toThrow(
		/^the chip did not take the flashing program: it answers and refuses, so the line is good \(.*status 0x06.*\): .*; use Espressif's esptool with --no-stub/,
	);
	await expect(run).rejects.not.toThrow(/cable/);
	expectUntouched(board);
});

test("a flash chip that does not do what it is told is no bad cable", async () => {
	board.chip.refused.set(DEFLATE_BEGIN, 0xc4);
	const run = flash(board, PARTS);
	await expect(run).rejects.toThrow(/^flashing failed 5 times.*: the flash chip is broken or protected/);
	await expect(run).rejects.not.toThrow(/cable/);
});

test.each([
	["at once", SYNC],
	["while the flashing program is loaded", MEM_DATA],
	["while writing", DEFLATE_DATA],
])("a chip that answers as it should and then stops, %s, is no noisy line", async (_when, command) => {
	board.toChip = (bytes) => (board.chip.log.includes(command) ? Buffer.alloc(0) : bytes);
	const run = flash(board, PARTS, { patience: 0.05 });
	await expect(run).rejects.toThrow(/does not answer any more: .*the line is good: .*power supply is weak; /);
	await expect(run).rejects.not.toThrow(/noisy|cable/);
});

test("the chip is reset in the middle: its stub is loaded again", async () => {
	let done = false;
	board.toChip = (bytes, before) => {
		if (!done && before > 60_000) {
			done = true;
			board.chip.reset("rom");
		}
		return bytes;
	};
	await flash(board, PARTS);
	expect(done).toBe(true);
	expectFlash(board, PARTS);
});

test("the chip is reset in the middle, into its app: the control lines get it back", async () => {
	board.chip.mode = "app";
	let done = false;
	board.toChip = (bytes, before) => {
		if (!done && before > 60_000) {
			done = true;
			board.chip.reset("app");
		}
		return bytes;
	};
	await flash(board, PARTS, { Port: board.controlled });
	expectFlash(board, PARTS);
	expect(board.chip.mode).toBe("app");
});

test("silence from the beginning", async () => {
	board.chip.mode = "off";
	await expect(flash(board, PARTS, { patience: 0.05 })).rejects.toThrow(
		/does not answer: .*socat.* may be taking its answers|nothing came back/,
	);
	expectUntouched(board);
});

test("silence in the middle: an error in bounded time, with the state of the board", async () => {
	board.toChip = (bytes, before) => (before > 60_000 ? Buffer.alloc(0) : bytes);
	await expect(flash(board, PARTS, { patience: 0.05 })).rejects.toThrow(
		/does not answer.*\n0x10000 app.bin is written in part: .*repeat the same command; what is whole \(0x8000 table.bin\) is skipped/s,
	);
});

test("the app runs instead of the bootloader", async () => {
	board.chip.reset("app");
	await expect(flash(board, PARTS, { patience: 0.05 })).rejects.toThrow(/does not answer/);
	expectUntouched(board);
});

test("Secure Download Mode is no case for us", async () => {
	await board.close();
	board = await Board.open("esp32c3");
	board.chip.secureDownload = true;
	await expect(flash(board, PARTS)).rejects.toThrow(/Secure Download Mode.*; use Espressif's esptool/);
	expectUntouched(board);
});

test("a chip nobody knows", async () => {
	board.chip.magic = 0x12345678;
	await expect(flash(board, PARTS)).rejects.toThrow(
		/^the chip at .* is unknown: .*12345678.*; use Espressif's esptool/,
	);
	expectUntouched(board);
});

test("an interruption while writing: the state, and the same command completes it", async () => {
	const abort = new AbortController();
	const run = flash(board, PARTS, {
		signal: abort.signal,
		onProgress: (written) => written > 40_000 && abort.abort(),
	});
	await expect(run).rejects.toThrow(
		/^flashing was interrupted.*\n0x10000 app.bin is written in part: .*does not start its app.*repeat the same command; what is whole \(0x8000 table.bin\)/s,
	);
	board.chip.reset("rom");
	const { notes } = await flash(board, PARTS);
	expect(notes).toContain("0x8000 table.bin is on the board already");
	expectFlash(board, PARTS);
});

test("an interruption before anything was written: the app goes on", async () => {
	board.chip.mode = "app";
	const abort = new AbortController();
	const run = flash(
		board,
		() => {
			abort.abort();
			return PARTS;
		},
		{ signal: abort.signal, Port: board.controlled },
	);
	await expect(run).rejects.toThrow(
		/^flashing was interrupted.*\nNothing was written: the board is as it was\.$/s,
	);
	expectUntouched(board);
	expect(board.chip.mode).toBe("app");
});
