// Moddable's simulator as the sensor node's device: it has no pins, so its readings are made up.

import Time from "time";

const start = Time.ticks;

/** What is published, and how. */
export const readings = [
	/** Up and down in a minute. */
	{ name: "temperature", unit: "°C", decimals: 1, read: () => 20 + 5 * Math.sin(Time.ticks / 10_000) },
	{ name: "uptime", unit: "s", decimals: 0, read: () => (Time.ticks - start) / 1000 },
];

export function showConnection(_connected: boolean, _reason: string, _protocolVersion: number): void {}
export function showHeld(_held: number, _dropped: number): void {}

// It runs until it is closed: no replay, no quitting.
export function onReading(_callback: (value: number) => void): void {}
export function onQuit(_callback: () => void): void {}
export function quit(): void {}
