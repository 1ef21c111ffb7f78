// What happens to messages while there is no connection.

import { NO_ROOM } from "../../src/client.js";
import * as reasons from "../../src/reasons.js";
import { Topic } from "../../src/wire/topic.js";
import { PUBACK, PUBCOMP, PUBLISH, PUBREC } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";
import { padded, storeFor } from "../support/store.js";

// Messages of 20 bytes, or this many of them, fill the store.
const [a, b, c, d, e, f] = ["a", "b", "c", "d", "e", "f"].map((text) => padded(text, 20));
const roomFor = (count: number) => storeFor(count, "t", 20);

test("what is published before the first connection goes when it is there, in order", () => {
	const setup = new Setup();
	expect(setup.client.publish("t", "zero")).toBe(0);
	expect(setup.client.publish("t", "one", 1)).toBe(1);
	expect(setup.client.publish("t", "", 0, true)).toBe(0);
	setup.peer.open();
	setup.client.publish("t", "before CONNACK");
	setup.peer.accept();
	setup.peer.expect(
		PUBLISH("t", "zero"),
		PUBLISH("t", "one", { qos: 1, id: 1 }),
		PUBLISH("t", "", { retain: true }),
		PUBLISH("t", "before CONNACK"),
	);
});

test("`held` is what was accepted and is not delivered yet, at any QoS, over a reconnect too", () => {
	const setup = new Setup({ window: 1 });
	const { client } = setup;
	const owner = client.owner(64);
	expect(client.held).toBe(0);
	client.publish("t", "a", 1);
	client.publish("t", "b", 2);
	client.publish("t", "c", 0);
	expect(client.held).toBe(3);
	// What is being written is not accepted yet; an owner's counts as any other, also when it takes the last one's place.
	const writer = {
		write(_bytes: Uint8Array, at: number) {
			expect(client.held).toBe(3);
			return at;
		},
	};
	client.publishWith(new Topic("r"), 1, false, writer, owner);
	expect(client.held).toBe(4);
	client.publishWith(new Topic("r"), 1, false, { write: (_bytes, at) => at }, owner);
	expect(client.held).toBe(4);
	setup.peer.accept();
	expect(client.held).toBe(4);
	// The one at QoS 0 has to wait for its turn only.
	setup.peer.send(PUBACK(1));
	expect(client.held).toBe(2);
	setup.peer.send(PUBREC(2));
	expect(client.held).toBe(2);
	setup.peer.fail();
	expect(client.held).toBe(2);
	const peer = setup.reconnect(true);
	peer.send(PUBCOMP(2));
	expect(client.held).toBe(1);
	peer.send(PUBACK(4));
	expect(client.held).toBe(0);
	expect(client.statistics).toMatchObject({ published: 5, delivered: 3, dropped: 1 });
	// Given up is held no more.
	peer.fail();
	client.publish("t", "d", 1);
	expect(client.held).toBe(1);
	client.close();
	expect(client.held).toBe(0);
});

describe('whenFull "refuse"', () => {
	test("keeps the oldest", () => {
		const setup = new Setup({ storeSize: roomFor(2) });
		expect([a, b, c].map((text) => setup.client.publish("t", text))).toEqual([0, 0, NO_ROOM]);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", a), PUBLISH("t", b));
		expect(setup.news()).toEqual(["connected false", "writable"]);
		expect(setup.client.statistics).toMatchObject({ published: 2, refused: 1, dropped: 0 });
	});
});

describe('whenFull "dropOldest"', () => {
	test("keeps the newest, and tells what was given up", () => {
		const setup = new Setup({ storeSize: roomFor(2), whenFull: "dropOldest" });
		setup.client.publish("t", a, 1);
		setup.client.publish("t", b);
		setup.client.publish("t", c, 1);
		setup.client.publish("t", d);
		expect(setup.news()).toEqual([`dropped 1 ${reasons.REPLACED}`, `dropped 0 ${reasons.REPLACED}`]);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", c, { qos: 1, id: 2 }), PUBLISH("t", d));
		expect(setup.client.statistics).toMatchObject({ published: 4, refused: 0, dropped: 2 });
	});

	test("gives up as many as a longer one needs, oldest first, and no more; none when that is not enough", () => {
		const setup = new Setup({ storeSize: roomFor(4), whenFull: "dropOldest", window: 1 });
		for (const text of [a, b, c, d]) setup.client.publish("t", text, 1);
		const long = padded("long", 20 + 20);
		setup.client.publish("t", long, 1);
		expect(setup.news()).toEqual([`dropped 1 ${reasons.REPLACED}`, `dropped 2 ${reasons.REPLACED}`]);
		setup.peer.accept();
		setup.news();
		setup.peer.expect(PUBLISH("t", c, { qos: 1, id: 3 }));
		expect(setup.client.publish("t", padded("longer", 100), 1)).toBe(NO_ROOM);
		expect(setup.news()).toEqual([]);
		expect(setup.client.held).toBe(3);
	});

	test("never drops what was sent and may have arrived; if all was, it refuses", () => {
		const setup = connected({ storeSize: roomFor(3), window: 2, whenFull: "dropOldest" });
		for (const text of [a, b, c]) setup.client.publish("t", text, 1);
		setup.peer.fail();
		setup.news();
		setup.client.publish("t", d, 1);
		expect(setup.news()).toEqual([`dropped 3 ${reasons.REPLACED}`]);
		setup
			.reconnect(true)
			.expect(PUBLISH("t", a, { qos: 1, id: 1, dup: true }), PUBLISH("t", b, { qos: 1, id: 2, dup: true }));
		setup.peer.send(PUBACK(1));
		setup.client.publish("t", e, 1);
		setup.peer.send(PUBACK(2));
		setup.client.publish("t", f, 1);
		setup.peer.expect(PUBLISH("t", d, { qos: 1, id: 4 }), PUBLISH("t", e, { qos: 1, id: 5 }));
		expect(setup.client.statistics).toMatchObject({ dropped: 1, refused: 0 });
	});

	test("while connected, drops what waits for the window", () => {
		const setup = connected({ storeSize: roomFor(2), window: 1, whenFull: "dropOldest" });
		for (const text of [a, b, c]) setup.client.publish("t", text, 1);
		expect(setup.news()).toEqual([`dropped 2 ${reasons.REPLACED}`]);
		setup.peer.expect(PUBLISH("t", a, { qos: 1, id: 1 }));
		setup.peer.send(PUBACK(1));
		setup.peer.expect(PUBLISH("t", c, { qos: 1, id: 3 }));
	});

	test("refuses when all is in flight", () => {
		const setup = connected({ storeSize: roomFor(2), window: 2, whenFull: "dropOldest" });
		setup.client.publish("t", a, 1);
		setup.client.publish("t", b, 1);
		expect(setup.client.publish("t", c, 1)).toBe(NO_ROOM);
		expect(setup.client.statistics).toMatchObject({ dropped: 0, refused: 1 });
	});

	test.each([512, 3000])("never drops what is half sent, in pieces of %d at most", (packetSize) => {
		const setup = connected({ storeSize: 2012, packetSize, whenFull: "dropOldest" }, { room: 600 });
		const large = "x".repeat(2000);
		setup.client.publish("t", large);
		expect(setup.client.publish("t", "next")).toBe(NO_ROOM);
		setup.peer.expect(PUBLISH("t", large));
	});

	test("lets onDropped publish", () => {
		const setup: Setup = new Setup({
			storeSize: roomFor(2),
			whenFull: "dropOldest",
			onDropped: (id) => {
				setup.log.push(`dropped ${id}`);
				if (id < 3) setup.log.push(`inner ${setup.client.publish("t", padded("inner", 20), 1)}`);
			},
		});
		setup.client.publish("t", a, 1);
		setup.client.publish("t", b, 1);
		expect(setup.client.publish("t", c, 1)).toBe(3);
		// Each that gave way is told once, and each is accepted in its turn: the last ones are held.
		expect(setup.news()).toEqual(["dropped 1", "dropped 2", "dropped 3", "inner 5", "inner 4"]);
		setup.peer.accept();
		setup.peer.expect(
			PUBLISH("t", padded("inner", 20), { qos: 1, id: 4 }),
			PUBLISH("t", padded("inner", 20), { qos: 1, id: 5 }),
		);
		expect(setup.client.statistics).toMatchObject({ published: 5, dropped: 3, refused: 0 });
	});
});
