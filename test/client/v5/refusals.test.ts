// PUBACK and PUBREC that refuse a message (sections 3.4.2.1, 3.5.2.1 and 4.3): what becomes of it, and of those behind it.

import { Topic } from "../../../src/wire/topic.js";
import { reasonOf } from "../../../src/wire/v5/reason-codes.js";
import { judge } from "../../support/judge.js";
import { concat } from "../../support/packets.js";
import { connected5 } from "../../support/setup5.js";

const answer = { 1: "puback", 2: "pubrec" } as const;

describe.each([1, 2] as const)("at QoS %d", (qos) => {
	const publish = (id: number, dup = "") => `publish ${id} qos${qos}${dup}`;

	test.each([0x80, 0x83, 0x87, 0x90, 0x97, 0x99])(
		"[5.0 MQTT-4.4.0-2] code %d: it is dropped with the broker's reason, and does not go again",
		(code) => {
			const dropped: unknown[] = [];
			const setup = connected5({ onDropped: (id, reason) => dropped.push([id, reason]) });
			const { client } = setup;
			client.publish("t", "x", qos);
			client.publish("t", "y", qos);
			expect(setup.exchange()).toEqual([publish(1), publish(2)]);
			setup.acknowledge(answer[qos], 1, code);
			expect(dropped).toEqual([[1, reasonOf(code)]]);
			expect(setup.exchange()).toEqual([]);
			expect(client.held).toBe(1);
			expect(client.statistics).toMatchObject({ delivered: 0, dropped: 1, strayAcknowledgements: 0 });
			setup.acknowledge(answer[qos], 1, code);
			expect(dropped.length).toBe(1);
			setup.resume();
			expect(setup.exchange()).toEqual([publish(2, " dup")]);
		},
	);

	test("one that waits takes its place in flight", () => {
		const setup = connected5({ window: 4 }, { receiveMaximum: 1 });
		for (let i = 0; i < 3; i++) setup.client.publish("t", "x", qos);
		expect(setup.exchange()).toEqual([publish(1)]);
		setup.acknowledge(answer[qos], 1, 0x87);
		expect(setup.exchange()).toEqual([publish(2)]);
		setup.acknowledge(answer[qos], 2, 0x91);
		expect(setup.exchange()).toEqual([publish(4)]);
		setup.acknowledge(answer[qos], 4, 0x80);
		expect(setup.exchange()).toEqual([publish(3)]);
	});

	test("0x91: the identifier is in use, so it goes again under another one, before what waits", () => {
		const setup = connected5({ window: 3 });
		const { client } = setup;
		for (let i = 0; i < 4; i++) client.publish("t", `${i}`, qos);
		expect(setup.exchange()).toEqual([publish(1), publish(2), publish(3)]);
		setup.acknowledge(answer[qos], 2, 0x91);
		const sent = setup.sent();
		expect(sent).toMatchObject([
			{ cmd: "publish", messageId: 5, qos, dup: false, payload: Buffer.from("1") },
		]);
		expect(client.held).toBe(4);
		expect(client.statistics.dropped).toBe(0);
		setup.acknowledge(answer[qos], 5);
		if (qos === 2) {
			expect(setup.exchange()).toEqual(["pubrel 5"]);
			setup.acknowledge("pubcomp", 5);
		}
		expect(setup.news()).toEqual(["delivered 5"]);
		expect(setup.exchange()).toEqual([publish(4)]);
	});

	test("0x91 of the last one, and a hot publish after it", () => {
		const setup = connected5({}, { topicAliasMaximum: 1 });
		const { client } = setup;
		const payload = Uint8Array.of(1);
		for (let i = 0; i < 3; i++) client.publish("topic", payload, qos);
		setup.exchange();
		setup.acknowledge(answer[qos], 3, 0x91);
		expect(setup.exchange()).toEqual([publish(4)]);
		client.publish("topic", payload, qos);
		expect(setup.sent()).toMatchObject([{ messageId: 5, topic: "", payload: Buffer.of(1) }]);
	});

	test("0x91 while another message is half sent: that one goes on, and the refused one after it", () => {
		const setup = connected5({}, undefined, { room: 40 });
		const { client, peer } = setup;
		client.publish("t", "x", qos);
		expect(setup.exchange()).toEqual([publish(1)]);
		client.publish("t", "y".repeat(100), qos);
		client.publish("t", "z", qos);
		const first = peer.takeSome(10);
		setup.acknowledge(answer[qos], 1, 0x91);
		expect(judge(concat([first, peer.take()]), 5)).toMatchObject([
			{ messageId: 2, payload: Buffer.from("y".repeat(100)) },
			{ messageId: 4, payload: Buffer.from("x") },
			{ messageId: 3, payload: Buffer.from("z") },
		]);
	});

	test("0x10: nobody has subscribed to it, which is a delivery", () => {
		const setup = connected5();
		setup.client.publish("t", "x", qos);
		setup.exchange();
		setup.acknowledge(answer[qos], 1, 0x10);
		if (qos === 2) {
			expect(setup.exchange()).toEqual(["pubrel 1"]);
			setup.acknowledge("pubcomp", 1);
		}
		expect(setup.news()).toEqual(["delivered 1"]);
		expect(setup.client.statistics.dropped).toBe(0);
	});

	test("in a callback of which the app publishes, and throws", () => {
		const setup = connected5({
			window: 1,
			onDropped: (id) => {
				if (id === 1) setup.client.publish("again", "z", qos);
				throw new Error("app");
			},
		});
		setup.client.publish("t", "x", qos);
		setup.client.publish("t", "y", qos);
		setup.exchange();
		expect(() => setup.acknowledge(answer[qos], 1, 0x87)).toThrow("app");
		setup.clock.advance(10);
		expect(setup.exchange()).toEqual([publish(2)]);
		expect(setup.client.held).toBe(2);
	});
});

test.each([
	["PUBACK", 2, "puback"],
	["PUBREC", 1, "pubrec"],
] as const)("%s with a code at QoS %d is none of ours", (_name, qos, cmd) => {
	const setup = connected5();
	setup.client.publish("t", "x", qos);
	setup.exchange();
	setup.acknowledge(cmd, 1, 0x87);
	setup.acknowledge(cmd, 1, 0x91);
	expect(setup.exchange()).toEqual([]);
	expect(setup.news()).toEqual([]);
	expect(setup.client.statistics).toMatchObject({ strayAcknowledgements: 2, dropped: 0 });
	expect(setup.client.held).toBe(1);
});

describe("acknowledgements of what nobody knows carry 0x92", () => {
	test("at once, and a message as the last one is right after it", () => {
		const setup = connected5({}, { topicAliasMaximum: 1 });
		const payload = Uint8Array.of(1, 2, 3);
		for (let i = 0; i < 2; i++) setup.client.publish("topic", payload);
		setup.sent();
		setup.acknowledge("pubrel", 9);
		setup.client.publish("topic", payload);
		setup.acknowledge("pubrec", 10);
		setup.client.publish("topic", payload);
		expect(setup.exchange()).toEqual(["pubcomp 9 0x92", "publish", "pubrel 10 0x92", "publish"]);
	});

	test("in order, when they have to wait for room, mixed with those that have none", () => {
		const setup = connected5({}, undefined, { room: 24 });
		setup.client.publish("t", "x".repeat(18));
		setup.acknowledge("pubrel", 9);
		setup.publish("in", "y", undefined, { qos: 1, id: 7 });
		setup.acknowledge("pubrel", 10);
		setup.acknowledge("pubrec", 11);
		expect(setup.exchange()).toEqual([
			"publish",
			"pubcomp 9 0x92",
			"puback 7",
			"pubcomp 10 0x92",
			"pubrel 11 0x92",
		]);
	});

	test("while a payload is being written they wait", () => {
		const setup = connected5();
		const topic = new Topic("topic");
		setup.client.pause();
		setup.acknowledge("pubrel", 9);
		setup.client.publishWith(topic, 0, false, {
			write(bytes, at) {
				bytes.fill(65, at, at + 4);
				setup.client.resume();
				return at + 4;
			},
		});
		const sent = setup.sent();
		expect(sent.map(({ cmd }) => cmd).sort()).toEqual(["pubcomp", "publish"]);
		expect(sent.find(({ cmd }) => cmd === "publish")).toMatchObject({ payload: Buffer.from("AAAA") });
	});
});
