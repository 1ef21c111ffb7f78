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

/** In what lwip throws for a write after the end of the stream, whatever room it has. Debug builds add where. */
const NOT_READY = "not ready";

export class TcpStream implements Stream {
	writable = 0;
	capacity = 0;
	failed = false;
	written = false;
	freed = 0;
	/** Room that a refused write seemed to have. */
	private withheld = 0;
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
				this.freed = count - this.writable - this.withheld;
				this.withheld = 0;
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
		} catch (error) {
			return this.refuse(error);
		}
		if (!(this.writable >= 0)) return this.fail();
		this.written = true;
		return true;
	}

	send(packet: PacketBuffer, length: number): boolean {
		const buffer = packet.buffer;
		// Short for this one write only: a collection now would cut the buffer's capacity.
		buffer.resize(length);
		try {
			this.writable = this.socket!.write(packet.bytes) as number;
		} catch (error) {
			buffer.resize(packet.size);
			return this.refuse(error);
		}
		buffer.resize(packet.size);
		if (!(this.writable >= 0)) return this.fail();
		this.written = true;
		return true;
	}

	/** The socket threw: it has ended, or no room after all, whatever the count of bytes said: lwip has few segments. */
	private refuse(error: unknown): false {
		if (String((error as Partial<Error> | undefined)?.message).includes(NOT_READY)) return this.fail();
		this.withheld += this.writable;
		this.writable = 0;
		return false;
	}

	private fail(): false {
		this.failed = true;
		this.writable = 0;
		return false;
	}

	retry(): void {
		this.writable += this.withheld;
		this.withheld = 0;
	}

	close(): void {
		const socket = this.socket;
		this.socket = undefined;
		this.writable = 0;
		this.withheld = 0;
		try {
			socket?.close();
		} catch {
			// A socket that failed may be gone already.
		}
	}
}
