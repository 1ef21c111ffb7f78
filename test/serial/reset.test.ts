import { jest } from "@jest/globals";
import { SerialPortMock } from "serialport";
import {
	AppReset,
	BridgeBootloaderReset,
	bootloaderResets,
	UsbJtagBootloaderReset,
} from "../../tools/serial/reset.js";
import { SerialLine } from "../../tools/serial/serial-line.js";

const binding = SerialPortMock.binding;
const signals: { dtr?: boolean; rts?: boolean; brk?: boolean }[] = [];
const { open } = binding;
jest.spyOn(binding, "open").mockImplementation(async (options) => {
	const port = await open(options);
	const { set } = port;
	port.set = (given) => {
		signals.push(given);
		return set.call(port, given);
	};
	return port;
});
let line: SerialLine;

beforeEach(async () => {
	binding.createPort("/dev/mock");
	signals.length = 0;
	line = await SerialLine.open("/dev/mock", 115_200, SerialPortMock);
});

afterEach(async () => {
	await line.close();
	binding.reset();
});

/** "D" and "R" where asserted, "-" where not, in the order set. */
function order(): string[] {
	return signals.map(({ dtr, rts, brk }) => {
		expect(brk).toBe(false);
		return `${dtr ? "D" : "-"}${rts ? "R" : "-"}`;
	});
}

test("opening releases both lines in one step: a running board goes on", () => {
	expect(order()).toEqual(["--"]);
});

test("into the app: EN alone goes low, BOOT never does", async () => {
	await new AppReset(line).reset();
	expect(order()).toEqual(["--", "--", "-R", "--"]);
});

test("into the bootloader through a bridge: BOOT is low when EN is let go", async () => {
	await new BridgeBootloaderReset(line, 1).reset();
	expect(order()).toEqual(["--", "-R", "D-", "--"]);
});

test("into the bootloader through USB-JTAG/serial: from the request to the reset never by both released", async () => {
	await new UsbJtagBootloaderReset(line).reset();
	expect(order()).toEqual(["--", "--", "D-", "DR", "-R", "--"]);
});

test("the way depends on the port", () => {
	expect(bootloaderResets(line, { vendorId: "303a", productId: "1001" })).toEqual([
		expect.any(UsbJtagBootloaderReset),
	]);
	for (const port of [{}, { vendorId: "10c4", productId: "ea60" }, { vendorId: "303a", productId: "0002" }])
		expect(bootloaderResets(line, port)).toEqual([
			expect.any(BridgeBootloaderReset),
			expect.any(BridgeBootloaderReset),
		]);
});
