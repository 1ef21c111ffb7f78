// The first promise, counted in the allocator of the real engine: once connected, nothing allocates.

import { FIRST, LOADS, reportOf, STACKS } from "../support/board.js";
import { Echo } from "../support/echo.js";
import type { Allocated } from "./firmware/heap.js";

const FIRMWARE = [
	["plain", "garbage"],
	["over WebSocket", "garbage-websocket"],
	["published in MQTT 5.0", "garbage5-publish"],
	["received in MQTT 5.0", "garbage5-receive"],
];

test.each(
	LOADS.flatMap((load) => FIRMWARE.map((firmware) => [firmware[0], firmware[1], load[0], load[1]] as const)),
)(
	"no operation %s (%s) allocates a slot or a byte of chunk, %s",
	async (_what, firmware, _how, preload) => {
		const found = await reportOf<Record<string, Allocated>>({
			firmware: `test/xs/firmware/${firmware}`,
			config: { count: 1000 },
			preload,
		});
		expect(Object.keys(found).length).toBeGreaterThan(30);
		const guilty = Object.entries(found).filter(([, it]) => it.slots + it.chunkBytes + it.collections > 0);
		expect(guilty).toEqual([]);
	},
	FIRST,
);

describe.each(STACKS)("through real sockets of %s", (stack) => {
	test.each(LOADS)(
		"1000 messages each way allocate nothing, %s",
		async (_how, preload) => {
			const echo = await Echo.start();
			try {
				const { received, delivered, ...found } = await reportOf<
					Allocated & { received: number; delivered: number }
				>({
					firmware: "test/xs/firmware/garbage-tcp",
					config: { port: echo.port, count: 1000 },
					stack,
					preload,
				});
				expect(received).toBeGreaterThanOrEqual(1200);
				expect(delivered).toBeGreaterThanOrEqual(600);
				expect(found).toEqual({ slots: 0, chunkBytes: 0, collections: 0 });
			} finally {
				await echo.stop();
			}
		},
		60_000,
	);
});
