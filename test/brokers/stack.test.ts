// An ESP8266 has 256 slots of stack: an app that does everything in callbacks must get by with them.

import { FIRST, LOADS, STACKS, start } from "../support/board.js";
import { startMosquitto, unique } from "../support/brokers.js";

const [, [, preload]] = LOADS;

test.each(STACKS)(
	"subscribing and publishing in callbacks, with sockets of %s",
	async (stack) => {
		const { port } = await startMosquitto();
		const config = { port, topic: unique("deep") };
		const firmware = "test/brokers/firmware/deep";
		const device = await start({ firmware, board: "esp8266", stack, preload, config });
		// Its own message, that of the handler, and that of Status.
		for (let i = 0; i < 3; i++) await device.next();
		expect((await device.board.counters()).stack).toBeLessThan(250);
	},
	FIRST,
);
