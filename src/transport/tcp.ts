// Streams that are ECMA-419 TCP sockets (ECMA-419, section 12). Knows how such a socket is made.

import type { Stream, StreamFactory, StreamOwner } from "./stream.js";

/** The part of an ECMA-419 TCP socket that is used. */
export interface Socket extends Stream {
	/** As given in the options: callbacks find there whose socket it is. */
	target?: unknown;
}

/** Options of an ECMA-419 TCP socket that are given. */
export interface SocketOptions {
	address: string;
	port: number;
	noDelay: boolean;
	target: unknown;
	/** So many bytes can be read. */
	onReadable(this: Socket, count: number): void;
	/** So many bytes can be written; the first call means: connected. */
	onWritable(this: Socket, count: number): void;
	/** It has failed, or the other side has ended it. */
	onError(this: Socket): void;
}

/** A socket class with the options it always gets, as ECMA-419 passes capabilities. */
export interface SocketCapability {
	io: new (options: SocketOptions) => Socket;
	[option: string]: unknown;
}

// Functions of the module: a closure for each connection would cost 128 bytes, three times.

function onReadable(this: Socket, count: number): void {
	const owner = this.target as StreamOwner;
	if (owner.stream === this) owner.input.onReadable(count);
}

function onWritable(this: Socket, count: number): void {
	const owner = this.target as StreamOwner;
	if (owner.stream === this) owner.onWritable(count);
}

function onError(this: Socket): void {
	const owner = this.target as StreamOwner;
	if (owner.stream === this) owner.onError();
}

/** A socket that begins to connect. Throws when that is not possible. */
export const openTcp = (
	capability: SocketCapability,
	address: string,
	port: number,
	target: StreamOwner,
): Stream =>
	new capability.io({
		...capability,
		address,
		port,
		noDelay: true,
		target,
		onReadable,
		onWritable,
		onError,
	});

/** Plain TCP below TLS or WebSocket. */
export const tcp = (capability: SocketCapability): StreamFactory => ({
	open: (_host, address, port, owner) => openTcp(capability, address, port, owner),
});
