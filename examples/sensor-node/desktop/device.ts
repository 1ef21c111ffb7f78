// This PC as the sensor node's device. Knows the desktop host's native modules; the sensor node knows none of them.

import { exit, report } from "desktop/engine";

export { freeMemory, loadAverage, onQuit, onReading, temperature } from "desktop/machine";

/** Where a board would light a lamp: whoever started this one wants to know. */
export function showConnection(connected: boolean, reason: string): void {
	report(JSON.stringify({ connected, reason }));
}

export function quit(): void {
	exit(0);
}
