// Properties to publish with: what they refuse, and how they lie in memory.

import { encodeField, encodeFilter, Topic } from "../../../src/wire/topic.js";
import {
	encodeAuth5,
	encodeConnect5,
	encodeDisconnect5,
	encodeSubscribe5,
} from "../../../src/wire/v5/encode.js";
import { Block, encodePairs, Properties, type PropertyFields } from "../../../src/wire/v5/properties.js";
import { field, hex } from "../../support/packets.js";

const refused: [string, unknown, string][] = [
	["a content type that is no string", { contentType: 5 }, "contentType must be a string, not number"],
	[
		"[5.0 MQTT-3.3.2-19] a content type with a lone surrogate",
		{ contentType: "a\ud800" },
		"contentType has a lone surrogate at index 1",
	],
	[
		"a content type with a null character",
		{ contentType: "a\0" },
		'contentType "a\\u0000" has a null character',
	],
	[
		"a content type that is too long",
		{ contentType: "x".repeat(65_536) },
		"contentType has 65536 bytes of UTF-8: it must have at most 65535",
	],
	[
		"Properties that are made already",
		new Properties({ contentType: "a" }),
		"the properties are a Properties already: pass the fields that it was made from",
	],
	[
		"a copy of such ones",
		{ ...new Properties({ contentType: "a", messageExpiry: 5 }) },
		"the properties are a Properties already",
	],
	["payload format 2", { payloadFormat: 2 }, "payloadFormat is 2: it must be a whole number from 0 to 1"],
	[
		"payload format true",
		{ payloadFormat: true },
		"payloadFormat is true: it must be a whole number from 0 to 1",
	],
	[
		"a negative expiry",
		{ messageExpiry: -1 },
		"messageExpiry is -1: it must be a whole number from 0 to 4294967295",
	],
	["an expiry of 1.5 s", { messageExpiry: 1.5 }, "messageExpiry is 1.5: it must be a whole number"],
	["an expiry beyond four bytes", { messageExpiry: 4_294_967_296 }, "messageExpiry is 4294967296"],
	["an expiry that is text", { messageExpiry: "60" }, 'messageExpiry is "60"'],
	[
		"[5.0 MQTT-3.3.2-14] a response topic with +",
		{ responseTopic: "a/+" },
		'responseTopic "a/+" has a wildcard',
	],
	["a response topic with #", { responseTopic: "#" }, 'responseTopic "#" has a wildcard'],
	["an empty response topic", { responseTopic: "" }, "responseTopic is empty"],
	[
		"[5.0 MQTT-3.3.2-13] a response topic with a lone surrogate",
		{ responseTopic: "\udc00" },
		"responseTopic has a lone surrogate",
	],
	[
		"correlation data of another type",
		{ correlationData: 5 },
		"correlationData must be a Uint8Array or a string, not number",
	],
	[
		"correlation data that is too long",
		{ correlationData: new Uint8Array(65_536) },
		"correlationData has 65536 bytes: it must have at most 65535",
	],
	[
		"user properties as an object",
		{ userProperties: { a: "b" } },
		"userProperties must be an array of pairs",
	],
	[
		"a user property without value",
		{ userProperties: [["a"]] },
		"userProperties[0] must be an array of two strings",
	],
	[
		"a user property that is no array",
		{ userProperties: [["a", "b"], "cd"] },
		"userProperties[1] must be an array",
	],
	[
		"a name that is no string",
		{ userProperties: [[1, "b"]] },
		"name of userProperties[0] must be a string, not number",
	],
	[
		"a value with a null character",
		{ userProperties: [["a", "\0"]] },
		'value of userProperties[0] "\\u0000" has a null character',
	],
	[
		"a value that is too long",
		{ userProperties: [["a", "x".repeat(65_536)]] },
		"value of userProperties[0] has 65536 bytes",
	],
];

test.each([null, undefined, 5, "contentType"])("%j in place of fields is refused", (fields) => {
	expect(() => new Properties(fields as unknown as PropertyFields)).toThrow(
		/^the properties are .*: they must be an object/,
	);
});

test.each(refused)("%s is refused, with its value and the rule", (_name, fields, message) => {
	expect(() => new Properties(fields as PropertyFields)).toThrow(message);
});

test("all of them lie behind their length, correlation data last", () => {
	const properties = new Properties({
		correlationData: Uint8Array.of(0, 255),
		userProperties: [
			["n", "1"],
			["n", "2"],
		],
		responseTopic: new Topic("r"),
		contentType: "c",
		payloadFormat: 1,
		messageExpiry: 60,
	});
	expect(hex(properties.block)).toBe(
		`1d${"0101"}${"03000163"}${"08000172"}${"2600016e000131"}${"2600016e000132"}${"09000200ff"}`,
	);
	expect(properties.messageExpiry).toBe(60);
	properties.correlationData!.set([7, 8]);
	expect(hex(properties.block.slice(-5))).toBe("0900020708");
	expect(Object.isFrozen(properties)).toBe(true);
});

test("what is not given is not there; 0 and empty values are", () => {
	expect(hex(new Properties({}).block)).toBe("00");
	expect(new Properties({}).messageExpiry).toBe(-1);
	expect(new Properties({}).correlationData).toBeUndefined();
	const empty = new Properties({ contentType: "", payloadFormat: 0, messageExpiry: 0, correlationData: "" });
	expect(hex(empty.block)).toBe("08" + "0100" + "030000" + "090000");
	expect(empty.messageExpiry).toBe(0);
	expect(empty.correlationData).toHaveLength(0);
	expect(new Properties({ messageExpiry: 4_294_967_295 }).messageExpiry).toBe(4_294_967_295);
});

test("[5.0 MQTT-1.5.5-1] the length takes as few bytes as it can", () => {
	for (const [bytes, length] of [
		[124, "7f"],
		[125, "8001"],
		[16_380, "ff7f"],
		[16_381, "808001"],
	] as const)
		expect(
			hex(new Properties({ correlationData: new Uint8Array(bytes) }).block.slice(0, length.length / 2)),
		).toBe(length);
});

test("[5.0 MQTT-1.5.5-1] a subscription identifier takes as few bytes as it can", () => {
	for (const [identifier, bytes] of [
		[1, "01"],
		[127, "7f"],
		[128, "8001"],
		[268_435_455, "ffffff7f"],
	] as const) {
		const packet = hex(encodeSubscribe5(1, [encodeFilter("f")], [2], identifier));
		expect(packet.slice(8)).toBe(`0${1 + bytes.length / 2}0b${bytes}00016602`);
	}
});

test("[5.0 MQTT-2.2.2-1] a packet without properties has a property length of 0", () => {
	expect(hex(encodeSubscribe5(1, [encodeFilter("f")], [2]))).toBe("8207000100" + "000166" + "02");
	const plain = { username: undefined, password: undefined, will: undefined, clean: true, keepAlive: 60 };
	const will = { topic: field("w"), payload: Uint8Array.of(1), qos: 1 as const, retain: true };
	expect(hex(encodeConnect5({ ...plain, clientId: field("i") }))).toBe(
		"100e00044d51545405" + "02003c" + "00" + "000169",
	);
	// Will properties are there with a will only (section 3.1.3).
	expect(hex(encodeConnect5({ ...plain, clientId: field("i"), will, willDelay: undefined }))).toBe(
		"101500044d51545405" + "2e003c" + "00" + "000169" + "00" + "000177" + "000101",
	);
	expect(
		hex(
			encodeConnect5({
				...plain,
				clientId: field("i"),
				willDelay: 5,
				willProperties: new Properties({ contentType: "t" }).block,
			}),
		),
	).toBe("100e00044d51545405" + "02003c" + "00" + "000169");
});

test("numbers are written with the highest byte first", () => {
	expect(hex(encodeDisconnect5(4, 0x12345678))).toBe("e007040511" + "12345678");
	expect(hex(encodeDisconnect5(0, 0xfffffffe, encodeField("it", "w")))).toBe("e00b000911fffffffe1f000177");
	expect(hex(encodeAuth5(0x19, encodeField("it", "M")))).toBe("f006190415" + "00014d");
	const block = new Block();
	block.number(0x21, 2, 0x1234);
	block.number(0x22, 2, undefined);
	block.pairs(encodePairs([["a", "b"]]));
	const bytes = new Uint8Array(block.size);
	expect(block.write(bytes, 0)).toBe(bytes.length);
	expect(hex(bytes)).toBe("0a211234" + "26000161000162");
});
