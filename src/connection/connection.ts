// The life of the connection: one at a time, dialed, shaken hands, kept alive, ended, made again. Knows why it begins and
// ends, and its listeners. Bytes and their order belong to reader and writer.

import type { Outbox } from "../session/outbox.js";
import { encodePassword, type WillFields5 } from "../session/payload.js";
import type { Subscriptions } from "../session/subscriptions.js";
import type { Stream } from "../transport/stream.js";
import { type ConnectFields, encodeConnect } from "../wire/encode.js";
import { CONNACK_CLEAN, REFUSALS, type Reason } from "../wire/reason.js";
import { encodeField } from "../wire/topic.js";
import type { ReceivedProperties } from "../wire/v5/received.js";
import { Alarm } from "./alarm.js";
import { boundAfter, delayWithin, largestBound } from "./backoff.js";
import { Dialer, type DialerEvents } from "./dialer.js";
import { Liveness } from "./liveness.js";
import { type ClientOptions, Default, encodeClientId, type Settings } from "./options.js";
import type { Parts } from "./parts.js";
import type { Reader, ReaderEvents } from "./reader.js";
import {
	CLOCK_NOT_SET,
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
import type { Statistics } from "./statistics.js";
import type { Limits } from "./v5/limits.js";
import type { Ending } from "./v5/options.js";
import { Flag, type Writer } from "./writer.js";

export const enum Phase {
	/** Closed by the app, for good. */
	CLOSED = 0,
	/** Between attempts to connect; also while the network is down. */
	WAITING = 1,
	/** Resolving the host name, or opening the TCP connection. */
	CONNECTING = 2,
	/** CONNECT sent, CONNACK awaited. */
	HANDSHAKE = 3,
	CONNECTED = 4,
	/** `close` was called; what is held is still being delivered. */
	CLOSING = 5,
}

/** Values of `client.state`. */
export const State = Object.freeze({
	/** Closed by the app, for good. */
	CLOSED: Phase.CLOSED,
	/** Between attempts to connect; also while the network is down. */
	WAITING: Phase.WAITING,
	/** Resolving the host name, or opening the TCP connection. */
	CONNECTING: Phase.CONNECTING,
	/** CONNECT sent, CONNACK awaited. */
	HANDSHAKE: Phase.HANDSHAKE,
	CONNECTED: Phase.CONNECTED,
	/** `close` was called; what is held is still being delivered. */
	CLOSING: Phase.CLOSING,
});

const enum Delay {
	/** Milliseconds until a listener that threw is asked again when it wants to be woken. */
	LATER = 1000,
	/** Milliseconds until a clock that is not set is checked again. */
	CLOCK = 250,
}

/** Gets events of the connection before the app does; all of it is optional. `client.attach` attaches it. */
export interface Listener {
	/** The broker has accepted the connection; whether it has kept the session. */
	onConnected?(sessionPresent: boolean): void;
	/** The connection, or the attempt to connect, has ended. */
	onDisconnected?(reason: Reason): void;
	/** There is room again after a refused message. */
	onWritable?(): void;
	/**
	 * Called whenever the client's timer fires; `now` is in monotonic milliseconds. Return in how many milliseconds you want to
	 * be called again, Infinity for never. You may be called earlier. To be called earlier than you said, use
	 * `client.wakeWithin`.
	 */
	onDeadline?(now: number): number;
	/** `close` was called while connected: the last chance to publish. */
	onClosing?(): void;
	/** A message was dropped, as in the app's `onDropped`. `owner` is its owner, or 0. */
	onDropped?(packetId: number, reason: Reason, owner: number): void;
}

const NO_LISTENERS = Object.freeze([]) as unknown as Listener[];

export class Connection implements DialerEvents, ReaderEvents {
	// Hot fields first: XS looks for a field from the first one on.
	stream: Stream | undefined = undefined;
	/** The decoder; until the broker has accepted the connection, this. */
	input: { onReadable(count: number): void } = this;
	readonly writer: Writer;
	readonly reader: Reader;
	/** One of State. */
	state: number;

	readonly options: ClientOptions;
	protected readonly liveness: Liveness;
	/** An array of its own once there is one. */
	protected listeners: Listener[];
	protected readonly dialer: Dialer;
	/** Of the delay before the next attempt, milliseconds; 0: it is the first. */
	protected bound: number;
	/** What the next CONNECT says. */
	will?: WillFields5;
	/** `close` was called while the app was writing a payload. */
	protected closes: boolean;
	/** When the state began. */
	protected since: number;
	/** Milliseconds after `since` until something is done about it. */
	protected patience: number;
	protected dialFailure?: Reason;
	/** When QoS 2 messages were first ignored. */
	protected overflowedAt?: number;

	/** Allocates all memory. */
	constructor(
		parts: Parts,
		options: ClientOptions,
		settings: Settings,
		outbox: Outbox,
		subscriptions: Subscriptions,
		statistics: Statistics,
	) {
		const alarm = new Alarm(options.timer, options.ticks, this);
		const liveness = new Liveness(settings.keepAlive, settings.replyTimeout, alarm);
		const writer = new parts.Writer(outbox, subscriptions, statistics, liveness, alarm);
		this.writer = writer;
		this.reader = new parts.Reader(this, settings, writer);
		this.state = Phase.WAITING;
		this.options = options;
		this.liveness = liveness;
		this.listeners = NO_LISTENERS;
		this.dialer = this.newDialer(settings);
		this.bound = 0;
		this.closes = false;
		this.since = 0;
		this.patience = 0;
	}

	/** For the constructor. */
	protected newDialer(settings: Settings): Dialer {
		return new Dialer(this.options, settings.factory, this);
	}

	/** Begins to connect. */
	begin(): void {
		this.options.interface?.attach(this);
		if (this.networkUp) this.connect();
	}

	// What the writer has as well: looked for so rarely that a field would be a waste.

	protected get outbox(): Outbox {
		return this.writer.outbox;
	}

	get subscriptions(): Subscriptions {
		return this.writer.subscriptions;
	}

	protected get alarm(): Alarm {
		return this.writer.alarm;
	}

	protected get statistics(): Statistics {
		return this.writer.statistics;
	}

	// ---- what the client asks for

	/** What is used, or tried: 4 is 3.1.1. */
	get protocolVersion(): 4 | 5 {
		return 4;
	}

	/** What the broker allows, in 5.0. */
	get limits(): Limits | undefined {
		return undefined;
	}

	/** Properties of the current packet, in 5.0. */
	get received(): ReceivedProperties | undefined {
		return undefined;
	}

	/** 5.0 has it. */
	reauthenticate(): boolean {
		return false;
	}

	/** What the next CONNECT says. */
	changeWill(will: WillFields5 | undefined): void {
		if (this.will !== will) this.will = will;
	}

	/** Whether the broker may know what was asked for: it keeps the session, or is asked now. */
	get isKnown(): boolean {
		return this.keepsSession || this.state >= Phase.HANDSHAKE;
	}

	/** Whether the broker keeps the session when the connection ends. */
	protected get keepsSession(): boolean {
		return !this.options.clean;
	}

	attach(listener: Listener): void {
		const { listeners, options } = this;
		const capacity = options.listeners ?? Default.LISTENERS;
		if (listeners.length === capacity)
			throw new RangeError(`no room for another listener: raise the option listeners, which is ${capacity}`);
		if (listeners === NO_LISTENERS) this.listeners = [listener];
		else listeners.push(listener);
		// It is asked when it wants to be woken.
		if (listener.onDeadline !== undefined) this.alarm.within(1);
	}

	/** Sends what can be sent. Within a call of the app's nothing more: it does not expect to be told of room there. */
	send(): void {
		this.writer.flush();
		this.catchUp();
	}

	/** After a message was accepted: reports replaced messages, and one that cannot go on. */
	tellReplaced(): void {
		const { outbox } = this;
		let failure: { error: unknown } | undefined;
		for (let name = outbox.takeReplaced(); name >= 0; name = outbox.takeReplaced())
			failure = this.tellGone(name, failure);
		this.catchUp();
		if (failure !== undefined) throw failure.error;
	}

	/** Reports a replaced message; returns the first error of the app's, if any. */
	protected tellGone(name: number, failure: { error: unknown } | undefined): { error: unknown } | undefined {
		return this.tellDropped(name, REPLACED, failure);
	}

	/** Does what could not be done while the app was writing a payload. */
	catchUp(): void {
		const { writer } = this;
		if ((writer.flags & Flag.SHORT) !== 0) this.giveUp();
		if (this.closes && (writer.flags & Flag.LENT) === 0) this.finish();
	}

	/**
	 * Something is dropped: counts it, and reports it.
	 * @param name packet identifier, or 0, and owner, shifted by 16
	 */
	reportDropped(name: number, reason: Reason): void {
		this.statistics.dropped++;
		const id = name & 0xffff;
		const { listeners } = this;
		for (let i = 0; i < listeners.length; i++) listeners[i].onDropped?.(id, reason, name >>> 16);
		this.options.onDropped?.(id, reason);
	}

	/** A message goes without its properties: counts it, and reports it. */
	reportOmitted(id: number): void {
		this.statistics.propertiesOmitted++;
		this.options.onPropertiesOmitted?.(id);
	}

	/** Closes for good: at once, or when what is held is delivered. @param ending 5.0 has it */
	close(ending?: Ending): void {
		if (ending !== undefined)
			throw new TypeError("close with withWill or sessionExpiry: only MQTT 5.0 has them");
		this.finish();
	}

	protected finish(): void {
		if (this.state === Phase.CLOSED || this.state === Phase.CLOSING) return;
		this.closes = (this.writer.flags & Flag.LENT) !== 0;
		if (this.closes) return; // when the app has written its payload
		if (this.state !== Phase.CONNECTED) {
			this.end(CLOSED_BY_APP);
			return;
		}
		const { listeners } = this;
		for (let i = 0; i < listeners.length; i++) listeners[i].onClosing?.();
		if (this.state !== Phase.CONNECTED) return;
		this.enterState(Phase.CLOSING, this.liveness.replyTimeout);
		this.writer.finish();
		this.flush();
	}

	// ---- out

	/** Sends what can be sent, reports room, and ends a close that has nothing more to send. */
	flush(): void {
		const { writer } = this;
		this.send();
		if (this.stream === undefined) return;
		if (this.state === Phase.CLOSING) {
			// Not before the current message is acknowledged.
			if (this.reader.owesAcknowledgement || !writer.done) return;
			if (this.disconnect()) this.end(CLOSED_BY_APP);
		} else if (writer.starved && this.outbox.freed) this.announceRoom();
	}

	/** Sends DISCONNECT, if there is room and nothing is half sent. */
	protected disconnect(): boolean {
		return this.writer.disconnect();
	}

	/** Reports room to those who were refused. */
	protected announceRoom(): void {
		this.writer.endWait();
		const { listeners } = this;
		for (let i = 0; i < listeners.length; i++) listeners[i].onWritable?.();
		this.options.onWritable?.();
	}

	/** A message is half sent, and the rest of it will not come. */
	protected giveUp(): void {
		const { stream, writer, outbox } = this;
		const { failure } = writer;
		writer.stop();
		const id = outbox.giveUp(outbox.next());
		try {
			this.reportDropped(id, FILL_SHORT);
		} finally {
			if (stream === this.stream) this.end(FILL_SHORT);
		}
		if (failure !== undefined) throw failure.error;
	}

	// ---- the network

	protected get networkUp(): boolean {
		return this.options.interface?.up ?? true;
	}

	/** Connects at once, whatever the delay was: what failed before may well have been the network. */
	onInterfaceUp(): void {
		this.bound = 0;
		if (this.state === Phase.WAITING) this.connect();
	}

	onInterfaceDown(reason: Reason): void {
		if (this.state === Phase.CLOSED) return;
		this.dialer.close(); // the next network has a name server of its own
		this.end(reason);
	}

	protected connect(): void {
		this.enterState(Phase.CONNECTING, this.options.connectTimeout ?? Default.CONNECT_TIMEOUT);
		this.statistics.attempts++;
		if (this.dialFailure !== undefined) this.dialFailure = undefined;
		this.dialer.dial();
		if (this.dialer.awaitsClock) this.alarm.within(Delay.CLOCK);
	}

	onDialed(stream: Stream): void {
		this.stream = stream;
		this.input = this;
	}

	onDialFailed(reason: Reason): void {
		this.dialFailure = reason; // told when the alarm wakes us, never inside the constructor
		this.alarm.within(1);
	}

	// ---- the stream

	onWritable(room: number): void {
		if (this.state !== Phase.CONNECTING) {
			this.liveness.onBytes(this.writer.makeRoom(room));
			this.flush();
			this.decode();
			return;
		}
		const stream = this.stream!;
		let packet: Uint8Array;
		try {
			packet = this.encodeConnect();
		} catch (error) {
			if (stream === this.stream) this.end(NO_CREDENTIALS);
			throw error;
		}
		if (stream !== this.stream) return; // the password function has closed the client
		this.state = Phase.HANDSHAKE;
		this.liveness.start(this.alarm.ticks());
		this.reader.start(stream);
		this.writer.start(stream, room, packet, this.options.pipelining ?? false);
	}

	onError(reason?: Reason): void {
		const { stream } = this;
		// A refusal may have come together with the end, or messages: they need not wait for acknowledgements to go.
		this.writer.fail();
		this.decode();
		if (stream === this.stream) this.onStreamEnd(reason);
	}

	/** The stream has ended. `reason`, if it has one. */
	onStreamEnd(reason?: Reason): void {
		this.end(reason ?? (this.state === Phase.CONNECTING ? CONNECT_FAILED : CONNECTION_LOST));
	}

	/** Reads soon what is left unread. */
	scheduleRead(): void {
		if (this.state !== Phase.CLOSED) this.alarm.within(1);
	}

	// ---- the handshake

	protected encodeConnect(): Uint8Array {
		return encodeConnect(this.connectFields());
	}

	protected connectFields(): ConnectFields {
		const { options } = this;
		const { username, password, clean = false, keepAlive = Default.KEEP_ALIVE } = options;
		return {
			clientId: encodeClientId(options),
			username:
				username === undefined
					? undefined
					: encodeField("username", typeof username === "function" ? username() : username),
			password:
				password === undefined
					? undefined
					: encodePassword(typeof password === "function" ? password() : password),
			clean,
			keepAlive: Math.ceil(keepAlive / 1000),
			will: this.will,
		};
	}

	/** Decodes until CONNACK has come. */
	onReadable(count: number): void {
		const { decoder } = this.reader;
		decoder.onReadable(count);
		if (decoder.connacked) this.onConnack();
	}

	/** Reads on, with what has arrived meanwhile. */
	resume(): void {
		this.reader.unpause();
		this.decode();
	}

	/** Goes on with what is left to read. */
	protected decode(): void {
		const { reader } = this;
		reader.decode();
		// Not once more, when the app resumes while it is handled.
		if (reader.decoder.connacked && this.input === this) this.onConnack();
	}

	/** Runs when the decoder has returned, and calls the app itself: what is done in onConnected goes deep into the stack. */
	protected onConnack(): void {
		const { stream, listeners, options } = this;
		const { decoder } = this.reader;
		const { sessionPresent } = decoder;
		this.input = decoder;
		try {
			const failure = this.accept(decoder.connackCode, sessionPresent);
			for (let i = 0; i < listeners.length && stream === this.stream; i++)
				listeners[i].onConnected?.(sessionPresent);
			if (stream === this.stream) options.onConnected?.(sessionPresent);
			this.flush();
			if (failure !== undefined) throw failure.error;
		} catch (error) {
			this.scheduleRead();
			throw error;
		} finally {
			if (stream === this.stream) decoder.endConnack();
		}
		this.decode();
	}

	/** The broker's answer to CONNECT: ends the connection, or it may be used. Returns an error that the app threw. */
	protected accept(code: number, sessionPresent: boolean): { error: unknown } | undefined {
		if (code > 0 || (sessionPresent && this.options.clean)) {
			this.end(code > 0 ? this.refusalOf(code) : CONNACK_CLEAN);
			return undefined;
		}
		this.enterState(Phase.CONNECTED, 0);
		this.dialer.keepHost();
		this.statistics.connects++;
		this.liveness.answer();
		this.alarm.within(this.delay(this.since));
		const failure = this.resumeSession(sessionPresent);
		// Now, for a listener that publishes is deep in the stack already.
		this.send();
		return failure;
	}

	protected refusalOf(code: number): Reason {
		return REFUSALS[code - 1];
	}

	/** What is held goes again, or as new; reports what is lost. Returns an error that the app threw then. */
	protected resumeSession(sessionPresent: boolean): { error: unknown } | undefined {
		const { outbox, statistics } = this;
		statistics.resent += outbox.resume();
		if (!sessionPresent) statistics.uncertain += outbox.uncertain;
		this.subscriptions.resume(sessionPresent);
		this.writer.resume(sessionPresent);
		const lost: number[] = [];
		if (!sessionPresent) {
			this.reader.forgetSession();
			for (let id = outbox.dropReleased(); id !== 0; id = outbox.dropReleased()) lost.push(id);
		}
		return this.dropAll(lost, SESSION_LOST);
	}

	// ---- the end

	/** Ends the connection, or the attempt, and tells why. The next attempt comes after a delay, unless closed. */
	end(reason: Reason): void {
		const { state, options } = this;
		const closed = state === Phase.CLOSING || reason === CLOSED_BY_APP;
		const lasted = (this.alarm.ticks() - this.since) | 0;
		const failed = (state === Phase.CONNECTING && !this.dialer.awaitsClock) || state === Phase.HANDSHAKE;
		const refused = this.isLasting(reason);
		const late = failed ? this.dialer.turnToNext(refused) : refused;
		this.tearDown();
		if (reason === NO_REPLY) this.statistics.timeouts++;
		if (state >= Phase.CONNECTED) this.statistics.disconnects++;
		if (state === Phase.CONNECTED && lasted >= this.liveness.replyTimeout) this.resetBackoff();
		if (closed) {
			this.enterState(Phase.CLOSED, 0);
			this.writer.finish();
			this.alarm.close();
			options.interface?.detach(this);
			this.dialer.close();
		} else this.enterState(Phase.WAITING, this.delayAfter(late, reason));
		try {
			if (closed) this.dropHeld();
		} finally {
			const { listeners } = this;
			for (let i = 0; i < listeners.length; i++) listeners[i].onDisconnected?.(reason);
			options.onDisconnected?.(reason);
		}
	}

	/** Whether only a person can fix what the connection has ended for. */
	protected isLasting(reason: Reason): boolean {
		return reason.fault === "broker";
	}

	/** The connection has lasted long enough to count as good. */
	protected resetBackoff(): void {
		this.bound = 0;
	}

	/** Milliseconds until the next attempt. */
	protected delayAfter(late: boolean, _reason: Reason): number {
		const { bound, options } = this;
		const { reconnectMaximum = Default.RECONNECT_MAXIMUM, random = Math.random } = options;
		const { reconnectMinimum = Math.min(Default.RECONNECT_MINIMUM, reconnectMaximum) } = options;
		if (late) {
			// What only a person can fix: the longest, spread over one `reconnectMinimum`.
			this.bound = largestBound(reconnectMaximum);
			return this.bound + Math.floor(random() * reconnectMinimum);
		}
		this.bound = boundAfter(bound, reconnectMinimum, reconnectMaximum);
		return delayWithin(bound, reconnectMinimum, random);
	}

	/** Nothing is left of the connection, or of the attempt. */
	protected tearDown(): void {
		this.closeStream();
		this.dialer.cancel();
		this.reader.stop();
		this.writer.stop();
		this.liveness.stop();
		this.outbox.interrupt();
		this.subscriptions.interrupt(this.keepsSession);
	}

	protected closeStream(): void {
		const { stream } = this;
		this.stream = undefined;
		try {
			stream?.close();
		} catch {
			// A socket that failed may be gone already.
		}
	}

	/** After close: what is still held is lost. */
	protected dropHeld(): void {
		const ids: number[] = [];
		for (let id = this.outbox.dropFirst(); id >= 0; id = this.outbox.dropFirst()) ids.push(id);
		const failure = this.dropAll(ids, CLOSED_BY_APP);
		if (failure !== undefined) throw failure.error;
	}

	/** Reports all of them; returns the first error of the app's, if any, to be thrown when all else is done. */
	protected dropAll(ids: readonly number[], reason: Reason): { error: unknown } | undefined {
		let failure: { error: unknown } | undefined;
		for (const id of ids) failure = this.tellDropped(id, reason, failure);
		return failure;
	}

	/** Reports one of several, so that each is reported; returns the first error of the app's, if any. */
	protected tellDropped(
		name: number,
		reason: Reason,
		failure: { error: unknown } | undefined,
	): { error: unknown } | undefined {
		try {
			this.reportDropped(name, reason);
			return failure;
		} catch (error) {
			return failure ?? { error };
		}
	}

	onOverflow(): void {
		this.overflowedAt = this.alarm.ticks();
		this.alarm.within(this.liveness.replyTimeout);
	}

	/**
	 * Ends a connection on which QoS 2 messages were ignored, so that the broker sends them again. Not before it has released
	 * the accepted ones, because what it has not read when we close may be lost.
	 */
	onOverflowEnd(): void {
		this.outbox.dropOldUnreleased();
		this.bound = 0;
		this.end(UNRELEASED_FULL);
	}

	// ---- time

	/** Enters a state. `patience`: milliseconds after which something must be done. */
	protected enterState(state: number, patience: number): void {
		this.state = state;
		this.since = this.alarm.ticks();
		this.patience = patience;
		if (state !== Phase.CLOSED && state !== Phase.CONNECTED) this.alarm.within(patience);
	}

	/** Whether the state has lasted as long as it may. */
	protected hasTimedOut(now: number): boolean {
		return ((now - this.since) | 0) >= this.patience;
	}

	onAlarm(): void {
		const { alarm } = this.writer;
		const now = alarm.ticks();
		let delay: number = Delay.LATER;
		try {
			this.runDue(now);
			if (this.writer.starved && this.outbox.freed && (this.writer.flags & Flag.CLOSED) === 0)
				this.announceRoom();
			delay = this.wakeListeners(now);
		} finally {
			if (this.state !== Phase.CLOSED) {
				const own = this.delay(now);
				if (own < delay) delay = own;
				alarm.within(delay);
				this.liveness.rearm();
			}
		}
	}

	/** Wakes all; returns the milliseconds until the first of them wants to be woken again. */
	protected wakeListeners(now: number): number {
		const { listeners } = this;
		let delay = Number.POSITIVE_INFINITY;
		for (let i = 0; i < listeners.length; i++) {
			const next = listeners[i].onDeadline?.(now);
			if (next !== undefined && next < delay) delay = next;
		}
		return delay;
	}

	/** Does what is due at `now`. */
	protected runDue(now: number): void {
		const { liveness, reader, writer } = this;
		// A publish that was refused only because a payload was being written gets no other event.
		if (writer.starved && this.outbox.freed && this.state < Phase.CONNECTED) this.announceRoom();
		const { state } = this;
		if (state === Phase.CLOSED) return;
		if (state === Phase.WAITING) {
			if (this.hasTimedOut(now) && this.networkUp) this.connect();
			return;
		}
		if (this.dialFailure !== undefined) {
			this.end(this.dialFailure);
			return;
		}
		if (state === Phase.CONNECTING) {
			if (this.hasTimedOut(now)) this.end(this.dialer.awaitsClock ? CLOCK_NOT_SET : CONNECT_TIMEOUT);
			else if (this.dialer.awaitsClock) this.dialer.dial();
			return;
		}
		liveness.recordTraffic(now, writer.takeMoved(), reader.decoder.takeArrived());
		writer.retry();
		if ((writer.flags & Flag.FAILED) !== 0) {
			this.onError();
			return;
		}
		// Something may be left after a handler threw, and a stream may have more than it has announced.
		if (reader.decoder.available > 0 || this.stream?.readOn !== undefined) this.decode();
		if (this.stream === undefined) return;
		if (state === Phase.HANDSHAKE) this.runHandshakeDue(now);
		else this.runConnectedDue(now);
	}

	protected runHandshakeDue(now: number): void {
		const dead = this.isDead(now);
		if (this.reader.paused) this.since = now;
		// A long CONNECT takes its time on a slow line.
		if (this.hasTimedOut(now) && (dead || !this.liveness.isMoving)) this.end(CONNECT_TIMEOUT);
		else this.send();
	}

	protected runConnectedDue(now: number): void {
		const { liveness, writer } = this;
		if (liveness.isPingDue(now)) {
			writer.ping();
			writer.takeMoved(); // it is no sign of traffic
		}
		if (!writer.open || writer.starved) this.flush();
		if (this.stream === undefined) return;
		const dead = this.isDead(now);
		if (this.state === Phase.CLOSING) {
			if (!dead && !this.hasTimedOut(now)) return;
			this.disconnect();
			this.end(CLOSED_BY_APP);
		} else if (dead) this.end(NO_REPLY);
		else if (this.reader.overflowed && ((now - this.overflowedAt!) | 0) >= liveness.replyTimeout)
			this.onOverflowEnd();
	}

	protected isDead(now: number): boolean {
		const { liveness, writer } = this;
		if (!liveness.isLookDue(now)) return false;
		return liveness.isDead(now, this.awaits, writer.blocked, this.statistics.delivered, this.reader.paused);
	}

	/** Whether an answer of the broker's is awaited. */
	protected get awaits(): boolean {
		return (
			this.state === Phase.HANDSHAKE ||
			this.outbox.awaits ||
			this.subscriptions.awaited > 0 ||
			this.liveness.awaits
		);
	}

	/** Milliseconds until the connection must be checked again. */
	protected delay(now: number): number {
		const { state } = this;
		let delay = state >= Phase.CONNECTED ? this.liveness.delay(now) : Number.POSITIVE_INFINITY;
		if (state !== Phase.CONNECTED) {
			const left = this.patience - ((now - this.since) | 0);
			if (state === Phase.WAITING) return this.networkUp ? left : Number.POSITIVE_INFINITY;
			if (state === Phase.CONNECTING) return this.dialer.awaitsClock ? Math.min(left, Delay.CLOCK) : left;
			if (left > 0 && left < delay) delay = left;
		} else if (this.reader.overflowed) {
			const left = this.liveness.replyTimeout - ((now - this.overflowedAt!) | 0);
			if (left < delay) delay = left;
		}
		return delay;
	}
}
