// Boards in the real engine with real brokers: messages both ways, sessions, and who finds out that a link is dead.

import { type Device, FIRST, LOADS, STACKS, start } from "../support/board.js";
import {
	BROKERS,
	type Broker,
	judge,
	type Mosquitto,
	startAedes,
	startMosquitto,
	unique,
} from "../support/brokers.js";
import type { AppConfig, Report } from "./firmware/board.js";
import { CLEAR } from "./firmware/commands.js";

type App = Device<Report>;
type Of<E extends Report["event"]> = Extract<Report, { event: E }>;

/** The next report of an event, with what else it has to have. */
function next<E extends Report["event"]>(app: App, event: E, rest: Partial<Of<E>> = {}): Promise<Report> {
	const wanted = Object.entries({ ...rest, event });
	return app.next((report) =>
		wanted.every(([key, value]) => (report as unknown as Record<string, unknown>)[key] === value),
	);
}

function all<E extends Report["event"]>(app: App, event: E): Of<E>[] {
	return app.all.filter((report): report is Of<E> => report.event === event);
}

describe.each(STACKS)("a board with sockets of %s", (stack) => {
	/** The client preloaded, as on a board. */
	function board(config: AppConfig): Promise<App> {
		return start<Report>({
			firmware: "test/brokers/firmware/board",
			stack,
			preload: LOADS[1][1],
			config: { ...config },
		});
	}

	describe.each(BROKERS)("and %s", (_name, startBroker) => {
		let broker: Broker;
		beforeAll(async () => {
			broker = await startBroker();
		}, FIRST);

		test.each([0, 1] as const)(
			"messages go both ways at QoS %d",
			async (qos) => {
				const id = unique("ways");
				const other = await (await judge(broker.port)).subscribe(`${id}/out`);
				const client = { port: broker.port, clientId: id };
				const app = await board({ client, topic: `${id}/out`, qos, subscribe: [`${id}/+/in`] });
				await next(app, "subscribed", { code: 1 });
				for (let value = 0; value < 8; value++) app.board.reading(value);
				await other.atLeast(8, ({ topic }) => topic === `${id}/out`);
				expect(other.payloads(`${id}/out`)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
				expect(new Set(other.on(`${id}/out`).map((seen) => seen.qos))).toEqual(new Set([qos]));
				for (let i = 0; i < 8 * qos; i++) await next(app, "delivered");
				for (const text of ["21 °C 🌡", "", "x".repeat(400)]) {
					await other.publish(`${id}/é/in`, text, qos);
					expect(await next(app, "message")).toMatchObject({ topic: `${id}/é/in`, text, qos, retain: false });
				}
			},
			20_000,
		);

		test("a retained message stays until an empty one clears it", async () => {
			const id = unique("retained");
			const app = await board({ client: { port: broker.port, clientId: id }, topic: id, retain: true });
			await next(app, "connected");
			app.board.reading(42);
			await next(app, "delivered");
			const first = await (await judge(broker.port)).subscribe(id);
			expect(await first.find(({ topic }) => topic === id)).toMatchObject({ payload: "42", retain: true });
			app.board.reading(CLEAR);
			await next(app, "delivered");
			const second = await (await judge(broker.port)).subscribe(id);
			await second.settled();
			expect(second.on(id)).toEqual([]);
		}, 20_000);

		test("what others say while the network is away waits in the session", async () => {
			const id = unique("away");
			const other = await judge(broker.port);
			const app = await board({ client: { port: broker.port, clientId: id }, subscribe: [id] });
			await next(app, "connected", { sessionPresent: false });
			await next(app, "subscribed");
			app.board.cut();
			await next(app, "disconnected");
			for (const text of ["a", "b"]) await other.publish(id, text);
			app.board.restore();
			await next(app, "connected", { sessionPresent: true });
			await next(app, "message", { text: "b" });
			expect(all(app, "message").map(({ text }) => text)).toEqual(["a", "b"]);
			expect(all(app, "subscribed")).toHaveLength(1);
		}, 30_000);
	});

	test.each(["publishing", "receiving"])(
		"%s at QoS 0 only does not starve the keepalive",
		async (what) => {
			const id = unique("busy");
			const broker = await startAedes(); // its clock is exact, unlike Mosquitto's
			const other = await judge(broker.port);
			await other.subscribe(id);
			const app = await board({
				client: { port: broker.port, clientId: id, keepAlive: 1000 },
				topic: id,
				qos: 0,
				subscribe: [`${id}/in`],
			});
			await next(app, "subscribed");
			// It hangs up after one and a half times the keepalive.
			for (let value = 0; value < 40; value++) {
				if (what === "publishing") app.board.reading(value);
				else await other.publish(`${id}/in`, `${value}`, 0);
				await new Promise((later) => setTimeout(later, 90));
			}
			if (what === "publishing") await other.atLeast(40, ({ topic }) => topic === id);
			else await next(app, "message", { text: "39" });
			expect(all(app, "disconnected")).toEqual([]);
			expect(broker.leaves.all.filter(({ clientId }) => clientId === id)).toEqual([]);
		},
		20_000,
	);

	test("publishing at QoS 0 on a half-open link does not go on for ever", async () => {
		const broker = await startAedes();
		const id = unique("frozen");
		const client = { port: broker.port, clientId: id, keepAlive: 2000, replyTimeout: 1000 };
		const app = await board({ client, topic: id, qos: 0 });
		await next(app, "connected");
		app.board.freeze();
		// Not so many that lwip runs out of segments, which it would tell.
		const timer = setInterval(() => app.board.reading(1), 300);
		try {
			await next(app, "disconnected", { reason: "NO_REPLY" });
		} finally {
			clearInterval(timer);
		}
	}, 20_000);

	describe("and Mosquitto", () => {
		let broker: Mosquitto;
		beforeEach(async () => {
			broker = await startMosquitto({ users: { board: "right", other: "other" } });
		}, 20_000);
		const client = (clientId: string) => ({
			port: broker.port,
			clientId,
			username: "board",
			password: "right",
		});

		test("a wrong password is named", async () => {
			const app = await board({ client: { ...client("wrong"), password: "wrong" } });
			await next(app, "disconnected", { reason: "REFUSED_AUTHORIZATION" });
			expect(all(app, "connected")).toEqual([]);
		}, 20_000);

		test("a silent half-open link is found by keepalive", async () => {
			const id = unique("silent");
			const app = await board({
				client: { ...client(id), keepAlive: 2000, replyTimeout: 1000 },
				subscribe: [id],
			});
			await next(app, "subscribed");
			app.board.freeze();
			await next(app, "disconnected", { reason: "NO_REPLY" });
			app.board.restore();
			await next(app, "connected", { sessionPresent: true });
		}, 30_000);

		test("what a restarted broker has not acknowledged comes again with DUP, and then the rest, in order", async () => {
			const id = unique("restart");
			const app = await board({ client: client(id), topic: id, subscribe: [id] });
			await next(app, "subscribed");
			app.board.reading(1);
			await next(app, "delivered");
			await next(app, "message", { text: "1" });
			await broker.acknowledgements.atLeast(1, (clientId) => clientId === id); // or it would rightly come again
			app.board.freeze(); // these are on their way, and not there yet
			for (const value of [2, 3, 4]) app.board.reading(value);
			await broker.halt();
			app.board.restore();
			await next(app, "disconnected");
			for (const value of [5, 6, 7]) app.board.reading(value);
			await broker.start();
			await next(app, "connected", { sessionPresent: true });
			for (let i = 0; i < 6; i++) await next(app, "delivered");
			// The broker's log may come later than its acknowledgements.
			const arrived = await broker.arrivals.atLeast(7, ({ clientId }) => clientId === id);
			expect(arrived.map(({ dup }) => dup)).toEqual([false, true, true, true, false, false, false]);
			expect(new Set(arrived.map((arrival) => arrival.id)).size).toBe(7);
			await next(app, "message", { text: "7" });
			expect(all(app, "message").map(({ text }) => text)).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
			expect(all(app, "dropped")).toEqual([]);
		}, 30_000);

		test("two boards of the same name do not fight without pause", async () => {
			const id = unique("twin");
			const config = {
				client: { ...client(id), reconnectMinimum: 400, reconnectMaximum: 60_000 },
				random: 0.99,
			};
			const first = await board(config);
			await next(first, "connected");
			const second = await board(config);
			await next(first, "disconnected", { reason: "CONNECTION_LOST" });
			await next(second, "disconnected", { reason: "CONNECTION_LOST" });
			await new Promise((later) => setTimeout(later, 2000));
			// Each waits 0.4, 0.8, 1.6 and 3.2 seconds at least.
			expect(all(first, "connected").length + all(second, "connected").length).toBeLessThanOrEqual(10);
		}, 20_000);
	});
});
