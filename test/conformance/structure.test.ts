// Chapters 1 and 2 of MQTT 3.1.1: strings, header flags, packet identifiers.

import * as wire from "../../src/wire/reason.js";
import {
	CONNACK,
	field,
	listing,
	PINGRESP,
	PUBACK,
	PUBCOMP,
	PUBLISH,
	PUBREC,
	PUBREL,
	packet,
	UNSUBACK,
} from "../support/packets.js";
import { connected, Setup, show } from "../support/setup.js";
import { exchange, publishUntil, SUBACK, sent } from "./peer.js";

/** Every string that a caller can have written into a packet. */
const strings: [what: string, write: (text: string) => unknown][] = [
	["a client identifier", (text) => new Setup({ clientId: text })],
	["a user name", (text) => new Setup({ username: text })],
	[
		"a will topic",
		(text) => {
			new Setup().client.will = { topic: text, payload: "" };
		},
	],
	["a topic name", (text) => connected().client.publish(text, "")],
	["a topic filter", (text) => connected().client.subscribe(text, 0)],
	["one of several topic filters", (text) => connected().client.subscribe(["a", text], 0)],
];

const anyQos = [0, 1, 2];

describe("[MQTT-1.5.3-1] strings are well-formed UTF-8 without surrogates", () => {
	test.each(strings)("%s with a lone surrogate is refused", (_what, write) => {
		for (const text of ["\ud800", "a\udfff", "\ud83cx", "\udf21\ud83c"])
			expect(() => write(text)).toThrow(RangeError);
	});

	test("what is sent is UTF-8, from one byte a character to four", () => {
		const text = "\u0001~\u0080߿ࠀ\ud7ff\ue000\uffff𐀀\u{10ffff}";
		const setup = new Setup({ clientId: text, username: text });
		setup.client.will = { topic: text, payload: "" };
		setup.peer.open();
		setup.peer.expect(
			packet(0x10, field("MQTT"), [4, 0x84, 0, 60], field(text), field(text), field(""), field(text)),
		);
		setup.peer.send(CONNACK());
		setup.client.publish(text, "");
		setup.client.subscribe(text, 0);
		setup.peer.expect(PUBLISH(text, ""), packet(0x82, [0, 1], field(text), [0]));
	});

	test.each(anyQos)("a topic name that is not, at QoS %d, closes the connection", (qos) => {
		for (const topic of [
			[0xff],
			[0xed, 0xa0, 0x80],
			[0xc0, 0xaf],
			[0x61, 0xe2, 0x82],
			[0xf4, 0x90, 0x80, 0x80],
		]) {
			const setup = connected();
			setup.peer.send(PUBLISH(topic, "x", { qos, id: 1 }));
			expect(setup.news()).toEqual([`disconnected ${wire.TOPIC_TEXT}`]);
			expect(setup.peer.socket.closed).toBe(true);
			setup.peer.expect();
		}
	});
});

describe("[MQTT-1.5.3-2] no string has the character U+0000", () => {
	test.each(strings)("%s with one is refused", (_what, write) => {
		for (const text of ["\0", "a\0", "\0b"]) expect(() => write(text)).toThrow(/null character/);
	});

	test.each(anyQos)("a topic name with one, at QoS %d, closes the connection", (qos) => {
		const setup = connected();
		setup.client.subscribe("a", 2, () => setup.log.push("handler"));
		setup.peer.take();
		setup.peer.send(PUBLISH([0x61, 0], "x", { qos, id: 1 }));
		expect(setup.news()).toEqual([`disconnected ${wire.TOPIC_TEXT}`]);
		setup.peer.expect();
	});
});

test("[MQTT-1.5.3-3] EF BB BF is the character U+FEFF, wherever it stands", () => {
	const setup = connected();
	setup.client.subscribe("t", 0, () => setup.log.push("without"));
	setup.client.subscribe("\ufefft", 0, (message) => setup.log.push(`with ${show(message)}`));
	setup.peer.send(
		PUBLISH([0xef, 0xbb, 0xbf, 0x74], [0xef, 0xbb, 0xbf, 0x78]),
		PUBLISH([0x75, 0xef, 0xbb, 0xbf], ""),
		PUBLISH("t", ""),
	);
	expect(setup.news()).toEqual(["with \ufefft=\ufeffx", "message u\ufeff=", "without"]);
});

test("[MQTT-2.2.2-1] the flags of every packet that is sent are those of table 2.2", () => {
	const setup = connected({ keepAlive: 10_000 });
	const { client, peer, clock } = setup;
	client.subscribe("a", 1);
	peer.send(SUBACK(1, 1));
	client.unsubscribe("a");
	client.publish("t", "", 2);
	peer.send(UNSUBACK(2), PUBREC(3), PUBCOMP(3));
	peer.send(PUBLISH("t", "", { qos: 1, id: 7 }), PUBLISH("t", "", { qos: 2, id: 8 }), PUBREL(8));
	clock.advance(10_000);
	peer.send(PINGRESP);
	client.close();
	const firsts = new Set(peer.socket.writes.map((bytes) => listing(bytes)[0].slice(0, 2)));
	expect([...firsts].sort()).toEqual(["10", "34", "40", "50", "62", "70", "82", "a2", "c0", "e0"]);
});

describe("[MQTT-2.2.2-2] a packet with other flags than those of its type closes the connection", () => {
	test.each([
		["PUBACK", PUBACK(3)],
		["PUBREC", PUBREC(4)],
		["PUBREL", PUBREL(9)],
		["PUBCOMP", PUBCOMP(4)],
		["SUBACK", SUBACK(1, 0)],
		["UNSUBACK", UNSUBACK(2)],
		["PINGRESP", PINGRESP],
	])("%s", (_type, right) => {
		for (let flags = 0; flags < 16; flags++) {
			const setup = connected();
			setup.client.subscribe("a", 0);
			setup.client.subscribe("b", 0);
			setup.client.publish("t", "", 1);
			setup.client.publish("t", "", 2);
			const bytes = Uint8Array.from(right);
			bytes[0] = (bytes[0] & 0xf0) | flags;
			setup.peer.send(bytes);
			const wrong = flags !== (right[0] & 15);
			expect(setup.peer.socket.closed).toBe(wrong);
			if (wrong) expect(setup.news()).toEqual([`disconnected ${wire.RESERVED_FLAGS}`]);
		}
	});

	test("CONNACK", () => {
		for (let flags = 1; flags < 16; flags++) {
			const setup = new Setup();
			setup.peer.open();
			setup.peer.send(packet(0x20 | flags, [0, 0]));
			expect(setup.news()).toEqual([`disconnected ${wire.RESERVED_FLAGS}`]);
		}
	});
});

test("[MQTT-2.3.1-1] packet identifiers go from 65535 to 1, never to 0", () => {
	const setup = connected({ random: () => 65_533 / 65_535 });
	const { client } = setup;
	expect(client.publish("t", "", 1)).toBe(65_534);
	client.subscribe("a", 1);
	expect(client.publish("t", "", 2)).toBe(1);
	client.unsubscribe("a");
	expect(exchange(setup)).toEqual([
		"publish 65534 qos1",
		"subscribe 65535",
		"publish 1 qos2",
		"unsubscribe 2",
	]);
});

test("[MQTT-2.3.1-2][MQTT-2.3.1-3] an identifier is free again when the last acknowledgement of its exchange came", () => {
	const setup = connected();
	const { client, peer } = setup;
	client.subscribe("b", 0);
	peer.send(SUBACK(1, 0));
	client.subscribe("a", 0);
	client.unsubscribe("b");
	client.publish("t", "", 1);
	client.publish("t", "", 2);
	client.publish("t", "", 2);
	peer.send(PUBREC(6));
	peer.take();
	// All other identifiers pass by: 2 SUBSCRIBE, 3 UNSUBSCRIBE, 4 PUBLISH, 5 PUBLISH and 6 PUBREL are held.
	expect(publishUntil(setup, 7)).toEqual([7]);
	expect(publishUntil(setup, 1)).toHaveLength(65_535 - 7 + 1);
	expect(publishUntil(setup, 7)).toEqual([7]);
	peer.send(SUBACK(2, 0), UNSUBACK(3), PUBACK(4), PUBREC(5), PUBCOMP(6));
	publishUntil(setup, 1);
	// PUBREC was not the last of 5.
	expect(publishUntil(setup, 7)).toEqual([2, 3, 4, 6, 7]);
});

test("[MQTT-2.3.1-3] what is sent again has the identifier it had", () => {
	const setup = connected();
	setup.client.publish("t", "1", 1);
	setup.client.publish("t", "2", 2);
	setup.client.publish("t", "3", 2);
	setup.peer.send(PUBREC(3));
	setup.peer.take();
	for (let i = 0; i < 3; i++) {
		setup.reconnect(true);
		expect(exchange(setup)).toEqual(["pubrel 3", "publish 1 qos1 dup", "publish 2 qos2 dup"]);
	}
});

test("[MQTT-2.3.1-5] PUBLISH at QoS 0 has no identifier", () => {
	const setup = connected();
	setup.client.publish("t", "x");
	setup.client.publish("t", "y", 0, true);
	setup.peer.expect(PUBLISH("t", "x"), PUBLISH("t", "y", { retain: true }));
	setup.client.publish("t", "z");
	const [{ messageId }] = sent(setup);
	expect(messageId).toBeUndefined();
});

test("[MQTT-2.3.1-6] PUBACK, PUBREC and PUBREL have the identifier of their PUBLISH", () => {
	const setup = connected({ random: () => 0x1233 / 65_535 });
	setup.peer.send(
		PUBLISH("t", "", { qos: 1, id: 0xabcd }),
		PUBLISH("t", "", { qos: 2, id: 0xcdef }),
		PUBLISH("t", "", { qos: 1, id: 1 }),
	);
	setup.peer.expect(PUBACK(0xabcd), PUBREC(0xcdef), PUBACK(1));
	expect(setup.client.publish("t", "", 2)).toBe(0x1234);
	setup.peer.take();
	setup.peer.send(PUBREC(0x1234));
	setup.peer.expect(PUBREL(0x1234));
});
