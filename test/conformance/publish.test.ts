// Sections 3.3, 3.6 and 4.3 of MQTT 3.1.1: PUBLISH, and the exchanges of QoS 0, 1 and 2.

import * as wire from "../../src/wire/reason.js";
import { Topic } from "../../src/wire/topic.js";
import { field, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, packet, word } from "../support/packets.js";
import { connected, Setup, show } from "../support/setup.js";
import { exchange, publishUntil, sent } from "./peer.js";

const anyQos = [0, 1, 2] as const;

describe("[MQTT-3.3.1-1] PUBLISH that is sent again has DUP 1, and no other has", () => {
	test("from the store", () => {
		const setup = connected({ window: 2, storeSize: 4000, packetSize: 4000 }, { room: 600 });
		setup.client.publish("t", "x", 1, true);
		setup.client.publish("t", "x".repeat(2000), 2);
		setup.client.publish("t", "waits", 1);
		expect(exchange(setup)).toEqual(["publish 1 qos1", "publish 2 qos2"]);
		for (let i = 0; i < 3; i++) {
			setup.reconnect(true);
			expect(exchange(setup)).toEqual(["publish 1 qos1 dup", "publish 2 qos2 dup"]);
		}
		setup.peer.send(PUBACK(1));
		expect(exchange(setup)).toEqual(["publish 3 qos1"]);
	});

	test("pulled from the app", () => {
		const setup = connected({ window: 2 });
		const fill = (_offset: number, view: Uint8Array) => view.fill(0xff).length;
		for (const qos of [1, 2, 1] as const) setup.client.publishFrom("t", 512, fill, qos);
		expect(exchange(setup)).toEqual(["publish 1 qos1", "publish 2 qos2"]);
		setup.reconnect(true);
		expect(exchange(setup)).toEqual(["publish 1 qos1 dup", "publish 2 qos2 dup"]);
		setup.peer.send(PUBACK(1));
		expect(exchange(setup)).toEqual(["publish 3 qos1"]);
	});
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
			expect(setup.peer.socket.writes[1][0]).toBe(0x30);
			setup.reconnect(true);
		}
		setup.peer.expect(PUBLISH("t", payload));
	});
});

describe("[MQTT-3.3.1-4] there is no QoS 3", () => {
	test("the caller's is refused", () => {
		const { client, peer } = connected();
		const topic = new Topic("t");
		for (const call of [
			() => client.publish("t", "", 3 as never),
			() => client.publish(topic, new Uint8Array(1), 3 as never),
			() => client.publishWith(topic, 3 as never, false, { write: (_bytes, at) => at }),
			() => client.subscribe("t", 3 as never),
			() => client.subscribe(["t", "u"], 3 as never),
		])
			expect(call).toThrow(RangeError);
		peer.expect();
	});

	test.each([0x36, 0x37, 0x3e, 0x3f])("the broker's closes the connection: %d", (first) => {
		const setup = connected();
		setup.peer.send(packet(first, field("t"), word(1)));
		expect(setup.news()).toEqual([`disconnected ${wire.QOS_3}`]);
		expect(setup.peer.socket.closed).toBe(true);
	});
});

test("[MQTT-3.3.2-1] the variable header of PUBLISH begins with the topic name", () => {
	for (const qos of anyQos)
		for (const name of ["t", "Küche/温度/🌡", " ", "/", "x".repeat(200)]) {
			const setup = connected();
			const id = setup.client.publish(name, "payload", qos);
			setup.peer.expect(
				packet(0x30 | (qos << 1), field(name), qos > 0 ? word(id) : [], field("payload").slice(2)),
			);
		}
});

describe("[MQTT-3.3.2-2][MQTT-4.7.1-1] a topic name has no wildcard", () => {
	test.each(["+", "#", "a/+", "a/#", "a+", "#a", "a/+/b"])("the caller's %s is refused", (name) => {
		const { client, peer } = connected();
		for (const qos of anyQos) expect(() => client.publish(name, "", qos)).toThrow(/wildcard/);
		expect(() => new Topic(name)).toThrow(/wildcard/);
		expect(() => {
			new Setup().client.will = { topic: name, payload: "" };
		}).toThrow(/wildcard/);
		peer.expect();
	});

	test.each(anyQos)("the broker's, at QoS %d, closes the connection", (qos) => {
		for (const name of ["+", "a/#"]) {
			const setup = connected();
			setup.client.subscribe(name, qos, () => setup.log.push("handler"));
			setup.peer.take();
			setup.peer.send(PUBLISH(name, "", { qos, id: 1 }));
			expect(setup.news()).toEqual([`disconnected ${wire.TOPIC_WILDCARD}`]);
			setup.peer.expect();
		}
	});
});

test("[MQTT-3.3.4-1] the answer to PUBLISH is nothing at QoS 0, PUBACK at QoS 1, PUBREC at QoS 2", () => {
	for (const retain of [false, true])
		for (const dup of [false, true]) {
			const setup = connected();
			setup.peer.send(PUBLISH("t", "", { retain }));
			setup.peer.expect();
			setup.peer.send(PUBLISH("t", "", { qos: 1, id: 5, retain, dup }));
			setup.peer.expect(PUBACK(5));
			setup.peer.send(PUBLISH("t", "", { qos: 2, id: 6, retain, dup }));
			setup.peer.expect(PUBREC(6));
		}
});

test("[MQTT-3.6.1-1] PUBREL has the flags 0010", () => {
	const setup = connected();
	setup.client.publish("t", "", 2);
	setup.peer.take();
	setup.peer.send(PUBREC(1), PUBREC(77));
	setup.peer.expect(Uint8Array.of(0x62, 2, 0, 1), Uint8Array.of(0x62, 2, 0, 77));
	setup.reconnect(true).expect(Uint8Array.of(0x62, 2, 0, 1));
	setup.news();
	setup.peer.send(PUBLISH("t", "x", { qos: 2, id: 9 }), Uint8Array.of(0x60, 2, 0, 9));
	expect(setup.news()).toEqual(["message t=x qos2", `disconnected ${wire.RESERVED_FLAGS}`]);
});

test("[MQTT-4.3.1-1] a message at QoS 0 is PUBLISH with QoS 0 and DUP 0, and that is all", () => {
	const setup = new Setup();
	expect(setup.client.publish("t", "waits")).toBe(0);
	setup.peer.accept();
	expect(setup.client.publish("t", "goes at once")).toBe(0);
	expect(sent(setup)).toMatchObject([
		{ cmd: "publish", qos: 0, dup: false, topic: "t", payload: Buffer.from("waits") },
		{ cmd: "publish", qos: 0, dup: false, topic: "t", payload: Buffer.from("goes at once") },
	]);
	setup.reconnect(true).expect();
});

test("[MQTT-4.3.2-1] a message at QoS 1 has a free identifier and DUP 0, and is open until PUBACK", () => {
	const setup = connected({ window: 2 });
	const { client } = setup;
	client.publish("t", "a", 1);
	client.publish("t", "b", 1);
	setup.peer.expect(PUBLISH("t", "a", { qos: 1, id: 1 }), PUBLISH("t", "b", { qos: 1, id: 2 }));
	// Neither another's acknowledgement nor another kind of it is its own.
	setup.peer.send(PUBACK(7), PUBCOMP(1), PUBACK(2));
	expect(setup.news()).toEqual(["delivered 2"]);
	setup.reconnect(true).expect(PUBLISH("t", "a", { qos: 1, id: 1, dup: true }));
	setup.news();
	setup.peer.send(PUBACK(1));
	expect(setup.news()).toEqual(["delivered 1"]);
	setup.reconnect(true).expect();
});

describe("[MQTT-4.3.2-2] a received message at QoS 1", () => {
	test("is acknowledged once it is taken", () => {
		const writes: number[] = [];
		const setup = connected({ onMessage: () => writes.push(setup.peer.socket.writes.length) });
		const before = setup.peer.socket.writes.length;
		setup.peer.send(PUBLISH("t", "x", { qos: 1, id: 9 }));
		expect(writes).toEqual([before]);
		setup.peer.expect(PUBACK(9));
	});

	test("is a new one under an identifier that was acknowledged, whatever DUP says", () => {
		const setup = connected();
		for (const dup of [false, true, true]) setup.peer.send(PUBLISH("t", "x", { qos: 1, id: 9, dup }));
		expect(setup.news()).toEqual(["message t=x qos1", "message t=x qos1 dup", "message t=x qos1 dup"]);
		setup.peer.expect(PUBACK(9), PUBACK(9), PUBACK(9));
	});
});

describe("[MQTT-4.3.3-1] a message at QoS 2", () => {
	test("goes PUBLISH, PUBREC, PUBREL, PUBCOMP under one identifier", () => {
		const setup = connected();
		expect(setup.client.publish("t", "x", 2)).toBe(1);
		setup.peer.expect(PUBLISH("t", "x", { qos: 2, id: 1 }));
		setup.peer.send(PUBREC(1));
		setup.peer.expect(PUBREL(1));
		expect(setup.news()).toEqual([]);
		setup.peer.send(PUBCOMP(1));
		expect(setup.news()).toEqual(["delivered 1"]);
		setup.peer.expect();
		setup.reconnect(true).expect();
	});

	test("has PUBLISH open until PUBREC, then PUBREL until PUBCOMP, over any number of connections", () => {
		const setup = connected();
		setup.client.publish("t", "x", 2);
		setup.peer.send(PUBACK(1), PUBCOMP(1));
		expect(setup.news()).toEqual([]);
		for (let i = 0; i < 2; i++) setup.reconnect(true).expect(PUBLISH("t", "x", { qos: 2, id: 1, dup: true }));
		setup.peer.send(PUBREC(1));
		setup.peer.expect(PUBREL(1));
		setup.news();
		setup.peer.send(PUBACK(1));
		expect(setup.news()).toEqual([]);
		for (let i = 0; i < 2; i++) setup.reconnect(true).expect(PUBREL(1));
		setup.news();
		setup.peer.send(PUBCOMP(1));
		expect(setup.news()).toEqual(["delivered 1"]);
		setup.reconnect(true).expect();
	});

	test("answers each PUBREC with PUBREL, and never with PUBLISH", () => {
		const setup = connected();
		setup.client.publish("t", "x", 2);
		setup.peer.take();
		setup.peer.send(PUBREC(1), PUBREC(1));
		setup.peer.expect(PUBREL(1), PUBREL(1));
		setup.peer.send(PUBCOMP(1), PUBCOMP(1), PUBREC(1));
		setup.peer.expect(PUBREL(1));
		expect(setup.news()).toEqual(["delivered 1"]);
	});

	test("has an identifier that nothing open has", () => {
		const setup = connected({ window: 3 });
		setup.client.publish("t", "", 2);
		setup.client.publish("t", "", 2);
		setup.peer.send(PUBREC(1));
		setup.peer.take();
		publishUntil(setup, 65_535);
		expect(setup.client.publish("t", "", 2)).toBe(3);
	});
});

describe("[MQTT-4.3.3-2] a received message at QoS 2", () => {
	test("is delivered once, however often it comes before PUBREL", () => {
		const setup = connected();
		setup.peer.send(PUBLISH("t", "x", { qos: 2, id: 9 }));
		setup.peer.expect(PUBREC(9));
		setup.peer.send(PUBLISH("t", "x", { qos: 2, id: 9, dup: true }), PUBLISH("t", "x", { qos: 2, id: 9 }));
		setup.peer.expect(PUBREC(9), PUBREC(9));
		setup.reconnect(true).expect();
		setup.peer.send(PUBLISH("t", "x", { qos: 2, id: 9, dup: true }));
		setup.peer.expect(PUBREC(9));
		expect(setup.news().filter((line) => line.startsWith("message"))).toEqual(["message t=x qos2"]);
		expect(setup.client.statistics.duplicates).toBe(3);
	});

	test("is a new one after PUBREL and PUBCOMP", () => {
		const setup = connected();
		for (const [text, dup] of [
			["1", false],
			["2", false],
			["3", true],
		] as const) {
			setup.peer.send(PUBLISH("t", text, { qos: 2, id: 9, dup }));
			setup.peer.expect(PUBREC(9));
			setup.peer.send(PUBREL(9));
			setup.peer.expect(PUBCOMP(9));
		}
		expect(setup.news()).toEqual(["message t=1 qos2", "message t=2 qos2", "message t=3 qos2 dup"]);
	});

	test("is delivered once when it came whole just as the connection broke", () => {
		const setup = connected({}, { room: 14 });
		setup.peer.take();
		setup.client.publish("t", "fills it");
		setup.peer.send(PUBLISH("t", "x", { qos: 2, id: 9 }));
		expect(setup.news()).toEqual(["message t=x qos2"]);
		setup.reconnect(true);
		setup.news();
		setup.peer.send(PUBLISH("t", "x", { qos: 2, id: 9, dup: true }));
		expect(setup.news()).toEqual([]);
		setup.peer.expect(PUBREC(9));
	});

	test("is delivered once when the connection breaks in its handler", () => {
		const setup: Setup = connected({
			onMessage(message) {
				setup.log.push(show(message));
				setup.peer.fail();
			},
		});
		setup.peer.send(PUBLISH("t", "x", { qos: 2, id: 9 }));
		expect(setup.news()[0]).toBe("t=x qos2");
		setup.reconnect(true);
		setup.news();
		setup.peer.send(PUBLISH("t", "x", { qos: 2, id: 9, dup: true }));
		expect(setup.news()).toEqual([]);
		setup.peer.expect(PUBREC(9));
	});

	test("in parts is delivered once, and again from its beginning when it was interrupted", () => {
		const setup = connected({ receiveSize: 4 });
		const message = PUBLISH("t", "01234567", { qos: 2, id: 9 });
		setup.peer.send(message.slice(0, message.length - 2));
		expect(setup.news()).toEqual(["message t=0123 0/8 qos2"]);
		setup.peer.expect();
		setup.reconnect(true);
		setup.news();
		setup.peer.send(PUBLISH("t", "01234567", { qos: 2, id: 9, dup: true }));
		expect(setup.news()).toEqual(["message t=0123 0/8 qos2 dup", "message t=4567 4/8 qos2 dup"]);
		setup.peer.expect(PUBREC(9));
		setup.peer.send(PUBLISH("t", "01234567", { qos: 2, id: 9, dup: true }));
		expect(setup.news()).toEqual([]);
		setup.peer.expect(PUBREC(9));
	});

	test("PUBREL is answered whether its identifier is known or not", () => {
		const setup = connected();
		setup.peer.send(PUBREL(77), PUBREL(77));
		setup.peer.expect(PUBCOMP(77), PUBCOMP(77));
		expect(setup.news()).toEqual([]);
	});
});

describe("[MQTT-4.5.0-2] every PUBLISH is acknowledged by its QoS", () => {
	const messages = [
		PUBLISH("t/too long", "x", { qos: 1, id: 1 }),
		PUBLISH("t/too long", "x", { qos: 2, id: 2 }),
	];

	test.each([
		["without onMessage and subscription", () => connected({ onMessage: undefined })],
		["when its topic name is too long to be read", () => connected({ topicSize: 8 })],
		[
			"after unsubscribe",
			() => {
				const setup = connected({ onMessage: undefined });
				setup.client.subscribe("t/+", 2, show);
				setup.client.unsubscribe("t/+");
				setup.peer.take();
				return setup;
			},
		],
		[
			"when its payload comes in parts that nobody reads",
			() => connected({ receiveSize: 1, onMessage: undefined }),
		],
	])("%s", (_what, made) => {
		const setup = made();
		setup.peer.send(...messages, PUBREL(2));
		setup.peer.expect(PUBACK(1), PUBREC(2), PUBCOMP(2));
	});

	test("when the handler throws", () => {
		const setup = connected({
			onMessage() {
				throw new Error("mine");
			},
		});
		for (const message of messages) expect(() => setup.peer.send(message)).toThrow("mine");
		setup.peer.expect(PUBACK(1), PUBREC(2));
	});
});
