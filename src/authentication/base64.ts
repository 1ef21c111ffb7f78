// From Base64 (RFC 4648, section 4) to bytes. Knows bytes only.

const enum Code {
	PAD = 0x3d,
}

/** The six bits of a character; -1: it is none of Base64's. */
const bitsOf = (code: number): number => {
	if (code >= 0x41 && code <= 0x5a) return code - 0x41;
	if (code >= 0x61 && code <= 0x7a) return code - 0x61 + 26;
	if (code >= 0x30 && code <= 0x39) return code - 0x30 + 52;
	return code === 0x2b ? 62 : code === 0x2f ? 63 : -1;
};

/** The bytes that stand in `text`, as ASCII, from `at` to `end`; undefined: it is no Base64. */
export const decodeBase64 = (text: Uint8Array, at: number, end: number): Uint8Array | undefined => {
	if ((end - at) & 3) return undefined;
	let pads = 0;
	while (pads < 2 && end > at && text[end - 1] === Code.PAD) {
		pads++;
		end--;
	}
	const bytes = new Uint8Array(((end - at + pads) >> 2) * 3 - pads);
	let bits = 0;
	for (let i = 0, have = 0; at < end; ) {
		const six = bitsOf(text[at++]);
		if (six < 0) return undefined;
		bits = ((bits << 6) | six) & 0xfff;
		have += 6;
		if (have < 8) continue;
		have -= 8;
		bytes[i++] = bits >> have;
	}
	return bytes;
};
