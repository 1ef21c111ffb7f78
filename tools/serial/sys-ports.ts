// The USB serial ports of a Linux system without udevadm. Knows /sys.

import { readdir, readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PortInfo } from "./port-info.js";

/** Ports with a device behind them; `root` is replaced in tests. */
export async function sysPorts(root = "/sys/class/tty"): Promise<PortInfo[]> {
	const ports: PortInfo[] = [];
	for (const name of await readdir(root).catch(() => []))
		if (/^tty(USB|ACM)\d+$/.test(name))
			ports.push({ path: `/dev/${name}`, ...(await usbDevice(join(root, name))) });
	return ports;
}

/** The ids are with the USB device, some folders above the port. */
async function usbDevice(folder: string): Promise<Omit<PortInfo, "path">> {
	let device = await realpath(join(folder, "device")).catch(() => "/");
	for (; dirname(device) !== device; device = dirname(device)) {
		const vendorId = await attribute(device, "idVendor");
		if (vendorId === undefined) continue;
		return {
			vendorId,
			productId: await attribute(device, "idProduct"),
			serialNumber: await attribute(device, "serial"),
			manufacturer: await attribute(device, "manufacturer"),
		};
	}
	return {};
}

async function attribute(device: string, name: string): Promise<string | undefined> {
	const text = await readFile(join(device, name), "utf8").catch(() => "");
	return text.trim() || undefined;
}
