// Digits as Number.prototype.toFixed writes them. Examples are among the vectors, which run here and in XS.

import fc from "fast-check";
import { decimalSize, TOO_LARGE, writeDecimal } from "../../src/telemetry/decimal.js";

function write(value: number, decimals: number): string {
	const bytes = new Uint8Array(3 + decimalSize(decimals) + 1).fill(0x21);
	const end = writeDecimal(value, decimals, bytes, 3);
	if (bytes[2] !== 0x21 || bytes[end] !== 0x21) throw new Error("written outside");
	return Buffer.from(bytes.subarray(3, end)).toString("latin1");
}

/** toFixed, without its "-0". */
const wanted = (value: number, decimals: number) => {
	const text = value.toFixed(decimals);
	return /^-[0.]*$/.test(text) ? text.slice(1) : text;
};

const decimals = fc.integer({ min: 0, max: 15 });
const below = TOO_LARGE * (1 - Number.EPSILON);

test.each([
	["any double", fc.double({ min: -below, max: below, noNaN: true })],
	["a small one", fc.double({ min: -10, max: 10, noNaN: true })],
	["a tiny one", fc.double({ min: -1e-12, max: 1e-12, noNaN: true })],
	[
		"a reading",
		fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.nat(4)).map(([n, scale]) => n / 10 ** scale),
	],
	[
		"half way between",
		fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.nat(12)).map(([n, bits]) => (n + 0.5) / 2 ** bits),
	],
	[
		"decimal halves",
		fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.nat(8)).map(([n, scale]) => (n + 0.5) / 10 ** scale),
	],
	["a whole one", fc.bigInt(-(10n ** 21n) + 70_000n, 10n ** 21n - 70_000n).map(Number)],
] as [string, fc.Arbitrary<number>][])("%s is written as toFixed does", (_what, values) => {
	fc.assert(
		fc.property(values, decimals, (value, digits) => {
			expect(write(value, digits)).toBe(wanted(value, digits));
		}),
		{ numRuns: 1000 },
	);
});

test("never takes more than decimalSize", () => {
	for (let digits = 0; digits <= 15; digits++)
		for (const value of [-below, below, -0.999999999999, -1 / 3])
			expect(write(value, digits).length).toBeLessThanOrEqual(decimalSize(digits));
});
