// examples/request-response on the desktop host: two lamps ask each other, and another client asks them, with Mosquitto.

import { connectAsync } from "mqtt";
import { FIRST } from "../support/board.js";
import { endLater, startMosquitto, unique } from "../support/brokers.js";
import { startExample } from "./example.js";

interface Seen {
	on?: boolean;
	answer?: number;
	took?: number;
}

test(
	"lamps ask each other, each hears how the other one stands",
	async () => {
		const { port } = await startMosquitto();
		const names = [unique("a"), unique("b")];
		const devices = await Promise.all(
			names.map((name, i) =>
				startExample<Seen>("request-response", { port, name, other: names[1 - i], interval: 50 }),
			),
		);
		for (const device of devices) {
			for (let i = 0; i < 3; i++) {
				const { answer, took } = await device.next(({ answer }) => answer !== undefined);
				expect([0, 1]).toContain(answer);
				expect(took).toBeLessThan(2000);
			}
			expect(device.all.filter(({ on }) => on !== undefined).length).toBeGreaterThan(0);
		}
		for (const device of devices) await device.board.stop();
	},
	FIRST,
);

test(
	"another client is answered below answers/, with its correlation data, and nowhere else",
	async () => {
		const { port } = await startMosquitto();
		const name = unique("lamp");
		const device = await startExample<Seen>("request-response", { port, name, interval: 100_000 });
		const other = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 });
		endLater(() => other.endAsync());
		const got: [topic: string, payload: string, correlation: string | undefined][] = [];
		other.on("message", (topic, payload, { properties }) =>
			got.push([topic, payload.toString(), properties?.correlationData?.toString()]),
		);
		await other.subscribeAsync(["answers/other", "elsewhere"], { qos: 1 });
		const ask = (payload: string, responseTopic: string, correlation: string) =>
			other.publishAsync(`${name}/switch`, payload, {
				qos: 1,
				properties: { responseTopic, correlationData: Buffer.from(correlation) },
			});
		await device.traces.next((line) => line.startsWith("connected"));
		await ask("1", "elsewhere", "0");
		await ask("1", "answers/other", "one");
		await ask("maybe", "answers/other", "two");
		await ask("0", "answers/other", "three and a bit more");
		while (got.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
		expect(got).toEqual([
			["answers/other", "1", "one"],
			["answers/other", "?", "two"],
			["answers/other", "0", "three and a bit more"],
		]);
		// What the board tells comes by another way than its answers.
		while (device.all.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
		expect(device.all).toEqual([{ on: true }, { on: false }]);
	},
	FIRST,
);
