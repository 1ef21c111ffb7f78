// An ESP8266 has 256 slots of stack: an app that does everything in callbacks must get by with them.

import { Board } from "../../hosts/desktop/board.js";
import { FIRST, LOADS, STACKS } from "../support/board.js";
import { startMosquitto, unique } from "../support/brokers.js";

const [, [, preload]] = LOADS;

test.each(STACKS)(
	"subscribing and publishing in callbacks, with sockets of %s",
	async (stack) => {
		const { port } = await startMosquitto();
		const config = { port, topic: unique("deep") };
		const firmware = "build/test/brokers/firmware/deep.js";
		const board = new Board({ firmware, board: "esp8266", stack, preload, config, memory: 0 });
		await board.start();
		try {
			// Its own message, that of the handler, and that of Status.
			for (let i = 0; i < 3; i++) await board.next("report");
			expect((await board.counters()).stack).toBeLessThan(250);
		} finally {
			await board.stop();
		}
	},
	FIRST,
);
