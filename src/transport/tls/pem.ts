// Reads PEM (RFC 7468) with a base64 of its own. Knows no certificates and no keys: what a block is, its label says.

import { decodeText, encodeText } from "../../wire/utf8.js";
import { view } from "./der.js";

/** What stands between a BEGIN and an END. */
export interface Block {
	/** As "CERTIFICATE" or "PRIVATE KEY". */
	label: string;
	der: Uint8Array;
}

const enum Char {
	SPACE = 0x20,
	HYPHEN = 0x2d,
	ZERO = 0x30,
	NINE = 0x39,
	COLON = 0x3a,
	UPPER_A = 0x41,
	UPPER_Z = 0x5a,
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
	// A copy in any case: it is decoded in place. A Buffer's slice would be none.
	const bytes = typeof text === "string" ? encodeText(text) : new Uint8Array(text);
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
		const colon = bytes.indexOf(Char.COLON, body);
		if (colon >= 0 && colon < bodyEnd)
			throw new RangeError(
				`${what} has a block "${label}" with headers, as encrypted keys have: decrypt it with openssl pkey`,
			);
		blocks.push({ label, der: decode(bytes, body, bodyEnd, `${what} has a block "${label}"`) });
		at = end + label.length;
	}
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

const enum Code {
	/** Below it: the 6 bits that a character stands for. */
	SPACE = 0x40,
	PADDING = 0x41,
}

/** What the characters of ASCII are in base64 (RFC 4648, section 4); 0xff: nothing. A table, since there are thousands. */
const CODES = new Uint8Array([
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x40, 0x40, 0x40, 0x40, 0x40, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x40, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3e, 0xff, 0xff, 0xff, 0x3f, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39,
	0x3a, 0x3b, 0x3c, 0x3d, 0xff, 0xff, 0xff, 0x41, 0xff, 0xff, 0xff, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
	0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
	0x19, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24,
	0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x30, 0x31, 0x32, 0x33, 0xff, 0xff, 0xff,
	0xff, 0xff,
]);

/** Base64 with white space anywhere: the bytes take its place, from `start` on. Returns a copy of them. */
const decode = (bytes: Uint8Array, start: number, end: number, what: string): Uint8Array => {
	let to = start;
	let bits = 0;
	let value = 0;
	let count = 0;
	let padding = 0;
	for (let i = start; i < end; i++) {
		const code = CODES[bytes[i]];
		if (code < Code.SPACE && padding === 0) {
			value = (value << 6) | code;
			bits += 6;
			count++;
			if (bits >= 8) {
				bits -= 8;
				bytes[to++] = value >> bits;
				value &= 0xff;
			}
		} else if (code === Code.PADDING) padding++;
		else if (code !== Code.SPACE) throw new RangeError(`${what} that is not base64`);
	}
	// The last group is filled up to four characters, with bits that are 0.
	if (((count + padding) & 3) !== 0 || padding > 2 || (value & ((1 << bits) - 1)) !== 0)
		throw new RangeError(`${what} that is not base64, or was cut`);
	const size = to - start;
	if (size > Most.DER) throw new RangeError(`${what} of ${size} bytes: ${Most.DER} are the most`);
	return bytes.slice(start, to);
};
