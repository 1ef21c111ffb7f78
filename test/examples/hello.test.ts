// examples/hello, judged by the test that stands beside it, as its reader would run it.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { FIRST } from "../support/board.js";
import { judge, startMosquitto } from "../support/brokers.js";

const run = promisify(execFile);

test(
	"its readings arrive, and its own test says that it makes no garbage",
	async () => {
		const { port } = await startMosquitto();
		const peer = await (await judge(port)).subscribe("hello/uptime");
		const { stdout } = await run(
			"node",
			["--test", "--test-reporter=tap", "build/examples/hello/main.test.js"],
			{
				env: { ...process.env, PORT: String(port), NODE_OPTIONS: "" },
			},
		);
		expect(stdout).toMatch(/^ok 1 - this app makes no garbage on an ESP8266$/m);
		const seconds = peer.on("hello/uptime").map(({ payload }) => Number(payload));
		expect(seconds.length).toBeGreaterThan(3);
		expect(seconds).toEqual(seconds.map((_, i) => seconds[0] + i));
	},
	FIRST,
);
