// What many readings come to, against plain arithmetic.

import fc from "fast-check";
import { TOO_LARGE } from "../../src/telemetry/decimal.js";
import {
	Counter,
	Latest,
	Maximum,
	Mean,
	Minimum,
	type Source,
	Sum,
	sourceOf,
} from "../../src/telemetry/source.js";

/** Readings as sensors give them, and what none should. */
const reading = fc.oneof(
	{ weight: 4, arbitrary: fc.integer({ min: -99_999, max: 99_999 }).map((n) => n / 100) },
	{ weight: 1, arbitrary: fc.double() },
	{ weight: 1, arbitrary: fc.constantFrom<unknown>(null, "7", true, [3]) as fc.Arbitrary<number> },
);
/** Interval by interval. */
const intervals = fc.array(fc.array(reading, { maxLength: 20 }), { minLength: 1, maxLength: 5 });

const valid = (values: number[]) =>
	values.filter((value) => typeof value === "number" && Math.abs(value) < TOO_LARGE);
const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

test.each([
	["Mean", Mean, (values: number[]) => total(values) / values.length],
	["Minimum", Minimum, (values: number[]) => (values.length === 0 ? Number.NaN : Math.min(...values))],
	["Maximum", Maximum, (values: number[]) => (values.length === 0 ? Number.NaN : Math.max(...values))],
	["Sum", Sum, total],
] as [string, new () => Source & { add(value: number): void }, (values: number[]) => number][])(
	"%s is that of the interval's readings, without what is no number",
	(_name, Aggregate, plain) => {
		fc.assert(
			fc.property(intervals, (all) => {
				const source = new Aggregate();
				for (const values of all) {
					for (const value of values) source.add(value);
					// -0 and 0 are the same reading.
					expect(source.take() + 0).toBe(plain(valid(values)) + 0);
				}
			}),
		);
	},
);

test("Mean of what is equal is just that, of what is symmetric the middle", () => {
	const mean = new Mean();
	for (let i = 0; i < 1000; i++) mean.add(0.1);
	expect(mean.take()).toBeCloseTo(0.1, 12);
	for (const value of [-1e20, 3, 1e20]) mean.add(value);
	expect(mean.take()).toBe(0);
	for (const value of [20, 22]) mean.add(value);
	expect(mean.take()).toBe(21);
});

test("Counter runs on; counts stay exact whatever they stand for", () => {
	const litres = new Counter(1 / 450, 900);
	expect(litres.take()).toBe(2);
	for (let i = 0; i < 449; i++) litres.add();
	litres.add(Number.NaN);
	litres.add("5" as never);
	litres.add(1);
	expect(litres.take()).toBe(3);
	expect(litres.take()).toBe(3);
});

test("Sum begins anew, at 0", () => {
	const litres = new Sum(0.5);
	litres.add();
	litres.add(4);
	expect([litres.take(), litres.take()]).toEqual([2.5, 0]);
});

test("Latest stays, until it is not known any more", () => {
	const volts = new Latest();
	expect(volts.take()).toBeNaN();
	volts.add(3.9);
	volts.add(3.8);
	expect([volts.take(), volts.take()]).toEqual([3.8, 3.8]);
	volts.add(Number.NaN);
	expect(volts.take()).toBeNaN();
});

test("a source is a function, or an object that has take", () => {
	let n = 0;
	const source = sourceOf("it", () => ++n);
	expect([source.take(), source.take()]).toEqual([1, 2]);
	const mean = new Mean();
	expect(sourceOf("it", mean)).toBe(mean);
	for (const none of [undefined, null, 7, {}, { take: 7 }])
		expect(() => sourceOf("it", none as never)).toThrow(/^it must have a source: a function, or an object/);
});
