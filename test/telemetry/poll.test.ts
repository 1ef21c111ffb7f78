// Calls at intervals, many on one timer.

import fc from "fast-check";
import { Cadence } from "../../src/telemetry/cadence.js";
import { Poll } from "../../src/telemetry/poll.js";
import { connected, Setup } from "../support/setup.js";

describe("Poll", () => {
	test("calls at its interval, connected or not, on the client's timer", () => {
		const setup = new Setup();
		const calls: string[] = [];
		new Poll(setup.client, 1000, () => calls.push(`second ${setup.clock.ticks()}`));
		new Poll(setup.client, 250, () => calls.push("quarter"));
		expect(setup.clock.timers).toBe(1);
		setup.clock.advance(1000);
		expect(calls).toEqual(["quarter", "quarter", "quarter", "second 101000", "quarter"]);
		setup.peer.accept();
		setup.clock.advance(1000);
		expect(calls).toHaveLength(10);
	});

	test("passes over a wrap of the clock", () => {
		const setup = connected({}, {}, 2 ** 31 - 1500);
		let calls = 0;
		new Poll(setup.client, 1000, () => calls++);
		setup.clock.advance(10_000);
		expect(calls).toBe(10);
	});

	test("ends with the client", () => {
		const setup = connected();
		let calls = 0;
		new Poll(setup.client, 250, () => calls++);
		setup.client.close();
		setup.clock.advance(1000);
		expect(calls).toBe(0);
	});

	test.each([
		[0, /interval is 0: it must be a whole number from 1 /],
		[0.5, /interval is 0.5/],
		[2 ** 30, /interval is 1073741824/],
		[undefined, /interval is undefined/],
	])("an interval of %p throws", (interval, rule) => {
		expect(() => new Poll(connected().client, interval as number, () => {})).toThrow(rule);
	});

	test("what is no function throws", () => {
		expect(() => new Poll(connected().client, 250, undefined as never)).toThrow(/callback is undefined/);
	});
});

test("Cadence: however late it is asked, moments stay whole intervals apart, and none is counted twice", () => {
	const steps = fc.array(fc.integer({ min: 1, max: 5000 }), { maxLength: 100 });
	fc.assert(
		fc.property(fc.integer({ min: 250, max: 3000 }), fc.integer(), steps, (interval, start, all) => {
			const cadence = new Cadence("interval", interval, start | 0);
			let elapsed = 0;
			let moments = 0;
			for (const step of all) {
				elapsed += step;
				const due = Math.floor(elapsed / interval) > moments;
				moments = Math.floor(elapsed / interval);
				expect(cadence.isDue((start + elapsed) | 0)).toBe(due);
			}
		}),
	);
});
