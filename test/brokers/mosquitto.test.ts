// What only a broker that can be restarted, and boards that can be unplugged, show: nothing is lost on the way.

import { connectAsync, type MqttClient } from "mqtt";
import type { IPublishPacket } from "mqtt-packet";
import { AedesBroker } from "../support/aedes.js";
import { inNode, next, onBoard, PLACES } from "../support/app.js";
import { FIRST, STACKS } from "../support/board.js";
import { Mosquitto } from "../support/mosquitto.js";
import { Proxy } from "../support/proxy.js";

let broker: Mosquitto;
const others: MqttClient[] = [];

beforeAll(async () => {
	broker = await Mosquitto.start({ board: "right", other: "other" });
}, FIRST);

afterEach(async () => {
	for (const other of others.splice(0)) await other.endAsync(true);
});

afterAll(() => broker.stop());

const client = (clientId: string, more: object = {}) => ({
	host: "127.0.0.1",
	port: broker.port,
	clientId,
	username: "board",
	password: "right",
	...more,
});

/** An independent client whose session outlives the broker, and what it hears. */
async function listener(filter: string) {
	const other = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {
		username: "other",
		password: "other",
		clientId: `listener-${filter.replaceAll(/[/#]/g, "-")}`,
		clean: false,
		reconnectPeriod: 50,
	});
	others.push(other);
	const all: string[] = [];
	let wake = () => {};
	other.on("message", (_topic, payload) => {
		all.push(payload.toString());
		wake();
	});
	await other.subscribeAsync(filter, { qos: 1 });
	const heard = async (...texts: string[]) => {
		while (!texts.every((text) => all.includes(text)))
			await new Promise<void>((resolve) => {
				wake = resolve;
			});
		return all;
	};
	return { other, all, heard };
}

describe.each(PLACES)("%s", (place, startApp) => {
	const root = place.replaceAll(" ", "-");

	test("the right password is let in, and what is wrong is named", async () => {
		const right = await startApp({ client: client(`${root}-right`) });
		await next(right, "connected");
		const wrong = await startApp({ client: client(`${root}-wrong`, { password: "wrong" }) });
		await next(wrong, "disconnected", { reason: "REFUSED_AUTHORIZATION" }); // Mosquitto's answer to both
		const nobody = await startApp({
			client: client(`${root}-nobody`, { username: undefined, password: undefined }),
		});
		await next(nobody, "disconnected", { reason: "REFUSED_AUTHORIZATION" });
	}, 20_000);

	test("what is held over a restart of the broker arrives, in order, again with DUP", async () => {
		const topic = `${root}/restart`;
		const { all, heard } = await listener(topic);
		const proxy = await Proxy.start(broker.port);
		try {
			const app = await startApp({ client: client(`${root}-restart`, { port: proxy.port }), topic });
			await next(app, "connected");
			app.command(1);
			await next(app, "delivered");
			proxy.muted = true; // they arrive, and nobody says so
			for (const value of [2, 3, 4]) app.command(value);
			await heard("2", "3", "4");
			await broker.end();
			await next(app, "disconnected", { reason: "CONNECTION_LOST" });
			for (const value of [5, 6, 7]) app.command(value);
			proxy.muted = false;
			await broker.start();
			await next(app, "connected", { sessionPresent: true });
			for (let i = 0; i < 6; i++) await next(app, "delivered");
			await heard("5", "6", "7");
			const firsts = [...new Set(all)];
			expect(firsts).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
			const published = proxy.sent
				.flat()
				.filter((packet): packet is IPublishPacket => packet.cmd === "publish")
				.map(({ payload, dup }) => `${payload}${dup ? " again" : ""}`);
			expect(published).toEqual(["1", "2", "3", "4", "2 again", "3 again", "4 again", "5", "6", "7"]);
			expect(app.reports.all.filter(({ event }) => event === "dropped")).toEqual([]);
		} finally {
			await proxy.stop();
		}
	}, 30_000);
});

describe.each(STACKS)("a board with sockets of %s", (stack) => {
	test("that is unplugged is offline by its will", async () => {
		const status = `${stack}/unplugged/status`;
		const { heard } = await listener(status);
		const app = await onBoard(stack, { client: client(`${stack}-unplugged`), status });
		await heard("online");
		await app.board.unplug();
		expect(await heard("offline")).toEqual(["online", "offline"]);
	}, 20_000);

	test("that loses its network is back with its session, and nothing is lost either way", async () => {
		const topic = `${stack}/cut`;
		const { other, all, heard } = await listener(topic);
		const app = await onBoard(stack, { client: client(`${stack}-cut`), topic, subscribe: [`${stack}/in`] });
		expect(await next(app, "connected")).toMatchObject({ sessionPresent: false });
		await next(app, "subscribed");
		app.command(1);
		await next(app, "delivered");
		app.board.cut();
		await next(app, "disconnected");
		for (const value of [2, 3, 4]) app.command(value);
		for (const text of ["a", "b"]) await other.publishAsync(`${stack}/in`, text, { qos: 1 });
		app.board.restore();
		await next(app, "connected", { sessionPresent: true });
		await next(app, "message", { text: "a" });
		await next(app, "message", { text: "b" });
		await heard("2", "3", "4");
		expect(all).toEqual(["1", "2", "3", "4"]);
	}, 30_000);

	test("whose link is half-open finds out, and delivers when it is back", async () => {
		const topic = `${stack}/frozen`;
		const { all, heard } = await listener(topic);
		const app = await onBoard(stack, { client: client(`${stack}-frozen`, { replyTimeout: 1000 }), topic });
		await next(app, "connected");
		app.board.freeze();
		for (const value of [1, 2, 3]) app.command(value);
		await next(app, "disconnected", { reason: "NO_REPLY" });
		app.command(4);
		app.board.restore();
		await next(app, "connected");
		await heard("1", "2", "3", "4");
		expect([...new Set(all)]).toEqual(["1", "2", "3", "4"]);
	}, 30_000);

	test("that only listens finds a half-open link by its keepalive", async () => {
		const app = await onBoard(stack, {
			client: client(`${stack}-listening`, { keepAlive: 2000, replyTimeout: 1000 }),
			subscribe: [`${stack}/listening`],
		});
		await next(app, "subscribed");
		app.board.freeze();
		await next(app, "disconnected", { reason: "NO_REPLY" });
		app.board.restore();
		await next(app, "connected", { sessionPresent: true });
	}, 30_000);
});

test.each([
	[2, "REFUSED_IDENTIFIER"],
	[3, "REFUSED_UNAVAILABLE"],
	[4, "REFUSED_CREDENTIALS"],
	[5, "REFUSED_AUTHORIZATION"],
])(
	"aedes' refusal with code %d is %s",
	async (returnCode, reason) => {
		const aedes = await AedesBroker.start();
		try {
			aedes.aedes.authenticate = (_client, _username, _password, done) => {
				done(Object.assign(new Error("no"), { returnCode }), false);
			};
			const app = await inNode({ client: { host: "127.0.0.1", port: aedes.port, clientId: "refused" } });
			await next(app, "disconnected", { reason });
		} finally {
			await aedes.stop();
		}
	},
	20_000,
);
