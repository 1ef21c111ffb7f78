// This PC as the switch's device: its output is a report to whoever started it.

import { exit, report } from "desktop/engine";

export { freeMemory, onQuit } from "desktop/machine";

export const resetReason = "Power-On";

/** dBm; NaN: a PC does not tell. */
export function signalStrength(): number {
	return Number.NaN;
}

export function write(on: boolean): void {
	report(JSON.stringify({ on }));
}

export function quit(): void {
	exit(0);
}
