// What the connection needs of a byte stream: the shape of an ECMA-419 socket (ECMA-419, section 12). What wraps a stream,
// as TLS and WebSocket do, has that shape too. Knows no packets.

import type { Reason } from "../wire/reason.js";

/** A byte stream: a TCP socket, or what wraps another stream. */
export interface Stream {
	/**
	 * Fills the view; returns how many bytes came, undefined when none are there. May give fewer, may throw. Allocates
	 * nothing: the view's buffer may be short meanwhile, and would stay short after a collection.
	 */
	read(view: Uint8Array): number | undefined;
	/**
	 * Takes all of the view and returns the room left. Once it has failed it returns undefined; or it throws: then it takes
	 * nothing, and the view is as it was after `putBack`. What it takes it may overwrite if `overwrites` is true; the
	 * Frame.HEADROOM bytes in front of it at any time. It may allocate if `allocates` is true: then the view's buffer is never short.
	 */
	write(view: Uint8Array): number | undefined;
	/** Ends it. */
	close(): void;
	/** After `write` has thrown, and before anything else: puts right what it has changed in the view. Default: nothing. */
	putBack?(): void;
	/**
	 * The owner goes on to read, though no event has come: announces what is there, if what it has announced is read.
	 * Default: all that has come was announced, or the stream announces it by itself.
	 */
	readOn?(): void;
	/** What was written is not in the view any more. Default false. */
	readonly overwrites?: boolean;
	/** Writing may allocate. Default false. Then what was written counts as overwritten, too. */
	readonly allocates?: boolean;
}

/** Whose stream it is. Events of one that was closed may still arrive, and are not for its owner any more. */
export interface StreamOwner {
	/** The stream it has now. */
	readonly stream: Stream | undefined;
	/** What is told that bytes can be read. */
	readonly input: {
		/** So many bytes can be read in all. */
		onReadable(count: number): void;
	};
	/** There is room for `count` bytes; the first call means that the stream is connected. */
	onWritable(count: number): void;
	/** The stream has ended or failed; why, if it knows. */
	onError(reason?: Reason): void;
}

/** Makes streams to a broker. */
export interface StreamFactory {
	/** A stream that begins to connect to `address`, which `host` has. Throws when that is not possible. */
	open(host: string, address: string, port: number, owner: StreamOwner): Stream;
	/** It checks dates, and the clock is not set: it can open nothing now. Looked at before each attempt. Default false. */
	readonly awaitsClock?: boolean;
	/** What goes through its streams is encrypted. Default false. */
	readonly isSecure?: boolean;
}

/**
 * Puts TLS or WebSocket over the streams that `below` makes, to one of `hosts` each. Called once, at the Client's
 * construction: throws on options that cannot work, with the value and the rule.
 */
export type Layer<Options> = (
	options: Options,
	below: StreamFactory,
	hosts: readonly string[],
) => StreamFactory;
