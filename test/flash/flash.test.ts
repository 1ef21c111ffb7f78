import { jest } from "@jest/globals";
import type { Part } from "../../tools/flash/parts.js";
import { Board } from "../support/chip/board.js";
import { content, esp32Image, esp8266Image } from "../support/images.js";
import { blocksSeen, expectFlash, expectUntouched, flash, PARTS, tableOf } from "./flashing.js";

jest.setTimeout(30_000); // for busy computers

let board: Board;

afterEach(() => board.close());

test.each(["esp32", "esp32c3", "esp8266"] as const)(
	"%s: found with its flash size, written, byte for byte",
	async (model) => {
		board = await Board.open(model, 1 << 21);
		const segments = [content(100_000)];
		const app = {
			esp32: () => esp32Image(0, { segments }),
			esp32c3: () => esp32Image(5, { segments }),
			esp8266: () => esp8266Image({ segments }),
		}[model]();
		const parts: Part[] = [
			{ address: model === "esp8266" ? 0 : 0x10000, name: "app.bin", bytes: app },
			{ address: 0x40000, name: "odd.bin", bytes: content(1001) },
			{ address: 0x1fc000, name: "end.bin", bytes: content(0x4000) }, // up to the last byte
		];
		const { notes, progress, total } = await flash(board, parts);
		expectFlash(board, parts);
		expect(board.chip.baudRate).toBe(460_800);
		expect(notes[1]).toMatch(/^ESP.* at .*, 2 MB of flash$/);
		expect(notes.at(-2)).toMatch(/^\d+ KB written and verified in [\d.]+ s \(\d+ KB\/s\)$/);
		expect(notes.at(-1)).toBe("press RESET to start the app");
		const numbers = progress.filter((one) => typeof one === "number");
		expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
		expect(numbers.at(-1)).toBe(total);
		expect(total).toBe(app.length + 1004 + 0x4000); // in whole words;
	},
);

test("what is on the board already is skipped, what changed is written", async () => {
	board = await Board.open("esp32");
	await flash(board, PARTS);
	board.chip.reset("rom");
	const blocks = blocksSeen(board);
	const again = await flash(board, PARTS);
	expect(again.notes).toContain("0x10000 app.bin is on the board already");
	expect(again.notes).toContain("nothing was to be written");
	expect(blocksSeen(board)).toBe(blocks);

	board.chip.reset("rom");
	const changed: Part[] = [{ ...PARTS[1], bytes: tableOf("main") }, PARTS[0]];
	const third = await flash(board, changed);
	expect(third.progress[0]).toBe("part table.bin");
	expect(third.total).toBe(0xc00);
	expectFlash(board, changed);
});

test("--erase: nothing is left of what was there, nothing is skipped", async () => {
	board = await Board.open("esp32");
	board.chip.flash.write(0xf0000, content(4096));
	board.chip.flash.write(0x8000, PARTS[1].bytes);
	await flash(board, PARTS, { erase: true });
	expectFlash(board, PARTS);
});

test("without --erase the neighbours stay", async () => {
	board = await Board.open("esp32");
	const neighbours: Part[] = [
		{ address: 0x7000, name: "before", bytes: content(4096, 11) },
		{ address: 0x9000, name: "after", bytes: content(4096, 12) },
	];
	for (const { address, bytes } of neighbours) board.chip.flash.write(address, bytes);
	await flash(board, PARTS);
	expectFlash(board, [...PARTS, ...neighbours]);
});

test("--dry-run tells what would be written, and writes nothing", async () => {
	board = await Board.open("esp32");
	board.chip.flash.write(0x8000, PARTS[1].bytes);
	const { notes } = await flash(board, PARTS, { dryRun: true });
	expect(notes).toContain("0x8000 table.bin is on the board already");
	expect(notes).toContain("0x10000 app.bin would be written (147 KB)");
	expectUntouched(board);
});

describe("refused before a byte is written, and the app goes on:", () => {
	test.each<[string, Part[], RegExp]>([
		[
			"another chip",
			[{ address: 0x10000, name: "app.bin", bytes: esp32Image(9) }],
			/built for ESP32-S3.*an ESP32;/,
		],
		[
			"a part past the end",
			[PARTS[1], { address: 0xff000, name: "fs.bin", bytes: content(4097) }],
			/0xff000 fs.bin is refused: it ends at 0x100001, and this board's flash at 0x100000;/,
		],
		[
			"parts in one sector",
			[PARTS[1], { address: 0x8000, name: "other.bin", bytes: content(10) }],
			/is refused: 0x8000 .* reaches to/,
		],
		["an unaligned part", [{ address: 0x8004, name: "table.bin", bytes: content(10) }], /sectors of 0x1000/],
	])("%s", async (_what, parts, message) => {
		board = await Board.open("esp32");
		board.chip.mode = "app";
		await expect(flash(board, parts, { Port: board.controlled })).rejects.toThrow(message);
		expectUntouched(board);
		expect(board.chip.mode).toBe("app");
	});
});

test("the control lines lead into the bootloader and out of it", async () => {
	board = await Board.open("esp32");
	board.chip.mode = "app";
	const { notes } = await flash(board, PARTS, { Port: board.controlled });
	expectFlash(board, PARTS);
	expect(board.signals).toEqual(["--", "-R", "D-", "--", "--", "-R", "--"]);
	expect(board.chip.mode).toBe("app");
	expect(notes.at(-1)).toBe("the app was started");
});

test("--no-reset leaves the board in its bootloader", async () => {
	board = await Board.open("esp32");
	board.chip.mode = "app";
	await flash(board, PARTS, { Port: board.controlled, reset: false });
	expect(board.chip.mode).toBe("stub");
	expect(board.signals.slice(-2)).toEqual(["D-", "--"]);
});

test("a board that was left in its bootloader is found there, with the flashing program still running", async () => {
	board = await Board.open("esp32");
	await flash(board, [PARTS[1]], { reset: false });
	expect(board.chip.mode).toBe("stub");
	const uploads = () => board.chip.log.filter((command) => command === 0x05).length;
	const before = uploads();
	await flash(board, PARTS);
	expect(uploads()).toBe(before);
	expectFlash(board, PARTS);
});
