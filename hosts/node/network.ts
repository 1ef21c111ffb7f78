// The Network over Node's own sockets: for tests and tools. Knows Node; behaves as an ECMA-419 socket does.

import { lookup } from "node:dns";
import { Socket as NodeSocket } from "node:net";
import { hostname } from "node:os";
import type { Network } from "../../src/network/network.js";
import type { Socket, SocketOptions } from "../../src/transport/tcp.js";

/** Bytes that a write may leave unsent. */
const ROOM = 65_536;

class TCP implements Socket {
	readonly target: unknown;
	readonly #socket = new NodeSocket();
	#chunks: Buffer[] = [];
	#readable = 0;
	#failed = false;
	/** What was written has been handed on. */
	readonly #flushed: () => void;

	constructor(options: SocketOptions) {
		const socket = this.#socket;
		socket.setNoDelay(options.noDelay);
		this.target = options.target;
		const fail = () => {
			if (this.#failed) return;
			this.#failed = true;
			options.onError.call(this);
		};
		socket.on("connect", () => options.onWritable.call(this, ROOM));
		this.#flushed = () => {
			if (!this.#failed && socket.writableLength === 0) options.onWritable.call(this, ROOM);
		};
		socket.on("data", (chunk) => {
			this.#chunks.push(chunk);
			this.#readable += chunk.length;
			options.onReadable.call(this, this.#readable);
		});
		socket.on("end", fail);
		socket.on("error", fail);
		socket.on("close", fail);
		socket.connect(options.port, options.address);
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

/** A timer that can be set anew. */
class Timer {
	readonly #callback: () => void;
	#interval: number;
	#timeout: NodeJS.Timeout;

	private constructor(callback: () => void, interval: number) {
		this.#callback = callback;
		this.#interval = interval;
		this.#timeout = setTimeout(this.#fire, interval);
	}

	readonly #fire = () => {
		this.#timeout = setTimeout(this.#fire, this.#interval);
		this.#callback();
	};

	static repeat(callback: () => void, interval: number): Timer {
		return new Timer(callback, interval);
	}

	static schedule(timer: Timer, delay: number, interval: number): void {
		clearTimeout(timer.#timeout);
		timer.#interval = interval;
		timer.#timeout = setTimeout(timer.#fire, delay);
	}

	static clear(timer: Timer): void {
		clearTimeout(timer.#timeout);
	}
}

class Resolver {
	resolve(request: {
		host: string;
		onResolved(host: string, address: string): void;
		onError(error: unknown): void;
	}): void {
		lookup(request.host, 4, (error, address) => {
			if (error) request.onError(error);
			else request.onResolved(request.host, address);
		});
	}

	close(): void {}
}

export const network: Network = {
	socket: { io: TCP },
	dns: { io: Resolver },
	timer: Timer,
	ticks: () => performance.now() | 0,
	id: hostname(),
};
