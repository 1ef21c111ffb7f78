// Why an ESP32 began anew, as "Power-On" or "Brownout".

// @ts-expect-error: the SDK has no types for it
import getResetReason from "resetReason";

export const resetReason: string = getResetReason().string;
