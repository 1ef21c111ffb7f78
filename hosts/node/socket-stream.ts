// A socket of Node's with the face of an ECMA-419 socket. Knows neither TCP, which is in network.ts, nor TLS, in tls.ts.

import type { Socket } from "node:net";
import type { Stream } from "../../src/transport/stream.js";

/** Bytes that a write may leave unsent; and that may wait for the app before no more are taken from the line. */
const ROOM = 65_536;
/** Milliseconds that what was written has to leave once the socket is closed: a peer that does not read would hold it for ever. */
const LINGER = 5000;

/** Behaves as ECMA-419, section 12, has it. */
export abstract class SocketStream implements Stream {
	readonly #socket: Socket;
	#chunks: Buffer[] = [];
	#readable = 0;
	#failed = false;
	/** What was written has been handed on. */
	readonly #flushed: () => void;

	protected constructor(socket: Socket) {
		this.#socket = socket;
		this.#flushed = () => {
			if (!this.#failed && socket.writableLength === 0) this.tellWritable(ROOM);
		};
		socket.on("end", () => this.fail());
		socket.on("error", (error) => this.fail(error));
		socket.on("close", () => this.fail());
	}

	protected abstract tellReadable(count: number): void;
	protected abstract tellWritable(room: number): void;
	/** Told once, and not after `close`. */
	protected abstract tellError(error: Error | undefined): void;

	/** It is connected: from now on it may be written to, and read. */
	protected open(): void {
		if (this.#failed) return;
		const socket = this.#socket;
		socket.on("data", (chunk) => {
			if (this.#failed) return;
			this.#chunks.push(chunk);
			this.#readable += chunk.length;
			if (this.#readable >= ROOM) socket.pause();
			this.tellReadable(this.#readable);
		});
		this.tellWritable(ROOM);
	}

	/** It is over. What has come can still be read. */
	protected fail(error?: Error): void {
		if (this.#failed) return;
		this.#failed = true;
		this.tellError(error);
	}

	read(view: Uint8Array): number | undefined {
		if (this.#readable === 0) return undefined;
		if (view.length === 0 || view.length > this.#readable) throw new Error("invalid");
		for (let at = 0; at < view.length; ) {
			const chunk = this.#chunks[0];
			const part = chunk.subarray(0, view.length - at);
			view.set(part, at);
			at += part.length;
			if (part.length === chunk.length) this.#chunks.shift();
			else this.#chunks[0] = chunk.subarray(part.length);
		}
		this.#readable -= view.length;
		if (this.#readable < ROOM && this.#socket.isPaused()) this.#socket.resume();
		return view.length;
	}

	write(view: Uint8Array): number | undefined {
		if (this.#failed) return undefined;
		if (view.length > ROOM - this.#socket.writableLength) throw new Error("would block");
		// Node keeps the bytes until they are sent; the caller uses its buffer again at once.
		this.#socket.write(view.slice(), this.#flushed);
		return ROOM - this.#socket.writableLength;
	}

	close(): void {
		this.#failed = true;
		this.#chunks = [];
		this.#readable = 0;
		const socket = this.#socket;
		socket.end();
		socket.destroySoon();
		const timer = setTimeout(() => socket.destroy(), LINGER).unref();
		socket.once("close", () => clearTimeout(timer));
	}
}
