// The request that asks a web server for WebSocket (RFC 6455, section 4.1), and the checks of what the app adds to it.
// Knows text, no streams.

import { newPacket } from "../../wire/encode.js";
import { show } from "../../wire/quote.js";
import { utf8Length, writeUtf8 } from "../../wire/utf8.js";
import { equalsToken, isToken, isWithin } from "./ascii.js";
import { encodeBase64 } from "./base64.js";
import type { WebSocketCapability } from "./capability.js";
import type { WebSocketOptions } from "./options.js";

const enum Bytes {
	/** Random bytes that the key stands for. */
	NONCE = 16,
	/** The key, in Base64. */
	KEY = 24,
}

const enum Code {
	SPACE = 0x20,
	VISIBLE = 0x21,
	HASH = 0x23,
	SLASH = 0x2f,
	TILDE = 0x7e,
}

/** Headers that the request has already, or that would give it a body. Those that begin with the last one are, too. */
const TAKEN = Object.freeze(["host", "upgrade", "connection", "content-length", "transfer-encoding"]);
const OWN = "sec-websocket-";

const checkName = (name: string): void => {
	if (!isToken(name))
		throw new TypeError(
			`webSocket.headers has the name ${show(name)}: it must be a token (RFC 7230, section 3.2.6)`,
		);
	let taken = equalsToken(name, OWN, OWN.length);
	for (let i = 0; i < TAKEN.length; i++) taken ||= equalsToken(name, TAKEN[i]);
	if (taken) throw new RangeError(`webSocket.headers has ${name}: the request sets that itself`);
};

/** The value is not shown: it may be a secret. */
const checkValue = (name: string, value: unknown): void => {
	if (typeof value !== "string" || !isWithin(value, Code.SPACE, Code.TILDE))
		throw new TypeError(`webSocket.headers has no text of printable ASCII for ${name}`);
};

/** What is behind the "?" is not shown: it may be a secret. */
const shown = (path: unknown): string => {
	const query = typeof path === "string" ? path.indexOf("?") : -1;
	return query < 0 ? `is ${show(path)}` : `is ${show((path as string).slice(0, query))} and a query`;
};

/** Throws on options that cannot work, with the rule; returns the path. */
export const checkWebSocket = (options: WebSocketOptions): string => {
	if (typeof options !== "object" || options === null)
		throw new TypeError(`webSocket is ${show(options)}: it must be an object with path and headers, or {}`);
	for (const name in options)
		if (name !== "path" && name !== "headers")
			throw new TypeError(`webSocket.${name} is not an option: path and headers are`);
	const { path = "/mqtt", headers = {} } = options;
	if (
		typeof path !== "string" ||
		path.charCodeAt(0) !== Code.SLASH ||
		!isWithin(path, Code.VISIBLE, Code.TILDE) ||
		path.indexOf("#") >= 0
	)
		throw new RangeError(
			`webSocket.path ${shown(path)}: it must begin with "/", in visible ASCII without "#"; escape others with "%"`,
		);
	// Lists and Maps are objects, too, but have no headers by name. They are not shown: values may be secrets.
	if (typeof headers !== "object" || headers === null || Symbol.iterator in headers)
		throw new TypeError(
			"webSocket.headers must be an object that has a text for each name, or a function that gives one",
		);
	for (const name of Object.keys(headers)) {
		checkName(name);
		if (typeof headers[name] !== "function") checkValue(name, headers[name]);
	}
	return path;
};

/** A fresh key: 16 random bytes in Base64 (RFC 6455, section 4.1). */
export const newKey = ({ random }: WebSocketCapability): Uint8Array => {
	const words = new Int32Array(Bytes.NONCE >> 2);
	for (let i = 0; i < words.length; i++) words[i] = random();
	return encodeBase64(new Uint8Array(words.buffer));
};

/** The whole request. What a function among the headers throws is thrown; TypeError when it gives no text. */
export const encodeRequest = (
	path: string,
	authority: string,
	key: Uint8Array,
	{ headers = {} }: WebSocketOptions,
): Uint8Array => {
	const before =
		`GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Key: ";
	let after = "\r\n";
	for (const name of Object.keys(headers)) {
		const given = headers[name];
		const value = typeof given === "function" ? given() : given;
		checkValue(name, value);
		after += `${name}: ${value}\r\n`;
	}
	after += "\r\n";
	// A host may have other letters than those of ASCII.
	const at = utf8Length(before);
	const request = newPacket(at + Bytes.KEY + after.length);
	writeUtf8(before, request, 0);
	request.set(key, at);
	writeUtf8(after, request, at + Bytes.KEY);
	return request;
};
