// Deep sleep of an ESP32: a function of its SDK, which the manifest binds.

import FFI from "mc/ffi";

export default function deepSleep(milliseconds: number): void {
	new FFI().esp_deep_sleep(BigInt(milliseconds * 1000));
}
