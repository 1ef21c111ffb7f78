// This PC as the secure sensor's device. Its files are settings, which were read before it starts.

import { exit } from "desktop/engine";
import config from "mc/config";

export { onQuit } from "desktop/machine";

/** PEM text of a file; undefined: there is none. */
export function file(name: string): string | undefined {
	return (config as Record<string, string | undefined>)[name];
}

// A PC knows what day it is.
export function keepClock(): void {}

export function quit(): void {
	exit(0);
}
