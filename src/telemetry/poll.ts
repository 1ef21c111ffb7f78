// Calls a function at an interval. Any number of them share the client's one timer.

import type { Client, Listener } from "../client.js";
import { Cadence } from "./cadence.js";

/**
 * Calls a function at an interval, from construction until the client is closed, whether it is connected or not. A late call
 * does not delay later ones, and missed calls are not repeated. The function must not throw: nobody catches it.
 */
export class Poll implements Listener {
	private readonly cadence: Cadence;
	private readonly callback: () => void;

	/** `interval` in milliseconds, 1 to 2^30 - 1. Takes one of the client's `listeners`. */
	constructor(client: Client, interval: number, callback: () => void) {
		if (typeof callback !== "function") throw new TypeError(`callback is ${callback}: it must be a function`);
		this.cadence = new Cadence("interval", interval, client.ticks());
		this.callback = callback;
		client.attach(this);
	}

	/** @internal */
	onDeadline(now: number): number {
		if (this.cadence.isDue(now)) this.callback();
		return this.cadence.delay(now);
	}
}
