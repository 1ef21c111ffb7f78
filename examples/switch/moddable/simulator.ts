// Moddable's simulator as the switch's device: it has no pins, so its output is a line of the log.

export const resetReason = "Power-On";

/** Bytes; NaN: a PC does not tell. */
export function freeMemory(): number {
	return Number.NaN;
}

/** dBm; NaN: a PC does not tell. */
export function signalStrength(): number {
	return Number.NaN;
}

export function write(on: boolean): void {
	trace(on ? "the output is on\n" : "the output is off\n");
}

// It runs until it is closed.
export function onQuit(_callback: () => void): void {}
export function quit(): void {}
