// SHA-1 and Base64 of our own, beside Node's.

import { createHash } from "node:crypto";
import { encodeBase64 } from "../../../src/transport/websocket/base64.js";
import { encodeAccept } from "../../../src/transport/websocket/handshake.js";
import { sha1 } from "../../../src/transport/websocket/sha1.js";
import { bytesOf } from "../../support/packets.js";
import { textOf } from "../../support/websocket.js";

const noise = (length: number) =>
	Uint8Array.from({ length }, (_, i) => (i * 149 + length * 31 + (i >> 3)) & 255);
const hexOf = (buffer: ArrayBuffer) => Buffer.from(buffer).toString("hex");

test("SHA-1 of RFC 3174's examples", () => {
	expect(hexOf(sha1(bytesOf("abc")))).toBe("a9993e364706816aba3e25717850c26c9cd0d89d");
	expect(hexOf(sha1(bytesOf("a".repeat(1_000_000))))).toBe("34aa973cd4c4daa4f61eeb2bdbad27316534016f");
	expect(hexOf(sha1(bytesOf("01234567".repeat(80))))).toBe("dea356a2cddd90c7a7ecedc5ebb563934f460452");
});

test("SHA-1 of any length", () => {
	for (let length = 0; length < 300; length++) {
		const bytes = noise(length);
		expect(hexOf(sha1(bytes))).toBe(createHash("sha1").update(bytes).digest("hex"));
	}
});

test("Base64 of any length", () => {
	for (let length = 0; length < 300; length++) {
		const bytes = noise(length);
		expect(textOf(encodeBase64(bytes))).toBe(Buffer.from(bytes).toString("base64"));
	}
});

test("the answer to RFC 6455's example of a key, and with a digest of the host", () => {
	const key = bytesOf("dGhlIHNhbXBsZSBub25jZQ==");
	expect(textOf(encodeAccept(key))).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	const native = (bytes: Uint8Array) => {
		const digest = createHash("sha1").update(bytes).digest();
		return digest.buffer.slice(digest.byteOffset, digest.byteOffset + digest.length) as ArrayBuffer;
	};
	expect(textOf(encodeAccept(key, native))).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});
