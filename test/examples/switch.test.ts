// examples/switch on the desktop host, with real brokers.

import { FIRST } from "../support/board.js";
import { BROKERS, judge, unique } from "../support/brokers.js";
import { startExample } from "./example.js";

test.each(BROKERS)(
	"switches its output, tells its state to all and to those who come later, says farewell, with %s",
	async (_broker, startBroker) => {
		const { port, leaves } = await startBroker();
		const name = unique("switch");
		const other = await (await judge(port)).subscribe(`${name}/#`);
		const device = await startExample<{ on: boolean }>("switch", { port, name });
		const state = (payload: string) =>
			other.find((it) => it.topic === `${name}/state` && it.payload === payload);
		await state("0");
		const online = await other.find(({ topic }) => topic === `${name}/status`);
		expect(JSON.parse(online.payload)).toEqual({
			state: "online",
			version: "1.0.0",
			reset: "Power-On",
			signal: null,
			heap: expect.any(Number),
		});
		for (const text of ["on", "2", "", "11", "x".repeat(2000)]) await other.publish(`${name}/set`, text);
		await other.publish(`${name}/set`, "1");
		await state("1");
		const late = await (await judge(port)).subscribe(`${name}/#`);
		expect(await late.find(({ topic }) => topic === `${name}/state`)).toMatchObject({
			payload: "1",
			retain: true,
		});
		await other.publish(`${name}/set`, "0");
		await other.atLeast(3, ({ topic }) => topic === `${name}/state`);
		await device.board.stop();
		expect(JSON.parse((await other.find(({ payload }) => payload.includes("offline"))).payload)).toEqual({
			state: "offline",
		});
		expect(await leaves.find(({ clientId }) => clientId.startsWith(name))).toMatchObject({ orderly: true });
		await other.settled();
		expect(other.payloads(`${name}/state`)).toEqual(["0", "1", "0"]);
		// At start, at connect, and as it was told.
		expect(device.all.map(({ on }) => on)).toEqual([false, true, false]);
	},
	FIRST,
);

test("keeps its output through a lost connection, and tells of it again", async () => {
	const { port } = await BROKERS[0][1]();
	const name = unique("switch");
	const other = await (await judge(port)).subscribe(`${name}/#`);
	const device = await startExample<{ on: boolean }>("switch", { port, name });
	const states = () => other.payloads(`${name}/state`);
	await other.find(({ topic }) => topic === `${name}/state`);
	await other.publish(`${name}/set`, "1");
	await other.atLeast(2, ({ topic }) => topic === `${name}/state`);
	device.board.cut();
	device.board.restore();
	await other.atLeast(3, ({ topic }) => topic === `${name}/state`);
	expect(states()).toEqual(["0", "1", "1"]);
	expect(device.all.slice(1).every(({ on }) => on)).toBe(true);
}, 60_000);
