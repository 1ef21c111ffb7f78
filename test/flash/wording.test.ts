import { noAnswer } from "../../tools/flash/no-answer.js";
import { FlashState } from "../../tools/flash/state.js";

const boot = { address: 0x1000, name: "boot.bin", bytes: new Uint8Array(1) };
const app = { address: 0x10000, name: "app.bin", bytes: new Uint8Array(1) };

test.each<[string, boolean, string, RegExp]>([
	["nothing", false, "", /nothing came back: .*; check cable and port; .*hold BOOT, press RESET/],
	[
		"an app",
		true,
		"rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
		/runs its app instead; hold BOOT/,
	],
	["an app's log", true, "temperature is 21.5 degrees", /runs its app instead/],
	[
		"a deaf bootloader",
		true,
		"boot:0x3 (DOWNLOAD_BOOT)\r\nwaiting for download",
		/does not hear: .*RX is broken/,
	],
	["noise", true, "\x00\xff\x80", /cannot be read: the line is noisy/],
])("no answer, and %s was heard", async (_what, heard, text, message) => {
	const problem = await noAnswer("/dev/nowhere", heard, text);
	expect(problem.message).toMatch(/^the bootloader at \/dev\/nowhere does not answer: /);
	expect(problem.message).toMatch(message);
});

test("the state of the board at each step", () => {
	const state = new FlashState();
	expect(state.text).toBe("Nothing was written: the board is as it was.");
	state.whole(boot);
	expect(state.unfinished).toBe(false);
	expect(state.text).toMatch(/^Whole on the board: 0x1000 boot.bin\. Repeat/);
	state.begin(app);
	expect(state.unfinished).toBe(true);
	expect(state.text).toMatch(/^0x10000 app.bin is written in part: .*\(0x1000 boot.bin\) is skipped then\.$/);
	state.whole(app);
	state.done();
	expect(state.unfinished).toBe(false);
});

test("after erasing, the board is unfinished until all is written", () => {
	const state = new FlashState();
	state.erasing();
	expect(state.text).toMatch(/^The flash was erased, or half of it: the board does not start/);
	state.begin(app);
	expect(state.text).toMatch(/erased, or half of it; 0x10000 app.bin is written in part: /);
	state.whole(app);
	expect(state.unfinished).toBe(true);
	state.done();
	expect(state.unfinished).toBe(false);
});
