// The TLS session of the desktop host against OpenSSL's servers: the shape and the manners of the SDK's `ssl/session`.

import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer, type TLSSocket, type TlsOptions } from "node:tls";
import { Authority, type Issued } from "../support/authority.js";
import { FIRST, start } from "../support/board.js";
import { endLater } from "../support/brokers.js";
import type { SessionConfig } from "./firmware/tls-session.js";

interface Heard {
	event: string;
	[detail: string]: unknown;
}

let authority: Authority;
let server: Issued;
let client: Issued;

beforeAll(() => {
	authority = new Authority();
	server = authority.issue();
	client = authority.issue({ name: "board" });
});
afterAll(() => authority.remove());

async function listen<T extends Server>(server: T): Promise<number> {
	await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
	endLater(() => void server.close());
	return (server.address() as { port: number }).port;
}

/** A server with TLS 1.2, and what becomes of its first connection. */
async function serve(options: TlsOptions = {}) {
	const sockets: TLSSocket[] = [];
	const errors: string[] = [];
	const tls = createServer(
		{ key: server.key, cert: server.pem, maxVersion: "TLSv1.2", ...options },
		(socket) => {
			sockets.push(socket);
			socket.on("error", () => {});
			socket.on("data", (bytes) => socket.write(bytes.reverse()));
		},
	);
	tls.on("tlsClientError", (error) => errors.push((error as NodeJS.ErrnoException).code ?? ""));
	return { port: await listen(tls), sockets, errors };
}

/** A server that answers ClientHello with bytes, as they are. */
async function answer(...bytes: number[]): Promise<number> {
	return listen(
		createTcpServer((socket: Socket) => {
			socket.on("error", () => {});
			socket.once("data", () => socket.write(Buffer.from(bytes)));
		}),
	);
}

async function connect(config: SessionConfig) {
	const device = await start<Heard>({ firmware: "test/xs/firmware/tls-session", config: { ...config } });
	const until = async (event: string): Promise<Heard[]> => {
		const all: Heard[] = [];
		for (;;) {
			const heard = await device.next();
			all.push(heard);
			if (heard.event === event) return all;
		}
	};
	return { device, until };
}

const message = (text: string) => ({ event: "thrown", message: text });
const all = (heard: Heard[], event: string) => heard.filter((each) => each.event === event);

test(
	"a handshake: the certificate is shown before our flight leaves, each record is a write of its own",
	async () => {
		const { port } = await serve();
		const { until } = await connect({ port, serverName: "localhost", text: "hello", trust: true });
		expect(await until("read")).toEqual([
			{ event: "written", type: 22, length: expect.any(Number), hello: expect.any(Array) },
			{ event: "verify", lengths: [server.der.length], leaf: Array.from(server.der) },
			{ event: "written", type: 22, length: expect.any(Number) }, // ClientKeyExchange
			{ event: "written", type: 20, length: 6 },
			{ event: "written", type: 22, length: expect.any(Number) }, // Finished
			{ event: "ready", alert: null },
			{ event: "written", type: 23, length: expect.any(Number) },
			{ event: "room", room: expect.any(Number) },
			{ event: "read", text: "olleh" },
		]);
	},
	FIRST,
);

test("ClientHello offers what the boards' offers, in its order, and nothing that resumes", async () => {
	const port = await answer();
	const { device } = await connect({
		port,
		serverName: "localhost",
		alpn: ["mqtt", "x"],
		fragmentLength: 1024,
		trust: true,
	});
	const { hello } = (await device.next()) as Heard & { hello: number[] };
	const bytes = Buffer.from(hello);
	let at = 5 + 4;
	expect(bytes.readUInt16BE(at)).toBe(0x0303);
	at += 2 + 32;
	expect(bytes[at]).toBe(0); // no session
	at += 1;
	const suites = bytes.subarray(at + 2, at + 2 + bytes.readUInt16BE(at));
	at += 2 + suites.length;
	// RFC 5746's suite at the end is OpenSSL's own.
	expect(suites.toString("hex")).toBe("c02fc02b00ff");
	expect([...bytes.subarray(at, at + 2)]).toEqual([1, 0]); // no compression
	at += 2;
	const extensions = new Map<number, string>();
	for (at += 2; at < bytes.length; at += 4 + bytes.readUInt16BE(at + 2))
		extensions.set(
			bytes.readUInt16BE(at),
			bytes.subarray(at + 4, at + 4 + bytes.readUInt16BE(at + 2)).toString("hex"),
		);
	expect(Object.fromEntries(extensions)).toEqual({
		0: `000c000009${Buffer.from("localhost").toString("hex")}`,
		1: "02", // 1024
		10: "00020017", // secp256r1
		11: expect.stringMatching(/00/), // uncompressed
		13: "000404030401", // ECDSA and RSA with SHA-256
		16: "0007046d7174740178",
	});
});

test("what verify does not trust ends it: nothing leaves but ClientHello", async () => {
	const { port, sockets } = await serve();
	const { until } = await connect({ port, text: "secret", trust: false });
	const heard = await until("thrown");
	expect(heard.map(({ event }) => event)).toEqual(["written", "verify", "thrown"]);
	expect(heard[2]).toEqual(message("certificate: auth err"));
	expect(sockets).toEqual([]);
});

test("a chain is shown as it came, the server's own first", async () => {
	const { port } = await serve({ cert: server.pem + authority.own.pem });
	const { until } = await connect({ port, trust: true });
	const [shown] = all(await until("ready"), "verify");
	expect(shown.lengths).toEqual([server.der.length, authority.own.der.length]);
});

test("name and protocols are said, and nothing is resumed", async () => {
	const { port, sockets } = await serve({ ALPNProtocols: ["x", "mqtt"] });
	for (const _ of [1, 2]) {
		const { until } = await connect({
			port,
			serverName: "localhost",
			alpn: ["mqtt"],
			text: "a",
			trust: true,
		});
		await until("read");
	}
	for (const socket of sockets) {
		expect(socket.alpnProtocol).toBe("mqtt");
		expect((socket as { servername?: string }).servername).toBe("localhost");
		expect(socket.isSessionReused()).toBe(false);
		expect(socket.getProtocol()).toBe("TLSv1.2");
	}
});

test("ECDHE-RSA-AES128-GCM-SHA256", async () => {
	const { port } = await serve({ ciphers: "ECDHE-RSA-AES128-GCM-SHA256" });
	const { until } = await connect({ port, text: "hello", trust: true });
	expect((await until("read")).pop()).toEqual({ event: "read", text: "olleh" });
});

test("ECDHE-ECDSA-AES128-GCM-SHA256", async () => {
	const { key, pem } = authority.issue({ key: "P-256" });
	const { port } = await serve({ key, cert: pem });
	const { until } = await connect({ port, text: "hello", trust: true });
	expect((await until("read")).pop()).toEqual({ event: "read", text: "olleh" });
});

const derOf = (pem: string) => [...Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64")];

describe("who is asked for a certificate", () => {
	const asking = (): TlsOptions => ({ requestCert: true, ca: authority.own.pem, rejectUnauthorized: true });

	test("shows it, with what is above it", async () => {
		const { port, sockets } = await serve(asking());
		const certificates = [[...client.der], [...authority.own.der]];
		const { until } = await connect({ port, certificates, key: derOf(client.key), text: "a", trust: true });
		await until("read");
		const shown = sockets[0].getPeerCertificate(true);
		expect(shown.raw.equals(client.der)).toBe(true);
		expect(shown.issuerCertificate.raw.equals(authority.own.der)).toBe(true);
	});

	test("shows none without one: an alert is thrown", async () => {
		const { port } = await serve(asking());
		const { until } = await connect({ port, trust: true });
		expect((await until("thrown")).pop()).toEqual(message("alert: 2, 40"));
	});

	test.each([
		["a key that is none", [1, 2, 3]],
		["the key of another", undefined],
	])("fails with %s", async (_name, key) => {
		const { port, sockets } = await serve(asking());
		const certificates = [[...client.der]];
		const { until } = await connect({ port, certificates, key: key ?? derOf(server.key), trust: true });
		expect((await until("thrown")).pop()).toEqual({
			event: "thrown",
			message: expect.stringMatching(/^TLS: /),
		});
		expect(sockets).toEqual([]);
	});

	test("fails with a key that is not RSA", async () => {
		const { der, key } = authority.issue({ name: "board", key: "P-256" });
		const { port } = await serve(asking());
		const { until } = await connect({ port, certificates: [[...der]], key: derOf(key), trust: true });
		expect((await until("thrown")).pop()).toEqual({
			event: "thrown",
			message: expect.stringMatching(/^TLS: /),
		});
	});
});

describe("records", () => {
	test("a read gives one of them, an agreed length holds both ways", async () => {
		const { port } = await serve({ ciphers: "ECDHE-RSA-AES128-GCM-SHA256" });
		const text = "x".repeat(1500);
		const { device, until } = await connect({ port, fragmentLength: 1024, text, trust: true });
		const sent = all(await until("room"), "written").filter(({ type }) => type === 23);
		expect(sent.map(({ length }) => length)).toEqual([1024 + 29, 476 + 29]);
		const lengths: number[] = [];
		for (let sum = 0; sum < text.length; ) {
			const { event, text } = (await device.next()) as { event: string; text: string };
			expect(event).toBe("read");
			lengths.push(text.length);
			sum += text.length;
		}
		expect(Math.max(...lengths)).toBe(1024);
	});

	test("a message that is cut into two of them is not understood, as by the SDK", async () => {
		const { port } = await serve();
		const { until } = await connect({ port, fragmentLength: 512, trust: true });
		expect((await until("thrown")).pop()).toEqual(message("TLS: a message is cut"));
	});

	test("a write that the socket throws back throws", async () => {
		const { port } = await serve();
		const { until } = await connect({ port, text: "hello", full: true, trust: true });
		const heard = await until("thrown");
		expect(heard.pop()).toEqual(message("would block"));
		expect(heard.pop()).toMatchObject({ event: "written", type: 23 });
	});

	test("the room is what the socket has, less 32", async () => {
		const { port } = await serve();
		const { until } = await connect({ port, text: "hello", trust: true });
		const [{ room }] = all(await until("room"), "room");
		// As lwip of a board of no name: 5744 bytes, of which the flight may have taken some.
		expect(room).toBeGreaterThan(4000);
		expect(room).toBeLessThan(5744 - 32);
	});
});

describe("what is said at the end", () => {
	test("close_notify is no error: the session counts as ready, but sends nothing", async () => {
		const port = await answer(21, 3, 3, 0, 2, 1, 0);
		const { until } = await connect({ port, text: "secret", trust: true });
		expect((await until("thrown")).slice(1)).toEqual([
			{ event: "ready", alert: { level: 1, description: 0 } },
			message("TLS: not connected"),
		]);
	});

	test("every other alert is thrown", async () => {
		const port = await answer(21, 3, 3, 0, 2, 2, 40);
		const { until } = await connect({ port, text: "secret", trust: true });
		expect((await until("thrown")).slice(1)).toEqual([message("alert: 2, 40")]);
	});

	test("a server with another version says so", async () => {
		const { port } = await serve({ minVersion: "TLSv1.3", maxVersion: "TLSv1.3" });
		const { until } = await connect({ port, trust: true });
		expect((await until("thrown")).pop()).toEqual(message("alert: 2, 70"));
	});

	test("close_notify after the handshake ends reading", async () => {
		const { port, sockets } = await serve();
		const { until } = await connect({ port, text: "a", trust: true });
		await until("read");
		sockets[0].end();
		expect(await until("read")).toEqual([{ event: "read", text: null }]);
	});

	test.each([
		["a record of no known kind", [99, 3, 3, 0, 1, 0]],
		["application data in the clear", [23, 3, 3, 0, 1, 65]],
		["ChangeCipherSpec out of turn", [20, 3, 3, 0, 1, 1]],
		["a record of 65535 bytes", [22, 3, 3, 255, 255, ...new Array(65_535).fill(0)]],
	])("%s is thrown", async (_name, bytes) => {
		const port = await answer(...bytes);
		const { device, until } = await connect({ port, text: "secret", trust: true });
		const [, last] = await Promise.race([
			until("thrown"),
			device.board.ended.then((end): Heard[] => [{ event: "" }, { event: JSON.stringify(end) }]),
		]);
		expect(last).toMatchObject({ event: "thrown" });
	});
});
