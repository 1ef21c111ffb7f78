// When a link is dead, and when PINGREQ is due: by the looks at it, not by the clock alone.

import { Alarm } from "../../src/connection/alarm.js";
import { Liveness } from "../../src/connection/liveness.js";
import { Clock } from "../support/clock.js";

const REPLY = 8000;
/** Milliseconds between two looks. */
const STEP = REPLY / 8;

function liveness(keepAlive = 0) {
	const clock = new Clock(0);
	const alarm = new Alarm(clock.timer, clock.ticks, { onAlarm() {} });
	const it = new Liveness(keepAlive, REPLY, alarm);
	it.start(clock.ticks());
	return { it, clock };
}

/** Looks `count` times, a step apart; whether it was found dead, and at which. */
function looks(
	{ it, clock }: ReturnType<typeof liveness>,
	count: number,
	awaits = true,
	blocked = false,
): number {
	for (let i = 1; i <= count; i++) {
		clock.advance(STEP);
		const now = clock.ticks();
		it.recordTraffic(now, false, 0);
		if (it.isLookDue(now) && it.isDead(now, awaits, blocked, 0, false)) return i;
	}
	return 0;
}

test("an answer is missing for replyTimeout and nothing moves: dead", () => {
	expect(looks(liveness(), 20)).toBe(8);
});

test("it is not looked at more often than every step", () => {
	const link = liveness();
	link.clock.advance(STEP - 1);
	expect(link.it.isLookDue(link.clock.ticks())).toBe(false);
	link.clock.advance(1);
	expect(link.it.isLookDue(link.clock.ticks())).toBe(true);
});

test("an answer begins the count anew", () => {
	const link = liveness();
	expect(looks(link, 7)).toBe(0);
	link.it.answer();
	expect(looks(link, 8)).toBe(0);
	expect(looks(link, 1)).toBe(1);
});

test("an app that keeps the processor to itself for long has not missed an answer", () => {
	const link = liveness();
	link.clock.block(60_000);
	expect(looks(link, 7)).toBe(0);
});

test("with nothing to wait for it is not watched", () => {
	const link = liveness();
	expect(looks(link, 1, false)).toBe(0);
	expect(link.it.watching).toBe(false);
	expect(link.it.delay(link.clock.ticks())).toBe(Number.POSITIVE_INFINITY);
});

test("a thousand bytes in replyTimeout are life, a trickle is none, and nothing is life for ever", () => {
	for (const [bytes, wanted] of [
		[200, 360 * 8],
		[100, 16],
	]) {
		const link = liveness();
		let found = 0;
		for (let look = 1; found === 0 && look < 4000; look++) {
			link.it.onBytes(bytes);
			if (looks(link, 1) > 0) found = look;
		}
		expect(found).toBe(wanted);
	}
});

test("what only waits for room while others go waits without end", () => {
	const link = liveness();
	let dead = 0;
	for (let look = 1; look < 4000; look++) {
		link.it.onBytes(200);
		dead += looks(link, 1, false, true);
	}
	expect(dead).toBe(0);
	expect(looks(link, 20, false, true)).toBe(8);
});

test.each([2 ** 31 - 5000, 2 ** 32 - 5000])("goes on while the clock wraps at %d", (start) => {
	const clock = new Clock(start);
	const it = new Liveness(60_000, REPLY, new Alarm(clock.timer, clock.ticks, { onAlarm() {} }));
	it.start(clock.ticks());
	expect(looks({ it, clock }, 20)).toBe(8);
});

describe("PINGREQ", () => {
	test("is due an eighth before the keepalive time after something was sent, and received", () => {
		for (const [sent, arrived, wanted] of [
			[false, 0, 52_500],
			[true, 0, 52_500],
			[false, 5, 52_500],
			[true, 5, 62_500],
		] as const) {
			const { it, clock } = liveness(60_000);
			clock.advance(10_000);
			it.recordTraffic(clock.ticks(), false, 0);
			clock.advance(1000);
			it.recordTraffic(clock.ticks(), sent, arrived);
			let due = 11_000;
			while (!it.isPingDue(clock.ticks())) {
				clock.advance(500);
				due += 500;
			}
			expect([sent, arrived, due]).toEqual([sent, arrived, wanted]);
		}
	});

	test("makes the client wake in time for it, and watches for its answer", () => {
		const { it, clock } = liveness(60_000);
		looks({ it, clock }, 1, false);
		expect(it.delay(clock.ticks())).toBe(52_500 - STEP);
		clock.advance(52_500 - STEP);
		expect(it.isPingDue(clock.ticks())).toBe(true);
		expect([it.awaits, it.watching]).toEqual([true, true]);
		it.onPingresp(false);
		expect(it.awaits).toBe(false);
	});
});
