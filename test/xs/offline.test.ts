// A board that is offline for seven hours keeps to its memory, and to the newest readings.

import { FIRST, LOADS, reportOf } from "../support/board.js";
import { judge } from "../support/judge.js";

interface Outcome {
	heaps: { slots: number; chunkBytes: number }[];
	attempts: number;
	published: number;
	dropped: number;
	refused: number;
	sent: number[];
}

test.each(LOADS)(
	"seven hours offline with two messages a second in fixed memory, %s",
	async (_how, preload) => {
		const outcome = await reportOf<Outcome>({ firmware: "test/xs/firmware/offline", preload });
		const { heaps, attempts, published, dropped, refused, sent } = outcome;
		const readings = 7 * 3600;
		expect(heaps).toEqual(Array(7).fill(heaps[0]));
		expect({ published, dropped, refused }).toEqual({
			published: 2 * readings,
			dropped: 2 * readings - 5,
			refused: 0,
		});
		expect(attempts).toBeGreaterThan(200);
		// The pool has the last four; the sensor has the last one.
		const newest = judge(Uint8Array.from(sent)).map(
			(packet) => (packet.cmd === "publish" ? packet : undefined)!,
		);
		const values = newest.map(({ topic, payload }) =>
			topic === "all" ? (payload as Buffer).readUInt32BE() : Number(payload.toString()),
		);
		expect(values.sort()).toEqual([readings - 3, readings - 2, readings - 1, readings, readings]);
	},
	FIRST,
);
