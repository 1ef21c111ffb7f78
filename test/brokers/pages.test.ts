// The apps on the pages run as they stand, as firmware on the desktop host: only the broker's address and the waiting times
// are the test's. Needs build/, which "npm test" makes first.

import { mkdirSync, writeFileSync } from "node:fs";
import { transformSync } from "@swc/core";
import { connectAsync } from "mqtt";
import { sdk } from "../../hosts/desktop/sdk.js";
import { FIRST, start } from "../support/board.js";
import { endLater, judge, startMosquitto } from "../support/brokers.js";
import { isApp, snippets } from "../support/snippets.js";

type Published = [topic: string, payload: RegExp];

/** What each app publishes; or, as an expression alone, traces; or it only connects. */
const TELLS: Record<string, Published | RegExp | "connects"> = {
	"README.md 1": ["hello/uptime", /^[123]$/],
	"README.md 2": ["kitchen/temperature", /^2\d\.\d$/],
	"docs/authentication.md 2": /does not know this authentication method/,
	"docs/mqtt-5.md 1": ["kitchen/report", /^\{"celsius":21\.5\}$/],
	"docs/mqtt-5.md 4": "connects",
	"docs/publish.md 1": ["kitchen/note", /^the kettle boils$/],
	"docs/publish.md 2": ["kitchen/picture", /^.{20000}$/s],
	"docs/publish.md 3": ["garden/gate/tilt", /^..$/s],
	"docs/requests.md 1": ["cellar/pump/start", /^1$/],
	"docs/requests.md 2": ["answers/me", /^ok$/],
	"docs/sensors.md 1": ["kitchen/temperature", /^2\d\.\d$/],
	"docs/sensors.md 2": [
		"garden/weather",
		/^\{"time":\d+,"temperature":2\d\.\d,"water":\d\.\d\d,"battery":3\.90,"quality":"good"\}$/,
	],
	"docs/sleep.md 1": ["kitchen/temperature", /^21\.5$/],
	"docs/status.md 1": [
		"garden/status",
		/^\{"state":"online","version":"1.4.0","reset":"Power-On","signal":(null|-\d+),"heap":20480\}$/,
	],
	"docs/subscribe.md 1": /^kitchen\/lamp\/set is to be on$/,
};

const APPS = snippets().filter(isApp);

test("each app is run", () => {
	expect(APPS.map(({ where }) => where).sort()).toEqual(Object.keys(TELLS).sort());
});

/** Asks whoever answers (docs/requests.md): what is retained waits for it. */
async function ask(port: number): Promise<void> {
	const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 });
	endLater(() => client.endAsync(true));
	await client.publishAsync("cellar/pump/start", "1", {
		qos: 1,
		retain: true,
		properties: { responseTopic: "answers/me" },
	});
}

test.each(APPS.map((it) => [it.where, it.code]))(
	"%s",
	async (where, code) => {
		const broker = await startMosquitto();
		const tells = TELLS[where];
		const published = Array.isArray(tells) ? tells : undefined;
		const peer = await judge(broker.port);
		if (published !== undefined) await peer.subscribe(published[0]);
		if (where.startsWith("docs/requests.md")) await ask(broker.port);
		const app = transformSync(
			code
				.replace('host: "broker.local"', `host: "127.0.0.1", port: ${broker.port}`)
				.replace(/60_000|10_000/, "500"),
			{
				swcrc: false,
				configFile: false,
				jsc: { target: "es2022", parser: { syntax: "typescript" } },
				module: { type: "es6" },
			},
		);
		mkdirSync("build/pages", { recursive: true });
		const firmware = `pages/${where.replaceAll(/\W+/g, "-")}`;
		writeFileSync(`build/${firmware}.js`, app.code);
		const device = await start({
			firmware,
			config: { host: "127.0.0.1", port: broker.port },
			...sdk,
			preload: [...sdk.preload, "xs-mqtt/v5", "xs-mqtt/request"],
		});
		if (published !== undefined)
			await peer.find((it) => it.topic === published[0] && published[1].test(it.payload));
		else if (tells instanceof RegExp) await device.traces.next((text) => tells.test(text));
		else await broker.comers.find((id) => id.startsWith("xs-mqtt-"));
		await device.board.stop();
	},
	FIRST,
);
