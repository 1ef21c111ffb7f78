// UTF-8 against Node's own, which is the judge.

import fc from "fast-check";
import { isText, utf8Length, writeUtf8 } from "../../src/wire/utf8.js";

const encode = (text: string) => new Uint8Array(Buffer.from(text, "utf8"));
const anyText = fc.oneof(
	fc.string({ unit: "binary" }),
	fc
		.array(fc.constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff))
		.map((points) => String.fromCodePoint(...points)),
);
/** Any UTF-16, lone surrogates included. */
const units = fc
	.array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0x61, 0xd800, 0xdbff, 0xdc00, 0xdfff)))
	.map((made) => String.fromCharCode(...made));

test("length and bytes are those of UTF-8", () => {
	fc.assert(
		fc.property(anyText, fc.nat(5), (text, at) => {
			const wanted = encode(text);
			expect(utf8Length(text)).toBe(wanted.length);
			const bytes = new Uint8Array(at + wanted.length + 1).fill(0xee);
			expect(writeUtf8(text, bytes, at)).toBe(at + wanted.length);
			expect(bytes.subarray(at, at + wanted.length)).toEqual(wanted);
			expect(bytes[at + wanted.length]).toBe(0xee);
		}),
	);
});

test("a lone surrogate is written as U+FFFD, which its length tells", () => {
	fc.assert(
		fc.property(units, (text) => {
			const wanted = encode(text);
			expect(utf8Length(text)).toBe(text.isWellFormed() ? wanted.length : ~wanted.length);
			const bytes = new Uint8Array(wanted.length);
			expect(writeUtf8(text, bytes, 0)).toBe(wanted.length);
			expect(bytes).toEqual(wanted);
		}),
	);
	expect(["\ud800", "a\udc00", "\ud800\ud800\udc00", "\udc00\ud800"].map(utf8Length)).toEqual([
		~3,
		~4,
		~7,
		~6,
	]);
});

test("text that does not fit is told, and nothing is written behind the end", () => {
	fc.assert(
		fc.property(anyText, fc.nat(20), (text, less) => {
			const wanted = encode(text);
			fc.pre(less > 0 && less <= wanted.length);
			const bytes = new Uint8Array(wanted.length - less);
			expect(writeUtf8(text, bytes, 0)).toBe(-1);
		}),
	);
});

describe("isText", () => {
	const judge = (bytes: Uint8Array) => {
		try {
			return !new TextDecoder("utf-8", { fatal: true }).decode(bytes).includes("\0");
		} catch {
			return false;
		}
	};

	test("takes well-formed text without a null character, and nothing else", () => {
		const likely = fc.constantFrom(0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2);
		const leads = fc.constantFrom(
			0xdf,
			0xe0,
			0xe1,
			0xec,
			0xed,
			0xee,
			0xef,
			0xf0,
			0xf1,
			0xf3,
			0xf4,
			0xf5,
			0xff,
		);
		fc.assert(
			fc.property(fc.array(fc.oneof(likely, leads), { maxLength: 6 }), (made) => {
				const bytes = Uint8Array.from(made);
				expect(isText(bytes, bytes.length)).toBe(judge(bytes));
			}),
			{ numRuns: 5000 },
		);
	});

	test("agrees with the judge on all of one, two and three bytes, at the borders", () => {
		for (let a = 0; a < 256; a++) {
			const one = Uint8Array.of(a);
			expect(isText(one, 1)).toBe(judge(one));
			for (let b = 0x70; b < 256; b++) {
				const two = Uint8Array.of(a, b);
				if (isText(two, 2) !== judge(two)) throw new Error(`${a} ${b}`);
			}
		}
		for (let a = 0xdf; a < 0xf6; a++)
			for (let b = 0x7f; b < 0xc1; b++)
				for (const c of [0x7f, 0x80, 0xbf, 0xc0]) {
					const three = Uint8Array.of(a, b, c);
					if (isText(three, 3) !== judge(three)) throw new Error(`${a} ${b} ${c}`);
					const four = Uint8Array.of(a, b, c, 0x80);
					if (isText(four, 4) !== judge(four)) throw new Error(`${a} ${b} ${c} 128`);
				}
	});

	test("looks at the first bytes only", () => {
		expect(isText(Uint8Array.of(0x61, 0xff), 1)).toBe(true);
		expect(isText(Uint8Array.of(0xc3, 0xa9), 1)).toBe(false);
		expect(isText(new Uint8Array(0), 0)).toBe(true);
	});
});
