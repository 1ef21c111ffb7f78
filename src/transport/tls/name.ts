// Whether a certificate is for a host: RFC 9525 and, for addresses, RFC 5280, section 4.2.1.6. Knows no signatures.

import { utf8Length, writeUtf8 } from "../../wire/utf8.js";
import type { Certificate } from "./certificate.js";
import { Reader, same, Tag } from "./der.js";

const enum Char {
	STAR = 0x2a,
	HYPHEN = 0x2d,
	DOT = 0x2e,
	ZERO = 0x30,
	NINE = 0x39,
	UPPER_A = 0x41,
	UPPER_Z = 0x5a,
	UNDERSCORE = 0x5f,
	LOWER_A = 0x61,
	LOWER_Z = 0x7a,
}

const enum Most {
	/** Characters of a host name (RFC 1123, section 2.1). */
	NAME = 253,
	LABEL = 63,
}

const enum General {
	DNS_NAME = Tag.CONTEXT + 2,
	IP_ADDRESS = Tag.CONTEXT + 7,
}

/** A host as certificates have it. */
export interface Host {
	/** A name in lower case, without a dot at the end; or the 4 bytes of an IPv4 address. */
	bytes: Uint8Array;
	/** Of the alternative name that it has to be. */
	tag: number;
}

const lower = (char: number): number => (char >= Char.UPPER_A && char <= Char.UPPER_Z ? char + 0x20 : char);

const isDigit = (char: number): boolean => char >= Char.ZERO && char <= Char.NINE;

/**
 * The host with that name, or that IPv4 address. Undefined when it is neither: letters of other scripts have to be given as
 * punycode (xn--...).
 */
export const encodeHost = (name: string): Host | undefined => {
	let length = utf8Length(name);
	if (length < 1 || length > Most.NAME + 1) return undefined;
	const text = new Uint8Array(length);
	writeUtf8(name, text, 0);
	if (text[length - 1] === Char.DOT) length--;
	if (length > Most.NAME) return undefined;
	let label = 0;
	let numeric = true; // the label at hand
	for (let i = 0; i < length; i++) {
		const char = lower(text[i]);
		text[i] = char;
		if (char === Char.DOT) {
			if (i === label || i - label > Most.LABEL) return undefined;
			label = i + 1;
			numeric = true;
		} else if (!isDigit(char)) {
			numeric = false;
			if (char !== Char.HYPHEN && char !== Char.UNDERSCORE && !(char >= Char.LOWER_A && char <= Char.LOWER_Z))
				return undefined;
		}
	}
	if (length === label || length - label > Most.LABEL) return undefined;
	// What ends in a number is an address, or nothing: no top level domain is one.
	if (numeric) return encodeAddress(text);
	return { bytes: length === text.length ? text : text.slice(0, length), tag: General.DNS_NAME };
};

/** Whether it is a name, and no address. */
export const isHostName = (name: string): boolean => encodeHost(name)?.tag === General.DNS_NAME;

/** The bytes of an IPv4 address in its usual form, undefined when it is none: no zeros in front, which some take for octal. */
const encodeAddress = (text: Uint8Array): Host | undefined => {
	const bytes = new Uint8Array(4);
	let count = 0;
	let begin = 0;
	let value = 0;
	for (let i = 0; i <= text.length; i++) {
		if (i < text.length && isDigit(text[i])) {
			if (i > begin && value === 0) return undefined;
			value = 10 * value + text[i] - Char.ZERO;
			if (value > 255) return undefined;
		} else {
			if (i === begin || count === 4 || (i < text.length && text[i] !== Char.DOT)) return undefined;
			bytes[count++] = value;
			begin = i + 1;
			value = 0;
		}
	}
	return count === 4 ? { bytes, tag: General.IP_ADDRESS } : undefined;
};

/** Whether the broker's own certificate is for that host. Its common name does not count (RFC 9525, section 2). */
export const hasName = (certificate: Certificate, host: Host): boolean => {
	const reader = new Reader(certificate.der, certificate.names, certificate.namesEnd);
	while (reader.tag() !== 0) {
		const tag = reader.tag();
		reader.skip(tag);
		if (tag !== host.tag) continue;
		if (
			tag === General.DNS_NAME
				? matches(reader, host.bytes)
				: same(reader.bytes, reader.start, reader.position, host.bytes)
		)
			return true;
	}
	return false;
};

/** Whether the name that was read last is `host`, or a wildcard that takes it (RFC 9525, section 6.3). */
const matches = ({ bytes, start, position }: Reader, host: Uint8Array): boolean => {
	let from = 0;
	if (bytes[start] === Char.STAR) {
		// It stands for the first label, whole, and for one only. Two labels must follow it: nobody owns all of "*.com".
		start++;
		while (from < host.length && host[from] !== Char.DOT) from++;
		let dots = 0;
		for (let i = start; i < position; i++) if (bytes[i] === Char.DOT) dots++;
		if (dots < 2) return false;
	}
	if (position - start !== host.length - from) return false;
	for (; start < position; start++, from++) if (lower(bytes[start]) !== host[from]) return false;
	return true;
};
