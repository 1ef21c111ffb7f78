// SLIP as a chip has it: bytes to frames and back. Knows RFC 1055.

export function slipFrame(bytes: Uint8Array): Buffer {
	const out = [0xc0];
	for (const byte of bytes) {
		if (byte === 0xc0) out.push(0xdb, 0xdc);
		else if (byte === 0xdb) out.push(0xdb, 0xdd);
		else out.push(byte);
	}
	out.push(0xc0);
	return Buffer.from(out);
}

export class SlipReader {
	#bytes: Buffer = Buffer.alloc(1 << 17);
	#length = 0;
	#escaped = false;
	#onFrame: (frame: Buffer) => void;

	constructor(onFrame: (frame: Buffer) => void) {
		this.#onFrame = onFrame;
	}

	reset(): void {
		this.#length = 0;
		this.#escaped = false;
	}

	take(bytes: Uint8Array): void {
		for (const byte of bytes) {
			if (byte === 0xc0) {
				if (this.#length > 0) this.#onFrame(Buffer.from(this.#bytes.subarray(0, this.#length)));
				this.reset();
			} else if (this.#escaped) {
				this.#escaped = false;
				this.#put(byte === 0xdc ? 0xc0 : byte === 0xdd ? 0xdb : byte);
			} else if (byte === 0xdb) this.#escaped = true;
			else this.#put(byte);
		}
	}

	#put(byte: number): void {
		if (this.#length < this.#bytes.length) this.#bytes[this.#length++] = byte;
	}
}
