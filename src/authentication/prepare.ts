// User names and passwords as SCRAM wants them: SASLprep (RFC 4013), as far as it goes on a board. Knows text only.

import { utf8Length, writeUtf8 } from "../wire/utf8.js";

/** Spaces that become U+0020 (RFC 3454, table C.1.2). */
const isSpace = (code: number): boolean =>
	code === 0xa0 ||
	code === 0x1680 ||
	(code >= 0x2000 && code <= 0x200a) ||
	code === 0x202f ||
	code === 0x205f ||
	code === 0x3000;

/** What is left out (table B.1). */
const isNothing = (code: number): boolean =>
	code === 0xad ||
	code === 0x34f ||
	code === 0x1806 ||
	(code >= 0x180b && code <= 0x180d) ||
	(code >= 0x200b && code <= 0x200d) ||
	code === 0x2060 ||
	(code >= 0xfe00 && code <= 0xfe0f) ||
	code === 0xfeff;

/** What must not be there (tables C.2 to C.9). */
const isProhibited = (code: number): boolean =>
	code < 0x20 ||
	(code >= 0x7f && code < 0xa0) ||
	code === 0x6dd ||
	code === 0x70f ||
	code === 0x180e ||
	code === 0x200e ||
	code === 0x200f ||
	(code >= 0x2028 && code <= 0x202e) ||
	(code >= 0x2061 && code <= 0x206f) ||
	(code >= 0x2ff0 && code <= 0x2ffb) ||
	(code >= 0xd800 && code < 0xf900) ||
	(code >= 0xfdd0 && code <= 0xfdef) ||
	(code >= 0xfff9 && code <= 0xffff) ||
	(code >= 0x1d173 && code <= 0x1d17a) ||
	(code & 0xfffe) === 0xfffe ||
	code >= 0xe0000;

/** Text beyond ASCII, with what is mapped mapped, and in NFKC where the engine can do that. */
const map = (text: string): string => {
	let mapped = "";
	for (const character of text) {
		const code = character.codePointAt(0)!;
		if (isSpace(code)) mapped += " ";
		else if (!isNothing(code)) mapped += character;
	}
	try {
		return mapped.normalize("NFKC");
	} catch {
		return mapped; // XS has the tables for it on computers only
	}
};

const isAscii = (text: string): boolean => utf8Length(text) === text.length;

/**
 * `text` prepared, in UTF-8. Right-to-left text is not checked (RFC 3454, section 6). Throws TypeError when it is no string,
 * RangeError when nothing is left of it or it has what is prohibited; that does not tell what it is, for it may be a secret.
 */
export const prepare = (what: string, text: string): Uint8Array => {
	if (typeof text !== "string") throw new TypeError(`${what} must be a string, not ${typeof text}`);
	const prepared = isAscii(text) ? text : map(text);
	if (prepared === "")
		throw new RangeError(`${what} is empty, or nothing of it is left by SASLprep (RFC 4013)`);
	for (const character of prepared)
		if (isProhibited(character.codePointAt(0)!))
			throw new RangeError(
				`${what} has a character that SASLprep prohibits: no control characters (RFC 4013)`,
			);
	const bytes = new Uint8Array(utf8Length(prepared));
	writeUtf8(prepared, bytes, 0);
	return bytes;
};
