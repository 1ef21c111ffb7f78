// The client's one timer: it wakes the client at its next deadline, and lets it sleep until then. Knows time, not what
// is due.

import type { TimerCapability } from "./network.js";

const enum Delay {
	/** Milliseconds: no deadline is farther away, so that times compare as differences of 32 bits. */
	LONGEST = 0x3fffffff,
}

export interface AlarmOwner {
	/** The deadline has come, or is near. */
	onAlarm(): void;
}

export class Alarm {
	/** Monotonic milliseconds; may wrap at 32 bits. */
	readonly ticks: () => number;
	private readonly timer: TimerCapability;
	/** The timer; null: closed. */
	private id: unknown;
	private armed = false;
	/** When it wakes. */
	private due = 0;
	/** The earliest deadline that cannot be skipped: `due`, or later. */
	private next = 0;

	constructor(timer: TimerCapability, ticks: () => number, owner: AlarmOwner) {
		this.timer = timer;
		this.ticks = ticks;
		this.id = timer.repeat(() => {
			this.armed = false;
			owner.onAlarm();
		}, Delay.LONGEST);
	}

	/** Fires in `delay` milliseconds at the latest, perhaps earlier: the callback checks what is due. */
	within(delay: number): void {
		delay = delay > Delay.LONGEST ? Delay.LONGEST : delay >= 1 ? (delay + 0.999) | 0 : 1;
		const at = (this.ticks() + delay) | 0;
		if (!this.armed || ((at - this.due) | 0) < 0) {
			this.next = at;
			this.set(at);
		} else if (((at - this.next) | 0) < 0) this.next = at;
	}

	/** Wakes at `at` at the latest, unless that is skipped. */
	wakeAt(at: number): void {
		if (!this.armed) this.next = (at + Delay.LONGEST) | 0;
		else if (((at - this.due) | 0) >= 0) return;
		this.set(at);
	}

	/** Nothing is to be done at `at` after all, for which `wakeAt` asked. */
	skip(at: number): void {
		if (this.armed && at === this.due) this.set(this.next);
	}

	private set(at: number): void {
		if (this.id === null) return;
		this.armed = true;
		this.due = at;
		const delay = Math.max(1, (at - this.ticks()) | 0);
		// With an interval: a timer without one is over once it has fired.
		this.timer.schedule(this.id as never, delay, delay);
	}

	/** Never wakes again. */
	close(): void {
		this.timer.clear(this.id as never);
		this.id = null;
	}
}
