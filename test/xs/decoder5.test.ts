// The first promise, for the wire format of MQTT 5.0 alone: no packet, and no look at its properties, allocates.

import { FIRST, LOADS, reportOf } from "../support/board.js";
import type { Costs } from "./firmware/decoder5.js";

test.each(LOADS)(
	"no packet of MQTT 5.0 allocates a slot or a byte of chunk, %s",
	async (_how, preload) => {
		const { found } = await reportOf<{ found: Record<string, Costs> }>({
			firmware: "test/xs/firmware/decoder5",
			config: { count: 500 },
			preload,
		});
		const guilty = Object.entries(found).filter(
			([, it]) => it.slots + it.chunkBytes + it.collections > 0 || it.heard !== 1 || it.broken > 0,
		);
		expect(guilty).toEqual([]);
		expect(Object.keys(found)).toHaveLength(20);
	},
	FIRST,
);
