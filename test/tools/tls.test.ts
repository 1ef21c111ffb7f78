// The tool's own TLS: a certificate for the embedded broker, and the observer, which checks as a board does.

import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import type { BrokerAddress } from "../../tools/option-values.js";
import { EmbeddedBroker } from "../../tools/sim/embedded-broker.js";
import type { SimEvent } from "../../tools/sim/events.js";
import { Observer } from "../../tools/sim/observer.js";
import type { SimOptions } from "../../tools/sim/options.js";
import { Session } from "../../tools/sim/session.js";
import { makeIdentity } from "../../tools/sim/throw-away.js";
import { Authority, type Issued } from "../support/authority.js";
import { endLater, freePort, type Mosquitto, startMosquitto } from "../support/brokers.js";
import { FakeBoard, startFakeBoard } from "./fake-board.js";

describe("the throw-away certificate", () => {
	let place: string;
	beforeEach(() => {
		place = mkdtempSync(join(tmpdir(), "xs-mqtt-"));
	});
	afterEach(() => rmSync(place, { recursive: true }));

	test("is the embedded broker's own, and leaves nothing behind", async () => {
		const { ca, certificate, key } = await makeIdentity("openssl", place);
		expect(readdirSync(place)).toEqual([]);
		const [authority, own] = [new X509Certificate(ca), new X509Certificate(certificate)];
		expect(authority.ca).toBe(true);
		expect(own.ca).toBe(false);
		expect(own.verify(authority.publicKey)).toBe(true);
		expect(own.checkIP("127.0.0.1")).toBe("127.0.0.1");
		expect(own.checkHost("localhost")).toBe("localhost");
		expect(key).toContain("BEGIN PRIVATE KEY");
		const another = await makeIdentity();
		expect(another.key).not.toBe(key);
		expect(new X509Certificate(another.certificate).serialNumber).not.toBe(own.serialNumber);
	});

	test("without openssl, or one that fails, it is told what to do", async () => {
		await expect(makeIdentity("no-such-openssl")).rejects.toThrow(
			/^--tls has no certificate: .*not installed; .*apt-get install openssl/,
		);
		await expect(makeIdentity("false", place)).rejects.toThrow(/openssl failed: .+; .+/);
		expect(readdirSync(place)).toEqual([]);
	});

	test("is nobody else's to read while it is made", async () => {
		const program = join(place, "openssl");
		writeFileSync(program, "#!/bin/sh\nstat -c %a . * >&2; exit 1\n", { mode: 0o700 });
		await expect(makeIdentity(program, place)).rejects.toThrow(/: 700(\\n600){2,}; /);
	});
});

test("the embedded broker with TLS: another port, and nobody is let in without", async () => {
	const identity = await makeIdentity();
	const clients: string[] = [];
	const secure = { identity, onClient: (id: string) => clients.push(id) };
	const first = await EmbeddedBroker.start(undefined, secure);
	const second = await EmbeddedBroker.start(undefined, secure);
	expect(second.port).not.toBe(first.port);
	await expect(EmbeddedBroker.start(first.port, secure)).rejects.toThrow(/cannot listen on 127\.0\.0\.1:\d+/);
	await expect(Observer.start({ host: "127.0.0.1", port: first.port }, "x", () => {})).rejects.toThrow(
		"no MQTT connection",
	);
	// A handshake that never ends does not keep it from closing.
	const silent = connectTls({ host: "127.0.0.1", port: first.port, rejectUnauthorized: false });
	await new Promise((connected) => silent.once("connect", connected));
	silent.on("error", () => {});
	await first.close();
	await second.close();
	expect(clients).toEqual([]);
});

test("a session with TLS: the board gets the authority, and the encryption is told", async () => {
	FakeBoard.started = [];
	const events: SimEvent[] = [];
	const options: SimOptions = {
		broker: undefined,
		port: undefined,
		tls: true,
		name: "sensor-node",
		board: "none",
		stack: "lwip",
		interval: 20,
		messages: 5,
		timeout: undefined,
		replay: undefined,
		protocol: false,
		json: true,
	};
	await new Session(options, undefined, startFakeBoard, (event) => events.push(event)).run();
	const broker = events.find((event) => event.type === "connection" && event.of === "broker");
	expect(broker).toMatchObject({
		url: expect.stringMatching(/^mqtts:\/\/127\.0\.0\.1:\d+$/),
		embedded: true,
	});
	const { ca } = FakeBoard.started[0].config.tls!;
	const encrypted = events.flatMap((event) =>
		event.type === "connection" && event.of === "encryption" ? [event] : [],
	);
	expect(encrypted.map((event) => event.with)).toEqual(["observer", "board"]);
	for (const { version, suite, fingerprint } of encrypted) {
		expect(version).toMatch(/^TLSv1\.[23]$/);
		expect(suite).toMatch(/^TLS_\w+$/);
		expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
		expect(fingerprint).not.toBe(
			new X509Certificate(ca as string).fingerprint256.replaceAll(":", "").toLowerCase(),
		);
	}
	expect(JSON.stringify(events)).not.toContain("PRIVATE KEY");
});

describe("the observer", () => {
	let ca: Authority;
	let other: Authority;
	let server: Issued;
	let own: Issued;
	let broker: Mosquitto;
	/** Asks for a certificate. */
	let strict: Mosquitto;
	let webSocket: number;
	let plainWebSocket: number;
	beforeAll(async () => {
		ca = new Authority();
		other = new Authority({ name: "Another authority" });
		server = ca.issue({ names: "DNS:localhost,IP:127.0.0.1" });
		own = ca.issue({ name: "client" });
		endLater(() => {
			ca.remove();
			other.remove();
		});
		const files = [`certfile ${server.file}`, `keyfile ${server.keyFile}`];
		webSocket = await freePort();
		plainWebSocket = await freePort();
		broker = await startMosquitto({
			settings: [
				...files,
				...[`listener ${webSocket} 127.0.0.1`, "protocol websockets", ...files],
				...[`listener ${plainWebSocket} 127.0.0.1`, "protocol websockets"],
			],
		});
		strict = await startMosquitto({
			settings: [...files, `cafile ${ca.own.file}`, "require_certificate true"],
		});
	});

	async function observes(address: Partial<BrokerAddress>): Promise<SimEvent[]> {
		const events: SimEvent[] = [];
		const observer = await Observer.start(
			{ host: "localhost", port: broker.port, ...address },
			"x",
			(event) => events.push(event as SimEvent),
		);
		await observer.close();
		return events;
	}
	const refusal = async (address: Partial<BrokerAddress>): Promise<string> => {
		const error = await observes({ username: "ann", password: "secret", ...address }).catch((error) => error);
		expect(error.message).not.toMatch(/secret|ann/);
		return error.message;
	};

	test("connects with authority or pin, also by address", async () => {
		const encryption = { type: "connection", of: "encryption", with: "observer", fingerprint: server.pin };
		for (const tls of [{ ca: [ca.own.pem] }, { pin: [server.pin] }, { ca: [other.own.pem, ca.own.pem] }])
			expect(await observes({ tls })).toEqual([
				expect.objectContaining(encryption),
				{ type: "connection", of: "observer", state: "connected" },
			]);
		await observes({ host: "127.0.0.1", tls: { ca: [ca.own.pem] } });
	});

	test("connects through WebSocket, with TLS and without", async () => {
		const path = { path: "/mqtt?a=b" };
		await observes({ port: plainWebSocket, webSocket: {} });
		await observes({ port: webSocket, webSocket: path, tls: { ca: [ca.own.pem] } });
		expect(await refusal({ port: webSocket, webSocket: path, tls: { ca: [other.own.pem] } })).toMatch(
			/^no MQTT connection to wss:\/\/localhost:\d+\/mqtt: TLS: .*--ca: .*openssl s_client/,
		);
		expect(await refusal({ port: broker.port, webSocket: {} })).toMatch(/^no MQTT connection to ws:/);
	});

	test("tells in the words of the options why it does not, and sends nothing", async () => {
		const before = broker.comers.all.length;
		expect(await refusal({ tls: { ca: [other.own.pem] } })).toMatch(
			/^no MQTT connection to mqtts:\/\/localhost:\d+: TLS: .*authorities in --ca: .*openssl s_client/,
		);
		expect(await refusal({ tls: { pin: [own.pin] } })).toMatch(/not the one in --pin/);
		expect(await refusal({ tls: { ca: [ca.own.pem], pin: [own.pin] } })).toMatch(/not the one in --pin/);
		expect(await refusal({ host: "127.0.0.2", tls: { ca: [ca.own.pem] } })).toMatch(
			/another name|ECONNREFUSED/,
		);
		expect(broker.comers.all.length).toBe(before);
	});

	test("has the board's certificate", async () => {
		const tls = { ca: [ca.own.pem] };
		const foreign = other.issue({ name: "client" });
		const refused = /does not accept our certificate: .*; check --cert and --key/;
		expect(await refusal({ port: strict.port, tls })).toMatch(refused);
		const wrong = { ...tls, certificate: foreign.pem, key: foreign.key };
		expect(await refusal({ port: strict.port, tls: wrong })).toMatch(refused);
		await observes({ port: strict.port, tls: { ...tls, certificate: own.pem, key: own.key } });
	});

	test("a port without TLS, and one where nobody listens", async () => {
		const tls = { ca: [ca.own.pem] };
		const server = createServer((socket) => socket.resume().end("HTTP/1.1 400 Bad Request\r\n\r\n"));
		endLater(() => void server.close());
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
		const { port } = server.address() as AddressInfo;
		expect(await refusal({ port, tls })).toMatch(/does not use TLS on this port.*; check the port$/);
		await new Promise((closed) => server.close(closed));
		expect(await refusal({ port, tls })).toMatch(/ECONNREFUSED/);
	});

	test("a broker without TLS, which hangs up at once", async () => {
		const server = createServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
		endLater(() => void server.close());
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
		const { port } = server.address() as AddressInfo;
		const told = /does not use TLS on this port.*; check the port$/;
		expect(await refusal({ port, tls: { ca: [ca.own.pem] } })).toMatch(told);
		expect(await refusal({ port, tls: { ca: [ca.own.pem] }, webSocket: {} })).toMatch(told);
	});

	test("a web server that refuses WebSocket, with its status", async () => {
		const server = createServer((socket) => socket.resume().end("HTTP/1.1 404 Not Found\r\n\r\n"));
		endLater(() => void server.close());
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
		const { port } = server.address() as AddressInfo;
		expect(await refusal({ port, webSocket: { path: "/other" } })).toMatch(
			/^no MQTT connection to ws:\/\/localhost:\d+\/other: WebSocket: .*404; check host, port and path$/,
		);
	});
});
