// SUBSCRIBE and UNSUBSCRIBE (sections 3.8 to 3.11), and which handler takes a message.

import * as wire from "../../src/wire/reason.js";
import {
	DISCONNECT,
	field,
	PUBACK,
	PUBLISH,
	packet,
	SUBACK,
	SUBSCRIBE,
	UNSUBACK,
	UNSUBSCRIBE,
} from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";

const ignore = () => {};

describe("SUBSCRIBE", () => {
	test("[MQTT-3.8.1-1][MQTT-3.8.3-3] is sent for one filter, and its answer is told", () => {
		const setup = connected();
		const subscription = setup.client.subscribe("a/b", 1, ignore);
		expect(subscription).toMatchObject({ topicFilter: "a/b", qos: 1, code: -1 });
		setup.peer.expect(SUBSCRIBE(1, "a/b", 1));
		setup.peer.send(SUBACK(1, 1));
		expect(subscription.code).toBe(1);
		expect(setup.news()).toEqual(["subscribed a/b 1"]);
	});

	test.each([0, 1, 2, 0x80])("takes the broker's answer %d; none of them closes the connection", (code) => {
		const setup = connected();
		const subscription = setup.client.subscribe("a", 1, ignore);
		setup.peer.send(SUBACK(1, code));
		expect(subscription.code).toBe(code);
		expect(setup.news()).toEqual([`subscribed a ${code}`]);
		expect(setup.peer.socket.closed).toBe(false);
		setup.clock.advance(20_000);
		expect(setup.client.statistics.disconnects).toBe(0);
	});

	test("waits for the connection, in the order of the calls", () => {
		const setup = new Setup();
		for (const filter of ["b", "a", "c"]) setup.client.subscribe(filter, 0, ignore);
		setup.peer.accept();
		setup.peer.expect(SUBSCRIBE(1, "b", 0), SUBSCRIBE(2, "a", 0), SUBSCRIBE(3, "c", 0));
	});

	test("is sent again to a broker without our session, and after no answer", () => {
		const setup = connected();
		setup.client.subscribe("a", 0, ignore);
		setup.client.subscribe("b", 1, ignore);
		setup.peer.take();
		setup.peer.send(SUBACK(1, 0));
		setup.reconnect(true).expect(SUBSCRIBE(3, "b", 1));
		setup.peer.send(SUBACK(3, 1));
		setup.reconnect(false).expect(SUBSCRIBE(4, "a", 0), SUBSCRIBE(5, "b", 1));
	});

	test("renews a subscription with the same filter: other QoS, other handler", () => {
		const setup = connected();
		const heard: string[] = [];
		setup.client.subscribe("a", 0, () => heard.push("first"));
		setup.peer.take();
		setup.client.subscribe("a", 1, () => heard.push("second"));
		setup.peer.expect(SUBSCRIBE(2, "a", 1));
		// The answer to the first SUBSCRIBE is of no interest any more.
		setup.peer.send(SUBACK(1, 0), SUBACK(2, 1), PUBLISH("a", ""));
		expect(setup.news()).toEqual(["subscribed a 1"]);
		expect(heard).toEqual(["second"]);
		expect(setup.client.statistics.strayAcknowledgements).toBe(1);
	});

	test("[MQTT-2.3.1-1] takes no identifier that a message has", () => {
		const setup = connected({ random: () => 65_534 / 65_535 });
		expect(setup.client.publish("t", "", 1)).toBe(65_535);
		for (let i = 0; i < 2; i++) setup.client.subscribe(`s${i}`, 0, ignore);
		expect(setup.client.publish("t", "", 1)).toBe(3);
		setup.peer.expect(
			PUBLISH("t", "", { qos: 1, id: 65_535 }),
			SUBSCRIBE(1, "s0", 0),
			SUBSCRIBE(2, "s1", 0),
			PUBLISH("t", "", { qos: 1, id: 3 }),
		);
		expect(setup.peer.socket.closed).toBe(false);
	});

	test("goes in pieces through a small socket, and nothing in between", () => {
		const setup = connected({}, { room: 50 });
		const filter = "f".repeat(120);
		setup.client.subscribe(filter, 1, ignore);
		setup.client.subscribe("g", 1, ignore);
		setup.peer.send(PUBLISH("t", "x", { qos: 1, id: 9 }));
		setup.client.publish("t", "x");
		setup.peer.expect(SUBSCRIBE(1, filter, 1), PUBACK(9), SUBSCRIBE(2, "g", 1), PUBLISH("t", "x"));
	});

	test("more than the option allows throw, and say so", () => {
		const { client } = connected({ subscriptions: 2 });
		client.subscribe("a", 0, ignore);
		client.subscribe("b", 0, ignore);
		client.subscribe("a", 1, ignore);
		expect(() => client.subscribe("c", 0, ignore)).toThrow(/"c".*2 of 2.*option subscriptions/);
	});

	test("[MQTT-3.8.4-2] an answer that nobody waits for is counted, and no reason to close", () => {
		const setup = connected();
		setup.peer.send(SUBACK(77, 0), UNSUBACK(77));
		expect(setup.client.statistics.strayAcknowledgements).toBe(2);
		expect(setup.news()).toEqual([]);
	});

	test.each([
		[SUBACK(1, 3), wire.SUBACK_CODE],
		[SUBACK(0, 0), wire.IDENTIFIER_ZERO],
		[packet(0x90, [0, 1]), wire.LENGTH],
		[packet(0x90, [0, 1, 0, 0]), wire.SUBACK_CODES],
		[packet(0xb0, [0, 0]), wire.IDENTIFIER_ZERO],
	])("an answer that breaks a rule closes: %#", (answer, reason) => {
		const setup = connected();
		setup.client.subscribe("a", 0, ignore);
		setup.peer.send(answer);
		expect(setup.news()).toEqual([`disconnected ${reason}`]);
	});
});

describe("UNSUBSCRIBE", () => {
	test("[MQTT-3.10.1-1][MQTT-2.3.1-7] is sent, and frees the place when it is answered", () => {
		const setup = connected({ subscriptions: 1 });
		const { client, peer } = setup;
		client.subscribe("a", 0, ignore);
		peer.take();
		expect(client.unsubscribe("a")).toBe(true);
		peer.expect(UNSUBSCRIBE(2, "a"));
		peer.send(UNSUBACK(2));
		client.subscribe("b", 0, ignore);
		peer.expect(SUBSCRIBE(3, "b", 0));
		expect(client.statistics.strayAcknowledgements).toBe(0);
	});

	test("goes out for any filter, as the broker may keep it of old, and its answer is told", () => {
		const setup = connected();
		expect(setup.client.unsubscribe("old/+/#")).toBe(true);
		setup.peer.expect(UNSUBSCRIBE(1, "old/+/#"));
		expect(setup.news()).toEqual([]);
		setup.peer.send(UNSUBACK(1));
		expect(setup.news()).toEqual(["unsubscribed old/+/#"]);
		expect(setup.client.statistics.strayAcknowledgements).toBe(0);
		expect(setup.client.unsubscribe("old/+/#")).toBe(true);
		setup.peer.expect(UNSUBSCRIBE(2, "old/+/#"));
	});

	test("is sent once until it is answered", () => {
		const setup = connected();
		const { client, peer } = setup;
		client.subscribe("a", 0, ignore);
		for (let i = 0; i < 2; i++) expect(client.unsubscribe("a")).toBe(true);
		peer.expect(SUBSCRIBE(1, "a", 0), UNSUBSCRIBE(2, "a"));
		peer.send(SUBACK(1, 0), UNSUBACK(2));
		expect(setup.news()).toEqual(["unsubscribed a"]);
	});

	test.each([
		["breaks a rule", "a#", /"a#".*4\.7\.1/],
		["is no text", 5 as never, /must be a string/],
		["is one of several", ["ok", "+a"], /"\+a"/],
		["is empty", "", /empty/],
	])("of a filter that %s throws, and leaves no trace", (_what, filter, rule) => {
		const setup = connected();
		expect(() => setup.client.unsubscribe(filter)).toThrow(rule);
		setup.peer.expect();
		setup.client.close();
		expect(() => setup.client.unsubscribe(filter)).toThrow(rule);
	});

	test("of a closed client is false", () => {
		const setup = connected();
		setup.client.close();
		expect(setup.client.unsubscribe("a")).toBe(false);
		setup.peer.expect(DISCONNECT);
	});

	test("called offline goes out when the broker has the session, of old filters too", () => {
		const setup = new Setup();
		setup.client.unsubscribe("old");
		setup.peer.accept(true);
		setup.peer.expect(UNSUBSCRIBE(1, "old"));
		// What is not answered goes again.
		setup.reconnect(true).expect(UNSUBSCRIBE(2, "old"));
		setup.peer.send(UNSUBACK(2));
		expect(setup.news()).toContain("unsubscribed old");
		setup.reconnect(true).expect();
	});

	test("called offline is needless without a session, and is not told", () => {
		const setup = new Setup({ subscriptions: 1 });
		setup.client.unsubscribe("old");
		setup.peer.accept(false);
		setup.peer.expect();
		expect(setup.news()).toEqual(["connected false"]);
		setup.client.subscribe("new", 0);
		setup.peer.expect(SUBSCRIBE(1, "new", 0));
	});

	test("takes a place of the option until it is answered: more throw, and say what takes the room", () => {
		const setup = connected({ subscriptions: 2 });
		const { client, peer } = setup;
		client.subscribe("a", 0);
		client.unsubscribe("old");
		const full =
			/"more": 2 of 2 subscriptions are taken, 1 by what the broker has not ended.*option subscriptions/;
		expect(() => client.subscribe("more", 0)).toThrow(full);
		expect(() => client.unsubscribe("more")).toThrow(full);
		peer.expect(SUBSCRIBE(1, "a", 0), UNSUBSCRIBE(2, "old"));
		client.unsubscribe("a");
		client.unsubscribe("old");
		peer.send(UNSUBACK(2));
		client.unsubscribe("more");
		peer.expect(UNSUBSCRIBE(3, "a"), UNSUBSCRIBE(4, "more"));
	});

	test("with clean gives its place back at once while there is no connection", () => {
		const setup = new Setup({ subscriptions: 2, clean: true });
		setup.client.subscribe("a", 0, ignore);
		setup.client.unsubscribe(["a", "old"]);
		setup.client.subscribe(["b", "c"], 0, ignore);
		expect(() => setup.client.subscribe("d", 0)).toThrow(/2 of 2 subscriptions are taken; raise/);
		setup.peer.accept();
		setup.peer.expect(packet(0x82, [0, 1], field("b"), [0], field("c"), [0]));
		// On a connection it has to be told, and the end of that ends it.
		setup.client.unsubscribe("b");
		setup.peer.expect(UNSUBSCRIBE(2, "b"));
		expect(() => setup.client.subscribe("d", 0)).toThrow(/option subscriptions/);
		setup.peer.fail();
		setup.client.subscribe("d", 0);
		setup.redial().accept();
		setup.peer.expect(SUBSCRIBE(3, "c", 0), SUBSCRIBE(4, "d", 0));
	});

	test("takes effect at once: messages on their way go to onMessage", () => {
		const setup = connected();
		setup.client.subscribe("a", 0, () => setup.log.push("handler"));
		setup.client.unsubscribe("a");
		setup.peer.send(PUBLISH("a", "x"));
		expect(setup.news()).toEqual(["message a=x"]);
	});

	test("is sent again after a reconnect with the session, and not without", () => {
		const setup = connected();
		setup.client.subscribe("a", 0, ignore);
		setup.client.unsubscribe("a");
		setup.reconnect(true).expect(UNSUBSCRIBE(3, "a"));
		setup.reconnect(false).expect();
		setup.client.subscribe("a", 0, ignore);
		setup.peer.expect(SUBSCRIBE(4, "a", 0));
	});

	test("while offline, what was never asked is taken back at the next connect", () => {
		const setup = new Setup();
		setup.client.subscribe("a", 0, ignore);
		setup.client.unsubscribe("a");
		setup.peer.accept(false);
		setup.peer.expect();
	});

	test("and SUBSCRIBE again before the answer: the late UNSUBACK ends nothing", () => {
		const setup = connected();
		const { client, peer } = setup;
		client.subscribe("a", 0, ignore);
		client.unsubscribe("a");
		client.subscribe("a", 1, () => setup.log.push("handler"));
		peer.expect(SUBSCRIBE(1, "a", 0), UNSUBSCRIBE(2, "a"), SUBSCRIBE(3, "a", 1));
		peer.send(SUBACK(1, 0), UNSUBACK(2), SUBACK(3, 1), PUBLISH("a", "x"));
		expect(setup.news()).toEqual(["subscribed a 1", "handler"]);
	});
});

describe("a message goes", () => {
	test("to the handler of exactly its topic", () => {
		const setup = connected();
		for (const filter of ["a/b", "a/bc", "a", "a/b/c/d/e/f/g", "12345678", "1234567", "é"])
			setup.client.subscribe(filter, 0, () => setup.log.push(filter));
		for (const topic of ["a/b/c/d/e/f/g", "a/b", "12345678", "1234567", "a", "é", "a/bc"]) {
			setup.peer.send(PUBLISH(topic, ""));
			expect(setup.news()).toEqual([topic]);
		}
		setup.peer.send(PUBLISH("123456789", ""), PUBLISH("A", ""));
		expect(setup.news()).toEqual(["message 123456789=", "message A="]);
	});

	test("to each handler whose filter matches", () => {
		const setup = connected();
		for (const filter of ["#", "a/+", "a/b"]) setup.client.subscribe(filter, 0, () => setup.log.push(filter));
		setup.peer.send(PUBLISH("a/b", ""), PUBLISH("a/c", ""), PUBLISH("$SYS/x", ""));
		expect(setup.news()).toEqual(["#", "a/+", "a/b", "#", "a/+", "message $SYS/x="]);
	});

	test("to onMessage when the subscription has no handler", () => {
		const setup = connected();
		setup.client.subscribe("a", 0);
		setup.peer.send(PUBLISH("a", "x"));
		expect(setup.news()).toEqual(["message a=x"]);
	});

	test("to a filter with wildcards when the exact one has no handler", () => {
		const setup = connected();
		setup.client.subscribe("a", 0);
		setup.client.subscribe("+", 0, () => setup.log.push("+"));
		setup.peer.send(PUBLISH("a", "x"));
		expect(setup.news()).toEqual(["+"]);
	});

	test("[MQTT-4.5.0-2] nowhere, without a handler or onMessage, and is acknowledged all the same", () => {
		const setup = connected({ onMessage: undefined });
		setup.peer.send(PUBLISH("a", "x", { qos: 1, id: 1 }));
		setup.peer.expect(PUBACK(1));
	});

	test("to a handler that was called with text longer than topicSize could hold: never", () => {
		const setup = connected({ topicSize: 4 });
		setup.client.subscribe("12345678", 0, () => setup.log.push("exact"));
		setup.client.subscribe("123456789", 0, () => setup.log.push("never"));
		setup.peer.send(PUBLISH("123456789", ""), PUBLISH("12345678", ""));
		expect(setup.news().length).toBe(2);
		expect(setup.client.statistics.dropped).toBe(1);
	});
});
