// A port that went away is awaited and opened again, under its old name or a new one. Knows the list of ports.

import { setTimeout as wait } from "node:timers/promises";
import { textOf } from "../problem.js";
import type { PortInfo } from "../serial/port-info.js";
import { listPorts } from "../serial/ports.js";
import type { SerialLine } from "../serial/serial-line.js";

/** Milliseconds. */
const INTERVAL = 250;
/** Until it is told why a port that is there does not open: its owner may be set a moment later. */
const PATIENCE = 3000;

/** SerialLine.open, but in tests. */
export type OpenLine = (path: string, baudRate: number) => Promise<SerialLine>;

/** Undefined when `signal` was aborted. */
export async function reopen(
	port: PortInfo,
	open: (path: string) => Promise<SerialLine>,
	signal: AbortSignal,
	onNote: (text: string) => void,
): Promise<SerialLine | undefined> {
	let told = false;
	let thereSince: number | undefined;
	while (!signal.aborted) {
		try {
			const line = await open(await currentPath(port));
			if (!signal.aborted) return line;
			await line.close();
		} catch (error) {
			const problem = textOf(error);
			if (problem.includes("there is no such port")) thereSince = undefined;
			else thereSince ??= performance.now();
			if (!told && thereSince !== undefined && performance.now() - thereSince > PATIENCE) {
				told = true;
				onNote(problem);
			}
		}
		await wait(INTERVAL, undefined, { signal }).catch(() => {});
	}
	return undefined;
}

/** The board's serial number tells what it is called. */
async function currentPath({ path, serialNumber, vendorId, productId }: PortInfo): Promise<string> {
	if (serialNumber === undefined) return path;
	const ports = await listPorts().catch(() => []);
	const same = ports.find(
		(port) =>
			port.serialNumber === serialNumber && port.vendorId === vendorId && port.productId === productId,
	);
	return same?.path ?? path;
}
