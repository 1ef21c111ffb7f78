// When to send PINGREQ (section 3.1.2.10), and when a link is dead. Knows time and counts, no packets.

import type { Alarm } from "./alarm.js";

const enum Line {
	/** Looks at a link on which an answer is awaited, while replyTimeout passes. */
	LOOKS = 8,
	/** Bytes that have to move while replyTimeout passes, both ways together, once an answer is late. */
	LEAST_BYTES = 1024,
	/** How many times replyTimeout an answer may take, whatever moves. */
	LONGEST_WAIT = 360,
	/** Milliseconds that each byte of a long packet has to leave, once the stream has taken it. */
	PER_BYTE = 2,
	/** How many times replyTimeout all that the stream has taken may have to leave. */
	LONGEST_LEAVE = 12,
}

/** What has happened, as bits. */
const enum Sign {
	/** Something has passed in a long sleep: when PINGREQ is due is not known exactly. */
	BUSY = 1,
	/** PINGRESP is awaited. */
	PINGED = 2,
	/** An answer has come that the count given to `isDead` does not have. */
	ANSWERED = 4,
}

/**
 * A link is checked only while an answer is awaited. Checks are counted, not the time between them: an
 * app that keeps the processor to itself cannot have read an answer.
 */
export class Liveness {
	/** An answer is awaited, so that the link is checked again soon. */
	watching = false;

	private readonly alarm: Alarm;
	/** Milliseconds. */
	readonly replyTimeout: number;
	/** Milliseconds after which PINGREQ is due; 0: never. */
	private period = 0;

	/** When it was woken last. */
	private before = 0;
	private lastSent = 0;
	private lastReceived = 0;
	/** See Sign. */
	private signs = 0;

	private lookAt = 0;
	/** Looks since the last answer; in a row without anything that moved. */
	private waited = 0;
	private still = 0;
	/** Bytes that moved since the last count. */
	private bytes = 0;
	/** What was answered, as a count, at the last look. */
	private answers = 0;
	/** Milliseconds for which what the stream has taken may still be on its way out, unseen. */
	private leaving = 0;

	/**
	 * @param keepAlive milliseconds; 0 sends no PINGREQ
	 * @param replyTimeout milliseconds
	 */
	constructor(keepAlive: number, replyTimeout: number, alarm: Alarm) {
		this.alarm = alarm;
		this.replyTimeout = replyTimeout;
		this.keepAlive(keepAlive);
	}

	/** @param keepAlive milliseconds; 0 sends no PINGREQ */
	keepAlive(keepAlive: number): void {
		// Ahead of the promised time: a busy app delays timers.
		this.period = keepAlive - Math.min(keepAlive / 2, Math.max(500, keepAlive / 8));
	}

	/** A new connection. */
	start(now: number): void {
		this.before = this.lastSent = this.lastReceived = now;
		this.signs = 0;
		this.leaving = 0;
		this.waited = this.still = this.bytes = 0;
		this.watching = false;
		this.watch();
	}

	/** There is no link. */
	stop(): void {
		this.watching = false;
	}

	/** PINGRESP has come, no other answer is awaited: nothing is to be done before the next PINGREQ is due. */
	onIdle(): void {
		this.lastReceived = this.before;
		this.watching = false;
		this.alarm.skip(this.lookAt);
	}

	/** An answer is awaited from now on. */
	watch(): void {
		this.watching = true;
		this.waited = this.still = this.bytes = 0;
		this.lookAt = (this.alarm.ticks() + this.step) | 0;
		this.alarm.wakeAt(this.lookAt);
	}

	/** The alarm has woken, and is to wake for the next look. */
	rearm(): void {
		if (this.watching) this.alarm.wakeAt(this.lookAt);
	}

	/**
	 * Bytes of a long packet were handed to the stream. A system, or a proxy, may take many at once and send them slowly,
	 * and nobody sees when they leave; answers must wait for that.
	 */
	handOver(bytes: number): void {
		this.leaving = Math.min(this.leaving + bytes * Line.PER_BYTE, Line.LONGEST_LEAVE * this.replyTimeout);
	}

	/** Bytes have left, with more on their way, or have arrived: the line works. */
	onBytes(bytes: number): void {
		this.bytes += bytes;
		if (bytes > 0) this.still = -1;
	}

	/** Whether something has moved lately, or may have. */
	get isMoving(): boolean {
		return this.still < 1 || this.leaving > 0;
	}

	/** An answer has come that the count given to `isDead` does not have. */
	answer(): void {
		this.signs |= Sign.ANSWERED;
	}

	/** PINGRESP has come. @param another PINGREQ waits */
	onPingresp(another: boolean): void {
		if ((this.signs & Sign.PINGED) !== 0) this.signs |= Sign.ANSWERED;
		if (another) this.signs |= Sign.PINGED;
		else this.signs &= ~Sign.PINGED;
	}

	/** Whether PINGRESP is awaited. */
	get awaits(): boolean {
		return (this.signs & Sign.PINGED) !== 0;
	}

	/** What has passed since it was woken last: it counts as if it had at once. @param arrived bytes */
	recordTraffic(now: number, sent: boolean, arrived: number): void {
		if (sent) this.lastSent = this.before;
		if (arrived > 0) {
			this.lastReceived = this.before;
			this.onBytes(arrived);
		}
		if ((sent || arrived > 0) && (now - this.before) << 1 > this.period) this.signs |= Sign.BUSY;
		else this.signs &= ~Sign.BUSY;
		this.before = now;
	}

	/**
	 * Whether PINGREQ must be sent: for the keepalive time nothing was sent, or nothing received. Its answer is awaited
	 * from now on, even if there is no room to send it. While one is awaited, another goes only so that the broker hears
	 * of us.
	 */
	isPingDue(now: number): boolean {
		if (this.period === 0 || this.untilPing(now) > 0) return false;
		this.lastSent = now;
		this.signs |= Sign.PINGED;
		if (!this.watching) this.watch();
		return true;
	}

	private untilPing(now: number): number {
		const sent = (now - this.lastSent) | 0;
		const received = (this.signs & Sign.PINGED) !== 0 ? 0 : (now - this.lastReceived) | 0;
		return this.period - Math.max(sent, received);
	}

	/** Milliseconds until it has to be woken again even if no answer is awaited. */
	delay(now: number): number {
		if (this.period === 0) return Number.POSITIVE_INFINITY;
		// While something passes now and then, looking at it twice in the keepalive time saves needless PINGREQs.
		const ping = this.untilPing(now);
		return (this.signs & Sign.BUSY) !== 0 ? Math.min(ping, this.period / 2) : ping;
	}

	/** Milliseconds between two looks. */
	private get step(): number {
		return Math.ceil(this.replyTimeout / Line.LOOKS);
	}

	/** Whether it is time to look at the link. */
	isLookDue(now: number): boolean {
		return this.watching && ((now - this.lookAt) | 0) >= 0;
	}

	/**
	 * Looks at the link: whether it is dead, that is, an answer has been missing for replyTimeout and nothing has moved
	 * meanwhile, or too little for a line that works (see Line).
	 * @param awaits an answer is awaited
	 * @param blocked something that must be sent waits for room
	 * @param answers how many have come, a count that may go on for ever
	 * @param paused the app does not read: nothing is judged
	 */
	isDead(now: number, awaits: boolean, blocked: boolean, answers: number, paused: boolean): boolean {
		this.lookAt = (now + this.step) | 0;
		this.leaving = Math.max(0, this.leaving - this.step);
		if ((this.signs & Sign.ANSWERED) !== 0 || answers !== this.answers || !(awaits || blocked)) {
			this.watching = awaits || blocked;
			this.answers = answers;
			this.signs &= ~Sign.ANSWERED;
			this.waited = this.still = this.bytes = 0;
			return false;
		}
		if (paused) return false;
		this.waited++;
		this.still++;
		// While something always waits for room, others may go without end.
		if (awaits && this.waited >= Line.LONGEST_WAIT * Line.LOOKS) return true;
		if (this.leaving > 0) return false;
		if (this.still >= Line.LOOKS) return true;
		if (this.waited % Line.LOOKS !== 0) return false;
		// When it has been still for a while, that decides: the last bytes of a long packet leave unseen.
		const little = this.waited > Line.LOOKS && this.bytes < Line.LEAST_BYTES && this.still < Line.LOOKS >> 1;
		this.bytes = 0;
		return little;
	}
}
