// The server's end of a WebSocket (RFC 6455), written for the tests: what it sends, and what it reads. No Node here: XS runs
// it too.

import { encodeAccept } from "../../src/transport/websocket/handshake.js";
import { type Bytes, bytesOf, concat } from "./packets.js";

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

export interface FrameOptions {
	opcode?: number;
	/** The last of its message. Default true. */
	fin?: boolean;
	/** Default: none, as a server has to. */
	mask?: readonly number[];
	/** Bytes of length behind the second byte. Default: as few as it takes. */
	lengthBytes?: 0 | 2 | 8;
}

/** A frame as a server sends it; binary. */
export function FRAME(
	bytes: Bytes,
	{ opcode = BINARY, fin = true, mask, lengthBytes }: FrameOptions = {},
): Uint8Array {
	const body = bytesOf(bytes);
	const { length } = body;
	const extra = lengthBytes ?? (length < 126 ? 0 : length < 65_536 ? 2 : 8);
	const long: number[] = [];
	for (let i = extra - 1; i >= 0; i--) long.push(Math.floor(length / 256 ** i) % 256);
	const second = (mask === undefined ? 0 : 0x80) | (extra === 0 ? length : extra === 2 ? 126 : 127);
	if (mask !== undefined) for (let i = 0; i < length; i++) body[i] ^= mask[i % 4];
	return concat([[(fin ? 0x80 : 0) | opcode, second], long, mask ?? [], body]);
}

/** A close frame. */
export function CLOSING(status: number, text = ""): Uint8Array {
	return FRAME(concat([[status >> 8, status & 255], bytesOf(text)]), { opcode: CLOSE });
}

export interface Frame {
	opcode: number;
	payload: Uint8Array;
	mask: number;
}

/** Frames of a client, or of a server, cut anywhere. Throws when one breaks a rule. */
export class FrameReader {
	/** Bytes of the mask. */
	private readonly mask: 0 | 4;
	private header: number[] = [];
	private payload: number[] = [];
	private length = 0;
	private binary: number[] = [];
	/** Of the message at hand. */
	private opcode = 0;

	constructor(from: "client" | "server" = "client") {
		this.mask = from === "client" ? 4 : 0;
	}

	/** The frames that end with these bytes. */
	add(bytes: Uint8Array): Frame[] {
		const frames: Frame[] = [];
		for (const byte of bytes) {
			const { header } = this;
			if (!this.isWhole) {
				header.push(byte);
				if (this.isWhole) this.begin();
			} else {
				const clear = this.mask === 0 ? byte : byte ^ header[header.length - 4 + (this.payload.length & 3)];
				this.payload.push(clear);
				if (this.opcode === BINARY) this.binary.push(clear);
			}
			if (!this.isWhole || this.payload.length < this.length) continue;
			const mask = this.mask === 0 ? 0 : header.slice(-4).reduce((sum, byte) => (sum << 8) | byte, 0);
			frames.push({ opcode: header[0] & 15, payload: Uint8Array.from(this.payload), mask });
			this.header = [];
			this.payload = [];
		}
		return frames;
	}

	/** What binary frames, whole or not, have held since this was called last. */
	takeBinary(): Uint8Array {
		return Uint8Array.from(this.binary.splice(0));
	}

	private get isWhole(): boolean {
		const { header } = this;
		const length = header[1] & 127;
		return header.length > 1 && header.length === 2 + this.mask + (length < 126 ? 0 : length === 126 ? 2 : 8);
	}

	private begin(): void {
		const { header, mask } = this;
		const opcode = header[0] & 15;
		this.opcode = opcode;
		const whole = (header[0] & 0x80) !== 0;
		if ((header[0] & 0x70) !== 0 || (mask === 4 && !whole)) throw new Error(`a first byte of ${header[0]}`);
		if (opcode !== BINARY && (opcode < CLOSE || opcode > PONG)) throw new Error(`an opcode ${opcode}`);
		if (mask === 4 && opcode === PING) throw new Error("a ping, which we never send");
		if (((header[1] & 0x80) === 0) !== (mask === 0)) throw new Error("a frame with the other side's mask");
		const long = header.slice(2, header.length - mask);
		this.length = long.length === 0 ? header[1] & 127 : long.reduce((sum, byte) => sum * 256 + byte, 0);
		if (long.length > 0 && this.length < (long.length === 2 ? 126 : 65_536))
			throw new Error(`${this.length} bytes in a long header`);
	}
}

/** The value of a header in a request, undefined without it. */
export function headerOf(request: string, name: string): string | undefined {
	for (const line of request.split("\r\n").slice(1)) {
		const colon = line.indexOf(":");
		if (line.slice(0, colon).toLowerCase() === name.toLowerCase()) return line.slice(colon + 1).trim();
	}
	return undefined;
}

/** ASCII as text. */
export function textOf(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += String.fromCharCode(byte);
	return text;
}

/** What Sec-WebSocket-Accept has to be for a request. */
export function acceptOf(request: string): string {
	return textOf(encodeAccept(bytesOf(headerOf(request, "Sec-WebSocket-Key") ?? "")));
}

/** The answer of a server that accepts. */
export function ACCEPTANCE(request: string): Uint8Array {
	return bytesOf(
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			`Sec-WebSocket-Accept: ${acceptOf(request)}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n`,
	);
}
