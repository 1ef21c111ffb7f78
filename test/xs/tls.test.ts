// TLS in the real engine against Mosquitto: our chain check, our guard and our stream over OpenSSL, on both socket stacks.

import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { CLOCK_NOT_SET } from "../../src/connection/reasons.js";
import * as reasons from "../../src/transport/tls/reasons.js";
import type { AppConfig, Report } from "../brokers/firmware/board.js";
import { Authority, type Issued, selfSigned } from "../support/authority.js";
import { type Device, FIRST, LOADS, STACKS, start } from "../support/board.js";
import { Cable, endLater, judge, slowLine, unique } from "../support/brokers.js";
import { startSecure } from "../support/secure-mosquitto.js";

type App = Device<Report>;
type Of<E extends Report["event"]> = Extract<Report, { event: E }>;
const [, [, preload]] = LOADS;
/** Milliseconds: keys have to be made, and brokers to be started. */
const LONG = 60_000;

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

describe("the broker's certificate", () => {
	test(
		"with an issuer between it and the authority",
		async () => {
			const between = new Authority({ name: "Between" }, authority);
			const leaf = between.issue();
			const { port } = await startSecure(leaf, between.bundle("chain.pem", leaf, between.own));
			await next(await board({ port, tls: { ca: authority.own.pem } }), "connected");
			between.remove();
		},
		LONG,
	);

	test(
		"alone, in the order of nothing, is enough below an authority that is known",
		async () => {
			const { port } = await startSecure(server);
			await next(await board({ port, tls: { ca: authority.own.pem } }), "connected");
		},
		LONG,
	);

	test(
		"issued by the second of two authorities, while one replaces the other",
		async () => {
			const other = new Authority({ name: "The next one" });
			const { port } = await startSecure(server);
			await next(await board({ port, tls: { ca: [other.own.pem, authority.own.pem] } }), "connected");
			await next(await board({ port, tls: { ca: other.own.pem + authority.own.pem } }), "connected");
			other.remove();
		},
		LONG,
	);

	test(
		"for an address, and the host is one",
		async () => {
			const leaf = authority.issue({ names: "IP:127.0.0.1" });
			const { port } = await startSecure(leaf);
			await next(await board({ port, host: "127.0.0.1", tls: { ca: authority.own.pem } }), "connected");
			expect(await failure({ port, tls: { ca: authority.own.pem } })).toBe(reasons.WRONG_NAME.message);
		},
		LONG,
	);

	test(
		"for another name than the host, as serverName",
		async () => {
			const leaf = authority.issue({ name: "broker.example" });
			const { port } = await startSecure(leaf);
			await next(
				await board({ port, tls: { ca: authority.own.pem, serverName: "broker.example" } }),
				"connected",
			);
		},
		LONG,
	);

	test.each(["P-256", "rsa:4096"] as const)(
		"with a key %s",
		async (key) => {
			const leaf = authority.issue({ key });
			const { port } = await startSecure(leaf);
			await next(await board({ port, tls: { ca: authority.own.pem } }), "connected");
		},
		LONG,
	);

	test(
		"of an authority with P-384",
		async () => {
			const ca = new Authority({ key: "P-384", digest: "sha384" });
			const { port } = await startSecure(ca.issue({ digest: "sha384" }));
			await next(await board({ port, tls: { ca: ca.own.pem } }), "connected");
			ca.remove();
		},
		LONG,
	);

	test.each([
		["has expired", { from: -20, to: -1 }, reasons.CERTIFICATE_EXPIRED],
		["is not valid yet", { from: 1, to: 20 }, reasons.CERTIFICATE_NOT_YET_VALID],
		["is for another name", { name: "elsewhere" }, reasons.WRONG_NAME],
		["has no name", { names: "" }, reasons.WRONG_NAME],
	] as const)(
		"that %s is refused",
		async (_what, wanted, { message }) => {
			const { port } = await startSecure(authority.issue(wanted));
			expect(await failure({ port, tls: { ca: authority.own.pem } })).toBe(message);
		},
		LONG,
	);

	test(
		"of an authority that is not known is refused",
		async () => {
			const other = new Authority();
			const { port } = await startSecure(other.issue());
			expect(await failure({ port, tls: { ca: authority.own.pem } })).toBe(reasons.UNKNOWN_CA.message);
			other.remove();
		},
		LONG,
	);

	test(
		"without the issuer that is between is refused",
		async () => {
			const between = new Authority({ name: "Between" }, authority);
			const { port } = await startSecure(between.issue());
			expect(await failure({ port, tls: { ca: authority.own.pem } })).toBe(reasons.UNKNOWN_CA.message);
			between.remove();
		},
		LONG,
	);

	test(
		"is pinned: one that signed itself, and whose dates are over",
		async () => {
			const own = selfSigned({ from: -20, to: -1, name: "elsewhere" });
			const { port } = await startSecure(own);
			const other = "00".repeat(32);
			await next(await board({ port, tls: { pin: own.pin } }), "connected");
			await next(await board({ port, tls: { pin: [other, own.pin] } }), "connected");
			expect(await failure({ port, tls: { pin: other } })).toBe(reasons.WRONG_PIN.message);
			expect(await failure({ port, tls: { ca: authority.own.pem } })).toBe(reasons.UNKNOWN_CA.message);
			own.remove();
		},
		LONG,
	);
});

describe.each(STACKS)("our own certificate, with sockets of %s", (stack) => {
	const asking = () => [`cafile ${authority.own.file}`, "require_certificate true"];
	const tls = ({ pem, key }: Issued, ...above: string[]) => ({
		ca: authority.own.pem,
		certificate: [pem, ...above],
		key,
	});

	test(
		"opens the door, its flight larger than a socket's room or not",
		async () => {
			const { port } = await startSecure(server, server.file, asking());
			const client = authority.issue({ name: "board" });
			await next(await board({ port, tls: tls(client) }, {}, stack), "connected");
			const large = authority.issue({ name: "board", key: "rsa:4096" });
			await next(await board({ port, tls: tls(large, authority.own.pem) }, {}, stack), "connected");
		},
		LONG,
	);

	test(
		"that is missing, unknown or revoked is refused by the broker",
		async () => {
			const revoked = authority.issue({ name: "lost" });
			const other = new Authority();
			const { port } = await startSecure(server, server.file, [
				...asking(),
				`crlfile ${authority.revoke(revoked)}`,
			]);
			for (const options of [{ ca: authority.own.pem }, tls(other.issue()), tls(revoked)]) {
				const { reason } = await next(await board({ port, tls: options }, {}, stack), "disconnected");
				expect(reason).toBe(reasons.CLIENT_CERTIFICATE_REFUSED.message);
			}
			await next(await board({ port, tls: tls(authority.issue({ name: "board" })) }, {}, stack), "connected");
			other.remove();
		},
		LONG,
	);
});

describe("when the broker", () => {
	test(
		"speaks no TLS, the port is named",
		async () => {
			const { broker } = await startSecure(server);
			expect(await failure({ port: broker.port, tls: { ca: authority.own.pem } })).toBe(
				reasons.HANDSHAKE_LOST.message,
			);
		},
		LONG,
	);

	test(
		"speaks TLS 1.3 only, the version is named",
		async () => {
			const { port } = await startSecure(server, server.file, ["tls_version tlsv1.3"]);
			expect(await failure({ port, tls: { ca: authority.own.pem } })).toBe(reasons.TLS_VERSION.message);
		},
		LONG,
	);
});

test(
	"an application protocol is offered, and the broker takes it",
	async () => {
		const protocols: (string | false | null)[] = [];
		const tls = createServer(
			{ key: server.key, cert: server.pem, maxVersion: "TLSv1.2", ALPNProtocols: ["x-amzn-mqtt-ca"] },
			(socket) => {
				protocols.push(socket.alpnProtocol);
				socket.once("data", () => socket.write(Buffer.of(0x20, 2, 0, 0)));
				socket.on("error", () => {});
			},
		);
		await new Promise<void>((ready) => tls.listen(0, "127.0.0.1", ready));
		endLater(() => void tls.close());
		const { port } = tls.address() as AddressInfo;
		const ca = authority.own.pem;
		await next(await board({ port, tls: { ca, alpn: ["h2", "x-amzn-mqtt-ca"] } }), "connected");
		expect(protocols).toEqual(["x-amzn-mqtt-ca"]);
		expect(await failure({ port, tls: { ca, alpn: "mqtt" } })).toBe(reasons.HANDSHAKE_REFUSED.message);
	},
	LONG,
);

test(
	"an ESP8266's sockets have room enough, if its heap had",
	async () => {
		const asking = [`cafile ${authority.own.file}`, "require_certificate true"];
		const { port, broker } = await startSecure(server, server.file, asking);
		const id = unique("small");
		const own = authority.issue({ name: "board", key: "rsa:4096" });
		const tls = { ca: authority.own.pem, certificate: [own.pem, authority.own.pem], key: own.key };
		const other = await (await judge(broker.port)).subscribe(`${id}/out`);
		const app = await start<Report>({
			firmware: "test/brokers/firmware/board",
			board: "esp8266",
			limit: 0,
			stackSlots: 0,
			preload,
			config: {
				client: { host: "localhost", port, clientId: id, receiveSize: 5000, tls },
				topic: `${id}/out`,
				subscribe: [`${id}/in`],
			},
		});
		await next(app, "subscribed");
		for (let value = 0; value < 40; value++) app.board.reading(value);
		const text = "z".repeat(5000);
		await other.publish(`${id}/in`, text, 1);
		expect((await next(app, "message")).text).toBe(text);
		await other.atLeast(40, ({ topic }) => topic === `${id}/out`);
		expect(other.payloads(`${id}/out`)).toEqual(Array.from({ length: 40 }, (_, value) => `${value}`));
	},
	LONG,
);

test.each(STACKS)(
	"WebSocket goes over TLS, with sockets of %s",
	async (stack) => {
		const { port, broker } = await startSecure(server, server.file, ["protocol websockets"]);
		const id = unique("wss");
		const other = await (await judge(broker.port)).subscribe(id);
		const client = { port, clientId: id, tls: { ca: authority.own.pem }, webSocket: {} };
		const app = await board(client, { topic: id, subscribe: [`${id}/in`] }, stack);
		await next(app, "subscribed");
		for (let value = 0; value < 8; value++) app.board.reading(value);
		await other.atLeast(8, ({ topic }) => topic === id);
		expect(other.payloads(id)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
		await other.publish(`${id}/in`, "x".repeat(400), 1);
		expect((await next(app, "message")).text).toBe("x".repeat(400));
	},
	LONG,
);

/** Certificates that fill several fragments: with keys of 4096 bits, and two issuers between. */
describe("a long chain", () => {
	const issuers: Authority[] = [];
	let leaf: Issued;
	let chain: string;
	beforeAll(() => {
		for (let i = 0; i < 2; i++)
			issuers.push(new Authority({ name: `Issuer ${i}`, key: "rsa:4096" }, issuers[i - 1] ?? authority));
		leaf = issuers[1].issue({ key: "rsa:4096" });
		chain = issuers[1].bundle("chain.pem", leaf, issuers[1].own, issuers[0].own);
	}, 60_000);
	afterAll(() => {
		for (const issuer of issuers) issuer.remove();
	});

	describe.each(STACKS)("with sockets of %s", (stack) => {
		test.each([512, 1024, 2048, 16_384] as const)(
			"asked for fragments of %d",
			async (fragmentLength) => {
				const { port, broker } = await startSecure(leaf, chain);
				const id = unique("fragments");
				const other = await judge(broker.port);
				const client = {
					port,
					clientId: id,
					receiveSize: 4000,
					tls: { ca: authority.own.pem, fragmentLength },
				};
				const app = await board(client, { subscribe: [`${id}/in`] }, stack);
				await next(app, "subscribed");
				const text = "0123456789".repeat(390);
				await other.publish(`${id}/in`, text, 1);
				expect((await next(app, "message")).text).toBe(text);
			},
			20_000,
		);
	});
});

describe.each(STACKS)("with sockets of %s, on a line that is", (stack) => {
	test(
		"slow: 1 KB a second",
		async () => {
			const { port, broker } = await startSecure(server);
			const slow = await slowLine(port, 1024);
			const id = unique("slow");
			const other = await (await judge(broker.port)).subscribe(id);
			const app = await board(
				{ port: slow, clientId: id, tls: { ca: authority.own.pem } },
				{ topic: id },
				stack,
			);
			await next(app, "connected");
			for (let value = 0; value < 5; value++) app.board.reading(value);
			for (let i = 0; i < 5; i++) await next(app, "delivered");
			expect(other.payloads(id)).toEqual(["0", "1", "2", "3", "4"]);
		},
		LONG,
	);

	test(
		"cut, or in the hands of a board whose plug is pulled: what was held arrives",
		async () => {
			const { port, broker } = await startSecure(server);
			const cable = await Cable.to(port);
			const id = unique("cut");
			const other = await (await judge(broker.port)).subscribe(id);
			const client = { port: cable.port, clientId: id, tls: { ca: authority.own.pem } };
			const app = await board(client, { topic: id, qos: 2 }, stack);
			await next(app, "connected");
			for (let round = 0; round < 5; round++) {
				for (let i = 0; i < 3; i++) app.board.reading(3 * round + i);
				cable.cut();
				await next(app, "disconnected");
				await next(app, "connected");
				for (let i = 0; i < 3; i++) await next(app, "delivered");
			}
			await other.settled();
			expect(other.payloads(id)).toEqual(Array.from({ length: 15 }, (_, value) => `${value}`));
			await app.board.unplug();
			const again = await board(client, { topic: id }, stack);
			await next(again, "connected");
		},
		LONG,
	);

	test(
		"the network's to lose: cut off in the midst of handshakes, the board comes back",
		async () => {
			const { port } = await startSecure(server);
			const slow = await slowLine(port, 4096);
			const app = await board({ port: slow, tls: { ca: authority.own.pem } }, {}, stack);
			for (const wait of [50, 150, 250]) {
				await new Promise((wake) => setTimeout(wake, wait));
				app.board.cut();
				app.board.restore();
			}
			await next(app, "connected");
			const plug = await board({ port: slow, tls: { ca: authority.own.pem } }, {}, stack);
			await new Promise((wake) => setTimeout(wake, 100));
			expect((await plug.board.unplug()).stderr).toBe("");
		},
		LONG,
	);
});

describe("the clock", () => {
	const seconds = () => Math.floor(Date.now() / 1000);

	test(
		"that was never set: no connection, until the app sets it",
		async () => {
			const { port } = await startSecure(server);
			const device = await start<{ event: string; reason?: string }>({
				firmware: "test/xs/firmware/tls-clock",
				clock: 0,
				preload,
				config: { port, ca: authority.own.pem, now: seconds() * 1000 },
			});
			expect(await device.next()).toEqual({ event: "disconnected", reason: CLOCK_NOT_SET.message });
			expect((await device.next()).event).toBe("set");
			expect(await device.next()).toEqual({ event: "connected" });
		},
		LONG,
	);

	test(
		"counts: what is valid now has expired next year",
		async () => {
			const { port } = await startSecure(server);
			const client = { host: "localhost", port, tls: { ca: authority.own.pem } };
			const app = await start<Report>({
				firmware: "test/brokers/firmware/board",
				clock: seconds() + 366 * 86_400,
				preload,
				config: { client },
			});
			expect((await next(app, "disconnected")).reason).toBe(reasons.CERTIFICATE_EXPIRED.message);
		},
		LONG,
	);

	test(
		"does not matter with a pin alone",
		async () => {
			const { port } = await startSecure(server);
			const client = { host: "localhost", port, tls: { pin: server.pin } };
			const app = await start<Report>({
				firmware: "test/brokers/firmware/board",
				clock: 0,
				preload,
				config: { client },
			});
			await next(app, "connected");
		},
		LONG,
	);
});
