// The board that bench/flash.ts flashes. Tells its port's path, ends when asked whether its flash holds what it should.

import { Board } from "../test/support/chip/board.js";

const board = await Board.open("esp32", 4 << 20);
process.once(
	"message",
	async ({ address, length, md5 }: { address: number; length: number; md5: string }) => {
		const good = board.chip.flash.md5(address, length).toString("hex") === md5;
		await board.close();
		process.exit(good ? 0 : 1);
	},
);
process.send!(board.path);
