// This PC as the sensor node's device. Knows the desktop host's native modules; the sensor node knows none of them.

import { exit, report } from "desktop/engine";
import { onReading as onMachineReading } from "desktop/machine";

export { freeMemory, loadAverage, temperature } from "desktop/machine";

let readingCallback: ((value: number) => void) | undefined;
let quitCallback: (() => void) | undefined;

// Whoever started this board sends readings, and NaN when there is to be an orderly end.
onMachineReading((value) => {
	if (Number.isNaN(value)) quitCallback?.();
	else readingCallback?.(value);
});

export function onReading(callback: (value: number) => void): void {
	readingCallback = callback;
}

export function onQuit(callback: () => void): void {
	quitCallback = callback;
}

/** Where a board would light a lamp: whoever started this one wants to know. */
export function showConnection(connected: boolean, reason: string): void {
	report(JSON.stringify({ connected, reason }));
}

export function quit(): void {
	exit(0);
}
