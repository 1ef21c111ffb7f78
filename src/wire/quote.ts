// Text in quotes, for JSON and for error texts: JSON.stringify would take 6 KB of a board's flash. Knows text only.

/** `text` as a JSON string (RFC 8259, section 7), lone surrogates escaped. Allocates. */
export const quote = (text: string): string => {
	let quoted = '"';
	for (const character of text) {
		const code = character.charCodeAt(0);
		// The first of a pair is no lone surrogate.
		if (code < 0x20 || (character.length === 1 && code >= 0xd800 && code < 0xe000))
			quoted += `\\u${(0x10000 + code).toString(16).slice(1)}`;
		else quoted += character === '"' || character === "\\" ? `\\${character}` : character;
	}
	return `${quoted}"`;
};

/** What an error text shows of a value that is wrong. */
export const show = (value: unknown): string => {
	return typeof value === "string" ? quote(value) : String(value);
};
