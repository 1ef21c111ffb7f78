// Bytes to packets of MQTT 5.0, however the stream is cut and whatever the sizes of buffers.

import { decode, type Way } from "../../support/diary5.js";
import { concat, hex, PINGRESP, PUBACK, PUBCOMP, PUBREC, PUBREL } from "../../support/packets.js";
import {
	ACKNOWLEDGEMENT5,
	AUTH5,
	byte,
	DISCONNECT5,
	data,
	four,
	number,
	PUBLISH5,
	SUBACK5,
	two,
	UNSUBACK5,
	user,
} from "../../support/packets5.js";

const text = (value: string) => hex(Buffer.from(value));
const everything = [
	byte(0x01, 1),
	four(0x02, 0xffffffff),
	data(0x03, "text/é"),
	data(0x08, "answers/1"),
	data(0x09, [0, 1, 0xff]),
	number(0x0b, 1),
	number(0x0b, 268_435_455),
	user("unit", "°C"),
	user("", ""),
];
const shown = hex(concat(everything));
const reason = [data(0x1f, "why"), user("a", "b")];
const because = ` {${hex(concat(reason))}}`;

const packets: [Uint8Array, string][] = [
	[PUBLISH5("a", ""), `publish 0 0 61 ""`],
	[PUBLISH5("topic/é", "hello", [], { retain: true }), `publish 1 0 ${text("topic/é")} "${text("hello")}"`],
	[PUBLISH5("12345678", "p", [], { qos: 1, id: 65_535 }), `publish 2 65535 ${text("12345678")} "70"`],
	[
		PUBLISH5("c", "two", [user("n", "v")], { qos: 2, id: 3 }),
		`publish 4 3 63 "74776f" {260001${"6e"}000176}`,
	],
	[PUBLISH5("all", "x", everything), `publish 0 0 616c6c "78" {${shown}}`],
	[PUBLISH5("all", "x", everything), `publish 0 0 616c6c "78" {${shown}}`],
	[PUBLISH5("d", "x".repeat(130), [byte(1, 0)]), `publish 0 0 64 "${"78".repeat(130)}" {0100}`],
	[PUBLISH5("t", "", [two(0x23, 5)]), `publish 0 0 74 alias 5 "" {230005}`],
	[PUBLISH5("", "q", [two(0x23, 5)]), `publish 0 0  alias 5 "71" {230005}`],
	[PUBLISH5("", "q", [two(0x23, 65_535)], { qos: 1, id: 7 }), `publish 2 7  alias 65535 "71" {23ffff}`],
	[PUBLISH5("e", "", [], { qos: 2, id: 9, dup: true }), `publish 12 9 65 ""`],
	[PUBACK(1), "ack 4 1"],
	[PUBREC(2), "ack 5 2"],
	[PUBREL(3), "ack 6 3"],
	[PUBCOMP(0x1234), "ack 7 4660"],
	[Uint8Array.of(0x40, 3, 0, 4, 0x10), "ack 4 4 code 16"],
	[Uint8Array.of(0x50, 3, 0, 5, 0x97), "ack 5 5 code 151"],
	[ACKNOWLEDGEMENT5(4, 6), "ack 4 6"],
	[ACKNOWLEDGEMENT5(5, 6, 0, reason), "ack 5 6"],
	[ACKNOWLEDGEMENT5(6, 7, 0x92, reason), `ack 6 7 code 146${because}`],
	[ACKNOWLEDGEMENT5(7, 8, 0x92), "ack 7 8 code 146"],
	[SUBACK5(9, [0]), "suback 9 0 0/1"],
	[SUBACK5(9, [2], reason), `suback 9 2 0/1${because}`],
	[UNSUBACK5(10, [0x11], reason), `unsuback 10 17 0/1${because}`],
	[AUTH5(0x18, [data(0x15, "M"), data(0x16, [1, 0])]), "auth 24 {1500014d1600020100}"],
	[Uint8Array.of(0xf0, 0), "auth 0"],
	[PINGRESP, "pingresp"],
	[Uint8Array.of(0xe0, 0), "disconnect 0"],
	[Uint8Array.of(0xe0, 1, 0x8e), "disconnect 142"],
	[
		DISCONNECT5(0x9c, [data(0x1c, "other:1883"), ...reason]),
		`disconnect 156 {1c000a${text("other:1883")}${because.slice(2)}`,
	],
];
const stream = concat(packets.map(([bytes]) => bytes));
const wanted = packets.map(([, line]) => line);

const ways: [string, Way][] = [
	["large buffers", {}],
	["a payload buffer of one byte", { payloadSize: 1 }],
	["a payload buffer that just holds properties", { payloadSize: 140 }],
	["topics that just fit", { topicSize: 8 }],
	["properties that just fit", { propertySize: concat(everything).length }],
	["reads of one byte at most", { most: 1 }],
	["reads of three bytes at most", { most: 3, payloadSize: 16 }],
	["reads of 100 bytes at most", { most: 100 }],
	["a stop after each packet", { stops: true }],
	["a stop after each part", { stops: true, payloadSize: 3, most: 2 }],
];

describe.each(ways)("with %s", (_what, way) => {
	test("a stream is decoded when it arrives at once", () => {
		expect(decode([stream], way)).toEqual(wanted);
	});

	test("and byte by byte", () => {
		expect(
			decode(
				[...stream].map((byte) => Uint8Array.of(byte)),
				way,
			),
		).toEqual(wanted);
	});

	test("and cut in two anywhere", () => {
		for (let at = 1; at < stream.length; at++) {
			const lines = decode([stream.slice(0, at), stream.slice(at)], way);
			if (lines.join() !== wanted.join()) throw new Error(`cut at ${at}: ${lines.join("\n")}`);
		}
	});

	test("and in pieces of any one size", () => {
		for (let size = 2; size < 40; size++) {
			const chunks: Uint8Array[] = [];
			for (let at = 0; at < stream.length; at += size) chunks.push(stream.slice(at, at + size));
			if (decode(chunks, way).join() !== wanted.join()) throw new Error(`pieces of ${size}`);
		}
	});
});

test("every packet follows every other", () => {
	for (const [first, one] of packets)
		for (const [second, two] of packets) {
			const both = concat([first, second]);
			for (let at = 1; at <= both.length; at++)
				expect(decode([both.slice(0, at), both.slice(at)])).toEqual([one, two]);
		}
});
