// The judge of the instruments must see what breaks the promise.

import { CHUNKS, COLLECTIONS, judge, SLOTS } from "./judge.js";

const NAMES = ["Timers", CHUNKS, SLOTS, COLLECTIONS, "Stack used"];
const flat = [3, 6000, 30_000, 0, 2000];

const moved = (column: number, by: number) => flat.map((value, i) => (i === column ? value + by : value));

test("what stays as it is keeps the promise", () => {
	expect(judge(NAMES, [flat, moved(0, 1), moved(4, 800)])).toEqual({
		samples: 3,
		slots: 30_000,
		slotsGrowth: 0,
		chunks: 6000,
		chunksGrowth: 0,
		collections: 0,
		stack: 2800,
		faults: [],
	});
});

test.each<[string, number[][], RegExp]>([
	["slots that grow", [flat, moved(2, 32)], /slots are not flat.* 32 bytes/],
	["slots that grow and are collected", [flat, moved(2, 32), flat], /slots are not flat/],
	["chunks that grow", [flat, moved(1, 8)], /chunks are not flat.* 8 bytes/],
	["a collection that left all as it was", [flat, moved(3, 1), flat], /collected 1 times/],
	["silence", [flat], /only 1 samples/],
])("%s break it", (_what, samples, fault) => {
	expect(judge(NAMES, samples).faults).toEqual([expect.stringMatching(fault)]);
});

test("instruments without the ones that matter prove nothing", () => {
	expect(judge(["Timers"], [[1], [1]]).faults).toEqual([expect.stringMatching(/no instruments/)]);
});
