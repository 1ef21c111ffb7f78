// This PC as the sensor node's device. Knows the desktop host's native modules; the sensor node knows none of them.

import { exit, report } from "desktop/engine";
import { freeMemory, loadAverage, temperature } from "desktop/machine";

export { reportNumbers as showHeld } from "desktop/engine";
export { onQuit, onReading } from "desktop/machine";

/** What is published, and how. `read` gives NaN when there is none. */
export const readings = [
	{ name: "load", unit: "", decimals: 2, read: loadAverage },
	{ name: "memory", unit: "B", decimals: 0, read: freeMemory },
	{ name: "temperature", unit: "°C", decimals: 1, read: temperature },
];

/** Where a board would light a lamp: whoever started this one wants to know. */
export function showConnection(connected: boolean, reason: string, protocolVersion: number): void {
	report(JSON.stringify({ connected, reason, protocolVersion }));
}

export function quit(): void {
	exit(0);
}
