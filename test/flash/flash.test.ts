import { Bootloader } from "../../tools/flash/bootloader.js";
import { flashParts, type Report, type Wishes } from "../../tools/flash/flasher.js";
import { checkParts, type Part } from "../../tools/flash/parts.js";
import { FlashState } from "../../tools/flash/state.js";
import { SerialLine } from "../../tools/serial/serial-line.js";
import { Board } from "../support/chip/board.js";
import { content, esp32Image, esp8266Image } from "../support/images.js";

let board: Board;
let notes: string[];
let state: FlashState;

afterEach(() => board.close());

const report: Report = {
	note: (text) => notes.push(text),
	begin() {},
	part() {},
	progress() {},
	end() {},
};

interface Options extends Partial<Wishes> {
	baud?: number;
	patience?: number;
}

/** One run of the command's inner part. */
async function flash(
	parts: Part[],
	{ erase = false, dryRun = false, baud = 460_800, patience = 0.2 }: Options = {},
): Promise<number> {
	notes = [];
	state = new FlashState();
	const line = await SerialLine.open(board.path, 115_200);
	const bootloader = new Bootloader(line, { path: board.path }, { patience });
	try {
		await bootloader.connect();
		const checked = checkParts(parts, bootloader);
		if (!(await bootloader.setBaudRate(baud))) await bootloader.recover(115_200);
		return await flashParts(bootloader, checked, { erase, dryRun }, report, state);
	} finally {
		bootloader.release();
		await line.close();
	}
}

const app32 = esp32Image(0, { segments: [content(60_000), content(90_001, 3)] });
const PARTS_32: Part[] = [
	{ address: 0x10000, name: "app.bin", bytes: app32 },
	{ address: 0x8000, name: "table.bin", bytes: content(3071, 5) },
];

/** Every byte of the flash, against parts written and ones elsewhere. */
function expectFlash(parts: Part[]): void {
	const wanted = Buffer.alloc(board.chip.flash.bytes.length, 0xff);
	for (const { address, bytes } of parts) wanted.set(bytes, address);
	expect(board.chip.flash.bytes.equals(wanted)).toBe(true);
}

test.each(["esp32", "esp32c3", "esp8266"] as const)("%s: found, written, byte for byte", async (model) => {
	board = await Board.open(model, 1 << 21);
	const id = { esp32: 0, esp32c3: 5, esp8266: undefined }[model];
	const app =
		id === undefined
			? esp8266Image({ segments: [content(100_000)] })
			: esp32Image(id, { segments: [content(100_000)] });
	const parts: Part[] = [
		{ address: 0, name: "app.bin", bytes: app },
		{ address: 0x1fc000, name: "end.bin", bytes: content(0x4000) },
	];
	expect(await flash(parts)).toBeGreaterThan(100_000);
	expectFlash(parts);
	expect(board.chip.baudRate).toBe(460_800);
	expect(board.pty.plugged).toBe(true);
});
