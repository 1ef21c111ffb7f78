// PUBLISH as the broker sends it, Message, and our acknowledgement (sections 3.3 and 3.4).

import * as reasons from "../../src/connection/reasons.js";
import type { Message } from "../../src/session/message.js";
import {
	concat,
	PINGRESP,
	PUBACK,
	PUBLISH,
	PUBREC,
	type PublishOptions,
	SUBACK,
} from "../support/packets.js";
import { connected, show } from "../support/setup.js";

test.each([
	["QoS 0", {}, ""],
	["QoS 1", { qos: 1, id: 300 }, " qos1"],
	["retained", { retain: true }, " retain"],
	["a duplicate", { qos: 1, id: 1, dup: true }, " qos1 dup"],
	["all flags", { qos: 1, id: 65_535, dup: true, retain: true }, " qos1 retain dup"],
] as [string, PublishOptions, string][])("a message at %s reaches the app", (_what, options, flags) => {
	const setup = connected();
	setup.peer.send(PUBLISH("a/b", "hello", options));
	expect(setup.news()).toEqual([`message a/b=hello${flags}`]);
	setup.peer.expect(...(options.id ? [PUBACK(options.id)] : []));
	expect(setup.client.statistics.received).toBe(1);
});

test("[MQTT-3.3.4-1] an empty message wedges nothing, at QoS 0 and 1, whole and byte by byte", () => {
	const setup = connected();
	const packets = [PUBLISH("a", ""), PUBLISH("b", "", { qos: 1, id: 5 }), PUBLISH("c", "x")];
	setup.peer.send(...packets);
	setup.peer.sendBytewise(...packets);
	const once = ["message a=", "message b= qos1", "message c=x"];
	expect(setup.news()).toEqual([...once, ...once]);
	setup.peer.expect(PUBACK(5), PUBACK(5));
});

test("another packet between two alike messages changes nothing", () => {
	const setup = connected();
	const { id } = setup.client.subscribe("f", 1);
	setup.peer.take();
	for (const between of [PINGRESP, SUBACK(id, 1), PUBLISH("u", "y".repeat(300)), PUBREC(9)]) {
		setup.peer.send(PUBLISH("t", "x", { qos: 1, id: 7 }), between);
		setup.peer.send(PUBLISH("t", "x", { qos: 1, id: 7 }));
		expect(setup.news().filter((line) => line.startsWith("message t"))).toEqual(
			Array(2).fill("message t=x qos1"),
		);
	}
});

test("[MQTT-2.3.1-6] messages that arrive together are told one by one, and acknowledged in order", () => {
	const setup = connected();
	setup.peer.send(...[1, 2, 3].map((id) => PUBLISH("t", `${id}`, { qos: 1, id })));
	expect(setup.news()).toEqual(["message t=1 qos1", "message t=2 qos1", "message t=3 qos1"]);
	setup.peer.expect(PUBACK(1), PUBACK(2), PUBACK(3));
});

test("[MQTT-4.3.2-2] QoS 1 is acknowledged after the handler has returned", () => {
	let sentInHandler = -1;
	const setup = connected({
		onMessage: () => {
			sentInHandler = setup.peer.writes.length;
		},
	});
	const before = setup.peer.writes.length;
	setup.peer.send(PUBLISH("t", "x", { qos: 1, id: 1 }));
	expect(sentInHandler).toBe(before);
	setup.peer.expect(PUBACK(1));
});

test("every way to cut two messages in three gives the same messages", () => {
	const stream = concat([PUBLISH("ab/c", "hello", { qos: 1, id: 7 }), PUBLISH("é", "")]);
	for (let first = 1; first < stream.length; first++)
		for (let second = first; second < stream.length; second++) {
			const setup = connected({ receiveSize: 3, topicSize: 8 });
			setup.peer.sendCut(stream, [first, second]);
			expect(setup.news()).toEqual(["message ab/c=hel 0/5 qos1", "message ab/c=lo 3/5 qos1", "message é="]);
		}
});

describe("Message", () => {
	test("gives bytes, text, topic and a copy to keep", () => {
		let kept: Uint8Array | undefined;
		let seen = {};
		const setup = connected({
			receiveSize: 16,
			onMessage(message) {
				kept = message.copy();
				seen = {
					bytes: [...message.bytes.subarray(0, message.length)],
					length: message.length,
					offset: message.offset,
					total: message.total,
					text: message.text(),
					topic: message.topic,
				};
			},
		});
		setup.peer.send(PUBLISH("räume/küche", "°C"));
		expect(seen).toEqual({
			bytes: [0xc2, 0xb0, 0x43],
			length: 3,
			offset: 0,
			total: 3,
			text: "°C",
			topic: "räume/küche",
		});
		expect(kept).toEqual(Uint8Array.of(0xc2, 0xb0, 0x43));
	});

	test("is one object for all messages, and a copy survives the next one", () => {
		const messages = new Set<Message>();
		const copies: Uint8Array[] = [];
		const setup = connected({
			onMessage(message) {
				messages.add(message);
				copies.push(message.copy());
			},
		});
		setup.peer.send(PUBLISH("t", "first"), PUBLISH("t", "2"));
		expect(messages.size).toBe(1);
		expect(copies.map((copy) => Buffer.from(copy).toString())).toEqual(["first", "2"]);
	});

	test("[MQTT-1.5.3-3] keeps a byte order mark, in text and topic (section 1.5.3)", () => {
		let seen: string[] = [];
		const setup = connected({
			onMessage(message) {
				seen = [message.topic, message.text()];
			},
		});
		setup.peer.send(PUBLISH("\ufefft", "\ufeffx"));
		expect(seen).toEqual(["\ufefft", "\ufeffx"]);
	});

	test("has bytes that are no text", () => {
		let copy: Uint8Array = new Uint8Array();
		const setup = connected({
			onMessage(message) {
				copy = message.copy();
			},
		});
		setup.peer.send(PUBLISH("t", [0, 0xff, 0xc0]));
		expect([...copy]).toEqual([0, 0xff, 0xc0]);
	});
});

describe("a payload larger than receiveSize", () => {
	test("comes in parts, and is acknowledged after the last", () => {
		const acknowledged: number[] = [];
		const setup = connected({
			receiveSize: 4,
			onMessage(message) {
				setup.log.push(show(message));
				acknowledged.push(setup.peer.writes.length);
			},
		});
		const before = setup.peer.writes.length;
		setup.peer.send(PUBLISH("t", "0123456789", { qos: 1, id: 3 }), PUBLISH("t", "four"));
		expect(setup.news()).toEqual(["t=0123 0/10 qos1", "t=4567 4/10 qos1", "t=89 8/10 qos1", "t=four"]);
		expect(acknowledged).toEqual([before, before, before, before + 1]);
		setup.peer.expect(PUBACK(3));
		expect(setup.client.statistics.received).toBe(2);
	});

	test("that is interrupted begins again at offset 0", () => {
		const setup = connected({ receiveSize: 4 });
		const packet = PUBLISH("t", "0123456789", { qos: 1, id: 3 });
		setup.peer.send(packet.slice(0, packet.length - 3));
		expect(setup.news()).toEqual(["message t=0123 0/10 qos1"]);
		setup.reconnect();
		setup.news();
		setup.peer.send(PUBLISH("t", "0123456789", { qos: 1, id: 3, dup: true }));
		expect(setup.news()).toEqual([
			"message t=0123 0/10 qos1 dup",
			"message t=4567 4/10 qos1 dup",
			"message t=89 8/10 qos1 dup",
		]);
		setup.peer.expect(PUBACK(3));
	});

	test("reaches one handler, whatever is subscribed in between", () => {
		const setup = connected({ receiveSize: 4 });
		const parts: string[] = [];
		setup.client.subscribe("t", 0, (message) => {
			parts.push(message.text());
			if (parts.length === 1) setup.client.subscribe("t", 0, (later) => parts.push(`other ${later.text()}`));
		});
		setup.peer.send(PUBLISH("t", "0123456789"), PUBLISH("t", "new"));
		expect(parts).toEqual(["0123", "4567", "89", "other new"]);
	});

	test("goes on nowhere once its subscription has ended", () => {
		const setup = connected({ receiveSize: 4 });
		const parts: string[] = [];
		setup.client.subscribe("t", 0, (message) => {
			parts.push(message.text());
			setup.client.unsubscribe("t");
		});
		setup.peer.send(PUBLISH("t", "0123456789", { qos: 1, id: 1 }));
		expect(parts).toEqual(["0123"]);
		expect(setup.news()).toEqual([]);
		expect(setup.client.statistics.received).toBe(1);
	});
});

describe("a topic longer than topicSize", () => {
	test.each([0, 1])("is skipped, counted, told, and acknowledged at QoS %d", (qos) => {
		const setup = connected({ topicSize: 8, receiveSize: 4 });
		const topic = "123456789";
		setup.peer.send(PUBLISH(topic, "payload in parts", { qos, id: 4 }), PUBLISH("12345678", "next"));
		expect(setup.news()).toEqual([`dropped ${qos * 4} ${reasons.TOPIC_TOO_LONG}`, "message 12345678=next"]);
		setup.peer.expect(...(qos ? [PUBACK(4)] : []));
		expect(setup.client.statistics.dropped).toBe(1);
	});

	test("is skipped byte by byte too, even when it is as long as can be", () => {
		const setup = connected({ topicSize: 8 });
		setup.peer.sendBytewise(PUBLISH("x".repeat(300), "", { qos: 1, id: 4 }), PUBLISH("t", "next"));
		setup.peer.send(PUBLISH("x".repeat(65_535), "p"), PUBLISH("t", "next"));
		expect(setup.news()).toEqual([
			`dropped 4 ${reasons.TOPIC_TOO_LONG}`,
			"message t=next",
			`dropped 0 ${reasons.TOPIC_TOO_LONG}`,
			"message t=next",
		]);
	});

	test("[MQTT-4.5.0-2] is acknowledged although onDropped throws", () => {
		const setup = connected({
			topicSize: 8,
			onDropped() {
				throw new Error("mine");
			},
		});
		expect(() => setup.peer.send(PUBLISH("x".repeat(99), "p", { qos: 1, id: 4 }))).toThrow("mine");
		setup.peer.expect(PUBACK(4));
	});
});

describe("a handler that throws", () => {
	test("leaves the client consistent: acknowledged, and what follows is handled", () => {
		let calls = 0;
		const setup = connected({
			onMessage(message) {
				if (++calls === 1) throw new Error("mine");
				setup.log.push(show(message));
			},
		});
		const packets = [1, 2, 3].map((id) => PUBLISH("t", `${id}`, { qos: 1, id }));
		expect(() => setup.peer.send(...packets)).toThrow("mine");
		// What was left in the socket is not announced again.
		setup.clock.advance(250);
		expect(setup.news()).toEqual(["t=2 qos1", "t=3 qos1"]);
		setup.peer.expect(PUBACK(1), PUBACK(2), PUBACK(3));
	});

	test("in the midst of a message in parts, the next part follows", () => {
		let calls = 0;
		const setup = connected({
			receiveSize: 2,
			onMessage(message) {
				setup.log.push(show(message));
				if (++calls === 1) throw new Error("mine");
			},
		});
		expect(() => setup.peer.send(PUBLISH("t", "abcd", { qos: 1, id: 1 }))).toThrow("mine");
		setup.clock.advance(250);
		expect(setup.news()).toEqual(["t=ab 0/4 qos1", "t=cd 2/4 qos1"]);
		setup.peer.expect(PUBACK(1));
	});

	test("and an end of the stream with it: what was left is handled before", () => {
		let calls = 0;
		const setup = connected(
			{
				onMessage(message) {
					if (++calls === 1) throw new Error("mine");
					setup.log.push(show(message));
				},
			},
			{ end: "node" },
		);
		expect(() => setup.peer.send(PUBLISH("t", "1"), PUBLISH("t", "2"))).toThrow("mine");
		setup.peer.end();
		expect(setup.news()).toEqual(["t=2", `disconnected ${reasons.CONNECTION_LOST}`]);
	});
});

describe("acknowledgements without room", () => {
	test("wait in order; when their ring is full, reading waits", () => {
		const setup = connected({ acknowledgements: 2 }, { room: 14 });
		setup.peer.take();
		setup.client.publish("t", "fills it"); // 13 of 14 bytes
		setup.peer.send(...[1, 2, 3, 4].map((id) => PUBLISH("t", `${id}`, { qos: 1, id })));
		expect(setup.news()).toEqual(["message t=1 qos1", "message t=2 qos1"]);
		expect(setup.peer.socket.unread).toBeGreaterThan(0);
		setup.peer.expect(PUBLISH("t", "fills it"), PUBACK(1), PUBACK(2), PUBACK(3), PUBACK(4));
		expect(setup.news()).toEqual(["message t=3 qos1", "message t=4 qos1"]);
	});

	test("are forgotten with their connection", () => {
		const setup = connected({}, { room: 14 });
		setup.peer.take();
		setup.client.publish("t", "fills it");
		setup.peer.send(PUBLISH("t", "1", { qos: 1, id: 1 }));
		setup.reconnect().expect();
	});
});
