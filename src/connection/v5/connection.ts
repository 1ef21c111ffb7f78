// The life of a connection in MQTT 5.0: which version is tried, what CONNACK grants, sessions that expire, DISCONNECT both
// ways, and other servers.

import type { Outbox } from "../../session/outbox.js";
import type { WillFields5 } from "../../session/payload.js";
import { Stage, type Subscriptions } from "../../session/subscriptions.js";
import { type Outbox5, plainName, whyOf } from "../../session/v5/outbox.js";
import type { Subscriptions5 } from "../../session/v5/subscriptions.js";
import { checkBoolean, checkWhole } from "../../wire/check.js";
import type { Reason } from "../../wire/reason.js";
import { encodeField } from "../../wire/topic.js";
import { encodeConnect5, encodeDisconnect5 } from "../../wire/v5/encode.js";
import { encodePairs, Properties } from "../../wire/v5/properties.js";
import { Property } from "../../wire/v5/property.js";
import { ReasonCode, reasonOf } from "../../wire/v5/reason-codes.js";
import type { ReceivedProperties } from "../../wire/v5/received.js";
import { Connection, Phase } from "../connection.js";
import { type ClientOptions, Default, type Settings } from "../options.js";
import type { Parts } from "../parts.js";
import { CONNECT_TIMEOUT, CONNECTION_LOST, REPLACED } from "../reasons.js";
import type { Statistics } from "../statistics.js";
import {
	AUTH_UNEXPECTED,
	AUTHENTICATOR_FAILED,
	AUTHENTICATOR_LATE,
	Authentication,
	type AuthenticationOwner,
} from "./authentication.js";
import { Dialer5 } from "./dialer.js";
import { Limits } from "./limits.js";
import { type Ending, Expiry, isPinned, sessionExpiryOf } from "./options.js";
import type { Reader5, ReaderEvents5 } from "./reader.js";
import { answerTo, isLastingCode, isRedirect, isVersionRefusal, PACKETS_TOO_SMALL } from "./reasons.js";
import { type Reference, referencesIn } from "./references.js";
import type { Writer5 } from "./writer.js";

/** Why another version is tried than the one before. */
const enum Change {
	/** It is not. */
	NONE = 0,
	/** The broker has closed after CONNECT, twice: that proves nothing. */
	CLOSED = 1,
	/** The broker has refused the version. */
	REFUSED = 2,
}

const enum Least {
	/** Bytes of the largest packet that acknowledges something: PUBCOMP with a reason code (section 3.7.2). */
	PACKET = 5,
}

export class Connection5 extends Connection implements ReaderEvents5, AuthenticationOwner {
	declare readonly writer: Writer5;
	declare readonly reader: Reader5;
	declare protected readonly dialer: Dialer5;
	/** 5.0 is used, or tried. */
	private five: boolean;
	private readonly granted: Limits;
	/** Hosts, each a bit, that have accepted in 5.0. */
	private fives: number;
	/** Why the other version is tried, at once. */
	private change: Change;
	/** Something has come on this connection. */
	private heard: boolean;

	// What most clients have not takes no heap.
	/** Hosts that have accepted in 3.1.1, after they had refused 5.0. */
	private fours?: number;
	/** Hosts that have closed after CONNECT, without a byte, the last time. */
	private silent?: number;
	private readonly authentication?: Authentication;
	/** Where the app has agreed to go next. */
	private target?: Reference;
	/** How `close` is to end the session. */
	private ending?: Ending;

	constructor(
		parts: Parts,
		options: ClientOptions,
		settings: Settings,
		outbox: Outbox,
		subscriptions: Subscriptions,
		statistics: Statistics,
	) {
		super(parts, options, settings, outbox, subscriptions, statistics);
		this.five = true;
		this.granted = new Limits(sessionExpiryOf(options));
		this.fives = 0;
		this.change = Change.NONE;
		this.heard = false;
		const { authentication } = options;
		if (authentication !== undefined) this.authentication = new Authentication(authentication, this);
	}

	protected override get outbox(): Outbox5 {
		return super.outbox as Outbox5;
	}

	override get subscriptions(): Subscriptions5 {
		return super.subscriptions as Subscriptions5;
	}

	protected override newDialer(settings: Settings): Dialer5 {
		return new Dialer5(this.options, settings.factory, this);
	}

	// ---- what the client asks for

	override get protocolVersion(): 4 | 5 {
		return this.five ? 5 : 4;
	}

	override get limits(): Limits | undefined {
		return this.five ? this.granted : undefined;
	}

	override get received(): ReceivedProperties | undefined {
		return this.five ? this.reader.received : undefined;
	}

	override changeWill(will: WillFields5 | undefined): void {
		if (will !== undefined) {
			const { delay, properties } = will;
			if (delay !== undefined) checkWhole("will.delay", delay, undefined, 0, Expiry.NEVER);
			if (properties !== undefined && !(properties instanceof Properties))
				throw new TypeError(`will.properties is ${properties}: it must be a Properties`);
		}
		super.changeWill(will);
	}

	/** Whether another version must not be spoken. */
	private get pinned(): boolean {
		return isPinned(this.options);
	}

	protected override get keepsSession(): boolean {
		return this.five ? this.granted.sessionExpiry > 0 : super.keepsSession;
	}

	/** Closes for good. Throws on what breaks a rule. */
	override close(ending?: Ending): void {
		if (ending !== undefined) this.ending = this.checkEnding(ending);
		this.finish();
	}

	private checkEnding({ withWill, sessionExpiry }: Ending): Ending {
		checkBoolean("withWill", withWill);
		if (sessionExpiry !== undefined) {
			checkWhole("sessionExpiry", sessionExpiry, undefined, 0, Expiry.NEVER);
			if (sessionExpiry > 0 && sessionExpiryOf(this.options) === 0)
				throw new RangeError(
					`sessionExpiry is ${sessionExpiry}: where it is 0 in CONNECT it must be 0 (section 3.14.2.2.2)`,
				);
		}
		return { withWill, sessionExpiry };
	}

	protected override disconnect(): boolean {
		const { ending } = this;
		if (ending === undefined) return super.disconnect();
		const { withWill = false, sessionExpiry } = ending;
		// In 3.1.1 the broker publishes the will because no DISCONNECT has come (section 3.1.2.5).
		if (!this.five) return withWill || super.disconnect();
		const code = withWill ? ReasonCode.DISCONNECT_WITH_WILL : ReasonCode.NORMAL_DISCONNECTION;
		const packet = encodeDisconnect5(code, sessionExpiry);
		if (packet.length > this.granted.maximumPacketSize) return super.disconnect();
		return this.writer.sendLast(packet);
	}

	// ---- which version is used

	/** The host of the options whose turn it is, as a bit. A client that follows redirects needs none: its version is pinned. */
	private get host(): number {
		return 1 << this.dialer.turn;
	}

	protected override connect(): void {
		if (this.change === Change.NONE) this.five = this.pinned || ((this.fours ?? 0) & this.host) === 0;
		this.heard = false;
		this.reader.speak(this.five);
		this.writer.speak(this.five);
		this.outbox.bound(this.options.window ?? Default.WINDOW);
		super.connect();
	}

	/** Whether the other version may be tried at once. */
	private get mayChange(): boolean {
		return !this.pinned && this.change === Change.NONE;
	}

	/** Tries the other version at once, without an event: it is the same attempt to connect. */
	private changeVersion(change: Change): void {
		this.change = change;
		this.five = !this.five;
		this.tearDown();
		this.enterState(Phase.WAITING, 0);
	}

	override onReadable(count: number): void {
		this.heard ||= count > 0;
		// As its result, it takes this one's place in the stack.
		// biome-ignore lint/correctness/noVoidTypeReturn: see above
		return super.onReadable(count);
	}

	/** A proxy whose broker is down closes just as a broker that does not know 5.0: it has to happen twice. */
	override onStreamEnd(reason?: Reason): void {
		const { host, five } = this;
		if (
			five &&
			this.state === Phase.HANDSHAKE &&
			!this.heard &&
			reason?.fault !== "peer" &&
			(this.fives & host) === 0
		) {
			this.silent = (this.silent ?? 0) ^ host;
			if ((this.silent & host) === 0 && this.mayChange) {
				this.changeVersion(Change.CLOSED);
				return;
			}
		}
		super.onStreamEnd(reason);
	}

	// ---- the handshake

	protected override encodeConnect(): Uint8Array {
		if (!this.five) return super.encodeConnect();
		const { options, will, authentication, stream } = this;
		let authenticationData: Uint8Array | undefined;
		try {
			authenticationData = authentication?.begin();
		} catch (error) {
			if (stream === this.stream) this.end(AUTHENTICATOR_FAILED);
			throw error;
		}
		const fields = this.connectFields();
		const { assignedClientId } = this.granted;
		return encodeConnect5({
			...fields,
			clientId:
				options.clientId === "" && assignedClientId !== undefined
					? encodeField("clientId", assignedClientId)
					: fields.clientId,
			sessionExpiry: sessionExpiryOf(options) || undefined,
			receiveMaximum: options.unreleased ?? Default.UNRELEASED,
			maximumPacketSize: options.maximumPacketSize,
			topicAliasMaximum: options.aliases || undefined,
			requestResponseInformation: options.responseInformation ? 1 : undefined,
			requestProblemInformation: options.problemInformation ? undefined : 0,
			userProperties: options.userProperties && encodePairs(options.userProperties),
			authenticationMethod: authentication?.method,
			authenticationData,
			willDelay: will?.delay || undefined,
			willProperties: will?.properties?.block,
			willExpiry:
				will?.properties === undefined || will.properties.messageExpiry < 0
					? undefined
					: will.properties.messageExpiry,
		});
	}

	protected override accept(code: number, sessionPresent: boolean): { error: unknown } | undefined {
		const { stream } = this;
		if (this.silent !== undefined) this.silent &= ~this.host;
		if (isVersionRefusal(code)) {
			this.forgetVersion();
			if (this.mayChange) {
				this.changeVersion(Change.REFUSED);
				return undefined;
			}
		}
		if (isRedirect(code)) return this.redirect(code);
		if (code === 0) {
			const fault = this.five ? this.faultOfAuthentication() : undefined;
			if (fault !== undefined) {
				this.refuse(fault);
				return undefined;
			}
			if (stream !== this.stream) return undefined; // the authenticator, which may be the app's, has closed the client
			this.takeLimits();
			if (this.five && this.granted.maximumPacketSize < Least.PACKET) {
				this.end(PACKETS_TOO_SMALL);
				return undefined;
			}
		}
		return super.accept(code, sessionPresent);
	}

	/** What this broker does not take is dropped before anything goes again; all is told when the session is settled. */
	protected override resumeSession(sessionPresent: boolean): { error: unknown } | undefined {
		const { outbox, five, granted } = this;
		const lost: number[] = [];
		if (five)
			for (;;) {
				const name = outbox.nextUnservable(granted, sessionPresent);
				if (name < 0) break;
				lost.push(name);
			}
		let failure = super.resumeSession(sessionPresent);
		for (let i = 0; i < lost.length; i++) failure = this.tellGone(lost[i], failure);
		if (five) return failure;
		for (let name = outbox.takeOmitted(); name >= 0; name = outbox.takeOmitted())
			try {
				this.reportOmitted(name & 0xffff);
			} catch (error) {
				failure ??= { error };
			}
		return failure;
	}

	/** What has expired is told, too, and what the broker does not serve. */
	override catchUp(): void {
		const { outbox } = this;
		if (!outbox.gaveWay && !this.subscriptions.refuses) {
			super.catchUp();
			return;
		}
		let failure: { error: unknown } | undefined;
		for (let name = outbox.takeReplaced(); name >= 0; name = outbox.takeReplaced())
			failure = this.tellGone(name, failure);
		for (let refused = this.subscriptions.takeRefused(); refused; refused = this.subscriptions.takeRefused())
			try {
				if (refused.state >= Stage.UNWANTED) this.options.onUnsubscribed?.(refused.topicFilter, refused.code);
				else this.options.onSubscribed?.(refused);
			} catch (error) {
				failure ??= { error };
			}
		super.catchUp();
		if (failure !== undefined) throw failure.error;
	}

	protected override tellGone(
		name: number,
		failure: { error: unknown } | undefined,
	): { error: unknown } | undefined {
		return this.tellDropped(plainName(name), whyOf(name) ?? REPLACED, failure);
	}

	protected override runDue(now: number): void {
		const { outbox } = this;
		outbox.advance(now);
		outbox.expire();
		this.catchUp();
		super.runDue(now);
	}

	protected override delay(now: number): number {
		return Math.min(super.delay(now), this.outbox.untilExpiry());
	}

	/** What the current host has proved is no longer so. */
	private forgetVersion(): void {
		if (this.five) this.fives &= ~this.host;
		else if (this.fours !== undefined) this.fours &= ~this.host;
	}

	/** The broker accepts: before anything that is held goes again. */
	private takeLimits(): void {
		const { granted, five, host, change } = this;
		const { keepAlive = Default.KEEP_ALIVE } = this.options;
		const seconds = Math.ceil(keepAlive / 1000);
		if (five) {
			this.fives |= host;
			granted.take(this.reader.received, sessionExpiryOf(this.options), seconds);
			this.writer.limit(granted);
			this.outbox.bound(Math.min(this.options.window ?? Default.WINDOW, granted.receiveMaximum));
			this.subscriptions.allow(granted);
		} else if (change === Change.REFUSED) this.fours = (this.fours ?? 0) | host;
		this.change = Change.NONE;
		// The broker's holds for this connection only (section 3.2.2.3.14).
		const unchanged = !five || granted.keepAlive === seconds;
		this.liveness.keepAlive(unchanged ? keepAlive : granted.keepAlive * 1000);
	}

	protected override refusalOf(code: number): Reason {
		if (this.five && isVersionRefusal(code)) return reasonOf(ReasonCode.UNSUPPORTED_PROTOCOL_VERSION);
		return code < ReasonCode.UNSPECIFIED_ERROR ? super.refusalOf(code) : reasonOf(code);
	}

	// ---- another server

	/** The broker wants another server to be used: the app is asked. Returns an error that it threw. */
	private redirect(code: number): { error: unknown } | undefined {
		const { stream, options, dialer } = this;
		let failure: { error: unknown } | undefined;
		if (options.onRedirect !== undefined && dialer.follows && this.state !== Phase.CLOSING) {
			const text = this.reader.received.text(Property.SERVER_REFERENCE);
			const references = text === undefined ? [] : referencesIn(text, dialer.defaultPort);
			for (let i = 0; i < references.length && this.target === undefined; i++) {
				const { host, port } = references[i];
				try {
					if (options.onRedirect(host, port) === true) this.target = references[i];
				} catch (error) {
					failure ??= { error };
				}
				if (stream === this.stream) continue;
				this.target = undefined; // the app has closed the client
				return failure;
			}
		}
		this.end(reasonOf(code));
		return failure;
	}

	onServerDisconnect(code: number): void {
		if (!isRedirect(code)) {
			this.end(code < ReasonCode.UNSPECIFIED_ERROR ? CONNECTION_LOST : reasonOf(code));
			return;
		}
		const failure = this.redirect(code);
		if (failure !== undefined) throw failure.error;
	}

	// ---- authentication

	override reauthenticate(): boolean {
		return this.state === Phase.CONNECTED && this.authentication?.reauthenticate() === true;
	}

	onAuth(code: number): void {
		if (this.authentication === undefined) this.end(AUTH_UNEXPECTED);
		else this.authentication.onAuth(code, this.reader.received);
	}

	/** Why a CONNACK that accepts must not be believed. */
	private faultOfAuthentication(): Reason | undefined {
		const { authentication } = this;
		const { received } = this.reader;
		if (authentication !== undefined) return authentication.accept(received);
		return received.locate(Property.AUTHENTICATION_METHOD) < 0 ? undefined : AUTH_UNEXPECTED;
	}

	sendAuth(packet: Uint8Array): void {
		// In a later exchange: what the broker takes is known (section 3.2.2.3.6).
		if (this.state >= Phase.CONNECTED && packet.length > this.granted.maximumPacketSize)
			this.refuse(reasonOf(ReasonCode.PACKET_TOO_LARGE));
		else this.writer.sendAuth(packet);
	}

	get dataSkipped(): boolean {
		return this.reader.decoder.hasSkipped(Property.AUTHENTICATION_DATA);
	}

	refuse(reason: Reason): void {
		if (reason.fault !== "peer") this.sendDisconnect(reason.code ?? ReasonCode.UNSPECIFIED_ERROR);
		this.end(reason);
	}

	onReauthenticated(): void {
		this.options.onReauthenticated?.();
	}

	protected override get awaits(): boolean {
		return super.awaits || this.authentication?.awaits === true;
	}

	// ---- the end

	override end(reason: Reason): void {
		const { state } = this;
		// It is not about a packet of the broker's.
		if (reason.fault !== "broker" || reason.code === undefined) this.reader.forgetProperties();
		if (state === Phase.HANDSHAKE && reason.fault === "peer" && !this.five) this.forgetVersion();
		if (state >= Phase.HANDSHAKE && reason.fault === "peer" && this.five)
			this.sendDisconnect(answerTo(reason));
		if (state >= Phase.CONNECTED) this.dialer.leaveTemporaryServer();
		this.change = Change.NONE;
		const works = this.authentication?.works === true;
		try {
			super.end(works && reason === CONNECT_TIMEOUT ? AUTHENTICATOR_LATE : reason);
		} finally {
			this.authentication?.stop();
		}
	}

	/** The broker has sent more than our Receive Maximum (section 3.3.4), or an old session has brought it on top. */
	override onOverflowEnd(): void {
		if (this.five) this.sendDisconnect(ReasonCode.RECEIVE_MAXIMUM_EXCEEDED);
		super.onOverflowEnd();
	}

	/** Sends DISCONNECT, unless a packet is half sent. */
	private sendDisconnect(code: number): void {
		this.writer.sendLast(encodeDisconnect5(code));
	}

	protected override tearDown(): void {
		this.authentication?.leave();
		super.tearDown();
	}

	protected override resetBackoff(): void {
		super.resetBackoff();
		this.dialer.resetHops();
	}

	protected override isLasting(reason: Reason): boolean {
		const { code, fault } = reason;
		return fault === "broker" && code !== undefined ? isLastingCode(code) : super.isLasting(reason);
	}

	protected override delayAfter(late: boolean, reason: Reason): number {
		const { target, dialer } = this;
		if (target === undefined) {
			dialer.resetHops();
			return super.delayAfter(late, reason);
		}
		this.target = undefined;
		dialer.redirect(target.host, target.port, reason.code === ReasonCode.SERVER_MOVED);
		return 0;
	}
}
