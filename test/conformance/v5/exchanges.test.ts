// What MQTT 5.0 says of exchanges at QoS 1 and 2, of flow control and of order, where no test of the client (test/client)
// proves it.

import type { Packet } from "mqtt-packet";
import { Properties } from "../../../src/wire/v5/properties.js";
import { packet, word } from "../../support/packets.js";
import { PUBLISH5, UNSUBACK5 } from "../../support/packets5.js";
import { connected5, type Setup5 } from "../../support/setup5.js";

const publishes = (packets: Packet[]) => packets.filter((packet) => packet.cmd === "publish");
const texts = (packets: Packet[]) => publishes(packets).map(({ payload }) => payload.toString());

describe("a message of ours at QoS 1", () => {
	test("[5.0 MQTT-4.3.2-2] goes with its identifier, QoS 1 and DUP 0", () => {
		const setup = connected5();
		const id = setup.client.publish("t", "x", 1);
		expect(setup.sent()).toMatchObject([{ cmd: "publish", messageId: id, qos: 1, dup: false }]);
	});

	test("[5.0 MQTT-4.3.2-3] is open until its PUBACK, over reconnects", () => {
		const setup = connected5();
		const id = setup.client.publish("t", "x", 1);
		for (let i = 0; i < 3; i++) {
			setup.acknowledge("puback", id + 1);
			setup.acknowledge("pubrec", id + 2);
			setup.reconnect(true);
			expect(setup.exchange()).toEqual([`publish ${id} qos1 dup`]);
			expect(setup.client.held).toBe(1);
		}
		setup.news();
		setup.acknowledge("puback", id);
		expect(setup.news()).toEqual([`delivered ${id}`]);
		expect(setup.client.held).toBe(0);
		setup.reconnect(true);
		expect(setup.exchange()).toEqual([]);
	});

	test("is delivered too where nobody has subscribed", () => {
		const setup = connected5();
		const id = setup.client.publish("t", "x", 1);
		setup.acknowledge("puback", id, 0x10);
		expect(setup.news()).toEqual([`delivered ${id}`]);
	});
});

describe("a message of ours at QoS 2", () => {
	test("[5.0 MQTT-4.3.3-2] goes with its identifier, QoS 2 and DUP 0", () => {
		const setup = connected5();
		const id = setup.client.publish("t", "x", 2);
		expect(setup.sent()).toMatchObject([{ cmd: "publish", messageId: id, qos: 2, dup: false }]);
	});

	test("[5.0 MQTT-4.3.3-3] is open until its PUBREC, over reconnects", () => {
		const setup = connected5();
		const id = setup.client.publish("t", "x", 2);
		for (let i = 0; i < 3; i++) {
			setup.acknowledge("puback", id);
			setup.acknowledge("pubrec", id + 1);
			setup.peer.take();
			setup.reconnect(true);
			expect(setup.exchange()).toEqual([`publish ${id} qos2 dup`]);
		}
	});

	test("[5.0 MQTT-4.3.3-4] [5.0 MQTT-4.3.3-5] [5.0 MQTT-4.3.3-6] is PUBREL after a PUBREC below 0x80, until PUBCOMP, and PUBLISH never again", () => {
		for (const code of [0, 0x10]) {
			const setup = connected5();
			const id = setup.client.publish("t", "x", 2);
			setup.peer.take();
			setup.acknowledge("pubrec", id, code);
			expect(setup.exchange()).toEqual([`pubrel ${id}`]);
			for (let i = 0; i < 3; i++) {
				setup.reconnect(true);
				expect(setup.exchange()).toEqual([`pubrel ${id}`]);
			}
			setup.news();
			setup.acknowledge("pubcomp", id);
			expect(setup.news()).toEqual([`delivered ${id}`]);
			setup.reconnect(true);
			expect(setup.exchange()).toEqual([]);
		}
	});

	test("[5.0 MQTT-4.3.3-7] does not expire once its PUBLISH is out", () => {
		const setup = connected5();
		const properties = new Properties({ messageExpiry: 2 });
		const id = setup.client.publish("t", "x", 2, false, properties);
		expect(setup.sent()).toMatchObject([{ properties: { messageExpiryInterval: 2 } }]);
		setup.peer.fail();
		setup.clock.advance(20_000);
		setup.accept(true);
		expect(setup.sent()).toMatchObject([
			{ messageId: id, dup: true, properties: { messageExpiryInterval: 1 } },
		]);
		setup.acknowledge("pubrec", id);
		setup.clock.advance(5000);
		setup.acknowledge("pubcomp", id);
		expect(setup.news()).toContain(`delivered ${id}`);
	});
});

describe("[5.0 MQTT-4.4.0-2] an acknowledgement of 0x80 or more ends an exchange", () => {
	test.each([
		[1, "puback"],
		[2, "pubrec"],
	] as const)("at QoS %d, %s", (qos, cmd) => {
		for (const code of [0x80, 0x83, 0x87, 0x90, 0x97, 0x99]) {
			const setup = connected5();
			const id = setup.client.publish("t", "x", qos);
			setup.peer.take();
			setup.acknowledge(cmd, id, code);
			// No PUBREL, no repeat.
			expect(setup.exchange()).toEqual([]);
			expect(setup.news()).toEqual([expect.stringMatching(`^dropped ${id} .*0x${code.toString(16)}`)]);
			expect(setup.client.held).toBe(0);
			setup.reconnect(true);
			expect(setup.exchange()).toEqual([]);
			expect(setup.client.statistics.dropped).toBe(1);
		}
	});
});

describe("[5.0 MQTT-3.3.4-1] a PUBLISH is answered by its QoS", () => {
	test("[5.0 MQTT-4.3.2-4] [5.0 MQTT-4.3.3-8] with nothing, PUBACK or PUBREC, when the message was taken", () => {
		const setup = connected5({ onMessage: () => setup.log.push(`${setup.peer.writes.length} writes`) });
		const { length } = setup.peer.writes;
		setup.publish("t", "a");
		expect(setup.exchange()).toEqual([]);
		setup.publish("t", "b", {}, { qos: 1, id: 7 });
		expect(setup.exchange()).toEqual(["puback 7"]);
		setup.publish("t", "c", {}, { qos: 2, id: 8 });
		expect(setup.exchange()).toEqual(["pubrec 8"]);
		expect(setup.news()).toEqual([length, length, length + 1].map((count) => `${count} writes`));
	});

	test("[5.0 MQTT-4.5.0-2] also when no subscription fits, and when it is too long to be taken", () => {
		const setup = connected5({ topicSize: 8, receiveSize: 16, onMessage: undefined });
		setup.client.subscribe("only/this", 2, () => {});
		setup.peer.take();
		for (const topic of ["other", "longer/than/topicSize"])
			for (const payload of ["", "x".repeat(100)]) {
				setup.publish(topic, payload, { userProperties: { a: "b" } }, { qos: 1, id: 7 });
				setup.publish(topic, payload, { userProperties: { a: "b".repeat(500) } }, { qos: 2, id: 8 });
				setup.acknowledge("pubrel", 8);
				expect(setup.exchange()).toEqual(["puback 7", "pubrec 8", "pubcomp 8"]);
			}
	});
});

test("[5.0 MQTT-4.3.2-5] an identifier that PUBACK has freed names a new message, whatever DUP says", () => {
	const setup = connected5();
	for (const dup of [false, true, true]) setup.publish("t", "x", {}, { qos: 1, id: 9, dup });
	expect(setup.news()).toEqual(["message t=x qos1", "message t=x qos1 dup", "message t=x qos1 dup"]);
	expect(setup.exchange()).toEqual(["puback 9", "puback 9", "puback 9"]);
});

test("[5.0 MQTT-4.3.3-10] [5.0 MQTT-4.3.3-11] [5.0 MQTT-4.3.3-12] a repeat before PUBREL is acknowledged and not taken; PUBCOMP frees the identifier", () => {
	const setup = connected5();
	setup.publish("t", "x", {}, { qos: 2, id: 9 });
	setup.publish("t", "x", {}, { qos: 2, id: 9, dup: true });
	setup.reconnect(true);
	setup.publish("t", "x", {}, { qos: 2, id: 9, dup: true });
	expect(setup.exchange()).toEqual(["pubrec 9"]);
	setup.acknowledge("pubrel", 9);
	expect(setup.exchange()).toEqual(["pubcomp 9"]);
	setup.publish("t", "y", {}, { qos: 2, id: 9, dup: true });
	expect(setup.exchange()).toEqual(["pubrec 9"]);
	const messages = setup.news().filter((line) => line.startsWith("message"));
	expect(messages).toEqual(["message t=x qos2", "message t=y qos2 dup"]);
});

test("[5.0 MQTT-4.3.3-9] no PUBREC of 0x80 or more is sent: what there is no room for is not acknowledged, and taken when it comes again", () => {
	const setup = connected5({ unreleased: 1 });
	setup.publish("t", "a", {}, { qos: 2, id: 1 });
	setup.publish("t", "b", {}, { qos: 2, id: 2 });
	expect(setup.exchange()).toEqual(["pubrec 1"]);
	setup.acknowledge("pubrel", 1);
	setup.peer.take();
	setup.clock.advance(20_000);
	setup.redial();
	setup.accept(true);
	setup.peer.take();
	setup.news();
	setup.publish("t", "b", {}, { qos: 2, id: 2, dup: true });
	expect(setup.exchange()).toEqual(["pubrec 2"]);
	expect(setup.news()).toEqual(["message t=b qos2 dup"]);
});

test("[5.0 MQTT-4.3.3-13] an exchange of a message that has expired goes on to its end", () => {
	const setup = connected5();
	setup.publish("t", "x", { messageExpiryInterval: 1 }, { qos: 2, id: 9 });
	expect(setup.exchange()).toEqual(["pubrec 9"]);
	setup.peer.fail();
	setup.clock.advance(60_000);
	setup.accept(true);
	setup.publish("t", "x", { messageExpiryInterval: 1 }, { qos: 2, id: 9, dup: true });
	setup.acknowledge("pubrel", 9);
	expect(setup.exchange()).toEqual(["pubrec 9", "pubcomp 9"]);
});

/** Messages of QoS 1 and 2, those of `released` (by number) with PUBREC. */
function held(released: readonly number[] = []): { setup: Setup5; ids: number[] } {
	const setup = connected5({ window: 8, topicAliases: 0 });
	const ids = ["a", "b", "c", "d", "e"].map((text, i) =>
		setup.client.publish("t", text, i % 2 === 0 ? 1 : 2),
	);
	for (const number of released) setup.acknowledge("pubrec", ids[number]);
	setup.peer.take();
	return { setup, ids };
}

test("[5.0 MQTT-3.3.1-1] [5.0 MQTT-4.4.0-1] [5.0 MQTT-4.6.0-1] what is open goes again with the session: in order, with DUP, under the same identifiers", () => {
	const { setup, ids } = held([3]);
	for (let i = 0; i < 2; i++) {
		setup.reconnect(true);
		const sent = setup.sent();
		expect(texts(sent)).toEqual(["a", "b", "c", "e"]);
		expect(publishes(sent).map(({ messageId }) => messageId)).toEqual([ids[0], ids[1], ids[2], ids[4]]);
		expect(publishes(sent).every(({ dup }) => dup)).toBe(true);
		expect(sent.filter(({ cmd }) => cmd === "pubrel").map(({ messageId }) => messageId)).toEqual([ids[3]]);
	}
});

test("[5.0 MQTT-4.4.0-1] and at no other time, nor after Clean Start 1", () => {
	const { setup } = held([1]);
	for (let i = 0; i < 100; i++) {
		setup.clock.advance(1000);
		if (setup.place.peers.length > 1) break;
		setup.publish("s", "sign of life");
		expect(setup.exchange().filter((line) => line !== "pingreq")).toEqual([]);
	}
	const clean = connected5({ clean: true });
	clean.client.publish("t", "x", 1);
	clean.resume(false);
	expect(publishes(clean.sent()).map(({ dup }) => dup)).toEqual([false]);
});

describe.each([
	["[5.0 MQTT-4.6.0-2] PUBACKs", "puback"],
	["[5.0 MQTT-4.6.0-3] PUBRECs", "pubrec"],
])("%s go out in the order of their PUBLISHes", (_title, cmd) => {
	/** QoS 1 and 2 in turns, identifiers in no order. */
	const ids = [7, 1, 9, 300, 65_535, 4, 2, 5];
	const messages = ids.map((id, i) => PUBLISH5("t", "x", [], { qos: 1 + (i % 2), id }));
	const wanted = ids.filter((_id, i) => i % 2 === (cmd === "puback" ? 0 : 1));
	const acknowledged = (setup: Setup5) =>
		setup
			.sent()
			.filter((packet) => packet.cmd === cmd)
			.map(({ messageId }) => messageId);

	test("when they come together", () => {
		const setup = connected5();
		setup.peer.send(...messages);
		expect(acknowledged(setup)).toEqual(wanted);
	});

	test("when the socket has no room for them at first", () => {
		const setup = connected5({ acknowledgements: 3 }, undefined, { room: 64 });
		setup.peer.take();
		setup.client.publish("t", "x".repeat(57));
		setup.peer.send(...messages);
		expect(acknowledged(setup)).toEqual(wanted);
	});

	test("when the app pauses and resumes", () => {
		const setup: Setup5 = connected5({ onMessage: () => setup.client.pause() });
		setup.peer.send(...messages);
		for (let i = 0; i < ids.length; i++) setup.client.resume();
		expect(acknowledged(setup)).toEqual(wanted);
	});
});

test("[5.0 MQTT-4.6.0-4] PUBRELs go out in the order of PUBRECs, on the next connection too", () => {
	const setup = connected5({ window: 8 });
	const ids = Array.from({ length: 5 }, () => setup.client.publish("t", "x", 2));
	setup.peer.take();
	const order = [3, 0, 4, 1, 2].map((i) => ids[i]);
	for (const id of order) setup.acknowledge("pubrec", id);
	expect(setup.exchange()).toEqual(order.map((id) => `pubrel ${id}`));
	setup.reconnect(true);
	expect(setup.exchange()).toEqual(order.map((id) => `pubrel ${id}`));
});

describe("Receive Maximum", () => {
	test("[5.0 MQTT-3.3.4-7] [5.0 MQTT-4.9.0-1] [5.0 MQTT-4.9.0-2] bounds what is open; PUBACK, PUBCOMP and a failing PUBREC make room", () => {
		const setup = connected5({ window: 10 }, { receiveMaximum: 2 });
		const ids = ["a", "b", "c", "d", "e", "f"].map((text, i) =>
			setup.client.publish("t", text, i < 2 ? 1 : 2),
		);
		const sent = () => publishes(setup.sent()).length;
		expect(sent()).toBe(2);
		setup.acknowledge("puback", ids[0]);
		expect(sent()).toBe(1);
		setup.acknowledge("puback", ids[1], 0x87);
		expect(sent()).toBe(1);
		// c and d: PUBREC below 0x80 makes no room.
		setup.acknowledge("pubrec", ids[2]);
		expect(sent()).toBe(0);
		setup.acknowledge("pubrec", ids[3], 0x97);
		expect(sent()).toBe(1);
		setup.acknowledge("pubcomp", ids[2]);
		expect(sent()).toBe(1);
	});

	test("[5.0 MQTT-4.9.0-1] is 65535 where it is not named, and counts anew on each connection", () => {
		const setup = connected5({ window: 6 });
		for (let i = 0; i < 8; i++) setup.client.publish("t", "x", 1);
		expect(publishes(setup.sent())).toHaveLength(6);
		setup.resume(true, { receiveMaximum: 1 });
		expect(publishes(setup.sent())).toHaveLength(1);
		setup.resume(true, { receiveMaximum: 4 });
		expect(publishes(setup.sent())).toHaveLength(4);
		setup.resume(true, {});
		expect(publishes(setup.sent())).toHaveLength(6);
	});

	test("[5.0 MQTT-3.3.4-8] [5.0 MQTT-4.9.0-3] holds back nothing else when it is used up", () => {
		const setup = connected5({ keepAlive: 10_000, window: 10 }, { receiveMaximum: 1 });
		const { client } = setup;
		const id = client.publish("t", "x", 1);
		client.publish("t", "waits", 1);
		expect(setup.exchange()).toEqual([`publish ${id} qos1`]);
		client.subscribe("s", 1);
		setup.send({ cmd: "suback", messageId: 3, granted: [1] });
		client.unsubscribe("s");
		setup.send({ cmd: "unsuback", messageId: 4, granted: [0] });
		setup.publish("t", "", {}, { qos: 1, id: 7 });
		setup.publish("t", "", {}, { qos: 2, id: 8 });
		setup.acknowledge("pubrel", 8);
		client.publish("t", "QoS 0 is not held back by what waits at another QoS");
		expect(setup.exchange()).toEqual([
			"subscribe 3",
			"unsubscribe 4",
			"puback 7",
			"pubrec 8",
			"pubcomp 8",
			...(setup.client.held === 2 ? ["publish"] : []),
		]);
		expect(setup.news()).toContain("subscribed s 1");
		setup.clock.advance(9000);
		setup.publish("s", "sign of life");
		setup.clock.advance(1000);
		expect(setup.exchange()).toContain("pingreq");
	});
});

test("[5.0 MQTT-3.3.4-6] no PUBLISH to the broker has a subscription identifier, also of a message that had one", () => {
	const setup = connected5();
	setup.client.subscribe("a/+", 1, (message) => {
		setup.client.publish("b", message.copy(), 1);
	});
	setup.client.publish("c", "x", 0, false, new Properties({ contentType: "c" }));
	setup.publish("a/b", "x", { subscriptionIdentifier: 5 }, { qos: 1, id: 1 });
	setup.reconnect(true);
	for (const packet of setup.connections.flatMap(publishes))
		expect(packet.properties ?? {}).not.toHaveProperty("subscriptionIdentifier");
	expect(setup.connections.flatMap(publishes).length).toBeGreaterThan(1);
});

describe("acknowledgements", () => {
	/** Every acknowledgement of a client that was asked for all of them in every state, whole. */
	function all(granted = {}): { cmd: string; bytes: Uint8Array }[] {
		const setup = connected5({ problemInformation: true, unreleased: 2 }, granted);
		const { client } = setup;
		for (const id of [1, 2]) setup.publish("t", "x".repeat(20), {}, { qos: 1, id });
		for (const id of [3, 3, 4]) setup.publish("t", "x", {}, { qos: 2, id });
		// The last one: the identifier that nobody knows.
		for (const id of [3, 4, 4]) setup.acknowledge("pubrel", id);
		const id = client.publish("t", "x", 2);
		setup.acknowledge("pubrec", id);
		setup.acknowledge("pubrec", id);
		setup.acknowledge("pubcomp", id);
		setup.acknowledge("pubrec", 777);
		setup.acknowledge("pubcomp", 777, 0x92);
		setup.acknowledge("puback", 777);
		setup.peer.take();
		const kinds: Record<number, string> = { 4: "puback", 5: "pubrec", 6: "pubrel", 7: "pubcomp" };
		return setup.peer.writes.flatMap((bytes) => {
			const found: { cmd: string; bytes: Uint8Array }[] = [];
			// Packets may share a write; all of these are short.
			for (let at = 0; at < bytes.length; at += 2 + bytes[at + 1]) {
				const cmd = kinds[bytes[at] >> 4];
				if (cmd !== undefined) found.push({ cmd, bytes: bytes.slice(at, at + 2 + bytes[at + 1]) });
			}
			return found;
		});
	}
	const codesOf = (cmd: string) =>
		new Set(
			all()
				.filter((each) => each.cmd === cmd)
				.map(({ bytes }) => bytes[4] ?? 0),
		);

	test.each([
		["[5.0 MQTT-3.4.2-1] PUBACK", "puback", [0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]],
		["[5.0 MQTT-3.5.2-1] PUBREC", "pubrec", [0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]],
		["[5.0 MQTT-3.6.2-1] PUBREL", "pubrel", [0, 0x92]],
		["[5.0 MQTT-3.7.2-1] PUBCOMP", "pubcomp", [0, 0x92]],
	])("%s has a code that is defined for it", (_title, cmd, legal) => {
		const codes = codesOf(cmd);
		expect(codes.size).toBeGreaterThan(0);
		for (const code of codes) expect(legal).toContain(code);
	});

	test("PUBREL and PUBCOMP for what nobody knows have 0x92", () => {
		expect([...codesOf("pubrel")]).toEqual([0, 0x92]);
		expect([...codesOf("pubcomp")]).toEqual([0, 0x92]);
	});

	test.each([
		["[5.0 MQTT-3.4.2-2] [5.0 MQTT-3.4.2-3] PUBACK", "puback"],
		["[5.0 MQTT-3.5.2-2] [5.0 MQTT-3.5.2-3] PUBREC", "pubrec"],
		["[5.0 MQTT-3.6.2-2] [5.0 MQTT-3.6.2-3] PUBREL", "pubrel"],
		["[5.0 MQTT-3.7.2-2] [5.0 MQTT-3.7.2-3] PUBCOMP", "pubcomp"],
	])("%s has no reason string and no user properties, so that it is never too large", (_title, cmd) => {
		for (const granted of [{}, { maximumPacketSize: 10 }]) {
			const found = all(granted).filter((each) => each.cmd === cmd);
			expect(found.length).toBeGreaterThan(0);
			// Identifier, perhaps a code, perhaps a property length of 0.
			for (const { bytes } of found) {
				expect(bytes.length).toBeLessThanOrEqual(6);
				expect(bytes[5] ?? 0).toBe(0);
			}
		}
	});
});

test("an UNSUBACK with codes that it must not have, and acknowledgements with such, close the connection", () => {
	const wrong = (bytes: Uint8Array) => {
		const setup = connected5();
		setup.client.publish("t", "", 1);
		setup.client.publish("t", "", 2);
		setup.client.unsubscribe("a");
		setup.peer.take();
		setup.peer.send(bytes);
		expect(setup.exchange()).toEqual([expect.stringMatching(/^disconnect 0x8[12]$/)]);
	};
	wrong(UNSUBACK5(3, [1]));
	wrong(packet(0x40, word(1), [0x92]));
	wrong(packet(0x50, word(2), [0x01]));
	wrong(packet(0x70, word(2), [0x80]));
});
