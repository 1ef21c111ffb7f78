// The first promise, counted in the allocator of the real engine: once connected, nothing allocates.

import type { Cost } from "../../bench/firmware/harness.js";
import { FIRST, LOADS, reportOf } from "../support/board.js";

const COUNT = 1000;

test.each(LOADS)(
	"no operation allocates a slot or a byte of chunk, %s",
	async (_how, preload) => {
		const costs = await reportOf<Record<string, Cost>>({
			firmware: "test/xs/firmware/garbage",
			config: { count: COUNT },
			preload,
		});
		const sums = Object.entries(costs).map(([name, { slotsPerOp, chunkBytesPerOp, collections }]) => {
			return `${name}: ${slotsPerOp * COUNT} slots, ${chunkBytesPerOp * COUNT} bytes, ${collections} collections`;
		});
		expect(sums.length).toBeGreaterThan(30);
		expect(sums.filter((sum) => !sum.endsWith(": 0 slots, 0 bytes, 0 collections"))).toEqual([]);
	},
	FIRST,
);
