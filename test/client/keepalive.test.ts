// Keeping alive, and telling a dead link from a silent one (section 3.1.2.10).

import * as reasons from "../../src/connection/reasons.js";
import { Poll } from "../../src/telemetry/poll.js";
import { CONNACK, hex, PINGREQ, PINGRESP, PUBACK, PUBLISH, SUBACK } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";

/** What is sent in each quarter of a second; the peer answers PINGREQ if it is to. */
function watch(setup: Setup, milliseconds: number, answer = true): number[] {
	const times: number[] = [];
	for (let at = 250; at <= milliseconds; at += 250) {
		setup.clock.advance(250);
		const sent = setup.peer.socket.closed ? "" : hex(setup.peer.take());
		if (sent === "c000") {
			times.push(at);
			if (answer) setup.peer.send(PINGRESP);
		} else expect(sent).toBe("");
	}
	return times;
}

/** Milliseconds between one and the next, from 0 to `end`. */
const gaps = (times: number[], end: number) => [...times, end].map((time, i) => time - (times[i - 1] ?? 0));

describe("[MQTT-3.1.2-23] PINGREQ", () => {
	test.each([1000, 2000, 5000, 60_000, 3_600_000])(
		"of a silent client with keepAlive %d is sent before that has passed, and not much too often",
		(keepAlive) => {
			const setup = connected({ keepAlive });
			const intervals = gaps(watch(setup, keepAlive * 4), keepAlive * 4);
			for (const interval of intervals) expect(interval).toBeLessThan(keepAlive);
			expect(intervals.length).toBeLessThanOrEqual(9);
			expect(setup.client.statistics.disconnects).toBe(0);
		},
	);

	test("is sent by a client that only publishes QoS 0: nothing else would find a dead link", () => {
		const setup = connected({ keepAlive: 10_000 });
		let pings = 0;
		for (let second = 0; second < 30; second++) {
			setup.client.publish("t", "x");
			setup.clock.advance(1000);
			if (hex(setup.peer.take()).endsWith("c000")) {
				pings++;
				setup.peer.send(PINGRESP);
			}
		}
		expect(pings).toBe(3);
		expect(setup.client.statistics.disconnects).toBe(0);
	});

	test("is sent by a client that only receives", () => {
		const setup = connected({ keepAlive: 10_000 });
		let pings = 0;
		for (let second = 0; second < 30; second++) {
			setup.peer.send(PUBLISH("t", "x"));
			setup.clock.advance(1000);
			if (hex(setup.peer.take()) === "c000") pings++;
			if (pings > 0) setup.peer.send(PINGRESP);
		}
		expect(pings).toBe(3);
	});

	test("is not sent while both ways are in use", () => {
		const setup = connected({ keepAlive: 10_000 });
		for (let second = 0; second < 30; second++) {
			setup.client.publish("t", "x");
			setup.peer.send(PUBLISH("t", "x"));
			setup.clock.advance(1000);
			setup.peer.expect(PUBLISH("t", "x"));
		}
	});

	test.each([1000, 2000, 3000, 5000])(
		"is in time, with keepAlive %d, also when the app keeps the processor busy when it is due",
		(keepAlive) => {
			// It is due half a second early, so the timer may be late by nearly as much.
			const busy = 490;
			let late = 0;
			for (const sent of [10, 130]) {
				for (let begin = 0; begin < keepAlive; begin += 70) {
					const setup = connected({ keepAlive });
					const { peer } = setup;
					setup.clock.advance(sent);
					setup.client.publish("t", "x");
					setup.peer.expect(PUBLISH("t", "x"));
					setup.clock.advance(begin);
					if (peer.writes.length > 2) break;
					setup.clock.block(busy);
					let passed = begin + busy;
					if (passed > keepAlive - 500) late++;
					for (; peer.writes.length === 2; passed += 5) setup.clock.advance(5);
					setup.peer.expect(PINGREQ);
					expect(passed).toBeLessThan(keepAlive);
				}
			}
			expect(late).toBeGreaterThan(5);
		},
	);

	test("is never sent with keepAlive 0", () => {
		const setup = connected({ keepAlive: 0 });
		expect(watch(setup, 600_000)).toEqual([]);
	});

	test("goes on while the app has paused reading, though no answer can be seen", () => {
		const setup = connected({ keepAlive: 10_000 });
		setup.client.pause();
		for (const interval of gaps(watch(setup, 120_000), 120_000)) expect(interval).toBeLessThan(10_000);
		expect(setup.client.statistics.disconnects).toBe(0);
		setup.client.resume();
		watch(setup, 60_000);
		expect(setup.client.statistics.disconnects).toBe(0);
	});

	test("goes on while an answer is slow, as long as replyTimeout allows", () => {
		const setup = connected({ keepAlive: 2000, replyTimeout: 8000 });
		for (const interval of gaps(watch(setup, 7000, false), 7000)) expect(interval).toBeLessThan(2000);
		setup.peer.send(PINGRESP, PINGRESP);
		watch(setup, 7000);
		expect(setup.client.statistics.disconnects).toBe(0);
	});

	test.each([1000, 10_000, 3_600_000])(
		"of a silent client comes in time from the first one on, whatever replyTimeout is: %d",
		(replyTimeout) => {
			const setup = connected({ keepAlive: 2000, replyTimeout });
			setup.clock.advance(1000);
			setup.peer.expect();
			setup.clock.advance(999);
			setup.peer.expect(PINGREQ);
		},
	);

	test("is all that an idle client wakes for", () => {
		const setup = connected({ keepAlive: 60_000 });
		setup.clock.advance(52_500);
		setup.peer.expect(PINGREQ);
		setup.peer.send(PINGRESP);
		setup.clock.fired = 0;
		for (let i = 0; i < 10; i++) {
			setup.clock.advance(52_500);
			setup.peer.expect(PINGREQ);
			setup.clock.advance(20);
			setup.peer.send(PINGRESP);
			setup.clock.advance(-20);
		}
		expect(setup.clock.fired).toBe(10);
	});

	test("once dead, the link is not looked at any more", () => {
		const setup = connected({ keepAlive: 60_000, reconnectMinimum: 50_000, reconnectMaximum: 60_000 });
		setup.clock.advance(62_500);
		expect(setup.news()).toEqual([`disconnected ${reasons.NO_REPLY}`]);
		setup.clock.fired = 0;
		setup.clock.advance(20_000);
		expect(setup.clock.fired).toBeLessThan(2);
	});

	test("is not waited for before CONNACK: the client sleeps as it may", () => {
		const setup = new Setup({ keepAlive: 1000, connectTimeout: 60_000 });
		setup.peer.open();
		setup.peer.take();
		setup.clock.wakes = 0;
		setup.clock.advance(30_000);
		setup.peer.expect();
		expect(setup.clock.wakes).toBeLessThan(100);
		setup.peer.send(CONNACK());
		setup.clock.advance(250);
		setup.peer.expect(PINGREQ);
	});

	test("needs no room in the store: a full one keeps alive", () => {
		const setup = connected({ keepAlive: 10_000, replyTimeout: 100_000, storeSize: 64 });
		setup.client.publish("t", "x".repeat(40), 1);
		setup.peer.take();
		expect(setup.client.publish("t", "y", 1)).toBeLessThan(0);
		expect(watch(setup, 30_000).length).toBeGreaterThanOrEqual(3);
	});

	test.each([2 ** 31 - 5000, 2 ** 32 - 5000])("goes on while the clock wraps at %d", (start) => {
		const setup = connected({ keepAlive: 4000 }, {}, start);
		for (const interval of gaps(watch(setup, 40_000), 40_000)) expect(interval).toBeLessThan(4000);
		expect(setup.client.statistics.disconnects).toBe(0);
	});
});

describe("a link is dead", () => {
	/** Milliseconds between two looks at a link with a replyTimeout of 5000: by so much later it may be found. */
	const LOOK = 625;

	/** How long it takes to find out, from now: the first socket is closed. */
	function found(setup: Setup, limit = 600_000): number {
		const [{ socket }] = setup.place.peers;
		for (let at = 125; at <= limit; at += 125) {
			setup.clock.advance(125);
			if (socket.closed) return at;
		}
		return Number.POSITIVE_INFINITY;
	}

	test("replyTimeout after PINGREQ", () => {
		const setup = connected({ keepAlive: 20_000, replyTimeout: 5000 });
		const dead = found(setup);
		expect(setup.news()).toEqual([`disconnected ${reasons.NO_REPLY}`]);
		expect(dead).toBeLessThanOrEqual(25_000);
		expect(dead).toBeGreaterThanOrEqual(10_000);
	});

	test("also when the socket has no room for PINGREQ", () => {
		const setup = connected({ keepAlive: 20_000, replyTimeout: 5000 }, { room: 13 });
		setup.client.publish("t", "fills it");
		expect(found(setup)).toBeLessThanOrEqual(25_000);
		expect(setup.news()).toEqual([`disconnected ${reasons.NO_REPLY}`]);
	});

	test("replyTimeout after a PUBLISH that nobody acknowledges, counted from the last word of others", () => {
		const setup = connected({ replyTimeout: 5000 });
		setup.client.publish("t", "x", 1);
		setup.clock.advance(3000);
		setup.peer.send(PUBLISH("t", "x"));
		setup.clock.advance(4750);
		expect(setup.peer.socket.closed).toBe(false);
		setup.clock.advance(250 + LOOK);
		expect(setup.news().pop()).toBe(`disconnected ${reasons.NO_REPLY}`);
	});

	test("at the latest after twice replyTimeout though others talk on", () => {
		const setup = connected({ replyTimeout: 5000 });
		setup.client.publish("t", "x", 1);
		const { peer } = setup;
		let passed = 0;
		for (; passed < 60_000 && !peer.socket.closed; passed += 125) {
			peer.send(PUBLISH("t", "x"));
			setup.clock.advance(125);
		}
		expect(passed).toBeGreaterThan(5000);
		expect(passed).toBeLessThanOrEqual(10_000 + LOOK);
		expect(setup.news().pop()).toBe(`disconnected ${reasons.NO_REPLY}`);
	});

	test("when the second PUBLISH is not acknowledged, replyTimeout after that", () => {
		const setup = connected({ replyTimeout: 5000 });
		setup.client.publish("t", "x", 1);
		setup.clock.advance(4000);
		setup.client.publish("t", "x", 1);
		setup.peer.send(PUBACK(1));
		setup.clock.advance(4000);
		expect(setup.peer.socket.closed).toBe(false);
		expect(found(setup)).toBeLessThanOrEqual(1000 + LOOK);
	});

	test.each(["SUBACK", "UNSUBACK"])("replyTimeout after %s should have come", (which) => {
		const setup = connected({ replyTimeout: 5000 });
		setup.client.subscribe("a", 0, () => {});
		if (which === "UNSUBACK") {
			setup.peer.send(SUBACK(1, 0));
			setup.clock.advance(8000);
			setup.client.unsubscribe("a");
		}
		setup.clock.advance(4000);
		expect(setup.peer.socket.closed).toBe(false);
		expect(found(setup)).toBeLessThanOrEqual(1000 + LOOK);
		expect(setup.news().pop()).toBe(`disconnected ${reasons.NO_REPLY}`);
	});

	test("connectTimeout after the attempt began, without CONNACK", () => {
		const setup = new Setup({ connectTimeout: 7000 });
		setup.clock.advance(3000);
		setup.peer.open();
		setup.clock.advance(3750);
		expect(setup.news()).toEqual([]);
		setup.clock.advance(250);
		expect(setup.news()).toEqual([`disconnected ${reasons.CONNECT_TIMEOUT}`]);
		expect(setup.peer.socket.closed).toBe(true);
		setup.peer.send(CONNACK());
		expect(setup.news()).toEqual([]);
	});

	test("not while the app has paused reading before CONNACK; then it has connectTimeout again", () => {
		const setup = new Setup({ connectTimeout: 7000 });
		setup.peer.open();
		setup.client.pause();
		setup.clock.advance(60_000);
		expect(setup.news()).toEqual([]);
		setup.client.resume();
		setup.clock.advance(6750);
		expect(setup.news()).toEqual([]);
		setup.client.pause();
		setup.peer.send(CONNACK());
		setup.clock.advance(60_000);
		expect(setup.news()).toEqual([]);
		setup.client.resume();
		expect(setup.news()).toEqual(["connected false"]);
	});

	test("never because it is silent", () => {
		const setup = connected({ keepAlive: 0, replyTimeout: 1000 });
		expect(found(setup, 3_600_000)).toBe(Number.POSITIVE_INFINITY);
	});

	test("not while the app has paused reading; then it has replyTimeout again", () => {
		const setup = connected({ replyTimeout: 5000 });
		setup.client.publish("t", "x", 1);
		setup.client.pause();
		setup.clock.advance(60_000);
		expect(setup.peer.socket.closed).toBe(false);
		setup.client.resume();
		setup.clock.advance(4000);
		expect(setup.peer.socket.closed).toBe(false);
		setup.peer.send(PUBACK(1));
		expect(setup.news()).toEqual(["delivered 1"]);
	});

	test("not because the app kept the processor busy, when the answer has come meanwhile", () => {
		const setup = connected({ replyTimeout: 5000 });
		setup.client.publish("t", "x", 1);
		setup.clock.block(20_000);
		setup.clock.advance(250);
		expect(setup.peer.socket.closed).toBe(false);
		setup.peer.send(PUBACK(1));
		setup.clock.advance(1000);
		expect(setup.client.statistics.disconnects).toBe(0);
	});

	test("when a write has failed and nobody said so, at the next tick", () => {
		const setup = connected();
		setup.peer.failSilently();
		setup.client.publish("t", "x");
		setup.clock.advance(250);
		expect(setup.news()).toEqual([`disconnected ${reasons.CONNECTION_LOST}`]);
	});

	test("when a read fails, at the next tick", () => {
		const setup = connected();
		setup.peer.socket.readThrows = true;
		setup.peer.send(PUBLISH("t", "x"));
		setup.clock.advance(250);
		expect(setup.news()).toEqual([`disconnected ${reasons.CONNECTION_LOST}`]);
	});

	test("on lin, where the end is not told while something is unread", () => {
		const setup = connected({ keepAlive: 10_000, replyTimeout: 5000 }, { end: "lin" });
		setup.client.pause();
		setup.peer.send(PUBLISH("t", "x"));
		setup.peer.end();
		setup.client.resume();
		expect(setup.news()).toEqual(["message t=x"]);
		expect(found(setup)).toBeLessThanOrEqual(15_000);
	});
});

test("PINGREQ that found no room goes when there is some", () => {
	const setup = connected({ keepAlive: 10_000 }, { room: 13 });
	setup.client.publish("t", "fills it");
	setup.clock.advance(10_000);
	setup.peer.expect(PUBLISH("t", "fills it"), PINGREQ);
	setup.peer.send(PINGRESP);
	expect(watch(setup, 20_000).length).toBeGreaterThanOrEqual(2);
});

test("CONNECT counts as sent when it was sent, however late CONNACK is", () => {
	const setup = new Setup({ keepAlive: 10_000 });
	setup.peer.open();
	setup.peer.take();
	setup.clock.advance(8000);
	setup.peer.send(CONNACK());
	setup.clock.advance(2000);
	setup.peer.expect(PINGREQ);
});

test.each([125, 250, 1250])(
	"what is due at the moment of a look at the link, as every %d ms, is not skipped with it when PINGRESP comes",
	(interval) => {
		const setup = connected({ keepAlive: 60_000, replyTimeout: 10_000 });
		let calls = 0;
		new Poll(setup.client, interval, () => calls++);
		for (let i = 1; i <= 1000; i++) {
			setup.clock.advance(interval);
			expect(calls).toBe(i);
			if (hex(setup.peer.take()) === "c000") setup.peer.send(PINGRESP);
		}
		expect(setup.client.statistics.disconnects).toBe(0);
	},
);
