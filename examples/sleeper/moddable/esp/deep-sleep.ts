// Deep sleep of an ESP8266: GPIO 16 has to be wired to RST, which wakes it. 71 minutes at most.

// @ts-expect-error: the SDK has no types for it
import System from "system";

export default function deepSleep(milliseconds: number): void {
	System.deepSleep(Math.min(milliseconds * 1000, 0xffff_ffff));
}
