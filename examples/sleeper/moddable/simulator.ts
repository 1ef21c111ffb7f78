// Moddable's simulator as the sleeper's device: it has no pins and cannot sleep.

import Time from "time";

/** What is published: made up. */
export const fields = {
	battery: { source: () => 3.7 + 0.1 * Math.sin(Time.ticks), decimals: 2, unit: "V" },
};

export function sleep(milliseconds: number): void {
	trace(`asleep for ${milliseconds} ms: start it again to wake it\n`);
}
