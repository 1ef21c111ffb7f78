// A stream that is encrypted, over one that is not: a session of the host's does the work, the guard stands between it and
// TCP. Knows when the connection is good, what a record has for its owner, and why it ends.

import type { Reason } from "../../wire/reason.js";
import type { Stream, StreamFactory, StreamOwner } from "../stream.js";
import { reasonOfAlert } from "./alert.js";
import type { Session, SessionOptions, TlsCapability } from "./capability.js";
import { Certificates } from "./certificates.js";
import { Guard } from "./guard.js";
import { isHostName } from "./name.js";
import { HANDSHAKE_LOST, RECORD_TOO_LONG, TLS_PROTOCOL } from "./reasons.js";
import type { TlsSettings } from "./settings.js";

const enum Phase {
	/** TCP is being connected. */
	CONNECTING = 0,
	HANDSHAKE = 1,
	OPEN = 2,
	/** It has failed. The owner is told soon, not now: it may be busy. */
	FAILED = 3,
	ENDED = 4,
}

const enum Size {
	/** Bytes of room to keep for what encryption adds to a record: 69 with AES-CBC and SHA-256. */
	RESERVE = 96,
	/** Longest record without being asked for (RFC 5246, section 6.2.1). */
	LONGEST = 16_384,
	/** Records without content in a row: more are an attack. */
	EMPTY_RECORDS = 32,
}

const enum Delay {
	SOON = 1,
	/** Milliseconds: for ever. */
	LONGEST = 0x3fffffff,
}

const enum Version {
	TLS_1_2 = 0x303,
}

const CLOSE_NOTIFY = 0;

// One of each for all: an error costs garbage.
const NOT_READY = Object.freeze(new Error("not ready: the TLS handshake is not over"));
const WOULD_BLOCK = Object.freeze(new Error("would block: there is less room"));

/** What the session gets. What is not wanted is left out: the SDK's takes a member that is undefined for one that is there. */
const sessionOptions = (settings: TlsSettings, name: string): SessionOptions => {
	const { cas, clientCertificates, clientKey, alpn, fragmentLength } = settings;
	const options: SessionOptions = {
		verify: cas.length > 0,
		protocolVersion: Version.TLS_1_2,
		cache: false,
	};
	// An address is no server name (RFC 6066, section 3).
	if (isHostName(name)) options.serverName = name;
	if (clientCertificates.length > 0) {
		options.clientCertificates = clientCertificates;
		options.clientKey = clientKey;
	}
	if (alpn.length > 0) options.applicationLayerProtocolNegotiation = alpn;
	if (fragmentLength < Size.LONGEST) options.tls_max_fragment_length = fragmentLength;
	return options;
};

export class TlsStream implements Stream, StreamOwner {
	// Hot fields first: XS looks for a field from the first one on.
	/** What the current record has for the owner, from `position` on; undefined: all is read. */
	private text: Uint8Array | undefined = undefined;
	private position = 0;
	/** The owner is being told of `text`. */
	private telling = false;
	private phase: number = Phase.CONNECTING;
	private readonly owner: StreamOwner;
	private readonly guard: Guard;
	private session: Session | undefined = undefined;
	/** Bytes of plaintext in a record at most. */
	private readonly fragmentLength: number;
	/** TCP. */
	stream: Stream | undefined;
	readonly input = this;
	private readonly timer: TlsCapability["timer"];
	private readonly alarm: unknown;
	/** Records without content since the last one with any. */
	private emptyRecords = 0;
	/** Bytes of room that came up during the handshake; 0: the guard knows of it. */
	private room = 0;
	/** TCP has ended; what it brought before is still the owner's. */
	private over = false;
	/** Why it has failed. */
	private failure: Reason | undefined = undefined;

	private readonly capability: TlsCapability;
	private readonly settings: TlsSettings;
	private readonly host: string;
	private certificates: Certificates | undefined = undefined;

	/** Begins to connect. Throws when that is not possible. */
	constructor(
		capability: TlsCapability,
		settings: TlsSettings,
		below: StreamFactory,
		host: string,
		address: string,
		port: number,
		owner: StreamOwner,
	) {
		const { timer } = capability;
		const { fragmentLength } = settings;
		this.owner = owner;
		this.fragmentLength = fragmentLength;
		this.timer = timer;
		this.capability = capability;
		this.settings = settings;
		this.host = host;
		const stream = below.open(host, address, port, this);
		this.stream = stream;
		this.guard = new Guard(stream, fragmentLength);
		this.alarm = timer.repeat(() => this.onAlarm(), Delay.LONGEST);
	}

	// ---- what the owner does

	/** A session that writes makes new objects. */
	get allocates(): boolean {
		return true;
	}

	/** Byte by byte, for a view of a part of the record would be a new object. */
	read(view: Uint8Array): number | undefined {
		const text = this.text;
		if (text === undefined) return undefined;
		const at = this.position;
		let count = text.length - at;
		if (count > view.length) {
			count = view.length;
			this.position = at + count;
		} else {
			this.text = undefined;
			// More may be there, and no event would follow.
			if (!this.telling) this.wakeSoon();
		}
		for (let i = 0; i < count; i++) view[i] = text[at + i];
		return count;
	}

	write(view: Uint8Array): number | undefined {
		const { guard, fragmentLength } = this;
		const { length } = view;
		if (this.phase !== Phase.OPEN) {
			if (this.phase < Phase.OPEN) throw NOT_READY;
			return undefined;
		}
		// Before the session counts it: a record that it has counted and that does not go is missing in the order.
		if (length > this.roomIn(guard.room)) throw WOULD_BLOCK;
		const session = this.session!;
		try {
			if (length <= fragmentLength) session.write(guard, view);
			else
				for (let at = 0; at < length; at += fragmentLength)
					session.write(guard, view.subarray(at, Math.min(at + fragmentLength, length)));
		} catch {
			this.failure = guard.reason;
			this.phase = Phase.FAILED;
			this.wakeSoon();
			return undefined;
		}
		return this.roomIn(guard.room);
	}

	close(): void {
		const { stream } = this;
		this.phase = Phase.ENDED;
		this.stream = this.session = this.text = this.certificates = undefined;
		this.timer.clear(this.alarm as never);
		stream?.close();
	}

	/** Bytes that can be written where TCP has `room`, each record with its reserve. */
	private roomIn(room: number): number {
		const record = this.fragmentLength + Size.RESERVE;
		let usable = 0;
		if (room >= record) {
			const records = Math.floor(room / record);
			usable = records * this.fragmentLength;
			room -= records * record;
		}
		return room > Size.RESERVE ? usable + room - Size.RESERVE : usable;
	}

	// ---- what TCP tells

	onWritable(room: number): void {
		if (this.phase === Phase.CONNECTING) this.begin();
		else if (this.phase === Phase.HANDSHAKE && this.guard.waits) {
			// What came at the same time is read first: it may be that the broker has refused, and is gone.
			this.room = room;
			this.wakeSoon();
			return;
		}
		this.makeRoom(room);
		if (this.phase === Phase.HANDSHAKE) this.shakeHands();
		else if (this.phase === Phase.OPEN) this.tellRoom();
	}

	private makeRoom(room: number): void {
		try {
			this.guard.makeRoom(room);
		} catch {
			this.fail();
		}
	}

	onReadable(count: number): void {
		this.guard.offer(count);
		this.goOn();
	}

	onError(reason?: Reason): void {
		this.over = true;
		this.failure ??= reason;
		if (this.phase === Phase.CONNECTING) this.end(reason);
		else this.goOn();
	}

	/** Goes on with what TCP has. */
	private goOn(): void {
		if (this.phase === Phase.HANDSHAKE) this.shakeHands();
		else if (this.phase === Phase.OPEN) this.decode();
	}

	private tellRoom(): void {
		const room = this.roomIn(this.guard.room);
		if (room > 0) this.owner.onWritable(room);
	}

	// ---- the handshake

	private begin(): void {
		const { capability, settings, guard, host } = this;
		const { serverName } = settings;
		// The dot of a name that is complete is none of its labels.
		const name = serverName ?? (host.endsWith(".") ? host.slice(0, -1) : host);
		this.phase = Phase.HANDSHAKE;
		try {
			const session = new capability.session(sessionOptions(settings, name));
			const certificates = new Certificates(session.certificateManager, settings, name, capability, guard);
			session.certificateManager = this.certificates = certificates;
			this.session = session;
			session.initiateHandshake();
		} catch {
			this.fail();
		}
	}

	private shakeHands(): void {
		const { guard } = this;
		const session = this.session!;
		try {
			let over = false;
			for (let before = -1; !over && before !== guard.moved; ) {
				before = guard.moved;
				over = session.handshake(guard);
			}
			// Ready when session, guard and certificates agree.
			if (over && session.alert === undefined) guard.open();
			else {
				const isLost = this.over && !over && !guard.finished;
				if (isLost) this.failure ??= guard.reason ?? HANDSHAKE_LOST;
				if (isLost || over || guard.finished || guard.reason !== undefined) this.fail();
				return;
			}
		} catch {
			this.fail();
			return;
		}
		this.phase = Phase.OPEN;
		this.certificates = undefined;
		this.tellRoom();
		this.decode();
	}

	// ---- what comes

	/** Reports what came, one record after another, until the owner leaves something unread. */
	private decode(): void {
		const { owner } = this;
		while (this.phase === Phase.OPEN && this.text === undefined && !this.telling) {
			const text = this.decrypt();
			if (text === undefined) return;
			this.text = text;
			this.position = 0;
			this.telling = true;
			let thrown = true;
			try {
				owner.input.onReadable(text.length);
				thrown = false;
			} finally {
				this.telling = false;
				if (thrown && this.phase === Phase.OPEN) this.wakeSoon();
			}
		}
	}

	/** What the next record has for the owner; undefined when none is there, or it has ended. */
	private decrypt(): Uint8Array | undefined {
		const { guard } = this;
		const session = this.session!;
		try {
			for (let before = -1; before !== guard.moved; ) {
				before = guard.moved;
				const text = session.read(guard);
				if (session.alert !== undefined || text === null) {
					this.fail();
					return undefined;
				}
				if (text === undefined) continue;
				if (text.length > this.fragmentLength) {
					this.failure = RECORD_TOO_LONG;
					this.fail();
					return undefined;
				}
				if (text.length > 0) {
					this.emptyRecords = 0;
					return text;
				}
				if (++this.emptyRecords > Size.EMPTY_RECORDS) {
					this.failure = TLS_PROTOCOL;
					this.fail();
					return undefined;
				}
			}
		} catch {
			this.fail();
			return undefined;
		}
		if (this.over) this.end(this.failure);
		return undefined;
	}

	// ---- the end

	/** It cannot go on: tells why, as far as that is known. */
	private fail(): void {
		const { guard, session, certificates } = this;
		const alert = session?.alert;
		let reason = this.failure ?? guard.reason ?? certificates?.reason;
		if (reason === undefined && this.phase === Phase.OPEN) {
			if (alert !== undefined)
				reason =
					alert.description === CLOSE_NOTIFY
						? undefined
						: reasonOfAlert(alert.level, alert.description, true, false);
			else if (!guard.lost) reason = TLS_PROTOCOL;
		} else reason ??= guard.lost ? HANDSHAKE_LOST : TLS_PROTOCOL;
		this.end(reason);
	}

	private end(reason: Reason | undefined): void {
		if (this.phase === Phase.ENDED) return;
		this.phase = Phase.ENDED;
		if (this.owner.stream === this) this.owner.onError(reason);
	}

	// ---- time

	private wakeSoon(): void {
		this.timer.schedule(this.alarm as never, Delay.SOON, Delay.SOON);
	}

	private onAlarm(): void {
		this.timer.schedule(this.alarm as never, Delay.LONGEST, Delay.LONGEST);
		if (this.text !== undefined) return;
		if (this.phase === Phase.HANDSHAKE && this.room > 0) {
			this.makeRoom(this.room);
			this.room = 0;
		}
		if (this.phase === Phase.FAILED) this.end(this.failure);
		else this.goOn();
	}
}
