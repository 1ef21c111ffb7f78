// SASLprep, as far as it goes, and Base64.

import fc from "fast-check";
import { decodeBase64 } from "../../src/authentication/base64.js";
import { prepare } from "../../src/authentication/prepare.js";
import { encodeBase64 } from "../../src/transport/websocket/base64.js";

const prepared = (text: string) => Buffer.from(prepare("password", text)).toString();

describe("RFC 4013, section 3", () => {
	test.each([
		["I\u00adX", "IX"],
		["user", "user"],
		["USER", "USER"],
		["\u00aa", "a"],
		["\u2168", "IX"],
	])("%p becomes %p", (text, wanted) => {
		expect(prepared(text)).toBe(wanted);
	});

	test("a control character is prohibited", () => {
		expect(() => prepared("\u0007")).toThrow(RangeError);
	});
});

test("spaces of all kinds become one of ASCII", () => {
	for (const space of "\u00a0\u1680\u2000\u200a\u202f\u205f\u3000")
		expect(prepared(`a${space}b`)).toBe("a b");
});

test("what is mapped to nothing is left out; where nothing is left, there is no password", () => {
	for (const nothing of "\u00ad\u034f\u1806\u180b\u200b\u200d\u2060\ufe00\ufe0f\ufeff") {
		expect(prepared(`a${nothing}b`)).toBe("ab");
		expect(() => prepared(nothing)).toThrow("password is empty");
	}
});

test.each([
	0, 0x1f, 0x7f, 0x80, 0x9f, 0x6dd, 0x70f, 0x200e, 0x2028, 0x202e, 0x206a, 0x2ff0, 0xe000, 0xfdd0, 0xfff9,
	0xfffd, 0xffff, 0x1d173, 0x1fffe, 0xe0001, 0x10ffff,
])("U+%s is prohibited", (code) => {
	expect(() => prepared(`a${String.fromCodePoint(code)}`)).toThrow(RangeError);
});

test("a lone surrogate is prohibited", () => {
	for (const text of ["\ud800", "a\udc00", "\udc00\ud800"]) expect(() => prepared(text)).toThrow(RangeError);
});

test("text of other scripts goes through, in NFKC", () => {
	for (const text of ["пароль", "密码", "пароль и 密码", "😀"]) expect(prepared(text)).toBe(text);
	expect(prepared("e\u0301")).toBe("\u00e9");
});

test("where the engine cannot normalize, the text is taken as it is", () => {
	const { normalize } = String.prototype;
	String.prototype.normalize = () => {
		throw new RangeError("not built-in"); // as XS does on boards
	};
	try {
		expect(prepared("é\u00a0")).toBe("é ");
	} finally {
		String.prototype.normalize = normalize;
	}
});

test("Base64 goes there and back", () => {
	fc.assert(
		fc.property(fc.uint8Array(), (bytes) => {
			const text = encodeBase64(bytes);
			expect(decodeBase64(text, 0, text.length)).toEqual(bytes);
		}),
	);
});
