// What a broker must not send: each breach has its reason, which has a section and a reason code; nothing is thrown.

import type { Reason } from "../../../src/wire/reason.js";
import * as wire from "../../../src/wire/reason.js";
import * as codes from "../../../src/wire/v5/reason-codes.js";
import { Diary5, decode, type Way } from "../../support/diary5.js";
import { concat, field, packet, word } from "../../support/packets.js";
import {
	AUTH5,
	block,
	byte,
	CONNACK5,
	DISCONNECT5,
	data,
	four,
	long,
	number,
	PUBLISH5,
	SUBACK5,
	two,
	UNSUBACK5,
	user,
} from "../../support/packets5.js";

import { breaches } from "../../xs/vectors/packets5.js";

type Part = Uint8Array | readonly number[];

/** The one reason that `bytes` give, however they arrive; "": none. */
function reasonOf(bytes: Uint8Array, way: Way = {}): Reason | undefined {
	const whole = new Diary5(way);
	whole.arrive(bytes);
	const [reason] = whole.reasons;
	const wanted = whole.lines.join("\n");
	for (let at = 1; at < bytes.length; at++) {
		const cut = new Diary5(way);
		cut.arrive(bytes.slice(0, at));
		cut.arrive(bytes.slice(at));
		const lines = cut.lines.join("\n");
		if (lines !== wanted || cut.reasons[0] !== reason)
			throw new Error(`cut at ${at}: ${lines}\nnot ${wanted}`);
	}
	const slow = new Diary5({ ...way, most: 1 });
	for (const one of bytes) slow.arrive(Uint8Array.of(one));
	expect(slow.lines).toEqual(whole.lines);
	expect(whole.reasons.length).toBeLessThanOrEqual(1);
	return reason;
}

/** The same behind a PUBLISH with the same head, which makes it go the short way. */
function reasonBehind(first: Uint8Array, bytes: Uint8Array): Reason | undefined {
	const diary = new Diary5();
	diary.arrive(first);
	diary.arrive(bytes);
	return diary.reasons[0];
}

/** Packets that a broker sends, with properties. */
const inbound: Record<string, (properties: Part[]) => Uint8Array> = {
	CONNACK: (properties) => CONNACK5(false, 0, properties),
	PUBLISH: (properties) => PUBLISH5("topic", "payload", properties),
	PUBACK: (properties) => packet(0x40, word(1), [0], block(properties)),
	PUBREC: (properties) => packet(0x50, word(1), [0], block(properties)),
	PUBREL: (properties) => packet(0x62, word(1), [0], block(properties)),
	PUBCOMP: (properties) => packet(0x70, word(1), [0], block(properties)),
	SUBACK: (properties) => SUBACK5(1, [0], properties),
	UNSUBACK: (properties) => UNSUBACK5(1, [0], properties),
	DISCONNECT: (properties) => DISCONNECT5(0, properties),
	AUTH: (properties) => AUTH5(0x18, properties),
};

// The table of section 2.2.2.2, written out a second time: with a legal value, and where it is legal inbound.
const ANSWERS = ["PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBACK", "UNSUBACK"];
const ALL = Object.keys(inbound);
const table: [string, Part, string[]][] = [
	["Payload Format Indicator", byte(0x01, 1), ["PUBLISH"]],
	["Message Expiry Interval", four(0x02, 60), ["PUBLISH"]],
	["Content Type", data(0x03, "text"), ["PUBLISH"]],
	["Response Topic", data(0x08, "a/b"), ["PUBLISH"]],
	["Correlation Data", data(0x09, [0, 1, 2]), ["PUBLISH"]],
	["Subscription Identifier", number(0x0b, 300), ["PUBLISH"]],
	["Session Expiry Interval", four(0x11, 0), ["CONNACK"]],
	["Assigned Client Identifier", data(0x12, "id"), ["CONNACK"]],
	["Server Keep Alive", two(0x13, 0), ["CONNACK"]],
	["Authentication Method", data(0x15, "SCRAM"), ["CONNACK", "AUTH"]],
	["Authentication Data", data(0x16, [0]), ["CONNACK", "AUTH"]],
	["Request Problem Information", byte(0x17, 1), []],
	["Will Delay Interval", four(0x18, 1), []],
	["Request Response Information", byte(0x19, 1), []],
	["Response Information", data(0x1a, "answers/"), ["CONNACK"]],
	["Server Reference", data(0x1c, "other"), ["CONNACK", "DISCONNECT"]],
	["Reason String", data(0x1f, "why"), ["CONNACK", ...ANSWERS, "DISCONNECT", "AUTH"]],
	["Receive Maximum", two(0x21, 1), ["CONNACK"]],
	["Topic Alias Maximum", two(0x22, 0), ["CONNACK"]],
	["Topic Alias", two(0x23, 1), ["PUBLISH"]],
	["Maximum QoS", byte(0x24, 0), ["CONNACK"]],
	["Retain Available", byte(0x25, 0), ["CONNACK"]],
	["User Property", user("name", "value"), ALL],
	["Maximum Packet Size", four(0x27, 1), ["CONNACK"]],
	["Wildcard Subscription Available", byte(0x28, 0), ["CONNACK"]],
	["Subscription Identifier Available", byte(0x29, 0), ["CONNACK"]],
	["Shared Subscription Available", byte(0x2a, 0), ["CONNACK"]],
];

const wayOf = (type: string): Way => ({ connected: type !== "CONNACK" });

test("the table has all 27 properties", () => {
	expect(table).toHaveLength(27);
});

describe.each(table)("%s", (name, property, places) => {
	test.each(ALL)("in %s, in the midst of others", (type) => {
		const parts = [user("a", "b"), property, user("c", "d")];
		const legal = places.includes(type);
		expect(reasonOf(inbound[type](parts), wayOf(type))).toBe(legal ? undefined : codes.PROPERTY_MISPLACED);
		const tight = { ...wayOf(type), payloadSize: 4, propertySize: 0 };
		expect(reasonOf(inbound[type](parts), tight)).toBe(legal ? undefined : codes.PROPERTY_MISPLACED);
	});

	if (places.length === 0) return;

	test.each(places)("twice in %s", (type) => {
		const repeats = name === "User Property" || name === "Subscription Identifier";
		const parts = [property, user("a", "b"), property];
		expect(reasonOf(inbound[type](parts), wayOf(type))).toBe(repeats ? undefined : codes.PROPERTY_TWICE);
		const tight = { ...wayOf(type), payloadSize: 4, propertySize: 0 };
		expect(reasonOf(inbound[type](parts), tight)).toBe(repeats ? undefined : codes.PROPERTY_TWICE);
	});

	test.each(places)("cut short by the property length in %s, at every byte", (type) => {
		for (let length = 1; length < property.length; length++)
			for (const before of [[], [user("a", "b")]])
				for (const propertySize of [0, 128])
					expect(
						reasonOf(inbound[type]([...before, property.slice(0, length)]), {
							...wayOf(type),
							payloadSize: 4,
							propertySize,
						}),
					).toBe(codes.PROPERTY_LENGTH);
	});

	test.each(places)("goes with all others in %s", (type) => {
		const others = table.filter(([, , theirs]) => theirs.includes(type)).map(([, other]) => other);
		expect(reasonOf(inbound[type](others), wayOf(type))).toBeUndefined();
	});
});

test("no other property is known", () => {
	const known = new Set(table.map(([, property]) => property[0]));
	for (let id = 0; id < 256; id++) {
		if (known.has(id)) continue;
		const type = ALL[id % ALL.length];
		const bytes = inbound[type]([user("a", "b"), [id, 0, 0, 0, 0]]);
		expect(reasonOf(bytes, wayOf(type))).toBe(codes.PROPERTY_UNKNOWN);
	}
});

const values: [string, string, Part, Reason][] = [
	["Payload Format Indicator 2", "PUBLISH", byte(0x01, 2), codes.PROPERTY_VALUE],
	["Subscription Identifier 0", "PUBLISH", number(0x0b, 0), codes.PROPERTY_VALUE],
	["Topic Alias 0", "PUBLISH", two(0x23, 0), codes.ALIAS_INVALID],
	["a response topic with +", "PUBLISH", data(0x08, "a/+"), codes.RESPONSE_TOPIC_WILDCARD],
	["[5.0 MQTT-3.3.2-14] a response topic with #", "PUBLISH", data(0x08, "#"), codes.RESPONSE_TOPIC_WILDCARD],
	[
		"a Subscription Identifier of five bytes",
		"PUBLISH",
		[0x0b, 128, 128, 128, 128, 1],
		codes.PROPERTY_INTEGER,
	],
	["Receive Maximum 0", "CONNACK", two(0x21, 0), codes.PROPERTY_VALUE],
	["Maximum Packet Size 0", "CONNACK", four(0x27, 0), codes.PROPERTY_VALUE],
	["Maximum QoS 2", "CONNACK", byte(0x24, 2), codes.PROPERTY_VALUE],
	["Retain Available 2", "CONNACK", byte(0x25, 2), codes.PROPERTY_VALUE],
	["Wildcard Available 255", "CONNACK", byte(0x28, 255), codes.PROPERTY_VALUE],
	["Identifiers Available 2", "CONNACK", byte(0x29, 2), codes.PROPERTY_VALUE],
	["Shared Available 2", "CONNACK", byte(0x2a, 2), codes.PROPERTY_VALUE],
];

test.each(values)("%s is refused", (_name, type, property, reason) => {
	expect(reasonOf(inbound[type]([property]), wayOf(type))).toBe(reason);
	expect(reasonOf(inbound[type]([user("a", "b"), property, user("c", "d")]), wayOf(type))).toBe(reason);
});

test("each byte of Maximum Packet Size counts", () => {
	for (const size of [1, 256, 65_536, 0x01000000, 0xffffffff])
		expect(reasonOf(inbound.CONNACK([four(0x27, size)]), { connected: false })).toBeUndefined();
});

const badText: [string, number[]][] = [
	["a lone continuation byte", [0x80]],
	["an overlong form", [0xc0, 0x80]],
	["a surrogate", [0xed, 0xa0, 0x80]],
	["a cut sequence", [0x61, 0xe2, 0x82]],
	["more than U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
	["0xff", [0xff]],
];
const strings = table.filter(([, property]) =>
	[0x03, 0x08, 0x12, 0x15, 0x1a, 0x1c, 0x1f].includes(property[0]),
);

describe("[5.0 MQTT-1.5.4-1] text that is not UTF-8", () => {
	test.each(badText)("%s is refused in every string", (_what, bytes) => {
		for (const [, property, places] of strings)
			for (const type of places)
				expect(reasonOf(inbound[type]([data(property[0], [0x61, ...bytes])]), wayOf(type))).toBe(
					codes.PROPERTY_TEXT,
				);
	});

	test.each(badText)(
		"[5.0 MQTT-1.5.7-1] %s is refused in the name and the value of a pair",
		(_what, bytes) => {
			for (const type of ALL)
				for (const pair of [user(bytes, "value"), user("name", bytes), user("", bytes), user(bytes, "")])
					expect(reasonOf(inbound[type]([pair]), wayOf(type))).toBe(codes.PROPERTY_TEXT);
		},
	);
});

test("[5.0 MQTT-1.5.4-2] a null character is refused in every string, and welcome in binary data", () => {
	for (const [, property, places] of strings)
		for (const type of places)
			for (const bytes of [[0], [0x61, 0], [0, 0x61]])
				expect(reasonOf(inbound[type]([data(property[0], bytes)]), wayOf(type))).toBe(codes.PROPERTY_TEXT);
	for (const pair of [user([0], "value"), user("name", [0x61, 0])])
		expect(reasonOf(inbound.PUBLISH([pair]))).toBe(codes.PROPERTY_TEXT);
	expect(reasonOf(inbound.PUBLISH([data(0x09, [0, 0xff, 0x80])]))).toBeUndefined();
});

test("behind a PUBLISH with the same properties, those of an empty topic name are looked at again", () => {
	for (const properties of [[], [user("a", "b")]]) {
		const first = PUBLISH5("t", "p", properties);
		for (const qos of [0, 1])
			expect(reasonBehind(first, PUBLISH5("", "pq", properties, { qos, id: 1 }))).toBe(wire.TOPIC_EMPTY);
	}
	const alias = [two(0x23, 1)];
	expect(reasonBehind(PUBLISH5("t", "p", alias), PUBLISH5("", "p", alias))).toBeUndefined();
});

test("properties as long as the last ones, in a packet that is shorter than they are, take nothing from the next", () => {
	const first = PUBLISH5("t", "payload", [user("a", "b")]);
	for (let length = 0; length < 7; length++) {
		const cut = packet(0x30, field("t"), [7], user("a", "b").slice(0, length));
		expect(reasonBehind(first, concat([cut, first, first]))).toBe(codes.PROPERTY_LENGTH);
		// Also where the next bytes are just what is missing.
		const rest = user("a", "b").slice(length);
		expect(reasonBehind(first, concat([cut, rest, first]))).toBe(codes.PROPERTY_LENGTH);
	}
});

test("a wrong text goes the short way, behind a right one of the same length, and is found", () => {
	const right = PUBLISH5("topic", "payload", [user("a", "b"), data(9, [1])]);
	for (let at = 0; at < right.length; at++)
		for (const value of [0, 0x23, 0x80, 0xff]) {
			const wrong = right.slice();
			wrong[at] = value;
			expect(reasonBehind(right, wrong)).toBe(reasonOf(wrong));
		}
	expect(reasonBehind(right, PUBLISH5("topic", "payload", [user("a", [0xff]), data(9, [1])]))).toBe(
		codes.PROPERTY_TEXT,
	);
});

test.each(breaches)("%s has its reason", (_name, bytes, reason, way = {}) => {
	expect(reasonOf(Uint8Array.from(bytes), way)).toBe(reason);
});

// Which codes a packet may have (sections 3.2.2.2, 3.4.2.1, 3.5.2.1, 3.6.2.1, 3.7.2.1, 3.9.3, 3.11.3, 3.14.2.1, 3.15.2.1).
const legal: Record<string, [number[], (code: number) => Uint8Array]> = {
	CONNACK: [
		[
			0, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a,
			0x9b, 0x9c, 0x9d, 0x9f,
		],
		(code) => CONNACK5(false, code),
	],
	PUBACK: [[0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99], (code) => packet(0x40, word(1), [code])],
	PUBREC: [[0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99], (code) => packet(0x50, word(1), [code])],
	PUBREL: [[0, 0x92], (code) => packet(0x62, word(1), [code])],
	PUBCOMP: [[0, 0x92], (code) => packet(0x70, word(1), [code])],
	SUBACK: [[0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2], (code) => SUBACK5(1, [code])],
	UNSUBACK: [[0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91], (code) => UNSUBACK5(1, [code])],
	DISCONNECT: [
		[
			0, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97,
			0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
		],
		(code) => packet(0xe0, [code]),
	],
	AUTH: [[0, 0x18], (code) => AUTH5(code)],
};

test.each(Object.entries(legal))(
	"%s may have the codes of its section, and no other",
	(type, [wanted, make]) => {
		const taken: number[] = [];
		for (let code = 0; code < 256; code++) {
			const reason = reasonOf(make(code), wayOf(type));
			if (reason === undefined) taken.push(code);
			else expect(reason).toBe(type === "CONNACK" ? wire.CONNACK_CODE : codes.CODE_UNDEFINED);
		}
		expect(taken).toEqual(wanted);
	},
);

test("a CONNACK of two bytes refuses by a code of either version, and says that it is bare", () => {
	for (const code of [1, 2, 3, 4, 5, 0x84, 0x87])
		expect(decode([Uint8Array.of(0x20, 2, 0, code)], { connected: false })).toEqual([
			`connack false ${code} bare`,
		]);
});

test("each reason has its text, its section and the code to answer with", () => {
	for (const reason of [...Object.values(codes)])
		if (typeof reason === "object" && "message" in reason) {
			expect(reason.fault).toBe("peer");
			expect(reason.code).toBeGreaterThanOrEqual(0x81);
			expect(reason.message).toMatch(/section \d/);
		}
	const all = new Set<Reason>();
	for (let code = 0x80; code <= 0xa2; code++) {
		const reason = codes.reasonOf(code);
		expect(reason.code).toBe(code);
		expect(reason.fault).toBe("broker");
		expect(codes.reasonOf(code)).toBe(reason);
		all.add(reason);
	}
	expect(all.size).toBe(35);
	for (const code of [0, 0x7f, 0xa3, 0xff]) expect(codes.reasonOf(code)).toBe(codes.reasonOf(0x80));
});

test("a variable byte integer may be longer than it must be: only a sender has to write the shortest form", () => {
	expect(
		reasonOf(
			packet(
				0x30,
				field("t"),
				[0x80, 0],
				"p".split("").map(() => 0x70),
			),
		),
	).toBeUndefined();
	expect(decode([PUBLISH5("t", "", [[0x0b, 0x81, 0x80, 0x80, 0]])])).toEqual([
		`publish 0 0 74 "" {0b81808000}`,
	]);
});

test("a second string that is longer than what is left is found, also where there is no room for it", () => {
	const pair = user("name", "value");
	pair[pair.length - 6]++;
	for (const propertySize of [0, 8, 16])
		expect(reasonOf(PUBLISH5("t", "payload", [pair]), { propertySize })).toBe(codes.PROPERTY_LENGTH);
});

test("hostile lengths take no memory: a property of 65535 bytes, a pair of twice as many", () => {
	const big = new Uint8Array(65_535).fill(0x61);
	const bytes = PUBLISH5("t", "p", [user(big, big), user("a", "b"), two(0x23, 7), data(9, big)]);
	expect(decode([bytes], { propertySize: 16 })).toEqual([
		`publish 0 0 74 alias 7 "70" {2600016100016223${"0007"}…}`,
	]);
	expect(long(1)).toEqual([0, 0, 0, 1]);
});

describe("properties for which there is no room", () => {
	const ways = [0, 8, 16, 24, 40, 48, 200].flatMap((room) => [0, 1, 2, 3].map((length) => [room, length]));
	test.each(ways)("with room for %d bytes, values of %d", (propertySize, length) => {
		const value = "x".repeat(length);
		const long = user("long", "x".repeat(30));
		const parts = [user("a", value), long, user("c", value), data(3, "text/plain"), two(0x23, 9)];
		const bytes = PUBLISH5("t", "p", parts);
		const [line] = decode([bytes], { propertySize });
		const kept: number[] = [];
		let room = propertySize;
		for (const part of parts)
			if (part.length <= room) {
				kept.push(...part);
				room -= part.length;
			}
		const shown = Buffer.from(kept).toString("hex");
		const all = concat(parts).length;
		expect(line).toBe(`publish 0 0 74 alias 9 "70" {${shown}${kept.length < all ? "…" : ""}}`);
		expect(reasonOf(bytes, { propertySize })).toBeUndefined();
	});

	test("are not missing from a message that never had them", () => {
		const kept = user("a", "bc");
		const both = [PUBLISH5("t", "p", [kept, user("d", "ef")]), PUBLISH5("t", "p", [kept])];
		expect(decode([...both, ...both], { propertySize: 8 })).toEqual(
			["…", "", "…", ""].map((dots) => `publish 0 0 74 "70" {2600016100026263${dots}}`),
		);
	});

	test("the room is rounded up to eight bytes", () => {
		const bytes = PUBLISH5("t", "p", [user("a", "bc"), user("d", "ef")]);
		for (const [propertySize, kept] of [
			[0, ""],
			[1, "2600016100026263"],
			[8, "2600016100026263"],
			[9, "26000161000262632600016400026566"],
		])
			expect(decode([bytes], { propertySize: Number(propertySize) })).toEqual([
				`publish 0 0 74 "70" {${kept}${propertySize === 9 ? "" : "…"}}`,
			]);
	});

	test("of other packets have the payload's buffer, too", () => {
		const reasons = [data(0x1f, "x".repeat(40)), user("a", "b")];
		const bytes = SUBACK5(1, [0], reasons);
		const all = Buffer.from(concat(reasons)).toString("hex");
		expect(decode([bytes], { propertySize: 8, payloadSize: 64 })).toEqual([`suback 1 0 0/1 {${all}}`]);
		expect(decode([bytes], { propertySize: 8, payloadSize: 24 })).toEqual([
			"suback 1 0 0/1 {26000161000162…}",
		]);
		expect(decode([bytes], { propertySize: 64, payloadSize: 1 })).toEqual([`suback 1 0 0/1 {${all}}`]);
	});

	test("reason strings and user properties are kept if the app asks for them, those of messages always", () => {
		const reasons = [data(0x1f, "why"), data(0x1c, "other"), user("a", "b")];
		const way = { keepsProblemInformation: false };
		expect(decode([DISCONNECT5(0x9c, reasons)], way)).toEqual(["disconnect 156 {1c00056f74686572}"]);
		expect(decode([PUBLISH5("t", "", [user("a", "b")])], way)).toEqual([
			`publish 0 0 74 "" {26000161000162}`,
		]);
		// They are checked all the same.
		expect(reasonOf(DISCONNECT5(0x9c, [data(0x1f, [0xff])]), way)).toBe(codes.PROPERTY_TEXT);
		expect(reasonOf(DISCONNECT5(0x9c, [...reasons, data(0x1f, "why")]), way)).toBe(codes.PROPERTY_TWICE);
	});
});
