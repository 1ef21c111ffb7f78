import { boundAfter, delayWithin, largestBound } from "../../src/connection/backoff.js";

class Backoff {
	#bound = 0;

	constructor(
		readonly minimum: number,
		readonly maximum: number,
		readonly random: () => number,
	) {}

	next(): number {
		const bound = this.#bound;
		this.#bound = boundAfter(bound, this.minimum, this.maximum);
		return delayWithin(bound, this.minimum, this.random);
	}

	longest(): void {
		this.#bound = largestBound(this.maximum);
	}

	reset(): void {
		this.#bound = 0;
	}
}

test("doubles its bound from minimum to maximum, and draws from all of it", () => {
	const backoff = new Backoff(100, 1000, () => 0.5);
	expect([1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([50, 100, 200, 400, 500, 500]);
});

test("begins anew after reset", () => {
	const backoff = new Backoff(100, 1000, () => 0.5);
	backoff.next();
	backoff.next();
	backoff.reset();
	expect(backoff.next()).toBe(50);
});

test("the largest bound stays", () => {
	const backoff = new Backoff(100, 1000, () => 0.25);
	backoff.longest();
	expect(backoff.next()).toBe(250);
	expect(backoff.next()).toBe(250);
});

test("is a whole number below its bound whatever is drawn", () => {
	for (const draw of [0, 0.1, 0.999999999]) {
		const backoff = new Backoff(1000, 60_000, () => draw);
		const delay = backoff.next();
		expect(Number.isInteger(delay)).toBe(true);
		expect(delay).toBeLessThan(1000);
	}
});

test.each([0, 1, 5])("a bound of %d is kept to once; what fails again and again has to wait", (minimum) => {
	for (const maximum of [minimum, 60_000])
		for (const draw of [0, 0.999999999]) {
			const backoff = new Backoff(minimum, maximum, () => draw);
			for (let i = 0; i < 3; i++) {
				expect(backoff.next()).toBe(draw === 0 ? 0 : Math.max(0, minimum - 1));
				for (let more = 0; more < 10; more++) expect(backoff.next()).toBeGreaterThanOrEqual(100);
				backoff.reset();
			}
			backoff.longest();
			expect(backoff.next()).toBeGreaterThanOrEqual(100);
		}
});
