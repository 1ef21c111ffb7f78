// An ESP32 or ESP8266 as the sleeper's device. Knows the SDK's modules.

import Analog from "embedded:io/analog";
import config from "mc/config";
import Net from "net";
import deepSleep from "sleeper/deep-sleep";
import Timer from "timer";

const analog = new Analog({ pin: config.pin });
/** Volts at the battery when the pin is at its most: a matter of the divider between them. */
const volts = Number(config.volts) / (2 ** analog.resolution - 1);

/** What is published. */
export const fields = {
	battery: { source: () => analog.read() * volts, decimals: 2, unit: "V" },
	signal: { source: () => Net.get("RSSI") ?? Number.NaN, unit: "dBm" },
};

/** It wakes by a reset, and the firmware begins anew. */
export function sleep(milliseconds: number): void {
	Timer.set(() => deepSleep(milliseconds), 100); // the last packet is on its way
}
