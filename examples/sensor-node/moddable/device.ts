// A board or Moddable's simulator as the sensor node's device. Knows the SDK's modules.
// A thermometer or a lamp of your own goes in here.

import Instrumentation from "instrumentation";

const freeMemoryGauge = Instrumentation.map("System Free Memory");

/** Bytes; NaN in builds without instrumentation. */
export function freeMemory(): number {
	return Instrumentation.get(freeMemoryGauge) ?? Number.NaN;
}

export function loadAverage(): number {
	return Number.NaN;
}

export function temperature(): number {
	return Number.NaN;
}

export function showConnection(_connected: boolean, _reason: string): void {}

// A board runs until its power goes: no replay, no quitting.
export function onReading(_callback: (value: number) => void): void {}
export function onQuit(_callback: () => void): void {}
export function quit(): void {}
