// The web server's answer to the request (RFC 6455, section 4.1), byte by byte: lines of any length, in memory that does not
// grow. Knows no streams.

import type { Reason } from "../../wire/reason.js";
import { lower } from "./ascii.js";
import {
	ANSWER_TOO_LONG,
	HttpRefusal,
	NO_SUBPROTOCOL,
	NO_UPGRADE,
	NOT_HTTP,
	UNASKED_EXTENSION,
	WRONG_ACCEPT,
} from "./reasons.js";

const enum Code {
	TAB = 9,
	LF = 10,
	CR = 13,
	SPACE = 0x20,
	COMMA = 0x2c,
	ZERO = 0x30,
	ONE = 0x31,
	NINE = 0x39,
	COLON = 0x3a,
}

const enum Limit {
	/** Bytes of the answer, all of it. */
	ANSWER = 8192,
	/** Bytes of the longest name that matters. */
	NAME = 24,
}

const enum Status {
	SWITCHING_PROTOCOLS = 101,
}

/** What is read. */
const enum Part {
	STATUS = 0,
	/** What follows the status. */
	PHRASE = 1,
	NAME = 2,
	VALUE = 3,
}

/** Headers that matter, by their place in NAMES. */
const enum Field {
	UPGRADE = 0,
	CONNECTION = 1,
	ACCEPT = 2,
	PROTOCOL = 3,
	EXTENSIONS = 4,
	/** Any other. */
	NONE = 5,
}

const NAMES = Object.freeze([
	"upgrade",
	"connection",
	"sec-websocket-accept",
	"sec-websocket-protocol",
	"sec-websocket-extensions",
]);

/** How the answer begins; a digit, a space and the status follow. */
const VERSION = "HTTP/1.";
const enum At {
	MINOR = 7,
	SPACE = 8,
	STATUS = 9,
	STATUS_END = 12,
}

const UPGRADE = "websocket";
const CONNECTION = "upgrade";
const PROTOCOL = "mqtt";

const enum Match {
	/** What was read is something else. */
	NONE = -1,
}

export class Answer {
	private part = Part.STATUS;
	/** Bytes in all, and of the status line or the name at hand. */
	private count = 0;
	private length = 0;
	private status = 0;
	/** The name at hand, in small letters. */
	private readonly name = new Uint8Array(Limit.NAME);
	private field = Field.NONE;
	/** How far the value, or the token of a list, is what is expected. */
	private matched = 0;
	/** A space has come behind it. */
	private ended = false;
	/** Fields that were right, and that were wrong, a bit each. */
	private right = 0;
	private wrong = 0;
	/** What Sec-WebSocket-Accept has to be. */
	private readonly accept: Uint8Array;

	constructor(accept: Uint8Array) {
		this.accept = accept;
	}

	/** Takes the next byte: true when the answer is good and ends with it, a reason when it is not. */
	add(byte: number): Reason | boolean {
		if (++this.count > Limit.ANSWER) return ANSWER_TOO_LONG;
		if (this.part === Part.STATUS) return this.addStatus(byte);
		if (byte === Code.LF) return this.endLine();
		if (this.part === Part.NAME) this.addName(byte);
		else if (this.part === Part.VALUE && byte !== Code.CR) this.addValue(byte);
		return false;
	}

	private addStatus(byte: number): Reason | boolean {
		const at = this.length++;
		if (at < At.STATUS) {
			const good =
				at < At.MINOR
					? byte === VERSION.charCodeAt(at)
					: at < At.SPACE
						? byte >= Code.ONE && byte <= Code.NINE
						: byte === Code.SPACE;
			return good ? false : NOT_HTTP;
		}
		if (at < At.STATUS_END) {
			if (byte < Code.ZERO || byte > Code.NINE) return NOT_HTTP;
			this.status = this.status * 10 + byte - Code.ZERO;
			return false;
		}
		if (byte !== Code.SPACE && byte !== Code.CR && byte !== Code.LF) return NOT_HTTP;
		if (this.status !== Status.SWITCHING_PROTOCOLS) return new HttpRefusal(this.status);
		this.part = Part.PHRASE;
		return byte === Code.LF ? this.endLine() : false;
	}

	private addName(byte: number): void {
		if (byte === Code.COLON) {
			this.field = this.fieldAtHand();
			this.part = Part.VALUE;
			this.matched = 0;
			this.ended = false;
			return;
		}
		// A line of CR alone has no name.
		if (byte === Code.CR && this.length === 0) return;
		if (this.length < Limit.NAME) this.name[this.length] = lower(byte);
		this.length++;
	}

	private fieldAtHand(): Field {
		const { length, name } = this;
		for (let field = 0; field < Field.NONE; field++) {
			const wanted = NAMES[field];
			if (wanted.length !== length) continue;
			let i = 0;
			while (i < length && name[i] === wanted.charCodeAt(i)) i++;
			if (i === length) return field;
		}
		return Field.NONE;
	}

	/** The character that is expected at `at` of the current field, NaN behind the end. */
	private expected(at: number): number {
		if (this.field === Field.ACCEPT) return this.accept[at] ?? Number.NaN;
		const text =
			this.field === Field.UPGRADE ? UPGRADE : this.field === Field.CONNECTION ? CONNECTION : PROTOCOL;
		return text.charCodeAt(at);
	}

	private addValue(byte: number): void {
		const { field, matched } = this;
		if (field === Field.NONE) return;
		if (byte === Code.SPACE || byte === Code.TAB) {
			this.ended = matched !== 0;
			return;
		}
		// Any extension is one that was not asked for.
		if (field === Field.EXTENSIONS) this.wrong |= 1 << field;
		else if (field === Field.CONNECTION && byte === Code.COMMA) this.endToken();
		else {
			const code = field <= Field.CONNECTION ? lower(byte) : byte;
			this.matched =
				matched >= 0 && !this.ended && code === this.expected(matched) ? matched + 1 : Match.NONE;
		}
	}

	/** Whether the value, or the token, is all that is expected. */
	private get isRight(): boolean {
		return this.matched > 0 && Number.isNaN(this.expected(this.matched));
	}

	/** A token of a list ends. */
	private endToken(): void {
		if (this.isRight) this.right |= 1 << this.field;
		this.matched = 0;
		this.ended = false;
	}

	private endLine(): Reason | boolean {
		const { part, field } = this;
		if (part === Part.NAME && this.length === 0) return this.verdict();
		if (part === Part.VALUE && field < Field.EXTENSIONS) {
			const bit = 1 << field;
			// Only Connection is a list, also in several lines: of the others there is one value, once.
			if (field !== Field.CONNECTION && (!this.isRight || (this.right & bit) !== 0)) this.wrong |= bit;
			this.endToken();
		}
		this.part = Part.NAME;
		this.length = 0;
		return false;
	}

	private verdict(): Reason | true {
		const good = this.right & ~this.wrong;
		if ((good & (1 << Field.UPGRADE)) === 0 || (good & (1 << Field.CONNECTION)) === 0) return NO_UPGRADE;
		if ((good & (1 << Field.ACCEPT)) === 0) return WRONG_ACCEPT;
		if ((good & (1 << Field.PROTOCOL)) === 0) return NO_SUBPROTOCOL;
		return this.wrong === 0 || UNASKED_EXTENSION;
	}
}
