// Time by hand: a monotonic clock, repeating timers, and what a host calls back "soon". No test waits for real time.

interface Timer {
	callback: () => void;
	interval: number;
	due: number;
}

export class Clock {
	#now: number;
	#timers: Timer[] = [];
	#soon: (() => void)[] = [];

	/** `start` in milliseconds; near 2 ** 31 or 2 ** 32 to see a wrap. */
	constructor(start = 100_000) {
		this.#now = start;
	}

	/** As a microcontroller counts: 32 bits, signed. */
	readonly ticks = (): number => this.#now | 0;

	readonly timer = {
		repeat: (callback: () => void, interval: number): unknown => {
			const timer = { callback, interval, due: this.#now + interval };
			this.#timers.push(timer);
			return timer;
		},
		schedule: (timer: unknown, delay: number, interval: number): void => {
			const it = timer as Timer;
			if (!this.#timers.includes(it)) throw new Error("the timer is over");
			if (!(delay >= 1 && interval >= 1)) throw new Error(`a timer with ${delay} and ${interval}`);
			it.due = this.#now + delay;
			it.interval = interval;
			this.wakes++;
		},
		clear: (timer: unknown): void => {
			this.#timers = this.#timers.filter((it) => it !== timer);
		},
	};

	/** How often a timer was set anew. */
	wakes = 0;

	get timers(): number {
		return this.#timers.length;
	}

	/** Time passes; each timer fires whenever it is due. */
	advance(milliseconds: number): void {
		const end = this.#now + milliseconds;
		this.settle();
		for (;;) {
			let next: Timer | undefined;
			for (const timer of this.#timers)
				if (timer.due <= end && (next === undefined || timer.due < next.due)) next = timer;
			if (next === undefined) break;
			this.#now = Math.max(this.#now, next.due);
			next.due = this.#now + next.interval;
			next.callback();
			this.settle();
		}
		this.#now = end;
	}

	/** Time passes while the processor is busy: nothing fires until the next `advance`, and then once. */
	block(milliseconds: number): void {
		this.#now += milliseconds;
	}

	/** What a host does after the callback at hand has returned. */
	soon(callback: () => void): void {
		this.#soon.push(callback);
	}

	settle(): void {
		for (let next = this.#soon.shift(); next !== undefined; next = this.#soon.shift()) next();
	}
}
