// What comes in: into the session's state, and to the app's handlers, which decide how fast it goes. Knows the stream;
// not why a connection begins or ends.

import type { ClientOptions } from "../options.js";
import { TOPIC_TOO_LONG } from "../reasons.js";
import type { Acknowledgements } from "../session/acknowledgements.js";
import { Message } from "../session/message.js";
import type { Outbox } from "../session/outbox.js";
import { handToAll, NOBODY, Router } from "../session/router.js";
import type { Subscriptions } from "../session/subscriptions.js";
import { Unreleased } from "../session/unreleased.js";
import type { Settings } from "../settings.js";
import type { Statistics } from "../statistics.js";
import type { Stream } from "../transport/stream.js";
import { Decoder, NO_ANSWERS, PAUSED, type PacketSink } from "../wire/decoder.js";
import { PUBACK, PUBCOMP, PUBREC, PUBREL } from "../wire/protocol.js";
import { type Reason, SUBACK_CODES, TOPIC_TEXT, TOPIC_WILDCARD } from "../wire/reason.js";
import { hasWildcardByte } from "../wire/topic.js";
import { isText } from "../wire/utf8.js";
import type { Liveness } from "./liveness.js";
import type { Writer } from "./writer.js";

const WAITS = PAUSED | NO_ANSWERS;

// Values of `handling`.
const NOTHING = 0;
const CALLBACK = 1;
/** A message handler: the message is acknowledged when it returns, or throws. */
const HANDLER = 2;

/** Takes a message whose topic name is too long to be read. */
const SKIPPED = Object.freeze({ ...NOBODY });

/** Who runs the connection. */
export interface ReaderEvents {
	/** CONNACK: accepted, or refused with a code. */
	onConnack(sessionPresent: boolean, code: number): void;
	/** There may be more to send, room to tell of, or nothing left before the end. */
	flush(): void;
	/** Messages are passed over from now on, as too many at QoS 2 are not released. */
	onOverflow(): void;
	/** Messages were passed over, and the broker has released all that were taken. */
	makeProgress(): void;
	/** Something is given up; 0: it has no packet identifier. */
	drop(id: number, reason: Reason): void;
	/** The connection is of no more use. */
	end(reason: Reason): void;
	/** Reading threw: the stream is over. */
	lose(): void;
	/** What is left unread is to be looked at soon. */
	readSoon(): void;
}

export class Reader implements PacketSink {
	// Hot fields first: XS looks for a field from the first one on.
	private stream: Stream | undefined = undefined;
	readonly decoder: Decoder;
	/** Which code of the app runs on behalf of the decoder, if any: what is thrown then is the app's. */
	private handling = NOTHING;
	private readonly outbox: Outbox;
	private readonly statistics: Statistics;
	private readonly options: ClientOptions;
	private readonly writer: Writer;
	private readonly router: Router;
	/** The first that takes the message at hand. */
	private taker = NOBODY;
	private readonly message: Message;

	private readonly acknowledgements: Acknowledgements;
	private readonly subscriptions: Subscriptions;
	private readonly events: ReaderEvents;
	private readonly liveness: Liveness;
	private readonly unreleased: Unreleased;
	/** The message at hand, at QoS 2, was delivered before. */
	private repeated = false;
	/** Messages at QoS 2 came for which there was no room: they are passed over until the broker sends them again. */
	private overflowed = false;

	/** Claims the buffers for what comes. */
	constructor(
		events: ReaderEvents,
		options: ClientOptions,
		settings: Settings,
		subscriptions: Subscriptions,
		outbox: Outbox,
		acknowledgements: Acknowledgements,
		writer: Writer,
		liveness: Liveness,
		statistics: Statistics,
	) {
		const decoder = new Decoder(this, settings.receiveSize, (settings.topicSize + 7) & ~7);
		this.decoder = decoder;
		this.outbox = outbox;
		this.statistics = statistics;
		this.options = options;
		this.writer = writer;
		this.router = new Router(decoder, subscriptions);
		this.message = new Message(decoder);
		this.acknowledgements = acknowledgements;
		this.subscriptions = subscriptions;
		this.events = events;
		this.liveness = liveness;
		this.unreleased = new Unreleased(outbox.unreleasedTable(settings));
	}

	/** A new stream. */
	start(stream: Stream): void {
		this.stream = stream;
		this.decoder.start(stream);
	}

	/** The stream is gone. */
	stop(): void {
		this.stream = undefined;
		this.overflowed = false;
		this.decoder.stop();
	}

	/** The broker has lost the session: it knows of no message that it has not released. */
	forgetSession(): void {
		this.unreleased.clear();
	}

	/** Subscriptions have changed; no message at hand goes to the handlers of `ended` filters any more. */
	reroute(ended: readonly string[]): void {
		for (let i = 0; i < ended.length; i++) this.router.silence(ended[i]);
		this.router.forget();
		if (ended.indexOf(this.taker.filter) >= 0) this.taker.handler = undefined;
	}

	/** Whether the handler of a message that has to be acknowledged is running. */
	get owesAcknowledgement(): boolean {
		return this.handling === HANDLER && this.decoder.id > 0;
	}

	/** Stops reading. */
	pause(): void {
		this.decoder.block(PAUSED);
	}

	get paused(): boolean {
		return (this.decoder.blocks & PAUSED) !== 0;
	}

	/** Reads on, with what has arrived meanwhile. */
	resume(): void {
		this.decoder.unblock(PAUSED);
		this.decode();
	}

	/** Goes on with what is left, if it may. */
	decode(): void {
		const { decoder } = this;
		if (!this.acknowledgements.full) decoder.unblock(NO_ANSWERS);
		decoder.resume();
	}

	/** A socket that threw has failed; what the app threw is passed on, after the message is settled. */
	onThrown(error: unknown): void {
		const { handling } = this;
		this.handling = NOTHING;
		if (handling === HANDLER) this.settle();
		if (handling !== NOTHING) {
			this.events.readSoon();
			throw error;
		}
		if (this.stream !== undefined) this.events.lose();
	}

	/** After a callback: whether decoding goes on. */
	private goOn(stream: Stream | undefined): boolean {
		this.handling = NOTHING;
		return this.reads() && stream === this.stream;
	}

	/** Whether decoding may go on. */
	private reads(): boolean {
		const decoder = this.decoder;
		if (this.acknowledgements.full) decoder.block(NO_ANSWERS);
		return (decoder.blocks & WAITS) === 0;
	}

	// ---- packets

	onMalformed(reason: Reason): void {
		this.handling = CALLBACK;
		this.events.end(reason);
		this.handling = NOTHING;
	}

	onConnack(sessionPresent: boolean, code: number): boolean {
		const { stream } = this;
		this.handling = CALLBACK;
		this.events.onConnack(sessionPresent, code);
		return this.goOn(stream);
	}

	onMessage(): boolean {
		const stream = this.stream;
		this.handling = HANDLER;
		const taker = this.router.known();
		if (taker !== undefined) this.taker = taker;
		else if (!this.routeOther()) return false;
		this.handOver();
		this.statistics.received++;
		this.handling = NOTHING;
		return stream === this.stream && (this.decoder.blocks & PAUSED) === 0;
	}

	onPublish(): boolean {
		const { decoder, stream } = this;
		this.handling = HANDLER;
		if (decoder.offset === 0) {
			const taker = this.router.known();
			if (taker !== undefined) this.taker = taker;
			else if (!this.routeOther()) return false;
		}
		this.handOver();
		this.settle();
		return this.goOn(stream);
	}

	/** Runs the handlers of the message at hand. */
	private handOver(): void {
		const taker = this.taker;
		const message = this.message;
		message.length = this.decoder.partLength;
		if (taker.also !== undefined) handToAll(taker, message);
		else if (taker === NOBODY) this.options.onMessage?.(message);
		else taker.handler?.(message);
	}

	onPublishQos2(): boolean {
		const { decoder, unreleased } = this;
		if (decoder.offset === 0) {
			this.repeated = unreleased.has(decoder.id);
			if (unreleased.full && !this.repeated && !this.overflowed) {
				this.overflowed = true;
				this.events.onOverflow();
			}
		}
		if (!this.repeated) return this.overflowed || this.onPublish();
		if (decoder.partLength + decoder.offset < decoder.total) return true;
		this.statistics.duplicates++;
		this.writer.acknowledge(PUBREC << 4, decoder.id);
		return this.reads();
	}

	/** The app has had its turn with a message, or a part of it: counts and acknowledges it after the last. */
	private settle(): void {
		const { decoder } = this;
		if (decoder.offset + decoder.partLength < decoder.total) return;
		this.router.release();
		this.statistics.received++;
		if (decoder.id === 0) return;
		const exactlyOnce = (decoder.flags & 4) !== 0;
		if (exactlyOnce) this.unreleased.add(decoder.id);
		if (this.stream === undefined) return;
		this.writer.acknowledge((exactlyOnce ? PUBREC : PUBACK) << 4, decoder.id);
		this.handling = CALLBACK; // the message at hand no longer delays the end
		if (!this.writer.accepting) this.events.flush();
		this.handling = NOTHING;
	}

	/**
	 * Routes a message whose topic name is not known: it was too long to be read, or has to be checked. False when the
	 * connection has ended.
	 */
	private routeOther(): boolean {
		const { topic, topicLength, id } = this.decoder;
		this.taker = SKIPPED;
		if (topicLength === 0) {
			this.events.drop(id, TOPIC_TOO_LONG);
			return true;
		}
		if (!isText(topic, topicLength)) this.events.end(TOPIC_TEXT);
		else if (hasWildcardByte(topic, topicLength)) this.events.end(TOPIC_WILDCARD);
		else {
			this.taker = this.router.seek();
			return true;
		}
		this.handling = NOTHING;
		return false;
	}

	onPuback(id: number): boolean {
		if (this.outbox.acknowledge(id)) return this.delivered(id);
		this.statistics.strayAcknowledgements++;
		return true;
	}

	/** Tells of a message that is delivered, and makes use of its room. */
	private delivered(id: number): boolean {
		const writer = this.writer;
		this.statistics.delivered++;
		// While messages go at once none waits; nor does anybody wait for room.
		if (this.options.onDelivered === undefined && writer.open && !writer.starved) return true;
		const stream = this.stream;
		this.handling = CALLBACK;
		this.options.onDelivered?.(id);
		if ((!writer.open || writer.starved) && stream === this.stream) this.events.flush();
		this.handling = NOTHING;
		return stream === this.stream && (this.decoder.blocks & PAUSED) === 0;
	}

	onAcknowledgement(type: number, id: number): boolean {
		const { outbox, writer } = this;
		let known: boolean;
		if (type !== PUBREL) this.liveness.answer();
		// To what nobody knows here, the answer is the one that lets the broker finish (section 4.3.3).
		if (type === PUBREC) {
			known = outbox.release(id);
			if (known || !outbox.waits(id)) writer.acknowledge((PUBREL << 4) | 2, id);
			if (known && writer.starved) return this.announceRoom();
		} else if (type === PUBREL) {
			known = this.unreleased.remove(id);
			writer.acknowledge(PUBCOMP << 4, id);
			if (this.overflowed && this.unreleased.empty && writer.accepting) return this.released();
		} else if (type === PUBCOMP) {
			if (outbox.complete(id)) return this.delivered(id);
			known = false;
		} else return this.unsubscribed(id);
		if (!known) this.statistics.strayAcknowledgements++;
		return this.reads();
	}

	/** A message has left the store. */
	private announceRoom(): boolean {
		const { stream } = this;
		this.handling = CALLBACK;
		this.events.flush();
		return this.goOn(stream);
	}

	/** The broker has released all messages that were taken, and others were passed over. */
	private released(): boolean {
		const { stream } = this;
		this.handling = CALLBACK;
		this.events.makeProgress();
		return this.goOn(stream);
	}

	onSuback(id: number, code: number, index: number, count: number): boolean {
		const { stream } = this;
		this.liveness.answer();
		this.handling = CALLBACK;
		if (index === 0 && this.subscriptions.mismatches(id, count)) {
			this.onMalformed(SUBACK_CODES);
			return false;
		}
		const subscription = this.subscriptions.answered(id, code, index);
		if (subscription === undefined) this.statistics.strayAcknowledgements++;
		else this.options.onSubscribed?.(subscription);
		return this.goOn(stream);
	}

	/** UNSUBACK: each filter is told of, also after a callback that throws. */
	private unsubscribed(id: number): boolean {
		const { stream } = this;
		const filters = this.subscriptions.left(id);
		if (filters === undefined) {
			this.statistics.strayAcknowledgements++;
			return true;
		}
		let failure: { error: unknown } | undefined;
		this.handling = CALLBACK;
		for (const filter of filters)
			try {
				this.options.onUnsubscribed?.(filter);
			} catch (error) {
				failure ??= { error };
			}
		if (failure !== undefined) throw failure.error;
		return this.goOn(stream);
	}

	onPingresp(): boolean {
		this.liveness.onPingresp(this.writer.pings);
		return true;
	}
}
