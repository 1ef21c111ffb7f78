// The connection's life: the one class that knows all floors. Buffers and their order are session/'s business,
// bytes are wire/'s, sockets transport/'s.

import { Backoff } from "./network/backoff.js";
import { Dialer, type DialerEvents } from "./network/dialer.js";
import { Liveness } from "./network/liveness.js";
import type { InterfaceListener } from "./network/network.js";
import {
	type ClientOptions,
	checkFunction,
	checkQos,
	type Payload,
	type Will,
	whole,
	yesOrNo,
} from "./options.js";
import { asBytes, encodePassword, encodeWill, payloadLength, tooLong } from "./payload.js";
import {
	CLOSED_BY_APP,
	CONNECT_FAILED,
	CONNECT_TIMEOUT,
	CONNECTION_LOST,
	FILL_SHORT,
	NO_CREDENTIALS,
	NO_REPLY,
	REPLACED,
	SESSION_LOST,
	UNRELEASED_FULL,
} from "./reasons.js";
import { type Connection, Receiver } from "./receiver.js";
import { Sender } from "./sender.js";
import { Acknowledgements } from "./session/acknowledgements.js";
import { Outbox } from "./session/outbox.js";
import {
	checkTopic,
	type Fill,
	FREE,
	LENT,
	PacketSlot,
	PIECE,
	payloadLimit,
	WAITING,
} from "./session/packet-slot.js";
import { RecentTopics } from "./session/recent-topics.js";
import { type MessageHandler, Subscription, type Subscriptions } from "./session/subscriptions.js";
import { settle } from "./settings.js";
import { Statistics } from "./statistics.js";
import type { Stream } from "./transport/stream.js";
import { encodeConnect, type WillFields } from "./wire/encode.js";
import { MAX_REMAINING_LENGTH, type QoS } from "./wire/protocol.js";
import { CONNACK_CLEAN, REFUSALS, type Reason, SECOND_CONNACK } from "./wire/reason.js";
import { encodeField, encodeFilter, type Topic } from "./wire/topic.js";
import { writeUtf8 } from "./wire/utf8.js";

/** Values of `client.state`. */
export const State = Object.freeze({
	/** Closed by the app, for good. */
	CLOSED: 0,
	/** Between attempts to connect; also while the network is down. */
	WAITING: 1,
	/** Resolving the host name, or opening the TCP connection. */
	CONNECTING: 2,
	/** CONNECT sent, CONNACK awaited. */
	HANDSHAKE: 3,
	CONNECTED: 4,
	/** `close` was called; what is held is still being delivered. */
	CLOSING: 5,
});
const { CLOSED, WAITING: PAUSING, CONNECTING, HANDSHAKE, CONNECTED, CLOSING } = State;

/** `publish` and `begin`: every packet buffer that could take it is in use; `onWritable` tells when to try again. */
export const NO_ROOM = -1;
/** `publish` and `begin`: the client is closed or closing. */
export const NOT_OPEN = -2;

/** Milliseconds between looks at the clock. */
const TICK = 250;

// A literal in a hot path is a copy of it at each evaluation, in a preloaded module.
const STRING = "string";
const FUNCTION = "function";
const TOTAL = "total";
const RETAIN = "retain";
const DROP_OLDEST = "dropOldest";

/** What helpers hear of; all of it optional. `attach` them. */
export interface Helper {
	onConnected?(sessionPresent: boolean): void;
	onDisconnected?(reason: Reason): void;
	/** What `publish` or `begin` refused for want of room may be accepted now. */
	onWritable?(): void;
	/** About four times a second, `now` in monotonic milliseconds. */
	onTick?(now: number): void;
	/** `close` was called on a live connection: the last moment to publish. */
	onClosing?(): void;
	/** The message in this packet buffer is given up; whose it is, the helper has to know. */
	onDropped?(slot: PacketSlot): void;
}

const HELPER_CALLBACKS = Object.freeze([
	"onConnected",
	"onDisconnected",
	"onWritable",
	"onTick",
	"onClosing",
	"onDropped",
] as const);

export class Client implements Connection, DialerEvents, InterfaceListener {
	/** One of State. */
	state: number = PAUSING;
	/** Counters since construction. */
	readonly statistics = new Statistics();
	/** Monotonic milliseconds; may wrap at 32 bits. */
	readonly ticks: () => number;
	/** The packet buffer between `begin` and `end`, for the payload. */
	lent: Uint8Array | undefined = undefined;

	private readonly outbox: Outbox;
	private readonly sender: Sender;
	private readonly recent = new RecentTopics();
	private readonly receiver: Receiver;
	private readonly subscriptions: Subscriptions;
	private readonly liveness: Liveness;
	private stream: Stream | undefined = undefined;
	/** @internal */
	lentSlot: PacketSlot | undefined = undefined;
	private lentAt = 0;

	private readonly options: ClientOptions;
	private readonly clientId: Uint8Array;
	private readonly username: Uint8Array | undefined;
	private readonly clean: boolean;
	private readonly keepAlive: number;
	private readonly packetSize: number;
	private readonly connectTimeout: number;
	private readonly replyTimeout: number;
	private readonly dialer: Dialer;
	private readonly backoff: Backoff;
	private readonly timer: unknown;
	private readonly helpers: Helper[] = [];
	private readonly helperCapacity: number;
	private willFields: WillFields | undefined = undefined;
	private willClaimed = false;
	/** Since when the state is what it is. */
	private since = 0;
	private dialFailure: Reason | undefined = undefined;
	/** Milliseconds until the next attempt. */
	private delay = 0;
	/** Whether the connection has lasted long enough to begin the next backoff anew. */
	private stable = false;

	/** Claims all memory and begins to connect. Throws on options that cannot work. */
	constructor(options: ClientOptions) {
		const settings = settle(options);
		this.options = options;
		this.clientId = settings.clientId;
		this.username = settings.username;
		this.clean = settings.clean;
		this.keepAlive = settings.keepAlive;
		this.packetSize = settings.packetSize;
		this.connectTimeout = settings.connectTimeout;
		this.replyTimeout = settings.replyTimeout;
		this.helperCapacity = settings.helpers;
		const { packetSize, random } = settings;
		// The broker may still hold identifiers of the last life, and those begin low.
		const firstId = 1 + Math.floor(random() * 65_535);
		const outbox = new Outbox(settings.packets, packetSize, settings.window, firstId);
		const liveness = new Liveness(settings.keepAlive, settings.replyTimeout, TICK);
		const acknowledgements = new Acknowledgements(settings.acknowledgements);
		const { statistics } = this;
		this.outbox = outbox;
		this.liveness = liveness;
		this.ticks = options.ticks;
		liveness.now = options.ticks();
		const receiver = new Receiver(this, options, settings, outbox, acknowledgements, liveness, statistics);
		this.receiver = receiver;
		this.subscriptions = receiver.subscriptions;
		this.sender = new Sender(outbox, liveness, receiver.subscriptions, acknowledgements);
		this.sender.prepare(packetSize);
		this.backoff = new Backoff(settings.reconnectMinimum, settings.reconnectMaximum, random);
		this.dialer = new Dialer(options, settings.host, settings.port, receiver, this);
		this.timer = options.timer.repeat(() => this.tick(), TICK);
		options.interface?.attach(this);
		if (this.networkUp) this.connect();
	}

	// ---- what an app calls

	/**
	 * Publishes a message.
	 * @param topic a Topic, or a string: the last four strings are remembered, another one is encoded, which allocates
	 * @param payload text or bytes; an ArrayBuffer costs a view, text of more than 256 bytes a copy, which allocates. A
	 * lone surrogate in it becomes U+FFFD
	 * @returns the packet identifier, 1 to 65535; 0 when accepted at QoS 0; NO_ROOM or NOT_OPEN when not accepted.
	 * What is accepted is held until it is sent, at QoS 1 and 2 until it is acknowledged, over reconnects too.
	 * Throws on a topic name that breaks a rule, a QoS other than 0, 1 or 2, a retain other than true or false, a message
	 * that can never fit packetSize.
	 */
	publish(topic: Topic | string, payload: Payload, qos?: QoS, retain?: boolean): number {
		const last = this.sender.last;
		if (
			last !== undefined &&
			last.topic === topic &&
			typeof payload !== STRING &&
			(payload as Uint8Array)?.length === last.payloadLength &&
			(payload as Uint8Array).BYTES_PER_ELEMENT === 1 &&
			last.qos === (qos ?? 0) &&
			last.retain === (retain ?? false)
		) {
			if (qos) return this.repeat(last, payload as Uint8Array);
			const stream = this.stream!;
			const length = last.length;
			if (stream.writable >= length) {
				last.bytes.set(payload as Uint8Array, last.payloadAt);
				if (stream.send(last, length)) {
					this.statistics.published++;
					return 0;
				}
				// It cannot go after all, and waits as any other does: the slot may not be first in line by now.
			}
		}
		return this.compose(topic, payload, qos ?? 0, retain ?? false);
	}

	/** As the last message, at QoS 1 or 2: with its own packet identifier. */
	private repeat(last: PacketSlot, payload: Uint8Array): number {
		const outbox = this.outbox;
		const stream = this.stream!;
		const length = last.length;
		if (last === outbox.free && outbox.inFlight < outbox.window && stream.writable >= length) {
			const id = this.sender.nextId();
			const bytes = last.bytes;
			let at = last.payloadAt;
			last.id = id;
			bytes[at++] = id >> 8;
			bytes[at++] = id;
			bytes.set(payload, at);
			if (stream.send(last, length)) {
				this.statistics.published++;
				outbox.hold(last, this.liveness.attention);
				return id;
			}
		}
		return this.compose(last.topic, payload, last.qos, last.retain);
	}

	/** Writes a message into a free slot and submits it. */
	private compose(topic: Topic | string, payload: Payload, qos: QoS, retain: boolean): number {
		const sender = this.sender;
		sender.last = undefined;
		if (typeof topic === STRING) topic = this.recent.get(topic as string);
		if (qos !== 0 && qos !== 1 && qos !== 2) checkQos(qos);
		if (retain !== true && retain !== false) yesOrNo(RETAIN, retain);
		let slot = this.outbox.free;
		if (slot === undefined || this.state === CLOSED || this.state === CLOSING) {
			this.checkFits(topic as Topic, payload, qos);
			slot = this.makeRoom();
			if (slot === undefined) return this.refusal();
		}
		const at = slot.begin(topic as Topic, qos, retain, qos === 0 ? 0 : sender.nextId());
		let end: number;
		if (typeof payload === STRING) {
			end = writeUtf8(payload as string, slot.bytes, at);
			if (end < 0 || end > slot.limit) throw tooLong(topic as Topic, slot.size, payload);
		} else {
			const bytes = asBytes(payload);
			end = at + bytes.length;
			if (end > slot.limit) throw tooLong(topic as Topic, slot.size, bytes.length);
			slot.bytes.set(bytes, at);
		}
		slot.end(end);
		this.statistics.published++;
		return sender.submit(slot);
	}

	/**
	 * Publishes a message that may be larger than packetSize: `fill` writes its payload part by part, as there is room in
	 * the socket, and again from 0 if it has to be sent again. It holds a packet buffer until it is sent, at QoS 1 and 2
	 * until it is acknowledged. When `fill` throws, or does not give what it has to, the message is given up and the
	 * connection closed, both with FILL_SHORT; it reconnects by itself.
	 * @param total bytes of payload
	 * @param fill writes the bytes from `offset` on to the front of `view`, as many as it has or all that are left, and
	 * returns how many; `view` is void afterwards
	 * @returns as `publish`; throws as it does, and when the topic name leaves no room for itself in 512 bytes
	 */
	publishFrom(topic: Topic | string, total: number, fill: Fill, qos: QoS = 0, retain = false): number {
		if (typeof topic === STRING) topic = this.recent.get(topic as string);
		checkTopic(topic as Topic);
		checkQos(qos);
		yesOrNo(RETAIN, retain);
		if (typeof fill !== FUNCTION) throw new TypeError(`fill is ${fill}: it must be a function`);
		const beside = (topic as Topic).field.length + (qos === 0 ? 0 : 2);
		if (beside + 5 > Math.min(this.packetSize, PIECE)) throw tooLong(topic as Topic, this.packetSize, 0);
		whole(TOTAL, total, undefined, 0, MAX_REMAINING_LENGTH - beside);
		const slot = this.makeRoom();
		if (slot === undefined) return this.refusal();
		const id = qos === 0 ? 0 : this.sender.nextId();
		this.outbox.lend();
		slot.pull(topic as Topic, qos, retain, id, total, fill);
		this.statistics.published++;
		this.sender.queue(slot);
		this.send();
		return id;
	}

	/** Throws what `publish` throws at a wrong call, while there is no slot to write into. */
	private checkFits(topic: Topic, payload: Payload, qos: QoS): void {
		checkTopic(topic);
		const most = payloadLimit(this.packetSize) - 2 - topic.field.length - (qos === 0 ? 0 : 2);
		if (payloadLength(payload) > most) throw tooLong(topic, this.packetSize, payload);
	}

	/**
	 * Lends a packet buffer for a payload that is written in place: fill `lent` from the returned offset, then call
	 * `end`, or `cancel`. One packet buffer is lent at a time.
	 * @param slot one from `reserve`: a packet in it that was never sent is replaced
	 * @returns where the payload begins in `lent`, or NO_ROOM or NOT_OPEN
	 */
	begin(topic: Topic, qos: QoS, retain: boolean, slot?: PacketSlot): number {
		checkQos(qos);
		checkTopic(topic);
		if (retain !== true && retain !== false) yesOrNo(RETAIN, retain);
		if (this.stopped) return this.refusal();
		if (this.lentSlot !== undefined) {
			if (slot !== undefined) return this.busy();
			throw new Error("begin was called twice: call end or cancel first");
		}
		if (slot === undefined) {
			slot = this.makeRoom();
			if (slot === undefined) return this.refusal();
		} else if (slot.state === WAITING) {
			this.dropped(this.drop(slot), REPLACED);
		}
		// Whoever was told may have begun meanwhile.
		if (slot.state !== FREE || this.lentSlot !== undefined) return this.busy();
		this.sender.last = undefined;
		const at = slot.begin(topic, qos, retain, qos === 0 ? 0 : this.sender.nextId());
		if (at > slot.limit) throw tooLong(topic, slot.size, 0);
		if (slot.pooled) this.outbox.lend();
		else slot.state = LENT;
		this.lentSlot = slot;
		this.lentAt = at;
		this.lent = slot.bytes;
		return at;
	}

	/**
	 * Publishes what `begin` lent.
	 * @param end offset behind the payload's last byte in `lent`
	 * @returns as `publish`. Throws when that is before `begin`'s offset or past the buffer; then nothing is published.
	 */
	end(end: number): number {
		const slot = this.lentSlot;
		if (slot === undefined) throw new Error("end without begin: begin lends the packet buffer");
		if (this.stopped) {
			this.cancel();
			return this.refusal();
		}
		// Not with text that looks like a number, and not in the midst of a byte.
		if ((end | 0) !== end || end < this.lentAt || end > slot.limit) {
			this.cancel();
			throw new RangeError(
				`the payload ends at ${end}: it must end between ${this.lentAt} and ${slot.limit}`,
			);
		}
		this.lentSlot = undefined;
		this.lent = undefined;
		slot.end(end);
		this.statistics.published++;
		return this.sender.submit(slot);
	}

	/** Gives back what `begin` lent, unpublished. */
	cancel(): void {
		const slot = this.lentSlot;
		if (slot === undefined) throw new Error("cancel without begin: begin lends the packet buffer");
		this.lentSlot = undefined;
		this.lent = undefined;
		this.outbox.giveBack(slot);
	}

	/**
	 * Subscribes to a topic filter, or to several with one packet, now and after each reconnect to a broker that has no
	 * session for us. A message goes to each handler whose filter matches; a broker may send it once for each such filter
	 * (section 3.3.5).
	 * @param handler takes the messages; what no handler takes goes to `onMessage`
	 * @returns the subscription, or one for each filter: `code` tells the broker's answer when `onSubscribed` is called,
	 * and is NOT_OPEN when the client is closed or closing.
	 * Claims memory for the filters. Throws when a filter breaks a rule or the option `subscriptions` is exhausted.
	 */
	subscribe(filter: string, qos: QoS, handler?: MessageHandler): Subscription;
	subscribe(filters: readonly string[], qos: QoS, handler?: MessageHandler): Subscription[];
	subscribe(filter: string | readonly string[], qos: QoS, handler?: MessageHandler) {
		checkQos(qos);
		if (handler !== undefined && typeof handler !== "function")
			throw new TypeError(`handler of "${filter}" is ${handler}: it must be a function`);
		const filters = listOf(filter);
		let made: Subscription[];
		if (this.stopped) {
			made = filters.map((each) => new Subscription(each, qos, handler));
			for (const subscription of made) subscription.code = NOT_OPEN;
		} else {
			made = this.subscriptions.want(filters, qos, handler);
			this.send();
		}
		return Array.isArray(filter) ? made : made[0];
	}

	/**
	 * Ends subscriptions, with one packet; their handlers are not called again. Any filter can be ended, also one that the
	 * broker has kept from an earlier life of this device. `onUnsubscribed` tells the broker's answer. Without a connection
	 * it goes with the next one, unless the broker has no session then: there is nothing left to end, and no answer.
	 * Until then each filter takes one of the option `subscriptions`; with `clean`, and without a connection, none, for the
	 * broker has forgotten all.
	 * @returns false when the client is closed or closing: nothing is sent
	 * Claims memory for filters that are not subscribed to here. Throws when a filter breaks a rule or the option
	 * `subscriptions` is exhausted.
	 */
	unsubscribe(filter: string | readonly string[]): boolean {
		const filters = listOf(filter);
		if (this.stopped) {
			for (const each of filters) encodeFilter(each);
			return false;
		}
		this.subscriptions.unwant(filters, !this.clean || this.state >= HANDSHAKE);
		this.receiver.forgetRoute(filters);
		this.send();
		return true;
	}

	/** Stops reading: the broker has to wait. No answer is judged late meanwhile. */
	pause(): void {
		this.receiver.paused = true;
	}

	/** Reads on, with what has arrived meanwhile. */
	resume(): void {
		this.receiver.paused = false;
		this.receiver.decode();
	}

	/**
	 * Closes for good: if connected, helpers say farewell, what is held is delivered for as long as replyTimeout at most,
	 * then comes DISCONNECT; else at once. What is not delivered by then is reported to `onDropped`. At the end
	 * `onDisconnected` gets CLOSED_BY_APP, or the reason for which the connection broke before.
	 */
	close(): void {
		if (this.state === CLOSED || this.state === CLOSING) return;
		if (this.state !== CONNECTED) {
			this.disconnected(CLOSED_BY_APP);
			return;
		}
		this.sayFarewell();
		if (this.state !== CONNECTED) return;
		this.state = CLOSING;
		this.receiver.closing = true;
		this.sender.last = undefined;
		this.since = this.liveness.now;
		this.flush();
	}

	/** Helpers may borrow for their last words, though the app has not ended what it has borrowed: that is void now. */
	private sayFarewell(): void {
		const { helpers, lentSlot, lentAt, lent } = this;
		this.lentSlot = undefined;
		this.lent = undefined;
		try {
			for (let i = 0; i < helpers.length; i++) helpers[i].onClosing?.();
		} finally {
			this.lentSlot = lentSlot;
			this.lentAt = lentAt;
			this.lent = lent;
		}
	}

	/**
	 * The will: may be set, replaced, and with undefined cleared, at any time. CONNECT takes it to the broker: it holds from
	 * the next one on. Throws on what breaks a rule, and when the will belongs to a helper.
	 */
	set will(will: Will | undefined) {
		if (this.willClaimed)
			throw new Error("the will is a Status's, or another helper's: it is neither replaced nor cleared");
		this.willFields = will === undefined ? undefined : encodeWill(will);
	}

	/** For a helper: sets the will, for good. There is one: throws when it is set, by a helper or by the app. */
	claimWill(will: Will): void {
		if (this.willFields !== undefined)
			throw new Error(
				"the will is set already, by the app or by another Status: there can be only one (client.will = undefined " +
					"clears the app's)",
			);
		this.willFields = encodeWill(will);
		this.willClaimed = true;
	}

	/** Messages accepted and not yet delivered: at QoS 0 not yet sent, at QoS 1 and 2 not yet acknowledged. Counts them. */
	get held(): number {
		return this.outbox.held;
	}

	/** Attaches a helper. Throws when it is none, or the option `helpers` is exhausted. */
	attach(helper: Helper): void {
		if (typeof helper !== "object" || helper === null)
			throw new TypeError(`helper is ${helper}: it must be an object with callbacks`);
		for (const name of HELPER_CALLBACKS) checkFunction(name, helper[name]);
		if (this.helpers.length === this.helperCapacity)
			throw new RangeError(
				`no room for another helper: raise the option helpers, which is ${this.helperCapacity}`,
			);
		this.helpers.push(helper);
	}

	/** A packet buffer of the helper's own, outside the pool, for `begin`. `size` in bytes, the whole packet. */
	reserve(size: number): PacketSlot {
		const slot = new PacketSlot(whole("size", size, undefined, 5, 268_435_460), false);
		this.sender.prepare(size);
		return slot;
	}

	// ---- outgoing

	/** Whether nothing more is accepted. */
	private get stopped(): boolean {
		return this.state === CLOSED || this.state === CLOSING;
	}

	/** A free slot of the pool, by the policy for a full one; it stays in the pool. */
	private makeRoom(): PacketSlot | undefined {
		if (this.stopped) return undefined;
		const outbox = this.outbox;
		if (outbox.free === undefined && this.options.whenFull === DROP_OLDEST) {
			const oldest = outbox.oldestWaiting;
			if (oldest !== undefined) this.dropped(this.drop(oldest), REPLACED);
			if (this.stopped) return undefined; // by whoever was told
		}
		return outbox.free;
	}

	private refusal(): number {
		this.statistics.refused++;
		if (this.stopped) return NOT_OPEN;
		this.outbox.starved = true;
		this.outbox.freed = false;
		this.sender.last = undefined;
		return NO_ROOM;
	}

	/** A reserved slot is in use, or another one is lent. */
	private busy(): number {
		this.outbox.slotAwaited = true;
		this.outbox.freed = false;
		this.sender.last = undefined;
		return NO_ROOM;
	}

	/** Takes out a message that is given up, and lets its owner know. Returns its packet identifier, to be told. */
	private drop(slot: PacketSlot): number {
		const { id } = slot;
		this.outbox.drop(slot);
		const helpers = this.helpers;
		for (let i = 0; i < helpers.length; i++) helpers[i].onDropped?.(slot);
		return id;
	}

	/** For helpers: counts something that is given up, and tells the app; 0: it has no packet identifier. */
	dropped(id: number, reason: Reason): void {
		this.statistics.dropped++;
		this.options.onDropped?.(id, reason);
	}

	/** Sends what can be sent. Within a call of the app's nothing more: it does not expect to be told of room there. */
	private send(): void {
		if (this.stream === undefined) return;
		this.sender.flush();
		if (this.sender.short !== undefined) this.giveUp(this.sender.short);
	}

	/** @internal: sends what can be sent, tells of room, and ends a close that has nothing more to send. */
	flush(): void {
		this.send();
		if (this.stream === undefined) return;
		if (this.state === CLOSING) {
			// Not before the message at hand is acknowledged.
			if (this.receiver.owesAcknowledgement || !this.sender.done) return;
			if (this.sender.disconnect()) this.disconnected(CLOSED_BY_APP);
		} else this.announceRoom();
	}

	/** A message is half sent, and the rest of it will not come. */
	private giveUp(slot: PacketSlot): void {
		const { stream } = this;
		const { failure } = this.sender;
		this.sender.stop();
		const id = this.drop(slot);
		try {
			this.dropped(id, FILL_SHORT);
		} finally {
			if (stream === this.stream) this.disconnected(FILL_SHORT);
		}
		if (failure !== undefined) throw failure.error;
	}

	/** Tells of room, if there is any now, to those who were refused. */
	private announceRoom(): void {
		const { outbox } = this;
		if (!outbox.freed || !(outbox.starved || outbox.slotAwaited)) return;
		if (outbox.free !== undefined) outbox.starved = false;
		outbox.slotAwaited = false;
		const helpers = this.helpers;
		for (let i = 0; i < helpers.length; i++) helpers[i].onWritable?.();
		this.options.onWritable?.();
	}

	// ---- the connection

	private get networkUp(): boolean {
		return this.options.interface?.up ?? true;
	}

	/** @internal: connects at once, whatever the delay was: what failed before may well have been the network. */
	onInterfaceUp(): void {
		this.backoff.reset();
		if (this.state === PAUSING) this.connect();
	}

	/** @internal */
	onInterfaceDown(reason: Reason): void {
		if (this.state === CLOSED) return;
		this.dialer.close(); // the next network has a name server of its own
		this.disconnected(reason);
	}

	private connect(): void {
		this.state = CONNECTING;
		this.since = this.liveness.now;
		this.statistics.attempts++;
		this.dialFailure = undefined;
		this.dialer.dial();
	}

	/** @internal */
	onDialed(stream: Stream): void {
		this.stream = stream;
	}

	/** @internal */
	onDialFailed(reason: Reason): void {
		this.dialFailure = reason; // told at the next tick, never inside the constructor
	}

	/** @internal */
	onWritable(): void {
		if (this.state !== CONNECTING) {
			const stream = this.stream!;
			// Answers may queue behind what is still to leave. What leaves at once is no excuse for a late one.
			if (this.sender.blocked || stream.writable < stream.capacity >> 1) this.liveness.move(stream.freed);
			this.flush();
			this.receiver.decode();
			return;
		}
		let packet: Uint8Array;
		try {
			packet = this.encodeConnect();
		} catch (error) {
			this.disconnected(NO_CREDENTIALS);
			throw error;
		}
		if (this.state !== CONNECTING) return; // one of these functions has closed the client
		this.state = HANDSHAKE;
		this.liveness.start();
		this.receiver.start(this.stream!, this.sender);
		this.sender.start(this.stream!, packet, this.options.pipelining ?? false);
	}

	/** @internal */
	onConnack(sessionPresent: boolean, code: number): void {
		if (this.state !== HANDSHAKE) this.disconnected(SECOND_CONNACK);
		else if (code > 0) this.disconnected(REFUSALS[code - 1]);
		else if (sessionPresent && this.clean) this.disconnected(CONNACK_CLEAN);
		else this.accepted(sessionPresent);
	}

	private accepted(sessionPresent: boolean): void {
		const stream = this.stream;
		this.state = CONNECTED;
		this.since = this.liveness.now;
		this.liveness.blockedSince = this.liveness.attention;
		this.stable = false;
		this.statistics.connects++;
		const failure = this.resumeSession(sessionPresent);
		const helpers = this.helpers;
		for (let i = 0; i < helpers.length && stream === this.stream; i++)
			helpers[i].onConnected?.(sessionPresent);
		if (stream === this.stream) this.options.onConnected?.(sessionPresent);
		this.flush();
		if (failure !== undefined) throw failure.error;
	}

	/** What is held goes again, or as new; tells of what is lost. Returns an error that the app threw then. */
	private resumeSession(sessionPresent: boolean): { error: unknown } | undefined {
		const { outbox } = this;
		this.statistics.resent += outbox.resume(sessionPresent, this.liveness.attention);
		this.statistics.uncertain = outbox.uncertain;
		this.subscriptions.resume(sessionPresent, this.liveness.attention);
		this.sender.connected();
		const lost: number[] = [];
		if (!sessionPresent) {
			this.receiver.forgetSession();
			for (let slot = outbox.firstReleased; slot !== undefined; slot = outbox.firstReleased)
				lost.push(this.drop(slot));
		}
		return this.droppedAll(lost, SESSION_LOST);
	}

	/** @internal */
	onFailed(): void {
		// A refusal may have come together with the end, or messages: they need not wait for acknowledgements to go.
		this.sender.forgetAcknowledgements();
		this.receiver.decode();
		if (this.stream !== undefined) this.lost();
	}

	/** @internal: the stream says that it is over. */
	lost(): void {
		this.disconnected(this.state === CONNECTING ? CONNECT_FAILED : CONNECTION_LOST);
	}

	/**
	 * @internal: ends the connection, or the attempt, and tells why. The next attempt comes after a delay, unless closed.
	 */
	disconnected(reason: Reason): void {
		const closed = this.state === CLOSING || reason === CLOSED_BY_APP;
		this.stream?.close();
		this.stream = undefined;
		this.dialer.cancel();
		this.receiver.stop();
		this.sender.stop();
		this.outbox.interrupt();
		this.subscriptions.interrupt(!this.clean);
		if (reason === NO_REPLY) this.statistics.timeouts++;
		if (this.state >= CONNECTED) this.statistics.disconnects++;
		this.since = this.liveness.now;
		if (closed) {
			this.state = CLOSED;
			this.options.timer.clear(this.timer as never);
			this.options.interface?.detach(this);
			this.dialer.close();
		} else {
			this.state = PAUSING;
			this.delay = reason.fault === "broker" ? this.backoff.longest() : this.backoff.next();
		}
		try {
			if (closed) this.dropAll();
		} finally {
			const helpers = this.helpers;
			for (let i = 0; i < helpers.length; i++) helpers[i].onDisconnected?.(reason);
			this.options.onDisconnected?.(reason);
		}
	}

	/** After close: what is still held is lost. */
	private dropAll(): void {
		const ids: number[] = [];
		for (let slot = this.outbox.first; slot !== undefined; slot = this.outbox.first)
			ids.push(this.drop(slot));
		const failure = this.droppedAll(ids, CLOSED_BY_APP);
		if (failure !== undefined) throw failure.error;
	}

	/** Tells of all of them; returns the first error of the app's, if any, to be thrown when all else is done. */
	private droppedAll(ids: readonly number[], reason: Reason): { error: unknown } | undefined {
		let failure: { error: unknown } | undefined;
		for (const id of ids)
			try {
				this.dropped(id, reason);
			} catch (error) {
				failure ??= { error };
			}
		return failure;
	}

	private encodeConnect(): Uint8Array {
		const { username, password } = this.options;
		return encodeConnect({
			clientId: this.clientId,
			username: typeof username === "function" ? encodeField("username", username()) : this.username,
			password:
				password === undefined
					? undefined
					: encodePassword(typeof password === "function" ? password() : password),
			clean: this.clean,
			keepAlive: Math.ceil(this.keepAlive / 1000),
			will: this.willFields,
		});
	}

	/**
	 * @internal: ends a connection on which messages at QoS 2 were passed over, so that the broker sends them again: not
	 * before it has released those that were taken, for what it has not read of ours when we close may be lost.
	 */
	makeProgress(): void {
		this.backoff.reset();
		this.disconnected(UNRELEASED_FULL);
	}

	private tick(): void {
		const { liveness, stream, receiver } = this;
		const now = this.ticks();
		if (stream !== undefined) {
			liveness.note(stream.written, receiver.arrived);
			stream.written = false;
			receiver.arrived = 0;
			if (stream.writable === 0) stream.retry();
		}
		liveness.advance(now, receiver.paused);
		const elapsed = (now - this.since) | 0;
		const state = this.state;
		if (state === PAUSING) {
			if (elapsed >= this.delay && this.networkUp) this.connect();
		} else if (stream?.failed) {
			this.onFailed();
		} else if (state < CONNECTED) {
			if (this.dialFailure !== undefined) this.disconnected(this.dialFailure);
			else if (receiver.paused) this.since = now;
			else if (
				elapsed >= this.connectTimeout &&
				(state === CONNECTING || liveness.isDead(elapsed, this.connectTimeout))
			)
				this.disconnected(CONNECT_TIMEOUT);
			else if (stream !== undefined) {
				this.send();
				receiver.decode();
			}
		} else {
			this.tend(elapsed);
		}
		const helpers = this.helpers;
		for (let i = 0; i < helpers.length; i++) helpers[i].onTick?.(now);
		// On a live connection it is told sooner.
		if (this.state < CONNECTED && this.state !== CLOSED) this.announceRoom();
	}

	/** A live connection's share of a tick. */
	private tend(elapsed: number): void {
		const { liveness, receiver, sender } = this;
		// Something may be left after a handler threw, or a socket ran out of segments.
		receiver.decode();
		liveness.check();
		this.flush();
		if (this.stream === undefined) return;
		let wait = 0;
		// Not more than that: others may go while something always waits.
		if (sender.blocked) wait = Math.min(liveness.age(liveness.blockedSince), this.replyTimeout);
		else liveness.blockedSince = liveness.attention;
		if (liveness.awaited) wait = Math.max(wait, liveness.age(liveness.awaitedSince));
		const slot = this.outbox.longestAwaited;
		if (slot !== undefined) wait = Math.max(wait, liveness.age(slot.sentAt));
		const subscription = this.subscriptions.firstAwaited;
		if (subscription !== undefined) wait = Math.max(wait, liveness.age(subscription.sentAt));
		const dead = liveness.isDead(wait, this.replyTimeout);
		if (this.state === CLOSING) {
			if (!dead && elapsed < this.replyTimeout) return;
			sender.disconnect();
			this.disconnected(CLOSED_BY_APP);
		} else if (dead) {
			this.disconnected(NO_REPLY);
		} else if (receiver.overflowed && liveness.isOverdue(receiver.overflowedAt)) {
			this.makeProgress();
		} else if (!this.stable && elapsed >= this.replyTimeout) {
			this.stable = true;
			this.backoff.reset();
		}
	}
}

/** Filters, one or more. */
function listOf(filter: string | readonly string[]): readonly string[] {
	if (typeof filter === STRING) return [filter as string];
	if (!Array.isArray(filter))
		throw new TypeError(`filter is ${filter}: it must be a string, or an array of them`);
	if (filter.length === 0)
		throw new RangeError("no filters: a packet must have at least one (section 3.8.3)");
	return filter;
}
