// Two clocks: real time for what we owe the broker, looks for what it owes us.

import { Alarm } from "../../src/connection/alarm.js";
import { Liveness } from "../../src/connection/liveness.js";
import { Clock } from "../support/clock.js";

/** One on a new connection, which is looked after whenever it wants to be. */
function line({ keepAlive = 0, replyTimeout = 8000, start = 100_000 } = {}) {
	const clock = new Clock(start);
	const alarm = new Alarm(clock.timer, clock.ticks, () => wake());
	const liveness = new Liveness(keepAlive, replyTimeout, alarm);
	const state = { awaits: true, answers: 0, paused: false, sent: false, arrived: 0 };
	const pings: number[] = [];
	const looks: number[] = [];
	let dead = 0;
	const since = () => (clock.ticks() - start) | 0;
	function wake() {
		const now = clock.ticks();
		liveness.note(now, state.sent, state.arrived);
		state.sent = false;
		state.arrived = 0;
		if (liveness.isPingDue(now)) {
			pings.push(since());
			state.sent = true;
		}
		if (liveness.isLookDue(now)) {
			looks.push(since());
			if (liveness.isDead(now, state.awaits, state.answers, state.paused) && dead === 0) dead = since();
		}
		alarm.within(liveness.delay(now));
	}
	liveness.start(clock.ticks());
	return { clock, liveness, state, pings, looks, dead: () => dead };
}

describe("an answer that is awaited", () => {
	test("is looked for eight times in replyTimeout; then the link is dead", () => {
		const { clock, looks, dead } = line();
		clock.advance(7999);
		expect([looks, dead()]).toEqual([[1000, 2000, 3000, 4000, 5000, 6000, 7000], 0]);
		clock.advance(1);
		expect(dead()).toBe(8000);
	});

	test("is awaited over a wrap of the clock too", () => {
		const { clock, dead } = line({ start: 2 ** 31 - 3500 });
		clock.advance(7999);
		expect(dead()).toBe(0);
		clock.advance(1);
		expect(dead()).toBe(8000);
	});

	test.each(["the count", "a call"])("and has come, as %s tells, begins the time anew", (how) => {
		const { clock, liveness, state, dead } = line();
		clock.advance(7500);
		if (how === "a call") liveness.answer();
		else state.answers++;
		clock.advance(500 + 7999);
		expect(dead()).toBe(0);
		clock.advance(1);
		expect(dead()).toBe(16_000);
	});

	test("is not missed while the app does not read", () => {
		const { clock, state, dead } = line();
		clock.advance(7000);
		state.paused = true;
		clock.advance(100_000);
		expect(dead()).toBe(0);
		state.paused = false;
		clock.advance(1000);
		expect(dead()).toBe(108_000);
	});

	test("counts a long absence of the app as one look", () => {
		const { clock, looks, dead } = line();
		clock.advance(1000);
		clock.block(60_000);
		clock.advance(5999);
		expect([looks.length, dead()]).toEqual([7, 0]);
		clock.advance(1);
		expect(dead()).toBe(67_000);
	});

	test("has the time that a long packet needs to leave", () => {
		const { clock, liveness, dead } = line();
		liveness.handOver(5500); // two milliseconds a byte
		clock.advance(10_000);
		expect([dead(), liveness.moves]).toEqual([0, true]);
		clock.advance(1000);
		expect([dead(), liveness.moves]).toEqual([11_000, false]);
	});
});

test("what moves keeps a link alive, unless it is too little", () => {
	for (const [bytes, alive] of [
		[128, true],
		[127, false],
	] as const) {
		const { clock, state, dead } = line();
		for (let look = 0; look < 8 * 20; look++) {
			state.arrived = bytes;
			clock.advance(1000);
		}
		expect(dead() === 0).toBe(alive);
	}
});

test("an answer that never comes is given up, whatever moves", () => {
	const { clock, state, dead } = line();
	const all = 360 * 8;
	for (let look = 0; look < all; look++) {
		expect(dead()).toBe(0);
		state.arrived = 10_000;
		clock.advance(1000);
	}
	expect(dead()).toBe(all * 1000);
});

test("where nothing is awaited the link is not looked at, nor does anything wake", () => {
	const { clock, state, looks, liveness } = line();
	state.awaits = false;
	clock.advance(1000);
	const { wakes } = clock;
	clock.advance(86_400_000);
	expect([looks, liveness.watching]).toEqual([[1000], false]);
	expect(clock.wakes).toBe(wakes);
	state.awaits = true;
	liveness.watch();
	clock.advance(1000);
	expect(looks.length).toBe(2);
});

describe("PINGREQ", () => {
	test("is due an eighth before the end of the keepalive time, each time", () => {
		const { clock, liveness, state, pings } = line({ keepAlive: 80_000 });
		state.awaits = false;
		clock.advance(69_999);
		expect(pings).toEqual([]);
		clock.advance(1);
		state.arrived = 2;
		liveness.onPingresp(false);
		clock.advance(70_000);
		expect(pings).toEqual([70_000, 140_000]);
	});

	test("is never due with a keepAlive of 0", () => {
		const { clock, state, pings } = line();
		state.awaits = false;
		clock.advance(86_400_000);
		expect(pings).toEqual([]);
	});

	test("is due when only one side speaks", () => {
		for (const side of ["sent", "arrived"] as const) {
			const { clock, state, pings } = line({ keepAlive: 80_000 });
			state.awaits = false;
			for (let second = 0; second < 80; second++) {
				if (side === "sent") state.sent = true;
				else state.arrived = 1;
				clock.advance(1000);
			}
			expect(pings.length).toBe(1);
		}
	});

	test("is not due while both sides speak", () => {
		const { clock, state, pings } = line({ keepAlive: 80_000 });
		for (let half = 0; half < 40; half++) {
			state.answers++;
			state.sent = true;
			state.arrived = 1;
			clock.advance(30_000);
		}
		expect(pings).toEqual([]);
	});

	test("has an answer that is awaited", () => {
		const { clock, liveness } = line({ keepAlive: 80_000 });
		expect(liveness.awaits).toBe(false);
		clock.advance(70_000);
		expect(liveness.awaits).toBe(true);
		liveness.onPingresp(true); // and another one waits to be sent
		expect(liveness.awaits).toBe(true);
		liveness.onPingresp(false);
		expect(liveness.awaits).toBe(false);
	});
});
