// Base64 (RFC 4648, section 4), as the handshake has it. Knows bytes only.

const enum Code {
	PAD = 0x3d,
}

/** The character for six bits. */
const digit = (bits: number): number => {
	if (bits < 26) return bits + 0x41;
	if (bits < 52) return bits - 26 + 0x61;
	if (bits < 62) return bits - 52 + 0x30;
	return bits === 62 ? 0x2b : 0x2f;
};

/** `bytes` in Base64, as ASCII. */
export const encodeBase64 = (bytes: Uint8Array): Uint8Array => {
	const { length } = bytes;
	const encoded = new Uint8Array(Math.ceil(length / 3) * 4);
	let at = 0;
	for (let i = 0; i < length; i += 3) {
		const three = (bytes[i] << 16) | (bytes[i + 1] << 8) | bytes[i + 2]; // what is not there counts as 0
		encoded[at++] = digit(three >> 18);
		encoded[at++] = digit((three >> 12) & 63);
		encoded[at++] = i + 1 < length ? digit((three >> 6) & 63) : Code.PAD;
		encoded[at++] = i + 2 < length ? digit(three & 63) : Code.PAD;
	}
	return encoded;
};
