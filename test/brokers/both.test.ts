// What every broker has to do, with aedes and with Mosquitto, from Node and from boards. mqtt.js is the other side.

import { connectAsync, type MqttClient } from "mqtt";
import { AedesBroker } from "../support/aedes.js";
import { next, PLACES, type StartApp } from "../support/app.js";
import { FIRST } from "../support/board.js";
import { Mosquitto } from "../support/mosquitto.js";
import { CLEAR, CLOSE } from "./firmware/app.js";

const BROKERS: [string, () => Promise<AedesBroker | Mosquitto>][] = [
	["aedes", () => AedesBroker.start()],
	["Mosquitto", () => Mosquitto.start()],
];

interface Heard {
	topic: string;
	text: string;
	qos: number;
	retain: boolean;
}

describe.each(BROKERS)("through %s", (_broker, startBroker) => {
	let broker: AedesBroker | Mosquitto;
	const others: MqttClient[] = [];

	beforeAll(async () => {
		broker = await startBroker();
	}, FIRST);

	afterEach(async () => {
		for (const other of others.splice(0)) await other.endAsync(true);
	});

	afterAll(() => broker.stop());

	/** An independent client that has subscribed, and what it hears. */
	async function listener(
		filter: string,
	): Promise<{ other: MqttClient; heard: (count: number) => Promise<Heard[]> }> {
		const other = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 0 });
		others.push(other);
		const all: Heard[] = [];
		let wake = () => {};
		other.on("message", (topic, payload, { qos, retain }) => {
			all.push({ topic, text: payload.toString(), qos, retain });
			wake();
		});
		await other.subscribeAsync(filter, { qos: 1 });
		const heard = async (count: number) => {
			while (all.length < count)
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			return all;
		};
		return { other, heard };
	}

	describe.each(PLACES)("%s", (place, startApp: StartApp) => {
		const root = `${place.replaceAll(" ", "-")}`;
		const client = (more: object = {}) => ({
			host: "127.0.0.1",
			port: broker.port,
			clientId: root,
			clean: true,
			...more,
		});

		test("messages at QoS 0 and 1 go both ways", async () => {
			const subscribe = [`${root}/set/+`, `${root}/now/0`];
			const { other, heard } = await listener(`${root}/out/#`);
			for (const qos of [0, 1] as const) {
				const app = await startApp({ client: client(), topic: `${root}/out/${qos}`, qos, subscribe });
				await next(app, "subscribed", { code: 1 });
				await next(app, "subscribed", { code: 0 });
				for (let value = 0; value < 6; value++) app.command(value);
				if (qos === 1) for (let i = 0; i < 6; i++) await next(app, "delivered");
				const all = await heard(6 + qos * 6);
				expect(all.slice(-6)).toEqual(
					[0, 1, 2, 3, 4, 5].map((i) => ({ topic: `${root}/out/${qos}`, text: `${i}`, qos, retain: false })),
				);
				await other.publishAsync(`${root}/set/a`, "21 °C 🌡", { qos: 1 });
				await other.publishAsync(`${root}/set/b`, "", { qos: 0 });
				await other.publishAsync(`${root}/now/0`, "x".repeat(300), { qos: 1 });
				expect(await next(app, "message", { topic: `${root}/set/a` })).toMatchObject({
					text: "21 °C 🌡",
					qos: 1,
				});
				expect(await next(app, "message", { topic: `${root}/set/b` })).toMatchObject({ text: "", qos: 0 });
				expect(await next(app, "message", { topic: `${root}/now/0` })).toMatchObject({ qos: 0 });
				app.command(CLOSE);
				await next(app, "disconnected", { reason: "CLOSED_BY_APP" });
			}
		}, 20_000);

		test("a retained message stays until an empty one clears it", async () => {
			const topic = `${root}/kept`;
			const app = await startApp({ client: client(), topic, retain: true, subscribe: [topic] });
			await next(app, "subscribed");
			app.command(42);
			await next(app, "delivered");
			await next(app, "message", { text: "42", retain: false });
			const first = await listener(topic);
			expect(await first.heard(1)).toEqual([{ topic, text: "42", qos: 1, retain: true }]);
			app.command(CLEAR);
			await next(app, "message", { text: "", retain: false });
			const second = await listener(topic);
			app.command(43);
			// Nothing was there, so what comes first is new.
			expect(await second.heard(1)).toEqual([{ topic, text: "43", qos: 1, retain: false }]);
			app.command(CLEAR);
			await next(app, "message", { text: "" });
		}, 20_000);

		test("close says farewell, delivers what is held, and disconnects without a will", async () => {
			const status = `${root}/status`;
			const { heard } = await listener(`${root}/+`);
			const app = await startApp({ client: client(), status, topic: `${root}/value` });
			await next(app, "connected");
			for (let value = 0; value < 5; value++) app.command(value);
			app.command(CLOSE);
			await next(app, "disconnected", { reason: "CLOSED_BY_APP" });
			const all = (await heard(7)).map(({ text }) => text);
			expect(all).toEqual(["online", "0", "1", "2", "3", "4", "offline"]);
			expect(app.reports.all.filter(({ event }) => event === "dropped")).toEqual([]);
			const again = await listener(status);
			expect(await again.heard(1)).toMatchObject([{ text: "offline", retain: true }]);
		}, 20_000);

		test("one that only publishes at QoS 0 keeps the broker content", async () => {
			const { heard } = await listener(`${root}/busy`);
			const app = await startApp({ client: client({ keepAlive: 1000 }), topic: `${root}/busy`, qos: 0 });
			await next(app, "connected");
			// The broker hangs up after one and a half times the keepalive time; this is three times that, and more.
			for (let value = 0; value < 16; value++) {
				app.command(value);
				await new Promise((later) => setTimeout(later, 300));
			}
			expect(await heard(16)).toHaveLength(16);
			expect(app.reports.all.filter(({ event }) => event === "disconnected")).toEqual([]);
		}, 20_000);

		test("two of the same name do not fight without pause", async () => {
			const config = { client: client({ reconnectMinimum: 400, reconnectMaximum: 60_000 }), random: 0.99 };
			const first = await startApp(config);
			await next(first, "connected");
			const second = await startApp(config);
			await next(second, "connected");
			await next(first, "disconnected", { reason: "CONNECTION_LOST" });
			await next(second, "disconnected", { reason: "CONNECTION_LOST" });
			await new Promise((later) => setTimeout(later, 3000));
			const connects = [first, second].map(
				({ reports }) => reports.all.filter(({ event }) => event === "connected").length,
			);
			// Delays of 0.4, 0.8, 1.6 and 3.2 seconds at least, for each of the two.
			expect(connects[0] + connects[1]).toBeLessThanOrEqual(10);
		}, 20_000);
	});
});
