// Digits as Number.prototype.toFixed writes them.

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

test.each([
	[0, 0, "0"],
	[-0, 2, "0.00"],
	[-0.004, 2, "0.00"],
	[0.5, 0, "1"],
	[-0.5, 0, "-1"],
	[2.5, 0, "3"],
	[1.005, 2, "1.00"],
	[1.45, 1, "1.4"],
	[8.345, 2, "8.35"],
	[0.999, 2, "1.00"],
	[-9.996, 2, "-10.00"],
	[999_999_999.999, 2, "1000000000.00"],
	[1e20, 1, "100000000000000000000.0"],
	[Number.MAX_SAFE_INTEGER, 0, "9007199254740991"],
	[5e-324, 15, "0.000000000000000"],
	[21.53, 2, "21.53"],
])("%d with %d decimals is %s", (value, digits, text) => {
	expect(write(value, digits)).toBe(text);
});

test("never takes more than decimalSize", () => {
	for (let digits = 0; digits <= 15; digits++)
		for (const value of [-below, below, -0.999999999999, -1 / 3])
			expect(write(value, digits).length).toBeLessThanOrEqual(decimalSize(digits));
});
