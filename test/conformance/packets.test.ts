// What MQTT 3.1.1 says of packets and strings, and no test of the client (test/client) proves.

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
	word,
} from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";
import { publishUntil, SUBACK, SUBSCRIBE, sent } from "./peer.js";

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

const anyQos = [0, 1, 2] as const;

describe("[MQTT-1.5.3-1] strings are well-formed UTF-8 without surrogates", () => {
	test.each(strings)("%s with a lone surrogate is refused", (_what, write) => {
		for (const text of ["\ud800", "a\udfff", "\ud83cx", "\udf21\ud83c"])
			expect(() => write(text)).toThrow(RangeError);
	});

	test("[MQTT-3.1.3-4][MQTT-3.1.3-10][MQTT-3.1.3-11][MQTT-3.8.3-1] what is sent is UTF-8, from one byte a character to four", () => {
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
	const firsts = new Set(peer.writes.map((bytes) => listing(bytes)[0].slice(0, 2)));
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

describe("[MQTT-3.3.1-2] PUBLISH at QoS 0 has DUP 0, also when a part of it was sent before", () => {
	const payload = new Uint8Array(3000).fill(0xff);

	test.each([
		["publish", ({ client }: Setup) => client.publish("t", payload)],
		[
			"publishFrom",
			({ client }: Setup) =>
				client.publishFrom("t", 3000, (offset, view) => Math.min(view.fill(0xff).length, 3000 - offset)),
		],
	])("by %s", (_way, publish) => {
		const setup = connected({ storeSize: 4000, packetSize: 4000 }, { room: 600 });
		expect(publish(setup)).toBe(0);
		for (let i = 0; i < 2; i++) {
			expect(setup.peer.socket.room).toBeLessThan(600);
			expect(setup.peer.writes[1][0]).toBe(0x30);
			setup.reconnect(true);
		}
		setup.peer.expect(PUBLISH("t", payload));
	});
});

test.each(anyQos)(
	"[MQTT-3.3.2-2] a received topic name with a wildcard, at QoS %d, closes the connection",
	(qos) => {
		for (const name of ["+", "a/#"]) {
			const setup = connected();
			setup.client.subscribe(name, qos, () => setup.log.push("handler"));
			setup.peer.take();
			setup.peer.send(PUBLISH(name, "", { qos, id: 1 }));
			expect(setup.news()).toEqual([`disconnected ${wire.TOPIC_WILDCARD}`]);
			setup.peer.expect();
		}
	},
);

test("[MQTT-4.3.2-2] a received message at QoS 1 is a new one under an identifier that was acknowledged, whatever DUP says", () => {
	const setup = connected();
	for (const dup of [false, true, true]) setup.peer.send(PUBLISH("t", "x", { qos: 1, id: 9, dup }));
	expect(setup.news()).toEqual(["message t=x qos1", "message t=x qos1 dup", "message t=x qos1 dup"]);
	setup.peer.expect(PUBACK(9), PUBACK(9), PUBACK(9));
});

/** Two filters in one SUBSCRIBE, then one in another: identifiers 1 and 2, with QoS 1. */
function asked(): Setup {
	const setup = connected();
	setup.client.subscribe(["a", "b"], 1, () => {});
	setup.client.subscribe("c", 1, () => {});
	setup.peer.take();
	return setup;
}

test("[MQTT-3.8.4-2][MQTT-2.3.1-7] SUBACK answers the SUBSCRIBE with its identifier, and no other", () => {
	const setup = asked();
	setup.client.publish("t", "", 1);
	setup.peer.send(SUBACK(3, 0), SUBACK(9, 0), UNSUBACK(1), PUBACK(2));
	expect(setup.news()).toEqual([]);
	setup.peer.send(SUBACK(2, 1), SUBACK(2, 0));
	expect(setup.news()).toEqual(["subscribed c 1"]);
	expect(setup.client.statistics.strayAcknowledgements).toBe(5);
});

test("[MQTT-3.9.3-2] the codes of SUBACK are 0, 1, 2 and 0x80; others close the connection", () => {
	for (let code = 0; code < 256; code++)
		for (const at of [0, 1]) {
			const setup = asked();
			setup.peer.send(SUBACK(1, ...(at === 0 ? [code, 1] : [1, code])));
			const legal = code < 3 || code === 0x80;
			expect(setup.peer.socket.closed).toBe(!legal);
			const [last] = setup.news().slice(-1);
			expect(last).toBe(legal ? `subscribed b ${at === 0 ? 1 : code}` : `disconnected ${wire.SUBACK_CODE}`);
		}
});

test("[MQTT-3.10.4-4][MQTT-2.3.1-7] UNSUBACK answers the UNSUBSCRIBE with its identifier, and no other", () => {
	const setup = connected({ subscriptions: 3 });
	const { client, peer } = setup;
	client.subscribe(["a", "b"], 1);
	client.subscribe("c", 1);
	client.unsubscribe(["a", "b"]);
	client.unsubscribe("c");
	peer.take();
	// Places are free when the answer has come.
	peer.send(UNSUBACK(1), UNSUBACK(9), SUBACK(3, 0), SUBACK(4, 0), PUBREC(9));
	peer.take();
	expect(() => client.subscribe("d", 0)).toThrow(/subscriptions/);
	peer.send(UNSUBACK(4));
	client.subscribe("d", 0);
	expect(() => client.subscribe("e", 0)).toThrow(/subscriptions/);
	peer.send(UNSUBACK(3));
	client.subscribe(["e", "f"], 0);
	expect(sent(setup)).toMatchObject([{ cmd: "subscribe" }, { cmd: "subscribe" }]);
});

/** Every call that takes a filter. */
const calls: [what: string, call: (setup: Setup, filter: string) => unknown][] = [
	["one filter", ({ client }, filter) => client.subscribe(filter, 1)],
	["one of several", ({ client }, filter) => client.subscribe(["first", filter, "last"], 1)],
];

/** The same for topic names and filters. */
function refused(text: string, why: RegExp): void {
	const setup = connected();
	for (const [, call] of calls) expect(() => call(setup, text)).toThrow(why);
	for (const qos of [0, 1, 2] as const) expect(() => setup.client.publish(text, "", qos)).toThrow(why);
	expect(() => {
		setup.client.will = { topic: text, payload: "" };
	}).toThrow();
	setup.peer.expect();
}

test("[MQTT-4.7.3-1] an empty topic name or filter is refused, a received one closes the connection", () => {
	refused("", /empty/);
	for (const first of [0x30, 0x32, 0x34]) {
		const setup = connected();
		setup.peer.send(packet(first, field(""), word(1)));
		expect(setup.news()).toEqual([`disconnected ${wire.TOPIC_EMPTY}`]);
	}
});

test("[MQTT-4.7.3-2] a topic name or filter with U+0000 is refused", () => {
	for (const text of ["\0", "a/\0", "\0/#"]) refused(text, /null character|wildcard/);
});

test("[MQTT-4.7.3-3] a topic name or filter of more than 65535 bytes is refused, one of 65535 is not", () => {
	refused("x".repeat(65_536), /65536 bytes/);
	refused("é".repeat(32_768), /65536 bytes/);
	const longest = `${"é".repeat(32_767)}x`;
	const setup = connected({ packetSize: 70_000, storeSize: 70_000 });
	setup.client.subscribe(longest, 0);
	setup.client.publish(longest, "x");
	setup.peer.expect(SUBSCRIBE(1, [longest], 0), packet(0x30, field(longest), [0x78]));
});
