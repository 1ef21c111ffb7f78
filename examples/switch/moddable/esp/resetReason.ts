// Stands in for the SDK's module, which is for the ESP32 only.

export default function getResetReason(): { reason: number; string: string } {
	return { reason: 0, string: "Unknown" };
}
