// What messages take in the store, so that a test can have one that holds just so many.

/** Bytes of `count` records of such messages: a header of 8, the topic name with its length, the packet identifier. */
export function storeFor(count: number, topic: string, payloadBytes: number, qos: 0 | 1 | 2 = 1): number {
	const bytes = 8 + 2 + topic.length + (qos > 0 ? 2 : 0) + payloadBytes;
	return count * ((bytes + 3) & ~3);
}

/** Payload of the given length that begins with `text`: the store has 64 bytes at least. */
export const padded = (text: string, length: number): string => text.padEnd(length, ".");
