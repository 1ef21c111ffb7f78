// This PC as the sleeper's device: to sleep is to end, to wake is to be started again.

import { exit, report } from "desktop/engine";
import { freeMemory, loadAverage, temperature } from "desktop/machine";

/** What is published. */
export const fields = {
	load: { source: loadAverage, decimals: 2 },
	memory: { source: freeMemory, unit: "B" },
	temperature: { source: temperature, decimals: 1, unit: "°C" },
};

export function sleep(milliseconds: number): void {
	report(JSON.stringify({ sleep: milliseconds }));
	exit(0);
}
