// An ESP32 or ESP8266 as a worker's device.

export function showJob(limit: number, count: number): void {
	trace(`${count} primes up to ${limit}\n`);
}

// A board runs until its power goes.
export function onQuit(_callback: () => void): void {}
export function quit(): void {}
