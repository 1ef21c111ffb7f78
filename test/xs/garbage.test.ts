// The first promise, counted in the allocator of the real engine: once connected, nothing allocates.

import { FIRST, LOADS, reportOf } from "../support/board.js";
import type { Allocated } from "./firmware/heap.js";

test.each(LOADS)(
	"no operation allocates a slot or a byte of chunk, %s",
	async (_how, preload) => {
		const found = await reportOf<Record<string, Allocated>>({
			firmware: "test/xs/firmware/garbage",
			config: { count: 1000 },
			preload,
		});
		expect(Object.keys(found).length).toBeGreaterThan(30);
		const guilty = Object.entries(found).filter(([, it]) => it.slots + it.chunkBytes + it.collections > 0);
		expect(guilty).toEqual([]);
	},
	FIRST,
);
