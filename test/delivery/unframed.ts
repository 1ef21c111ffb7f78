// The MQTT in one direction of a WebSocket, as it comes. Knows where in the stream each byte of it was.

import { FrameReader } from "../support/websocket.js";

const LF = 10;
const CR = 13;

export class Unframed {
	/** Bytes that came, frames and all. */
	at = 0;
	/** There is what comes before frames: a request, or an answer. */
	private before = true;
	/** Lines that end with nothing in them. */
	private empty = false;
	private readonly reader: FrameReader;

	constructor(from: "client" | "server") {
		this.reader = new FrameReader(from);
	}

	/** Calls `hear` for each byte of MQTT, when `at` is where it ends. Throws on a frame that breaks a rule. */
	add(bytes: Uint8Array, hear: (byte: Buffer) => void): void {
		for (const byte of bytes) {
			this.at++;
			if (this.before) {
				if (byte === LF) this.before = !this.empty;
				if (byte !== CR) this.empty = byte === LF;
				continue;
			}
			this.reader.add(Uint8Array.of(byte));
			const clear = this.reader.takeBinary();
			if (clear.length > 0) hear(Buffer.from(clear));
		}
	}
}
