// WebSocket: digests, the handshake's answers, and frames both ways, over a stream in memory.

import type { Stream, StreamOwner } from "../../../src/transport/stream.js";
import { Answer } from "../../../src/transport/websocket/answer.js";
import { encodeBase64 } from "../../../src/transport/websocket/base64.js";
import { encodeAccept } from "../../../src/transport/websocket/handshake.js";
import { webSocketLayer } from "../../../src/transport/websocket/layer.js";
import { Closed, HttpRefusal } from "../../../src/transport/websocket/reasons.js";
import { checkWebSocket } from "../../../src/transport/websocket/request.js";
import { sha1 } from "../../../src/transport/websocket/sha1.js";
import { newPacket } from "../../../src/wire/encode.js";
import type { Reason } from "../../../src/wire/reason.js";
import { bytesOf, concat, hex } from "../../support/packets.js";
import { ACCEPTANCE, CLOSING, FRAME, PING, TEXT, textOf } from "../../support/websocket.js";
import { throws, type Vector } from "./vector.js";

const digests: [string, string][] = [
	["", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
	["abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
	["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"],
	["01234567".repeat(80), "dea356a2cddd90c7a7ecedc5ebb563934f460452"],
];

const texts: [string, string][] = [
	["", ""],
	["f", "Zg=="],
	["fo", "Zm8="],
	["foo", "Zm9v"],
	["foob", "Zm9vYg=="],
	["fooba", "Zm9vYmE="],
	["foobar", "Zm9vYmFy"],
];

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const good = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${ACCEPT}\r\nSec-WebSocket-Protocol: mqtt\r\n`;

/** What becomes of an answer. */
function verdict(text: string): string {
	const answer = new Answer(bytesOf(ACCEPT));
	let last: Reason | boolean = false;
	for (const byte of bytesOf(text)) {
		last = answer.add(byte);
		if (last !== false) break;
	}
	if (last instanceof HttpRefusal) return `status ${last.status}`;
	return typeof last === "boolean" ? `${last}` : last.message.slice(11, 40);
}

const answers: [string, string, string][] = [
	["that is good", `HTTP/1.1 101 Switching Protocols\r\n${good}\r\n`, "true"],
	["in other letters", `HTTP/1.1 101\r\n${good.replace("Upgrade: w", "uPGRADE: W")}\r\n`, "true"],
	["that is not over", `HTTP/1.1 101\r\n${good}`, "false"],
	["of nobody", "HTTP/1.1 404 Not Found\r\n", "status 404"],
	["of another protocol", "220 ESMTP\r\n", "what answers is no web server"],
	[
		"without the subprotocol",
		`HTTP/1.1 101\r\n${good.replace("mqtt", "chat")}\r\n`,
		"the server does not choose th",
	],
];

/** Below a WebSocket: keeps what is written, gives what is fed. */
class Below implements Stream {
	readonly owner: StreamOwner;
	private readonly sent: Uint8Array[] = [];
	private bytes: Uint8Array = new Uint8Array(0);

	constructor(owner: StreamOwner) {
		this.owner = owner;
	}

	read(view: Uint8Array): number | undefined {
		const { bytes } = this;
		if (bytes.length === 0) return undefined;
		const count = Math.min(view.length, bytes.length);
		view.set(bytes.slice(0, count));
		this.bytes = bytes.slice(count);
		return count;
	}

	write(view: Uint8Array): number {
		this.sent.push(view.slice());
		return 1000;
	}

	close(): void {}

	feed(bytes: Uint8Array): void {
		this.bytes = concat([this.bytes, bytes]);
		this.owner.input.onReadable(this.bytes.length);
	}

	take(): Uint8Array {
		return concat(this.sent.splice(0));
	}
}

/** What a WebSocket makes of bytes, in pieces of `size`: what it hands on, what it sends, why it ends. */
function heard(bytes: Uint8Array, size: number): string {
	let got = "";
	let end = "";
	let below!: Below;
	const owner: StreamOwner = {
		stream: undefined,
		input: {
			onReadable(count) {
				const view = new Uint8Array(count);
				stream.read(view);
				got += textOf(view);
			},
		},
		onWritable() {},
		onError(reason) {
			end = reason instanceof Closed ? `closed ${reason.status}` : (reason?.message.slice(0, 60) ?? "lost");
			stream.close();
		},
	};
	const factory = {
		open: (_host: string, _address: string, _port: number, owner: StreamOwner) => (below = new Below(owner)),
	};
	// The mask of RFC 6455's examples.
	const stream = webSocketLayer({ random: () => 0x3d21fa37 })({}, factory, ["a"]).open("a", "a", 80, owner);
	below.owner.onWritable(1000);
	below.feed(ACCEPTANCE(textOf(below.take())));
	for (let at = 0; at < bytes.length && end === ""; at += size) below.feed(bytes.slice(at, at + size));
	const sent = hex(below.take());
	if (end === "") {
		const packet = newPacket(5);
		packet.set(bytesOf("Hello"));
		stream.write(packet);
		if (hex(below.take()) !== "828537fa213d7f9f4d5158") end = "another frame";
		if (textOf(packet) !== "Hello") end = "not as it was";
	}
	return `${got} ${sent} ${end}`;
}

const frames: [string, Uint8Array, string][] = [
	["a message", FRAME("Hello"), "Hello  "],
	[
		"fragments, and a ping between",
		concat([FRAME("Hel", { fin: false }), FRAME("Hello", { opcode: PING }), FRAME("lo", { opcode: 0 })]),
		"Hello 8a8537fa213d7f9f4d5158 ",
	],
	["a long message", FRAME("x".repeat(300)), `${"x".repeat(300)}  `],
	["the end", concat([FRAME("a"), CLOSING(1001)]), "a 888237fa213d3413 closed 1001"],
	[
		"text",
		FRAME("a", { opcode: TEXT }),
		" 888237fa213d3411 malformed WebSocket frame from the broker: it holds text, an",
	],
];

export const webSocketVectors: readonly Vector[] = [
	...digests.map(([text, wanted]) => ({
		name: `SHA-1 of ${text.length} characters`,
		wanted,
		run: () => hex(new Uint8Array(sha1(bytesOf(text)))),
	})),
	...texts.map(([text, wanted]) => ({
		name: `"${text}" in Base64`,
		wanted,
		run: () => textOf(encodeBase64(bytesOf(text))),
	})),
	{ name: "the answer to RFC 6455's key", wanted: ACCEPT, run: () => textOf(encodeAccept(bytesOf(KEY))) },
	...answers.map(([what, text, wanted]) => ({ name: `an answer ${what}`, wanted, run: () => verdict(text) })),
	...frames.flatMap(([what, bytes, wanted]) =>
		[1, 3, 1000].map((size) => ({
			name: `${what} over WebSocket, in pieces of ${size}`,
			wanted,
			run: () => heard(bytes, size),
		})),
	),
	throws("a path that is none", "RangeError", 'webSocket.path is "mqtt"', () =>
		checkWebSocket({ path: "mqtt" }),
	),
	throws("a header of the handshake's own", "RangeError", "sets that itself", () =>
		checkWebSocket({ headers: { "SEC-WebSocket-Key": "x" } }),
	),
	throws("a header with a line break", "TypeError", "no text of printable ASCII for X-Key", () =>
		checkWebSocket({ headers: { "X-Key": "a\nb" } }),
	),
];
