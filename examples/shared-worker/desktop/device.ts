// This PC as a worker's device: each job is a report to whoever started it.

import { exit, report } from "desktop/engine";

export { onQuit } from "desktop/machine";

export function showJob(limit: number, count: number): void {
	report(JSON.stringify({ limit, count }));
}

export function quit(): void {
	exit(0);
}
