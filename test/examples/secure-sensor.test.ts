// examples/secure-sensor on the desktop host, against Mosquitto with TLS: what it publishes, and what its log says when it
// does not connect.

import { Authority, type Issued } from "../support/authority.js";
import { FIRST } from "../support/board.js";
import { judge, unique } from "../support/brokers.js";
import { type Secure, startSecure } from "../support/secure-mosquitto.js";
import { startExample } from "./example.js";

const DAY = 86_400;

let authority: Authority;
let other: Authority;
let server: Issued;
let client: Issued;

beforeAll(() => {
	authority = new Authority();
	other = new Authority({ name: "Another authority" });
	server = authority.issue();
	client = authority.issue({ name: "sensor-1" });
}, FIRST);
afterAll(() => {
	authority.remove();
	other.remove();
});

/** The example, with an ESP32's memory. */
const run = ({ port }: Secure, config: Record<string, unknown>, clock?: number) =>
	startExample(
		"secure-sensor",
		{ host: "localhost", port, name: unique("secure"), interval: 200, connectTimeout: 3000, ...config },
		{ board: "esp32", clock },
	);

/** A Mosquitto that asks for certificates of `authority`. */
const strict = (more: string[] = []) =>
	startSecure(server, server.file, [`cafile ${authority.own.file}`, "require_certificate true", ...more]);

const files = () => ({ "ca.pem": authority.own.pem, "client.pem": client.pem, "client.key": client.key });

test(
	"publishes its readings to a broker that has proved who it is, as a client that has, and says farewell",
	async () => {
		const secure = await strict();
		const name = unique("secure");
		const peer = await (await judge(secure.broker.port)).subscribe(`${name}/#`);
		const device = await run(secure, { ...files(), name });
		await peer.find(({ topic, payload }) => topic === `${name}/status` && payload === "online");
		await peer.atLeast(3, ({ topic, payload }) => topic === `${name}/uptime` && /^\d+$/.test(payload));
		expect(device.traces.all).toEqual([
			expect.stringMatching(/^connected to localhost, which has proved to be it$/),
		]);
		await device.board.stop();
		await peer.find(({ topic, payload }) => topic === `${name}/status` && payload === "offline");
		expect(await secure.broker.leaves.find(({ clientId }) => clientId.startsWith(name))).toMatchObject({
			orderly: true,
		});
	},
	FIRST,
);

test("by the setting pin it knows a broker whose authority it does not know", async () => {
	const secure = await startSecure(server);
	const device = await run(secure, { pin: server.pin });
	await device.traces.next((line) => line.startsWith("connected"));
});

test("without ca.pem and pin it says what is missing, and connects to nobody", async () => {
	const secure = await startSecure(server);
	const device = await run(secure, {});
	expect(await device.traces.next()).toMatch(
		/Put its authority's ca\.pem into the folder certificates, or set pin/,
	);
	expect(secure.broker.arrivals.all).toEqual([]);
});

describe("its log says what to do", () => {
	const cases: [string, () => Promise<Secure>, () => Record<string, unknown>, RegExp, number | undefined][] =
		[
			[
				"wrong CA",
				() => startSecure(server),
				() => ({ "ca.pem": other.own.pem }),
				/tls\.ca: add the one that issued it/,
				undefined,
			],
			[
				"wrong name",
				() => startSecure(authority.issue({ name: "broker.local" })),
				() => files(),
				/for another name: connect to a name that it has, or set tls\.serverName/,
				undefined,
			],
			[
				"wrong pin",
				() => startSecure(server),
				() => ({ pin: client.pin }),
				/not the one in the option tls\.pin: if it was renewed/,
				undefined,
			],
			[
				"expired",
				() => startSecure(authority.issue({ from: -10, to: -1 })),
				() => files(),
				/has expired: renew it at the broker/,
				undefined,
			],
			[
				"a client without certificate",
				() => strict(),
				() => ({ "ca.pem": authority.own.pem }),
				/does not accept our certificate: it is missing/,
				undefined,
			],
			[
				"clock not set",
				() => startSecure(server),
				() => files(),
				/clock was not set within connectTimeout.*: use Sntp/,
				0,
			],
		];
	test.each(cases)(
		"%s",
		async (_what, startBroker, config, words, clock) => {
			const secure = await startBroker();
			const device = await run(secure, config(), clock);
			const line = await device.traces.next();
			expect(line).toMatch(/^disconnected: /);
			expect(line).toMatch(words);
			expect(secure.broker.arrivals.all).toEqual([]);
		},
		60_000,
	);

	test("a clock that somebody has set back: not valid yet", async () => {
		// Past the beginning of 2026, and before the certificate.
		const january = Date.UTC(2026, 0, 2) / 1000;
		expect(january).toBeLessThan(Date.now() / 1000 - 2 * DAY);
		const secure = await startSecure(server);
		const device = await run(secure, files(), january);
		expect(await device.traces.next()).toMatch(/not valid yet: check that the clock is right/);
	});
});
