import { cut, jsonLine, printable, wrapped } from "../../tools/text.js";

test("control characters, escape sequences and what reorders text are shown, not sent", () => {
	expect(printable("a\x1b[2Jb\x07\x00\x7f\x9b31m", 100)).toBe("a\\x1b[2Jb\\x07\\x00\\x7f\\x9b31m");
	expect(printable("a\tb\r\nc", 100)).toBe("a\\tb\\r\\nc");
	expect(printable("\u202eevil\u2066\u200b\ufeff\u2028", 100)).toBe(
		"\\u202eevil\\u2066\\u200b\\ufeff\\u2028",
	);
	expect(printable("\ud800x", 100)).toBe("\\ud800x");
	expect(printable("grüße 漢字 😀", 100)).toBe("grüße 漢字 😀");
});

test("long text is cut, and says so", () => {
	expect(printable("x".repeat(10), 10)).toBe("x".repeat(10));
	expect(printable("x".repeat(11), 10)).toBe(`${"x".repeat(9)}…`);
	expect(printable("\x01".repeat(10_000_000), 10)).toBe("\\x01\\x01\\…");
});

test("a pair of surrogates is not cut in two", () => {
	expect(cut("a😀b", 2)).toBe("a");
	expect(cut("a😀b", 3)).toBe("a😀");
	expect(cut("", 3)).toBe("");
});

test("lines break at spaces, and a word that is too long where it must", () => {
	expect(wrapped("", 5)).toEqual([""]);
	expect(wrapped("ab cd", 5)).toEqual(["ab cd"]);
	expect(wrapped("ab cde", 5)).toEqual(["ab", "cde"]);
	expect(wrapped("abcde fg", 5)).toEqual(["abcde", "fg"]);
	expect(wrapped("abcdefgh ij", 5)).toEqual(["abcde", "fgh", "ij"]);
	expect(wrapped("abcd😀", 5)).toEqual(["abcd", "😀"]);
	expect(wrapped("a😀😀", 2)).toEqual(["a", "😀", "😀"]);
	expect(wrapped("abcde ", 5)).toEqual(["abcde"]);
	expect(wrapped(" abcdef", 5)).toEqual([" abcd", "ef"]);
});

test("JSON has no character a terminal acts upon, and means the same", () => {
	const value = { text: "\x1b\x7f\x9b\u2028\u202e\ud800 ü😀\n" };
	const line = jsonLine(value);
	expect(line).toMatch(/^[\x20-\x7eü😀]*$/u);
	expect(JSON.parse(line)).toEqual(value);
});
