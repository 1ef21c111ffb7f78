// Topic names given as strings: how many are remembered.

import { RecentTopics } from "../../src/session/recent-topics.js";

const NAMES = ["a", "b", "c", "d", "e", "f", "g", "h"];

test("the last eight names are remembered, and no ninth", () => {
	const recent = new RecentTopics();
	const topics = NAMES.map((name) => recent.get(name));
	expect(topics.map(({ name }) => name)).toEqual(NAMES);
	for (const order of [NAMES, [...NAMES].reverse(), [...NAMES].reverse()])
		for (const name of order) expect(recent.get(name)).toBe(topics[NAMES.indexOf(name)]);
	const ninth = recent.get("i");
	expect(recent.get("i")).toBe(ninth);
	expect(NAMES.filter((name, i) => recent.get(name) === topics[i]).length).toBeLessThan(8);
});

test("eight in turn are all found, whatever came before", () => {
	const recent = new RecentTopics();
	for (const name of ["x", "y", "z", ...NAMES]) recent.get(name);
	const topics = NAMES.map((name) => recent.get(name));
	for (let turn = 0; turn < 3; turn++)
		NAMES.forEach((name, i) => {
			expect(recent.get(name)).toBe(topics[i]);
		});
});

test("a name that breaks a rule is not remembered", () => {
	const recent = new RecentTopics();
	for (const wrong of ["", "a/+"])
		for (let i = 0; i < 2; i++) expect(() => recent.get(wrong)).toThrow(RangeError);
});
