// Moddable's simulator as a worker's device.

export function showJob(limit: number, count: number): void {
	trace(`${count} primes up to ${limit}\n`);
}

// It runs until it is closed.
export function onQuit(_callback: () => void): void {}
export function quit(): void {}
