// What is lost with a connection, what is not, and when the next attempt comes (sections 4.1 and 4.4).

import { State } from "../../src/client.js";
import { RESOLVE_FAILED, SOCKET_FAILED } from "../../src/connection/dialer.js";
import * as reasons from "../../src/reasons.js";
import * as wire from "../../src/wire/reason.js";
import { CONNACK, PUBACK, PUBLISH } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";

/** Milliseconds until the next attempt, which then fails too. */
function nextAttempt(setup: Setup): number {
	const { attempts } = setup.client.statistics;
	let waited = 0;
	while (setup.client.statistics.attempts === attempts) {
		setup.clock.advance(250);
		waited += 250;
		if (waited > 10_000_000) throw new Error("no attempt");
	}
	if (!setup.place.noSockets) setup.peer.fail();
	return waited;
}

describe("the delay before the next attempt", () => {
	test("has a bound that doubles from reconnectMinimum to reconnectMaximum", () => {
		const setup = new Setup({
			random: () => 0.999999,
			reconnectMinimum: 1000,
			reconnectMaximum: 10_000,
		});
		setup.peer.fail();
		expect([1, 2, 3, 4, 5, 6].map(() => nextAttempt(setup))).toEqual([
			1000, 2000, 4000, 8000, 10_000, 10_000,
		]);
	});

	test("is random over all of it, so that boards do not come back together", () => {
		const draws = [0, 0.5, 0.25, 0];
		const setup = new Setup({ random: () => draws.shift() ?? 0, reconnectMinimum: 4000 });
		setup.peer.fail();
		expect([1, 2, 3].map(() => nextAttempt(setup))).toEqual([2000, 2000, 250]);
	});

	test("begins anew after a connection that lasted, and not after one that did not", () => {
		const setup = new Setup({ random: () => 0.999999, reconnectMinimum: 1000, replyTimeout: 10_000 });
		setup.peer.fail();
		for (let i = 0; i < 3; i++) nextAttempt(setup);
		setup.redial().accept();
		setup.clock.advance(5000);
		setup.peer.fail();
		expect(nextAttempt(setup)).toBe(16_000);
		setup.redial().accept();
		setup.clock.advance(10_000);
		setup.peer.fail();
		expect(nextAttempt(setup)).toBe(1000);
	});

	test("is the longest after a refusal by the broker", () => {
		const setup = new Setup({ random: () => 0.5, reconnectMinimum: 1000, reconnectMaximum: 20_000 });
		setup.peer.open();
		setup.peer.send(CONNACK(false, 4));
		expect(nextAttempt(setup)).toBe(20_500);
	});

	test("passes over a wrap of the clock", () => {
		const setup = new Setup({ random: () => 0.999999, reconnectMinimum: 8000 }, {}, 2 ** 31 - 3000);
		setup.peer.fail();
		expect(nextAttempt(setup)).toBe(8000);
	});
});

describe("an attempt fails", () => {
	test("when the connection is refused", () => {
		const setup = new Setup();
		setup.peer.fail();
		expect(setup.news()).toEqual([`disconnected ${reasons.CONNECT_FAILED}`]);
		expect(setup.client.state).toBe(State.WAITING);
		expect(setup.peer.socket.closed).toBe(true);
		expect(setup.client.statistics).toMatchObject({ attempts: 1, connects: 0, disconnects: 0 });
	});

	test("when no socket can be opened, and is repeated", () => {
		const setup = new Setup({ random: () => 0.5 });
		setup.peer.fail();
		setup.news();
		setup.place.noSockets = true;
		nextAttempt(setup);
		expect(setup.news()).toEqual([]);
		setup.clock.advance(1); // told soon, and never within the constructor
		expect(setup.news()).toEqual([`disconnected ${SOCKET_FAILED}`]);
		setup.place.noSockets = false;
		setup.redial().accept();
		expect(setup.client.state).toBe(State.CONNECTED);
	});

	test("when the host name is not found, and it is looked up again", () => {
		const setup = new Setup({ host: "broker.local" });
		expect(setup.place.lookups.map(({ host }) => host)).toEqual(["broker.local"]);
		setup.place.lookups[0].onError(new Error("no such host"));
		setup.clock.advance(250);
		expect(setup.news()).toEqual([`disconnected ${RESOLVE_FAILED}`]);
		setup.clock.advance(1000);
		setup.place.lookups[1].onResolved("broker.local", "10.9.8.7");
		expect(setup.peer.socket.options.address).toBe("10.9.8.7");
		setup.peer.accept();
		expect(setup.client.state).toBe(State.CONNECTED);
	});

	test("when the name takes too long; its answer then opens nothing", () => {
		const setup = new Setup({ host: "broker.local", connectTimeout: 5000, random: () => 0.9 });
		setup.clock.advance(5000);
		expect(setup.news()).toEqual([`disconnected ${reasons.CONNECT_TIMEOUT}`]);
		setup.place.lookups[0].onResolved("broker.local", "10.9.8.7");
		setup.place.lookups[0].onError(new Error("late"));
		expect(setup.place.peers.length).toBe(0);
		expect(setup.news()).toEqual([]);
	});
});

test("a lost connection is told, and the next one comes by itself", () => {
	const setup = connected();
	setup.peer.end();
	expect(setup.news()).toEqual([`disconnected ${reasons.CONNECTION_LOST}`]);
	expect(setup.client.state).toBe(State.WAITING);
	setup.redial();
	expect(setup.client.state).toBe(State.CONNECTING);
	setup.peer.accept(true);
	expect(setup.news()).toEqual(["connected true"]);
	expect(setup.client.statistics).toMatchObject({ attempts: 2, connects: 2, disconnects: 1 });
});

test("events of an old socket are ignored", () => {
	const setup = connected();
	const old = setup.peer;
	const fresh = setup.reconnect();
	setup.news();
	fresh.take();
	old.open();
	old.send(PUBLISH("t", "old"), CONNACK());
	old.fail();
	fresh.expect();
	expect(setup.news()).toEqual([]);
	expect(setup.client.state).toBe(State.CONNECTED);
	fresh.send(PUBLISH("t", "new"));
	expect(setup.news()).toEqual(["message t=new"]);
});

test("half a packet of the old connection is forgotten", () => {
	const setup = connected();
	for (const packet of [PUBLISH("topic", "payload"), PUBLISH("x".repeat(300), "p", { qos: 1, id: 1 })])
		for (let cut = 1; cut < packet.length; cut++) {
			setup.peer.send(packet.slice(0, cut));
			setup.reconnect();
			setup.news();
			setup.peer.send(PUBLISH("t", "new"));
			expect(setup.news()).toEqual(["message t=new"]);
		}
});

describe("QoS 1 over a reconnect", () => {
	test("with the session: again in order, with DUP and the same identifiers, then what never went", () => {
		const setup = connected({ window: 2 });
		for (let i = 1; i <= 3; i++) setup.client.publish("t", `${i}`, 1);
		setup.client.publish("t", "zero");
		setup.peer.take();
		const peer = setup.reconnect(true);
		peer.expect(
			PUBLISH("t", "1", { qos: 1, id: 1, dup: true }),
			PUBLISH("t", "2", { qos: 1, id: 2, dup: true }),
		);
		peer.send(PUBACK(1), PUBACK(2));
		peer.expect(PUBLISH("t", "3", { qos: 1, id: 3 }), PUBLISH("t", "zero"));
		expect(setup.client.statistics.resent).toBe(2);
	});

	test("without the session: again in order, as new messages", () => {
		const setup = connected();
		for (let i = 1; i <= 2; i++) setup.client.publish("t", `${i}`, 1);
		setup.reconnect(true).take();
		setup.reconnect(false).expect(PUBLISH("t", "1", { qos: 1, id: 1 }), PUBLISH("t", "2", { qos: 1, id: 2 }));
	});

	test("what was acknowledged does not go again", () => {
		const setup = connected();
		for (let i = 1; i <= 3; i++) setup.client.publish("t", `${i}`, 1);
		setup.peer.send(PUBACK(2));
		setup
			.reconnect(true)
			.expect(
				PUBLISH("t", "1", { qos: 1, id: 1, dup: true }),
				PUBLISH("t", "3", { qos: 1, id: 3, dup: true }),
			);
	});

	test("an acknowledgement before it went again is a stray one", () => {
		const setup = connected({ window: 1 });
		for (let i = 1; i <= 2; i++) setup.client.publish("t", `${i}`, 1);
		setup.reconnect(true);
		setup.peer.send(PUBACK(2));
		expect(setup.client.statistics).toMatchObject({ delivered: 0, strayAcknowledgements: 1 });
		setup.peer.send(PUBACK(1), PUBACK(2));
		expect(setup.client.statistics).toMatchObject({ delivered: 2, strayAcknowledgements: 1 });
	});

	test.each([512, 3000])("keeps retain and a payload of several pieces of %d bytes at most", (packetSize) => {
		const setup = connected({ packetSize }, { room: 700 });
		const payload = "0123456789".repeat(200);
		setup.client.publish("t", payload, 1, true);
		setup.peer.take();
		setup.reconnect(true).expect(PUBLISH("t", payload, { qos: 1, id: 1, retain: true, dup: true }));
	});

	test("an identifier that is still held is not given again", () => {
		const setup = connected({ random: () => 65_533 / 65_535 });
		const { client } = setup;
		expect([1, 2, 3].map(() => client.publish("t", "", 1))).toEqual([65_534, 65_535, 1]);
		// 1 stays held while all other identifiers pass by.
		setup.peer.send(PUBACK(65_534), PUBACK(65_535));
		for (let id = 2; id <= 65_535; id++) {
			expect(client.publish("t", "", 1)).toBe(id);
			setup.peer.take();
			setup.peer.send(PUBACK(id));
		}
		expect(client.publish("t", "", 1)).toBe(2);
	});

	test("goes on through many reconnects, whatever breaks them", () => {
		const setup = connected();
		setup.client.publish("t", "held", 1);
		setup.peer.send(Uint8Array.of(0));
		for (let i = 0; i < 5; i++) {
			setup.redial().open();
			setup.peer.send(CONNACK(true, 0), Uint8Array.of(0, 0));
			expect(setup.news().pop()).toBe(`disconnected ${wire.PACKET_TYPE}`);
		}
		setup.reconnect(true).expect(PUBLISH("t", "held", { qos: 1, id: 1, dup: true }));
		setup.peer.send(PUBACK(1));
		expect(setup.client.statistics).toMatchObject({ delivered: 1, dropped: 0 });
	});
});
