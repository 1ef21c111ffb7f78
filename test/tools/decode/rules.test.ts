// Each rule: a packet that breaks it is marked with its number, and one that just does not is not marked.

import type { Sender } from "../../../tools/decode/packet.js";
import {
	CONNACK,
	DISCONNECT,
	field,
	PINGREQ,
	PUBACK,
	PUBCOMP,
	PUBLISH,
	PUBREC,
	PUBREL,
	packet,
	SUBACK,
	SUBSCRIBE,
	UNSUBACK,
	UNSUBSCRIBE,
	word,
} from "../../support/packets.js";
import { corpus } from "../../xs/fuzz/corpus.js";
import { decoded, exchanged, rulesOf } from "./decoded.js";

/** CONNECT of these flags, with the payload's fields. */
const connect = (flags: number, ...fields: (Uint8Array | number[])[]) =>
	packet(0x10, field("MQTT"), [4, flags], word(60), ...fields);
const CONNECT = connect(2, field("id"));

/** What the client of the fuzz corpus closes for, and the rules that say so. */
const REASONS: Record<string, RegExp> = {
	PACKET_TYPE: /^section 2\.2\.1$/,
	RESERVED_FLAGS: /^MQTT-(2\.2\.2-1|3\.6\.1-1)$/,
	LENGTH: /^(section 3\.|MQTT-3\.3\.2-1|MQTT-3\.8\.4-5|MQTT-2\.3\.1-1)/,
	IDENTIFIER_ZERO: /^MQTT-2\.3\.1-/,
	SUBACK_CODES: /^MQTT-3\.8\.4-5$/,
	SUBACK_CODE: /^MQTT-3\.9\.3-2$/,
	LENGTH_ENCODING: /^section 2\.2\.3$/,
	QOS_3: /^MQTT-3\.3\.1-4$/,
	DUP_QOS_0: /^MQTT-3\.3\.1-2$/,
	TOPIC_EMPTY: /^MQTT-4\.7\.3-1$/,
	TOPIC_TEXT: /^MQTT-1\.5\.3-[12]$/,
	TOPIC_WILDCARD: /^MQTT-3\.3\.2-2$/,
	SECOND_CONNACK: /^section 3\.2$/,
	CONNACK_FLAGS: /^section 3\.2\.2\.1$/,
	CONNACK_CODE: /^MQTT-3\.2\.2-6$/,
	CONNACK_SESSION: /^MQTT-3\.2\.2-4$/,
};

test.each(corpus.map(({ name, bytes, reason }) => [name, bytes, reason] as const))(
	"the fuzz corpus: %s",
	(_, bytes, reason) => {
		// The SUBSCRIBE that its SUBACK is too long for.
		const seen = exchanged(
			["client", CONNECT],
			["server", CONNACK()],
			["client", SUBSCRIBE(1, "a", 0)],
			["server", bytes],
		);
		expect(seen.slice(0, 3).flatMap(rulesOf)).toEqual([]);
		expect(rulesOf(seen[3]).some((rule) => REASONS[reason].test(rule))).toBe(true);
	},
);

const CASES: [rule: string, wrong: Uint8Array, right: Uint8Array][] = [
	["MQTT-1.5.3-1", PUBLISH([0xed, 0xa0, 0x80], ""), PUBLISH([0xee, 0x80, 0x80], "")],
	["MQTT-1.5.3-2", SUBSCRIBE(1, [0x61, 0], 0), SUBSCRIBE(1, [0x61, 1], 0)],
	["MQTT-2.2.2-1", packet(0xc1), packet(0xc0)],
	["MQTT-2.3.1-1", SUBSCRIBE(0, "a", 0), SUBSCRIBE(1, "a", 0)],
	["MQTT-2.3.1-1", UNSUBSCRIBE(0, "a"), UNSUBSCRIBE(65_535, "a")],
	["MQTT-2.3.1-1", PUBLISH("a", "", { qos: 1, id: 0 }), PUBLISH("a", "", { qos: 0 })],
	["MQTT-2.3.1-6", PUBACK(0), PUBACK(1)],
	["MQTT-2.3.1-7", SUBACK(0, 0), SUBACK(1, 0)],
	["MQTT-3.1.2-1", packet(0x10, field("MQTX"), [4, 2], word(0), field("")), connect(2, field(""))],
	["MQTT-3.1.2-2", packet(0x10, field("MQTT"), [6, 2], word(0), [0], field("")), connect(2, field(""))],
	["MQTT-3.1.2-2", packet(0x10, field("MQTT"), [3, 2], word(0), field("a")), CONNECT],
	["MQTT-3.1.2-3", connect(3, field("a")), CONNECT],
	["MQTT-3.1.2-9", connect(6, field("a"), field("t")), connect(6, field("a"), field("t"), field(""))],
	["MQTT-3.1.2-13", connect(0x0a, field("a")), CONNECT],
	[
		"MQTT-3.1.2-14",
		connect(0x1e, field("a"), field("t"), field("")),
		connect(0x16, field("a"), field("t"), field("")),
	],
	["MQTT-3.1.2-15", connect(0x22, field("a")), CONNECT],
	["MQTT-3.1.2-19", connect(0x82, field("a")), connect(0x82, field("a"), field(""))],
	["MQTT-3.1.2-21", connect(0xc2, field("a"), field("u")), connect(0xc2, field("a"), field("u"), field(""))],
	["MQTT-3.1.2-22", connect(0x42, field("a"), field("p")), connect(0xc2, field("a"), field("u"), field("p"))],
	["MQTT-3.1.3-3", connect(2), connect(2, field(""))],
	["MQTT-3.1.3-7", connect(0, field("")), connect(0, field("a"))],
	["section 3.1.3", connect(2, field("a"), [1]), CONNECT],
	[
		"MQTT-4.7.1-1",
		connect(6, field("a"), field("t/+"), field("")),
		connect(6, field("a"), field("t/x"), field("")),
	],
	["MQTT-3.2.2-4", CONNACK(true, 1), CONNACK(true, 0)],
	["MQTT-3.2.2-6", CONNACK(false, 6), CONNACK(false, 5)],
	["MQTT-3.3.1-2", PUBLISH("a", "", { dup: true }), PUBLISH("a", "", { dup: true, qos: 1, id: 1 })],
	["MQTT-3.3.1-4", PUBLISH("a", "", { qos: 3, id: 1 }), PUBLISH("a", "", { qos: 2, id: 1 })],
	["MQTT-3.3.2-1", packet(0x30, word(5), [0x61]), PUBLISH("a", "")],
	["MQTT-3.3.2-2", PUBLISH("a/+", ""), PUBLISH("a/-", "")],
	["MQTT-3.6.1-1", packet(0x60, word(1)), PUBREL(1)],
	["MQTT-3.8.1-1", packet(0x80, word(1), field("a"), [0]), SUBSCRIBE(1, "a", 0)],
	["MQTT-3.8.3-3", packet(0x82, word(1)), SUBSCRIBE(1, "a", 0)],
	["MQTT-3-8.3-4", SUBSCRIBE(1, "a", 3), SUBSCRIBE(1, "a", 2)],
	["MQTT-3-8.3-4", SUBSCRIBE(1, "a", 0x40), SUBSCRIBE(1, "a", 2)],
	["MQTT-3.9.3-2", SUBACK(1, 0x7f), SUBACK(1, 0x80)],
	["MQTT-3.8.4-5", packet(0x90, word(1)), SUBACK(1, 0)],
	["MQTT-3.10.1-1", packet(0xa0, word(1), field("a")), UNSUBSCRIBE(1, "a")],
	["MQTT-3.10.3-2", packet(0xa2, word(1)), UNSUBSCRIBE(1, "a")],
	["MQTT-3.14.1-1", packet(0xe1), DISCONNECT],
	["MQTT-4.7.1-2", SUBSCRIBE(1, "a/#/b", 0), SUBSCRIBE(1, "a/b/#", 0)],
	["MQTT-4.7.1-2", SUBSCRIBE(1, "a#", 0), SUBSCRIBE(1, "#", 0)],
	["MQTT-4.7.1-3", SUBSCRIBE(1, "a/b+", 0), SUBSCRIBE(1, "+/+//+", 0)],
	["MQTT-4.7.3-1", SUBSCRIBE(1, "", 0), SUBSCRIBE(1, "/", 0)],
	["section 3.12", packet(0xc0, [1]), PINGREQ],
	["section 3.4", packet(0x40, word(1), [0]), PUBACK(1)],
	["section 3.4", packet(0x40, [1]), PUBACK(1)],
];

test.each(CASES)("%s: by a packet alone", (rule, wrong, right) => {
	const [marked, ...more] = decoded(wrong);
	expect(more).toEqual([]);
	expect(rulesOf(marked)).toEqual([rule]);
	expect(decoded(right).flatMap(rulesOf)).toEqual([]);
});

const C = (bytes: Uint8Array): [Sender, Uint8Array] => ["client", bytes];
const S = (bytes: Uint8Array): [Sender, Uint8Array] => ["server", bytes];
const OPENED = [C(CONNECT), S(CONNACK())];
const Q1 = PUBLISH("a", "", { qos: 1, id: 7 });
const Q2 = PUBLISH("a", "", { qos: 2, id: 7 });

/** The last packet breaks the rule, and only it. */
const EXCHANGES: [rule: string | undefined, ...[Sender, Uint8Array][]][] = [
	["MQTT-3.1.0-1", C(PINGREQ)],
	["MQTT-3.1.0-2", ...OPENED, C(CONNECT)],
	["MQTT-3.14.4-2", ...OPENED, C(DISCONNECT), C(PINGREQ)],
	["MQTT-3.2.0-1", C(CONNECT), S(PUBLISH("a", ""))],
	["section 3.2", ...OPENED, S(CONNACK())],
	["MQTT-3.2.2-5", C(CONNECT), S(CONNACK(false, 5)), S(PUBLISH("a", ""))],
	["MQTT-3.2.2-1", C(CONNECT), S(CONNACK(true))],
	[undefined, C(connect(0, field("a"))), S(CONNACK(true))],
	["section 2.2.1", ...OPENED, S(PINGREQ)],
	["section 2.2.1", ...OPENED, C(SUBACK(1, 0))],
	["MQTT-2.3.1-2", ...OPENED, C(Q1), C(Q1)],
	["MQTT-2.3.1-2", ...OPENED, C(Q1), C(SUBSCRIBE(7, "a", 0))],
	["MQTT-2.3.1-4", ...OPENED, S(Q2), C(PUBREC(7)), S(Q2)],
	[undefined, ...OPENED, C(Q1), S(PUBACK(7)), C(Q1)],
	[undefined, ...OPENED, C(Q1), C(PUBLISH("a", "", { qos: 1, id: 7, dup: true }))],
	[undefined, ...OPENED, C(Q1), S(Q1), C(PUBACK(7)), S(PUBACK(7)), C(Q1)],
	[undefined, ...OPENED, C(Q2), S(PUBREC(7)), C(PUBREL(7)), S(PUBCOMP(7)), C(Q2)],
	["MQTT-3.3.4-1", ...OPENED, C(Q2), S(PUBACK(7))],
	["MQTT-3.3.4-1", ...OPENED, S(Q1), C(PUBREC(7))],
	["MQTT-3.8.4-5", ...OPENED, C(SUBSCRIBE(7, "a", 0)), S(packet(0x90, word(7), [0, 0]))],
	[undefined, ...OPENED, C(UNSUBSCRIBE(7, "a")), S(UNSUBACK(7)), C(SUBSCRIBE(7, "a", 0)), S(SUBACK(7, 0))],
];

test.each(EXCHANGES.map(([rule, ...parts]) => [rule, parts] as const))(
	"%s: between packets",
	(rule, parts) => {
		const seen = exchanged(...parts);
		expect(seen).toHaveLength(parts.length);
		expect(seen.slice(0, -1).flatMap(rulesOf)).toEqual([]);
		expect(rulesOf(seen.at(-1)!)).toEqual(rule === undefined ? [] : [rule]);
	},
);
