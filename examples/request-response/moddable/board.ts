// An ESP32 or ESP8266 as the lamp's device. Knows the SDK's modules.

import Digital from "embedded:io/digital";
import config from "mc/config";

const output = new Digital({ pin: config.pin, mode: Digital.Output });
output.write(0);

export function write(on: boolean): void {
	output.write(on ? 1 : 0);
}

/** `took` in milliseconds. */
export function showAnswer(answer: number, took: number): void {
	trace(`${answer} after ${took} ms\n`);
}

// A board runs until its power goes.
export function onQuit(_callback: () => void): void {}
export function quit(): void {}
