// node --test main.test.js, with a broker on port 1883 of this computer

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Board, sdk } from "xs-mqtt/desktop";

const firmware = fileURLToPath(new URL("main.js", import.meta.url));
const config = { host: "127.0.0.1", port: Number(process.env.PORT ?? 1883) };

test("this app makes no garbage on an ESP8266", async () => {
	const board = await new Board({ ...sdk, firmware, config, board: "esp8266" }).start();
	await board.next("trace", ({ text }) => text.startsWith("connected"));
	await setTimeout(2000); // the first reading is sent
	const { used, limit } = await board.collect();
	board.mark();
	await setTimeout(5000);
	const { slotsAllocated, chunkBytesAllocated } = await board.counters();
	await board.unplug();
	console.log(`it takes ${used} of ${limit} bytes`);
	assert.deepEqual({ slotsAllocated, chunkBytesAllocated }, { slotsAllocated: 0, chunkBytesAllocated: 0 });
});
