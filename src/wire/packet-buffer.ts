// The one shape of buffer that all bytes live in. Knows memory, not packets.

/**
 * A resizable buffer born full, with a view that follows its length. To hand k bytes to a socket:
 * fill, `buffer.resize(k)`, hand over `bytes`, `buffer.resize(size)`. In between nothing may run that could
 * start a collection: XS then cuts a short buffer's capacity, and growing back allocates.
 * Growing back sets what lies above k to zero.
 */
export class PacketBuffer {
	readonly bytes: Uint8Array;
	readonly buffer: ArrayBuffer;
	readonly size: number;

	/** `size` in bytes; throws RangeError when the machine has no room. */
	constructor(size: number) {
		this.size = size;
		this.buffer = new ArrayBuffer(size, { maxByteLength: size });
		this.bytes = new Uint8Array(this.buffer);
	}
}
