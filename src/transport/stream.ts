// What the Client needs of a byte stream: a few calls and three events. Knows no packets.

import type { Source } from "../wire/decoder.js";
import type { PacketBuffer } from "../wire/packet-buffer.js";

export interface Stream {
	/** Where to read what was announced. Throws when the stream has failed. */
	readonly source: Source;
	/** Bytes of room for writing at this moment; at first 0, until the stream is connected. */
	readonly writable: number;
	/** Bytes of room when nothing waits in it: a longer packet has to go out in pieces. */
	readonly capacity: number;
	/** The stream has failed and is to be closed; no event may come for it any more. */
	readonly failed: boolean;
	/** Something was written since this was last set to false. */
	written: boolean;
	/** Bytes of room that came back with the last `onWritable`. */
	readonly freed: number;
	/**
	 * Takes all of `view`, or nothing and returns false: then the stream has failed, or there was no room after all, and
	 * `retry` or an event makes `writable` more than 0 again. Never throws.
	 */
	write(view: Uint8Array): boolean;
	/** As `write`, for the first `length` bytes of a packet buffer, which is whole again afterwards. */
	send(packet: PacketBuffer, length: number): boolean;
	/** Believes again in room that a refused write seemed to have: no event may ever tell of it. */
	retry(): void;
	/** Ends the stream. No event comes after. Never throws. */
	close(): void;
}

/** Who reads a stream. */
export interface StreamReader {
	/** `count` bytes in all can be read. */
	onReadable(count: number): void;
}

/** Who hears how a stream fares. */
export interface StreamEvents {
	/** There is room; the first call means that the stream is connected. */
	onWritable(): void;
	/** The stream has ended or failed. */
	onFailed(): void;
}
