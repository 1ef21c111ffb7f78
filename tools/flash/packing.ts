// Bytes compressed and cut into blocks. Knows zlib.

import { once } from "node:events";
import { createInflate, deflateSync } from "node:zlib";

export interface Block {
	block: Uint8Array;
	/** How many bytes come out of it. */
	unpacked: number;
}

export async function packInBlocks(
	bytes: Uint8Array,
	blockSize: number,
): Promise<{ packedLength: number; blocks: Block[] }> {
	const packed = deflateSync(bytes, { level: 9 });
	const blocks: Block[] = [];
	// What comes out decides how long a chip may take over a block.
	const inflate = createInflate();
	let unpacked = 0;
	inflate.on("data", (chunk: Buffer) => {
		unpacked += chunk.length;
	});
	const ended = once(inflate, "end");
	for (let at = 0; at < packed.length; at += blockSize) {
		const block = packed.subarray(at, at + blockSize);
		const before = unpacked;
		await new Promise<void>((resolve) => inflate.write(block, () => resolve()));
		blocks.push({ block, unpacked: unpacked - before });
	}
	inflate.end();
	await ended;
	blocks[blocks.length - 1].unpacked += bytes.length - blocks.reduce((sum, one) => sum + one.unpacked, 0);
	return { packedLength: packed.length, blocks };
}
