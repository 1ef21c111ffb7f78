// TLS in the real engine against Mosquitto: our chain check, our guard and our stream over OpenSSL, on both socket stacks.

import * as reasons from "../../src/transport/tls/reasons.js";
import type { AppConfig, Report } from "../brokers/firmware/board.js";
import { Authority, type Issued, selfSigned } from "../support/authority.js";
import { type Device, FIRST, LOADS, STACKS, start } from "../support/board.js";
import { Cable, judge, unique } from "../support/brokers.js";
import { startSecure } from "../support/secure-mosquitto.js";

type App = Device<Report>;
type Of<E extends Report["event"]> = Extract<Report, { event: E }>;
const [, [, preload]] = LOADS;

let authority: Authority;
let server: Issued;

beforeAll(() => {
	authority = new Authority();
	server = authority.issue();
}, FIRST);
afterAll(() => authority.remove());

function board(
	client: AppConfig["client"],
	more: Partial<AppConfig> = {},
	stack: "lin" | "lwip" = "lwip",
): Promise<App> {
	return start<Report>({
		firmware: "test/brokers/firmware/board",
		stack,
		preload,
		config: { client: { host: "localhost", ...client }, ...more },
	});
}

async function next<E extends Report["event"]>(app: App, event: E): Promise<Of<E>> {
	return (await app.next((report) => report.event === event)) as Of<E>;
}

/** Why the first attempt has failed. */
const failure = async (client: AppConfig["client"]) =>
	(await next(await board(client), "disconnected")).reason;

describe.each(STACKS)("with sockets of %s", (stack) => {
	test.each([0, 1, 2] as const)(
		"messages go both ways at QoS %d",
		async (qos) => {
			const { port, broker } = await startSecure(server);
			const id = unique("tls");
			const other = await (await judge(broker.port)).subscribe(`${id}/out`);
			const client = { port, clientId: id, tls: { ca: authority.own.pem } };
			const app = await board(client, { topic: `${id}/out`, qos, subscribe: [`${id}/+/in`] }, stack);
			await next(app, "subscribed");
			for (let value = 0; value < 8; value++) app.board.reading(value);
			await other.atLeast(8, ({ topic }) => topic === `${id}/out`);
			expect(other.payloads(`${id}/out`)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
			for (let i = 0; qos > 0 && i < 8; i++) await next(app, "delivered");
			for (const text of ["21 °C", "", "x".repeat(400), "y".repeat(3000)]) {
				await other.publish(`${id}/é/in`, text, 1);
				let got = "";
				while (got.length < text.length || text === "") {
					const { text: part } = await next(app, "message");
					got += part;
					if (text === "") break;
				}
				expect(got).toBe(text);
			}
		},
		FIRST,
	);
});
