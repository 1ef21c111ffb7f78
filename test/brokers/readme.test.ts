// The README's apps run as they stand, as firmware on the desktop host: only the broker's address and the waiting times are
// the test's. Needs build/, which "npm test" makes first.

import { mkdirSync, writeFileSync } from "node:fs";
import { transformSync } from "@swc/core";
import { sdk } from "../../hosts/desktop/sdk.js";
import { FIRST, start } from "../support/board.js";
import { judge, startMosquitto } from "../support/brokers.js";
import { readmeApps } from "../support/readme.js";

/** What each of them must tell, in order. */
const TELLS: [topic: string, payload: RegExp][] = [
	["kitchen/temperature", /^2\d\.\d$/],
	["kitchen/report", /^\{"celsius":21\.5\}$/],
	[
		"garden/weather",
		/^\{"time":\d+,"temperature":2\d\.\d,"water":\d\.\d\d,"battery":3\.90,"quality":"good"\}$/,
	],
	[
		"garden/status",
		/^\{"state":"online","version":"1.4.0","reset":"Power-On","signal":(null|-\d+),"heap":20480\}$/,
	],
	["garden/gate/tilt", /^..$/s],
	["kitchen/temperature", /^21\.5$/],
];

test("there is an app for each", () => {
	expect(readmeApps()).toHaveLength(TELLS.length);
});

test.each(TELLS.map(([topic, payload], i) => [topic, payload, i] as const))(
	"the one that tells %s, as %s",
	async (topic, payload, i) => {
		const broker = await startMosquitto();
		const peer = await judge(broker.port);
		await peer.subscribe(topic);
		const app = readmeApps()
			[i].replace('host: "broker.local"', `host: "127.0.0.1", port: ${broker.port}`)
			.replace(/60_000|10_000/, "500");
		const { code } = transformSync(app, {
			swcrc: false,
			configFile: false,
			jsc: { target: "es2022", parser: { syntax: "typescript" } },
			module: { type: "es6" },
		});
		mkdirSync("build/readme", { recursive: true });
		writeFileSync(`build/readme/app${i}.js`, code);
		const device = await start({
			firmware: `readme/app${i}`,
			...sdk,
			preload: [...sdk.preload, "xs-mqtt/v5"],
		});
		await peer.find((it) => it.topic === topic && payload.test(it.payload));
		await device.board.stop();
	},
	FIRST,
);
