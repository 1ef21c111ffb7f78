// The opening handshake (RFC 6455, section 4.1): the request, and every way in which an answer is not good.

import { createHash } from "node:crypto";
import type { WebSocketOptions } from "../../../src/transport/websocket/options.js";
import * as reasons from "../../../src/transport/websocket/reasons.js";
import { bytesOf, concat } from "../../support/packets.js";
import { ACCEPTANCE, FRAME, headerOf } from "../../support/websocket.js";
import { numbers } from "../../support/websocket-peer.js";
import { Line } from "./line.js";

const acceptOf = (request: string) =>
	createHash("sha1")
		.update(`${headerOf(request, "Sec-WebSocket-Key")}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
		.digest("base64");

describe("the request", () => {
	test("is what RFC 6455 asks for, with the subprotocol mqtt (MQTT section 6)", () => {
		const random = [0x04030201, 0x08070605, 0x0c0b0a09, 0x100f0e0d];
		const line = new Line({}, {}, { random: () => random.shift()! });
		expect(line.open()).toBe(
			"GET /mqtt HTTP/1.1\r\nHost: broker\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
				"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n" +
				"Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n",
		);
		expect(line.peer.writes).toHaveLength(1);
		expect(line.rooms).toEqual([]);
	});

	test.each([
		["broker", 80, false, "broker"],
		["broker", 443, false, "broker:443"],
		["10.0.0.1", 8080, false, "10.0.0.1:8080"],
		["broker", 443, true, "broker"],
		["broker", 80, true, "broker:80"],
	])("to %s, port %d, secure %s, has Host %s", (host, port, isSecure, expected) => {
		const line = new Line({}, {}, { random: numbers() }, [host, port], isSecure);
		expect(headerOf(line.open(), "Host")).toBe(expected);
	});

	test("has path and headers of the options; a function is called at each connect", () => {
		let token = 0;
		const headers = { "X-Api-Key": "a secret, of a kind", Authorization: () => `Bearer ${++token}` };
		const line = new Line({ path: "/ws?a=b%20c", headers });
		expect(token).toBe(0);
		const request = line.open();
		expect(request).toContain("GET /ws?a=b%20c HTTP/1.1\r\n");
		expect(headerOf(request, "x-api-key")).toBe("a secret, of a kind");
		expect(headerOf(request, "authorization")).toBe("Bearer 1");
		expect(request.endsWith("\r\n\r\n")).toBe(true);
		expect(request.indexOf("\r\n\r\n")).toBe(request.length - 4);
	});

	test("is whole for a host with letters of other scripts", () => {
		const line = new Line({}, {}, { random: numbers() }, ["böse.größe", 80], false);
		const request = line.open();
		expect(request).toContain("\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Key: ");
		expect(headerOf(request, "Sec-WebSocket-Key")).toMatch(/^[A-Za-z0-9+/]{22}==$/);
		expect(request.indexOf("\r\n\r\n")).toBe(request.length - 4);
	});

	test("has another key each time", () => {
		const random = numbers();
		const keys = [1, 2, 3].map(() => headerOf(new Line({}, {}, { random }).open(), "Sec-WebSocket-Key"));
		expect(new Set(keys).size).toBe(3);
	});

	test("goes in pieces through a socket with less room", () => {
		const line = new Line({ headers: { "X-Long": "x".repeat(3000) } }, { room: 500 });
		const request = line.open();
		expect(request).toContain(`X-Long: ${"x".repeat(3000)}\r\n\r\n`);
		expect(line.peer.writes.map(({ length }) => length).slice(0, 2)).toEqual([500, 500]);
		line.peer.send(ACCEPTANCE(request));
		expect(line.rooms).toEqual([492]);
	});

	test("that the socket refuses ends the attempt", () => {
		const line = new Line();
		line.peer.socket.refusals = 1;
		line.open();
		expect(line.ends).toStrictEqual([undefined]);
	});

	test.each([
		[
			"throws",
			() => {
				throw new Error("mine");
			},
			"mine",
		],
		["gives a line break", () => "a\r\nHost: other", "no text of printable ASCII for X-Key"],
		["gives no text", () => 5 as never, "no text of printable ASCII for X-Key"],
	])("is not sent when a function %s", (_what, value: () => string, message) => {
		const line = new Line({ headers: { "X-Key": value } });
		expect(() => line.open()).toThrow(message);
		expect(line.ends).toStrictEqual([reasons.HEADER_FAILED]);
		expect(line.peer.writes).toEqual([]);
	});

	test("is not sent when a function closes the stream", () => {
		const line: Line = new Line({
			headers: {
				"X-Key": () => {
					line.stream.close();
					return "x";
				},
			},
		});
		expect(line.open()).toBe("");
		expect(line.ends).toStrictEqual([]);
	});
});

describe("options", () => {
	test.each<[WebSocketOptions, RegExp]>([
		[{ path: "mqtt" }, /webSocket\.path is "mqtt": it must begin with "\/"/],
		[{ path: "mqtt?token=secret" }, /webSocket\.path is "mqtt" and a query: it must begin with "\/"/],
		[{ path: "" }, /webSocket\.path is ""/],
		[{ path: "/a b" }, /path is "\/a b"/],
		[{ path: "/a#b" }, /without "#"/],
		[{ path: "/ü" }, /visible ASCII/],
		[{ path: "/a\r\nX: y" }, /path is/],
		[{ path: 5 as never }, /path is 5/],
		[{ headers: { "": "x" } }, /the name "": it must be a token/],
		[{ headers: { "a b": "x" } }, /the name "a b"/],
		[{ headers: { "a:": "x" } }, /token/],
		[{ headers: { "a\r\nb": "x" } }, /token/],
		[{ headers: { ü: "x" } }, /token/],
		[{ headers: { HOST: "x" } }, /has HOST: the request sets that itself/],
		[{ headers: { upgrade: "x" } }, /sets that itself/],
		[{ headers: { Connection: "x" } }, /sets that itself/],
		[{ headers: { "Sec-WebSocket-Key": "x" } }, /sets that itself/],
		[{ headers: { "sec-webSocket-anything": "x" } }, /sets that itself/],
		[{ headers: { "Content-Length": "5" } }, /sets that itself/],
		[{ headers: { "Transfer-Encoding": "chunked" } }, /sets that itself/],
		[{ headers: { "X-Key": "secret\n" } }, /no text of printable ASCII for X-Key/],
		[{ headers: { "X-Key": "secret\u007f" } }, /X-Key/],
		[{ headers: { "X-Key": "secrét" } }, /X-Key/],
		[{ headers: { "X-Key": 5 as never } }, /X-Key/],
	])("%j throws at construction, and shows no value of a header", (options, message) => {
		let error: Error | undefined;
		try {
			new Line(options);
		} catch (thrown) {
			error = thrown as Error;
		}
		expect(error?.message).toMatch(message);
		expect(error?.message).not.toContain("secr");
	});

	test.each([
		[true, /^webSocket is true: it must be an object with path and headers, or \{\}$/],
		[null, /^webSocket is null: /],
		["/mqtt", /^webSocket is "\/mqtt": /],
		[{ pfad: "/x" }, /^webSocket\.pfad is not an option: path and headers are$/],
		[{ header: {} }, /^webSocket\.header is not an option/],
		[{ headers: null }, /^webSocket\.headers must be an object that has a text for each name/],
		[{ headers: "secret" }, /^webSocket\.headers must be an object/],
		[{ headers: ["secret"] }, /^webSocket\.headers must be an object/],
		[{ headers: new Map([["X-Key", "secret"]]) }, /^webSocket\.headers must be an object/],
	])("%p is none, and is refused with the rule", (options, message) => {
		const open = () => new Line(options as never);
		expect(open).toThrow(TypeError);
		expect(open).toThrow(message);
		expect(open).not.toThrow("secret");
	});

	test.each(["X-Connection", "Hosts", "Sec-WebSocke", "a!#$%&'*+-.^_`|~9"])(
		"%s is a header like others",
		(name) => {
			expect(headerOf(new Line({ headers: { [name]: "x" } }).open(), name)).toBe("x");
		},
	);
});

/** The lines of a good answer, by header; what is undefined is left out. */
function answer(
	request: string,
	changes: Record<string, string | undefined> = {},
	status = "HTTP/1.1 101 Switching",
): Uint8Array {
	const headers: Record<string, string | undefined> = {
		Upgrade: "websocket",
		Connection: "Upgrade",
		"Sec-WebSocket-Accept": acceptOf(request),
		"Sec-WebSocket-Protocol": "mqtt",
		...changes,
	};
	const lines = Object.entries(headers).filter(([, value]) => value !== undefined);
	return bytesOf(`${[status, ...lines.map(([name, value]) => `${name}: ${value}`)].join("\r\n")}\r\n\r\n`);
}

describe("an answer is good", () => {
	const good: [string, (request: string) => Uint8Array][] = [
		["as it is", (request) => answer(request)],
		[
			"with names and tokens in any letters",
			(request) =>
				answer(request, {
					Upgrade: undefined,
					Connection: undefined,
					"Sec-WebSocket-Accept": undefined,
					UPGRADE: "WebSocket",
					connection: "UPGRADE",
					"sec-websocket-accept": acceptOf(request),
				}),
		],
		["with upgrade in a list", (request) => answer(request, { Connection: "keep-alive ,\tUpgrade , x" })],
		[
			"with upgrade in the second of two lines",
			(request) => answer(request, { Connection: "keep-alive", connection: "upgrade" }),
		],
		[
			"with spaces around values",
			(request) =>
				answer(request, {
					Upgrade: " \twebsocket \t",
					"Sec-WebSocket-Protocol": "   mqtt  ",
					"Sec-WebSocket-Accept": `  ${acceptOf(request)}  `,
				}),
		],
		[
			"without a space behind the colon",
			(request) => bytesOf(Buffer.from(answer(request)).toString().replaceAll(": ", ":")),
		],
		[
			"with lines of any length, and names that begin like others",
			(request) =>
				answer(request, {
					"X-Long": "y".repeat(5000),
					["z".repeat(300)]: "1",
					Upgrad: "x",
					Upgrades: "x",
					"Sec-WebSocket-Extension": "x",
					"Sec-WebSocket-Extensionss": "x",
				}),
		],
		[
			"with lines that end in LF alone",
			(request) => bytesOf(Buffer.from(answer(request)).toString().replaceAll("\r\n", "\n")),
		],
		["without a phrase", (request) => answer(request, {}, "HTTP/1.1 101")],
		["with an empty list of extensions", (request) => answer(request, { "Sec-WebSocket-Extensions": "" })],
	];

	test.each(good)("%s, whole and cut anywhere", (_what, make) => {
		const behind = FRAME("abc");
		for (const size of [1, 2, 3, 7, 10_000]) {
			const line = new Line();
			const all = concat([make(line.open()), behind]);
			for (let at = 0; at < all.length; at += size) line.peer.send(all.slice(at, at + size));
			expect(line.ends).toStrictEqual([]);
			expect(line.rooms).toEqual([1528]);
			expect(line.text()).toBe("abc");
		}
	});
});

describe("an answer is not good", () => {
	type Case = [string, reasons.HttpRefusal | (typeof reasons)["NO_UPGRADE"], (request: string) => Uint8Array];
	const cases: Case[] = [
		["that is no HTTP", reasons.NOT_HTTP, () => bytesOf("220 smtp.example.com ESMTP\r\n")],
		["of MQTT", reasons.NOT_HTTP, () => Uint8Array.of(0x20, 2, 0, 0)],
		["of HTTP/2", reasons.NOT_HTTP, (request) => answer(request, {}, "HTTP/2.0 101 Switching")],
		["of HTTP/1.0", reasons.NOT_HTTP, (request) => answer(request, {}, "HTTP/1.0 101 Switching")],
		[
			"without a space before the status",
			reasons.NOT_HTTP,
			(request) => answer(request, {}, "HTTP/1.1-101 x"),
		],
		["with a status of two digits", reasons.NOT_HTTP, (request) => answer(request, {}, "HTTP/1.1 10 1")],
		["with a status of four digits", reasons.NOT_HTTP, (request) => answer(request, {}, "HTTP/1.1 1011 x")],
		["with a status that is none", reasons.NOT_HTTP, (request) => answer(request, {}, "HTTP/1.1 1o1 x")],
		["without Upgrade", reasons.NO_UPGRADE, (request) => answer(request, { Upgrade: undefined })],
		["with another Upgrade", reasons.NO_UPGRADE, (request) => answer(request, { Upgrade: "h2c" })],
		["with Upgrade too short", reasons.NO_UPGRADE, (request) => answer(request, { Upgrade: "websocke" })],
		["with Upgrade too long", reasons.NO_UPGRADE, (request) => answer(request, { Upgrade: "websockets" })],
		[
			"with Upgrade in two words",
			reasons.NO_UPGRADE,
			(request) => answer(request, { Upgrade: "web socket" }),
		],
		["without Connection", reasons.NO_UPGRADE, (request) => answer(request, { Connection: undefined })],
		[
			"with another Connection",
			reasons.NO_UPGRADE,
			(request) => answer(request, { Connection: "keep-alive, upgraded, no upgrade" }),
		],
		["with an empty Connection", reasons.NO_UPGRADE, (request) => answer(request, { Connection: " , ," })],
		[
			"without Sec-WebSocket-Accept",
			reasons.WRONG_ACCEPT,
			(request) => answer(request, { "Sec-WebSocket-Accept": undefined }),
		],
		[
			"to another key",
			reasons.WRONG_ACCEPT,
			(request) => answer(request, { "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }),
		],
		[
			"with Sec-WebSocket-Accept in other letters",
			reasons.WRONG_ACCEPT,
			(request) => answer(request, { "Sec-WebSocket-Accept": swapped(acceptOf(request)) }),
		],
		[
			"with half of Sec-WebSocket-Accept",
			reasons.WRONG_ACCEPT,
			(request) => answer(request, { "Sec-WebSocket-Accept": acceptOf(request).slice(0, 14) }),
		],
		[
			"with more behind Sec-WebSocket-Accept",
			reasons.WRONG_ACCEPT,
			(request) => answer(request, { "Sec-WebSocket-Accept": `${acceptOf(request)}=` }),
		],
		[
			"with Sec-WebSocket-Accept twice",
			reasons.WRONG_ACCEPT,
			(request) => answer(request, { "sec-websocket-accept": acceptOf(request) }),
		],
		[
			"without a subprotocol",
			reasons.NO_SUBPROTOCOL,
			(request) => answer(request, { "Sec-WebSocket-Protocol": undefined }),
		],
		[
			"with another subprotocol",
			reasons.NO_SUBPROTOCOL,
			(request) => answer(request, { "Sec-WebSocket-Protocol": "mqttv3.1" }),
		],
		[
			"with a list of subprotocols",
			reasons.NO_SUBPROTOCOL,
			(request) => answer(request, { "Sec-WebSocket-Protocol": "mqtt, chat" }),
		],
		[
			"with the subprotocol in other letters",
			reasons.NO_SUBPROTOCOL,
			(request) => answer(request, { "Sec-WebSocket-Protocol": "MQTT" }),
		],
		[
			"with an extension",
			reasons.UNASKED_EXTENSION,
			(request) => answer(request, { "Sec-WebSocket-Extensions": "permessage-deflate" }),
		],
		["without an end", reasons.ANSWER_TOO_LONG, (request) => answer(request, { "X-Long": "x".repeat(9000) })],
		[
			"of too many lines",
			reasons.ANSWER_TOO_LONG,
			(request) => concat([answer(request).slice(0, -2), bytesOf("a: b\r\n".repeat(1500))]),
		],
	];
	const swapped = (text: string) =>
		text.replace(/[a-z]/i, (letter) => (letter < "a" ? letter.toLowerCase() : letter.toUpperCase()));

	test.each(cases)("%s", (_what, reason, make) => {
		for (const size of [1, 20_000]) {
			const line = new Line();
			const all = make(line.open());
			for (let at = 0; at < all.length && line.ends.length === 0; at += size)
				line.peer.send(all.slice(at, at + size));
			expect(line.ends).toStrictEqual([reason]);
			expect(line.rooms).toEqual([]);
			expect(line.peer.socket.closed).toBe(true);
			expect(line.peer.writes).toHaveLength(1);
		}
	});

	test.each([
		[301, "broker", "check host, port, tls and webSocket.path"],
		[308, "broker", "check host, port, tls and webSocket.path"],
		[200, "broker", "does not speak WebSocket here"],
		[400, "broker", "does not speak WebSocket here"],
		[401, "broker", "check webSocket.headers"],
		[403, "broker", "check webSocket.headers"],
		[404, "broker", "check webSocket.path"],
		[502, "network", "out of order"],
		[503, "network", "out of order"],
	])("with status %d: it is told, and whose fault it is", (status, fault, hint) => {
		const line = new Line();
		line.open();
		line.peer.send(bytesOf(`HTTP/1.1 ${status} Nothing\r\n`));
		expect(line.ends).toHaveLength(1);
		const reason = line.ends[0] as reasons.HttpRefusal;
		expect(reason).toBeInstanceOf(reasons.HttpRefusal);
		expect(reason).toMatchObject({ status, fault });
		expect(reason.message).toContain(`${status}`);
		expect(reason.message).toContain(hint);
		expect([reason, reasons.NO_ANSWER].map(Object.isFrozen)).toEqual([true, true]);
	});

	test("before all of the request was sent", () => {
		const line = new Line({}, { room: 100 });
		line.peer.open();
		const key = Buffer.alloc(16);
		const random = numbers();
		for (let i = 0; i < 4; i++) key.writeInt32LE(random(), 4 * i);
		line.peer.send(answer(`\r\nSec-WebSocket-Key: ${key.toString("base64")}`));
		expect(line.ends).toStrictEqual([reasons.NO_UPGRADE]);
	});

	test("that comes before the connection is told of", () => {
		const line = new Line();
		line.peer.send(Uint8Array.of(0x20));
		expect(line.ends).toStrictEqual([reasons.NOT_HTTP]);
	});

	test("when the server closes without one", () => {
		const line = new Line();
		line.open();
		line.peer.end();
		expect(line.ends).toStrictEqual([reasons.NO_ANSWER]);
	});

	test("when there is no connection: what that is, the Client tells", () => {
		const line = new Line();
		line.peer.fail();
		expect(line.ends).toStrictEqual([undefined]);
	});
});
