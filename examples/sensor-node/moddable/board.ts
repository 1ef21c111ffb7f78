// An ESP32 or ESP8266 as the sensor node's device. Knows the SDK's modules. Readings of your own go in here.

import Analog from "embedded:io/analog";
import Instrumentation from "instrumentation";
import config from "mc/config";
import Net from "net";

const analog = new Analog({ pin: config.pin });
const full = 2 ** analog.resolution - 1;
const freeMemory = Instrumentation.map("System Free Memory");

/** What is published, and how. `read` gives NaN when there is none. */
export const readings = [
	/** From 0 to 1, of what the pin can measure. */
	{ name: "analog", unit: "", decimals: 3, read: () => analog.read() / full },
	{ name: "signal", unit: "dBm", decimals: 0, read: () => Net.get("RSSI") ?? Number.NaN },
	/** Only in builds with instrumentation. */
	{ name: "memory", unit: "B", decimals: 0, read: () => Instrumentation.get(freeMemory) ?? Number.NaN },
];

export function showConnection(_connected: boolean, _reason: string, _protocolVersion: number): void {}
export function showHeld(_held: number, _dropped: number): void {}

// A board runs until its power goes: no replay, no quitting.
export function onReading(_callback: (value: number) => void): void {}
export function onQuit(_callback: () => void): void {}
export function quit(): void {}
