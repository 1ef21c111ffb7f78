// A function called at an interval: any number of them share the client's one timer.
// Knows the Client's extension points.

import type { Client, Helper } from "../client.js";
import { Cadence } from "./cadence.js";

/**
 * Calls a function at an interval, from construction until the client is closed, whether it is connected or not. The
 * client looks at its clock four times a second: a call comes up to 250 milliseconds late, later ones do not drift, and
 * what was missed is not made up for. What has to be quicker needs a timer of its own. The function is not to throw:
 * nobody is there to catch it.
 */
export class Poll implements Helper {
	private readonly cadence: Cadence;
	private readonly callback: () => void;

	/** `interval` in milliseconds, 250 to 2^30 - 1. Takes one of the client's `helpers`. */
	constructor(client: Client, interval: number, callback: () => void) {
		if (typeof callback !== "function") throw new TypeError(`callback is ${callback}: it must be a function`);
		this.cadence = new Cadence("interval", interval, client.ticks());
		this.callback = callback;
		client.attach(this);
	}

	/** @internal */
	onTick(now: number): void {
		if (this.cadence.due(now)) this.callback();
	}
}
