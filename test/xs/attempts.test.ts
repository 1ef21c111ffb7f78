// A board that is offline for a week tries a hundred thousand times: it must not lose memory over it, nor make much garbage.

import { FIRST, LOADS, reportOf } from "../support/board.js";

interface Allocated {
	slots: number;
	chunkBytes: number;
}

interface Outcome {
	/** Live, before and after a thousand attempts, for each way to fail. */
	heaps: Allocated[];
	/** By an attempt. */
	found: Record<string, Allocated>;
	between: Record<string, Allocated>;
}

/** Bytes of garbage, with some room. */
const MOST: Record<string, number> = {
	"no socket": 1100,
	refused: 1100,
	"no CONNACK": 1600, // CONNECT is composed anew, as the password may have changed
	"no such name": 600,
	"a name, refused": 1600,
	"no Wi-Fi": 500,
};

test.each(LOADS)(
	"an attempt to connect leaves nothing behind and makes little garbage, the wait for the next none, %s",
	async (_how, preload) => {
		const { heaps, found, between } = await reportOf<Outcome>({
			firmware: "test/xs/firmware/attempts",
			preload,
		});
		const ways = Object.keys(found);
		expect(ways).toEqual(Object.keys(MOST));
		for (let i = 0; i < ways.length; i++)
			expect([ways[i], heaps[2 * i + 1]]).toEqual([ways[i], heaps[2 * i]]);
		for (const way of ways) {
			expect([way, between[way]]).toEqual([way, { slots: 0, chunkBytes: 0 }]);
			const { slots, chunkBytes } = found[way];
			expect(slots).toBeGreaterThan(0);
			expect(16 * slots + chunkBytes).toBeLessThanOrEqual(MOST[way]);
		}
	},
	FIRST,
);
