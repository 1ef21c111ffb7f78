// What comes in, in 5.0: reason codes of acknowledgements (section 3.4.2.1), properties, topic aliases of the broker.

import type { ClientOptions } from "../../../src/connection/options.js";
import { Property } from "../../../src/wire/v5/property.js";
import { concat } from "../../support/packets.js";
import { PUBLISH5, two } from "../../support/packets5.js";
import { connected5 } from "../../support/setup5.js";

function told(options: Partial<ClientOptions> = {}) {
	const setup = connected5({
		onDelivered: (id, code) =>
			setup.log.push(`delivered ${id}${code === undefined ? "" : ` 0x${code.toString(16)}`}`),
		onDropped: (id, reason) => setup.log.push(`dropped ${id} 0x${reason.code?.toString(16)}`),
		...options,
	});
	return setup;
}

describe("more messages at QoS 2 than our Receive Maximum (section 3.3.4)", () => {
	const message = (id: number) => PUBLISH5("t", String(id), [], { qos: 2, id });

	test("are passed over; once those that were taken are released, the broker is told 0x93, and the rest comes again", () => {
		const setup = connected5({ unreleased: 2, onMessage: (it) => setup.log.push(`message ${it.text()}`) });
		setup.peer.send(message(1), message(2), message(3));
		expect(setup.exchange()).toEqual(["pubrec 1", "pubrec 2"]);
		setup.acknowledge("pubrel", 1);
		expect(setup.exchange()).toEqual(["pubcomp 1"]);
		setup.acknowledge("pubrel", 2);
		expect(setup.exchange()).toEqual(["pubcomp 2", "disconnect 0x93"]);
		setup.resume();
		setup.peer.send(message(3));
		expect(setup.exchange()).toEqual(["pubrec 3"]);
		expect(setup.news().filter((line) => line.startsWith("message"))).toEqual([
			"message 1",
			"message 2",
			"message 3",
		]);
	});
});

describe("reason codes", () => {
	test("PUBACK 0x10 is a delivery that nobody takes", () => {
		const setup = told();
		setup.client.publish("a", "x", 1);
		setup.acknowledge("puback", 1, 0x10);
		expect(setup.news()).toEqual(["delivered 1 0x10"]);
		expect(setup.client.held).toBe(0);
		setup.acknowledge("puback", 1, 0x10);
		expect(setup.client.statistics.strayAcknowledgements).toBe(1);
	});

	test.each([0x80, 0x83, 0x87, 0x90, 0x97, 0x99])(
		"[5.0 MQTT-4.4.0-2] PUBACK 0x%x drops the message, and it is not sent again",
		(code) => {
			const setup = told();
			setup.client.publish("a", "x", 1);
			setup.client.publish("a", "y", 1);
			setup.sent();
			setup.acknowledge("puback", 1, code);
			expect(setup.news()).toEqual([`dropped 1 0x${code.toString(16)}`]);
			expect(setup.client.held).toBe(1);
			setup.resume();
			expect(setup.exchange()).toEqual(["publish 2 qos1 dup"]);
		},
	);

	test("[5.0 MQTT-4.4.0-2] PUBREC from 0x80 on has no PUBREL", () => {
		const setup = told();
		setup.client.publish("a", "x", 2);
		setup.sent();
		setup.acknowledge("pubrec", 1, 0x97);
		expect(setup.news()).toEqual(["dropped 1 0x97"]);
		expect(setup.exchange()).toEqual([]);
		expect(setup.client.held).toBe(0);
		expect(setup.client.publish("a", "y", 2)).toBe(2);
	});

	test("PUBREC 0x10 goes on as ever", () => {
		const setup = told();
		setup.client.publish("a", "x", 2);
		setup.sent();
		setup.acknowledge("pubrec", 1, 0x10);
		expect(setup.exchange()).toEqual(["pubrel 1"]);
		setup.acknowledge("pubcomp", 1);
		expect(setup.news()).toEqual(["delivered 1"]);
	});

	test.each([
		["puback", 1],
		["pubrec", 2],
	] as const)("%s 0x91: the message goes again under another identifier", (answer, qos) => {
		const setup = told();
		setup.client.publish("a", "x", qos);
		setup.sent();
		setup.acknowledge(answer, 1, 0x91);
		expect(setup.exchange()).toEqual([`publish 2 qos${qos}`]);
		expect(setup.news()).toEqual([]);
		expect(setup.client.held).toBe(1);
	});

	test("[5.0 MQTT-3.6.2-1] [5.0 MQTT-3.7.2-1] what nobody knows is answered with 0x92", () => {
		const setup = told();
		setup.acknowledge("pubrec", 7);
		setup.acknowledge("pubrel", 8);
		expect(setup.exchange()).toEqual(["pubrel 7 0x92", "pubcomp 8 0x92"]);
		expect(setup.client.statistics.strayAcknowledgements).toBe(2);
	});

	test("PUBCOMP 0x92 ends an exchange: the broker had taken the message before", () => {
		const setup = told();
		setup.client.publish("a", "x", 2);
		setup.acknowledge("pubrec", 1);
		setup.acknowledge("pubcomp", 1, 0x92);
		expect(setup.news()).toEqual(["delivered 1 0x92"]);
		expect(setup.client.held).toBe(0);
	});

	test("PUBREL 0x92 is answered, and forgets what was kept", () => {
		const setup = told();
		setup.publish("a", "x", undefined, { qos: 2, id: 5 });
		setup.acknowledge("pubrel", 5, 0x92);
		expect(setup.exchange()).toEqual(["pubrec 5", "pubcomp 5"]);
		setup.publish("a", "y", undefined, { qos: 2, id: 5 });
		expect(setup.news()).toEqual(["message a=x qos2", "message a=y qos2"]);
	});

	test("room that a refused message leaves is told of", () => {
		const setup = told({ storeSize: 32 });
		while (setup.client.publish("a", "x", 1) > 0);
		setup.acknowledge("puback", 1, 0x97);
		expect(setup.news()).toEqual(["dropped 1 0x97", "writable"]);
	});

	test("an onDropped that closes the client ends decoding", () => {
		const setup = told({ onDropped: () => setup.client.close() });
		setup.client.publish("a", "x", 1);
		setup.acknowledge("puback", 1, 0x80);
		expect(setup.news()).toEqual([expect.stringContaining("disconnected")]);
	});
});

describe("properties of a message", () => {
	test("are there while the handler runs, for each part", () => {
		const lines: string[] = [];
		const setup = told({
			receiveSize: 4,
			onMessage({ properties, offset }) {
				const users: string[] = [];
				while (properties?.next()) users.push(`${properties.name}=${properties.value}`);
				lines.push(
					`${offset} ${properties?.text(Property.CONTENT_TYPE)} ${properties?.number(Property.MESSAGE_EXPIRY)} ${users}`,
				);
			},
		});
		setup.publish("a", "12345", {
			contentType: "text/plain",
			messageExpiryInterval: 60,
			userProperties: { a: "b", c: "d" },
		});
		expect(lines).toEqual(["0 text/plain 60 a=b,c=d", "4 text/plain 60 a=b,c=d"]);
		setup.publish("a", "1");
		expect(lines[2]).toBe("0 undefined -1 ");
	});
});

describe("topic aliases of the broker", () => {
	const alias = (topic: string, number: number, payload = "x") =>
		PUBLISH5(topic, payload, [two(0x23, number)]);

	test("[5.0 MQTT-3.3.2-10] all up to the maximum are taken, set, used, set anew", () => {
		const setup = told({ aliases: 3 });
		for (const [topic, number] of [
			["one", 1],
			["", 1],
			["three/and/a/longer/one", 3],
			["", 3],
			["", 1],
			["other", 1],
			["", 1],
			["", 3],
		] as const)
			setup.peer.send(alias(topic, number));
		expect(setup.news()).toEqual(
			[
				"one",
				"one",
				"three/and/a/longer/one",
				"three/and/a/longer/one",
				"one",
				"other",
				"other",
				"three/and/a/longer/one",
			].map((topic) => `message ${topic}=x`),
		);
	});

	test("with a QoS, cut anywhere, and together", () => {
		const packets = [
			PUBLISH5("home/kitchen", "1", [two(0x23, 1)], { qos: 1, id: 1 }),
			PUBLISH5("", "2", [two(0x23, 1)], { qos: 1, id: 2 }),
			PUBLISH5("", "3", [two(0x23, 1)], { qos: 1, id: 3 }),
			PUBLISH5("", "4", [two(0x23, 1)], { qos: 2, id: 4 }),
			PUBLISH5("", "5", [two(0x23, 1)]),
			PUBLISH5("", "6", [two(0x23, 1)]),
		];
		const expected = ["1 qos1", "2 qos1", "3 qos1", "4 qos2", "5", "6"].map(
			(rest) => `message home/kitchen=${rest}`,
		);
		const all = concat(packets);
		for (let step = 1; step < 40; step++) {
			const setup = told({ aliases: 1 });
			for (let at = 0; at < all.length; at += step) setup.peer.send(all.subarray(at, at + step));
			expect(setup.news()).toEqual(expected);
			expect(setup.exchange()).toEqual(["puback 1", "puback 2", "puback 3", "pubrec 4"]);
		}
	});

	test("handlers are found by the topic name that an alias stands for", () => {
		const setup = told({ aliases: 2 });
		const taken: string[] = [];
		setup.client.subscribe("a/b", 0, (message) => taken.push(`exact ${message.topic}`));
		setup.client.subscribe("c/+", 0, (message) => taken.push(`wildcard ${message.topic}`));
		for (const packet of [
			alias("a/b", 1),
			alias("c/d", 2),
			alias("", 1),
			alias("", 2),
			alias("", 2),
			alias("", 1),
		])
			setup.peer.send(packet);
		expect(taken).toEqual([
			"exact a/b",
			"wildcard c/d",
			"exact a/b",
			"wildcard c/d",
			"wildcard c/d",
			"exact a/b",
		]);
	});

	test.each([
		["above the maximum", alias("a", 3)],
		["never set", alias("", 2)],
	])("one %s is a protocol error: 0x94", (_, packet) => {
		const setup = told({ aliases: 2 });
		setup.peer.send(packet);
		expect(setup.exchange()).toEqual(["disconnect 0x94"]);
		expect(setup.news()).toEqual([expect.stringContaining("topic alias")]);
	});

	test("without the option any is", () => {
		const setup = told();
		setup.peer.send(alias("a", 1));
		expect(setup.exchange()).toEqual(["disconnect 0x94"]);
	});

	test("[5.0 MQTT-3.3.2-7] none outlives its connection", () => {
		const setup = told({ aliases: 1 });
		setup.peer.send(alias("a", 1));
		setup.resume();
		setup.news();
		setup.peer.send(alias("", 1));
		expect(setup.exchange()).toEqual(["disconnect 0x94"]);
	});

	test("one of a topic name that is too long skips its messages too, and says so", () => {
		const setup = told({
			aliases: 1,
			topicSize: 8,
			onDropped: (id, reason) => setup.log.push(`dropped ${id} ${reason.message.slice(0, 60)}`),
		});
		const SKIPPED = "dropped 0 a received message was skipped: its topic name is longer tha";
		setup.peer.send(alias("123456789", 1));
		setup.peer.send(alias("", 1));
		setup.peer.send(PUBLISH5("", "x", [two(0x23, 1)], { qos: 1, id: 3 }));
		expect(setup.news()).toEqual([SKIPPED, SKIPPED, SKIPPED.replace("0", "3")]);
		expect(setup.exchange()).toEqual(["puback 3"]);
		setup.peer.send(alias("12345678", 1));
		setup.peer.send(alias("", 1));
		expect(setup.news()).toEqual(["message 12345678=x", "message 12345678=x"]);
	});
});
