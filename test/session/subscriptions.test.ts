// Topics compared by words of eight bytes: every length, every place where they differ.

import { encodeFilter, matches, Topic } from "../../src/wire/topic.js";
import { PUBLISH } from "../support/packets.js";
import { connected } from "../support/setup.js";

test("a topic goes to its filter at every length, and not when one byte differs anywhere", () => {
	for (let length = 1; length <= 26; length++) {
		const setup = connected();
		const filter = "x".repeat(length);
		setup.client.subscribe(filter, 0, () => setup.log.push("exact"));
		setup.peer.send(PUBLISH(filter, ""));
		expect(setup.news()).toEqual(["exact"]);
		for (let at = 0; at < length; at++)
			setup.peer.send(PUBLISH(`${filter.slice(0, at)}y${filter.slice(at + 1)}`, ""));
		setup.peer.send(PUBLISH(`${filter}x`, ""));
		if (length > 1) setup.peer.send(PUBLISH(filter.slice(1), ""));
		expect(setup.news()).not.toContain("exact");
	}
});

test("after a longer topic, a shorter one still equals its filter", () => {
	const setup = connected();
	setup.client.subscribe("ab", 0, () => setup.log.push("exact"));
	setup.peer.send(PUBLISH("a/much/longer/topic", ""), PUBLISH("ab", ""));
	expect(setup.news()).toEqual(["message a/much/longer/topic=", "exact"]);
});

test("a filter without wildcards matches itself alone", () => {
	const topic = new Topic("a/b");
	expect(matches(encodeFilter("a/b"), topic.field.subarray(2), 3)).toBe(true);
	expect(matches(encodeFilter("a/b"), topic.field.subarray(2), 2)).toBe(false);
});
