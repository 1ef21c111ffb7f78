// Incoming packets: into what is held, and to the app's handlers, which decide how fast it goes. Knows the stream and
// what is held; not why a connection begins or ends.

import type { Liveness } from "./network/liveness.js";
import type { ClientOptions } from "./options.js";
import { TOPIC_TOO_LONG } from "./reasons.js";
import type { Sender } from "./sender.js";
import type { Acknowledgements } from "./session/acknowledgements.js";
import { Message } from "./session/message.js";
import type { Outbox } from "./session/outbox.js";
import { type Route, type Subscription, Subscriptions } from "./session/subscriptions.js";
import { Unreleased } from "./session/unreleased.js";
import type { Settings } from "./settings.js";
import type { Statistics } from "./statistics.js";
import type { Stream, StreamReader } from "./transport/stream.js";
import { Decoder, type PacketSink } from "./wire/decoder.js";
import { PUBACK, PUBCOMP, PUBREC, PUBREL } from "./wire/protocol.js";
import { type Reason, SUBACK_CODES, TOPIC_TEXT, TOPIC_WILDCARD } from "./wire/reason.js";
import { hasWildcardByte } from "./wire/topic.js";
import { isText } from "./wire/utf8.js";

// Values of `handling`.
const NOTHING = 0;
const CALLBACK = 1;
/** A message handler: the message is acknowledged when it returns, or throws. */
const HANDLER = 2;

const NOBODY: Route = Object.freeze({ handler: undefined });

/** Who runs the connection. */
export interface Connection {
	/** CONNACK: accepted, or refused with a code. */
	onConnack(sessionPresent: boolean, code: number): void;
	/** There may be more to send, room to tell of, or nothing left before the end. */
	flush(): void;
	/** Messages were passed over, and the broker has released all that were taken. */
	makeProgress(): void;
	/** Something is given up; 0: it has no packet identifier. */
	dropped(id: number, reason: Reason): void;
	/** The connection is of no more use. */
	disconnected(reason: Reason): void;
	/** Reading threw: the stream is over. */
	lost(): void;
}

export class Receiver implements PacketSink, StreamReader {
	readonly subscriptions: Subscriptions;
	/** Bytes that have arrived since this was last set to 0. */
	arrived = 0;
	/** The app has asked to wait with what comes. */
	paused = false;
	/** The app has called close: what is at hand delays the end. */
	closing = false;
	/** Messages at QoS 2 came for which there was no room: they are passed over until the broker sends them again. */
	overflowed = false;
	overflowedAt = 0;

	private stream: Stream | undefined = undefined;
	private sender: Sender | undefined = undefined;
	private readonly connection: Connection;
	private readonly options: ClientOptions;
	private readonly decoder: Decoder;
	private readonly message: Message;
	private readonly unreleased: Unreleased;
	private readonly outbox: Outbox;
	private readonly acknowledgements: Acknowledgements;
	private readonly liveness: Liveness;
	private readonly statistics: Statistics;
	/** Who takes the message at hand. */
	private route: Route = NOBODY;
	/** Takes messages that no subscription's handler takes. */
	private readonly unrouted: Route;
	/** The message at hand, at QoS 2, was delivered before. */
	private repeated = false;
	private decoding = false;
	/** Which code of the app runs on behalf of the decoder, if any: what is thrown then is the app's. */
	private handling = NOTHING;

	/** Claims the buffers and tables for what comes. */
	constructor(
		connection: Connection,
		options: ClientOptions,
		{ receiveSize, topicSize, subscriptions, unreleased }: Settings,
		outbox: Outbox,
		acknowledgements: Acknowledgements,
		liveness: Liveness,
		statistics: Statistics,
	) {
		this.connection = connection;
		this.options = options;
		this.outbox = outbox;
		this.acknowledgements = acknowledgements;
		this.liveness = liveness;
		this.statistics = statistics;
		this.decoder = new Decoder(this, receiveSize, (topicSize + 7) & ~7);
		this.message = new Message(this.decoder);
		this.unrouted = { handler: (message) => options.onMessage?.(message) };
		this.subscriptions = new Subscriptions(subscriptions, this.decoder);
		this.unreleased = new Unreleased(unreleased);
	}

	/** A new stream; `sender` answers on it. */
	start(stream: Stream, sender: Sender): void {
		this.stream = stream;
		this.sender = sender;
		this.arrived = 0;
		this.decoder.start(stream.source);
	}

	/** The stream is gone. */
	stop(): void {
		this.stream = undefined;
		this.closing = false;
		this.overflowed = false;
		this.decoder.stop();
	}

	/** The broker has lost the session: it knows of no message that it has not released. */
	forgetSession(): void {
		this.unreleased.clear();
	}

	/** No message at hand goes to the handlers of these filters any more. */
	forgetRoute(filters: readonly string[]): void {
		if (filters.indexOf((this.route as Partial<Subscription>).filter!) >= 0) this.route = NOBODY;
	}

	/** Whether the handler of a message that has to be acknowledged is running. */
	get owesAcknowledgement(): boolean {
		return this.handling === HANDLER && this.decoder.id > 0;
	}

	/** @internal */
	onReadable(count: number): void {
		const decoder = this.decoder;
		this.arrived += count - decoder.available;
		decoder.available = count;
		if (this.decoding || this.paused || this.acknowledgements.full) return;
		this.decoding = true;
		try {
			decoder.decode();
		} catch (error) {
			this.decodingThrew(error);
		}
		this.decoding = false;
	}

	/** Goes on with what is left, if it may. */
	decode(): void {
		const available = this.decoder.available;
		if (available > 0) this.onReadable(available);
	}

	/** A socket that threw has failed; what the app threw is passed on, after the message is settled. */
	private decodingThrew(error: unknown): void {
		const handling = this.handling;
		this.decoding = false;
		this.handling = NOTHING;
		if (handling === HANDLER) this.settle();
		if (handling !== NOTHING) throw error;
		if (this.stream !== undefined) this.connection.lost();
	}

	/** After a callback: whether decoding goes on. */
	private goOn(stream: Stream | undefined): boolean {
		this.handling = NOTHING;
		return stream === this.stream && !this.paused && !this.acknowledgements.full;
	}

	// ---- packets

	/** @internal */
	onMalformed(reason: Reason): void {
		this.handling = CALLBACK;
		this.connection.disconnected(reason);
		this.handling = NOTHING;
	}

	/** @internal */
	onConnack(sessionPresent: boolean, code: number): boolean {
		const stream = this.stream;
		this.handling = CALLBACK;
		this.connection.onConnack(sessionPresent, code);
		return this.goOn(stream);
	}

	/** @internal */
	onPublish(): boolean {
		const decoder = this.decoder;
		const stream = this.stream;
		this.handling = HANDLER;
		if (decoder.offset === 0) {
			const subscription = this.subscriptions.exact();
			if (subscription !== undefined) this.route = subscription;
			else if (!this.routeOther()) return false;
		}
		const handler = this.route.handler;
		if (handler !== undefined) {
			const message = this.message;
			message.length = decoder.partLength;
			handler(message);
		}
		if (decoder.id > 0 || decoder.partLength < decoder.total) {
			this.settle();
			return this.goOn(stream);
		}
		this.statistics.received++;
		this.handling = NOTHING;
		return stream === this.stream && !this.paused;
	}

	/** @internal */
	onPublishQos2(): boolean {
		const { decoder, unreleased } = this;
		if (decoder.offset === 0) {
			this.repeated = unreleased.has(decoder.id);
			if (unreleased.full && !this.repeated && !this.overflowed) {
				this.overflowed = true;
				this.overflowedAt = this.liveness.attention;
			}
		}
		if (!this.repeated) return this.overflowed || this.onPublish();
		if (decoder.partLength + decoder.offset < decoder.total) return true;
		this.statistics.duplicates++;
		this.sender!.acknowledge(PUBREC << 4, decoder.id);
		return !this.acknowledgements.full;
	}

	/** The app has had its turn with a message, or a part of it: counts and acknowledges it after the last. */
	private settle(): void {
		const decoder = this.decoder;
		if (decoder.offset + decoder.partLength < decoder.total) return;
		this.statistics.received++;
		if (decoder.id === 0) return;
		const exactlyOnce = (decoder.flags & 4) !== 0;
		if (exactlyOnce) this.unreleased.add(decoder.id);
		if (this.stream === undefined) return;
		this.sender!.acknowledge((exactlyOnce ? PUBREC : PUBACK) << 4, decoder.id);
		this.handling = CALLBACK; // the message at hand no longer delays the end
		if (this.closing) this.connection.flush();
		this.handling = NOTHING;
	}

	/**
	 * Routes a message whose topic name equals no filter: it was too long to be read, or has to be checked, as a name
	 * that equals a filter has not. False when the connection has ended.
	 */
	private routeOther(): boolean {
		const decoder = this.decoder;
		this.route = NOBODY;
		if (decoder.topicLength === 0) {
			this.connection.dropped(decoder.id, TOPIC_TOO_LONG);
			return true;
		}
		const bytes = decoder.topic.bytes;
		if (!isText(bytes, decoder.topicLength)) this.connection.disconnected(TOPIC_TEXT);
		else if (hasWildcardByte(bytes, decoder.topicLength)) this.connection.disconnected(TOPIC_WILDCARD);
		else {
			this.route = this.subscriptions.matching() ?? this.unrouted;
			return true;
		}
		this.handling = NOTHING;
		return false;
	}

	/** @internal */
	onPuback(id: number): boolean {
		if (this.outbox.acknowledge(id)) return this.delivered(id);
		this.statistics.strayAcknowledgements++;
		return true;
	}

	/** Tells of a message that is delivered, and makes use of its room. */
	private delivered(id: number): boolean {
		const stream = this.stream;
		const outbox = this.outbox;
		this.handling = CALLBACK;
		this.statistics.delivered++;
		this.options.onDelivered?.(id);
		// With a last message that was sent at once, no other waits; nor does anybody wait for room.
		if ((this.sender!.last === undefined || outbox.starved || outbox.slotAwaited) && stream === this.stream)
			this.connection.flush();
		this.handling = NOTHING;
		return stream === this.stream && !this.paused;
	}

	/** @internal */
	onAcknowledgement(type: number, id: number): boolean {
		const { outbox } = this;
		const sender = this.sender!;
		let known: boolean;
		// To what nobody knows here, the answer is the one that lets the broker finish (section 4.3.3).
		if (type === PUBREC) {
			known = outbox.release(id, this.liveness.attention);
			if (known || !outbox.waits(id)) sender.acknowledge((PUBREL << 4) | 2, id);
		} else if (type === PUBREL) {
			known = this.unreleased.remove(id);
			sender.acknowledge(PUBCOMP << 4, id);
			if (this.overflowed && this.unreleased.empty && !this.closing) return this.released();
		} else if (type === PUBCOMP) {
			if (outbox.complete(id)) return this.delivered(id);
			known = false;
		} else return this.unsubscribed(id);
		if (!known) this.statistics.strayAcknowledgements++;
		return !this.acknowledgements.full;
	}

	/** The broker has released all messages that were taken, and others were passed over. */
	private released(): boolean {
		const stream = this.stream;
		this.handling = CALLBACK;
		this.connection.makeProgress();
		return this.goOn(stream);
	}

	/** @internal */
	onSuback(id: number, code: number, index: number, count: number): boolean {
		const stream = this.stream;
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
		const stream = this.stream;
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

	/** @internal */
	onPingresp(): boolean {
		this.liveness.answered();
		return true;
	}
}
