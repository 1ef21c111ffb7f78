// Packets of MQTT 5.0, right and wrong, and what is heard of them; properties as they are written.

import type { Reason } from "../../../src/wire/reason.js";
import * as wire from "../../../src/wire/reason.js";
import { encodeField } from "../../../src/wire/topic.js";
import { encodeDisconnect5 } from "../../../src/wire/v5/encode.js";
import { Properties } from "../../../src/wire/v5/properties.js";
import * as codes from "../../../src/wire/v5/reason-codes.js";
import { decode, type Way } from "../../support/diary5.js";
import {
	bytesOf,
	concat,
	field,
	hex,
	PINGRESP,
	PUBACK,
	PUBCOMP,
	PUBREC,
	PUBREL,
	packet,
	word,
} from "../../support/packets.js";
import {
	ACKNOWLEDGEMENT5,
	AUTH5,
	block,
	byte,
	CONNACK5,
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
import { throws, type Vector } from "./vector.js";

const text = (value: string) => hex(bytesOf(value));
/** All properties of a PUBLISH. */
export const everything = [
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

/** Packets that a broker sends, and what is heard of them. */
export const packets: [Uint8Array, string][] = [
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
/** Packets and what is wrong with them, without a CONNACK in front if `connected` is false. */
export const breaches: [string, Uint8Array | readonly number[], Reason, Way?][] = [
	["a CONNACK that accepts without properties", [0x20, 2, 0, 0], wire.LENGTH, { connected: false }],
	["a CONNACK of one byte", [0x20, 1, 0], wire.LENGTH, { connected: false }],
	[
		"[5.0 MQTT-3.2.2-1] CONNACK with reserved flags",
		packet(0x20, [2, 0], [0]),
		wire.CONNACK_FLAGS,
		{ connected: false },
	],
	["CONNACK that refuses, with a session", CONNACK5(true, 0x87), wire.CONNACK_SESSION, { connected: false }],
	[
		"CONNACK with reason code 1 of 3.1.1 and properties",
		CONNACK5(false, 1),
		wire.CONNACK_CODE,
		{ connected: false },
	],
	["CONNACK with a code of DISCONNECT", CONNACK5(false, 0x8e), wire.CONNACK_CODE, { connected: false }],
	["a short CONNACK with a code that nobody knows", [0x20, 2, 0, 6], wire.CONNACK_CODE, { connected: false }],
	["CONNACK with a byte too many", packet(0x20, [0, 0], [0], [0]), wire.LENGTH, { connected: false }],
	["a second CONNACK", CONNACK5(), wire.SECOND_CONNACK],
	["DISCONNECT before CONNACK", [0xe0, 0], wire.NOT_YET_CONNECTED, { connected: false }],
	["PUBLISH before CONNACK", PUBLISH5("t", ""), wire.NOT_YET_CONNECTED, { connected: false }],
	["PINGRESP before CONNACK", [0xd0, 0], wire.NOT_YET_CONNECTED, { connected: false }],
	["[5.0 MQTT-3.3.1-4] PUBLISH at QoS 3", packet(0x36, field("t"), word(1), [0]), wire.QOS_3],
	["PUBLISH with DUP at QoS 0", packet(0x38, field("t"), [0]), wire.DUP_QOS_0],
	["PUBLISH without room for properties", packet(0x30, field("t")), wire.LENGTH],
	["PUBLISH at QoS 1 without room for properties", packet(0x32, field("t"), word(1)), wire.LENGTH],
	["PUBLISH of two bytes", [0x30, 2, 0, 0], wire.LENGTH],
	["PUBLISH without a topic name", PUBLISH5("", "p"), wire.TOPIC_EMPTY],
	[
		"PUBLISH without a topic name at QoS 1",
		PUBLISH5("", "p", [user("a", "b")], { qos: 1, id: 1 }),
		wire.TOPIC_EMPTY,
	],
	["PUBLISH with identifier 0", PUBLISH5("t", "p", [], { qos: 1, id: 0 }), wire.IDENTIFIER_ZERO],
	["PUBLISH with a topic name beyond its end", packet(0x30, word(9), [0x61, 0]), wire.LENGTH],
	[
		"PUBLISH with properties beyond its end",
		packet(0x30, field("t"), [5], user("", "").slice(0, 3)),
		codes.PROPERTY_LENGTH,
	],
	[
		"PUBLISH with a property length of five bytes",
		packet(0x30, field("t"), [128, 128, 128, 128, 1]),
		codes.PROPERTY_INTEGER,
	],
	["PUBLISH that ends in its property length", packet(0x30, field("t"), [128]), codes.PROPERTY_LENGTH],
	["PUBACK of one byte", [0x40, 1, 0], wire.LENGTH],
	["PUBACK with identifier 0", [0x40, 2, 0, 0], wire.IDENTIFIER_ZERO],
	["PUBACK with identifier 0 and a reason code", [0x40, 3, 0, 0, 0], wire.IDENTIFIER_ZERO],
	["PUBACK with a byte too many", [0x40, 5, 0, 1, 0, 0, 0], wire.LENGTH],
	["PUBACK with properties beyond its end", [0x40, 4, 0, 1, 0, 1], codes.PROPERTY_LENGTH],
	["PUBREL with flags 0", [0x60, 2, 0, 1], wire.RESERVED_FLAGS],
	["[5.0 MQTT-2.1.3-1] PUBACK with flags 2", [0x42, 2, 0, 1], wire.RESERVED_FLAGS],
	["SUBACK without codes", packet(0x90, word(1), [0]), wire.LENGTH],
	["SUBACK without codes behind properties", packet(0x90, word(1), block([user("a", "b")])), wire.LENGTH],
	["SUBACK with identifier 0", SUBACK5(0, [0]), wire.IDENTIFIER_ZERO],
	["UNSUBACK as 3.1.1 has it", [0xb0, 2, 0, 1], wire.LENGTH],
	["PINGRESP with a byte", [0xd0, 1, 0], wire.LENGTH],
	["PINGRESP with flags", [0xd1, 0], wire.RESERVED_FLAGS],
	["DISCONNECT with flags", [0xe1, 0], wire.RESERVED_FLAGS],
	["DISCONNECT with a byte too many", [0xe0, 3, 0, 0, 0], wire.LENGTH],
	["[5.0 MQTT-3.15.1-1] AUTH with flags", [0xf1, 0], wire.RESERVED_FLAGS],
	["AUTH with a byte too many", [0xf0, 3, 0, 0, 0], wire.LENGTH],
	["a packet of type 0", [0x00, 0], wire.PACKET_TYPE],
	["CONNECT", [0x10, 0], wire.PACKET_TYPE],
	["SUBSCRIBE", [0x82, 0], wire.PACKET_TYPE],
	["UNSUBSCRIBE", [0xa2, 0], wire.PACKET_TYPE],
	["PINGREQ", [0xc0, 0], wire.PACKET_TYPE],
	["a remaining length of five bytes", [0x30, 128, 128, 128, 128, 1], wire.LENGTH_ENCODING],
];

/** Arrives at once and in pieces, which must make no difference. */
function heard(name: string, bytes: Uint8Array, lines: readonly string[], way: Way = {}): Vector {
	return {
		name: `5.0: ${name}`,
		wanted: lines.join("\n"),
		run() {
			const whole = decode([bytes], way).join("\n");
			for (const size of [1, 2, 3, 7]) {
				const pieces: Uint8Array[] = [];
				for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.slice(at, at + size));
				for (const most of [1, 5, Number.POSITIVE_INFINITY]) {
					const cut = decode(pieces, { ...way, most }).join("\n");
					if (cut !== whole) return `${whole}\nin pieces of ${size}:\n${cut}`;
				}
			}
			return whole;
		},
	};
}

const properties = new Properties({
	contentType: "°C",
	userProperties: [["namé", "🌡"]],
	correlationData: "antwort-ü",
});

/** Text as the engine at hand has it: UTF-8 on boards. */
const texts: Vector[] = [
	{
		name: "5.0: properties in the text of this engine",
		wanted: hex(block([data(3, "°C"), user("namé", "🌡"), data(9, "antwort-ü")])),
		run: () => hex(properties.block),
	},
	{
		name: "5.0: correlation data is written in place",
		wanted: "010203",
		run() {
			const { block, correlationData } = new Properties({ correlationData: new Uint8Array(3) });
			correlationData!.set([1, 2, 3]);
			return hex(block.slice(-3));
		},
	},
	{
		name: "5.0: DISCONNECT with all it may have",
		wanted: hex(packet(0xe0, [0x81], block([four(0x11, 0xfffffffe), data(0x1f, "é")]))),
		run: () => hex(encodeDisconnect5(0x81, 0xfffffffe, encodeField("reason", "é"))),
	},
	throws(
		"5.0: a response topic with a wildcard",
		"RangeError",
		'responseTopic "a/#" has a wildcard',
		() => new Properties({ responseTopic: "a/#" }),
	),
	throws(
		"5.0: an expiry of 1.5 s",
		"RangeError",
		"messageExpiry is 1.5",
		() => new Properties({ messageExpiry: 1.5 }),
	),
];

export const packets5Vectors: readonly Vector[] = [
	...packets.map(([bytes, line], at) => heard(`packet ${at}, ${line.slice(0, 40)}`, bytes, [line])),
	heard(
		"all packets in a row",
		concat(packets.map(([bytes]) => bytes)),
		packets.map(([, line]) => line),
	),
	...breaches.map(([name, bytes, reason, way]) => heard(name, Uint8Array.from(bytes), [reason.message], way)),
	...texts,
];
