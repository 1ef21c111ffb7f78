// Text of ASCII, as HTTP has it (RFC 7230). Not for hot paths: a character costs garbage.

const enum Code {
	EXCLAMATION = 0x21,
	TILDE = 0x7e,
	UPPER_A = 0x41,
	UPPER_Z = 0x5a,
	/** What a small letter has more than its capital. */
	SMALL = 0x20,
}

/** What divides tokens. */
const DELIMITERS = '"(),/:;<=>?@[\\]{}';

/** Whether all of its characters have codes from `least` to `most`. */
export const isWithin = (text: string, least: number, most: number): boolean => {
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code < least || code > most) return false;
	}
	return true;
};

/** Whether it is a token (RFC 7230, section 3.2.6). */
export const isToken = (text: string): boolean => {
	if (text === "" || !isWithin(text, Code.EXCLAMATION, Code.TILDE)) return false;
	for (let i = 0; i < DELIMITERS.length; i++) if (text.indexOf(DELIMITERS[i]) >= 0) return false;
	return true;
};

/** The code of a capital letter's small one; any other as it is. */
export const lower = (code: number): number =>
	code >= Code.UPPER_A && code <= Code.UPPER_Z ? code + Code.SMALL : code;

/** Whether the first `length` characters are those of `small`, which has no capitals, whatever capitals `text` has. */
export const equalsToken = (text: string, small: string, length = text.length): boolean => {
	if (text.length < length || small.length !== length) return false;
	for (let i = 0; i < length; i++) if (lower(text.charCodeAt(i)) !== small.charCodeAt(i)) return false;
	return true;
};
