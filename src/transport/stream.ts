// What the connection needs of a byte stream: the shape of an ECMA-419 socket (ECMA-419, section 12). What wraps a stream,
// as TLS does, has that shape too. Knows no packets.

export interface Stream {
	/** Fills the view; returns how many bytes came, undefined when none are there. May give fewer, may throw. */
	read(view: Uint8Array): number | undefined;
	/**
	 * Takes all of the view and returns the room left. Once it has failed it returns undefined; or it throws: then it takes
	 * nothing, and leaves the view as it is. What it takes it may overwrite, and the Frame.HEADROOM bytes in front of it: if
	 * it does, `overwrites` is true.
	 */
	write(view: Uint8Array): number | undefined;
	close(): void;
	/** What was written is not in the view any more. Default false. */
	readonly overwrites?: boolean;
}

/** Whose stream it is. Events of one that was closed may still arrive, and are not for its owner any more. */
export interface StreamOwner {
	/** The stream it has now. */
	readonly stream: Stream | undefined;
	/** Who hears that `count` bytes in all can be read. */
	readonly input: { onReadable(count: number): void };
	/** There is room for `count` bytes; the first call means that the stream is connected. */
	onWritable(count: number): void;
	/** The stream has ended or failed. */
	onError(): void;
}

/** Makes a stream that begins to connect to `address`, which `host` has. Throws when that is not possible. */
export type StreamFactory<Capability> = (
	capability: Capability,
	host: string,
	address: string,
	port: number,
	owner: StreamOwner,
) => Stream;
