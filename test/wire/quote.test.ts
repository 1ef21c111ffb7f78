// Text in quotes is what JSON has.

import fc from "fast-check";
import { quote, show } from "../../src/wire/quote.js";

test("any text is as JSON reads it", () => {
	const text = fc.string({
		unit: fc.oneof(fc.constantFrom('"', "\\", "\0", "\n", "\ud800", "\udfff", "\u{10348}"), fc.string()),
	});
	fc.assert(
		fc.property(text, (text) => {
			const quoted = quote(text);
			expect(JSON.parse(quoted)).toBe(text);
			expect(quoted.isWellFormed()).toBe(true);
		}),
		{ numRuns: 1000 },
	);
});

test.each<[unknown, string]>([
	["20", '"20"'],
	[20.5, "20.5"],
	[undefined, "undefined"],
	[null, "null"],
	[Symbol("x"), "Symbol(x)"],
])("%p is shown as %s", (value, shown) => {
	expect(show(value)).toBe(shown);
});
