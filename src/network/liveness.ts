// When to send PINGREQ, and when a link is dead (section 3.1.2.10). Knows numbers only.

/** Bytes that have to move while replyTimeout passes, both ways together, once an answer is late. */
const LEAST_BYTES = 1024;
/** How many times replyTimeout an answer may take, whatever moves. */
const LONGEST_WAIT = 360;
/** Milliseconds that each byte of a long packet has to leave, once the socket has taken it. */
const PER_BYTE = 2;
/** How many times replyTimeout all that the socket has taken may have to leave. */
const LONGEST_LEAVE = 12;

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
	/** PINGRESP is awaited. */
	awaited = false;
	awaitedSince = 0;
	/** Since when something has waited for room, without a break. */
	blockedSince = 0;

	private readonly period: number;
	private readonly replyTimeout: number;
	private readonly longestStep: number;
	/** When something moved that proves the line. */
	private movedAt = 0;
	/** Milliseconds for which what the socket has taken may still be on its way out, unseen. */
	private leaving = 0;
	/** An answer is late: since `lateSince`, or the last look at them, `lateBytes` have moved. */
	private late = false;
	private lateSince = 0;
	private lateBytes = 0;

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
		this.now = now;
		if (paused) return;
		const attended = Math.min(step, this.longestStep);
		this.attention = (this.attention + attended) | 0;
		if (this.leaving > 0) this.leaving -= attended;
	}

	/** What has happened since the last tick, which is when it happened, for all we know. Called before `advance`. */
	note(sent: boolean, received: number): void {
		if (sent) this.lastSent = this.now;
		if (received > 0) {
			this.lastReceived = this.now;
			this.move(received);
		}
	}

	/** Bytes have arrived, or have left with more behind them. */
	move(bytes: number): void {
		this.movedAt = this.attention;
		this.lateBytes += bytes;
	}

	/**
	 * Bytes of a long packet were handed to the socket. A system, or a proxy, may take many at once and send them slowly, and
	 * nobody sees that they leave: an answer has to wait for it.
	 */
	handOver(bytes: number): void {
		const leaving = Math.max(this.leaving, 0) + bytes * PER_BYTE;
		this.leaving = Math.min(leaving, LONGEST_LEAVE * this.replyTimeout);
	}

	/** A new connection. Nothing has moved on it. */
	start(): void {
		this.lastSent = this.now;
		this.lastReceived = this.now;
		this.pingDue = false;
		this.awaited = false;
		this.blockedSince = this.attention;
		this.movedAt = (this.attention - this.replyTimeout) | 0;
		this.leaving = 0;
		this.late = false;
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

	/** Milliseconds since `since`, on the clock `attention`. */
	age(since: number): number {
		return (this.attention - since) | 0;
	}

	/** Whether something awaited since `since`, on the clock `attention`, is overdue. */
	isOverdue(since: number): boolean {
		return this.age(since) >= this.replyTimeout;
	}

	/**
	 * Whether the link is dead, at a tick: an answer has been missing for `wait` milliseconds, which is `limit` or more, and
	 * nothing has moved for replyTimeout, or too little for a line that works. See the option replyTimeout.
	 */
	isDead(wait: number, limit: number): boolean {
		if (wait < limit) {
			this.late = false;
			return false;
		}
		if (wait >= LONGEST_WAIT * this.replyTimeout) return true;
		if (this.leaving > 0) {
			this.late = false;
			return false;
		}
		if (this.isOverdue(this.movedAt)) return true;
		if (this.late) {
			if (!this.isOverdue(this.lateSince)) return false;
			if (this.lateBytes < LEAST_BYTES) return true;
		}
		this.late = true;
		this.lateSince = this.attention;
		this.lateBytes = 0;
		return false;
	}
}
