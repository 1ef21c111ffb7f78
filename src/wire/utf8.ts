// Text as MQTT carries it (section 1.5.3). Knows strings and bytes only.
// A property of a primitive string costs garbage in XS; a bound charCodeAt, called until NaN, does not.
// It gives UTF-16, or where XS keeps its strings as UTF-8, as on boards, whole characters.

const charCodeAt: (text: string, index: number) => number = Function.prototype.call.bind(
	String.prototype.charCodeAt,
);

/**
 * Bytes of `text` in UTF-8. When it has a lone surrogate, for which `writeUtf8` writes U+FFFD, their one's complement:
 * it is below 0.
 */
export function utf8Length(text: string): number {
	let length = 0;
	let lone = false;
	for (let i = 0; ; i++) {
		const unit = charCodeAt(text, i);
		if (unit < 0x80) length++;
		else if (unit < 0x800) length += 2;
		else if (unit >= 0x10000) length += 4;
		else if (unit < 0xd800 || unit >= 0xe000) length += 3;
		else if (unit < 0xe000) {
			const low = unit < 0xdc00 ? charCodeAt(text, i + 1) : 0;
			if (low >= 0xdc00 && low < 0xe000) {
				length += 4;
				i++;
			} else {
				length += 3;
				lone = true;
			}
		} else return lone ? ~length : length; // NaN: the end
	}
}

/**
 * Writes `text` as UTF-8 into `bytes` from `at`; a lone surrogate becomes U+FFFD, as with TextEncoder.
 * Returns the offset behind it, or -1 when it does not fit. Allocates nothing.
 */
export function writeUtf8(text: string, bytes: Uint8Array, at: number): number {
	const end = bytes.length;
	for (let i = 0; ; i++) {
		let unit = charCodeAt(text, i);
		if (unit < 0x80) {
			if (at >= end) return -1;
			bytes[at++] = unit;
			continue;
		}
		if (!(unit >= 0x80)) return at;
		if (unit >= 0xd800 && unit < 0xe000) {
			const low = unit < 0xdc00 ? charCodeAt(text, i + 1) : 0;
			if (low >= 0xdc00 && low < 0xe000) {
				unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
				i++;
			} else unit = 0xfffd;
		}
		if (unit < 0x800) {
			if (at + 2 > end) return -1;
			bytes[at++] = 0xc0 | (unit >> 6);
		} else {
			if (unit < 0x10000) {
				if (at + 3 > end) return -1;
				bytes[at++] = 0xe0 | (unit >> 12);
			} else {
				if (at + 4 > end) return -1;
				bytes[at++] = 0xf0 | (unit >> 18);
				bytes[at++] = 0x80 | ((unit >> 12) & 0x3f);
			}
			bytes[at++] = 0x80 | ((unit >> 6) & 0x3f);
		}
		bytes[at++] = 0x80 | (unit & 0x3f);
	}
}

/** Whether the first `length` bytes are well-formed UTF-8 without a null character (section 1.5.3). */
export function isText(bytes: Uint8Array, length: number): boolean {
	for (let i = 0; i < length; ) {
		const lead = bytes[i++];
		if (lead < 0x80) {
			if (lead === 0) return false;
			continue;
		}
		let low = 0x80;
		let high = 0xbf;
		let more = 1;
		if (lead < 0xc2 || lead > 0xf4) return false;
		if (lead >= 0xf0) {
			more = 3;
			if (lead === 0xf0) low = 0x90;
			else if (lead === 0xf4) high = 0x8f;
		} else if (lead >= 0xe0) {
			more = 2;
			if (lead === 0xe0) low = 0xa0;
			else if (lead === 0xed) high = 0x9f;
		}
		if (i + more > length) return false;
		for (; more > 0; more--) {
			const byte = bytes[i++];
			if (byte < low || byte > high) return false;
			low = 0x80;
			high = 0xbf;
		}
	}
	return true;
}
