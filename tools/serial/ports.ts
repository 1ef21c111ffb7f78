// The serial ports of this computer, and which of them is meant. Knows serialport's list, USB ids and the terminal.

import { realpath } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { SerialPort } from "serialport";
import { Problem, textOf } from "../problem.js";
import { printable } from "../text.js";
import type { PortInfo } from "./port-info.js";
import { sysPorts } from "./sys-ports.js";
import { boardLook } from "./usb-ids.js";

/** Those that look like ESP boards first. Throws a Problem when the system does not tell. */
export async function listPorts(): Promise<PortInfo[]> {
	let found: PortInfo[];
	try {
		// The library asks udevadm, which small systems do not have.
		found =
			process.platform === "linux"
				? await SerialPort.list().catch(() => sysPorts())
				: await SerialPort.list();
	} catch (error) {
		throw new Problem(
			"the serial ports cannot be listed",
			textOf(error),
			"name the port with --port instead",
		);
	}
	return found.map(describe).sort(byLook);
}

function describe(port: PortInfo): PortInfo {
	const vendorId = port.vendorId?.toLowerCase();
	const productId = port.productId?.toLowerCase();
	return {
		path: port.path,
		vendorId,
		productId,
		serialNumber: clean(port.serialNumber),
		manufacturer: clean(port.manufacturer),
		board: boardLook(vendorId, productId),
	};
}

/** A device's own texts are anybody's. */
function clean(text: string | undefined): string | undefined {
	return text === undefined ? undefined : printable(text, 64);
}

function byLook(a: PortInfo, b: PortInfo): number {
	const rank = ({ board, vendorId }: PortInfo) => (board !== undefined ? 0 : vendorId !== undefined ? 1 : 2);
	return rank(a) - rank(b) || a.path.localeCompare(b.path, "en", { numeric: true });
}

/** `/dev/ttyUSB0  10c4:ea60  serial 0001  CP210x USB bridge, on many ESP boards` */
export function portLine({ path, vendorId, productId, serialNumber, manufacturer, board }: PortInfo): string {
	const columns = [path];
	if (vendorId !== undefined) columns.push(`${vendorId}:${productId ?? "?"}`);
	if (serialNumber !== undefined) columns.push(`serial ${serialNumber}`);
	columns.push(board ?? manufacturer ?? (vendorId === undefined ? "not USB" : "USB"));
	return columns.join("  ");
}

/** Where choosePort looks and asks; replaced in tests. */
export interface Surroundings {
	list(): Promise<PortInfo[]>;
	/** An index of ports, or undefined when nobody answers. Without a terminal there is no `ask`. */
	ask?(ports: PortInfo[]): Promise<number | undefined>;
}

/**
 * The port named, or the only one that looks like an ESP board. Of several the user chooses, if there is a terminal.
 * Throws a Problem that lists what there is when that does not decide.
 */
export async function choosePort(
	wanted: string | undefined,
	{ list, ask }: Surroundings = surroundings(),
): Promise<PortInfo> {
	if (wanted !== undefined) {
		// Its USB ids decide how the board is reset; a port that is not in the list is as good.
		const [ports, target] = await Promise.all([list().catch(() => []), realpath(wanted).catch(() => wanted)]);
		return { ...ports.find(({ path }) => path === wanted || path === target), path: wanted };
	}
	const ports = await list();
	const candidates = ports.filter(({ board }) => board !== undefined);
	if (candidates.length === 1) return candidates[0];
	if (candidates.length === 0) throw noBoard(ports);
	const answer = await ask?.(candidates);
	if (answer !== undefined) return candidates[answer];
	throw new Problem(
		"no port was chosen",
		`${candidates.length} look like ESP boards`,
		`name one with --port:${listed(candidates)}`,
	);
}

function noBoard(ports: PortInfo[]): Problem {
	const usb = ports.filter(({ vendorId }) => vendorId !== undefined);
	if (usb.length > 0)
		return new Problem(
			"no board was found",
			"none of the USB serial ports looks like an ESP board",
			`if it is one of these, name it with --port:${listed(usb)}`,
		);
	return new Problem(
		"no board was found",
		"there is no USB serial port: no board is plugged in, its cable has power wires only, or the driver of its USB bridge is missing",
		"plug it in with a data cable, or name the port with --port",
	);
}

function listed(ports: PortInfo[]): string {
	return ports.map((port) => `\n  ${portLine(port)}`).join("");
}

function surroundings(): Surroundings {
	return { list: listPorts, ask: process.stdin.isTTY && process.stderr.isTTY ? askOnTerminal : undefined };
}

async function askOnTerminal(ports: PortInfo[]): Promise<number | undefined> {
	const lines = ports.map((port, index) => `  ${index + 1}  ${portLine(port)}\n`);
	process.stderr.write(`Several ports look like ESP boards:\n${lines.join("")}`);
	const dialog = createInterface({ input: process.stdin, output: process.stderr });
	const gone = new AbortController();
	dialog.once("close", () => gone.abort()); // Ctrl-C and Ctrl-D
	try {
		for (;;) {
			const answer = await dialog.question(`Which one? [1-${ports.length}] `, { signal: gone.signal });
			const index = Number(answer.trim()) - 1;
			if (ports[index] !== undefined) return index;
		}
	} catch {
		process.stderr.write("\n");
		return undefined;
	} finally {
		dialog.close();
	}
}
