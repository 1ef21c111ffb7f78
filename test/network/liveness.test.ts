// Two clocks: real time for what we owe the broker, attention for what it owes us.

import { Liveness } from "../../src/network/liveness.js";

const TICK = 250;

test("attention stands still while paused, and counts a long absence as two ticks", () => {
	const liveness = new Liveness(60_000, 10_000, TICK);
	liveness.now = 1000;
	liveness.advance(1250, false);
	expect(liveness.attention).toBe(250);
	liveness.advance(9000, true);
	expect(liveness.attention).toBe(250);
	liveness.advance(60_000, false);
	expect(liveness.attention).toBe(750);
});

test("an answer is overdue after replyTimeout of attention, over a wrap too", () => {
	const liveness = new Liveness(0, 1000, TICK);
	liveness.attention = 2 ** 31 - 300;
	const since = liveness.attention;
	for (let now = 250; now < 1000; now += 250) liveness.advance(now, false);
	expect(liveness.isOverdue(since)).toBe(false);
	liveness.advance(1000, false);
	expect(liveness.attention).toBeLessThan(0);
	expect(liveness.isOverdue(since)).toBe(true);
});
