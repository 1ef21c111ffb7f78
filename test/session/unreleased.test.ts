// Which messages at QoS 2 came before (section 4.3.3).

import { Unreleased } from "../../src/session/unreleased.js";

test("knows an identifier from add to remove", () => {
	const unreleased = new Unreleased(new Uint16Array(3));
	for (const id of [1, 65_535, 256]) unreleased.add(id);
	expect([1, 65_535, 256, 2, 255].map((id) => unreleased.has(id))).toEqual([true, true, true, false, false]);
	expect(unreleased.remove(1)).toBe(true);
	expect(unreleased.remove(1)).toBe(false);
	expect([1, 65_535, 256].map((id) => unreleased.has(id))).toEqual([false, true, true]);
});

test("is full at its capacity, and has room again after remove", () => {
	const unreleased = new Unreleased(new Uint16Array(2));
	unreleased.add(1);
	expect(unreleased.full).toBe(false);
	unreleased.add(2);
	expect(unreleased.full).toBe(true);
	expect(unreleased.remove(3)).toBe(false);
	expect(unreleased.full).toBe(true);
	expect(unreleased.remove(2)).toBe(true);
	expect(unreleased.full).toBe(false);
	unreleased.add(2);
	expect([unreleased.has(1), unreleased.has(2), unreleased.full]).toEqual([true, true, true]);
});

test("goes on over any order of adding and removing, as a set does", () => {
	const unreleased = new Unreleased(new Uint16Array(5));
	const model = new Set<number>();
	for (let i = 0; i < 500; i++) {
		const id = 1 + ((i * i * 7 + (i >> 3)) % 9);
		if (model.has(id)) {
			expect(unreleased.remove(id)).toBe(model.delete(id));
		} else if (model.size < 5) {
			unreleased.add(id);
			model.add(id);
		} else expect(unreleased.full).toBe(true);
		for (let other = 1; other < 10; other++) expect(unreleased.has(other)).toBe(model.has(other));
	}
});

test("forgets all at once", () => {
	const unreleased = new Unreleased(new Uint16Array(2));
	unreleased.add(1);
	unreleased.add(2);
	unreleased.clear();
	expect([unreleased.has(1), unreleased.has(2), unreleased.full]).toEqual([false, false, false]);
	expect(unreleased.remove(1)).toBe(false);
});
