// What fast-check is to make up: topics, filters, payloads, places to cut.

import fc from "fast-check";

/** Text as MQTT allows it: well-formed, no null character. */
export const text = (maxLength: number) =>
	fc
		.string({ unit: "binary", maxLength })
		.map((made) => made.replaceAll("\0", ""))
		.filter((made) => made.isWellFormed());

const level = fc.oneof(
	fc.constantFrom("", "a", "b", "aa", "kitchen", "12345678"),
	text(6).map((made) => made.replaceAll(/[+#/]/g, "")),
);

export const topicName = fc
	.array(level, { minLength: 1, maxLength: 5 })
	.map((levels) => levels.join("/"))
	.filter((name) => name !== "");

export const topicFilter = fc
	.tuple(fc.array(fc.oneof(level, fc.constant("+")), { minLength: 1, maxLength: 4 }), fc.boolean())
	.map(([levels, all]) => [...levels, ...(all ? ["#"] : [])].join("/"))
	.filter((filter) => filter !== "");

export const payload = fc.uint8Array({ maxLength: 300 });

/** Offsets in a stream, in order. */
export const cuts = fc.array(fc.nat(2000), { maxLength: 20 }).map((made) => made.sort((a, b) => a - b));
