// The Network over Node's own sockets: for tests and tools. Knows Node; behaves as an ECMA-419 socket does.

import { lookup } from "node:dns";
import { Socket as NodeSocket } from "node:net";
import { hostname } from "node:os";
import type { Network } from "../../src/connection/network.js";
import type { Socket, SocketOptions } from "../../src/transport/tcp.js";
import { crypto } from "./crypto.js";
import { SocketStream } from "./socket-stream.js";
import { tls } from "./tls.js";
import { webSocket } from "./websocket.js";

class TCP extends SocketStream implements Socket {
	readonly target: unknown;
	readonly #options: SocketOptions;

	constructor(options: SocketOptions) {
		const socket = new NodeSocket();
		super(socket);
		this.target = options.target;
		this.#options = options;
		socket.setNoDelay(options.noDelay);
		socket.on("connect", () => this.open());
		socket.connect(options.port, options.address);
	}

	protected override tellReadable(count: number): void {
		this.#options.onReadable.call(this, count);
	}

	protected override tellWritable(room: number): void {
		this.#options.onWritable.call(this, room);
	}

	protected override tellError(): void {
		this.#options.onError.call(this);
	}
}

/** A timer that can be set again. */
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
	streams: { tls, webSocket },
	crypto,
	id: hostname(),
};
