// A text is published in time that grows with its length, not with its square: in the real engine, where a character is
// found by counting from the front.

import { FIRST, reportOf } from "../support/board.js";

interface Found {
	opsPerByte: number;
	slots: number;
	chunkBytes: number;
	right: number;
}

test(
	"a long text is not written character by character, which its first 256 bytes are, without garbage",
	async () => {
		const sizes = [200, 256, 60_000];
		const [short, limit, long] = await reportOf<Found[]>({
			firmware: "test/xs/firmware/long-text",
			config: { sizes },
		});
		expect([short.right, limit.right, long.right]).toEqual(sizes);
		for (const { slots, chunkBytes } of [short, limit])
			expect({ slots, chunkBytes }).toEqual({ slots: 0, chunkBytes: 0 });
		// One copy, and a check of its bytes. The counting from the front is native, and not in the ops.
		expect(long.chunkBytes).toBeLessThan(60_100);
		expect(long.chunkBytes).toBeGreaterThan(60_000);
		expect(long.opsPerByte).toBeLessThan(short.opsPerByte / 2);
	},
	FIRST,
);
