// The SDK does not tell it on an ESP8266.

export const resetReason: string = "Unknown";
