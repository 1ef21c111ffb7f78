// Message expiry of what is published (section 3.3.2.3.3): counted down in seconds, never too early.

import type { ClientOptions } from "../../../src/connection/options.js";
import { MESSAGE_EXPIRED, Properties } from "../../../src/v5.js";
import { CONNACK, PUBACK, PUBLISH, PUBREC, PUBREL } from "../../support/packets.js";
import { four, PUBLISH5 } from "../../support/packets5.js";
import { Setup } from "../../support/setup.js";
import { connected5, Setup5 } from "../../support/setup5.js";

const expiring = (messageExpiry: number) => new Properties({ messageExpiry });
const TEN = expiring(10);

const message = (left: number, qos = 0, id = 0, dup = false) =>
	PUBLISH5("t", "x", [four(2, left)], { qos, id, dup });

/** Without a connection: none is made by itself for a long time. */
function offline(options: Partial<ClientOptions> = {}, start?: number): Setup5 {
	return new Setup5({ connectTimeout: 3_600_000, ...options }, undefined, {}, start);
}

const EXPIRED = (id: number) => `dropped ${id} ${MESSAGE_EXPIRED}`;

describe("never sent", () => {
	test.each([0, 1, 2] as const)("at QoS %d it is dropped when its time is over, and not earlier", (qos) => {
		const setup = offline();
		const { client, clock } = setup;
		client.publish("t", "x", qos, false, TEN);
		client.publish("t", "y", qos);
		clock.advance(9_999);
		expect(setup.news()).toEqual([]);
		clock.advance(1);
		expect(setup.news()).toEqual([EXPIRED(qos && 1)]);
		expect(client.held).toBe(1);
		expect(client.statistics.dropped).toBe(1);
		setup.accept();
		setup.peer.expect(PUBLISH5("t", "y", [], { qos, id: 2 }));
	});

	test("in the midst of a second it has a part of one more, not less", () => {
		const setup = offline();
		const { client, clock } = setup;
		client.publish("t", "first", 1, false, expiring(100));
		clock.advance(2_300);
		client.publish("t", "x", 1, false, TEN);
		clock.advance(9_999);
		expect(setup.news()).toEqual([]);
		clock.advance(701);
		expect(setup.news()).toEqual([EXPIRED(2)]);
	});

	test("it carries what is left", () => {
		const setup = offline();
		for (let i = 0; i < 3; i++) {
			setup.client.publish("t", "x", 1, false, TEN);
			setup.clock.advance(2_500);
		}
		setup.accept();
		setup.peer.expect(message(2, 1, 1), message(5, 1, 2), message(7, 1, 3));
	});

	test("at least 1", () => {
		const setup = offline();
		setup.client.publish("t", "x", 1, false, TEN);
		setup.clock.advance(9_900);
		setup.accept();
		setup.peer.expect(message(1, 1, 1));
	});

	test("while as many are in flight as may be", () => {
		const setup = connected5({ window: 1 });
		const { client, peer, clock } = setup;
		for (let i = 0; i < 3; i++) client.publish("t", "x", 1, false, i === 1 ? TEN : undefined);
		peer.take();
		clock.advance(9_000);
		expect(setup.news()).toEqual([]);
		clock.advance(900);
		peer.send(PUBACK(1));
		expect(setup.news()).toEqual(["delivered 1"]);
		peer.expect(message(1, 1, 2));
	});

	test("while it waits for the window it is dropped at its time, and the next one goes instead", () => {
		const setup = connected5({ window: 1, replyTimeout: 60_000 });
		const { client, peer, clock } = setup;
		for (let i = 0; i < 3; i++) client.publish("t", "x", 1, false, i === 1 ? TEN : undefined);
		peer.take();
		clock.advance(10_000);
		expect(setup.news()).toEqual([EXPIRED(2)]);
		peer.send(PUBACK(1));
		peer.expect(PUBLISH5("t", "x", [], { qos: 1, id: 3 }));
	});

	test("all of it: several at once, callbacks publish and throw", () => {
		const dropped: number[] = [];
		const setup: Setup5 = offline({
			onDropped: (id) => {
				dropped.push(id);
				if (id === 2) throw new Error("app");
				if (id < 4) setup.client.publish("again", `${id}`, 1, false, TEN);
			},
		});
		const { client, clock } = setup;
		for (let i = 0; i < 3; i++) client.publish("t", "x", 1, false, TEN);
		expect(() => clock.advance(10_000)).toThrow("app");
		expect(dropped).toEqual([1, 2, 3]);
		expect(client.held).toBe(2);
		clock.advance(11_000);
		expect(dropped).toEqual([1, 2, 3, 4, 5]);
		expect(client.held).toBe(0);
	});

	test("0xffffffff is for ever", () => {
		const setup = offline({ interface: undefined });
		setup.client.publish("t", "x", 1, false, expiring(0xffff_ffff));
		setup.clock.advance(1_000_000);
		setup.accept();
		const [sent] = setup.sent();
		expect(sent).toMatchObject({ cmd: "publish" });
		expect(setup.news()).toEqual(["connected false"]);
	});

	test("0 is sent at once, or not at all", () => {
		const setup = connected5();
		setup.client.publish("t", "x", 0, false, expiring(0));
		setup.peer.expect(message(0));
		setup.peer.fail();
		setup.news();
		setup.client.publish("t", "x", 1, false, expiring(0));
		setup.clock.advance(1);
		expect(setup.news()).toEqual([EXPIRED(1)]);
	});

	test.each([2 ** 31 - 5_000, 2 ** 32 - 5_000])("over a wrap of the ticks, at %d", (start) => {
		const setup = offline({}, start);
		setup.client.publish("t", "x", 1, false, TEN);
		setup.clock.advance(9_999);
		expect(setup.news()).toEqual([]);
		setup.clock.advance(1);
		expect(setup.news()).toEqual([EXPIRED(1)]);
	});

	test("after 60 days, which the ticks cannot count", () => {
		const day = 86_400;
		const up = { up: false, attach() {}, detach() {} };
		const setup = new Setup5({ interface: up });
		setup.client.publish("t", "x", 1, false, expiring(60 * day));
		setup.clock.advance(60 * day * 1000 - 1);
		expect(setup.news()).toEqual([]);
		setup.clock.advance(1);
		expect(setup.news()).toEqual([EXPIRED(1)]);
	});

	test("it makes room for a new one", () => {
		const setup = offline({ storeSize: 64 });
		const { client } = setup;
		// As the alarm does, but later: the app keeps the processor to itself.
		client.publish("t", "0123456789", 1, false, TEN);
		client.publish("t", "0123456789", 1, false, TEN);
		expect(client.publish("t", "0123456789", 1)).toBe(-1);
		setup.clock.advance(10_000);
		expect(setup.news()).toEqual([EXPIRED(1), EXPIRED(2), "writable"]);
		expect(client.publish("t", "0123456789", 1)).toBe(3);
	});
});

describe("sent once", () => {
	test.each([1, 2] as const)(
		"[5.0 MQTT-4.3.3-7] at QoS %d it does not expire, and goes again with what is left",
		(qos) => {
			const setup = connected5();
			const { client } = setup;
			client.publish("t", "x", qos, false, TEN);
			setup.peer.expect(message(10, qos, 1));
			setup.clock.advance(4_500);
			setup.resume();
			setup.peer.expect(message(5, qos, 1, true));
			setup.peer.fail();
			setup.clock.advance(60_000);
			setup.news();
			setup.resume();
			setup.peer.expect(message(1, qos, 1, true));
			expect(setup.news().filter((line) => line.startsWith("dropped"))).toEqual([]);
			setup.peer.send((qos === 1 ? PUBACK : PUBREC)(1));
			if (qos === 2) setup.peer.expect(PUBREL(1));
			expect(client.statistics.dropped).toBe(0);
		},
	);

	test("in part: neither", () => {
		const setup = connected5({ packetSize: 16, replyTimeout: 60_000 }, undefined, { room: 16 });
		setup.client.publish("t", "x".repeat(40), 0, false, TEN);
		setup.peer.takeSome(8);
		setup.clock.advance(20_000);
		expect(setup.news()).toEqual([]);
		const parts: number[] = [];
		for (let i = 0; i < 10; i++) parts.push(...setup.peer.take());
		expect(parts.length).toBe(PUBLISH5("t", "x".repeat(40), [four(2, 10)]).length - 8);
	});
});

test("without a session it is a new one, with what is left", () => {
	const setup = connected5();
	setup.client.publish("t", "x", 1, false, TEN);
	setup.peer.take();
	setup.clock.advance(4_000);
	setup.resume(false);
	setup.peer.expect(message(5, 1, 1));
});

test("it counts in 3.1.1 too, where the broker does not hear of it", () => {
	const setup = new Setup({ protocolVersion: undefined });
	setup.client.publish("t", "x", 1, false, TEN);
	setup.client.publish("t", "y", 1, false, expiring(100));
	setup.clock.advance(10_000);
	expect(setup.news()).toEqual([EXPIRED(1)]);
	setup.peer.open();
	setup.peer.take();
	setup.peer.send(CONNACK(false, 1));
	setup.clock.advance(1);
	setup.peer.accept();
	setup.peer.expect(PUBLISH("t", "y", { qos: 1, id: 2 }));
});
