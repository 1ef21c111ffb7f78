// NOR flash: erasing sets sectors to ones, writing clears bits. Addresses wrap at its end, as they do on the real one.

import { createHash } from "node:crypto";

const SECTOR = 4096;

export class FlashMemory {
	readonly bytes: Buffer;
	/** Sectors erased, in all. */
	erased = 0;
	/** Bytes that stay what they are, whatever is written. */
	readonly stuck = new Map<number, number>();

	constructor(size: number) {
		this.bytes = Buffer.alloc(size, 0xff);
	}

	eraseAll(): void {
		this.bytes.fill(0xff);
		this.erased += this.bytes.length / SECTOR;
	}

	/** All sectors that have one of these bytes. */
	erase(address: number, length: number): void {
		const end = Math.ceil((address + length) / SECTOR) * SECTOR;
		for (let at = Math.floor(address / SECTOR) * SECTOR; at < end; at += SECTOR) {
			const start = at % this.bytes.length;
			this.bytes.fill(0xff, start, start + SECTOR);
			this.erased++;
		}
	}

	write(address: number, bytes: Uint8Array): void {
		for (let index = 0; index < bytes.length; index++) {
			this.bytes[(address + index) % this.bytes.length] &= bytes[index];
		}
		for (const [at, value] of this.stuck) this.bytes[at] = value;
	}

	md5(address: number, length: number): Buffer {
		return createHash("md5")
			.update(this.bytes.subarray(address, address + length))
			.digest();
	}
}
