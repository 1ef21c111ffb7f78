// QoS 2, both ways: nothing lost, nothing twice (sections 4.3.3 and 4.4).

import { type Client, NO_ROOM, State } from "../../src/client.js";
import * as reasons from "../../src/connection/reasons.js";
import type { Message } from "../../src/session/message.js";
import { Topic } from "../../src/wire/topic.js";
import {
	DISCONNECT,
	PUBACK,
	PUBCOMP,
	PUBLISH,
	PUBREC,
	PUBREL,
	type PublishOptions,
	SUBSCRIBE,
} from "../support/packets.js";
import { connected, type Setup } from "../support/setup.js";
import { padded, storeFor } from "../support/store.js";

const first = (id: number, qos = 2) => PUBLISH("t", `${id}`, { qos, id });
const again = (id: number, qos = 2) => PUBLISH("t", `${id}`, { qos, id, dup: true });

/** Milliseconds between two looks at a link: by so much later it may be found dead. */
const LOOK = 10_000 / 8;

/** Publishes one message for each QoS; all are sent. */
function published(setup: Setup, ...levels: (1 | 2)[]): void {
	for (const qos of levels) setup.client.publish("t", `${setup.client.statistics.published + 1}`, qos);
	setup.peer.take();
}

describe("a message published at QoS 2", () => {
	test("[MQTT-4.3.3-1] takes four packets, each one write, and is delivered with the last", () => {
		const setup = connected();
		const { client, peer } = setup;
		expect(client.publish("t", "1", 2)).toBe(1);
		peer.expect(first(1));
		peer.send(PUBREC(1));
		expect(setup.news()).toEqual([]);
		peer.expect(PUBREL(1));
		peer.send(PUBCOMP(1));
		expect(setup.news()).toEqual(["delivered 1"]);
		peer.expect();
		expect(client.statistics).toMatchObject({ delivered: 1, strayAcknowledgements: 0 });
		expect(peer.writes.length).toBe(3);
	});

	test("[MQTT-2.3.1-6][MQTT-3.6.1-1] has PUBREL written as 62 02 and its identifier", () => {
		const setup = connected({ random: () => 0x1233 / 65_535 });
		const id = setup.client.publish("t", "", 2);
		setup.peer.take();
		setup.peer.send(PUBREC(id));
		expect(setup.peer.take()).toEqual(Uint8Array.of(0x62, 2, id >> 8, id & 255));
		expect(id).toBeGreaterThan(255);
	});

	test("of the same topic and length as the one before is right too, in the same place and in another", () => {
		const setup = connected();
		const { client, peer } = setup;
		for (let id = 1; id < 8; id++) {
			expect(client.publish("t", Uint8Array.of(id), 2)).toBe(id);
			peer.expect(PUBLISH("t", [id], { qos: 2, id }));
			peer.send(PUBREC(id));
			peer.expect(PUBREL(id));
			if (id === 4) continue;
			peer.send(PUBCOMP(id));
			expect(setup.news()).toEqual([`delivered ${id}`]);
		}
		peer.send(PUBCOMP(4));
		expect(setup.news()).toEqual(["delivered 4"]);
	});

	test("keeps its place in the window until PUBCOMP", () => {
		const setup = connected({ window: 1 });
		const { client, peer } = setup;
		client.publish("t", "1", 2);
		client.publish("t", "2", 2);
		client.publish("t", "3", 1);
		peer.expect(first(1));
		peer.send(PUBREC(1));
		peer.expect(PUBREL(1));
		peer.send(PUBCOMP(1));
		peer.expect(first(2));
		peer.send(PUBREC(2), PUBCOMP(2));
		peer.expect(PUBREL(2), first(3, 1));
	});

	test("keeps its room until PUBREC, and its place in the window until PUBCOMP", () => {
		const setup = connected({ storeSize: storeFor(2, "t", 20), window: 2 });
		const { client, peer } = setup;
		const text = padded("x", 20);
		expect([client.publish("t", text, 2), client.publish("t", text, 2)]).toEqual([1, 2]);
		expect(client.publish("t", text, 2)).toBe(NO_ROOM);
		peer.take();
		peer.send(PUBREC(1));
		expect(setup.news()).toEqual(["writable"]);
		expect(client.publish("t", text, 2)).toBe(3);
		expect(client.publish("t", text, 2)).toBe(NO_ROOM);
		peer.expect(PUBREL(1));
		peer.send(PUBREC(2));
		peer.expect(PUBREL(2));
		peer.send(PUBCOMP(1));
		expect(setup.news()).toEqual(["writable", "delivered 1"]);
		peer.expect(PUBLISH("t", text, { qos: 2, id: 3 }));
		expect(client.held).toBe(2);
	});

	test("is never dropped for a newer one, once it is sent", () => {
		const setup = connected({ storeSize: storeFor(2, "t", 20), whenFull: "dropOldest" });
		const text = padded("x", 20);
		for (let i = 0; i < 2; i++) setup.client.publish("t", text, 2);
		setup.peer.take();
		expect(setup.client.publish("t", text, 2)).toBe(NO_ROOM);
		setup.peer.fail();
		expect(setup.client.publish("t", text, 2)).toBe(NO_ROOM);
		setup.reconnect();
		setup.peer.send(PUBREC(1));
		expect(setup.client.publish("t", text, 2)).toBe(3);
		setup.peer.fail();
		expect(setup.client.publish("t", text, 2)).toBe(NO_ROOM);
		expect(setup.client.statistics.dropped).toBe(0);
	});

	test("[MQTT-4.3.3-1] answers each PUBREC with PUBREL, also a second one and one of a stranger", () => {
		const setup = connected();
		published(setup, 2);
		setup.peer.send(PUBREC(1), PUBREC(1), PUBREC(77));
		setup.peer.expect(PUBREL(1), PUBREL(1), PUBREL(77));
		setup.peer.send(PUBCOMP(1), PUBCOMP(1), PUBCOMP(77));
		expect(setup.news()).toEqual(["delivered 1"]);
		expect(setup.client.statistics.strayAcknowledgements).toBe(4);
	});

	test("[MQTT-4.3.3-1] is not acknowledged by PUBACK, nor by PUBCOMP before PUBREC; QoS 1 not by PUBCOMP", () => {
		const setup = connected();
		published(setup, 2, 1);
		setup.peer.send(PUBACK(1), PUBCOMP(1), PUBCOMP(2));
		expect(setup.news()).toEqual([]);
		setup.peer.send(PUBREC(1), PUBACK(1), PUBCOMP(1), PUBACK(2));
		expect(setup.news()).toEqual(["delivered 1", "delivered 2"]);
		expect(setup.client.statistics.strayAcknowledgements).toBe(4);
	});

	test("that waits has no PUBREC to answer: releasing it would lose it", () => {
		const setup = connected({ window: 1 });
		published(setup, 2, 2);
		setup.peer.send(PUBREC(2));
		setup.peer.expect();
		setup.peer.send(PUBREC(1), PUBCOMP(1));
		setup.peer.expect(PUBREL(1), first(2));
		setup.peer.send(PUBREC(2), PUBCOMP(2));
		expect(setup.news()).toEqual(["delivered 1", "delivered 2"]);
	});

	test("that is to be sent again has no PUBREC to answer before it is", () => {
		const setup = connected({ window: 2 }, { room: 1100 });
		published(setup, 2);
		setup.client.publish("t", "x".repeat(400), 2);
		setup.peer.take();
		setup.place.quirks = { room: 1100, segments: 1 };
		const peer = setup.reconnect();
		peer.send(PUBREC(2));
		expect(setup.client.statistics.strayAcknowledgements).toBe(1);
		peer.expect(again(1), PUBLISH("t", "x".repeat(400), { qos: 2, id: 2, dup: true }));
	});

	test("[MQTT-3.1.2-4][MQTT-4.4.0-1][MQTT-4.6.0-1][MQTT-4.6.0-4] goes on where it was when the broker has the session: PUBRELs in the order of PUBRECs, then the rest", () => {
		const setup = connected({ window: 6 });
		published(setup, 2, 2, 1, 2, 2);
		setup.peer.send(PUBREC(4), PUBREC(1));
		setup.peer.expect(PUBREL(4), PUBREL(1));
		const peer = setup.reconnect();
		peer.expect(PUBREL(4), PUBREL(1), again(2), again(3, 1), again(5));
		setup.news();
		peer.send(PUBCOMP(4), PUBCOMP(1), PUBREC(2), PUBACK(3), PUBREC(5), PUBCOMP(2), PUBCOMP(5));
		expect(setup.news()).toEqual([4, 1, 3, 2, 5].map((id) => `delivered ${id}`));
		peer.expect(PUBREL(2), PUBREL(5));
		expect(setup.client.statistics).toMatchObject({ resent: 3, uncertain: 0, strayAcknowledgements: 0 });
	});

	test("[MQTT-2.3.1-3][MQTT-4.1.0-1][MQTT-4.3.3-1] is PUBREL for ever after PUBREC, over any number of connections", () => {
		const setup = connected();
		published(setup, 2, 2);
		setup.peer.send(PUBREC(2));
		setup.peer.take();
		for (let i = 0; i < 3; i++) setup.reconnect().expect(PUBREL(2), again(1));
		setup.peer.send(PUBREC(1));
		setup.peer.expect(PUBREL(1));
		for (let i = 0; i < 3; i++) setup.reconnect().expect(PUBREL(2), PUBREL(1));
		setup.news();
		setup.peer.send(PUBCOMP(1));
		expect(setup.news()).toEqual(["delivered 1"]);
		setup.reconnect().expect(PUBREL(2));
		setup.news();
		setup.peer.send(PUBCOMP(2));
		expect(setup.news()).toEqual(["delivered 2"]);
		setup.reconnect().expect();
	});

	test("[MQTT-4.6.0-4] has its PUBREL sent on the next connection when there was no room for it on this one", () => {
		const setup = connected({}, { room: 1100, segments: 1 });
		published(setup, 2, 2);
		setup.client.publish("fill", "");
		setup.peer.send(PUBREC(1), PUBREC(2));
		setup.reconnect().expect(PUBREL(1), PUBREL(2));
	});

	test.each([2, 3, 4])("has PUBRELs that wait for room on the next connection: %d segments", (segments) => {
		const setup = connected({ window: 5 });
		published(setup, 2, 2, 2, 2, 2);
		setup.peer.send(PUBREC(2), PUBREC(1), PUBREC(4));
		setup.place.quirks = { segments };
		setup.reconnect().expect(PUBREL(2), PUBREL(1), PUBREL(4), again(3), again(5));
		setup.news();
		setup.peer.send(PUBCOMP(1), PUBCOMP(2), PUBREC(3), PUBREC(5), PUBCOMP(4), PUBCOMP(5), PUBCOMP(3));
		expect(setup.news()).toEqual([1, 2, 4, 5, 3].map((id) => `delivered ${id}`));
	});

	test("counts in the window of the next connection while its PUBCOMP is missing", () => {
		const setup = connected({ window: 2 });
		published(setup, 2, 2, 2, 1);
		setup.peer.send(PUBREC(1));
		setup.reconnect().expect(PUBREL(1), again(2));
		setup.peer.send(PUBCOMP(1));
		setup.peer.expect(first(3));
		setup.peer.send(PUBREC(2), PUBCOMP(2));
		setup.peer.expect(PUBREL(2), first(4, 1));
	});

	test("[MQTT-4.4.0-1] is given up after PUBREC when the session is lost, and sent anew before it", () => {
		const setup = connected({ storeSize: 5 * 16, window: 5 });
		published(setup, 2, 2, 1, 2);
		setup.peer.send(PUBREC(2));
		setup.peer.take();
		setup.reconnect(false).expect(first(1), first(3, 1), first(4));
		expect(setup.news()).toEqual([
			`disconnected ${reasons.CONNECTION_LOST}`,
			`dropped 2 ${reasons.SESSION_LOST}`,
			"connected false",
		]);
		expect(setup.client.statistics).toMatchObject({ uncertain: 2, dropped: 1, resent: 3 });
		setup.peer.send(PUBREC(1), PUBACK(3), PUBREC(4), PUBCOMP(1), PUBCOMP(4));
		expect(setup.news()).toEqual(["delivered 3", "delivered 1", "delivered 4"]);
		for (let i = 0; i < 8; i++) expect(setup.client.publish("t", "", 1)).toBe(i < 5 ? 5 + i : NO_ROOM);
	});

	describe("when the session is lost and several are given up", () => {
		function lost(onDropped: (setup: Setup, id: number) => void): Setup {
			const setup: Setup = connected({
				onDropped: (id) => {
					setup.log.push(`dropped ${id}`);
					onDropped(setup, id);
				},
			});
			published(setup, 2, 2, 2);
			setup.peer.send(PUBREC(1), PUBREC(2));
			setup.peer.fail();
			setup.redial().open();
			setup.peer.take();
			setup.news();
			return setup;
		}
		const CONNACK = Uint8Array.of(0x20, 2, 0, 0);

		test("subscribe and publish when told do not release the others", () => {
			const setup = lost(({ client }, id) => {
				client.publish("new", "", 1);
				client.subscribe(`s${id}`, 0);
			});
			setup.peer.send(CONNACK);
			expect(setup.news()).toEqual(["dropped 1", "dropped 2", "connected false"]);
			setup.peer.expect(
				first(3),
				PUBLISH("new", "", { qos: 1, id: 4 }),
				SUBSCRIBE(5, "s1", 0),
				PUBLISH("new", "", { qos: 1, id: 6 }),
				SUBSCRIBE(7, "s2", 0),
			);
			expect(setup.client.statistics.strayAcknowledgements).toBe(0);
		});

		test("an error thrown when told leaves none of them behind", () => {
			const setup = lost((_setup, id) => {
				if (id === 1) throw new Error("mine");
			});
			expect(() => setup.peer.send(CONNACK)).toThrow("mine");
			setup.clock.advance(250);
			setup.peer.expect(first(3));
			expect(setup.log.slice(0, 2)).toEqual(["dropped 1", "dropped 2"]);
		});

		test("close when told ends in peace", () => {
			const setup = lost(({ client }) => client.close());
			setup.peer.send(CONNACK);
			setup.peer.expect(first(3));
			setup.peer.send(PUBREC(3), PUBCOMP(3));
			setup.peer.expect(PUBREL(3), DISCONNECT);
			expect(setup.client.state).toBe(State.CLOSED);
			expect(setup.client.statistics).toMatchObject({ dropped: 2, delivered: 1 });
		});
	});

	test.each([
		["", () => 0],
		["an owner's, ", (client: Client) => client.owner()],
	])(
		"[MQTT-2.3.1-2] %shas its identifier until PUBCOMP: nothing else gets it, from 65535 on to 1 and past it",
		(_whose, ownerOf) => {
			const setup = connected({ random: () => 65_533 / 65_535 });
			const { client, peer } = setup;
			const topic = new Topic("t");
			const owner = ownerOf(client);
			const empty = { write: (_bytes: Uint8Array, at: number) => at };
			expect([1, 2, 3].map(() => client.publishWith(topic, 2, false, empty, owner))).toEqual([
				65_534, 65_535, 1,
			]);
			peer.send(PUBREC(65_535), PUBREC(1));
			peer.send(PUBREC(65_534), PUBCOMP(65_534));
			peer.take();
			// All the others have had their turn, which takes a while.
			Object.assign(Reflect.get(client, "writer").outbox, { lastId: 65_533 });
			expect(client.publish("t", "", 2)).toBe(65_534);
			client.subscribe("s", 0);
			peer.expect(PUBLISH("t", "", { qos: 2, id: 65_534 }), SUBSCRIBE(2, "s", 0));
			peer.send(PUBCOMP(1));
			expect(client.publish("t", "", 2)).toBe(3);
		},
	);

	test("is waited for by close, until PUBCOMP", () => {
		const setup = connected();
		published(setup, 2);
		setup.client.close();
		setup.peer.send(PUBREC(1));
		setup.peer.expect(PUBREL(1));
		expect(setup.client.state).toBe(State.CLOSING);
		setup.peer.send(PUBCOMP(1));
		setup.peer.expect(DISCONNECT);
		expect(setup.news()).toEqual(["delivered 1", `disconnected ${reasons.CLOSED_BY_APP}`]);
	});

	test("is given up by close when PUBCOMP does not come", () => {
		const setup = connected();
		published(setup, 2, 2);
		setup.peer.send(PUBREC(1));
		setup.peer.take();
		setup.client.close();
		setup.clock.advance(10_250);
		setup.peer.expect(DISCONNECT);
		expect(setup.news()).toEqual([
			`dropped 1 ${reasons.CLOSED_BY_APP}`,
			`dropped 2 ${reasons.CLOSED_BY_APP}`,
			`disconnected ${reasons.CLOSED_BY_APP}`,
		]);
	});

	test("shows a dead connection by its missing PUBCOMP, counted from PUBREC", () => {
		const setup = connected();
		published(setup, 2);
		setup.clock.advance(6000);
		setup.peer.send(PUBREC(1));
		setup.clock.advance(9500);
		expect(setup.news()).toEqual([]);
		setup.clock.advance(750);
		expect(setup.news()).toEqual([`disconnected ${reasons.NO_REPLY}`]);
		expect(setup.client.statistics.timeouts).toBe(1);
		setup.redial().accept(true);
		setup.peer.expect(PUBREL(1));
		setup.clock.advance(9500);
		expect(setup.news()).toEqual(["connected true"]);
		setup.clock.advance(500 + LOOK);
		expect(setup.news()).toEqual([`disconnected ${reasons.NO_REPLY}`]);
	});

	test("shows a dead connection by a missing answer that is not the first in line", () => {
		const setup = connected();
		published(setup, 2, 2);
		setup.clock.advance(6000);
		setup.peer.send(PUBREC(1));
		// The second PUBREC is missing, but something has moved.
		setup.clock.advance(9750);
		expect(setup.news()).toEqual([]);
		setup.clock.advance(250 + LOOK);
		expect(setup.news()).toEqual([`disconnected ${reasons.NO_REPLY}`]);
	});
});

describe("a message received at QoS 2", () => {
	const message = (id: number, options: PublishOptions = {}) =>
		PUBLISH("t", `${id}`, { qos: 2, id, ...options });

	test("[MQTT-2.3.1-6][MQTT-3.3.4-1][MQTT-4.3.3-2] is handled, then PUBREC is sent; PUBREL is answered with PUBCOMP", () => {
		const setup: Setup = connected({
			onMessage: (it) => {
				setup.log.push(`message ${it.text()} qos${it.qos}`);
				setup.client.publish("out", "");
			},
		});
		setup.peer.send(message(1));
		setup.peer.expect(PUBLISH("out", ""), PUBREC(1));
		setup.peer.send(PUBREL(1));
		setup.peer.expect(PUBCOMP(1));
		expect(setup.news()).toEqual(["message 1 qos2"]);
		expect(setup.client.statistics).toMatchObject({ received: 1, duplicates: 0, strayAcknowledgements: 0 });
	});

	test.each([true, false])("is handled once, however often it comes before PUBREL; DUP %s", (dup) => {
		const setup = connected();
		setup.peer.send(message(1), message(2), message(1, { dup }), message(1, { dup }));
		setup.peer.expect(PUBREC(1), PUBREC(2), PUBREC(1), PUBREC(1));
		expect(setup.news()).toEqual(["message t=1 qos2", "message t=2 qos2"]);
		expect(setup.client.statistics).toMatchObject({ received: 2, duplicates: 2 });
	});

	test("[MQTT-4.3.3-2] is another one after PUBREL", () => {
		const setup = connected();
		for (let i = 0; i < 3; i++) setup.peer.send(message(1), PUBREL(1));
		setup.peer.expect(...[1, 2, 3].flatMap(() => [PUBREC(1), PUBCOMP(1)]));
		expect(setup.client.statistics).toMatchObject({ received: 3, duplicates: 0 });
	});

	test("with DUP is new when its identifier is", () => {
		const setup = connected();
		setup.peer.send(message(1, { dup: true }));
		setup.peer.expect(PUBREC(1));
		expect(setup.news()).toEqual(["message t=1 qos2 dup"]);
	});

	test("has nothing to do with one of QoS 1 of the same identifier, nor with ours", () => {
		const setup = connected();
		published(setup, 2);
		setup.peer.send(message(1), PUBLISH("t", "one", { qos: 1, id: 1 }), PUBREC(1), PUBREL(1), PUBCOMP(1));
		setup.peer.expect(PUBREC(1), PUBACK(1), PUBREL(1), PUBCOMP(1));
		expect(setup.news()).toEqual(["message t=1 qos2", "message t=one qos1", "delivered 1"]);
	});

	test("[MQTT-4.3.3-2] PUBREL of what is unknown is answered with PUBCOMP, and counted", () => {
		const setup = connected();
		setup.peer.send(PUBREL(9));
		setup.peer.expect(PUBCOMP(9));
		expect(setup.client.statistics.strayAcknowledgements).toBe(1);
	});

	test("[MQTT-3.1.2-4][MQTT-4.1.0-1][MQTT-4.3.3-2] is recognised on the next connection with the session, and new without it", () => {
		const setup = connected();
		setup.peer.send(message(1), message(2));
		setup.reconnect(true);
		setup.news();
		setup.peer.send(message(1, { dup: true }), PUBREL(2), message(2));
		setup.peer.expect(PUBREC(1), PUBCOMP(2), PUBREC(2));
		expect(setup.news()).toEqual(["message t=2 qos2"]);
		setup.reconnect(false);
		setup.news();
		setup.peer.send(message(1), message(2));
		expect(setup.news()).toEqual(["message t=1 qos2", "message t=2 qos2"]);
		expect(setup.client.statistics.duplicates).toBe(1);
	});

	test("[MQTT-4.3.3-2] is recognised though its PUBREC could not be sent before the connection broke", () => {
		const setup = connected({}, { room: 1100, segments: 1 });
		setup.client.publish("fill", "");
		setup.peer.send(message(1));
		setup.reconnect(true);
		setup.news();
		setup.peer.send(message(1, { dup: true }));
		setup.peer.expect(PUBREC(1));
		expect(setup.news()).toEqual([]);
	});

	describe("[MQTT-4.8.0-2] one more than can be remembered", () => {
		const full = (options = {}) => {
			const setup = connected({ unreleased: 2, ...options });
			setup.peer.send(message(1), message(2), message(1), message(3), message(4));
			setup.peer.expect(PUBREC(1), PUBREC(2), PUBREC(1));
			expect(setup.news()).toEqual(["message t=1 qos2", "message t=2 qos2"]);
			return setup;
		};
		const ended = [`disconnected ${reasons.UNRELEASED_FULL}`];

		test("is passed over, and so is what comes behind it, until those before are released", () => {
			const setup = full();
			setup.peer.send(PUBREL(1), message(5));
			setup.peer.expect(PUBCOMP(1));
			expect(setup.news()).toEqual([]);
			setup.peer.send(PUBREL(2), message(6));
			expect(setup.peer.writes.at(-1)).toEqual(PUBCOMP(2));
			expect(setup.news()).toEqual(ended);
			setup.redial().accept(true);
			setup.peer.send(...[3, 4].map((id) => message(id, { dup: true })), PUBREL(3), PUBREL(4));
			setup.peer.send(message(5, { dup: true }));
			setup.peer.expect(PUBREC(3), PUBREC(4), PUBCOMP(3), PUBCOMP(4), PUBREC(5));
			expect(setup.client.statistics).toMatchObject({ received: 5, duplicates: 1, disconnects: 1 });
		});

		test("does not end a close before what is held is delivered", () => {
			const setup = full();
			const { client, peer } = setup;
			client.publish("t", "held", 1);
			client.close();
			peer.expect(PUBLISH("t", "held", { qos: 1, id: 1 }));
			peer.send(PUBREL(1), PUBREL(2));
			peer.expect(PUBCOMP(1), PUBCOMP(2));
			expect(setup.news()).toEqual([]);
			peer.send(PUBACK(1));
			peer.expect(DISCONNECT);
			expect(setup.news()).toEqual(["delivered 1", `disconnected ${reasons.CLOSED_BY_APP}`]);
		});

		test("is not waited for longer than replyTimeout", () => {
			const setup = full({ replyTimeout: 5000, keepAlive: 0 });
			setup.clock.advance(4500);
			expect(setup.news()).toEqual([]);
			setup.clock.advance(750);
			expect(setup.news()).toEqual(ended);
			setup.redial().accept(true);
			setup.peer.send(PUBREL(1), PUBREL(2), message(3, { dup: true }));
			setup.peer.expect(PUBCOMP(1), PUBCOMP(2), PUBREC(3));
		});

		test("finds room if those before are unknown to the broker: it does not send them again", () => {
			const setup = full({ replyTimeout: 5000, keepAlive: 0 });
			setup.reconnect(true);
			setup.peer.send(message(2, { dup: true }), message(3, { dup: true }));
			setup.peer.expect(PUBREC(2));
			setup.clock.advance(5250);
			expect(setup.news()).toContain(ended[0]);
			setup.redial().accept(true);
			setup.news();
			setup.peer.send(message(2, { dup: true }), message(3, { dup: true }), PUBREL(2), message(1));
			setup.peer.expect(PUBREC(2), PUBREC(3), PUBCOMP(2), PUBREC(1));
			expect(setup.news()).toEqual(["message t=3 qos2 dup", "message t=1 qos2"]);
		});

		test("comes soon after: the delay before the next connection begins anew", () => {
			const setup = full({ random: () => 0.999 });
			for (let round = 0; round < 6; round++) {
				setup.peer.send(PUBREL(1), PUBREL(2));
				expect(setup.news().at(-1)).toEqual(ended[0]);
				setup.clock.advance(1250);
				setup.peer.accept(true);
				setup.peer.send(message(1), message(2), message(3));
			}
		});
	});

	test("in parts is acknowledged after the last", () => {
		const setup = connected({ receiveSize: 4 });
		const bytes = PUBLISH("t", "0123456789", { qos: 2, id: 7 });
		setup.peer.send(bytes.slice(0, -1));
		setup.peer.expect();
		setup.peer.send(bytes.slice(-1));
		setup.peer.expect(PUBREC(7));
		setup.peer.send(bytes);
		setup.peer.expect(PUBREC(7));
		expect(setup.news().map((line) => line.slice(0, 14))).toEqual([
			"message t=0123",
			"message t=4567",
			"message t=89 8",
		]);
		expect(setup.client.statistics).toMatchObject({ received: 1, duplicates: 1 });
	});

	test("in parts, a byte at a time, first and again", () => {
		const setup = connected({ receiveSize: 4 });
		const bytes = PUBLISH("t", "0123456789", { qos: 2, id: 7 });
		setup.peer.sendBytewise(bytes, bytes, PUBREL(7), bytes);
		setup.peer.expect(PUBREC(7), PUBREC(7), PUBCOMP(7), PUBREC(7));
		expect(setup.client.statistics).toMatchObject({ received: 2, duplicates: 1 });
	});

	test("in parts and interrupted comes whole again", () => {
		const setup = connected({ receiveSize: 4 });
		const bytes = PUBLISH("t", "0123456789", { qos: 2, id: 7 });
		setup.peer.send(bytes.slice(0, -3));
		expect(setup.news().at(0)).toBe("message t=0123 0/10 qos2");
		setup.reconnect(true);
		setup.news();
		setup.peer.send(PUBLISH("t", "0123456789", { qos: 2, id: 7, dup: true }));
		setup.peer.expect(PUBREC(7));
		expect(setup.news()).toEqual([
			"message t=0123 0/10 qos2 dup",
			"message t=4567 4/10 qos2 dup",
			"message t=89 8/10 qos2 dup",
		]);
	});

	test("[MQTT-4.5.0-2] is acknowledged and remembered when its handler throws", () => {
		const setup: Setup = connected({
			onMessage: () => {
				throw new Error("mine");
			},
		});
		expect(() => setup.peer.send(message(1))).toThrow("mine");
		setup.peer.expect(PUBREC(1));
		setup.peer.send(message(1), PUBREL(1));
		setup.peer.expect(PUBREC(1), PUBCOMP(1));
		expect(setup.client.statistics).toMatchObject({ received: 1, duplicates: 1 });
	});

	test("is remembered when its handler ends the connection", () => {
		let calls = 0;
		const setup: Setup = connected({
			receiveSize: 4,
			onMessage: () => {
				calls++;
				setup.peer.fail();
			},
		});
		setup.peer.send(message(1));
		setup.reconnect(true);
		setup.peer.send(message(1, { dup: true }));
		setup.peer.expect(PUBREC(1));
		expect(calls).toBe(1);
	});

	test("[MQTT-4.5.0-2] whose topic name is too long is told once, and acknowledged", () => {
		const setup = connected({ topicSize: 8 });
		const long = PUBLISH("longer than 8", "x", { qos: 2, id: 1 });
		setup.peer.send(long, long, PUBREL(1));
		setup.peer.expect(PUBREC(1), PUBREC(1), PUBCOMP(1));
		expect(setup.news()).toEqual([`dropped 1 ${reasons.TOPIC_TOO_LONG}`]);
	});

	test("may be empty", () => {
		const setup = connected();
		const empty = PUBLISH("t", "", { qos: 2, id: 1 });
		setup.peer.send(empty, empty, PUBREL(1), empty);
		setup.peer.expect(PUBREC(1), PUBREC(1), PUBCOMP(1), PUBREC(1));
		expect(setup.news()).toEqual(["message t= qos2", "message t= qos2"]);
	});

	test("[MQTT-4.5.0-2] with no handler is acknowledged all the same", () => {
		const setup = connected({ onMessage: undefined });
		setup.peer.send(message(1), PUBREL(1));
		setup.peer.expect(PUBREC(1), PUBCOMP(1));
	});

	test("goes to its subscription's handler", () => {
		const setup = connected();
		const heard: string[] = [];
		const hear = (it: Message) => heard.push(it.text());
		setup.client.subscribe("t", 2, hear);
		setup.peer.expect(SUBSCRIBE(1, "t", 2));
		setup.peer.send(message(1), message(1), message(2));
		expect(heard).toEqual(["1", "2"]);
	});

	test.each([1, 2, 3, 16])(
		"has its answers in order when they wait for room: %d places",
		(acknowledgements) => {
			const setup = connected({ acknowledgements, window: 4 }, { room: 1100, segments: 1 });
			published(setup, 2, 2);
			setup.client.publish("fill", "");
			setup.peer.send(message(1), PUBREL(1), PUBREC(1), message(2), PUBREC(2), PUBREL(9), message(2));
			setup.peer.expect(
				PUBLISH("fill", ""),
				PUBREC(1),
				PUBCOMP(1),
				PUBREL(1),
				PUBREC(2),
				PUBREL(2),
				PUBCOMP(9),
				PUBREC(2),
			);
			expect(setup.client.statistics.duplicates).toBe(1);
		},
	);

	test("is finished by close in its handler, and the connection ends then", () => {
		const setup: Setup = connected({ onMessage: () => setup.client.close() });
		setup.peer.send(message(1));
		setup.peer.expect(PUBREC(1), DISCONNECT);
		expect(setup.client.state).toBe(State.CLOSED);
	});

	test.each([1, 2])(
		"close in its handler at QoS %d, and onDisconnected throws: closed once, for good",
		(qos) => {
			const setup: Setup = connected({
				onMessage: () => setup.client.close(),
				onDisconnected: (reason) => {
					setup.log.push(`disconnected ${reason}`);
					throw new Error("mine");
				},
			});
			expect(() => setup.peer.send(message(1, { qos }))).toThrow("mine");
			expect(setup.news()).toEqual([`disconnected ${reasons.CLOSED_BY_APP}`]);
			expect(setup.client.state).toBe(State.CLOSED);
		},
	);
});
