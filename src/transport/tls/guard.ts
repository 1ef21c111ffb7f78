// Stands between a TLS session and TCP, and lets pass what belongs to a good handshake of TLS 1.2 (RFC 5246) and what may
// come after it, nothing else. Sees the headers of records and, of what is not encrypted, those of messages and a few
// bytes more; holds no message that comes. Knows no keys and no certificates.

import type { Reason } from "../../wire/reason.js";
import type { Stream } from "../stream.js";
import { reasonOfAlert } from "./alert.js";
import type { SessionSocket } from "./capability.js";
import {
	CHAIN_TOO_LONG,
	CIPHER_SUITE,
	RECORD_TOO_LONG,
	TLS_PROTOCOL,
	TLS_VERSION,
	TOO_MANY_AUTHORITIES,
	WRONG_SIGNATURE,
} from "./reasons.js";

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
	/** Nothing, until the owner has accepted the connection. */
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

/**
 * Cipher suites that may be chosen (RFC 5289): keys that die with the connection, records that are authenticated as a whole.
 * They differ in how the broker signs its part of the key exchange.
 */
const enum Suite {
	NONE = 0,
	ECDHE_RSA_WITH_AES_128_GCM_SHA256 = 0xc02f,
	ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = 0xc02b,
}

/** Checks whether the broker is the right one, and has the key of its certificate. */
export interface Approver {
	/** Whether that key has made `signature` of `content`. */
	hasSigned(content: Uint8Array, signature: Uint8Array): boolean;
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
	/** Bytes of a random number of a Hello (section 7.4.1.2). */
	RANDOM = 32,
	/** Bytes of a message ServerKeyExchange at most: its signature is of an RSA key with 4096 bits. */
	KEY_EXCHANGE = 4 + 65 + 4 + 512,
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

/**
 * Bytes of length in a message: a session makes an object of each thing that has one, before anybody judges. Thousands of
 * empty ones would take all of a board's memory, and an attacker could send them.
 */
const enum Lengths {
	/** In Certificate three for each certificate, of 8. */
	CERTIFICATES = 3 * 8,
	/** In CertificateRequest five before the names of authorities, and two for each of those, of 256. */
	REQUEST = 5 + 2 * 256,
}

/** Where something stands in the body of a message. */
const enum At {
	/** In a Hello, behind the version. */
	RANDOM = 2,
	/** In Certificate, behind the length of all. */
	CERTIFICATES = 3,
	/** In ServerHello, behind version and random. */
	SESSION_ID = RANDOM + Size.RANDOM,
	/** In ServerKeyExchange, behind the point: hash and algorithm of the signature, its length, and itself. */
	HASH = 4 + Size.POINT,
	LENGTH = HASH + 2,
	SIGNATURE = LENGTH + 2,
	/** In none. */
	NOWHERE = 0x3fffffff,
}

/** Says that the guard has stopped; why is in `reason`. One for all: an error costs garbage. */
const STOPPED = Object.freeze(new Error("TLS: stopped by the guard"));

export class Guard implements SessionSocket {
	// Hot fields first: XS looks for a field from the first one on.
	private step: number = Step.SERVER_HELLO;
	/** What stands in `head` for the session: from `position` to `end`. */
	private position = 0;
	private end = 0;
	/** Bytes of the body, of a record or message, that the session has not got yet. */
	private body = 0;
	/** Bytes of the record that are still in TCP. */
	private bytesLeft = 0;
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
	/** Bytes of an encrypted record at most, and of what is in one. */
	private readonly longest: number;
	private readonly fragmentLength: number;

	/** Why nothing passes any more. */
	reason: Reason | undefined = undefined;
	/** TCP has failed. */
	lost = false;
	private readonly one: Uint8Array;
	/** Bytes of the message's header that are there: it may come in several records. */
	private messageGot = 0;
	/** Bytes of the message's body in all. */
	private total = 0;
	/** Where in it the next bytes stand that are checked. */
	private mark: number = At.NOWHERE;
	/** Two or three of them as a number. */
	private word = 0;
	/** Bytes of length that the message has had. */
	private lengths = 0;
	private suite: number = Suite.NONE;
	/** What the broker signs: both random numbers, and behind them its ServerKeyExchange. */
	private signed: Uint8Array | undefined;
	private sent: number = Sent.NOTHING;
	/** Of our flight, what TCP has had no room for yet. */
	private readonly waiting: Uint8Array[] = [];
	/** The broker's certificate is good, as this has said. */
	private approver: Approver | undefined = undefined;
	/** The broker has asked for our certificate. */
	private requested = false;

	/** @param fragmentLength bytes of plaintext in a record at most */
	constructor(tcp: Stream, fragmentLength: number) {
		this.head = new Uint8Array(Size.RECORD + Size.MESSAGE);
		this.recordHead = new Uint8Array(this.head.buffer, 0, Size.RECORD);
		this.tcp = tcp;
		this.longest = fragmentLength + Size.ADDED_MOST;
		this.fragmentLength = fragmentLength;
		this.one = new Uint8Array(1);
		this.signed = new Uint8Array(2 * Size.RANDOM + Size.KEY_EXCHANGE);
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

	/** The broker's certificate is good; `approver` says next whether the broker has its key. */
	approve(approver: Approver): void {
		this.approver = approver;
	}

	/** The broker's Finished is with the session; nothing comes until `open`. */
	get finished(): boolean {
		return this.step === Step.LOCKED;
	}

	/** The session has accepted Finished: application data may pass. Throws when that cannot be. */
	open(): void {
		if (this.step !== Step.LOCKED || this.waiting.length > 0) this.stop(TLS_PROTOCOL);
		this.step = Step.OPEN;
		this.approver = undefined;
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
				if (this.bytesLeft === 0) this.nextRecord();
				if (count > this.bytesLeft) count = this.bytesLeft;
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
			if (this.step <= Step.REQUEST) this.look(view, count);
			this.body -= count;
			this.bytesLeft -= count;
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
		this.bytesLeft--;
		return this.one[0];
	}

	/** Reads on until the header of what comes next stands ready for the session, if it is there. */
	private begin(): void {
		const step = this.step;
		if (step >= Step.LOCKED) if (step !== Step.OPEN) return;
		if (this.bytesLeft === 0) if (!this.nextRecord()) return;
		if (step >= Step.FINISHED) this.serve(Size.RECORD, this.bytesLeft);
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
			// A server without TLS may send no more than this.
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
		this.bytesLeft = length;
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
			if (this.bytesLeft === 0 && !this.nextRecord()) return;
			const byte = this.takeByte();
			if (byte < 0) return;
			if (this.messageGot === 0) this.checkMessage(byte);
			head[Size.RECORD + this.messageGot++] = byte;
		}
		this.messageGot = 0;
		const type = head[Size.RECORD];
		const length = (head[6] << 16) | (head[7] << 8) | head[8];
		const whole = Size.MESSAGE + length;
		if (whole > Size.LONGEST) this.stopAtLength(type);
		if ((length === 0) !== (type === Message.SERVER_HELLO_DONE)) this.stop(TLS_PROTOCOL);
		if (type === Message.SERVER_KEY_EXCHANGE && length > Size.KEY_EXCHANGE) this.stop(TLS_PROTOCOL);
		head[0] = Content.HANDSHAKE;
		head[1] = head[2] = 3;
		head[3] = whole >> 8;
		head[4] = whole;
		this.total = length;
		if (type === Message.CERTIFICATE) this.mark = At.CERTIFICATES;
		else if (type === Message.CERTIFICATE_REQUEST) this.mark = 0;
		this.lengths = this.word = 0;
		this.serve(Size.RECORD + Size.MESSAGE, length);
	}

	/** A message of this type is longer than any may be. */
	private stopAtLength(type: number): never {
		if (type === Message.CERTIFICATE) this.stop(CHAIN_TOO_LONG);
		return this.stop(type === Message.CERTIFICATE_REQUEST ? TOO_MANY_AUTHORITIES : TLS_PROTOCOL);
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
		// What has to be in it has not come.
		if (step === Step.SERVER_HELLO && (this.suite === Suite.NONE || this.mark !== At.NOWHERE))
			this.stop(TLS_PROTOCOL);
		if (step === Step.SERVER_KEY_EXCHANGE) this.checkSignature();
		this.step = step + 1;
	}

	/** The broker has the key of its certificate: what it wants to agree on is signed with it (RFC 8422, section 5.4). */
	private checkSignature(): void {
		const { total } = this;
		const signed = this.signed!;
		const key = 2 * Size.RANDOM;
		const length = (signed[key + At.LENGTH] << 8) | signed[key + At.LENGTH + 1];
		if (total < At.SIGNATURE || At.SIGNATURE + length !== total) this.stop(TLS_PROTOCOL);
		const content = signed.subarray(0, key + At.HASH);
		const signature = signed.subarray(key + At.SIGNATURE, key + total);
		this.signed = undefined;
		const { approver } = this;
		if (approver === undefined) this.stop(TLS_PROTOCOL);
		else if (!approver.hasSigned(content, signature)) this.stop(WRONG_SIGNATURE);
	}

	/** An alert that is not encrypted: the end. */
	private takeAlert(): void {
		const head = this.head;
		while (this.bytesLeft > 0) {
			const at = Size.RECORD + Size.ALERT - this.bytesLeft;
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

	// ---- what is checked in messages

	/** The first `count` bytes of the view are the next ones of the message. */
	private look(view: Uint8Array, count: number): void {
		const { step } = this;
		const from = this.total - this.body;
		if (step === Step.CERTIFICATE) this.countCertificates(from, view, count);
		else if (step === Step.REQUEST) this.countNames(from, view, count);
		else
			for (let i = 0; i < count; i++)
				if (step === Step.SERVER_HELLO) this.lookAtHello(from + i, view[i]);
				else this.lookAtExchange(from + i, view[i]);
	}

	/** Certificate (section 7.4.2): how many there are. */
	private countCertificates(from: number, view: Uint8Array, count: number): void {
		while (this.mark < from + count) {
			if (this.lengths === Lengths.CERTIFICATES) this.stop(CHAIN_TOO_LONG);
			this.word = ((this.word << 8) | view[this.mark++ - from]) & 0xff_ffff;
			if (++this.lengths % 3 === 0) this.mark += this.word;
		}
	}

	/** CertificateRequest (section 7.4.4): types, signature algorithms, and how many names of authorities there are. */
	private countNames(from: number, view: Uint8Array, count: number): void {
		while (this.mark < from + count) {
			if (this.lengths === Lengths.REQUEST) this.stop(TOO_MANY_AUTHORITIES);
			this.word = ((this.word << 8) | view[this.mark++ - from]) & 0xffff;
			const lengths = ++this.lengths;
			// The types have one byte of it, and the names together two, which say nothing of one.
			if (lengths === 1) this.mark += this.word;
			else if ((lengths & 1) !== 0 && lengths !== 5) this.mark += this.word;
		}
	}

	/** ServerHello (section 7.4.1.3): version, random, session identifier, suite, compression, and maybe extensions. */
	private lookAtHello(at: number, byte: number): void {
		if (at < At.RANDOM) {
			if (byte !== 3) this.stop(TLS_VERSION);
		} else if (at < At.SESSION_ID) this.signed![Size.RANDOM + at - At.RANDOM] = byte;
		else if (at === At.SESSION_ID) {
			if (byte > Size.SESSION_ID) this.stop(TLS_PROTOCOL);
			this.mark = at + 1 + byte;
		} else if (at === this.mark) this.word = byte << 8;
		else if (at === this.mark + 1) {
			const suite = this.word | byte;
			if (
				suite !== Suite.ECDHE_RSA_WITH_AES_128_GCM_SHA256 &&
				suite !== Suite.ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
			)
				this.stop(CIPHER_SUITE);
			this.suite = suite;
		} else if (at === this.mark + 2) {
			if (byte !== 0) this.stop(TLS_PROTOCOL);
			this.mark = At.NOWHERE;
		}
	}

	/** ServerKeyExchange (RFC 8422, section 5.4): curve, point, and what signs them. */
	private lookAtExchange(at: number, byte: number): void {
		let wanted = byte;
		if (at === 0) wanted = Offered.NAMED_CURVE;
		else if (at === 1) wanted = 0;
		else if (at === 2) wanted = Offered.SECP256R1;
		else if (at === 3) wanted = Size.POINT;
		else if (at === 4) wanted = Offered.UNCOMPRESSED;
		else if (at === At.HASH) wanted = Offered.SHA_256;
		else if (at === At.HASH + 1)
			wanted = this.suite === Suite.ECDHE_RSA_WITH_AES_128_GCM_SHA256 ? Offered.RSA : Offered.ECDSA;
		if (byte !== wanted) this.stop(TLS_PROTOCOL);
		this.signed![2 * Size.RANDOM + at] = byte;
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
			if (this.step !== Step.OPEN)
				if (before === Sent.CLIENT_HELLO && this.sent === before) this.hold(bytes, at, end);
				else this.waiting.push(bytes.slice(at, end));
			at = end;
		}
		if (before === Sent.NOTHING && this.sent === Sent.CLIENT_HELLO) this.keepRandom(bytes);
		this.moved += length;
		if (this.step === Step.OPEN) this.send(bytes);
		else {
			const { sent } = this;
			if (bytes[0] === Content.ALERT || (sent !== before && sent !== Sent.CHANGE_CIPHER_SPEC)) this.flush();
		}
		return this.room;
	}

	/**
	 * A record that is not encrypted, in records as short as was agreed: a session makes one of our certificates, whatever
	 * length they have, and a broker that has agreed takes no longer one (RFC 6066, section 4).
	 */
	private hold(bytes: Uint8Array, start: number, end: number): void {
		const { fragmentLength } = this;
		for (let at = start + Size.RECORD; at < end; at += fragmentLength) {
			const length = Math.min(fragmentLength, end - at);
			const part = new Uint8Array(Size.RECORD + length);
			part.set(bytes.subarray(start, start + Size.RECORD));
			part[3] = length >> 8;
			part[4] = length;
			part.set(bytes.subarray(at, at + length), Size.RECORD);
			this.waiting.push(part);
		}
	}

	/** Of ClientHello, the random number. */
	private keepRandom(hello: Uint8Array): void {
		const at = Size.RECORD + Size.MESSAGE + At.RANDOM;
		if (hello.length < at + Size.RANDOM) this.stop(TLS_PROTOCOL);
		this.signed!.set(hello.subarray(at, at + Size.RANDOM));
	}

	/** A record may go now; `first` is the first byte of its body. */
	private checkSent(content: number, first: number): void {
		const { step, sent } = this;
		if (step === Step.OPEN) {
			if (content === Content.APPLICATION_DATA || content === Content.ALERT) return;
		} else if (step !== Step.BROKEN) {
			const mayGo = sent === Sent.CLIENT_HELLO && step === Step.CHANGE_CIPHER_SPEC;
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
