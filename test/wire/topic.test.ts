// Topic names and filters (section 4.7). Examples of matching are among the vectors, which run here and in XS.

import fc from "fast-check";
import { encodeFilter, hasWildcardByte, matches, Topic } from "../../src/wire/topic.js";
import { topicFilter, topicName } from "../support/arbitraries.js";
import { bytesOf, field } from "../support/packets.js";

/** Whether the topic matches the filter, also with more bytes behind the topic in its buffer. */
function match(filter: string, topic: string): boolean {
	const name = bytesOf(topic);
	const buffer = new Uint8Array(name.length + 9).fill(0x2f);
	buffer.set(name);
	return matches(encodeFilter(filter), buffer, name.length);
}

describe("Topic", () => {
	test("is its name in UTF-8, with its length in front", () => {
		const topic = new Topic("räume/küche");
		expect(topic.field).toEqual(field("räume/küche"));
		expect(topic.name).toBe("räume/küche");
		expect(`${topic}`).toBe("räume/küche");
	});

	test("takes all that the specification allows", () => {
		for (const name of ["/", "//", " ", "a b", "$SYS/x", "\u0001", "\ufeff", "🌡", "x".repeat(65_535)])
			expect(new Topic(name).field).toEqual(field(name));
	});

	test.each([
		["", /empty/],
		["a/+", /"a\/\+" has a wildcard/],
		["#", /wildcard/],
		["a\0b", /null character/],
		["\ud800", /lone surrogate/],
		["x".repeat(65_536), /65536 bytes.*at most 65535/],
		["é".repeat(32_768), /65536 bytes/],
	])("refuses %j, and names the rule", (name, rule) => {
		if (name.length > 100) name = name.slice(); // the message must not depend on it
		expect(() => new Topic(name)).toThrow(rule);
		expect(() => new Topic(name)).toThrow(RangeError);
	});

	test.each([undefined, null, 5, {}])("refuses %j, which is no string", (name) => {
		expect(() => new Topic(name as never)).toThrow(TypeError);
	});
});

describe("[MQTT-4.7.1-2][MQTT-4.7.1-3] a filter", () => {
	test.each(["#", "+", "a", "a/#", "a/+", "+/a", "+/+", "/+", "+/#", "/", "a//b", "+/a/#", "$SYS/#", "//#"])(
		"%j is valid",
		(filter) => {
			expect(encodeFilter(filter)).toEqual(field(filter));
		},
	);

	test.each(["a#", "#/", "#/a", "a/#/b", "a+", "+a", "a/b+", "a/+b/c", "##", "++", "a/##", "/#a"])(
		"%j breaks section 4.7.1",
		(filter) => {
			expect(() => encodeFilter(filter)).toThrow(/4\.7\.1/);
		},
	);

	test("must not be empty, or have a null character", () => {
		expect(() => encodeFilter("")).toThrow(/empty/);
		expect(() => encodeFilter("a\0")).toThrow(/null character/);
	});
});

describe("matching", () => {
	/** Section 4.7 as a rule over levels. */
	function rule(filter: string[], topic: string[]): boolean {
		if (filter[0] === "#") return true;
		if (filter.length === 0 || topic.length === 0) return filter.length === topic.length;
		return (filter[0] === "+" || filter[0] === topic[0]) && rule(filter.slice(1), topic.slice(1));
	}

	test("is the rule over levels, for any filter and topic", () => {
		fc.assert(
			fc.property(topicFilter, topicName, (filter, topic) => {
				const system = topic.startsWith("$") && !filter.startsWith("$");
				expect(match(filter, topic)).toBe(!system && rule(filter.split("/"), topic.split("/")));
			}),
			{ numRuns: 2000 },
		);
	});

	test("finds what was made to match", () => {
		fc.assert(
			fc.property(topicName, fc.array(fc.nat(4)), fc.boolean(), (topic, pluses, rest) => {
				fc.pre(!topic.startsWith("$"));
				const levels = topic.split("/");
				for (const at of pluses) if (at < levels.length) levels[at] = "+";
				expect(match((rest ? [...levels, "#"] : levels).join("/"), topic)).toBe(true);
			}),
		);
	});
});

test("hasWildcardByte looks at the first bytes only", () => {
	expect(hasWildcardByte(bytesOf("a+"), 2)).toBe(true);
	expect(hasWildcardByte(bytesOf("a+"), 1)).toBe(false);
	expect(hasWildcardByte(bytesOf("#"), 1)).toBe(true);
	expect(hasWildcardByte(bytesOf("a#"), 1)).toBe(false);
	expect(hasWildcardByte(bytesOf("abc"), 3)).toBe(false);
});
