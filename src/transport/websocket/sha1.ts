// SHA-1 (RFC 3174), for places that have none of their own. The handshake alone needs it, and no secret does. Knows bytes
// only.

const enum Bytes {
	BLOCK = 64,
	/** Behind the message: 0x80, and its length in bits. */
	MARK_AND_LENGTH = 9,
	DIGEST = 20,
}

const enum Word {
	COUNT = 16,
	MASK = 15,
}

/** `bytes`, up to 2 ** 28 of them, as a digest of 20. */
export const sha1 = (bytes: Uint8Array): ArrayBuffer => {
	const { length } = bytes;
	const size = Math.ceil((length + Bytes.MARK_AND_LENGTH) / Bytes.BLOCK) * Bytes.BLOCK;
	const message = new Uint8Array(size);
	message.set(bytes);
	message[length] = 0x80;
	for (let i = 1, bits = length << 3; i <= 4; i++, bits >>>= 8) message[size - i] = bits;
	const hash = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
	const words = new Int32Array(Word.COUNT);
	for (let at = 0; at < size; at += Bytes.BLOCK) {
		for (let i = 0; i < Word.COUNT; i++) {
			const from = at + (i << 2);
			words[i] =
				(message[from] << 24) | (message[from + 1] << 16) | (message[from + 2] << 8) | message[from + 3];
		}
		block(hash, words);
	}
	const digest = new Uint8Array(Bytes.DIGEST);
	for (let i = 0; i < Bytes.DIGEST; i++) digest[i] = hash[i >> 2] >> (24 - ((i & 3) << 3));
	return digest.buffer;
};

/** Works one block of 16 words into the hash. They are overwritten. */
const block = (hash: Int32Array, words: Int32Array): void => {
	let a = hash[0];
	let b = hash[1];
	let c = hash[2];
	let d = hash[3];
	let e = hash[4];
	for (let t = 0; t < 80; t++) {
		const i = t & Word.MASK;
		if (t >= Word.COUNT) {
			const word =
				words[(t + 13) & Word.MASK] ^ words[(t + 8) & Word.MASK] ^ words[(t + 2) & Word.MASK] ^ words[i];
			words[i] = (word << 1) | (word >>> 31);
		}
		let mixed: number;
		if (t < 20) mixed = ((b & c) | (~b & d)) + 0x5a827999;
		else if (t < 40) mixed = (b ^ c ^ d) + 0x6ed9eba1;
		else if (t < 60) mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
		else mixed = (b ^ c ^ d) + 0xca62c1d6;
		mixed = (mixed + ((a << 5) | (a >>> 27)) + e + words[i]) | 0;
		e = d;
		d = c;
		c = (b << 30) | (b >>> 2);
		b = a;
		a = mixed;
	}
	hash[0] += a;
	hash[1] += b;
	hash[2] += c;
	hash[3] += d;
	hash[4] += e;
};
