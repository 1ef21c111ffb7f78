// Boards with real brokers: what the broker itself saw of an end, of packet identifiers and of DUP.

import { jest } from "@jest/globals";
import { next, onBoard } from "../support/app.js";
import { STACKS } from "../support/board.js";
import { BROKERS, type Broker, judge, startMosquitto, unique } from "../support/brokers.js";
import { CLOSE } from "./firmware/app.js";

/** A guard against hanging; the first run on a computer compiles the engine. */
jest.setTimeout(300_000);

const PLACES = BROKERS.flatMap(([name, startBroker]) =>
	STACKS.map((stack): [string, (typeof STACKS)[number], typeof startBroker] => [name, stack, startBroker]),
);

/** Fails unless every packet identifier that the broker met again had DUP, and it met `ids` first in this order. */
function expectRepeatsAreMarked(broker: Broker, clientId: string, ids: number[]): void {
	const met = new Set<number>();
	for (const arrival of broker.arrivals.all) {
		if (arrival.clientId !== clientId || !ids.includes(arrival.id)) continue;
		if (met.has(arrival.id)) expect(arrival.dup).toBe(true);
		met.add(arrival.id);
	}
	expect([...met]).toEqual(ids);
}

describe.each(PLACES)("with %s and sockets of %s", (_name, stack, startBroker) => {
	let broker: Broker;
	let id: string;
	beforeAll(async () => {
		broker = await startBroker();
	});
	beforeEach(() => {
		id = unique("board");
	});

	async function board(options: object = {}) {
		const client = { host: "127.0.0.1", port: broker.port, clientId: id, ...options };
		const app = await onBoard(stack, { client, topic: `${id}/value`, status: `${id}/status` });
		await next(app, "connected");
		return app;
	}
	type App = Awaited<ReturnType<typeof board>>;

	async function publish(app: App, values: number[]): Promise<number[]> {
		const ids: number[] = [];
		for (const value of values) {
			app.command(value);
			ids.push((await next(app, "published", { value })).id);
		}
		expect(Math.min(...ids)).toBeGreaterThan(0);
		return ids;
	}
	async function delivered(app: App, ids: number[]): Promise<void> {
		for (const id of ids) await next(app, "delivered", { id });
	}

	test("a board that is unplugged leaves without DISCONNECT, and is offline for new subscribers", async () => {
		const other = await (await judge(broker.port)).subscribe(`${id}/#`);
		const app = await board();
		await other.find(({ payload }) => payload === "online");
		await app.board.unplug();
		await other.find(({ payload }) => payload === "offline");
		expect(await broker.leaves.find(({ clientId }) => clientId === id)).toEqual({
			clientId: id,
			orderly: false,
		});
		const late = await (await judge(broker.port)).subscribe(`${id}/status`);
		expect(await late.find(({ topic }) => topic === `${id}/status`)).toMatchObject({
			payload: "offline",
			retain: true,
		});
	});

	test("a board that closes delivers what it holds, says farewell and DISCONNECT: no will", async () => {
		const other = await (await judge(broker.port)).subscribe(`${id}/#`);
		const app = await board({ window: 1 });
		for (const value of [1, 2, 3, 4, 5, 6]) app.command(value);
		app.command(CLOSE);
		await next(app, "disconnected", { reason: "CLOSED_BY_APP" });
		expect(await broker.leaves.find(({ clientId }) => clientId === id)).toEqual({
			clientId: id,
			orderly: true,
		});
		await other.settled();
		expect(other.on().map(({ payload }) => payload)).toEqual([
			"online",
			"1",
			"2",
			"3",
			"4",
			"5",
			"6",
			"offline",
		]);
		expect(app.reports.all.filter(({ event }) => event === "dropped")).toEqual([]);
	});

	test.each(["cut", "freeze"] as const)(
		"what is published before, during and after a %s arrives",
		async (fault) => {
			const other = await (await judge(broker.port)).subscribe(`${id}/value`);
			const app = await board({ keepAlive: 2000, replyTimeout: 1000, connectTimeout: 1000 });
			const ids = await publish(app, [1, 2]);
			app.board[fault]();
			ids.push(...(await publish(app, [3, 4])));
			await next(app, "disconnected", { reason: fault === "freeze" ? "NO_REPLY" : "CONNECTION_LOST" });
			ids.push(...(await publish(app, [5, 6])));
			app.board.restore();
			await next(app, "connected");
			ids.push(...(await publish(app, [7, 8])));
			await delivered(app, ids);
			await other.settled();
			expect([...new Set(other.payloads(`${id}/value`))]).toEqual(["1", "2", "3", "4", "5", "6", "7", "8"]);
			expectRepeatsAreMarked(broker, id, ids);
		},
	);
});

test.each(STACKS)("with sockets of %s, a restart of Mosquitto amid a burst loses nothing", async (stack) => {
	const broker = await startMosquitto();
	const id = unique("board");
	const other = await (await judge(broker.port, { clientId: unique("judge"), clean: false })).subscribe(id);
	const client = { host: "127.0.0.1", port: broker.port, clientId: id, packets: 16 };
	const app = await onBoard(stack, { client, topic: id });
	await next(app, "connected");
	for (let value = 1; value <= 6; value++) app.command(value);
	const first = await next(app, "delivered");
	await broker.halt();
	await next(app, "disconnected", { reason: "CONNECTION_LOST" });
	for (let value = 7; value <= 12; value++) app.command(value);
	await broker.start();
	await next(app, "connected", { sessionPresent: true });
	const ids: number[] = [];
	for (let value = 1; value <= 12; value++) ids.push((await next(app, "published", { value })).id);
	expect(first.id).toBe(ids[0]);
	for (const id of ids.slice(1)) await next(app, "delivered", { id });
	await other.find(({ payload }) => payload === "12");
	expect([...new Set(other.payloads(id))]).toEqual(ids.map((_, i) => String(i + 1)));
	expectRepeatsAreMarked(broker, id, ids);
});
