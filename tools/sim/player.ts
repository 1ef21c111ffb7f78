// Hands out a replay's readings at their pace, and knows which have arrived. Knows time; no file, no board.

import type { Replay } from "./replay.js";

/** Readings on their way at once: fewer than the firmware can hold, so that none is refused. */
const ON_THE_WAY = 4;

/** Milliseconds by which a timer may be late. */
const LATE = 50;

/** Hands out the readings at their pace, and knows which have arrived. */
export class Player {
	/** Readings that have arrived. */
	arrived = 0;
	readonly #replay: Replay;
	readonly #interval: number | undefined;
	readonly #send: (value: number) => void;
	/** Handed out, not arrived yet; oldest first. */
	#waiting: number[] = [];
	/** Handed out to a board that lost its power: to hand out again, at once. */
	#again: number[] = [];
	/** The next one that was never handed out. */
	#next = 0;
	#powered = false;
	/** When the next one is due. */
	#due = 0;
	#timer: NodeJS.Timeout | undefined;

	/** `interval` in milliseconds; without one the replay has its own pace. */
	constructor(replay: Replay, interval: number | undefined, send: (value: number) => void) {
		this.#replay = replay;
		this.#interval = interval;
		this.#send = send;
	}

	/** Milliseconds that it takes at least. */
	get duration(): number {
		const { readings } = this.#replay;
		return this.#interval === undefined ? readings.at(-1)!.at : this.#interval * (readings.length - 1);
	}

	get count(): number {
		return this.#replay.readings.length;
	}

	get done(): boolean {
		return this.arrived === this.count;
	}

	/** The board can take readings, or no longer. What was on its way in a board without power comes again. */
	power(on: boolean): void {
		this.#powered = on;
		if (!on) {
			this.#again = [...this.#waiting, ...this.#again];
			this.#waiting = [];
		}
		this.#go();
	}

	/** Whether this is a reading that was waited for. A second copy, which QoS 1 allows, is not. */
	received(payload: string): boolean {
		const value = Number(payload);
		const nearby = 0.5000001 * 10 ** -this.#replay.decimals;
		const index = this.#waiting.findIndex(
			(sent) => Math.abs(sent - value) <= Math.max(nearby, Math.abs(sent) * 1e-15),
		);
		if (payload === "" || index < 0) return false;
		this.#waiting.splice(index, 1);
		this.arrived++;
		this.#go();
		return true;
	}

	stop(): void {
		this.#powered = false;
		clearTimeout(this.#timer);
	}

	#go(): void {
		clearTimeout(this.#timer);
		if (!this.#powered || this.#waiting.length >= ON_THE_WAY) return;
		const value = this.#again.shift() ?? this.#nextDue();
		if (value === undefined) return;
		this.#waiting.push(value);
		this.#send(value);
		this.#timer = setTimeout(() => this.#go());
	}

	/** The next reading; undefined when there is none, or it is too early. */
	#nextDue(): number | undefined {
		const { readings } = this.#replay;
		if (this.#next === readings.length) return undefined;
		const now = performance.now();
		if (now < this.#due) {
			this.#timer = setTimeout(() => this.#go(), this.#due - now);
			return undefined;
		}
		const { at, value } = readings[this.#next++];
		const following = readings[this.#next];
		// A late timer is made up for; a pause is not, or a burst would follow it.
		const since = now - this.#due < LATE ? this.#due : now;
		if (following !== undefined) this.#due = since + (this.#interval ?? following.at - at);
		return value;
	}
}
