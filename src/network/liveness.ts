// When to send PINGREQ, and when a silent link is dead (section 3.1.2.10). Knows numbers only.

/**
 * Two clocks, in milliseconds: `now` is real time. `attention` stands still while the app has paused reading or kept
 * the processor to itself, so that an answer nobody could have read is not missed; replies are judged by it.
 */
export class Liveness {
	now = 0;
	attention = 0;
	lastSent = 0;
	lastReceived = 0;
	/** PINGREQ is to be sent as soon as there is room. */
	pingDue = false;

	private readonly period: number;
	private readonly replyTimeout: number;
	private readonly longestStep: number;
	/** The tick before `now`. */
	private before = 0;
	private awaited = false;
	private awaitedSince = 0;

	/**
	 * @param keepAlive milliseconds; 0 sends no PINGREQ
	 * @param replyTimeout milliseconds an answer may take
	 * @param tick milliseconds between calls of `tick`
	 */
	constructor(keepAlive: number, replyTimeout: number, tick: number) {
		// Ahead of the promised time by two ticks, or an eighth of it: a busy app delays ticks.
		this.period =
			keepAlive === 0 ? 0 : keepAlive - Math.min(keepAlive / 2, Math.max(2 * tick, keepAlive / 8));
		this.replyTimeout = replyTimeout;
		this.longestStep = 2 * tick;
	}

	/** Advances the clocks. */
	advance(now: number, paused: boolean): void {
		const step = (now - this.now) | 0;
		this.before = this.now;
		this.now = now;
		if (!paused) this.attention = (this.attention + Math.min(step, this.longestStep)) | 0;
	}

	/** What has happened since the last tick, which is when it happened, for all we know. */
	note(sent: boolean, received: boolean): void {
		if (sent) this.lastSent = this.before;
		if (received) this.lastReceived = this.before;
	}

	/** A new connection. */
	start(): void {
		this.lastSent = this.now;
		this.lastReceived = this.now;
		this.pingDue = false;
		this.awaited = false;
	}

	/**
	 * Decides whether a PINGREQ is due. Its answer is awaited from now, even if there is no room to send it. While one
	 * is awaited, or nobody reads, another goes only so that the broker hears of us.
	 */
	check(): void {
		if (this.period === 0) return;
		const quiet = ((this.now - this.lastSent) | 0) >= this.period;
		if (!quiet && (this.awaited || ((this.now - this.lastReceived) | 0) < this.period)) return;
		this.pingDue = true;
		if (this.awaited) return;
		this.awaited = true;
		this.awaitedSince = this.attention;
	}

	/** PINGRESP came. */
	answered(): void {
		this.awaited = this.pingDue;
		this.awaitedSince = this.attention;
	}

	/** Whether something awaited since `since`, on the clock `attention`, is overdue. */
	isOverdue(since: number): boolean {
		return ((this.attention - since) | 0) >= this.replyTimeout;
	}

	/** Whether the answer to PINGREQ is overdue. */
	get pingOverdue(): boolean {
		return this.awaited && this.isOverdue(this.awaitedSince);
	}
}
