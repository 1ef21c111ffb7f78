// A ring against a plain list.

import fc from "fast-check";
import { Ring } from "../../src/telemetry/ring.js";

test("holds the newest rows, in order, and tells when the oldest gave way", () => {
	const steps = fc.array(fc.oneof(fc.constantFrom("shift", "unshift"), fc.integer()), { maxLength: 60 });
	fc.assert(
		fc.property(
			fc.integer({ min: 1, max: 5 }),
			fc.integer({ min: 1, max: 3 }),
			steps,
			(capacity, width, all) => {
				const ring = new Ring(capacity, width);
				const list: number[][] = [];
				/** What `shift` took last. */
				let last: number[] | undefined;
				for (const step of all) {
					if (typeof step === "number") {
						const row = Array.from({ length: width }, (_, i) => step + i);
						ring.numbers.set(row, ring.free);
						expect(ring.push()).toBe(list.length < capacity);
						list.push(row);
						if (list.length > capacity) list.shift();
					} else if (step === "unshift") {
						if (last === undefined) continue;
						const fits = list.length < capacity;
						expect(ring.putBack()).toBe(fits);
						if (fits) list.unshift(last);
						last = undefined;
					} else if (list.length > 0) {
						ring.removeFirst();
						last = list.shift();
					}
					expect(ring.oldest === ring.free).toBe(list.length === 0);
					if (list.length > 0)
						expect([...ring.numbers.subarray(ring.oldest, ring.oldest + width)]).toEqual(list[0]);
				}
			},
		),
	);
});
