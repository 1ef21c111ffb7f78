// Packets of a broker that break a rule, one each, and the reason for which the client closes: what the fuzz run mutates,
// and what the vectors check one by one.

import { CONNACK, field, PUBLISH, packet, word } from "../../support/packets.js";

export interface Malformed {
	name: string;
	bytes: Uint8Array;
	/** The reason's constant. */
	reason: string;
}

const broken = (name: string, bytes: Uint8Array | number[], reason: string): Malformed => ({
	name,
	bytes: Uint8Array.from(bytes),
	reason,
});

export const corpus: readonly Malformed[] = [
	broken("type 0", packet(0x00), "PACKET_TYPE"),
	broken("CONNECT", packet(0x10), "PACKET_TYPE"),
	broken("SUBSCRIBE", packet(0x82, [0, 1]), "PACKET_TYPE"),
	broken("UNSUBSCRIBE", packet(0xa2, [0, 1]), "PACKET_TYPE"),
	broken("PINGREQ", packet(0xc0), "PACKET_TYPE"),
	broken("DISCONNECT", packet(0xe0), "PACKET_TYPE"),
	broken("type 15", packet(0xf0), "PACKET_TYPE"),
	...[0x2f, 0x41, 0x52, 0x60, 0x63, 0x7f, 0x92, 0xb2, 0xd8].map((first) =>
		broken(`a first byte of ${first.toString(16)}`, packet(first, word(1)), "RESERVED_FLAGS"),
	),
	broken("PINGRESP with a body", packet(0xd0, [0]), "LENGTH"),
	...[0x40, 0x50, 0x62, 0x70, 0xb0, 0x20].flatMap((first) => [
		broken(`${first.toString(16)} without body`, packet(first), "LENGTH"),
		broken(`${first.toString(16)} of 1 byte`, packet(first, [0]), "LENGTH"),
		broken(`${first.toString(16)} of 3 bytes`, packet(first, [0, 1, 0]), "LENGTH"),
	]),
	...[0x40, 0x50, 0x62, 0x70, 0xb0].map((first) =>
		broken(`${first.toString(16)} of identifier 0`, packet(first, word(0)), "IDENTIFIER_ZERO"),
	),
	broken("SUBACK without code", packet(0x90, word(1)), "LENGTH"),
	broken("SUBACK of two codes", packet(0x90, word(1), [0, 0]), "SUBACK_CODES"),
	broken("SUBACK of identifier 0", packet(0x90, word(0), [0]), "IDENTIFIER_ZERO"),
	broken("SUBACK of code 3", packet(0x90, word(1), [3]), "SUBACK_CODE"),
	broken("SUBACK of code 0x81", packet(0x90, word(1), [0x81]), "SUBACK_CODE"),
	broken("a length of five bytes", [0x30, 0x80, 0x80, 0x80, 0x80, 1], "LENGTH_ENCODING"),
	broken("PUBLISH at QoS 3", packet(0x36, field("t"), word(1)), "QOS_3"),
	broken("PUBLISH at QoS 0 with DUP", packet(0x38, field("t")), "DUP_QOS_0"),
	broken("PUBLISH without body", packet(0x30), "LENGTH"),
	broken("PUBLISH with half a topic length", packet(0x30, [0]), "LENGTH"),
	broken("PUBLISH with a topic beyond its end", packet(0x30, word(3), [0x61, 0x62]), "LENGTH"),
	broken("PUBLISH at QoS 1 without identifier", packet(0x32, field("t")), "LENGTH"),
	broken("PUBLISH at QoS 1 with half an identifier", packet(0x32, field("t"), [0]), "LENGTH"),
	broken("PUBLISH at QoS 1 with identifier 0", PUBLISH("t", "", { qos: 1, id: 0 }), "IDENTIFIER_ZERO"),
	broken("PUBLISH with an empty topic", packet(0x30, word(0), [1]), "TOPIC_EMPTY"),
	broken("a topic with a null character", PUBLISH([0x61, 0], ""), "TOPIC_TEXT"),
	broken("a topic of an overlong character", PUBLISH([0xc0, 0xaf], ""), "TOPIC_TEXT"),
	broken("a topic of an overlong null character", PUBLISH([0xc0, 0x80], ""), "TOPIC_TEXT"),
	broken("a topic with a surrogate", PUBLISH([0xed, 0xa0, 0x80], ""), "TOPIC_TEXT"),
	broken("a topic beyond Unicode", PUBLISH([0xf4, 0x90, 0x80, 0x80], ""), "TOPIC_TEXT"),
	broken("a topic that ends in a character", PUBLISH([0x61, 0xe2, 0x82], ""), "TOPIC_TEXT"),
	broken("a topic nearly a filter", PUBLISH([0x65, 0x78, 0x61, 0x63, 0x74, 0x2f, 0xff], ""), "TOPIC_TEXT"),
	broken("a topic with +", PUBLISH("wild/+/x", ""), "TOPIC_WILDCARD"),
	broken("a topic with #", PUBLISH("a/#", ""), "TOPIC_WILDCARD"),
	broken("a second CONNACK", CONNACK(), "SECOND_CONNACK"),
	broken("CONNACK with reserved flags", packet(0x20, [2, 0]), "CONNACK_FLAGS"),
	broken("CONNACK with a reserved code", packet(0x20, [0, 6]), "CONNACK_CODE"),
	broken("CONNACK that refuses a present session", packet(0x20, [1, 5]), "CONNACK_SESSION"),
	broken("PUBREL with the flags of DUP and QoS 1", packet(0x6a, word(1)), "RESERVED_FLAGS"),
	broken("PUBLISH at QoS 2 with identifier 0", PUBLISH("t", "", { qos: 2, id: 0 }), "IDENTIFIER_ZERO"),
	broken("PUBLISH at QoS 2 with half an identifier", packet(0x34, field("t"), [0]), "LENGTH"),
	broken("PUBLISH at QoS 3 with DUP and RETAIN", packet(0x3f, field("t"), word(1)), "QOS_3"),
];
