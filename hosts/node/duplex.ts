// Node's streams and ours, each with the face of the other. Knows neither TCP, which is in network.ts, nor TLS, in tls.ts.

import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Stream, StreamFactory, StreamOwner } from "../../src/transport/stream.js";
import { Frame } from "../../src/wire/protocol.js";
import type { Reason } from "../../src/wire/reason.js";

/** Bytes that a write may leave unsent; and that may wait for the app before no more are taken from the line. */
const ROOM = 65_536;

/** A socket of Node's with the face of an ECMA-419 socket (ECMA-419, section 12). */
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
		this.#socket.end();
		this.#socket.destroySoon();
	}
}

/** A Stream with the face of a Duplex: what node:tls is put over. */
export class StreamDuplex extends Duplex implements StreamOwner {
	stream: Stream | undefined = undefined;
	readonly input = this;
	/** It was connected once. */
	connected = false;
	/** Bytes that have come. */
	received = 0;
	/** Why the stream has ended, if it knows. */
	reason: Reason | undefined = undefined;
	#room = 0;
	#readable = 0;
	/** It has ended: nothing comes any more. */
	#ended = false;
	/** Who reads wants more. */
	#wanted = false;
	/** What is to be written, and whom to tell when it is. */
	#rest: Uint8Array = new Uint8Array(0);
	#written: (() => void) | undefined;

	/** Throws when that is not possible. */
	constructor(below: StreamFactory, host: string, address: string, port: number) {
		super({ highWaterMark: ROOM });
		this.stream = below.open(host, address, port, this);
	}

	onReadable(count: number): void {
		this.#readable = count;
		this.#pull();
	}

	onWritable(count: number): void {
		this.connected = true;
		this.#room = count;
		this.#push();
	}

	onError(reason?: Reason): void {
		this.reason = reason;
		this.#ended = true;
		if (this.connected) this.#pull();
		else this.destroy();
	}

	override _read(): void {
		this.#wanted = true;
		this.#pull();
	}

	override _write(bytes: Uint8Array, _encoding: string, written: () => void): void {
		this.#rest = bytes;
		this.#written = written;
		this.#push();
	}

	override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
		this.stream?.close();
		this.stream = undefined;
		destroyed(error);
	}

	/** Hands on what has come, as long as it is wanted. */
	#pull(): void {
		while (this.#wanted && this.#readable > 0 && this.stream !== undefined) {
			const view = Buffer.alloc(Math.min(this.#readable, ROOM));
			const count = this.stream.read(view) ?? 0;
			this.#readable = count === 0 ? 0 : this.#readable - count;
			this.received += count;
			if (count > 0) this.#wanted = this.push(view.subarray(0, count));
		}
		if (this.#ended && this.#readable === 0) this.push(null);
	}

	/** Writes what there is room for. */
	#push(): void {
		while (this.#written !== undefined && this.#room > 0 && this.stream !== undefined) {
			const count = Math.min(this.#room, this.#rest.length);
			// Its own buffer, as the stream may overwrite it.
			const bytes = new Uint8Array(Frame.HEADROOM + count);
			const view = bytes.subarray(Frame.HEADROOM);
			view.set(this.#rest.subarray(0, count));
			try {
				this.#room = this.stream.write(view) ?? 0;
			} catch {
				this.#room = 0; // until it is announced
				return;
			}
			this.#rest = this.#rest.subarray(count);
			if (this.#rest.length > 0) continue;
			const written = this.#written;
			this.#written = undefined;
			written();
		}
	}
}
