// WebSocket against servers that others have written: Mosquitto, the package ws in front of aedes, nginx as a proxy. The
// Client runs in the real engine, as on a board, with its sockets.

import { jest } from "@jest/globals";
import * as tlsReasons from "../../src/transport/tls/reasons.js";
import * as reasons from "../../src/transport/websocket/reasons.js";
import { Authority, type Issued } from "../support/authority.js";
import { type Device, LOADS, STACKS, start } from "../support/board.js";
import { judge, unique } from "../support/brokers.js";
import { startAedesWeb, startMosquittoWeb, startNginx, type WebBroker } from "../support/web-brokers.js";
import type { AppConfig, Report } from "./firmware/board.js";
import { CLOSE } from "./firmware/commands.js";

/** Guards against hanging, nothing more: the first run compiles the engine. */
jest.setTimeout(300_000);

type App = Device<Report>;
type Of<E extends Report["event"]> = Extract<Report, { event: E }>;
const [, [, preload]] = LOADS;

const board = (
	client: AppConfig["client"],
	more: Partial<AppConfig> = {},
	stack: "lin" | "lwip" = "lwip",
): Promise<App> =>
	start<Report>({
		firmware: "test/brokers/firmware/board",
		stack,
		preload,
		config: { client: { webSocket: {}, ...client }, ...more },
	});

const next = async <E extends Report["event"]>(app: App, event: E) =>
	(await app.next((report) => report.event === event)) as Of<E>;

let authority: Authority;
let server: Issued;
beforeAll(() => {
	authority = new Authority();
	server = authority.issue();
});
afterAll(() => authority.remove());

const plain = async (broker: WebBroker) => ({ broker, client: { port: broker.port } });
const SERVERS: [string, () => Promise<{ broker: WebBroker; client: AppConfig["client"] }>][] = [
	["Mosquitto", async () => plain(await startMosquittoWeb())],
	["aedes behind ws", async () => plain(await startAedesWeb())],
	[
		"nginx in front of Mosquitto",
		async () => {
			const broker = await startMosquittoWeb();
			return { broker, client: { port: await startNginx(broker.port) } };
		},
	],
	[
		"nginx with TLS in front of ws",
		async () => {
			const broker = await startAedesWeb();
			const port = await startNginx(broker.port, server);
			return { broker, client: { port, host: "localhost", tls: { ca: authority.own.pem } } };
		},
	],
];

describe.each(SERVERS)("%s", (_name, make) => {
	test.each(STACKS)("messages go both ways at each QoS, with sockets of %s", async (stack) => {
		const { broker, client } = await make();
		for (const qos of [0, 1, 2] as const) {
			const id = unique("web");
			const other = await (await judge(broker.plain)).subscribe(`${id}/out`);
			const app = await board(
				{ ...client, clientId: id },
				{ topic: `${id}/out`, qos, subscribe: [`${id}/+/in`] },
				stack,
			);
			await next(app, "subscribed");
			for (let value = 0; value < 8; value++) app.board.reading(value);
			await other.atLeast(8, ({ topic }) => topic === `${id}/out`);
			expect(other.payloads(`${id}/out`)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
			for (let i = 0; qos > 0 && i < 8; i++) await next(app, "delivered");
			for (const text of ["21 °C", "x".repeat(100), "x".repeat(125), "y".repeat(400), "z".repeat(70_000)]) {
				await other.publish(`${id}/é/in`, text, 1);
				let got = "";
				while (got.length < text.length) got += (await next(app, "message")).text;
				expect(got).toBe(text);
			}
			await app.board.stop();
		}
	});
});

describe("ws", () => {
	test("pings, fragments and small frames", async () => {
		const broker = await startAedesWeb();
		const id = unique("web");
		const app = await board({ port: broker.port, clientId: id }, { subscribe: [`${id}/in`] });
		await next(app, "subscribed");
		const [socket] = broker.sockets;
		const pong = new Promise<string>((resolve) => socket.once("pong", (data) => resolve(data.toString())));
		const packet = Buffer.from([0x30, 0, 0, 0, ...Buffer.from(`${id}/in`), ...Buffer.from("in pieces")]);
		packet[1] = packet.length - 2;
		packet[3] = id.length + 3;
		socket.send(packet.subarray(0, 1), { binary: true, fin: false });
		socket.ping("are you there?");
		socket.send(packet.subarray(1, 5), { binary: true, fin: false });
		socket.send(packet.subarray(5), { binary: true, fin: true });
		expect((await next(app, "message")).text).toBe("in pieces");
		expect(await pong).toBe("are you there?");
	});

	test("closes: its status is told, and answered", async () => {
		const broker = await startAedesWeb();
		const app = await board({ port: broker.port });
		await next(app, "connected");
		const [socket] = broker.sockets;
		const closed = new Promise<number>((resolve) => socket.once("close", resolve));
		socket.close(1012, "restart");
		expect((await next(app, "disconnected")).reason).toBe(new reasons.Closed(1012).message);
		expect(await closed).toBe(1012);
		await next(app, "connected");
	});

	test("sends text: the connection is given up with 1003", async () => {
		const broker = await startAedesWeb();
		const app = await board({ port: broker.port });
		await next(app, "connected");
		const [socket] = broker.sockets;
		const closed = new Promise<number>((resolve) => socket.once("close", resolve));
		socket.send("text");
		expect((await next(app, "disconnected")).reason).toBe(reasons.TEXT_FRAME.message);
		expect(await closed).toBe(1003);
	});

	test("chooses no subprotocol, or refuses the path; headers reach it", async () => {
		const none = await startAedesWeb({ handleProtocols: () => false });
		expect((await next(await board({ port: none.port }), "disconnected")).reason).toBe(
			reasons.NO_SUBPROTOCOL.message,
		);
		const broker = await startAedesWeb();
		const { port } = broker;
		const wrong = await board({ port, webSocket: { path: "/other" } });
		expect((await next(wrong, "disconnected")).reason).toBe(new reasons.HttpRefusal(400).message);
		await next(await board({ port, webSocket: { headers: { "X-Api-Key": "secret" } } }), "connected");
		expect(broker.requests).toMatchObject([{ "x-api-key": "secret", host: `127.0.0.1:${port}` }]);
	});

	test("hears a close frame when the app closes", async () => {
		const broker = await startAedesWeb();
		const app = await board({ port: broker.port });
		await next(app, "connected");
		const [socket] = broker.sockets;
		const closed = new Promise<number>((resolve) => socket.once("close", resolve));
		app.board.reading(CLOSE);
		expect(await closed).toBe(1000);
	});
});

test("nginx answers with the status it has", async () => {
	const port = await startNginx((await startMosquittoWeb()).port, server);
	for (const [path, status] of [
		["/gone", 502],
		["/moved", 301],
		["/secret", 401],
		["/nothing", 404],
	] as const) {
		const app = await board({
			port,
			host: "localhost",
			tls: { ca: authority.own.pem },
			webSocket: { path },
		});
		expect((await next(app, "disconnected")).reason).toBe(new reasons.HttpRefusal(status).message);
	}
	const app = await board({ port, host: "localhost", tls: { pin: "00".repeat(32) } });
	expect((await next(app, "disconnected")).reason).toBe(tlsReasons.WRONG_PIN.message);
});

test("a plain broker behind the port is no web server, and one that wants TLS says nothing", async () => {
	const { plain } = await startMosquittoWeb();
	const app = await board({ port: plain });
	expect([reasons.NO_ANSWER.message, reasons.NOT_HTTP.message]).toContain(
		(await next(app, "disconnected")).reason,
	);
	const secure = await board({ port: await startNginx(plain, server) });
	expect((await next(secure, "disconnected")).reason).toBe(new reasons.HttpRefusal(400).message);
});
