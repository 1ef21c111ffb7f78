import { noAnswer } from "../../tools/flash/no-answer.js";
import { FlashState } from "../../tools/flash/state.js";

const boot = { address: 0x1000, name: "boot.bin", bytes: new Uint8Array(1) };
const app = { address: 0x10000, name: "app.bin", bytes: new Uint8Array(1) };

test.each<[string, string, RegExp]>([
	["nothing", "", /nothing came back: .*; check cable and port; .*hold BOOT, press RESET/],
	["an app", "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)", /runs its app instead; hold BOOT/],
	["an app's log", "temperature is 21.5 degrees", /runs its app instead/],
	["a deaf bootloader", "boot:0x3 (DOWNLOAD_BOOT)\r\nwaiting for download", /does not hear: .*RX is broken/],
	["noise", "\x00\xff\x80", /cannot be read: the line is noisy/],
])("no answer, and %s was heard", async (_what, text, message) => {
	const problem = await noAnswer("/dev/nowhere", { heard: text.length, answered: false, text });
	expect(problem.message).toMatch(/^the bootloader at \/dev\/nowhere does not answer: /);
	expect(problem.message).toMatch(message);
});

test("a chip that answered and then stopped is not told as a noisy line, nor as taken by another program", async () => {
	const { message } = await noAnswer("/dev/null", { heard: 100, answered: true, text: "" });
	expect(message).toMatch(
		/^the bootloader at \/dev\/null does not answer any more: .*the line is good: .*power.*; .*hold BOOT/,
	);
	const text = "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)";
	expect((await noAnswer("/dev/null", { heard: 100, answered: true, text })).message).toMatch(/runs its app/);
});

test("the state of the board at each step", () => {
	const state = new FlashState();
	expect(state.text).toBe("Nothing was written: the board is as it was.");
	state.markWhole(boot);
	expect(state.unfinished).toBe(false);
	expect(state.text).toMatch(/^Whole on the board: 0x1000 boot.bin\. Repeat/);
	state.begin(app);
	expect(state.unfinished).toBe(true);
	expect(state.text).toMatch(/^0x10000 app.bin is written in part: .*\(0x1000 boot.bin\) is skipped then\.$/);
	state.markWhole(app);
	state.done();
	expect(state.unfinished).toBe(false);
});

test("after erasing, the board is unfinished until all is written", () => {
	const state = new FlashState();
	state.erasing();
	expect(state.text).toMatch(/^The flash was erased, or half of it: the board does not start/);
	state.begin(app);
	expect(state.text).toMatch(/erased, or half of it; 0x10000 app.bin is written in part: /);
	state.markWhole(app);
	expect(state.unfinished).toBe(true);
	state.done();
	expect(state.unfinished).toBe(false);
});
