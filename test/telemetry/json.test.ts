// Any keys, texts and numbers, as JSON.parse reads them back. Examples are among the vectors, which run here and in XS.

import fc from "fast-check";
import { TOO_LARGE } from "../../src/telemetry/decimal.js";
import { type Fields, JsonObject } from "../../src/telemetry/json.js";

function write(json: JsonObject): string {
	const rows = new Float64Array(json.width + 2);
	json.take(rows, 1);
	const room = 3 + json.size;
	const bytes = new Uint8Array(room + 1).fill(0x21);
	const end = json.write(rows, 1, bytes, 3);
	if (bytes[2] !== 0x21 || bytes[room] !== 0x21) throw new Error("written outside");
	if (rows[0] !== 0 || rows[json.width + 1] !== 0) throw new Error("taken outside");
	return Buffer.from(bytes.subarray(3, end)).toString("utf8");
}

/** Lone surrogates, quotes, control characters and names that objects have already among them. */
const text = fc.oneof(
	fc.string({ unit: "binary", maxLength: 8 }),
	fc.string({ unit: fc.constantFrom("\ud800", "\udc00", '"', "\\", "\0", "\n", "é", "🌡"), maxLength: 8 }),
	fc.constantFrom("__proto__", "toString", "", "1", "01", "time", "state"),
);
const number = fc.record({ value: fc.double(), decimals: fc.option(fc.nat(15), { nil: undefined }) });
const object = fc.uniqueArray(fc.tuple(text, fc.oneof(text, number)), {
	minLength: 1,
	maxLength: 8,
	selector: ([key]) => key,
});

/** An object with these keys of its own, whatever they are called. */
function fieldsOf(entries: [string, string | { value: number; decimals?: number }][]): Fields {
	return Object.fromEntries(
		entries.map(([key, it]) => [
			key,
			typeof it === "string" ? it : { source: () => it.value, decimals: it.decimals },
		]),
	);
}

test("is what was put in: texts, numbers rounded to their decimals, null for what is none", () => {
	fc.assert(
		fc.property(object, (entries) => {
			const wanted = entries.map(([key, it]) => {
				if (typeof it === "string") return [key, it];
				const { value, decimals = 0 } = it;
				return [key, Math.abs(value) < TOO_LARGE ? Number(value.toFixed(decimals)) + 0 : null];
			});
			expect(JSON.parse(write(new JsonObject({}, fieldsOf(entries))))).toEqual(Object.fromEntries(wanted));
		}),
		{ numRuns: 1000 },
	);
});

test("never takes more than its size", () => {
	const below = TOO_LARGE * (1 - Number.EPSILON);
	const most = { source: () => -below, decimals: 15 };
	const json = new JsonObject({ time: () => -below }, { a: most, "°": most, b: "text" }, "quality");
	expect(write(json)).toContain("-999999999999999737856.000000000000000");
	expect(write(new JsonObject({}, { a: () => Number.NaN })).length).toBeLessThanOrEqual(
		new JsonObject({}, { a: () => 0 }).size,
	);
});

test("keeps the order in which the values were given", () => {
	const json = new JsonObject({ time: () => 7 }, { b: () => 1, a: "x", c: () => 2 });
	expect(write(json)).toBe('{"time":7,"b":1,"a":"x","c":2}');
	expect(write(new JsonObject({}, { a: "x" }))).toBe('{"a":"x"}');
});

test("quality is judged by the values, not by the time", () => {
	const values = [Number.NaN, 1, 2];
	const json = new JsonObject(
		{ time: () => values[0] },
		{ a: () => values[1], b: () => values[2], c: "text" },
		"quality",
	);
	const quality = (...row: number[]) => {
		values.splice(0, 3, ...row);
		return JSON.parse(write(json)).quality;
	};
	expect(quality(Number.NaN, 1, 2)).toBe("good");
	expect(quality(0, Number.NaN, 2)).toBe("uncertain");
	expect(quality(0, 1, Number.POSITIVE_INFINITY)).toBe("uncertain");
	expect(quality(0, Number.NaN, 1e21)).toBe("bad");
	expect(write(json)).toBe('{"time":0,"a":null,"b":null,"c":"text","quality":"bad"}');
});

test.each([
	[undefined, /fields is undefined: it must be an object/],
	[null, /fields is null/],
	[{}, /fields is empty/],
	[{ a: 7 }, /the field "a" must have a source/],
	[{ a: {} }, /the field "a" must have a source/],
	[{ a: { source: 7 } }, /the field "a" must have a source/],
	[{ a: undefined }, /the field "a" must have a source/],
	[{ a: { source: () => 1, decimals: 16 } }, /decimals of the field "a" is 16.*0 to 15/],
	[{ time: "x" }, /fields has "time": that key is taken/],
	[{ quality: "x" }, /fields has "quality": that key is taken/],
] as [never, RegExp][])("the fields %j throw", (fields, rule) => {
	expect(() => new JsonObject({ time: () => 1 }, fields, "quality")).toThrow(rule);
});
