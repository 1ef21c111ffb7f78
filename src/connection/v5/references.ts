// Server references (section 4.11): where a broker sends us. Knows text that a stranger has written, and bounds it.

export interface Reference {
	/** Host name or IPv4 address. */
	readonly host: string;
	readonly port: number;
}

const enum Most {
	/** References of a list that are checked. */
	REFERENCES = 8,
	/** Characters of a host name (RFC 1123, section 2.1). */
	NAME = 253,
	PORT = 65_535,
}

const enum Char {
	SPACE = 0x20,
	HYPHEN = 0x2d,
	DOT = 0x2e,
	ZERO = 0x30,
	NINE = 0x39,
	COLON = 0x3a,
	UNDERSCORE = 0x5f,
}

const isDigit = (char: number): boolean => char >= Char.ZERO && char <= Char.NINE;

const isNameChar = (char: number): boolean => {
	const lower = char | 0x20;
	return (
		(lower >= 0x61 && lower <= 0x7a) ||
		isDigit(char) ||
		char === Char.HYPHEN ||
		char === Char.DOT ||
		char === Char.UNDERSCORE
	);
};

/** The reference at `start` to `end`; undefined: it cannot be followed, such as an IPv6 address in brackets. */
const reference = (text: string, start: number, end: number, port: number): Reference | undefined => {
	let at = start;
	while (at < end && isNameChar(text.charCodeAt(at))) at++;
	const length = at - start;
	if (length === 0 || length > Most.NAME) return undefined;
	const host = text.slice(start, at);
	if (at === end) return { host, port };
	if (text.charCodeAt(at++) !== Char.COLON || at === end) return undefined;
	let value = 0;
	for (; at < end; at++) {
		const char = text.charCodeAt(at);
		if (!isDigit(char)) return undefined;
		value = value * 10 + char - Char.ZERO;
		if (value > Most.PORT) return undefined;
	}
	return value === 0 ? undefined : { host, port: value };
};

/** Those of a list that can be followed, in its order. @param port for those without one */
export const referencesIn = (text: string, port: number): Reference[] => {
	const references: Reference[] = [];
	let start = 0;
	for (let count = 0; start < text.length && count < Most.REFERENCES; ) {
		let end = start;
		while (end < text.length && text.charCodeAt(end) !== Char.SPACE) end++;
		if (end > start) {
			count++;
			const found = reference(text, start, end, port);
			if (found !== undefined) references.push(found);
		}
		start = end + 1;
	}
	return references;
};
