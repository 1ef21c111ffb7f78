// The opening handshake (RFC 6455, section 4.1): the request goes out as there is room, the answer is judged. Needed until
// then only. Knows the stream below; no frames.

import type { Reason } from "../../wire/reason.js";
import { writeUtf8 } from "../../wire/utf8.js";
import type { Stream } from "../stream.js";
import { Answer } from "./answer.js";
import { encodeBase64 } from "./base64.js";
import type { WebSocketCapability } from "./capability.js";
import type { WebSocketOptions } from "./options.js";
import { NO_UPGRADE, NOT_HTTP } from "./reasons.js";
import { encodeRequest, newKey } from "./request.js";
import { sha1 } from "./sha1.js";

/** What the server's digest is of, beside the key (RFC 6455, section 1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** What Sec-WebSocket-Accept has to be for the key (RFC 6455, section 4.2.2). */
export const encodeAccept = (
	key: Uint8Array,
	digest: (bytes: Uint8Array) => ArrayBuffer = sha1,
): Uint8Array => {
	const text = new Uint8Array(key.length + GUID.length);
	text.set(key);
	writeUtf8(GUID, text, key.length);
	return encodeBase64(new Uint8Array(digest(text)));
};

export class Handshake {
	private readonly path: string;
	private readonly authority: string;
	private readonly options: WebSocketOptions;
	private readonly capability: WebSocketCapability;
	private request: Uint8Array | undefined = undefined;
	private sent = 0;
	private answer: Answer | undefined = undefined;

	/** @param authority host and port, as the header Host has them */
	constructor(path: string, authority: string, options: WebSocketOptions, capability: WebSocketCapability) {
		this.path = path;
		this.authority = authority;
		this.options = options;
		this.capability = capability;
	}

	/** Whether there is a connection, so that the request is on its way. */
	get begun(): boolean {
		return this.request !== undefined;
	}

	/** There is a connection. Throws what a function among the headers has thrown. */
	begin(): void {
		const { capability } = this;
		const key = newKey(capability);
		this.request = encodeRequest(this.path, this.authority, key, this.options);
		this.answer = new Answer(encodeAccept(key, capability.sha1));
	}

	/** Sends what there is room for; returns the room left. Throws when nothing was taken, so that no event is to come. */
	send(stream: Stream, room: number): number {
		const { buffer, byteOffset, length } = this.request!;
		while (this.sent < length && room > 0) {
			const count = Math.min(length - this.sent, room);
			let left: number | undefined;
			try {
				left = stream.write(new Uint8Array(buffer, byteOffset + this.sent, count));
			} catch (error) {
				if (this.sent === 0) throw error;
				// It has no room after all, and tells when there is, or it has ended, and tells that.
			}
			if (left === undefined) return 0;
			this.sent += count;
			room = left;
		}
		return room;
	}

	/** Takes a byte of the answer: true when it is good and ends here, a reason when it is not. */
	add(byte: number): Reason | boolean {
		const { answer, request } = this;
		// A server that speaks first is not a web server.
		if (answer === undefined) return NOT_HTTP;
		const verdict = answer.add(byte);
		return verdict === true && this.sent < request!.length ? NO_UPGRADE : verdict;
	}
}
