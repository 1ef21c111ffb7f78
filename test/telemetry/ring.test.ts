// A ring against a plain list.

import fc from "fast-check";
import { Ring } from "../../src/telemetry/ring.js";

test("holds the newest rows, in order, and tells when the oldest gave way", () => {
	const steps = fc.array(fc.oneof(fc.constant("shift"), fc.integer()), { maxLength: 60 });
	fc.assert(
		fc.property(
			fc.integer({ min: 1, max: 5 }),
			fc.integer({ min: 1, max: 3 }),
			steps,
			(capacity, width, all) => {
				const ring = new Ring(capacity, width);
				const list: number[][] = [];
				for (const step of all) {
					if (typeof step === "number") {
						const row = Array.from({ length: width }, (_, i) => step + i);
						expect(ring.push(Float64Array.from(row))).toBe(list.length < capacity);
						list.push(row);
						if (list.length > capacity) list.shift();
					} else if (list.length > 0) {
						ring.shift();
						list.shift();
					}
					expect(ring.count).toBe(list.length);
					if (list.length > 0)
						expect([...ring.numbers.subarray(ring.oldest, ring.oldest + width)]).toEqual(list[0]);
				}
			},
		),
	);
});
