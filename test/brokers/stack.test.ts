// An ESP8266 has 256 slots of stack: an app that does everything in callbacks must get by with them.

import { FIRST, LOADS, STACKS, start } from "../support/board.js";
import { startMosquitto, unique } from "../support/brokers.js";

const [, [, preload]] = LOADS;

describe.each([
	// Its own message, that of the handler, and that of Status.
	["subscribing and publishing in callbacks", "deep", 3],
	// That of Status, and four of the group, which follow each other.
	["groups and details in callbacks", "deep-telemetry", 5],
])("%s", (_what, name, messages) => {
	test.each(STACKS)(
		"with sockets of %s",
		async (stack) => {
			const { port } = await startMosquitto();
			const config = { port, topic: unique("deep") };
			const firmware = `test/brokers/firmware/${name}`;
			const device = await start({ firmware, board: "esp8266", stack, preload, config });
			for (let i = 0; i < messages; i++) await device.next();
			expect((await device.board.counters()).stack).toBeLessThan(256);
		},
		FIRST,
	);
});
