// Topic names and topic filters (section 4.7): checked and encoded once. Knows text and bytes only.

import { Limit } from "./protocol.js";
import { quote } from "./quote.js";
import { loneSurrogate, utf8Length, writeUtf8 } from "./utf8.js";

const enum Char {
	PLUS = 0x2b,
	SLASH = 0x2f,
	HASH = 0x23,
}

/**
 * `text` as a length-prefixed field (section 1.5.3): two bytes of length, then UTF-8.
 * Throws TypeError when it is no string, RangeError when it has a lone surrogate or null, or is longer than 65535 bytes.
 */
export const encodeField = (what: string, text: string): Uint8Array => {
	if (typeof text !== "string") throw new TypeError(`${what} must be a string, not ${typeof text}`);
	const length = utf8Length(text);
	if (length < 0) throw new RangeError(`${what} has ${loneSurrogate(text)}: it must be valid Unicode`);
	if (length > Limit.FIELD)
		throw new RangeError(`${what} has ${length} bytes of UTF-8: it must have at most ${Limit.FIELD}`);
	const field = new Uint8Array(2 + length);
	field[0] = length >> 8;
	field[1] = length;
	writeUtf8(text, field, 2);
	if (field.indexOf(0, 2) >= 0)
		throw new RangeError(`${what} ${quote(text)} has a null character, which MQTT forbids`);
	return field;
};

/** A topic name as a field. Throws when it breaks a rule of sections 4.7.3 and 3.3.2.1. */
export const encodeTopic = (what: string, name: string): Uint8Array => {
	const field = encodeField(what, name);
	if (field.length === 2) throw new RangeError(`${what} is empty: it must have at least one character`);
	if (field.indexOf(Char.PLUS, 2) >= 0 || field.indexOf(Char.HASH, 2) >= 0)
		throw new RangeError(`${what} "${name}" has a wildcard: + and # belong in topic filters only`);
	return field;
};

/**
 * A topic name, checked and encoded once, at construction (sections 4.7.3 and 3.3.2.1).
 * Throws when the name is empty, has a wildcard (`+`, `#`) or a null character, is not valid Unicode,
 * or is longer than 65535 bytes.
 */
export class Topic {
	readonly name: string;
	/** Two bytes of length, then the name in UTF-8: as it stands in a packet. */
	readonly field: Uint8Array;

	constructor(name: string) {
		const field = encodeTopic("topic name", name);
		this.name = name;
		this.field = field;
	}

	/** The topic name. */
	toString(): string {
		return this.name;
	}
}

/**
 * `filter` as a length-prefixed field. Throws when it breaks a rule of section 4.7.1: `#` only as the last level,
 * `+` and `#` only as whole levels, at least one character.
 */
export const encodeFilter = (filter: string): Uint8Array => {
	const field = encodeField("topic filter", filter);
	const end = field.length;
	if (end === 2) throw new RangeError("topic filter is empty: it must have at least one character");
	for (let i = 2; i < end; i++) {
		const byte = field[i];
		if (byte !== Char.PLUS && byte !== Char.HASH) continue;
		const first = i === 2 || field[i - 1] === Char.SLASH;
		const last = i + 1 === end || (byte === Char.PLUS && field[i + 1] === Char.SLASH);
		if (!first || !last)
			throw new RangeError(
				`topic filter "${filter}": + must fill a whole level, # must fill the last level (section 4.7.1)`,
			);
	}
	return field;
};

/** Whether a field of a valid topic filter has a wildcard. */
export const hasWildcard = (field: Uint8Array): boolean => {
	return field.indexOf(Char.PLUS, 2) >= 0 || field.indexOf(Char.HASH, 2) >= 0;
};

/** Whether the first `length` bytes have a character that only filters may have. */
export const hasWildcardByte = (bytes: Uint8Array, length: number): boolean => {
	const plus = bytes.indexOf(Char.PLUS);
	if (plus >= 0 && plus < length) return true;
	const hash = bytes.indexOf(Char.HASH);
	return hash >= 0 && hash < length;
};

/** Whether the topic name in the first `length` bytes of `name` matches the filter in `field` (section 4.7). */
export const matches = (field: Uint8Array, name: Uint8Array, length: number): boolean => {
	const end = field.length;
	// A wildcard at the front does not match names that begin with $ (section 4.7.2).
	if (name[0] === 0x24 && field[2] !== 0x24) return false;
	let at = 0;
	for (let i = 2; i < end; i++) {
		const byte = field[i];
		if (byte === Char.HASH) return true;
		if (byte === Char.PLUS) {
			while (at < length && name[at] !== Char.SLASH) at++;
		} else if (at < length && name[at] === byte) at++;
		// "a/#" matches its parent "a" (section 4.7.1.2).
		else return at === length && byte === Char.SLASH && i + 2 === end && field[i + 1] === Char.HASH;
	}
	return at === length;
};
