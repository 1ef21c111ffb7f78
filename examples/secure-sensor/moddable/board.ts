// An ESP32 as the secure sensor's device. Knows the SDK's modules.

import config from "mc/config";
import { network } from "xs-mqtt/network";
import { Sntp } from "xs-mqtt/sntp";

export { file } from "./files.js";

/** A board wakes in 1970, when no certificate is valid yet: asks for the time, and sets the clock. */
export function keepClock(): void {
	new Sntp({
		...network,
		host: config.timeServer,
		onTime: (time) => trace(`it is ${new Date(time).toISOString()}\n`),
	});
}

// A board runs until its power goes.
export function onQuit(_callback: () => void): void {}
export function quit(): void {}
