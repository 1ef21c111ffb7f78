// Each rule of MQTT 5.0: a packet that breaks it is marked with its number, and one that just does not is not marked.

import { Property } from "../../../src/wire/v5/property.js";
import { isLegal } from "../../../src/wire/v5/reason-codes.js";
import type { Sender } from "../../../tools/decode/packet.js";
import { type CodedType, isDefined, SERVERS_ONLY } from "../../../tools/decode/reason-codes.js";
import { concat, DISCONNECT, field, PINGREQ, PUBACK, PUBREC, packet, word } from "../../support/packets.js";
import { decodedAs, exchanged, exchangedAs, rulesOf } from "./decoded.js";

type Part = Uint8Array | readonly number[];

/** Properties with their length in front. */
const block = (...parts: Part[]) => {
	const bytes = concat(parts);
	return concat([[bytes.length], bytes]);
};
const NONE = block();
/** A CONNECT with these flags and properties. */
const connect = (flags: number, properties: Part, ...fields: Part[]) =>
	packet(0x10, field("MQTT"), [5, flags], word(60), properties, ...fields);
const CONNECT = connect(2, NONE, field("id"));
const connack = (code: number, ...properties: Part[]) => packet(0x20, [0, code], block(...properties));
const CONNACK = connack(0);
const publish = (topic: string, properties: Part = NONE, payload: Part = [], first = 0x30, id: Part = []) =>
	packet(first, field(topic), id, properties, payload);
const subscribe = (filter: string, options = 0, properties: Part = NONE, id = 1) =>
	packet(0x82, word(id), properties, field(filter), [options]);
const METHOD = [Property.AUTHENTICATION_METHOD, ...field("M")];

const CASES: [rule: string, wrong: Uint8Array, right: Uint8Array][] = [
	[
		"MQTT-1.5.4-1",
		packet(0x30, field([0xed, 0xa0, 0x80]), NONE),
		packet(0x30, field([0xee, 0x80, 0x80]), NONE),
	],
	["MQTT-1.5.4-2", subscribe("a\0"), subscribe("a\x01")],
	["MQTT-1.5.5-1", packet(0x30, field("a"), [0x80, 0]), publish("a")],
	["MQTT-1.5.5-1", Uint8Array.of(0x30, 0x84, 0, 0, 1, 0x61, 0), publish("a")],
	["section 1.5.5", packet(0x30, field("a"), [0x80, 0x80, 0x80, 0x80, 1]), publish("a")],
	["MQTT-2.1.3-1", packet(0xc1), packet(0xc0)],
	["MQTT-2.2.1-3", subscribe("a", 0, NONE, 0), subscribe("a")],
	["MQTT-2.2.1-3", publish("a", NONE, [], 0x32, word(0)), publish("a", NONE, [], 0x32, word(1))],
	["MQTT-2.2.1-5", packet(0x40, word(0)), PUBACK(1)],
	["MQTT-2.2.1-6", packet(0x90, word(0), NONE, [0]), packet(0x90, word(1), NONE, [0])],
	["MQTT-3.1.2-3", connect(3, NONE, field("a")), CONNECT],
	[
		"MQTT-3.1.2-9",
		connect(6, NONE, field("a"), NONE, field("t")),
		connect(6, NONE, field("a"), NONE, field("t"), field("")),
	],
	["MQTT-3.1.2-11", connect(0x0a, NONE, field("a")), CONNECT],
	["MQTT-3.1.2-12", connect(0x1e, NONE, field("a"), NONE, field("t"), field("")), CONNECT],
	["MQTT-3.1.2-13", connect(0x22, NONE, field("a")), CONNECT],
	["MQTT-3.1.2-17", connect(0x82, NONE, field("a")), connect(0x82, NONE, field("a"), field(""))],
	["MQTT-3.1.2-19", connect(0x42, NONE, field("a")), connect(0x42, NONE, field("a"), field("p"))],
	["MQTT-3.1.3-3", connect(2, NONE), connect(0, NONE, field(""))],
	[
		"section 3.1.2.11",
		connect(2, block([Property.RECEIVE_MAXIMUM], word(0)), field("a")),
		connect(2, block([Property.RECEIVE_MAXIMUM], word(1)), field("a")),
	],
	["section 3.1.2.11", connect(2, block([Property.SERVER_KEEP_ALIVE], word(1)), field("a")), CONNECT],
	[
		"section 3.1.2.11.10",
		connect(2, block([Property.AUTHENTICATION_DATA], field("x")), field("a")),
		connect(2, block(METHOD, [Property.AUTHENTICATION_DATA], field("x")), field("a")),
	],
	[
		"section 3.1.3.2",
		connect(6, NONE, field("a"), block([Property.TOPIC_ALIAS], word(1)), field("t"), field("")),
		CONNECT,
	],
	["MQTT-4.7.0-1", connect(6, NONE, field("a"), NONE, field("t/+"), field("")), CONNECT],
	["MQTT-3.2.2-1", packet(0x20, [2, 0], NONE), CONNACK],
	["MQTT-3.2.2-6", packet(0x20, [1, 0x87], NONE), packet(0x20, [1, 0], NONE)],
	["MQTT-3.2.2-8", connack(0x8b), connack(0x88)],
	["MQTT-3.2.2-8", packet(0x20, [0, 6]), packet(0x20, [0, 1])],
	["section 3.2.2.3", packet(0x20, [0, 0]), packet(0x20, [0, 0x84])],
	["section 3.2.2.3", connack(0, [Property.MAXIMUM_QOS, 2]), connack(0, [Property.MAXIMUM_QOS, 1])],
	["section 3.2.2.3", connack(0, [Property.MAXIMUM_QOS, 1], [Property.MAXIMUM_QOS, 1]), CONNACK],
	["MQTT-3.3.1-2", publish("a", NONE, [], 0x38), publish("a", NONE, [], 0x3a, word(1))],
	["MQTT-3.3.1-4", publish("a", NONE, [], 0x36, word(1)), publish("a", NONE, [], 0x34, word(1))],
	["MQTT-3.3.2-1", packet(0x30, word(5), [0x61]), publish("a")],
	["MQTT-3.3.2-2", publish("a/+"), publish("a/-")],
	["MQTT-4.7.3-1", publish(""), publish("", block([Property.TOPIC_ALIAS], word(1)))],
	[
		"MQTT-3.3.2-8",
		publish("a", block([Property.TOPIC_ALIAS], word(0))),
		publish("a", block([Property.TOPIC_ALIAS], word(1))),
	],
	[
		"MQTT-3.3.2-14",
		publish("a", block([Property.RESPONSE_TOPIC], field("b/#"))),
		publish("a", block([Property.RESPONSE_TOPIC], field("b/x"))),
	],
	["section 3.3.2.3", publish("a", [9, 1]), publish("a", [2, Property.PAYLOAD_FORMAT, 0])],
	["section 3.3.2.3", publish("a", block([0x7f])), publish("a")],
	[
		"section 3.3.2.3",
		publish("a", block([Property.MESSAGE_EXPIRY, 0, 0])),
		publish("a", block([Property.MESSAGE_EXPIRY, 0, 0, 0, 1])),
	],
	[
		"section 3.3.2.3",
		publish("a", block([Property.SUBSCRIPTION_IDENTIFIER, 0])),
		publish("a", block([Property.SUBSCRIPTION_IDENTIFIER, 1], [Property.SUBSCRIPTION_IDENTIFIER, 2])),
	],
	[
		"section 3.3.2.3.2",
		publish("a", block([Property.PAYLOAD_FORMAT, 1]), [0xff]),
		publish("a", block([Property.PAYLOAD_FORMAT, 0]), [0xff]),
	],
	["MQTT-3.4.2-1", packet(0x40, word(1), [0x92]), packet(0x40, word(1), [0x91])],
	["MQTT-3.5.2-1", packet(0x50, word(1), [0x04]), packet(0x50, word(1), [0x10, 0])],
	["MQTT-3.6.1-1", packet(0x60, word(1)), packet(0x62, word(1))],
	["MQTT-3.6.2-1", packet(0x62, word(1), [0x10]), packet(0x62, word(1), [0x92])],
	["MQTT-3.7.2-1", packet(0x70, word(1), [0x80]), packet(0x70, word(1), [0x92])],
	["section 3.4.2.2", packet(0x40, word(1), [0, 0, 1]), packet(0x40, word(1), [0, 0])],
	["MQTT-3.8.1-1", packet(0x80, word(1), NONE, field("a"), [0]), subscribe("a")],
	["MQTT-3.8.3-2", packet(0x82, word(1), NONE), subscribe("a")],
	["section 3.8.3.1", subscribe("a", 3), subscribe("a", 2)],
	["section 3.8.3.1", subscribe("a", 0x30), subscribe("a", 0x20)],
	["MQTT-3.8.3-5", subscribe("a", 0x40), subscribe("a", 0x2c)],
	["MQTT-3.8.3-4", subscribe("$share/g/a", 4), subscribe("$share/g/a", 0)],
	[
		"section 3.8.2.1",
		subscribe("a", 0, block([Property.SUBSCRIPTION_IDENTIFIER, 1], [Property.SUBSCRIPTION_IDENTIFIER, 2])),
		subscribe("a", 0, block([Property.SUBSCRIPTION_IDENTIFIER, 1])),
	],
	["MQTT-3.8.4-6", packet(0x90, word(1), NONE), packet(0x90, word(1), NONE, [0xa2])],
	["MQTT-3.9.3-2", packet(0x90, word(1), NONE, [0x11]), packet(0x90, word(1), NONE, [0x80])],
	["MQTT-3.10.1-1", packet(0xa0, word(1), NONE, field("a")), packet(0xa2, word(1), NONE, field("a"))],
	["MQTT-3.10.3-2", packet(0xa2, word(1), NONE), packet(0xa2, word(1), NONE, field("a"))],
	["MQTT-3.11.3-1", packet(0xb0, word(1), NONE), packet(0xb0, word(1), NONE, [0x11])],
	["MQTT-3.11.3-2", packet(0xb0, word(1), NONE, [1]), packet(0xb0, word(1), NONE, [0])],
	["section 3.12", packet(0xc0, [1]), PINGREQ],
	["MQTT-3.14.1-1", packet(0xe1), DISCONNECT],
	["MQTT-3.14.2-1", packet(0xe0, [1]), packet(0xe0, [4])],
	["MQTT-3.15.1-1", packet(0xf1, [0x18], block(METHOD)), packet(0xf0, [0x18], block(METHOD))],
	["MQTT-3.15.2-1", packet(0xf0, [0x80], block(METHOD)), packet(0xf0, [0x19], block(METHOD))],
	["section 3.15.2.2.2", packet(0xf0, [0x18], NONE), packet(0xf0)],
	["MQTT-4.7.1-1", subscribe("a/#/b"), subscribe("a/b/#")],
	["MQTT-4.7.1-2", subscribe("a/b+"), subscribe("+/+//+")],
	["MQTT-4.8.2-1", subscribe("$share//a"), subscribe("$share/g/a")],
	["MQTT-4.8.2-2", subscribe("$share/g"), subscribe("$share/g//")],
	["MQTT-4.8.2-2", subscribe("$share/g/"), subscribe("$share/g/#")],
];

test.each(CASES)("%s: by a packet alone, %#", (rule, wrong, right) => {
	const [marked, ...more] = decodedAs(5, wrong);
	expect(more).toEqual([]);
	expect(rulesOf(marked)).toEqual([rule]);
	expect(decodedAs(5, right).flatMap(rulesOf)).toEqual([]);
});

const C = (bytes: Uint8Array): [Sender, Uint8Array] => ["client", bytes];
const S = (bytes: Uint8Array): [Sender, Uint8Array] => ["server", bytes];
const OPENED = [C(CONNECT), S(CONNACK)];
/** Opened with these properties of CONNACK, and of CONNECT. */
const opened = (ofServer: Part, ofClient: Part = []) => [
	C(connect(2, block(ofClient), field("id"))),
	S(connack(0, ofServer)),
];
const q1 = (id: number, first = 0x32) => publish("a", NONE, [], first, word(id));
const alias = (number: number, topic = "a") => publish(topic, block([Property.TOPIC_ALIAS], word(number)));
const auth = (code: number, method = "M") =>
	packet(0xf0, [code], block([Property.AUTHENTICATION_METHOD], field(method)));

/** The last packet breaks the rule, and only it. */
const EXCHANGES: [rule: string | undefined, ...[Sender, Uint8Array][]][] = [
	["MQTT-3.1.0-2", ...OPENED, C(CONNECT)],
	["MQTT-3.14.4-1", ...OPENED, C(DISCONNECT), C(PINGREQ)],
	["MQTT-3.14.4-1", ...OPENED, S(packet(0xe0, [0x8b])), S(publish("a"))],
	[undefined, ...OPENED, S(packet(0xe0, [0x8b]))],
	["MQTT-3.2.0-1", C(CONNECT), S(publish("a"))],
	["MQTT-3.2.0-2", ...OPENED, S(CONNACK)],
	["MQTT-3.2.2-7", C(CONNECT), S(connack(0x87)), S(publish("a"))],
	["MQTT-3.2.2-2", C(CONNECT), S(packet(0x20, [1, 0], NONE))],
	[undefined, C(connect(0, NONE, field("id"))), S(packet(0x20, [1, 0], NONE))],
	[undefined, C(CONNECT), S(packet(0x20, [0, 1]))],
	["MQTT-2.2.1-3", ...OPENED, C(q1(7)), C(q1(7))],
	["MQTT-2.2.1-4", ...OPENED, S(q1(7)), S(q1(7))],
	[undefined, ...OPENED, C(q1(7, 0x34)), S(packet(0x50, word(7), [0x87])), C(q1(7))],
	["MQTT-2.2.1-3", ...OPENED, C(q1(7, 0x34)), S(packet(0x50, word(7), [0x10])), C(q1(7))],
	["MQTT-3.3.4-1", ...OPENED, S(q1(7)), C(PUBREC(7))],
	["MQTT-3.8.4-6", ...OPENED, C(subscribe("a")), S(packet(0x90, word(1), NONE, [0, 0]))],
	[
		"MQTT-3.11.3-1",
		...OPENED,
		C(packet(0xa2, word(1), NONE, field("a"))),
		S(packet(0xb0, word(1), NONE, [0, 0])),
	],
	["MQTT-3.2.2-17", ...opened([Property.TOPIC_ALIAS_MAXIMUM, 0, 2]), C(alias(2)), C(alias(3))],
	["MQTT-3.2.2-18", ...OPENED, C(alias(1))],
	["MQTT-3.1.2-26", ...opened([], [Property.TOPIC_ALIAS_MAXIMUM, 0, 2]), S(alias(2)), S(alias(3))],
	["MQTT-3.1.2-27", ...OPENED, S(alias(1))],
	["section 3.3.2.3.4", ...opened([Property.TOPIC_ALIAS_MAXIMUM, 0, 2]), C(alias(1)), C(alias(2, ""))],
	[
		"MQTT-3.3.4-7",
		...opened([Property.RECEIVE_MAXIMUM, 0, 2]),
		C(q1(1)),
		C(q1(2)),
		C(subscribe("a", 0, NONE, 9)),
		C(q1(3)),
	],
	[undefined, ...opened([Property.RECEIVE_MAXIMUM, 0, 2]), C(q1(1)), C(q1(2)), S(PUBACK(1)), C(q1(3))],
	["MQTT-3.3.4-9", ...opened([], [Property.RECEIVE_MAXIMUM, 0, 1]), S(q1(1)), S(q1(2))],
	["MQTT-3.2.2-11", ...opened([Property.MAXIMUM_QOS, 1]), C(q1(1)), C(q1(2, 0x34))],
	["MQTT-3.2.2-14", ...opened([Property.RETAIN_AVAILABLE, 0]), C(publish("a", NONE, [], 0x31))],
	["MQTT-3.2.2-15", ...opened([Property.MAXIMUM_PACKET_SIZE, 0, 0, 0, 6]), C(publish("a")), C(publish("ab"))],
	[
		"MQTT-3.1.2-24",
		...opened([], [Property.MAXIMUM_PACKET_SIZE, 0, 0, 0, 6]),
		S(publish("a")),
		S(publish("ab")),
	],
	["MQTT-3.3.4-6", ...OPENED, C(publish("a", block([Property.SUBSCRIPTION_IDENTIFIER, 1])))],
	[undefined, ...OPENED, S(publish("a", block([Property.SUBSCRIPTION_IDENTIFIER, 1])))],
	["MQTT-3.1.2-28", ...opened([Property.RESPONSE_INFORMATION, ...field("r")])],
	[
		undefined,
		...opened([Property.RESPONSE_INFORMATION, ...field("r")], [Property.REQUEST_RESPONSE_INFORMATION, 1]),
	],
	["MQTT-4.12.0-7", ...OPENED, C(auth(0x19))],
	["MQTT-4.12.0-6", C(CONNECT), S(auth(0x18))],
	["MQTT-4.12.0-5", C(connect(2, block(METHOD), field("id"))), S(auth(0x18, "N"))],
	["MQTT-3.1.2-30", C(connect(2, block(METHOD), field("id"))), C(PINGREQ)],
	["MQTT-4.12.1-1", C(connect(2, block(METHOD), field("id"))), C(auth(0x19))],
	[
		undefined,
		C(connect(2, block(METHOD), field("id"))),
		S(auth(0x18)),
		C(auth(0x18)),
		S(CONNACK),
		C(auth(0x19)),
	],
	["MQTT-3.15.2-1", ...opened([], METHOD), C(auth(0))],
	["MQTT-3.14.2-1", ...OPENED, C(packet(0xe0, [0x8b]))],
	["MQTT-3.14.2-1", ...OPENED, S(packet(0xe0, [0x04]))],
	[undefined, ...OPENED, C(packet(0xe0, [0x04]))],
	["section 3.14.2.2.5", ...OPENED, C(packet(0xe0, [0], block([Property.SERVER_REFERENCE, ...field("b")])))],
	[undefined, ...OPENED, S(packet(0xe0, [0x9c], block([Property.SERVER_REFERENCE, ...field("b")])))],
	["MQTT-3.14.2-2", ...OPENED, S(packet(0xe0, [0x8b], block([Property.SESSION_EXPIRY, 0, 0, 0, 0])))],
	[undefined, ...OPENED, C(packet(0xe0, [0], block([Property.SESSION_EXPIRY, 0, 0, 0, 0])))],
];

test.each(EXCHANGES.map(([rule, ...parts]) => [rule, parts] as const))(
	"%s: between packets, %#",
	(rule, parts) => {
		const seen = exchanged(...parts);
		expect(seen).toHaveLength(parts.length);
		expect(seen.slice(0, -1).flatMap(rulesOf)).toEqual([]);
		expect(rulesOf(seen.at(-1)!)).toEqual(rule === undefined ? [] : [rule]);
	},
);

test("what is not known is not judged: a connection without its CONNECT, an alias behind a hole", () => {
	const seen = exchangedAs(5, S(CONNACK), C(alias(1)));
	expect(seen.map(rulesOf)).toEqual([[], ["MQTT-3.1.0-1", "MQTT-3.2.2-18"]]);
});

test("the packets that may have a reason code are those of the SDK's own table", () => {
	const types: CodedType[] = [2, 4, 5, 6, 7, 9, 11];
	for (const type of types)
		for (let code = 0; code < 256; code++)
			expect([type, code, isDefined(code, type)]).toEqual([type, code, isLegal(type, code)]);
	// The SDK knows what comes from a server only.
	for (let code = 0; code < 256; code++)
		if (isLegal(14, code)) expect([code, isDefined(code, 14)]).toEqual([code, true]);
	for (const code of SERVERS_ONLY) expect([code, isLegal(14, code)]).toEqual([code, true]);
});
