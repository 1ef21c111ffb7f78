// An ESP32 or ESP8266 as the switch's device. Knows the SDK's modules.

export { resetReason } from "switch/reset-reason";

import Digital from "embedded:io/digital";
import Instrumentation from "instrumentation";
import config from "mc/config";
import Net from "net";

const output = new Digital({ pin: config.pin, mode: Digital.Output });
output.write(0);
const memory = Instrumentation.map("System Free Memory");

/** Bytes; NaN in builds without instrumentation. */
export function freeMemory(): number {
	return Instrumentation.get(memory) ?? Number.NaN;
}

/** dBm. */
export function signalStrength(): number {
	return Net.get("RSSI") ?? Number.NaN;
}

export function write(on: boolean): void {
	output.write(on ? 1 : 0);
}

// A board runs until its power goes.
export function onQuit(_callback: () => void): void {}
export function quit(): void {}
