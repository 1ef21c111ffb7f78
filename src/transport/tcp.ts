// TCP over an ECMA-419 socket (ECMA-419 section 12). Knows the quirks of sockets, no packets.

import type { PacketBuffer } from "../wire/packet-buffer.js";
import type { Stream, StreamEvents, StreamReader } from "./stream.js";

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

/** In place of room: the socket threw. It may do so whatever the count of bytes said, as lwip has few segments. */
const BLOCKED = -1;

export class TcpStream implements Stream {
	writable = 0;
	capacity = 0;
	failed = false;
	written = false;
	private socket: Socket | undefined;

	/** Begins to connect. Throws what the socket's constructor throws. */
	constructor(
		capability: SocketCapability,
		address: string,
		port: number,
		reader: StreamReader,
		events: StreamEvents,
	) {
		// Events of a closed socket may still arrive: `socket` being unset tells.
		this.socket = new capability.io({
			...capability,
			address,
			port,
			noDelay: true,
			onReadable: (count) => {
				if (this.socket !== undefined) reader.onReadable(count);
			},
			onWritable: (count) => {
				if (this.socket === undefined) return;
				this.writable = count;
				if (count > this.capacity) this.capacity = count;
				events.onWritable();
			},
			onError: () => {
				if (this.socket === undefined) return;
				this.failed = true;
				events.onFailed();
			},
		});
	}

	get source(): Socket {
		return this.socket!;
	}

	write(view: Uint8Array): boolean {
		try {
			this.writable = this.socket!.write(view) as number;
		} catch {
			this.writable = BLOCKED;
		}
		if (this.writable >= 0) {
			this.written = true;
			return true;
		}
		return this.refused();
	}

	send(packet: PacketBuffer, length: number): boolean {
		const buffer = packet.buffer;
		// Short for this one write only: a collection now would cut the buffer's capacity.
		buffer.resize(length);
		try {
			this.writable = this.socket!.write(packet.bytes) as number;
		} catch {
			this.writable = BLOCKED;
		}
		buffer.resize(packet.size);
		if (this.writable >= 0) {
			this.written = true;
			return true;
		}
		return this.refused();
	}

	/** Nothing was taken: the socket has no room after all, or it has failed. */
	private refused(): false {
		this.failed = this.writable !== BLOCKED;
		this.writable = 0;
		return false;
	}

	close(): void {
		const socket = this.socket;
		this.socket = undefined;
		this.writable = 0;
		try {
			socket?.close();
		} catch {
			// A socket that failed may be gone already.
		}
	}
}
