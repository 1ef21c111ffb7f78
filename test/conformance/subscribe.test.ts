// Sections 3.8 to 3.11 and 4.7 of MQTT 3.1.1: SUBSCRIBE, UNSUBSCRIBE, their answers, topic filters.

import * as wire from "../../src/wire/reason.js";
import { field, PUBACK, PUBREC, packet, UNSUBACK, word } from "../support/packets.js";
import { connected, type Setup } from "../support/setup.js";
import { SUBACK, SUBSCRIBE, sent, UNSUBSCRIBE } from "./peer.js";

/** Two filters in one SUBSCRIBE, then one in another: identifiers 1 and 2, with QoS 1. */
function asked(): Setup {
	const setup = connected();
	setup.client.subscribe(["a", "b"], 1, () => {});
	setup.client.subscribe("c", 1, () => {});
	setup.peer.take();
	return setup;
}

test("[MQTT-3.8.1-1] SUBSCRIBE has the flags 0010", () => {
	const setup = connected();
	setup.client.subscribe("a", 0);
	setup.client.subscribe(["b", "c"], 2);
	const firsts = setup.peer.socket.writes.slice(1).map(([first]) => first);
	expect(firsts).toEqual([0x82, 0x82]);
});

const texts = ["Küche/+/°C", "温度/#", "🌡", "\ufeff", "x".repeat(300)];

test("[MQTT-3.8.3-1] the filters in SUBSCRIBE are strings", () => {
	const setup = connected();
	for (const text of texts) setup.client.subscribe(text, 1);
	setup.peer.expect(...texts.map((text, i) => packet(0x82, word(i + 1), field(text), [1])));
	const other = connected();
	other.client.subscribe(texts, 2);
	other.peer.expect(packet(0x82, word(1), ...texts.flatMap((text) => [field(text), [2]])));
});

test("[MQTT-3.8.3-3] SUBSCRIBE has one filter or more, each with its QoS", () => {
	const setup = connected();
	expect(() => setup.client.subscribe([], 1)).toThrow(RangeError);
	setup.peer.expect();
	for (const qos of [0, 1, 2] as const) setup.client.subscribe(`one ${qos}`, qos);
	setup.client.subscribe(["a", "b/+", "#"], 2);
	setup.peer.expect(
		SUBSCRIBE(1, ["one 0"], 0),
		SUBSCRIBE(2, ["one 1"], 1),
		SUBSCRIBE(3, ["one 2"], 2),
		SUBSCRIBE(4, ["a", "b/+", "#"], 2),
	);
});

describe("[MQTT-3.8.4-2][MQTT-2.3.1-7] SUBACK answers the SUBSCRIBE with its identifier", () => {
	test("in any order", () => {
		const setup = asked();
		setup.peer.send(SUBACK(2, 0), SUBACK(1, 1, 2));
		expect(setup.news()).toEqual(["subscribed c 0", "subscribed a 1", "subscribed b 2"]);
		expect(setup.client.statistics.strayAcknowledgements).toBe(0);
	});

	test("and no other", () => {
		const setup = asked();
		setup.client.publish("t", "", 1);
		setup.peer.send(SUBACK(3, 0), SUBACK(9, 0), UNSUBACK(1), PUBACK(2));
		expect(setup.news()).toEqual([]);
		setup.peer.send(SUBACK(2, 1), SUBACK(2, 0));
		expect(setup.news()).toEqual(["subscribed c 1"]);
		expect(setup.client.statistics.strayAcknowledgements).toBe(5);
	});
});

describe("[MQTT-3.8.4-5] SUBACK has a code for every filter", () => {
	test("each is told", () => {
		const setup = asked();
		setup.peer.send(SUBACK(1, 0, 0x80));
		expect(setup.news()).toEqual(["subscribed a 0", "subscribed b 128"]);
		setup.peer.expect();
	});

	test.each([
		["fewer", SUBACK(1, 1)],
		["more", SUBACK(1, 1, 1, 1)],
		["more than the one", SUBACK(2, 1, 1)],
	])("%s close the connection", (_what, answer) => {
		const setup = asked();
		setup.peer.send(answer);
		expect(setup.news().pop()).toBe(`disconnected ${wire.SUBACK_CODES}`);
		expect(setup.peer.socket.closed).toBe(true);
	});

	test("none closes the connection", () => {
		const setup = asked();
		setup.peer.send(packet(0x90, word(2)));
		expect(setup.news()).toEqual([`disconnected ${wire.LENGTH}`]);
	});
});

test("[MQTT-3.9.3-1] the codes of SUBACK stand in the order of the filters", () => {
	const setup = connected();
	const filters = ["z", "a", "m/#", "+"];
	setup.client.subscribe(filters, 2);
	setup.peer.expect(SUBSCRIBE(1, filters, 2));
	setup.peer.sendBytewise(SUBACK(1, 2, 0x80, 0, 1));
	expect(setup.news()).toEqual(["subscribed z 2", "subscribed a 128", "subscribed m/# 0", "subscribed + 1"]);
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

test("[MQTT-3.10.1-1] UNSUBSCRIBE has the flags 0010", () => {
	const setup = asked();
	setup.client.unsubscribe("a");
	setup.client.unsubscribe(["b", "c"]);
	const firsts = setup.peer.socket.writes.slice(-2).map(([first]) => first);
	expect(firsts).toEqual([0xa2, 0xa2]);
});

test("[MQTT-3.10.3-1] the filters in UNSUBSCRIBE are strings, one straight after the other", () => {
	const setup = connected();
	setup.client.subscribe(texts, 1);
	setup.peer.take();
	setup.client.unsubscribe(texts);
	setup.peer.expect(packet(0xa2, word(2), ...texts.map((text) => field(text))));
});

test("[MQTT-3.10.3-2] UNSUBSCRIBE has one filter or more", () => {
	const setup = asked();
	expect(() => setup.client.unsubscribe([])).toThrow(RangeError);
	setup.peer.expect();
	setup.client.unsubscribe("b");
	setup.client.unsubscribe(["a", "c"]);
	setup.peer.expect(UNSUBSCRIBE(3, ["b"]), UNSUBSCRIBE(4, ["a", "c"]));
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

describe.each([
	[
		"[MQTT-4.7.1-2] # fills the last level of a filter",
		["#", "a/#", "/#", "+/#"],
		["a#", "#/", "a/#/b", "##", "#a", "/#/"],
	],
	[
		"[MQTT-4.7.1-3] + fills a level of a filter",
		["+", "+/a", "a/+/b", "/+", "+/+/#"],
		["a+", "+a", "a/b+", "a/+b/c", "++", "+#"],
	],
])("%s", (_title, right, wrong) => {
	test.each(calls)("in %s", (_what, call) => {
		for (const filter of right) {
			const setup = connected();
			call(setup, filter);
			const [packet] = sent(setup);
			expect(packet.cmd === "subscribe" && packet.subscriptions.map(({ topic }) => topic)).toContain(filter);
		}
		for (const filter of wrong) {
			const setup = connected();
			expect(() => call(setup, filter)).toThrow(/4\.7\.1/);
			setup.peer.expect();
		}
	});
});

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
