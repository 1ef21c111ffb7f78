// Which messages at QoS 2 came before (section 4.3.3).

import { SessionStore } from "../../src/session/session-store.js";

/** With room for `most` unreleased identifiers, between tables that they must not touch. */
const storeFor = (most: number) => new SessionStore(64, 64, 1, most, 1);

test("knows an identifier from add to remove", () => {
	const store = storeFor(3);
	for (const id of [1, 65_535, 256]) store.addUnreleased(id);
	expect([1, 65_535, 256, 2, 255].map((id) => store.isUnreleased(id))).toEqual([
		true,
		true,
		true,
		false,
		false,
	]);
	expect(store.removeUnreleased(1)).toBe(true);
	expect(store.removeUnreleased(1)).toBe(false);
	expect([1, 65_535, 256].map((id) => store.isUnreleased(id))).toEqual([false, true, true]);
});

test("is full at its capacity, and has room again after remove", () => {
	const store = storeFor(2);
	store.addUnreleased(1);
	expect(store.unreleasedFull).toBe(false);
	store.addUnreleased(2);
	expect(store.unreleasedFull).toBe(true);
	expect(store.removeUnreleased(3)).toBe(false);
	expect(store.unreleasedFull).toBe(true);
	expect(store.removeUnreleased(2)).toBe(true);
	expect(store.unreleasedFull).toBe(false);
	store.addUnreleased(2);
	expect([store.isUnreleased(1), store.isUnreleased(2), store.unreleasedFull]).toEqual([true, true, true]);
});

test("goes on over any order of adding and removing, as a set does", () => {
	const store = storeFor(5);
	const model = new Set<number>();
	for (let i = 0; i < 500; i++) {
		const id = 1 + ((i * i * 7 + (i >> 3)) % 9);
		if (model.has(id)) {
			expect(store.removeUnreleased(id)).toBe(model.delete(id));
		} else if (model.size < 5) {
			store.addUnreleased(id);
			model.add(id);
		} else expect(store.unreleasedFull).toBe(true);
		for (let other = 1; other < 10; other++) expect(store.isUnreleased(other)).toBe(model.has(other));
	}
});

test("forgets all at once", () => {
	const store = storeFor(2);
	store.addUnreleased(1);
	store.addUnreleased(2);
	store.clearUnreleased();
	expect([store.isUnreleased(1), store.isUnreleased(2), store.unreleasedFull]).toEqual([false, false, false]);
	expect(store.removeUnreleased(1)).toBe(false);
});

test("forgets those of earlier connections that did not come again, and no others", () => {
	const store = storeFor(6);
	const model = new Set<number>();
	let old = new Set<number>();
	for (let i = 0; i < 2000; i++) {
		const chance = (i * i * 31 + (i >> 2) * 7) % 64;
		const id = 1 + (chance % 9);
		if (chance < 4) {
			store.ageUnreleased();
			old = new Set(model);
		} else if (chance < 7) {
			store.dropOldUnreleased();
			for (const each of old) model.delete(each);
			old.clear();
		} else if (chance < 24) {
			expect(store.isUnreleased(id)).toBe(model.has(id));
			old.delete(id);
		} else if (chance < 40 || model.has(id)) {
			expect(store.removeUnreleased(id)).toBe(model.delete(id));
			old.delete(id);
		} else if (model.size < 6) {
			store.addUnreleased(id);
			model.add(id);
		}
		expect(store.noneUnreleased).toBe(model.size === 0);
		expect(store.unreleasedFull).toBe(model.size === 6);
	}
	for (let id = 1; id < 10; id++) expect(store.isUnreleased(id)).toBe(model.has(id));
});
