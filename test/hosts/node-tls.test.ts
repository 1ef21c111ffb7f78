// TLS of the Node host against Mosquitto, and against servers that are no brokers: each fault has its named reason, and
// nothing of CONNECT is seen by whoever is not the right one.

import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions as ServerOptions } from "node:tls";
import { network } from "../../hosts/node/network.js";
import { Client } from "../../src/client.js";
import type { ClientOptions } from "../../src/connection/options.js";
import { CONNECT_FAILED, CONNECT_TIMEOUT } from "../../src/connection/reasons.js";
import type { TlsOptions } from "../../src/transport/tls/options.js";
import * as reasons from "../../src/transport/tls/reasons.js";
import type { Reason } from "../../src/wire/reason.js";
import { Authority, type Issued, selfSigned } from "../support/authority.js";
import { endLater, judge, type Mosquitto, startMosquitto, unique } from "../support/brokers.js";
import { CONNACK } from "../support/packets.js";

let ca: Authority;
let other: Authority;
let server: Issued;
/** With the server's key: making keys takes long. */
const issue = (wanted: Parameters<Authority["issue"]>[0], authority = ca) =>
	authority.issue({ privateKey: server.key, ...wanted });

beforeAll(() => {
	ca = new Authority();
	other = new Authority({ name: "Another authority" });
	server = ca.issue({ names: "DNS:localhost,IP:127.0.0.1" });
	endLater(() => {
		ca.remove();
		other.remove();
	});
});

/** Lines of mosquitto.conf. */
const certified = ({ file, keyFile }: Pick<Issued, "file" | "keyFile">) => [
	`certfile ${file}`,
	`keyfile ${keyFile}`,
];

/** What becomes of the first attempt to connect: the reason of its end, or undefined when it is connected. */
async function attempt(
	tls: TlsOptions,
	port: number,
	options: Partial<ClientOptions> = {},
): Promise<Reason | undefined> {
	let client: Client | undefined;
	try {
		return await new Promise((resolve) => {
			client = new Client({
				...network,
				protocolVersion: 4,
				host: "localhost",
				port,
				tls,
				clientId: unique("node-tls"),
				username: "ann",
				password: "secret",
				onConnected: () => resolve(undefined),
				onDisconnected: resolve,
				...options,
			});
		});
	} finally {
		client?.close();
	}
}

/** Whom each broker has let in. */
const guests = new Map<Mosquitto, string[]>();

async function refuses(reason: Reason, broker: Mosquitto, tls: TlsOptions, options?: Partial<ClientOptions>) {
	expect((await attempt(tls, broker.port, options))?.message).toBe(reason.message);
}

/** Also: of those who came before and were refused, the broker has seen no CONNECT. */
async function accepts(broker: Mosquitto, tls: TlsOptions, options?: Partial<ClientOptions>) {
	const clientId = unique("guest");
	expect((await attempt(tls, broker.port, { clientId, ...options }))?.message).toBeUndefined();
	guests.set(broker, [...(guests.get(broker) ?? []), clientId]);
	await broker.comers.find((id) => id === clientId);
	expect(broker.comers.all).toEqual(guests.get(broker));
}

describe("a broker with a certificate of our authority's", () => {
	let broker: Mosquitto;
	beforeAll(async () => {
		broker = await startMosquitto({ settings: certified(server) });
	});

	test("is known by its authority, its name and address", async () => {
		await accepts(broker, { ca: ca.own.pem });
		await accepts(broker, { ca: ca.own.der });
		await accepts(broker, { ca: [other.own.pem, ca.own.pem] });
		await accepts(broker, { ca: other.own.pem + ca.own.pem });
		await accepts(broker, { ca: ca.own.pem }, { host: "127.0.0.1" });
		await accepts(broker, { ca: ca.own.pem, serverName: "localhost" }, { host: "127.0.0.1" });
	});

	test("is known by its pin, with or without its authority", async () => {
		await accepts(broker, { pin: server.pin });
		await accepts(broker, { pin: server.pin, serverName: "whatever" });
		await accepts(broker, { pin: [ca.own.pin, server.pin] });
		await accepts(broker, { pin: server.pin, ca: ca.own.pem });
	});

	test("of another authority, another name, another pin", async () => {
		await refuses(reasons.UNKNOWN_CA, broker, { ca: other.own.pem });
		await refuses(reasons.WRONG_NAME, broker, { ca: ca.own.pem, serverName: "broker.local" });
		await refuses(reasons.WRONG_NAME, broker, { ca: ca.own.pem, serverName: "127.0.0.2" });
		await refuses(reasons.WRONG_PIN, broker, { pin: ca.own.pin });
		await refuses(reasons.WRONG_PIN, broker, { ca: ca.own.pem, pin: ca.own.pin });
		await refuses(reasons.UNKNOWN_CA, broker, { ca: other.own.pem, pin: server.pin });
		await refuses(reasons.WRONG_NAME, broker, { ca: ca.own.pem, pin: server.pin, serverName: "b" });
		await accepts(broker, { ca: ca.own.pem, pin: server.pin });
	});

	test("messages go both ways", async () => {
		const witness = await judge(broker.port, { protocol: "mqtts", ca: ca.own.pem, host: "localhost" });
		await witness.subscribe("from/us");
		let delivered = () => {};
		const done = new Promise<void>((resolve) => {
			delivered = resolve;
		});
		const got: string[] = [];
		const large = "x".repeat(90_000);
		const client = new Client({
			...network,
			protocolVersion: 4,
			host: "localhost",
			port: broker.port,
			tls: { ca: ca.own.pem },
			clientId: unique("both"),
			packetSize: 100_000,
			storeSize: 100_000,
			receiveSize: 100_000,
			onConnected: () => client.publish("from/us", large, 1),
			onDelivered: () => delivered(),
		});
		const heard = new Promise<void>((resolve) =>
			client.subscribe("to/us", 1, (message) => {
				got.push(message.text());
				resolve();
			}),
		);
		await done;
		await witness.settled();
		expect(witness.payloads("from/us")).toEqual([large]);
		await witness.publish("to/us", large);
		await heard;
		expect(got).toEqual([large]);
		client.close();
	});
});

describe("a broker with another certificate", () => {
	async function withCertificate(issued: Pick<Issued, "file" | "keyFile">): Promise<Mosquitto> {
		return startMosquitto({ settings: certified(issued) });
	}

	test("expired, or not yet valid: only a pin does not mind", async () => {
		const expired = issue({ from: -9, to: -1 });
		let broker = await withCertificate(expired);
		await refuses(reasons.CERTIFICATE_EXPIRED, broker, { ca: ca.own.pem });
		await accepts(broker, { pin: expired.pin });
		const early = issue({ from: 1 });
		broker = await withCertificate(early);
		await refuses(reasons.CERTIFICATE_NOT_YET_VALID, broker, { ca: ca.own.pem });
		await accepts(broker, { pin: early.pin });
	});

	test("for a common name only, or for an address as if it were a name", async () => {
		let broker = await withCertificate(issue({ names: "" }));
		await refuses(reasons.WRONG_NAME, broker, { ca: ca.own.pem });
		broker = await withCertificate(issue({ name: "127.0.0.1", names: "DNS:127.0.0.1,IP:127.0.0.2" }));
		await refuses(reasons.WRONG_NAME, broker, { ca: ca.own.pem }, { host: "127.0.0.1" });
	});

	test("that it has signed itself", async () => {
		const own = selfSigned();
		endLater(() => own.remove());
		const broker = await withCertificate(own);
		await refuses(reasons.UNKNOWN_CA, broker, { ca: ca.own.pem });
		await refuses(reasons.WRONG_PIN, broker, { pin: server.pin });
		await accepts(broker, { pin: own.pin });
		await accepts(broker, { pin: own.pin.replace(/..(?=.)/g, "$&:") });
	});

	test("of an intermediate authority, with it and without", async () => {
		const middle = new Authority({ name: "Intermediate" }, ca);
		endLater(() => middle.remove());
		const issued = issue({}, middle);
		let broker = await withCertificate({
			file: middle.bundle("chain.pem", issued, middle.own),
			keyFile: issued.keyFile,
		});
		await accepts(broker, { ca: ca.own.pem });
		await accepts(broker, { ca: middle.own.pem });
		broker = await withCertificate(issued);
		await refuses(reasons.UNKNOWN_CA, broker, { ca: ca.own.pem });
		await accepts(broker, { ca: middle.own.pem });
	});

	test("for all hosts of a domain", async () => {
		const broker = await withCertificate(issue({ names: "DNS:*.example.org" }));
		const at = (serverName: string) => ({ ca: ca.own.pem, serverName });
		await refuses(reasons.WRONG_NAME, broker, at("example.org"));
		await refuses(reasons.WRONG_NAME, broker, at("a.b.example.org"));
		await accepts(broker, at("a.example.org"));
		await accepts(broker, at("A.Example.org."));
	});

	test("that is not for servers", async () => {
		const issued = issue({ extensions: ["extendedKeyUsage=clientAuth"] });
		const broker = await withCertificate(issued);
		await refuses(reasons.CERTIFICATE_PURPOSE, broker, { ca: ca.own.pem });
		await accepts(broker, { pin: issued.pin });
	});

	test("that the app has given itself, in place of an authority", async () => {
		const broker = await withCertificate(server);
		await refuses(reasons.WRONG_NAME, broker, { ca: server.pem, serverName: "other.local" });
		await accepts(broker, { ca: server.pem });
	});

	test("with a key of an elliptic curve", async () => {
		for (const key of ["P-256", "P-384"] as const) {
			const broker = await withCertificate(ca.issue({ key }));
			await accepts(broker, { ca: ca.own.pem });
		}
	});

	test("of one that is no authority", async () => {
		const leaf = new Authority({ name: "No authority", ca: false }, ca);
		endLater(() => leaf.remove());
		const issued = issue({}, leaf);
		const broker = await withCertificate({
			file: leaf.bundle("chain.pem", issued, leaf.own),
			keyFile: issued.keyFile,
		});
		await refuses(reasons.BROKEN_CHAIN, broker, { ca: ca.own.pem });
		await accepts(broker, { pin: issued.pin });
	});
});

describe("a broker that wants a certificate of ours", () => {
	let ours: Issued;
	let pass: TlsOptions;
	beforeAll(() => {
		ours = ca.issue({ name: "client" });
		pass = { ca: ca.own.pem, certificate: ours.pem, key: ours.key };
	});

	describe.each([
		["TLS 1.2", "TLSv1.2"],
		["TLS 1.3", "TLSv1.3"],
	])("with %s", (_, version) => {
		test("it is missing, expired, of another authority, revoked, or right", async () => {
			const revoked = ca.issue({ name: "revoked" });
			const foreign = other.issue({ name: "client" });
			const expired = issue({ name: "client", from: -9, to: -1 });
			const broker = await startMosquitto({
				settings: [
					...certified(server),
					`cafile ${ca.own.file}`,
					`crlfile ${ca.revoke(revoked)}`,
					"require_certificate true",
				],
				openssl: [`MinProtocol = ${version}`, `MaxProtocol = ${version}`],
			});
			const refused = reasons.CLIENT_CERTIFICATE_REFUSED;
			await refuses(refused, broker, { ca: ca.own.pem });
			for (const { pem, key } of [expired, foreign, revoked])
				await refuses(refused, broker, { ...pass, certificate: pem, key });
			await accepts(broker, pass);
			await accepts(broker, { ...pass, ca: undefined, pin: server.pin });
		});
	});
});

describe("versions", () => {
	test.each(["TLSv1.2", "TLSv1.3"])("%s alone will do", async (version) => {
		const broker = await startMosquitto({
			settings: certified(server),
			openssl: [`MinProtocol = ${version}`, `MaxProtocol = ${version}`],
		});
		await accepts(broker, { ca: ca.own.pem });
	});

	test("TLS 1.1 alone will not", async () => {
		const broker = await startMosquitto({
			settings: [...certified(server), "tls_version tlsv1.1"],
			openssl: ["MinProtocol = TLSv1.1", "MaxProtocol = TLSv1.1", "CipherString = DEFAULT@SECLEVEL=0"],
		});
		await refuses(reasons.TLS_VERSION, broker, { ca: ca.own.pem });
		expect(broker.comers.all).toEqual([]);
	});
});

describe("what is no broker with TLS", () => {
	/** A server, and what it has read. */
	async function serve(onSocket: (socket: Socket) => void): Promise<{ port: number; read: () => string }> {
		const read: Buffer[] = [];
		const sockets = new Set<Socket>();
		const server = createServer((socket) => {
			sockets.add(socket);
			socket.on("error", () => {});
			socket.on("data", (bytes) => read.push(bytes));
			onSocket(socket);
		});
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		endLater(() => {
			for (const socket of sockets) socket.destroy();
			server.close();
		});
		return {
			port: (server.address() as AddressInfo).port,
			read: () => Buffer.concat(read).toString("latin1"),
		};
	}

	const ALERT = (description: number) => Uint8Array.of(21, 3, 3, 0, 2, 2, description);
	const answer = (bytes: string | Uint8Array) => (socket: Socket) =>
		socket.once("data", () => socket.end(bytes));

	test.each<[string, (socket: Socket) => void, Reason]>([
		["MQTT", answer(CONNACK()), reasons.HANDSHAKE_LOST],
		["a web server", answer("HTTP/1.1 400 Bad Request\r\n\r\n"), reasons.TLS_PROTOCOL],
		["zeros", answer(new Uint8Array(3000)), reasons.TLS_PROTOCOL],
		["an end", answer(""), reasons.HANDSHAKE_LOST],
		["an orderly end", answer(Uint8Array.of(21, 3, 3, 0, 2, 1, 0)), reasons.HANDSHAKE_LOST],
		["a reset", (socket) => socket.once("data", () => socket.resetAndDestroy()), reasons.HANDSHAKE_LOST],
		["no suite in common", answer(ALERT(40)), reasons.HANDSHAKE_REFUSED],
		["a name that it does not know", answer(ALERT(112)), reasons.HANDSHAKE_REFUSED],
		["no application protocol in common", answer(ALERT(120)), reasons.HANDSHAKE_REFUSED],
		["another version", answer(ALERT(70)), reasons.TLS_VERSION],
		["a fault of its own", answer(ALERT(80)), reasons.TLS_PROTOCOL],
		["an alert that does not exist", answer(ALERT(200)), reasons.HANDSHAKE_LOST],
		["silence", () => {}, CONNECT_TIMEOUT],
	])("%s", async (_, onSocket, reason) => {
		const { port, read } = await serve(onSocket);
		const end = await attempt({ ca: ca.own.pem }, port, { connectTimeout: 1000 });
		expect(end?.message).toBe(reason.message);
		expect(read()).not.toMatch(/MQTT|ann|secret/);
		expect(read()).toContain("localhost"); // the name, as TLS has it in its first message
	});

	test("nobody", async () => {
		const { port, close } = await new Promise<{ port: number; close: () => Promise<void> }>((resolve) => {
			const server: Server = createServer().listen(0, "127.0.0.1", () =>
				resolve({
					port: (server.address() as AddressInfo).port,
					close: () => new Promise((closed) => server.close(() => closed())),
				}),
			);
		});
		await close();
		expect(await attempt({ ca: ca.own.pem }, port)).toBe(CONNECT_FAILED);
	});
});

test("a broker that is not the right one decrypts nothing", async () => {
	const foreign = selfSigned();
	endLater(() => foreign.remove());
	for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
		let read = 0;
		let ends = 0;
		const sockets: Socket[] = [];
		const server = createTlsServer(
			{ key: foreign.key, cert: foreign.pem, minVersion: version, maxVersion: version },
			(socket) => {
				sockets.push(socket);
				socket.on("error", () => {});
				socket.on("data", ({ length }) => {
					read += length;
				});
				socket.on("close", () => ends++);
				socket.write(CONNACK());
			},
		);
		server.on("tlsClientError", () => ends++);
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		endLater(() => {
			for (const socket of sockets) socket.destroy();
			server.close();
		});
		const { port } = server.address() as AddressInfo;
		expect(await attempt({ pin: ca.own.pin }, port)).toBe(reasons.WRONG_PIN);
		expect(await attempt({ ca: ca.own.pem }, port)).toBe(reasons.UNKNOWN_CA);
		while (ends < 2) await new Promise((later) => setTimeout(later, 5));
		expect(read).toBe(0);
	}
});

test("application protocols are offered", async () => {
	const offered = new Promise<string[]>((resolve) => {
		const options: ServerOptions = {
			key: server.key,
			cert: server.pem,
			ALPNCallback: ({ protocols }) => {
				resolve(protocols);
				return protocols[0];
			},
		};
		const listener = createTlsServer(options).listen(0, "127.0.0.1", () => {
			const { port } = listener.address() as AddressInfo;
			const client = new Client({
				...network,
				protocolVersion: 4,
				host: "localhost",
				port,
				tls: { ca: ca.own.pem, alpn: ["x-amzn-mqtt-ca", "mqtt"] },
			});
			endLater(() => {
				client.close();
				listener.close();
			});
		});
	});
	expect(await offered).toEqual(["x-amzn-mqtt-ca", "mqtt"]);
});

test("what cannot work throws at construction", () => {
	const make = (tls: TlsOptions) => () => new Client({ ...network, host: "localhost", tls });
	expect(make({})).toThrow(/ca.*pin/);
});
