// One timer, armed for the next deadline.

import { Alarm } from "../../src/connection/alarm.js";
import { Clock } from "../support/clock.js";

function setUp(start?: number) {
	const clock = new Clock(start);
	const begin = clock.ticks();
	const woken: number[] = [];
	const owner = { onAlarm: () => woken.push((clock.ticks() - begin) | 0) };
	return {
		clock,
		woken,
		alarm: new Alarm(clock.timer, clock.ticks, owner),
		at: (time: number) => (begin + time) | 0,
	};
}

test.each([1000, 2 ** 31 - 50, 2 ** 32 - 50])("wakes at the earliest deadline, once, from %d on", (start) => {
	const { clock, woken, alarm } = setUp(start);
	for (const delay of [300, 100, 200]) alarm.within(delay);
	expect(clock.wakes).toBe(2);
	clock.advance(1000);
	// The next ones are asked for anew by who was woken.
	expect(woken[0]).toBe(100);
});

test.each([1000, 2 ** 31 - 50, 2 ** 32 - 50])(
	"the next deadline counts when one is skipped, from %d on",
	(start) => {
		const { clock, woken, alarm, at } = setUp(start);
		alarm.within(300);
		alarm.wakeAt(at(100));
		alarm.wakeAt(at(100));
		alarm.within(200);
		alarm.skip(at(100));
		clock.advance(250);
		expect(woken).toEqual([200]);
	},
);

test("what is no deadline is not skipped, nor is one that has passed", () => {
	const { clock, woken, alarm, at } = setUp();
	alarm.within(100);
	alarm.within(300);
	alarm.skip(at(300));
	clock.advance(150);
	alarm.skip(at(100));
	expect(woken).toEqual([100]);
	alarm.within(20);
	clock.advance(20);
	expect(woken).toEqual([100, 170]);
});

test.each(["before", "after"])(
	"another's deadline at the same moment, asked for %s, is not skipped",
	(when) => {
		const { clock, woken, alarm, at } = setUp();
		if (when === "before") alarm.within(100);
		alarm.wakeAt(at(100));
		if (when === "after") alarm.within(100);
		alarm.skip(at(100));
		clock.advance(150);
		expect(woken).toEqual([100]);
	},
);

test("what is no number of milliseconds is as soon as possible", () => {
	const { clock, woken, alarm } = setUp();
	for (const delay of [Number.NaN, -1, 0]) {
		alarm.within(delay);
		clock.advance(1);
	}
	expect(woken).toEqual([1, 2, 3]);
});

test("a deadline that has passed meanwhile, behind a skipped one, comes at once", () => {
	const { clock, woken, alarm, at } = setUp();
	alarm.within(110);
	alarm.wakeAt(at(100));
	clock.block(120);
	alarm.skip(at(100));
	clock.advance(1);
	expect(woken).toEqual([121]);
});

test("a fraction of a millisecond is waited for; closed, it never wakes", () => {
	const { clock, woken, alarm } = setUp();
	alarm.within(10.25);
	clock.advance(10);
	expect(woken).toEqual([]);
	clock.advance(1);
	expect(woken).toEqual([11]);
	alarm.within(5);
	alarm.close();
	alarm.within(1);
	clock.advance(100_000);
	expect(woken).toEqual([11]);
});
