// This PC as the lamp's device: its output, and each answer, is a report to whoever started it.

import { exit, report } from "desktop/engine";

export { onQuit } from "desktop/machine";

export function write(on: boolean): void {
	report(JSON.stringify({ on }));
}

/** `took` in milliseconds. */
export function showAnswer(answer: number, took: number): void {
	report(JSON.stringify({ answer, took }));
}

export function quit(): void {
	exit(0);
}
