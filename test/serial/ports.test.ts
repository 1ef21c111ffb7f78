import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PortInfo } from "../../tools/serial/port-info.js";
import { choosePort, portLine } from "../../tools/serial/ports.js";
import { sysPorts } from "../../tools/serial/sys-ports.js";
import { boardLook } from "../../tools/serial/usb-ids.js";

const bridge: PortInfo = {
	path: "/dev/ttyUSB0",
	vendorId: "10c4",
	productId: "ea60",
	board: boardLook("10c4", "EA60"),
};
const inside: PortInfo = {
	path: "/dev/ttyACM0",
	vendorId: "303a",
	productId: "1001",
	board: boardLook("303A", "1001"),
};
const mouse: PortInfo = {
	path: "/dev/ttyACM1",
	vendorId: "046d",
	productId: "c077",
	manufacturer: "Logitech",
};
const plain: PortInfo = { path: "/dev/ttyS0" };
const list = (...ports: PortInfo[]) => ({ list: async () => ports });

test("ids tell boards, others do not", () => {
	expect(bridge.board).toMatch(/CP210x/);
	expect(inside.board).toMatch(/USB-JTAG/);
	expect(boardLook("303a", "4711")).toMatch(/Espressif/);
	expect(boardLook("046d", "c077")).toBeUndefined();
	expect(boardLook(undefined, "ea60")).toBeUndefined();
});

test("one candidate is taken, whatever else there is", async () => {
	expect(await choosePort(undefined, list(plain, mouse, bridge))).toBe(bridge);
});

test("several: the user is asked for one of the candidates alone", async () => {
	let offered: PortInfo[] = [];
	const ask = async (ports: PortInfo[]) => {
		offered = ports;
		return 1;
	};
	expect(await choosePort(undefined, { ...list(bridge, mouse, inside, plain), ask })).toBe(inside);
	expect(offered).toEqual([bridge, inside]);
});

test("several and no terminal, or no answer: an error that lists them", async () => {
	const message =
		/^no port was chosen: 2 look like ESP boards; name one with --port:\n {2}\/dev\/ttyUSB0 .*CP210x.*\n {2}\/dev\/ttyACM0/;
	await expect(choosePort(undefined, list(bridge, inside, mouse))).rejects.toThrow(message);
	const ask = async () => undefined;
	await expect(choosePort(undefined, { ...list(bridge, inside), ask })).rejects.toThrow(message);
});

test("none: what is there is listed", async () => {
	await expect(choosePort(undefined, list())).rejects.toThrow(/no board was found: .*power wires only/);
	await expect(choosePort(undefined, list(plain))).rejects.toThrow(/no USB serial port/);
	await expect(choosePort(undefined, list(mouse))).rejects.toThrow(
		/--port:\n {2}\/dev\/ttyACM1 {2}046d:c077 {2}Logitech$/,
	);
});

test("the named port is taken with what is known of it, by any of its names", async () => {
	expect(await choosePort("/dev/ttyUSB0", list(bridge, inside))).toEqual(bridge);
	expect(await choosePort("/dev/other", list(bridge))).toEqual({ path: "/dev/other" });
	const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-"));
	const [file, link] = [join(folder, "ttyUSB7"), join(folder, "by-id")];
	writeFileSync(file, "");
	symlinkSync(file, link);
	expect(await choosePort(link, list({ ...bridge, path: file }))).toEqual({ ...bridge, path: link });
	rmSync(folder, { recursive: true });
	const failing = { list: () => Promise.reject(new Error("no udevadm")) };
	expect(await choosePort("/dev/other", failing)).toEqual({ path: "/dev/other" });
});

test("a line tells ids, serial number and why", () => {
	expect(portLine({ ...bridge, serialNumber: "0001" })).toBe(
		"/dev/ttyUSB0  10c4:ea60  serial 0001  CP210x USB bridge, on many ESP boards",
	);
	expect(portLine(plain)).toBe("/dev/ttyS0  not USB");
});

test("without udevadm the ids come from /sys, some folders above the port", async () => {
	const root = mkdtempSync(join(tmpdir(), "xs-mqtt-sys-"));
	const usb = join(root, "usb1", "1-2");
	const device = join(usb, "1-2:1.0", "ttyUSB0");
	mkdirSync(device, { recursive: true });
	for (const [name, text] of [
		["idVendor", "10c4\n"],
		["idProduct", "ea60\n"],
		["serial", "0001\n"],
	])
		writeFileSync(join(usb, name), text);
	for (const name of ["ttyUSB0", "ttyACM3", "tty0", "ttyS0"])
		mkdirSync(join(root, "tty", name), { recursive: true });
	symlinkSync(device, join(root, "tty", "ttyUSB0", "device"));
	const ports = await sysPorts(join(root, "tty"));
	expect(ports).toContainEqual({
		path: "/dev/ttyUSB0",
		vendorId: "10c4",
		productId: "ea60",
		serialNumber: "0001",
		manufacturer: undefined,
	});
	expect(ports.map(({ path }) => path).sort()).toEqual(["/dev/ttyACM3", "/dev/ttyUSB0"]);
	expect(await sysPorts(join(root, "nowhere"))).toEqual([]);
	rmSync(root, { recursive: true });
});
