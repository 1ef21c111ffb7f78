import { jest } from "@jest/globals";
import { Board } from "../support/chip/board.js";
import { expectFlash, flash, PARTS } from "./flashing.js";

jest.setTimeout(30_000); // for busy computers

let board: Board;

beforeEach(async () => {
	board = await Board.open("esp32");
});

afterEach(() => board.close());

/** Of all bytes that go to the chip: identifying, the stub's upload, the blocks, the last MD5. */
const SHARES = [0, 0.01, 0.05, 0.11, 0.15, 0.18, 0.2, 0.25, 0.4, 0.6, 0.8, 0.95, 0.999];
let total = Number.POSITIVE_INFINITY;

/** On a busy computer more is sent until the chip is found: the least of two runs counts. */
beforeAll(async () => {
	for (let run = 0; run < 2; run++) {
		const measured = await Board.open("esp32");
		await flash(measured, PARTS);
		total = Math.min(total, measured.heard);
		await measured.close();
	}
});

test.each(SHARES)("the cable is pulled at %d of the way, and put back", async (share) => {
	let pulled: Promise<void> | undefined;
	board.toChip = (bytes, before) => {
		const left = Math.floor(share * total) - before;
		if (bytes.length <= left) return bytes;
		pulled ??= board.pull();
		return bytes.subarray(0, Math.max(0, left));
	};
	const run = flash(board, PARTS, { patience: 10 }); // whoever still waits for the chip, waits too long
	await expect(run).rejects.toThrow(/ is gone: .*unplugged.*; plug it in again/);
	const touched = board.chip.flash.erased > 0;
	await expect(run).rejects.toThrow(
		touched
			? /is written in part: the board does not start.*repeat|Whole on the board/
			: /\nNothing was written: the board is as it was/,
	);
	await pulled;

	board.toChip = (bytes) => bytes;
	await board.plug();
	await flash(board, PARTS);
	expectFlash(board, PARTS);
});
