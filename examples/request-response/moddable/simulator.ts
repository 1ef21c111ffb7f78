// Moddable's simulator as the lamp's device: it has no pins, so its output is a line of the log.

export function write(on: boolean): void {
	trace(on ? "the lamp is on\n" : "the lamp is off\n");
}

/** `took` in milliseconds. */
export function showAnswer(answer: number, took: number): void {
	trace(`${answer} after ${took} ms\n`);
}

// It runs until it is closed.
export function onQuit(_callback: () => void): void {}
export function quit(): void {}
