// Reads PEM (RFC 7468) with a base64 of its own. Knows no certificates and no keys: what a block is, its label says.

import { decodeText, utf8Length, writeUtf8 } from "../../wire/utf8.js";
import { view } from "./der.js";

/** What stands between a BEGIN and an END. */
export interface Block {
	/** As "CERTIFICATE" or "PRIVATE KEY". */
	label: string;
	der: Uint8Array;
}

const enum Char {
	TAB = 0x09,
	LINE_FEED = 0x0a,
	SPACE = 0x20,
	PLUS = 0x2b,
	HYPHEN = 0x2d,
	SLASH = 0x2f,
	ZERO = 0x30,
	NINE = 0x39,
	COLON = 0x3a,
	EQUALS = 0x3d,
	UPPER_A = 0x41,
	UPPER_Z = 0x5a,
	LOWER_A = 0x61,
	LOWER_Z = 0x7a,
}

const enum Most {
	/** Characters of a label. */
	LABEL = 32,
	/** Bytes of a block: nothing that is longer can be used. */
	DER = 16_384,
}

const HYPHENS = new Uint8Array([Char.HYPHEN, Char.HYPHEN, Char.HYPHEN, Char.HYPHEN, Char.HYPHEN]);
/** "BEGIN " and "END ". */
const BEGIN = new Uint8Array([0x42, 0x45, 0x47, 0x49, 0x4e, Char.SPACE]);
const END = new Uint8Array([0x45, 0x4e, 0x44, Char.SPACE]);

/**
 * The blocks of a text, in their order; what stands outside of them does not count. Throws RangeError, which begins with
 * `what` and shows nothing of what a block holds. Allocates them, and a copy of `text`.
 */
export const readPem = (what: string, text: string | Uint8Array): Block[] => {
	const bytes = typeof text === "string" ? encode(text) : text;
	const blocks: Block[] = [];
	for (let at = 0; ; ) {
		const begin = findLine(bytes, at, BEGIN);
		if (begin < 0) return blocks;
		const labelEnd = endOfLabel(bytes, begin);
		const body = labelEnd + HYPHENS.length;
		if (labelEnd < 0)
			throw new RangeError(`${what} has a line -----BEGIN without a label and five hyphens behind it`);
		const label = decodeText(view(bytes, begin, labelEnd), labelEnd - begin);
		const end = findLine(bytes, body, END);
		const bodyEnd = end - END.length - HYPHENS.length;
		if (
			end < 0 ||
			!continues(bytes, end, bytes, begin, labelEnd) ||
			endOfLabel(bytes, end) !== end + labelEnd - begin
		)
			throw new RangeError(
				`${what} has a block "${label}" without its line -----END: it was cut, or copied in part`,
			);
		for (let i = body; i < bodyEnd; i++)
			if (bytes[i] === Char.COLON)
				throw new RangeError(
					`${what} has a block "${label}" with headers, as encrypted keys have: decrypt it with openssl pkey`,
				);
		blocks.push({ label, der: decode(bytes, body, bodyEnd, `${what} has a block "${label}"`) });
		at = end + label.length;
	}
};

const encode = (text: string): Uint8Array => {
	const length = utf8Length(text);
	const bytes = new Uint8Array(length < 0 ? ~length : length);
	writeUtf8(text, bytes, 0);
	return bytes;
};

/** Whether at `at` stand those bytes of `other`. */
const continues = (
	bytes: Uint8Array,
	at: number,
	other: Uint8Array,
	start = 0,
	end = other.length,
): boolean => {
	for (; start < end; start++, at++) if (bytes[at] !== other[start]) return false;
	return true;
};

/** Where the label behind five hyphens and `word` begins; -1: nowhere. */
const findLine = (bytes: Uint8Array, at: number, word: Uint8Array): number => {
	for (;;) {
		at = bytes.indexOf(Char.HYPHEN, at);
		if (at < 0) return -1;
		if (continues(bytes, at, HYPHENS) && continues(bytes, at + HYPHENS.length, word))
			return at + HYPHENS.length + word.length;
		at++;
	}
};

/** Where the label that begins there ends; -1: it is none. */
const endOfLabel = (bytes: Uint8Array, at: number): number => {
	for (const most = at + Most.LABEL; at <= most; at++) {
		const char = bytes[at];
		if (char === Char.HYPHEN) return continues(bytes, at, HYPHENS) ? at : -1;
		const known =
			(char >= Char.UPPER_A && char <= Char.UPPER_Z) ||
			(char >= Char.ZERO && char <= Char.NINE) ||
			char === Char.SPACE;
		if (!known) return -1;
	}
	return -1;
};

/** The 6 bits that a character stands for; below 0: none. */
const sextet = (char: number): number => {
	if (char >= Char.LOWER_A) return char <= Char.LOWER_Z ? char - Char.LOWER_A + 26 : -1;
	if (char >= Char.UPPER_A) return char <= Char.UPPER_Z ? char - Char.UPPER_A : -1;
	if (char >= Char.ZERO) return char <= Char.NINE ? char - Char.ZERO + 52 : -1;
	return char === Char.PLUS ? 62 : char === Char.SLASH ? 63 : -1;
};

const isSpace = (char: number): boolean => char === Char.SPACE || (char >= Char.TAB && char <= 0x0d);

/** Base64 (RFC 4648, section 4), with white space anywhere. */
const decode = (bytes: Uint8Array, start: number, end: number, what: string): Uint8Array => {
	let count = 0;
	for (let i = start; i < end; i++) if (sextet(bytes[i]) >= 0) count++;
	const size = (count * 6) >> 3;
	if (size > Most.DER) throw new RangeError(`${what} of ${size} bytes: ${Most.DER} are the most`);
	const der = new Uint8Array(size);
	let to = 0;
	let bits = 0;
	let value = 0;
	let padding = 0;
	for (let i = start; i < end; i++) {
		const char = bytes[i];
		if (isSpace(char)) continue;
		const six = sextet(char);
		if (char === Char.EQUALS) padding++;
		else if (six < 0 || padding > 0) throw new RangeError(`${what} that is not base64`);
		else {
			value = ((value << 6) | six) & 0xffff;
			bits += 6;
			if (bits >= 8) {
				bits -= 8;
				der[to++] = value >> bits;
			}
		}
	}
	// The last group is filled up to four characters, with bits that are 0.
	if (((count + padding) & 3) !== 0 || padding > 2 || (value & ((1 << bits) - 1)) !== 0)
		throw new RangeError(`${what} that is not base64, or was cut`);
	return der;
};
