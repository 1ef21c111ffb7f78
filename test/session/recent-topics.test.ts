// Topic names given as strings: how many are remembered.

import { RecentTopics } from "../../src/session/recent-topics.js";

test("the last four names are remembered, and no fifth", () => {
	const recent = new RecentTopics();
	const names = ["a", "b", "c", "d"];
	const topics = names.map((name) => recent.get(name));
	expect(topics.map(({ name }) => name)).toEqual(names);
	for (let turn = 0; turn < 3; turn++)
		for (let i = 0; i < 4; i++) expect(recent.get(names[i])).toBe(topics[i]);
	// The oldest gives way, whichever was asked for last.
	recent.get("a");
	recent.get("e");
	expect(recent.get("b")).toBe(topics[1]);
	expect(recent.get("a")).not.toBe(topics[0]);
	expect(recent.get("c")).toBe(topics[2]);
	expect(recent.get("b")).not.toBe(topics[1]);
});

test("a name that breaks a rule is not remembered", () => {
	const recent = new RecentTopics();
	for (const wrong of ["", "a/+"])
		for (let i = 0; i < 2; i++) expect(() => recent.get(wrong)).toThrow(RangeError);
});
