// PUBLISH as the client sends it, and what acknowledges it (sections 3.3 and 3.4).

import { NO_ROOM, NOT_OPEN } from "../../src/client.js";
import { Topic } from "../../src/wire/topic.js";
import { bytesOf, PINGREQ, PUBACK, PUBLISH, SUBSCRIBE } from "../support/packets.js";
import { connected } from "../support/setup.js";
import { padded, storeFor } from "../support/store.js";

describe("PUBLISH", () => {
	test("[MQTT-2.3.1-5][MQTT-4.3.1-1] at QoS 0 is one write, and accepted with 0", () => {
		const { client, peer } = connected();
		expect(client.publish(new Topic("a/b"), "hello")).toBe(0);
		expect(peer.writes.slice(1)).toEqual([PUBLISH("a/b", "hello")]);
	});

	test("[MQTT-4.3.2-1] at QoS 1 is one write, has an identifier, and is delivered when PUBACK comes", () => {
		const setup = connected();
		const { client, peer } = setup;
		expect(client.publish("a/b", "hello", 1)).toBe(1);
		expect(client.publish("a/b", "hello", 1)).toBe(2);
		expect(peer.writes.slice(1)).toEqual([
			PUBLISH("a/b", "hello", { qos: 1, id: 1 }),
			PUBLISH("a/b", "hello", { qos: 1, id: 2 }),
		]);
		expect(setup.news()).toEqual([]);
		peer.send(PUBACK(1));
		expect(setup.news()).toEqual(["delivered 1"]);
		peer.send(PUBACK(2));
		expect(setup.news()).toEqual(["delivered 2"]);
		expect(client.statistics).toMatchObject({ published: 2, delivered: 2, strayAcknowledgements: 0 });
	});

	test.each([0, 1] as const)("may be empty, at QoS %d, which must not wedge what follows", (qos) => {
		const { client, peer } = connected();
		const id = client.publish("a", "", qos);
		client.publish("b", "x");
		peer.expect(PUBLISH("a", "", { qos, id }), PUBLISH("b", "x"));
	});

	test.each([0, 1] as const)("carries the retain flag at QoS %d", (qos) => {
		const { client, peer } = connected();
		client.publish("a", "x", qos, true);
		peer.expect(PUBLISH("a", "x", { qos, id: qos, retain: true }));
	});

	test.each([
		["text beyond ASCII", "21 °C, 湿度, 🌡", "21 °C, 湿度, 🌡"],
		["a Uint8Array", Uint8Array.of(0, 1, 255), [0, 1, 255]],
		["an ArrayBuffer", Uint8Array.of(0, 1, 255).buffer, [0, 1, 255]],
		["a view into a larger buffer", new Uint8Array(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2), [2, 3]],
		["bytes of other numbers", new Uint16Array(Uint8Array.of(1, 2, 3, 4).buffer) as never, [1, 2, 3, 4]],
		["a DataView", new DataView(Uint8Array.of(1, 2, 3).buffer, 1) as never, [2, 3]],
	])("takes %s", (_what, payload, bytes) => {
		const { client, peer } = connected();
		client.publish("t", payload);
		peer.expect(PUBLISH("t", bytes));
	});

	test("takes its payload at the call: the app may use its buffer again at once", () => {
		const { client, peer } = connected();
		const payload = Uint8Array.of(1, 2, 3);
		client.publish("t", payload, 1);
		payload.fill(9);
		peer.expect(PUBLISH("t", [1, 2, 3], { qos: 1, id: 1 }));
	});

	test.each([125, 126, 127, 128, 129, 16_381, 16_382, 16_383, 16_384, 16_385])(
		"has a right remaining length around %d bytes",
		(size) => {
			const { client, peer } = connected({ packetSize: 20_000, storeSize: 32_000 }, { room: 32_000 });
			const payload = new Uint8Array(size).fill(7);
			for (const length of [size - 5, size - 3, size]) {
				client.publish("t", payload.subarray(0, length), 1);
				peer.expect(PUBLISH("t", payload.subarray(0, length), { qos: 1, id: client.statistics.published }));
				peer.send(PUBACK(client.statistics.published));
			}
		},
	);

	test("goes in one write up to packetSize, to the last byte; what is longer goes in pieces of it", () => {
		for (const qos of [0, 1] as const) {
			const { client, peer } = connected({ packetSize: 127 });
			let seen = 0;
			const sizes = () => {
				const news = peer.writes.slice(seen);
				seen += news.length;
				return news.map((write) => write.length);
			};
			sizes();
			for (const [length, writes] of [
				[127, [127]],
				[128, [127, 1]],
				[254, [127, 127]],
				[255, [127, 127, 1]],
			] as const)
				for (const bytes of [false, true]) {
					// Above 127 bytes behind it the fixed header takes one more.
					const text = "x".repeat(length - (length > 129 ? 3 : 2) - 3 - 2 * qos);
					const id = client.publish("t", bytes ? bytesOf(text) : text, qos);
					expect(sizes()).toEqual(writes);
					peer.expect(PUBLISH("t", text, { qos, id }));
					if (qos === 1) peer.send(PUBACK(id));
				}
		}
	});

	test("fills the store to the last byte; what can never fit throws", () => {
		for (const packetSize of [32, 512]) {
			const { client, peer } = connected({ packetSize, storeSize: 128 });
			client.publish("t", "x".repeat(117));
			peer.expect(PUBLISH("t", "x".repeat(117)));
			expect(() => client.publish("t", "x".repeat(118))).toThrow(
				/118 bytes does not fit: to the topic "t" it takes 132 bytes.*room for 128; raise storeSize/,
			);
			expect(() => client.publish("t", new Uint8Array(118))).toThrow(/118 bytes does not fit/);
			expect(() => client.publish("t", "x".repeat(116), 1)).toThrow(
				/116 bytes does not fit.*takes 132 bytes/,
			);
			expect(() => client.publish("t".repeat(200), "")).toThrow(/does not fit.*storeSize/);
			client.publish("t", "x".repeat(115), 1);
			peer.expect(PUBLISH("t", "x".repeat(115), { qos: 1, id: 1 }));
			expect(client.statistics).toMatchObject({ published: 2, refused: 0 });
		}
	});

	test("may have a topic longer than packetSize, and any payload behind it", () => {
		const { client, peer } = connected({ packetSize: 16 });
		const topic = "topic/".repeat(5);
		for (const payload of ["", "x", new Uint8Array(0), "y".repeat(100)]) {
			client.publish(topic, payload);
			peer.expect(PUBLISH(topic, payload));
		}
	});

	test("longer than packetSize, a lone surrogate counts as what takes its place, U+FFFD", () => {
		const { client, peer } = connected({ packetSize: 32 });
		const text = "0123456789".repeat(4);
		client.publish("t", `\ud800${text}\udc00`, 1);
		client.publish("u", text, 1);
		peer.expect(
			PUBLISH("t", `\ufffd${text}\ufffd`, { qos: 1, id: 1 }),
			PUBLISH("u", text, { qos: 1, id: 2 }),
		);
	});

	test("alternates topics, short and long payloads in the same place", () => {
		const { client, peer } = connected({ storeSize: storeFor(1, "a/b/c", 199) });
		const topics = [new Topic("a/b/c"), new Topic("x"), new Topic("a/b/c")];
		for (let i = 0; i < 12; i++) {
			const topic = topics[i % 3];
			const payload = "p".repeat((i * 37) % 200);
			const qos = i % 2 === 0 ? 1 : 0;
			const id = client.publish(topic, payload, qos);
			peer.expect(PUBLISH(topic.name, payload, { qos, id }));
			if (id > 0) peer.send(PUBACK(id));
		}
	});

	test("[MQTT-3.3.2-1] takes topics as text, remembered or not", () => {
		const { client, peer } = connected();
		const names = ["a", "b", "c", "d", "e", "a", "a", "é"];
		for (const name of names) client.publish(name, "1");
		peer.expect(...names.map((name) => PUBLISH(name, "1")));
	});

	test("[MQTT-2.3.1-1] an identifier goes from 65535 to 1, and is never 0", () => {
		const { client, peer } = connected({ random: () => 65_533 / 65_535 });
		for (const id of [65_534, 65_535, 1, 2]) {
			expect(client.publish("t", "", 1)).toBe(id);
			peer.expect(PUBLISH("t", "", { qos: 1, id }));
			peer.send(PUBACK(id));
		}
	});

	test("waits while the window is full, then goes in order", () => {
		const setup = connected({ window: 2 });
		const { client, peer } = setup;
		for (let i = 0; i < 4; i++) client.publish("t", `${i}`, 1);
		client.publish("t", "zero");
		peer.expect(PUBLISH("t", "0", { qos: 1, id: 1 }), PUBLISH("t", "1", { qos: 1, id: 2 }));
		peer.send(PUBACK(1));
		peer.expect(PUBLISH("t", "2", { qos: 1, id: 3 }));
		peer.send(PUBACK(2), PUBACK(3));
		peer.expect(PUBLISH("t", "3", { qos: 1, id: 4 }), PUBLISH("t", "zero"));
	});

	test("[MQTT-4.3.2-1] takes acknowledgements out of order", () => {
		const setup = connected({ window: 3 });
		const { client, peer } = setup;
		for (let i = 0; i < 3; i++) client.publish("t", `${i}`, 1);
		peer.send(PUBACK(2), PUBACK(3), PUBACK(1));
		expect(setup.news()).toEqual(["delivered 2", "delivered 3", "delivered 1"]);
		expect(client.publish("t", "", 1)).toBe(4);
	});

	test("a PUBACK that nobody waits for is counted, and no reason to close", () => {
		const setup = connected();
		const { client, peer } = setup;
		client.publish("t", "", 1);
		peer.send(PUBACK(7), PUBACK(1), PUBACK(1));
		expect(setup.news()).toEqual(["delivered 1"]);
		expect(client.statistics.strayAcknowledgements).toBe(2);
		expect(peer.socket.closed).toBe(false);
	});
});

describe("when the store is full", () => {
	test("publish is refused and counted, and announced when there is room", () => {
		const setup = connected({ storeSize: storeFor(2, "t", 21), window: 2 });
		const { client, peer } = setup;
		const text = (name: string) => padded(name, 21);
		client.publish("t", text("a"), 1);
		client.publish("t", text("b"), 1);
		expect(client.publish("t", text("c"), 1)).toBe(NO_ROOM);
		// Nothing overtakes: at QoS 0 it goes at once, as nothing waits.
		expect(client.publish("t", "d", 0)).toBe(0);
		expect(client.statistics).toMatchObject({ published: 3, refused: 1 });
		peer.send(PUBACK(1));
		expect(setup.news()).toEqual(["delivered 1", "writable"]);
		expect(client.publish("t", text("c"), 1)).toBe(3);
		peer.send(PUBACK(2));
		expect(setup.news()).toEqual(["delivered 2"]);
		peer.expect(
			PUBLISH("t", text("a"), { qos: 1, id: 1 }),
			PUBLISH("t", text("b"), { qos: 1, id: 2 }),
			PUBLISH("t", "d"),
			PUBLISH("t", text("c"), { qos: 1, id: 3 }),
		);
	});

	test("a shorter message may still find room, and identifiers go on without a gap", () => {
		const setup = connected({ storeSize: 64, window: 8 });
		const { client } = setup;
		expect(client.publish("t", "x".repeat(37), 1)).toBe(1); // 52 bytes
		expect(client.publish("t", "xx", 1)).toBe(NO_ROOM);
		expect(client.publish("t", "", 0)).toBe(0);
		setup.peer.send(PUBACK(1));
		expect(client.publish("t", "xx", 1)).toBe(2);
	});

	test("room is announced also when QoS 0 messages made it", () => {
		const setup = connected({ storeSize: storeFor(2, "t", 21, 0) }, { room: 64 });
		const { client, peer } = setup;
		client.publish("t", "fills the socket".padEnd(45));
		expect(client.publish("t", "waits".padEnd(21))).toBe(0);
		expect(client.publish("t", "waits too".padEnd(21))).toBe(0);
		expect(client.publish("t", "refused")).toBe(NO_ROOM);
		peer.take();
		expect(setup.news()).toEqual(["writable"]);
		expect(client.publish("t", "accepted")).toBe(0);
	});
});

describe("a socket without room", () => {
	test("keeps QoS 0 and 1 in order until there is room", () => {
		const { client, peer } = connected({}, { room: 16 });
		const messages = ["0123456789", "second", "third", "fourth"];
		for (const [i, text] of messages.entries()) client.publish("t", text, (i % 2) as 0 | 1);
		expect(peer.writes.length).toBe(2);
		peer.expect(
			PUBLISH("t", messages[0]),
			PUBLISH("t", messages[1], { qos: 1, id: 1 }),
			PUBLISH("t", messages[2]),
			PUBLISH("t", messages[3], { qos: 1, id: 2 }),
		);
	});

	test("whose segment queue is full is tried again", () => {
		const { client, peer, clock } = connected({}, { segments: 2 });
		for (const text of ["a", "b", "c", "d", "e"]) client.publish("t", text);
		peer.expect(...["a", "b", "c", "d", "e"].map((text) => PUBLISH("t", text)));
		clock.advance(250);
		peer.expect();
	});

	test("sends in pieces what is larger than its room, and nothing in between", () => {
		const setup = connected({ packetSize: 4000, storeSize: 4000, keepAlive: 2000 }, { room: 1024 });
		const { client, peer, clock } = setup;
		const large = "0123456789".repeat(300);
		client.publish("big", large, 1);
		// All of this has to wait for the rest of the large packet.
		client.subscribe("s", 0);
		peer.send(PUBLISH("in", "x", { qos: 1, id: 9 }));
		client.publish("small", "x");
		clock.advance(3000);
		expect(peer.writes.length).toBe(2); // CONNECT, and a piece that takes all the room
		peer.expect(
			PUBLISH("big", large, { qos: 1, id: 1 }),
			PUBACK(9),
			PINGREQ,
			SUBSCRIBE(2, "s", 0),
			PUBLISH("small", "x"),
		);
	});

	test("gives way to control packets between two packets in pieces", () => {
		const { client, peer } = connected({ packetSize: 2000, storeSize: 6000 }, { room: 1024 });
		const large = "x".repeat(1500);
		for (let i = 0; i < 3; i++) client.publish("t", large);
		peer.send(PUBLISH("in", "x", { qos: 1, id: 9 }));
		peer.expect(PUBLISH("t", large), PUBACK(9), PUBLISH("t", large), PUBLISH("t", large));
	});

	test.each([1019, 1020, 1021, 1530, 1531, 1532, 1533])(
		"sends %d bytes in pieces of the right sizes",
		(size) => {
			const { client, peer } = connected({ packetSize: 4000, storeSize: 6000 }, { room: 600 });
			const payload = "x".repeat(size);
			client.publish("t", payload);
			client.publish("t", "next", 1);
			client.publish("t", payload, 1);
			peer.expect(
				PUBLISH("t", payload),
				PUBLISH("t", "next", { qos: 1, id: 1 }),
				PUBLISH("t", payload, { qos: 1, id: 2 }),
			);
		},
	);

	test("a packet half sent when the connection breaks goes again whole", () => {
		const setup = connected({ packetSize: 4000, storeSize: 6000 }, { room: 600 });
		const large = "x".repeat(3000);
		setup.client.publish("t", large, 1);
		setup.client.publish("t", "after", 1);
		expect(setup.peer.writes.length).toBe(2);
		const peer = setup.reconnect(true);
		peer.expect(PUBLISH("t", large, { qos: 1, id: 1, dup: true }), PUBLISH("t", "after", { qos: 1, id: 2 }));
	});
});

describe("a TCP write that fails inside publish", () => {
	test("is no exception; the message is held, and goes on the next connection", () => {
		const setup = connected();
		setup.peer.failSilently();
		expect(setup.client.publish("t", "zero")).toBe(0);
		expect(setup.client.publish("t", "one", 1)).toBe(1);
		setup.clock.advance(250);
		expect(setup.client.statistics.disconnects).toBe(1);
		setup.redial().accept(true);
		setup.peer.expect(PUBLISH("t", "zero"), PUBLISH("t", "one", { qos: 1, id: 1 }));
	});
});

describe("after close", () => {
	test("publish is refused", () => {
		const { client } = connected();
		client.close();
		expect(client.publish("t", "x")).toBe(NOT_OPEN);
		expect(client.publish("t", "x", 1)).toBe(NOT_OPEN);
		expect(client.statistics.refused).toBe(2);
	});
});
