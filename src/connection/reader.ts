// What comes in: into the session's state, and to the app's handlers, which decide how fast it goes. Knows the stream;
// not why a connection begins or ends.

import { Message } from "../session/message.js";
import { Id, type Outbox } from "../session/outbox.js";
import { handToAll, NOBODY, Router } from "../session/router.js";
import type { Subscription, Subscriptions } from "../session/subscriptions.js";
import type { Stream } from "../transport/stream.js";
import { Block, Decoder, type PacketSink, type Source } from "../wire/decoder.js";
import { PacketType } from "../wire/protocol.js";
import { type Reason, SUBACK_CODES, TOPIC_TEXT, TOPIC_WILDCARD } from "../wire/reason.js";
import { hasWildcardByte } from "../wire/topic.js";
import { isText } from "../wire/utf8.js";
import type { Liveness } from "./liveness.js";
import type { ClientOptions, Settings } from "./options.js";
import { TOPIC_TOO_LONG } from "./reasons.js";
import type { Statistics } from "./statistics.js";
import { Flag, type Writer } from "./writer.js";

const enum Wait {
	ANY = Block.PAUSED | Block.NO_ANSWERS,
}

/** Which code of the app runs. */
export const enum Handling {
	NOTHING = 0,
	CALLBACK = 1,
	/** A message handler: the message is acknowledged when it returns, or throws. */
	HANDLER = 2,
}

/** Takes a message whose topic name is too long to be read. */
const SKIPPED = Object.freeze({ ...NOBODY }) as Subscription;

/** The connection, as the reader sees it. */
export interface ReaderEvents {
	readonly options: ClientOptions;
	/** There may be more to send, room to tell of, or nothing left before the end. */
	flush(): void;
	/** QoS 2 messages are ignored from now on, because too many are not released. */
	onOverflow(): void;
	/** Messages were ignored, and the broker has released all accepted ones. */
	onOverflowEnd(): void;
	/** Something is dropped; 0: it has no packet identifier. */
	reportDropped(id: number, reason: Reason): void;
	/** The connection is of no more use. */
	end(reason: Reason): void;
	/** Reading threw: the stream is over. */
	onStreamEnd(): void;
	/** What is left unread is to be read soon. */
	scheduleRead(): void;
}

export class Reader implements PacketSink {
	// Hot fields first: XS looks for a field from the first one on.
	readonly decoder: Decoder;
	/** Which code of the app runs on behalf of the decoder, if any: what is thrown then is the app's. */
	protected handling: number;
	protected readonly writer: Writer;
	protected readonly router: Router;
	/** Where the current message goes: its first subscription, others follow by `also`. */
	protected route: Subscription;
	protected readonly message: Message;

	protected readonly events: ReaderEvents;
	/** The current message, at QoS 2, was delivered before. */
	protected repeated: boolean;
	/** QoS 2 messages arrived for which there was no room: they are ignored until the broker sends them again. */
	overflowed: boolean;

	/** Allocates the buffers for what comes. */
	constructor(events: ReaderEvents, settings: Settings, writer: Writer) {
		const decoder = this.newDecoder(settings);
		this.decoder = decoder;
		this.handling = Handling.NOTHING;
		this.writer = writer;
		this.router = this.newRouter(decoder, writer.subscriptions);
		this.route = NOBODY;
		this.message = this.newMessage(decoder);
		this.events = events;
		this.repeated = false;
		this.overflowed = false;
	}

	// What others have as well: a field would be a waste.

	protected get stream(): Stream | undefined {
		return this.decoder.source as Stream | undefined;
	}

	protected get options(): ClientOptions {
		return this.events.options;
	}

	protected get outbox(): Outbox {
		return this.writer.outbox;
	}

	protected get statistics(): Statistics {
		return this.writer.statistics;
	}

	protected get subscriptions(): Subscriptions {
		return this.writer.subscriptions;
	}

	protected get liveness(): Liveness {
		return this.writer.liveness;
	}

	/** For the constructor. */
	protected newDecoder({ receiveSize, topicSize }: Settings): Decoder {
		return new Decoder(this, receiveSize, (topicSize + 7) & ~7);
	}

	/** For the constructor. */
	protected newRouter(decoder: Decoder, subscriptions: Subscriptions): Router {
		return new Router(decoder, subscriptions);
	}

	/** For the constructor. */
	protected newMessage(decoder: Decoder): Message {
		return new Message(decoder);
	}

	/** A new stream. */
	start(stream: Stream): void {
		this.outbox.ageUnreleased();
		this.decoder.start(stream);
	}

	/** The stream is gone. */
	stop(): void {
		this.overflowed = false;
		this.decoder.stop();
	}

	/** The broker has lost the session: it knows of no message that it has not released. */
	forgetSession(): void {
		this.outbox.clearUnreleased();
	}

	/** Subscriptions have changed; no current message goes to the handlers of `ended` filters any more. */
	reroute(ended: readonly string[]): void {
		for (let i = 0; i < ended.length; i++) this.router.endHandlers(ended[i]);
		this.router.forget();
		if (ended.indexOf(this.route.topicFilter) >= 0) this.route.handler = undefined;
		if (this.stream === undefined && this.handling === Handling.NOTHING) this.clearRoute();
	}

	/** There is no current message: keeps no reference to an ended subscription. */
	protected clearRoute(): void {
		this.route = NOBODY;
		this.router.forgetEnded();
	}

	/** Whether the handler of a message that has to be acknowledged is running. */
	get owesAcknowledgement(): boolean {
		return this.handling === Handling.HANDLER && this.decoder.id > 0;
	}

	/** Stops reading. */
	pause(): void {
		this.decoder.block(Block.PAUSED);
	}

	get paused(): boolean {
		return (this.decoder.blocks & Block.PAUSED) !== 0;
	}

	/** Reading may go on. */
	unpause(): void {
		this.decoder.unblock(Block.PAUSED);
	}

	/** Goes on with what is left, if it may. */
	decode(): void {
		const { decoder } = this;
		if (!this.outbox.acknowledgementsFull) decoder.unblock(Block.NO_ANSWERS);
		decoder.resume();
		this.stream?.readOn?.();
	}

	/** A socket that threw has failed; what the app threw is passed on, after the message is settled. */
	onThrown(error: unknown): void {
		const { handling } = this;
		this.handling = Handling.NOTHING;
		if (handling === Handling.HANDLER) this.finishPart();
		if (handling !== Handling.NOTHING) {
			this.events.scheduleRead();
			throw error;
		}
		if (this.stream !== undefined) this.events.onStreamEnd();
	}

	/** After a callback: whether decoding may continue. */
	protected mayContinue(stream: Source | undefined): boolean {
		this.handling = Handling.NOTHING;
		return this.mayDecode() && stream === this.decoder.source;
	}

	/** Whether decoding may go on. */
	protected mayDecode(): boolean {
		const decoder = this.decoder;
		if (this.writer.outbox.acknowledgements && this.outbox.acknowledgementsFull)
			decoder.block(Block.NO_ANSWERS);
		return (decoder.blocks & Wait.ANY) === 0;
	}

	// ---- packets

	onMalformed(reason: Reason): void {
		this.handling = Handling.CALLBACK;
		this.events.end(reason);
		this.handling = Handling.NOTHING;
	}

	onMessage(): boolean {
		const decoder = this.decoder;
		const source = decoder.source;
		this.handling = Handling.HANDLER;
		const route = this.router.recall();
		if (route !== undefined) this.route = route;
		else if (!this.routeOther()) return false;
		this.handOver();
		this.writer.statistics.received++;
		this.handling = Handling.NOTHING;
		return source === decoder.source && (decoder.blocks & Block.PAUSED) === 0;
	}

	onPublish(): boolean {
		const { decoder } = this;
		const { source } = decoder;
		this.handling = Handling.HANDLER;
		if (decoder.offset === 0) {
			const route = this.router.recall();
			if (route !== undefined) this.route = route;
			else if (!this.routeOther()) return false;
		}
		this.handOver();
		this.finishPart();
		return this.mayContinue(source);
	}

	/** Runs the handlers of the current message. */
	protected handOver(): void {
		const route = this.route;
		const message = this.message;
		message.length = this.decoder.partLength;
		if (route.also !== undefined) handToAll(route, message);
		else if (route === NOBODY) this.events.options.onMessage?.(message);
		else route.handler?.(message);
	}

	onPublishQos2(): boolean {
		const { decoder, writer } = this;
		const { outbox } = writer;
		if (decoder.offset === 0) {
			this.repeated = outbox.isUnreleased(decoder.id);
			if (!this.repeated && !this.overflowed && outbox.unreleasedFull) {
				this.overflowed = true;
				this.events.onOverflow();
			}
		}
		if (!this.repeated) return this.overflowed || this.onPublish();
		if (decoder.partLength + decoder.offset < decoder.total) return true;
		this.statistics.duplicates++;
		this.writer.acknowledge(PacketType.PUBREC << 4, decoder.id);
		return this.mayDecode();
	}

	/** The app has handled a message, or a part of it. Counts and acknowledges it after the last part. */
	protected finishPart(): void {
		const { decoder, writer } = this;
		if (decoder.offset + decoder.partLength < decoder.total) return;
		this.router.forgetEnded();
		writer.statistics.received++;
		if (decoder.id === 0) return;
		const exactlyOnce = (decoder.flags & 4) !== 0;
		if (exactlyOnce) writer.outbox.addUnreleased(decoder.id);
		if (decoder.source === undefined) return;
		writer.acknowledge((exactlyOnce ? PacketType.PUBREC : PacketType.PUBACK) << 4, decoder.id);
		this.handling = Handling.CALLBACK; // the message at hand no longer delays the end
		if ((writer.flags & Flag.CLOSED) !== 0) this.events.flush();
		this.handling = Handling.NOTHING;
	}

	/**
	 * Routes a message whose topic name is not known: it was too long to be read, or has to be checked. False when the
	 * connection has ended.
	 */
	protected routeOther(): boolean {
		const { topic, topicLength, id } = this.decoder;
		this.route = SKIPPED;
		if (topicLength === 0) {
			this.events.reportDropped(id, TOPIC_TOO_LONG);
			return true;
		}
		if (!isText(topic, topicLength)) this.events.end(TOPIC_TEXT);
		else if (hasWildcardByte(topic, topicLength)) this.events.end(TOPIC_WILDCARD);
		else {
			this.route = this.router.seek();
			return true;
		}
		this.handling = Handling.NOTHING;
		return false;
	}

	onPuback(id: number): boolean {
		const writer = this.writer;
		const statistics = writer.statistics;
		if (!writer.outbox.acknowledge(id)) {
			statistics.strayAcknowledgements++;
			return true;
		}
		statistics.delivered++;
		// While messages go at once none waits; nor does anybody wait for room.
		if (writer.open) if (!writer.starved) if (this.events.options.onDelivered === undefined) return true;
		return this.tellDelivered(id);
	}

	/** Reports a message that is delivered, and makes use of its room. */
	protected tellDelivered(id: number, code?: number): boolean {
		const { writer, decoder, events } = this;
		const { source } = decoder;
		this.handling = Handling.CALLBACK;
		events.options.onDelivered?.(id, code);
		if ((!writer.open || writer.starved) && source === decoder.source) events.flush();
		this.handling = Handling.NOTHING;
		return source === decoder.source && (decoder.blocks & Block.PAUSED) === 0;
	}

	onAcknowledgement(type: number, id: number, code?: number): boolean {
		const { writer } = this;
		const { outbox } = writer;
		let known: boolean;
		if (type !== PacketType.PUBREL) writer.liveness.answer();
		// An unknown identifier gets the answer that lets the broker finish (section 4.3.3).
		if (type === PacketType.PUBREC) {
			known = outbox.release(id);
			if (known || !outbox.waits(id))
				writer.acknowledge((PacketType.PUBREL << 4) | 2 | (known ? 0 : this.notFound), id);
			if (known && writer.starved) return this.announceRoom();
		} else if (type === PacketType.PUBREL) {
			known = outbox.removeUnreleased(id);
			writer.acknowledge((PacketType.PUBCOMP << 4) | (known ? 0 : this.notFound), id);
			if (this.overflowed && outbox.noneUnreleased && (writer.flags & Flag.CLOSED) === 0)
				return this.endOverflow();
		} else if (type === PacketType.PUBCOMP) {
			const name = outbox.complete(id);
			known = name !== 0;
			if (name >= Id.ABANDONED) return this.announceRoom();
			if (known) {
				writer.statistics.delivered++;
				return this.tellDelivered(id, code);
			}
		} else return this.tellUnsubscribed(id);
		if (!known) this.statistics.strayAcknowledgements++;
		return this.mayDecode();
	}

	/** What an answer to an unknown packet identifier has, beside its first byte. */
	protected get notFound(): number {
		return 0;
	}

	/** A message has left the store. */
	protected announceRoom(): boolean {
		const { stream } = this;
		this.handling = Handling.CALLBACK;
		this.events.flush();
		return this.mayContinue(stream);
	}

	/** The broker has released all accepted messages, and others were ignored. */
	protected endOverflow(): boolean {
		const { stream } = this;
		this.handling = Handling.CALLBACK;
		this.events.onOverflowEnd();
		return this.mayContinue(stream);
	}

	onSuback(id: number, code: number, index: number, count: number): boolean {
		const { stream } = this;
		this.liveness.answer();
		this.handling = Handling.CALLBACK;
		if (index === 0 && this.subscriptions.mismatches(id, count)) {
			this.onMalformed(SUBACK_CODES);
			return false;
		}
		this.clearRoute();
		const subscription = this.subscriptions.takeSuback(id, code, index);
		if (subscription === undefined) this.statistics.strayAcknowledgements++;
		else this.options.onSubscribed?.(subscription);
		return this.mayContinue(stream);
	}

	/** UNSUBACK: each filter is reported, also after a callback that throws. */
	protected tellUnsubscribed(id: number): boolean {
		const { stream } = this;
		const filters = this.subscriptions.takeUnsuback(id);
		if (filters === undefined) {
			this.statistics.strayAcknowledgements++;
			return true;
		}
		let failure: { error: unknown } | undefined;
		this.clearRoute();
		this.handling = Handling.CALLBACK;
		for (const filter of filters)
			try {
				this.options.onUnsubscribed?.(filter);
			} catch (error) {
				failure ??= { error };
			}
		if (failure !== undefined) throw failure.error;
		return this.mayContinue(stream);
	}

	onPingresp(): boolean {
		const { writer } = this;
		const { liveness, outbox, subscriptions } = writer;
		liveness.onPingresp((writer.flags & Flag.PING_DUE) !== 0);
		if (liveness.awaits || outbox.awaits || subscriptions.awaited > 0 || writer.blocked) return true;
		this.decoder.takeArrived(); // it is no sign of traffic
		liveness.onIdle();
		return true;
	}
}
