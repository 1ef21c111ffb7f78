// TCP over an ECMA-419 socket (ECMA-419 section 12). Knows the quirks of sockets, no packets.

import type { Stream, StreamEvents } from "./stream.js";

/** The part of an ECMA-419 TCP socket that is used. */
export interface Socket {
	/** Fills the view; returns the count of bytes, or undefined when none are there. May throw. */
	read(view: Uint8Array): number | undefined;
	/** Returns the room left, or undefined once the socket has failed; throws when not all of it fits. */
	write(view: Uint8Array): number | undefined;
	close(): void;
}

export interface SocketOptions {
	address: string;
	port: number;
	noDelay: boolean;
	onReadable(count: number): void;
	onWritable(count: number): void;
	onError(): void;
}

/** A socket class with the options it always gets, as ECMA-419 passes capabilities. */
export interface SocketCapability {
	io: new (options: SocketOptions) => Socket;
	[option: string]: unknown;
}

export class TcpStream implements Stream {
	readable = 0;
	writable = 0;
	capacity = 0;
	failed = false;
	#socket: Socket | undefined;

	/** Begins to connect. Throws what the socket's constructor throws. */
	constructor(capability: SocketCapability, address: string, port: number, events: StreamEvents) {
		// Events of a closed socket may still arrive: `#socket` being unset tells.
		this.#socket = new capability.io({
			...capability,
			address,
			port,
			noDelay: true,
			onReadable: (count) => {
				if (this.#socket === undefined) return;
				this.readable = count;
				events.onReadable();
			},
			onWritable: (count) => {
				if (this.#socket === undefined) return;
				this.writable = count;
				if (count > this.capacity) this.capacity = count;
				events.onWritable();
			},
			onError: () => {
				if (this.#socket === undefined) return;
				this.failed = true;
				events.onFailed();
			},
		});
	}

	read(view: Uint8Array): number {
		let count: number | undefined;
		try {
			count = this.#socket!.read(view);
		} catch {
			this.failed = true;
		}
		if (count === undefined) {
			this.readable = 0;
			return 0;
		}
		this.readable -= count;
		return count;
	}

	write(view: Uint8Array): boolean {
		try {
			const room = this.#socket!.write(view);
			if (room !== undefined) {
				this.writable = room;
				return true;
			}
			this.failed = true;
		} catch {
			// Not now, whatever the count of bytes said: lwip can run out of segments. onWritable tells when.
		}
		this.writable = 0;
		return false;
	}

	close(): void {
		const socket = this.#socket;
		this.#socket = undefined;
		this.readable = 0;
		this.writable = 0;
		try {
			socket?.close();
		} catch {
			// A socket that failed may be gone already.
		}
	}
}
