// Stands between a TLS session and TCP, and lets pass what belongs to a good handshake of TLS 1.2 (RFC 5246) and what may
// come after it, nothing else. Sees the headers of records and, of what is not encrypted, those of messages and a few
// bytes more; holds no message that comes. Knows no keys and no certificates.

import type { Reason } from "../../wire/reason.js";
import type { Stream } from "../stream.js";
import { reasonOfAlert } from "./alert.js";
import type { SessionSocket } from "./capability.js";
import { RECORD_TOO_LONG, TLS_PROTOCOL, TLS_VERSION, WEAK_KEY_EXCHANGE } from "./reasons.js";

/** Content types of records (section 6.2.1). */
const enum Content {
	CHANGE_CIPHER_SPEC = 20,
	ALERT = 21,
	HANDSHAKE = 22,
	APPLICATION_DATA = 23,
}

/** Types of handshake messages (section 7.4). */
const enum Message {
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	CERTIFICATE = 11,
	SERVER_KEY_EXCHANGE = 12,
	CERTIFICATE_REQUEST = 13,
	SERVER_HELLO_DONE = 14,
}

/** What has to come next; in this order. */
const enum Step {
	SERVER_HELLO = 0,
	CERTIFICATE = 1,
	SERVER_KEY_EXCHANGE = 2,
	/** CertificateRequest or ServerHelloDone. */
	REQUEST = 3,
	SERVER_HELLO_DONE = 4,
	CHANGE_CIPHER_SPEC = 5,
	/** The first record that is encrypted. */
	FINISHED = 6,
	/** Nothing, until who owns the connection has said that it is good. */
	LOCKED = 7,
	OPEN = 8,
	/** A rule was broken: nothing passes any more. */
	BROKEN = 9,
}

/** What has gone out last. */
const enum Sent {
	NOTHING = 0,
	CLIENT_HELLO = 1,
	CHANGE_CIPHER_SPEC = 2,
	FINISHED = 3,
}

/** How keys are agreed on, which the cipher suite says. */
const enum Exchange {
	NONE = 0,
	RSA = 1,
	DHE = 2,
	ECDHE = 3,
	/** ECDHE, signed with ECDSA. */
	ECDHE_ECDSA = 4,
}

const enum Size {
	/** Bytes of a record's header, and of a message's. */
	RECORD = 5,
	MESSAGE = 4,
	/** Bytes of a record that is not encrypted, and of a message with its header, at most (section 6.2.1). */
	LONGEST = 16_384,
	/** Bytes that encryption adds: at most an IV of 16, a MAC of 32 and padding of 256, at least a nonce and a tag. */
	ADDED_MOST = 304,
	ADDED_LEAST = 24,
	ALERT = 2,
	/** Bytes of a session identifier at most. */
	SESSION_ID = 32,
	/** Bytes of a prime that is long enough for DHE: 2048 bits (RFC 9325, section 4.2). */
	PRIME = 256,
	/** Bytes of a point of secp256r1, not compressed. */
	POINT = 65,
}

/** Hash and signature algorithm (section 7.4.1.4.1), curve and form of points (RFC 8422), as they are offered. */
const enum Offered {
	SHA_256 = 4,
	RSA = 1,
	ECDSA = 3,
	NAMED_CURVE = 3,
	SECP256R1 = 23,
	UNCOMPRESSED = 4,
}

/** Where something stands in the body of a message. */
const enum At {
	/** In ServerHello, behind version and random. */
	SESSION_ID = 34,
	/** In ServerKeyExchange with ECDHE, behind the point. */
	ECDHE_SIGNATURE = 4 + Size.POINT,
	/** In none. */
	NOWHERE = 0x3fffffff,
}

/** A prime, its generator and a public key: the numbers of DHE. */
const NUMBERS = 3;

/** Says that the guard has stopped; why is in `reason`. One for all: an error costs garbage. */
const STOPPED = Object.freeze(new Error("TLS: stopped by the guard"));

/** How a suite agrees on keys; NONE: it is not offered. */
const exchangeOf = (suite: number): number => {
	switch (suite) {
		case 0x002f: // RSA with AES, CBC, SHA-1 and SHA-256
		case 0x0035:
		case 0x003c:
		case 0x003d:
			return Exchange.RSA;
		case 0x0067: // DHE_RSA with AES, CBC and GCM
		case 0x006b:
		case 0x009e:
			return Exchange.DHE;
		case 0xc027: // ECDHE_RSA with AES, CBC and GCM
		case 0xc02f:
			return Exchange.ECDHE;
		case 0xc02b: // ECDHE_ECDSA with AES, GCM
			return Exchange.ECDHE_ECDSA;
	}
	return Exchange.NONE;
};

export class Guard implements SessionSocket {
	// Hot fields first: XS looks for a field from the first one on.
	private step: number = Step.SERVER_HELLO;
	/** What stands in `head` for the session: from `position` to `end`. */
	private position = 0;
	private end = 0;
	/** Bytes of the body, of a record or message, that the session has not got yet. */
	private body = 0;
	/** Bytes of the record that are still in TCP. */
	private left = 0;
	/** Bytes that TCP has. */
	private available = 0;
	/** Bytes that went through in all: one sees whether any did. */
	moved = 0;
	/** Bytes of room in TCP. */
	room = 0;
	/** Bytes of the record's header that are there. */
	private got = 0;
	/** A record's header, and a message's behind it. */
	private readonly head: Uint8Array;
	/** The first of the two alone. */
	private readonly recordHead: Uint8Array;
	private readonly tcp: Stream;
	/** Bytes of an encrypted record at most. */
	private readonly longest: number;

	/** Why nothing passes any more. */
	reason: Reason | undefined = undefined;
	/** TCP has failed. */
	lost = false;
	private readonly one: Uint8Array;
	/** Bytes of the message's header that are there: it may come in several records. */
	private messageGot = 0;
	/** Bytes of the message's body in all. */
	private total = 0;
	/** Where in it the next bytes stand that are looked at. */
	private mark: number = At.NOWHERE;
	/** Two of them as a number. */
	private word = 0;
	/** Numbers of DHE that are known to come. */
	private numbers = 0;
	private exchange: number = Exchange.NONE;
	private sent: number = Sent.NOTHING;
	/** Of our flight, what TCP has had no room for yet. */
	private readonly waiting: Uint8Array[] = [];
	/** The broker's certificate is good. */
	private approved = false;
	/** The broker has asked for our certificate. */
	private requested = false;

	/** @param fragmentLength bytes of plaintext in a record at most */
	constructor(tcp: Stream, fragmentLength: number) {
		this.head = new Uint8Array(Size.RECORD + Size.MESSAGE);
		this.recordHead = new Uint8Array(this.head.buffer, 0, Size.RECORD);
		this.tcp = tcp;
		this.longest = fragmentLength + Size.ADDED_MOST;
		this.one = new Uint8Array(1);
	}

	// ---- what the owner of the connection says

	/** TCP has `count` bytes in all. */
	offer(count: number): void {
		this.available = count;
	}

	/** TCP has room for `count` bytes. Throws when it has failed after all. */
	makeRoom(count: number): void {
		this.room = count;
		this.flush();
	}

	/** Something waits for room. */
	get waits(): boolean {
		return this.waiting.length > 0;
	}

	/** The broker's certificate is good: our flight may go. */
	approve(): void {
		this.approved = true;
	}

	/** The broker's Finished is with the session; nothing comes until `open`. */
	get finished(): boolean {
		return this.step === Step.LOCKED;
	}

	/** The session has accepted Finished: application data may pass. Throws when that cannot be. */
	open(): void {
		if (this.step !== Step.LOCKED || !this.approved || this.waiting.length > 0) this.stop(TLS_PROTOCOL);
		this.step = Step.OPEN;
	}

	/** What is done ends here. */
	private stop(reason: Reason): never {
		this.step = Step.BROKEN;
		this.position = this.end = this.body = 0;
		this.reason ??= reason;
		throw STOPPED;
	}

	private lose(): never {
		this.lost = true;
		throw STOPPED;
	}

	// ---- what the session reads

	/** What it can have now: a header, or as much of a body as there is. */
	get readable(): number {
		if (this.position === this.end) {
			let count = this.body;
			if (count > 0) {
				if (this.left === 0) this.nextRecord();
				if (count > this.left) count = this.left;
				if (count > this.available) count = this.available;
				return count;
			}
			this.begin();
		}
		return this.end - this.position;
	}

	/** It counts down itself, what is known here. */
	set readable(_count: number) {}

	get writable(): number {
		return this.room;
	}

	set writable(_count: number) {}

	read(view: Uint8Array): number {
		const length = view.length;
		let count = this.readable;
		if (count > length) count = length;
		if (count === 0) return 0;
		this.moved += count;
		if (this.position === this.end) {
			this.fill(count === length ? view : view.subarray(0, count));
			if (this.step === Step.SERVER_HELLO || this.step === Step.SERVER_KEY_EXCHANGE) this.look(view, count);
			this.body -= count;
			this.left -= count;
		} else if (count === Size.RECORD && this.position === 0) {
			view.set(this.recordHead);
			this.position = count;
		} else {
			const head = this.head;
			for (let i = 0; i < count; i++) view[i] = head[this.position++];
		}
		if (this.body === 0) if (this.step !== Step.OPEN) if (this.position === this.end) this.pass();
		return count;
	}

	/** Reads what TCP has, which may be less than the view takes: 0 when nothing is there. */
	private take(view: Uint8Array): number {
		let count: number | undefined;
		try {
			count = this.tcp.read(view);
		} catch {
			this.lose();
		}
		if (count === undefined) {
			this.available = 0;
			return 0;
		}
		this.available -= count;
		return count;
	}

	/** Fills the view: TCP has said that it has as many bytes. */
	private fill(view: Uint8Array): void {
		let count = this.take(view);
		while (count < view.length) {
			const more = this.take(view.subarray(count));
			if (more === 0) this.lose();
			count += more;
		}
	}

	/** The next byte of the record, -1 when it is not there yet. */
	private takeByte(): number {
		if (this.available === 0 || this.take(this.one) === 0) return -1;
		this.left--;
		return this.one[0];
	}

	/** Reads on until the header of what comes next stands ready for the session, if it is there. */
	private begin(): void {
		const step = this.step;
		if (step >= Step.LOCKED) if (step !== Step.OPEN) return;
		if (this.left === 0) if (!this.nextRecord()) return;
		if (step >= Step.FINISHED) this.serve(Size.RECORD, this.left);
		else if (this.head[0] === Content.HANDSHAKE) this.beginMessage();
		else if (this.head[0] === Content.ALERT) this.takeAlert();
		else this.takeChange();
	}

	/** The first `end` bytes of `head`, and then `body` bytes from TCP, are the session's. */
	private serve(end: number, body: number): void {
		this.position = 0;
		this.end = end;
		this.body = body;
	}

	/** The header of the next record into `head`; false when it is not all there yet. */
	private nextRecord(): boolean {
		const head = this.head;
		let got = this.got;
		if (this.available === 0) return false;
		if (got === 0 && this.available >= Size.RECORD) got = this.take(this.recordHead);
		while (got < Size.RECORD) {
			// Who speaks no TLS may send no more than this.
			if (got > 0) this.checkContent(head[0]);
			this.got = got;
			if (this.available === 0 || this.take(this.one) === 0) return false;
			head[got++] = this.one[0];
		}
		this.got = 0;
		this.checkContent(head[0]);
		// The first record may say another version (appendix E.1).
		if (head[1] !== 3 || (head[2] !== 3 && this.step > Step.SERVER_HELLO)) this.stop(TLS_PROTOCOL);
		const length = (head[3] << 8) | head[4];
		if (this.step < Step.FINISHED) this.checkClear(head[0], length);
		else if (length > this.longest) this.stop(RECORD_TOO_LONG);
		else if (length < Size.ADDED_LEAST) this.stop(TLS_PROTOCOL);
		this.left = length;
		return true;
	}

	/** What such a record has in it may come now. */
	private checkContent(content: number): void {
		const step = this.step;
		if (step === Step.OPEN) {
			if (content === Content.APPLICATION_DATA || content === Content.ALERT) return;
		} else if (content === Content.HANDSHAKE) {
			if (step !== Step.CHANGE_CIPHER_SPEC) return;
		} else if (step !== Step.FINISHED && this.body === 0 && this.messageGot === 0) {
			if (content === Content.ALERT) return;
			if (content === Content.CHANGE_CIPHER_SPEC && step === Step.CHANGE_CIPHER_SPEC) return;
		}
		this.stop(TLS_PROTOCOL);
	}

	/** A record that is not encrypted may be as long. */
	private checkClear(content: number, length: number): void {
		if (length > Size.LONGEST) this.stop(RECORD_TOO_LONG);
		if (length === 0) this.stop(TLS_PROTOCOL);
		if (content === Content.CHANGE_CIPHER_SPEC && length !== 1) this.stop(TLS_PROTOCOL);
		if (content === Content.ALERT && length !== Size.ALERT) this.stop(TLS_PROTOCOL);
	}

	/** A message with its header, and in front the header of a record that has nothing else in it: a session reads no other. */
	private beginMessage(): void {
		const head = this.head;
		while (this.messageGot < Size.MESSAGE) {
			if (this.left === 0 && !this.nextRecord()) return;
			const byte = this.takeByte();
			if (byte < 0) return;
			if (this.messageGot === 0) this.checkMessage(byte);
			head[Size.RECORD + this.messageGot++] = byte;
		}
		this.messageGot = 0;
		const type = head[Size.RECORD];
		const length = (head[6] << 16) | (head[7] << 8) | head[8];
		const whole = Size.MESSAGE + length;
		if (whole > Size.LONGEST || (length === 0) !== (type === Message.SERVER_HELLO_DONE))
			this.stop(TLS_PROTOCOL);
		head[0] = Content.HANDSHAKE;
		head[1] = head[2] = 3;
		head[3] = whole >> 8;
		head[4] = whole;
		this.total = length;
		if (type === Message.SERVER_KEY_EXCHANGE)
			this.mark = this.exchange === Exchange.DHE ? 0 : At.ECDHE_SIGNATURE;
		this.serve(Size.RECORD + Size.MESSAGE, length);
	}

	/** A message of this type may come now. */
	private checkMessage(type: number): void {
		const step = this.step;
		if (step === Step.SERVER_HELLO && type === Message.SERVER_HELLO) return;
		if (step === Step.CERTIFICATE && type === Message.CERTIFICATE) return;
		if (step === Step.SERVER_KEY_EXCHANGE && type === Message.SERVER_KEY_EXCHANGE) return;
		if (step === Step.REQUEST && type === Message.CERTIFICATE_REQUEST) {
			this.requested = true;
			return;
		}
		if ((step === Step.REQUEST || step === Step.SERVER_HELLO_DONE) && type === Message.SERVER_HELLO_DONE) {
			this.step = Step.SERVER_HELLO_DONE;
			return;
		}
		this.stop(TLS_PROTOCOL);
	}

	/** The session has got all of a record, or message, of the handshake. */
	private pass(): void {
		const step = this.step;
		// What has to be in it has not come, or was not offered.
		if (step === Step.SERVER_HELLO && (this.exchange === Exchange.NONE || this.mark !== At.NOWHERE))
			this.stop(TLS_PROTOCOL);
		if (step === Step.SERVER_KEY_EXCHANGE && this.mark !== At.NOWHERE) this.stop(TLS_PROTOCOL);
		this.step = step + 1;
		if (this.step === Step.SERVER_KEY_EXCHANGE && this.exchange === Exchange.RSA) this.step = Step.REQUEST;
	}

	/** An alert that is not encrypted: the end. */
	private takeAlert(): void {
		const head = this.head;
		while (this.left > 0) {
			const at = Size.RECORD + Size.ALERT - this.left;
			const byte = this.takeByte();
			if (byte < 0) return;
			head[at] = byte;
		}
		this.stop(reasonOfAlert(head[5], head[6], this.sent === Sent.FINISHED, this.requested));
	}

	private takeChange(): void {
		const byte = this.takeByte();
		if (byte < 0) return;
		if (byte !== 1 || this.sent !== Sent.FINISHED) this.stop(TLS_PROTOCOL);
		this.head[Size.RECORD] = byte;
		this.serve(Size.RECORD + 1, 0);
	}

	// ---- what is looked at in messages

	/** The first `count` bytes of the view are the next ones of the message. */
	private look(view: Uint8Array, count: number): void {
		const from = this.total - this.body;
		for (let i = 0; i < count; i++)
			if (this.step === Step.SERVER_HELLO) this.lookAtHello(from + i, view[i]);
			else if (this.numbers < NUMBERS && this.exchange === Exchange.DHE)
				this.lookAtNumbers(from + i, view[i]);
			else this.lookAtExchange(from + i, view[i]);
	}

	/** ServerHello (section 7.4.1.3): version, random, session identifier, suite, compression, and maybe extensions. */
	private lookAtHello(at: number, byte: number): void {
		if (at < 2) {
			if (byte !== 3) this.stop(TLS_VERSION);
		} else if (at === At.SESSION_ID) {
			if (byte > Size.SESSION_ID) this.stop(TLS_PROTOCOL);
			this.mark = at + 1 + byte;
		} else if (at === this.mark) this.word = byte << 8;
		else if (at === this.mark + 1) this.exchange = exchangeOf(this.word | byte);
		else if (at === this.mark + 2) {
			if (byte !== 0) this.stop(TLS_PROTOCOL);
			this.mark = At.NOWHERE;
		}
	}

	/** ServerKeyExchange with DHE (section 7.4.3): three numbers with their lengths, then as with ECDHE. */
	private lookAtNumbers(at: number, byte: number): void {
		if (at === this.mark) this.word = byte << 8;
		else if (at === this.mark + 1) {
			const length = this.word | byte;
			if (length === 0) this.stop(TLS_PROTOCOL);
			if (length < Size.PRIME && this.numbers === 0) this.stop(WEAK_KEY_EXCHANGE);
			this.numbers++;
			this.mark = at + 1 + length;
		}
	}

	/** ServerKeyExchange with ECDHE (RFC 8422, section 5.4): curve, point, and what signs them. */
	private lookAtExchange(at: number, byte: number): void {
		const { mark, exchange } = this;
		if (at < mark) {
			if (exchange === Exchange.DHE) return;
			if (at === 0 && byte !== Offered.NAMED_CURVE) this.stop(TLS_PROTOCOL);
			if (at === 1 && byte !== 0) this.stop(TLS_PROTOCOL);
			if (at === 2 && byte !== Offered.SECP256R1) this.stop(TLS_PROTOCOL);
			if (at === 3 && byte !== Size.POINT) this.stop(TLS_PROTOCOL);
			if (at === 4 && byte !== Offered.UNCOMPRESSED) this.stop(TLS_PROTOCOL);
		} else if (at === mark) {
			if (byte !== Offered.SHA_256) this.stop(TLS_PROTOCOL);
		} else if (at === mark + 1) {
			if (byte !== (exchange === Exchange.ECDHE_ECDSA ? Offered.ECDSA : Offered.RSA)) this.stop(TLS_PROTOCOL);
		} else if (at === mark + 2) this.word = byte << 8;
		else if (at === mark + 3) {
			const length = this.word | byte;
			if (length === 0 || at + 1 + length !== this.total) this.stop(TLS_PROTOCOL);
			this.mark = At.NOWHERE;
		}
	}

	// ---- what the session writes

	/**
	 * Takes whole records. Our flight goes in one piece, from its Finished on: a broker that does not like its beginning
	 * closes, and the SDK's simulator on Linux does not survive a write to what is closed. What TCP has no room for goes
	 * when it has.
	 */
	write(bytes: Uint8Array): number {
		const { length } = bytes;
		const before = this.sent;
		for (let at = 0; at < length; ) {
			const end = at + Size.RECORD + ((bytes[at + 3] << 8) | bytes[at + 4]);
			if (end > length || bytes[at + 1] !== 3) this.stop(TLS_PROTOCOL);
			this.checkSent(bytes[at], bytes[at + Size.RECORD]);
			at = end;
		}
		this.moved += length;
		if (this.step === Step.OPEN) this.send(bytes);
		else {
			this.waiting.push(bytes.slice());
			const { sent } = this;
			if (bytes[0] === Content.ALERT || (sent !== before && sent !== Sent.CHANGE_CIPHER_SPEC)) this.flush();
		}
		return this.room;
	}

	/** A record may go now; `first` is the first byte of its body. */
	private checkSent(content: number, first: number): void {
		const { step, sent } = this;
		if (step === Step.OPEN) {
			if (content === Content.APPLICATION_DATA || content === Content.ALERT) return;
		} else if (step !== Step.BROKEN) {
			const mayGo = sent === Sent.CLIENT_HELLO && step === Step.CHANGE_CIPHER_SPEC && this.approved;
			if (content === Content.ALERT) return;
			if (content === Content.HANDSHAKE) {
				if (mayGo) return;
				if (sent === Sent.CHANGE_CIPHER_SPEC || (sent === Sent.NOTHING && first === Message.CLIENT_HELLO)) {
					this.sent = sent + 1;
					return;
				}
			} else if (content === Content.CHANGE_CIPHER_SPEC && mayGo) {
				this.sent = Sent.CHANGE_CIPHER_SPEC;
				return;
			}
		}
		this.stop(TLS_PROTOCOL);
	}

	private flush(): void {
		const { waiting, room } = this;
		if (waiting.length === 0 || room <= 0) return;
		let length = 0;
		for (let i = 0; i < waiting.length; i++) length += waiting[i].length;
		const all = new Uint8Array(length);
		length = 0;
		for (let i = 0; i < waiting.length; i++) {
			all.set(waiting[i], length);
			length += waiting[i].length;
		}
		waiting.length = 0;
		if (length > room) waiting.push(all.slice(room));
		this.send(length > room ? all.subarray(0, room) : all);
	}

	private send(bytes: Uint8Array): void {
		let room: number | undefined;
		try {
			room = this.tcp.write(bytes);
		} catch {
			this.lose();
		}
		if (room === undefined) this.lose();
		this.room = room as number;
	}
}
