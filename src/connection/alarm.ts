// The client's one timer: it wakes the client at its next deadline, and lets it sleep until then. Knows time, not what
// is due.

import type { TimerCapability } from "../network/network.js";

/** Milliseconds: no deadline is farther away, so that times compare as differences of 32 bits. */
const LONGEST = 0x3fffffff;

export class Alarm {
	/** Monotonic milliseconds; may wrap at 32 bits. */
	readonly ticks: () => number;
	private readonly timer: TimerCapability;
	private readonly id: unknown;
	private closed = false;
	private armed = false;
	private at = 0;

	constructor(timer: TimerCapability, ticks: () => number, onAlarm: () => void) {
		this.timer = timer;
		this.ticks = ticks;
		this.id = timer.repeat(() => {
			this.armed = false;
			onAlarm();
		}, LONGEST);
	}

	/** Wakes in `delay` milliseconds at the latest. It may be earlier: who is woken looks what is due. */
	within(delay: number): void {
		if (this.closed) return;
		delay = delay < 1 ? 1 : delay > LONGEST ? LONGEST : Math.ceil(delay);
		const at = (this.ticks() + delay) | 0;
		if (this.armed && ((at - this.at) | 0) >= 0) return;
		this.armed = true;
		this.at = at;
		// With an interval: a timer without one is over once it has fired.
		this.timer.schedule(this.id as never, delay, delay);
	}

	/** Never wakes again. */
	close(): void {
		this.closed = true;
		this.timer.clear(this.id as never);
	}
}
