// Text from the network, made fit for a terminal: no control characters, no endless lines. Knows strings only.

// C0, DEL, C1, line separators, and what reorders or hides the text around it.
const UNSAFE =
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
	/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

function escaped(character: string): string {
	const code = character.charCodeAt(0);
	if (code === 0x09) return "\\t";
	if (code === 0x0a) return "\\n";
	if (code === 0x0d) return "\\r";
	return code < 0x100
		? `\\x${code.toString(16).padStart(2, "0")}`
		: `\\u${code.toString(16).padStart(4, "0")}`;
}

/** One line of at most `most` characters; what is over is cut and shown as "…". */
export function printable(text: string, most: number): string {
	// An escape is longer than its character: cut before, to bound the work, and after.
	const line = text.slice(0, most + 1).replace(UNSAFE, escaped);
	return line.length > most || text.length > most ? `${cut(line, most - 1)}…` : line;
}

/** The first `most` characters, or one less rather than half of a pair. */
export function cut(text: string, most: number): string {
	const last = text.charCodeAt(most - 1);
	return text.slice(0, last >= 0xd800 && last < 0xdc00 ? most - 1 : most);
}

/** All of it, in lines of at most `most` characters, two or more, broken at spaces where there are any. */
export function wrapped(text: string, most: number): string[] {
	const lines: string[] = [];
	let rest = text;
	while (rest.length > most) {
		const space = rest.lastIndexOf(" ", most);
		const line = space > 0 ? rest.slice(0, space) : cut(rest, most);
		lines.push(line);
		rest = rest.slice(space > 0 ? space + 1 : line.length);
	}
	if (rest !== "" || lines.length === 0) lines.push(rest);
	return lines;
}

/** JSON of one line in which whatever a terminal might act upon is a \u escape. */
export function jsonLine(value: unknown): string {
	return JSON.stringify(value).replace(
		UNSAFE,
		(character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
}
