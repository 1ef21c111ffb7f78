// What MQTT 5.0 says of packets, strings and properties, where no test of the client (test/client) proves it.

import { Properties } from "../../../src/wire/v5/properties.js";
import { Property } from "../../../src/wire/v5/property.js";
import { judge } from "../../support/judge.js";
import { concat, field, hex, packet, SUBSCRIBE, UNSUBACK, word } from "../../support/packets.js";
import { CONNACK5, data, PUBLISH5, UNSUBACK5, user } from "../../support/packets5.js";
import { connected5, Setup5 } from "../../support/setup5.js";

/** Every string that a caller can have written into a packet. */
const strings: [what: string, write: (text: string) => unknown][] = [
	["a client identifier", (text) => new Setup5({ clientId: text })],
	["a user name", (text) => new Setup5({ username: text })],
	[
		"a will topic",
		(text) => {
			new Setup5().client.will = { topic: text, payload: "" };
		},
	],
	["a topic name", (text) => connected5().client.publish(text, "")],
	["a topic filter", (text) => connected5().client.subscribe(text, 0)],
	["one of several topic filters", (text) => connected5().client.subscribe(["a", text], 0)],
	["a content type", (contentType) => new Properties({ contentType })],
	["a response topic", (responseTopic) => new Properties({ responseTopic })],
];

/** Both halves of a pair. */
const pairs: [what: string, write: (text: string) => unknown][] = [
	["the name of a user property", (text) => new Properties({ userProperties: [[text, "v"]] })],
	["the value of a user property", (text) => new Properties({ userProperties: [["n", text]] })],
	["the name of one of CONNECT", (text) => new Setup5({ userProperties: [[text, "v"]] })],
	["the value of one of CONNECT", (text) => new Setup5({ userProperties: [["n", text]] })],
];

const LONE = ["\ud800", "a\udfff", "\ud83cx", "\udf21\ud83c"];
const NO_UTF8 = [[0xff], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0x61, 0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80]];

/** What arrives is answered with this code in DISCONNECT, and the connection is closed; the app gets nothing of it. */
function ends(setup: Setup5, code: number, ...arriving: Uint8Array[]): void {
	setup.peer.send(...arriving);
	expect(setup.exchange()).toEqual([`disconnect 0x${code.toString(16)}`]);
	expect(setup.peer.socket.closed).toBe(true);
	const news = setup.news();
	expect(news).toEqual([expect.stringMatching(/^disconnected /)]);
}

/** Every string that a broker can send in a PUBLISH, in its place. */
const received: [what: string, publish: (text: readonly number[]) => Uint8Array][] = [
	["a topic name", (text) => PUBLISH5(text, "x")],
	["a topic name at QoS 2", (text) => PUBLISH5(text, "x", [], { qos: 2, id: 1 })],
	["a content type", (text) => PUBLISH5("t", "x", [data(Property.CONTENT_TYPE, text)])],
	["a response topic", (text) => PUBLISH5("t", "x", [data(Property.RESPONSE_TOPIC, text)])],
];

describe("[5.0 MQTT-1.5.4-1] strings are well-formed UTF-8 without surrogates", () => {
	test.each([...strings, ...pairs])("%s with a lone surrogate is refused", (_what, write) => {
		for (const text of LONE) expect(() => write(text)).toThrow(RangeError);
	});

	test.each(received)("%s that is not is malformed", (_what, publish) => {
		for (const text of NO_UTF8) ends(connected5(), 0x81, publish(text));
	});
});

describe("[5.0 MQTT-1.5.4-2] no string has the character U+0000", () => {
	test.each([...strings, ...pairs])("%s with one is refused", (_what, write) => {
		for (const text of ["\0", "a\0", "\0b"]) expect(() => write(text)).toThrow(/null character/);
	});

	test.each(received)("%s with one is malformed", (_what, publish) => {
		ends(connected5(), 0x81, publish([0x61, 0]));
	});
});

describe("[5.0 MQTT-1.5.7-1] name and value of a pair keep the rules of strings", () => {
	test.each(pairs)("%s that breaks them is refused", (_what, write) => {
		for (const text of [...LONE, "\0", "x".repeat(65_536)]) expect(() => write(text)).toThrow(RangeError);
	});

	test.each([
		["name", (text: readonly number[]) => user(text, "v")],
		["value", (text: readonly number[]) => user("n", text)],
	])("a received %s that breaks them is malformed", (_what, pair) => {
		for (const text of [...NO_UTF8, [0]]) ends(connected5(), 0x81, PUBLISH5("t", "x", [pair(text)]));
	});
});

test("[5.0 MQTT-1.5.4-3] EF BB BF is kept, as U+FEFF, in topics, payloads and properties", () => {
	const got: unknown[] = [];
	const setup = connected5({
		onMessage: (message) =>
			got.push(message.topic, message.text(), message.properties?.text(Property.CONTENT_TYPE)),
	});
	const text = [0xef, 0xbb, 0xbf, 0x61];
	setup.peer.send(PUBLISH5(text, text, [data(Property.CONTENT_TYPE, text)]));
	expect(got).toEqual(["\ufeffa", "\ufeffa", "\ufeffa"]);
	setup.client.publish("\ufeffa", "", 0, false, new Properties({ contentType: "\ufeffa" }));
	setup.peer.expect(PUBLISH5(text, "", [data(Property.CONTENT_TYPE, text)]));
});

test("[5.0 MQTT-3.1.3-4] [5.0 MQTT-3.1.3-11] [5.0 MQTT-3.1.3-12] [5.0 MQTT-3.3.2-1] [5.0 MQTT-3.3.2-13] [5.0 MQTT-3.3.2-19] [5.0 MQTT-3.8.3-1] [5.0 MQTT-3.10.3-1] what is sent is UTF-8, from one byte a character to four", () => {
	const text = "\u0001~\u0080߿ࠀ\ud7ff\ue000\uffff𐀀\u{10ffff}";
	const properties = new Properties({
		contentType: text,
		responseTopic: text,
		userProperties: [[text, text]],
	});
	const setup = new Setup5({ clientId: text, username: text });
	setup.client.will = { topic: text, payload: "", properties };
	expect(setup.accept()).toMatchObject({
		clientId: text,
		username: text,
		will: {
			topic: text,
			properties: { contentType: text, responseTopic: text, userProperties: { [text]: text } },
		},
	});
	setup.client.publish(text, "", 0, false, properties);
	setup.client.subscribe(text, 0);
	setup.client.unsubscribe(text);
	// The field of the topic comes first (section 3.3.2).
	const [publish] = setup.peer.writes.slice(-3);
	expect(hex(publish)).toContain(hex(field(text)));
	expect(publish.slice(publish[1] < 128 ? 2 : 3).slice(0, field(text).length)).toEqual(field(text));
	expect(setup.sent()).toMatchObject([
		{
			topic: text,
			properties: { contentType: text, responseTopic: text, userProperties: { [text]: text } },
		},
		{ cmd: "subscribe", subscriptions: [{ topic: text }] },
		{ cmd: "unsubscribe", unsubscriptions: [text] },
	]);
});

describe("[5.0 MQTT-1.5.5-1] variable byte integers have their shortest form", () => {
	test.each([0, 1, 126, 127, 128, 129, 300, 16_381, 16_382, 16_383, 16_384])(
		"in a packet with %d bytes behind its first length",
		(size) => {
			const setup = connected5({ packetSize: 20_000, storeSize: 40_000 });
			// Topic, property length, payload.
			if (size >= 4) {
				setup.client.publish("t", "x".repeat(size - 4));
				setup.peer.expect(packet(0x30, field("t"), [0], new Uint8Array(size - 4).fill(0x78)));
			}
			if (size >= 5) {
				const value = "v".repeat(size - 5);
				setup.client.publish("t", "", 0, false, new Properties({ userProperties: [["", value]] }));
				setup.peer.expect(PUBLISH5("t", "", [user("", value)]));
			}
		},
	);
});

/** One packet of each kind, both ways. */
function everything(): Setup5 {
	const setup = connected5({ keepAlive: 10_000 });
	const { client, clock } = setup;
	client.subscribe("a", 1);
	setup.send({ cmd: "suback", messageId: 1, granted: [1] });
	client.unsubscribe("a");
	setup.send({ cmd: "unsuback", messageId: 2, granted: [0] });
	client.publish("t", "", 2);
	setup.acknowledge("pubrec", 3);
	setup.acknowledge("pubcomp", 3);
	client.publish("t", "", 1);
	setup.acknowledge("puback", 4);
	client.publish("t", "");
	setup.publish("t", "", {}, { qos: 1, id: 7 });
	setup.publish("t", "", {}, { qos: 2, id: 8 });
	setup.acknowledge("pubrel", 8);
	clock.advance(10_000);
	setup.send({ cmd: "pingresp" });
	client.close();
	return setup;
}

test("[5.0 MQTT-2.1.3-1] [5.0 MQTT-3.6.1-1] [5.0 MQTT-3.8.1-1] [5.0 MQTT-3.10.1-1] the flags of every packet that is sent are those of table 2-2", () => {
	const firsts = new Set(everything().peer.writes.map((bytes) => hex(bytes.slice(0, 1))));
	expect([...firsts].sort()).toEqual([
		"10",
		"30",
		"32",
		"34",
		"40",
		"50",
		"62",
		"70",
		"82",
		"a2",
		"c0",
		"e0",
	]);
});

describe("[5.0 MQTT-2.1.3-1] a packet with other flags than those of its type is malformed", () => {
	test.each([
		["PUBACK", [0x40, 2, 0, 3]],
		["PUBREC", [0x50, 2, 0, 4]],
		["PUBREL", [0x62, 2, 0, 9]],
		["PUBCOMP", [0x70, 2, 0, 4]],
		["SUBACK", [0x90, 4, 0, 1, 0, 0]],
		["UNSUBACK", [0xb0, 4, 0, 2, 0, 0]],
		["PINGRESP", [0xd0, 0]],
	])("%s", (_type, right) => {
		for (let flags = 0; flags < 16; flags++) {
			const wrong = flags !== (right[0] & 15);
			if (!wrong) continue;
			ends(connected5(), 0x81, Uint8Array.of((right[0] & 0xf0) | flags, ...right.slice(1)));
		}
	});

	test("[5.0 MQTT-3.14.1-1] DISCONNECT: and that is answered with 0x81", () => {
		for (let flags = 1; flags < 16; flags++) ends(connected5(), 0x81, Uint8Array.of(0xe0 | flags, 0));
	});

	test("[5.0 MQTT-3.15.1-1] AUTH", () => {
		for (let flags = 1; flags < 16; flags++) ends(connected5(), 0x81, Uint8Array.of(0xf0 | flags, 0));
	});

	test("CONNACK", () => {
		for (let flags = 1; flags < 16; flags++) {
			const setup = new Setup5();
			setup.peer.open();
			setup.peer.take();
			ends(setup, 0x81, packet(0x20 | flags, [0, 0, 0]));
		}
	});
});

test("[5.0 MQTT-3.2.2-1] acknowledge flags of CONNACK beside session present are malformed", () => {
	for (let bit = 1; bit < 8; bit++) {
		const setup = new Setup5();
		setup.peer.open();
		setup.peer.take();
		ends(setup, 0x81, packet(0x20, [1 << bit, 0, 0]));
	}
});

test("[5.0 MQTT-2.2.1-2] [5.0 MQTT-4.3.1-1] [5.0 MQTT-3.3.1-2] a PUBLISH at QoS 0 has no identifier, and DUP 0", () => {
	const setup = connected5();
	setup.client.publish("t", "x");
	expect(hex(setup.peer.take())).toBe(`3005${hex(field("t"))}0078`);
});

describe("[5.0 MQTT-3.3.1-2] PUBLISH at QoS 0 has DUP 0, also when a part of it was sent before", () => {
	const payload = new Uint8Array(3000).fill(0xff);

	test.each([
		["publish", ({ client }: Setup5) => client.publish("t", payload)],
		[
			"publishFrom",
			({ client }: Setup5) =>
				client.publishFrom("t", 3000, (offset, view) => Math.min(view.fill(0xff).length, 3000 - offset)),
		],
	])("by %s", (_way, publish) => {
		const setup = connected5({ storeSize: 4000, packetSize: 4000 }, undefined, { room: 600 });
		expect(publish(setup)).toBe(0);
		for (let i = 0; i < 2; i++) {
			expect(setup.peer.socket.room).toBeLessThan(600);
			expect(setup.peer.writes[1][0]).toBe(0x30);
			setup.reconnect(true);
		}
		setup.peer.expect(PUBLISH5("t", payload));
	});
});

/** Publishes at QoS 1 and acknowledges, until the next identifier is past `last`. Returns the identifiers. */
function publishUntil(setup: Setup5, last: number): number[] {
	const ids: number[] = [];
	for (let id = 0; id !== last; ) {
		id = setup.client.publish("t", "", 1);
		ids.push(id);
		setup.peer.take();
		setup.peer.send(packet(0x40, word(id)));
	}
	return ids;
}

test("[5.0 MQTT-2.2.1-3] [5.0 MQTT-4.3.2-1] [5.0 MQTT-4.3.3-1] an identifier is one of 1 to 65535 that no open exchange has", () => {
	const setup = connected5();
	const { client } = setup;
	client.subscribe("b", 0);
	setup.send({ cmd: "suback", messageId: 1, granted: [0] });
	client.subscribe("a", 0);
	client.unsubscribe("b");
	client.publish("t", "", 1);
	client.publish("t", "", 2);
	client.publish("t", "", 2);
	setup.acknowledge("pubrec", 6);
	setup.peer.take();
	// All other identifiers pass by: 2 SUBSCRIBE, 3 UNSUBSCRIBE, 4 PUBLISH, 5 PUBLISH and 6 PUBREL are held.
	expect(publishUntil(setup, 7)).toEqual([7]);
	expect(publishUntil(setup, 1)).toHaveLength(65_535 - 7 + 1);
	expect(publishUntil(setup, 7)).toEqual([7]);
	setup.send({ cmd: "suback", messageId: 2, granted: [0] });
	setup.send({ cmd: "unsuback", messageId: 3, granted: [0] });
	setup.acknowledge("puback", 4, 0x10);
	setup.acknowledge("pubrec", 5);
	setup.acknowledge("pubcomp", 6);
	publishUntil(setup, 1);
	// PUBREC was not the last of 5.
	expect(publishUntil(setup, 7)).toEqual([2, 3, 4, 6, 7]);
});

test("[5.0 MQTT-2.2.1-5] PUBACK, PUBREC, PUBREL and PUBCOMP have the identifier of the PUBLISH", () => {
	for (const id of [1, 255, 256, 65_535]) {
		const setup = connected5({ random: () => (id - 1) / 65_535 });
		setup.publish("t", "", {}, { qos: 1, id });
		setup.publish("t", "", {}, { qos: 2, id });
		setup.acknowledge("pubrel", id);
		expect(setup.exchange()).toEqual([`puback ${id}`, `pubrec ${id}`, `pubcomp ${id}`]);
		expect(setup.client.publish("t", "", 2)).toBe(id);
		setup.acknowledge("pubrec", id);
		expect(setup.exchange()).toEqual([`publish ${id} qos2`, `pubrel ${id}`]);
	}
});

test("[5.0 MQTT-2.2.2-1] where there are no properties their length is there, and 0", () => {
	const setup = new Setup5();
	setup.client.will = { topic: "w", payload: "" };
	setup.peer.open();
	const connect = setup.peer.take();
	// Behind the client identifier: will properties, will topic, will payload.
	expect(hex(connect).endsWith(hex(concat([field("c"), [0], field("w"), field("")])))).toBe(true);
	setup.peer.send(CONNACK5());
	setup.client.publish("t", "x");
	setup.client.publish("t", "x", 1);
	setup.client.unsubscribe("f");
	setup.peer.expect(
		packet(0x30, field("t"), [0], [0x78]),
		packet(0x32, field("t"), [0, 1], [0], [0x78]),
		packet(0xa2, [0, 2], [0], field("f")),
	);
	setup.client.subscribe("f", 0);
	const subscribe = setup.peer.take();
	expect(subscribe.slice(0, 4)).toEqual(Uint8Array.of(0x82, subscribe.length - 2, 0, 3));
	// A property length, even of 0, is more than 3.1.1 has.
	expect(subscribe).not.toEqual(SUBSCRIBE(3, "f", 0));
});

test("[5.0 MQTT-3.3.1-4] QoS 3 is refused, and malformed on receipt", () => {
	const setup = connected5();
	expect(() => setup.client.publish("t", "", 3 as 2)).toThrow(RangeError);
	ends(setup, 0x81, packet(0x36, field("t"), [0, 1], [0]));
});

test("[5.0 MQTT-3.3.2-2] [5.0 MQTT-4.7.0-1] a topic name has no wildcard", () => {
	const setup = connected5();
	for (const name of ["+", "a/#", "a/+/b", "#", "a+", "b#"]) {
		for (const qos of [0, 1, 2] as const)
			expect(() => setup.client.publish(name, "", qos)).toThrow(RangeError);
		expect(() => {
			setup.client.will = { topic: name, payload: "" };
		}).toThrow(RangeError);
	}
	setup.peer.expect();
	for (const name of ["+", "a/#"])
		for (const qos of [0, 1, 2]) {
			const setup = connected5();
			setup.client.subscribe(name, 2, () => setup.log.push("handler"));
			setup.peer.take();
			setup.peer.send(PUBLISH5(name, "", [], { qos, id: 1 }));
			expect(setup.news()).toEqual([expect.stringMatching(/^disconnected .*wildcard/)]);
			expect(setup.exchange()).toEqual([expect.stringMatching(/^disconnect 0x(81|82|90)$/)]);
		}
});

test("[5.0 MQTT-3.3.2-14] a response topic has no wildcard", () => {
	for (const responseTopic of ["+", "a/#", "a+"])
		expect(() => new Properties({ responseTopic })).toThrow(RangeError);
	for (const topic of ["+", "a/#"])
		ends(connected5(), 0x82, PUBLISH5("t", "", [data(Property.RESPONSE_TOPIC, topic)]));
});

describe("filters", () => {
	const calls: [string, (setup: Setup5, filter: string) => unknown][] = [
		["subscribe", ({ client }, filter) => client.subscribe(filter, 1)],
		["subscribe to several", ({ client }, filter) => client.subscribe(["first", filter, "last"], 1)],
		["unsubscribe", ({ client }, filter) => client.unsubscribe(filter)],
	];
	const refused = (...texts: string[]) => {
		const setup = connected5();
		for (const [, call] of calls)
			for (const text of texts) expect(() => call(setup, text)).toThrow(RangeError);
		setup.peer.expect();
	};
	const taken = (...texts: string[]) => {
		for (const text of texts) {
			const setup = connected5();
			setup.client.subscribe(text, 1);
			expect(setup.sent()).toMatchObject([{ cmd: "subscribe", subscriptions: [{ topic: text }] }]);
		}
	};

	test("[5.0 MQTT-4.7.1-1] # stands alone or behind /, and at the end", () => {
		refused("a#", "#/a", "a/#/b", "##", "a/b#", "#a");
		taken("#", "a/#", "/#");
	});

	test("[5.0 MQTT-4.7.1-2] + fills a level", () => {
		refused("a+", "+a", "a/+b", "b+/a", "++");
		taken("+", "+/a", "a/+/b", "/+", "+/+/#");
	});

	test("[5.0 MQTT-4.7.3-1] no topic name and no filter is empty", () => {
		refused("");
		const setup = connected5();
		for (const qos of [0, 1, 2] as const) expect(() => setup.client.publish("", "", qos)).toThrow(/empty/);
		setup.peer.expect();
		// On receipt an empty one needs an alias.
		for (const qos of [0, 1, 2]) {
			const setup = connected5();
			setup.peer.send(PUBLISH5("", "x", [], { qos, id: 1 }));
			expect(setup.news()).toEqual([expect.stringMatching(/^disconnected /)]);
			expect(setup.exchange()).toEqual([expect.stringMatching(/^disconnect 0x8[12]$/)]);
		}
	});

	test("[5.0 MQTT-4.7.3-2] no topic name and no filter has U+0000", () => {
		refused("\0", "a/\0", "\0/#");
		for (const text of ["\0", "a/\0"]) expect(() => connected5().client.publish(text, "")).toThrow(/null/);
	});

	test("[5.0 MQTT-4.7.3-3] a topic name or filter has at most 65535 bytes", () => {
		refused("x".repeat(65_536), "é".repeat(32_768));
		expect(() => connected5().client.publish("é".repeat(32_768), "")).toThrow(/65536 bytes/);
		const longest = `${"é".repeat(32_767)}x`;
		const setup = connected5({ packetSize: 70_000, storeSize: 70_000 });
		setup.client.publish(longest, "x");
		setup.client.subscribe(longest, 0);
		expect(setup.sent()).toMatchObject([{ topic: longest }, { subscriptions: [{ topic: longest }] }]);
	});

	test("[5.0 MQTT-4.8.2-1] [5.0 MQTT-4.8.2-2] a shared one has a name without /, + and #, and a filter behind it", () => {
		refused(
			"$share/",
			"$share//a",
			"$share/n",
			"$share/n/",
			"$share/+/a",
			"$share/a+/b",
			"$share/#/a",
			"$share/n#/a",
		);
		refused("$share/n/a#", "$share/n/#/a");
		taken("$share/n/a", "$share/n/#", "$share/n/+/a", "$share/n//a");
	});

	test("[5.0 MQTT-3.8.3-2] [5.0 MQTT-3.10.3-2] there is at least one filter", () => {
		const { client, peer } = connected5();
		expect(() => client.subscribe([], 0)).toThrow(RangeError);
		expect(() => client.unsubscribe([])).toThrow(RangeError);
		peer.expect();
	});
});

describe("answers to requests", () => {
	/** Filters and the identifiers of their SUBSCRIBEs. */
	function asked(...filters: string[]): { setup: Setup5; ids: number[] } {
		const setup = connected5();
		const ids = filters.map((filter) => {
			setup.client.subscribe(filter, 1, () => {});
			const [{ messageId }] = setup.sent();
			return messageId!;
		});
		return { setup, ids };
	}

	test("[5.0 MQTT-2.2.1-6] [5.0 MQTT-3.8.4-2] SUBACK answers the SUBSCRIBE with its identifier, and no other", () => {
		const { setup, ids } = asked("a", "b");
		setup.client.publish("t", "", 1);
		for (const messageId of [3, 9]) setup.send({ cmd: "suback", messageId, granted: [0] });
		setup.peer.send(UNSUBACK5(ids[0], [0]));
		expect(setup.news()).toEqual([]);
		for (const granted of [[1], [0]]) setup.send({ cmd: "suback", messageId: ids[1], granted });
		expect(setup.news()).toEqual(["subscribed b 1"]);
		expect(setup.client.statistics.strayAcknowledgements).toBe(4);
	});

	test("[5.0 MQTT-3.8.4-6] [5.0 MQTT-3.9.3-1] SUBACK has a code for each filter, in their order", () => {
		const setup = connected5();
		setup.client.subscribe(["a", "b", "c"], 2);
		const [subscribe, ...more] = setup.sent();
		expect(more).toEqual([]);
		setup.send({ cmd: "suback", messageId: subscribe.messageId, granted: [0, 0x87, 2] });
		expect(setup.news()).toEqual(["subscribed a 0", "subscribed b 135", "subscribed c 2"]);
		for (const codes of [[], [0], [0, 1, 2, 0]]) {
			const setup = connected5();
			setup.client.subscribe(["a", "b", "c"], 2);
			setup.peer.take();
			setup.peer.send(packet(0x90, [0, 1], [0], codes));
			expect(setup.news().pop()).toMatch(/^disconnected /);
			expect(setup.exchange()).toEqual([expect.stringMatching(/^disconnect 0x8[12]$/)]);
		}
	});

	test("[5.0 MQTT-3.8.4-7] a code of SUBACK is the granted QoS or a failure, told for its filter; others close the connection", () => {
		const legal = [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2];
		for (let code = 0; code < 256; code++) {
			const { setup, ids } = asked("a");
			setup.peer.send(packet(0x90, word(ids[0]), [0], [code]));
			const isLegal = legal.includes(code);
			expect([code, setup.peer.socket.closed]).toEqual([code, !isLegal]);
			if (isLegal) expect(setup.news()).toEqual([`subscribed a ${code}`]);
			else expect(setup.news()).toEqual([expect.stringMatching(/^disconnected /)]);
		}
	});

	test("[5.0 MQTT-2.2.1-6] [5.0 MQTT-3.10.4-5] UNSUBACK answers the UNSUBSCRIBE with its identifier, and no other", () => {
		const setup = connected5();
		setup.client.unsubscribe("a");
		setup.client.unsubscribe("b");
		setup.peer.take();
		setup.send({ cmd: "unsuback", messageId: 9, granted: [0] });
		setup.send({ cmd: "suback", messageId: 2, granted: [0] });
		expect(setup.news()).toEqual([]);
		// Nothing was there to end: an answer all the same.
		setup.send({ cmd: "unsuback", messageId: 2, granted: [0x11] });
		expect(setup.news()).toEqual(["unsubscribed b"]);
		setup.send({ cmd: "unsuback", messageId: 1, granted: [0] });
		expect(setup.news()).toEqual(["unsubscribed a"]);
	});

	test("[5.0 MQTT-3.11.3-1] UNSUBACK has a code for each filter, in their order", () => {
		const setup = connected5();
		setup.client.unsubscribe(["a", "b", "c"]);
		setup.peer.take();
		setup.send({ cmd: "unsuback", messageId: 1, granted: [0, 0x11, 0x87] });
		expect(setup.news()).toEqual(["unsubscribed a", "unsubscribed b", "unsubscribed c"]);
		// Without codes it is one of 3.1.1.
		setup.client.unsubscribe(["a", "b"]);
		setup.peer.take();
		setup.peer.send(UNSUBACK(2));
		expect(setup.exchange()).toEqual([expect.stringMatching(/^disconnect 0x8[12]$/)]);
	});
});

test("[5.0 MQTT-3.8.3-4] No Local with a shared subscription is refused", () => {
	const { client, peer } = connected5();
	for (const filter of ["$share/n/a", ["a", "$share/n/#"]])
		expect(() => client.subscribe(filter as string, 1, undefined, { noLocal: true })).toThrow(RangeError);
	peer.expect();
	client.subscribe("$share/n/a", 1, undefined, { noLocal: false, retainAsPublished: true });
	client.subscribe("a", 1, undefined, { noLocal: true });
	const sent = judge(peer.take(), 5);
	expect(sent).toMatchObject([
		{ subscriptions: [{ topic: "$share/n/a", nl: false, rap: true }] },
		{ subscriptions: [{ topic: "a", nl: true }] },
	]);
});
