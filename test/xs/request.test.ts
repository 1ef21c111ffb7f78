// Requests and answers in the real engine: once connected, they allocate nothing.

import { resolve } from "node:path";
import { FIRST, LOADS, reportOf } from "../support/board.js";
import type { Allocated } from "./firmware/heap.js";

test.each(LOADS)(
	"neither a request nor an answer allocates a slot or a byte of chunk, %s",
	async (_how, preload) => {
		const found = await reportOf<Record<string, Allocated>>({
			firmware: "test/xs/firmware/request",
			config: { count: 1000 },
			preload: preload.length === 0 ? [] : [...preload, resolve("build/src/request/index.js")],
		});
		expect(Object.keys(found)).toHaveLength(6);
		const guilty = Object.entries(found).filter(([, it]) => it.slots + it.chunkBytes + it.collections > 0);
		expect(guilty).toEqual([]);
	},
	FIRST,
);
