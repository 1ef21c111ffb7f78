// What happens to messages while there is no connection.

import { NO_ROOM } from "../../src/client.js";
import * as reasons from "../../src/reasons.js";
import { Topic } from "../../src/wire/topic.js";
import { PUBACK, PUBCOMP, PUBLISH, PUBREC } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";

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
	expect(client.held).toBe(0);
	client.publish("t", "a", 1);
	client.publish("t", "b", 2);
	client.publish("t", "c", 0);
	expect(client.held).toBe(3);
	// What an owner replaces counts once.
	const owner = client.owner();
	for (let i = 0; i < 2; i++)
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
		const setup = new Setup({ storeSize: 32 });
		expect(["a", "b", "c"].map((text) => setup.client.publish("t", text))).toEqual([0, 0, NO_ROOM]);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", "a"), PUBLISH("t", "b"));
		expect(setup.news()).toEqual(["connected false", "writable"]);
		expect(setup.client.statistics).toMatchObject({ published: 2, refused: 1, dropped: 0 });
	});
});

describe('whenFull "dropOldest"', () => {
	test("keeps the newest, and tells what was given up", () => {
		const setup = new Setup({ storeSize: 32, whenFull: "dropOldest" });
		setup.client.publish("t", "a", 1);
		setup.client.publish("t", "b");
		setup.client.publish("t", "c", 1);
		setup.client.publish("t", "d");
		expect(setup.news()).toEqual([`dropped 1 ${reasons.REPLACED}`, `dropped 0 ${reasons.REPLACED}`]);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", "c", { qos: 1, id: 2 }), PUBLISH("t", "d"));
		expect(setup.client.statistics).toMatchObject({ published: 4, refused: 0, dropped: 2 });
	});

	test("never drops what was sent and may have arrived; if all was, it refuses", () => {
		const setup = connected({ storeSize: 48, window: 2, whenFull: "dropOldest" });
		for (const text of ["a", "b", "c"]) setup.client.publish("t", text, 1);
		setup.peer.fail();
		setup.news();
		setup.client.publish("t", "d", 1);
		expect(setup.news()).toEqual([`dropped 3 ${reasons.REPLACED}`]);
		setup
			.reconnect(true)
			.expect(
				PUBLISH("t", "a", { qos: 1, id: 1, dup: true }),
				PUBLISH("t", "b", { qos: 1, id: 2, dup: true }),
			);
		setup.peer.send(PUBACK(1));
		setup.client.publish("t", "e", 1);
		setup.peer.send(PUBACK(2));
		setup.client.publish("t", "f", 1);
		setup.peer.expect(PUBLISH("t", "d", { qos: 1, id: 4 }), PUBLISH("t", "e", { qos: 1, id: 5 }));
		expect(setup.client.statistics).toMatchObject({ dropped: 1, refused: 0 });
	});

	test("while connected, drops what waits for the window", () => {
		const setup = connected({ storeSize: 32, window: 1, whenFull: "dropOldest" });
		for (const text of ["a", "b", "c"]) setup.client.publish("t", text, 1);
		expect(setup.news()).toEqual([`dropped 2 ${reasons.REPLACED}`]);
		setup.peer.expect(PUBLISH("t", "a", { qos: 1, id: 1 }));
		setup.peer.send(PUBACK(1));
		setup.peer.expect(PUBLISH("t", "c", { qos: 1, id: 3 }));
	});

	test("refuses when all is in flight", () => {
		const setup = connected({ storeSize: 32, window: 2, whenFull: "dropOldest" });
		setup.client.publish("t", "a", 1);
		setup.client.publish("t", "b", 1);
		expect(setup.client.publish("t", "c", 1)).toBe(NO_ROOM);
		expect(setup.client.statistics).toMatchObject({ dropped: 0, refused: 1 });
	});

	test("never drops what is half sent", () => {
		const setup = connected({ storeSize: 16, packetSize: 3000, whenFull: "dropOldest" }, { room: 600 });
		const large = "x".repeat(2000);
		setup.client.publish("t", large);
		expect(setup.client.publish("t", "next")).toBe(NO_ROOM);
		setup.peer.expect(PUBLISH("t", large));
	});

	test("lets onDropped publish", () => {
		const setup: Setup = new Setup({
			storeSize: 16,
			whenFull: "dropOldest",
			onDropped: () => setup.log.push(`inner ${setup.client.publish("t", "inner")}`),
		});
		setup.client.publish("t", "first");
		expect(setup.client.publish("t", "second")).toBe(NO_ROOM);
		expect(setup.news()).toEqual(["inner 0"]);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", "inner"));
	});
});
