// Text as MQTT carries it (section 1.5.3). Knows strings and bytes only.
// A property of a primitive string costs garbage in XS; charCodeAt by `call`, until NaN, does not.
// It gives UTF-16, or where XS keeps its strings as UTF-8, as on boards, whole characters.

const { charCodeAt } = String.prototype;

/** Only XS has these, and there a string is UTF-8, where a character is found by counting from the front. */
interface Natively {
	fromString?(text: string): ArrayBuffer;
	fromArrayBuffer?(buffer: ArrayBuffer, offset: number, length: number): string;
}
const { fromString } = ArrayBuffer as Natively;
const { fromArrayBuffer } = String as Natively;

// The other engines have this, whatever types a project is compiled with.
declare class TextDecoder {
	constructor(label: string, options: { ignoreBOM: boolean });
	decode(bytes: Uint8Array): string;
}

const enum Most {
	/** Characters that `charCodeAt` is asked for one by one: the time for n of them grows with n squared in XS. */
	CHARACTERS = 256,
}

/** A long `text` in UTF-8; undefined if the engine cannot encode it at once, or if it is not well-formed. Allocates. */
const encodeAtOnce = (text: string): Uint8Array | undefined => {
	if (fromString === undefined) return undefined;
	const bytes = new Uint8Array(fromString.call(ArrayBuffer, text));
	return wellFormed(bytes, bytes.length) ? bytes : undefined;
};

/**
 * Bytes of `text` in UTF-8. When it has a lone surrogate, for which `writeUtf8` writes U+FFFD, their one's complement:
 * it is below 0. Allocates a copy in XS when the text has more than 256 characters.
 */
export const utf8Length = (text: string): number => {
	let length = 0;
	let lone = false;
	for (let i = 0; ; i++) {
		if (i === Most.CHARACTERS) {
			const bytes = encodeAtOnce(text);
			if (bytes !== undefined) return bytes.length;
		}
		const unit = charCodeAt.call(text, i);
		if (unit < 0x80) length++;
		else if (unit < 0x800) length += 2;
		else if (unit >= 0x10000) length += 4;
		else if (unit < 0xd800 || unit >= 0xe000) length += 3;
		else if (unit < 0xe000) {
			const low = unit < 0xdc00 ? charCodeAt.call(text, i + 1) : 0;
			if (low >= 0xdc00 && low < 0xe000) {
				length += 4;
				i++;
			} else {
				length += 3;
				lone = true;
			}
		} else return lone ? ~length : length; // NaN: the end
	}
};

/** Where the first lone surrogate of `text` is, for an error; "" when it has none. Allocates. */
export const loneSurrogate = (text: string): string => {
	for (let i = 0; ; i++) {
		const unit = charCodeAt.call(text, i);
		if (Number.isNaN(unit)) return "";
		if (unit < 0xd800 || unit >= 0xe000) continue;
		const low = unit < 0xdc00 ? charCodeAt.call(text, i + 1) : 0;
		if (!(low >= 0xdc00 && low < 0xe000)) return `a lone surrogate at index ${i}`;
		i++;
	}
};

/**
 * Writes `text` as UTF-8 into `bytes` from `at`; a lone surrogate becomes U+FFFD, as with TextEncoder.
 * Returns the offset behind it, or -1 when it does not fit. Allocates nothing, but in XS a copy when it takes more than
 * 256 bytes.
 * @param end how far it is written character by character
 */
export const writeUtf8 = (
	text: string,
	bytes: Uint8Array,
	at: number,
	end = bytes.length - at > Most.CHARACTERS ? at + Most.CHARACTERS : bytes.length,
): number => {
	for (let i = 0; ; i++) {
		let unit = charCodeAt.call(text, i);
		if (unit < 0x80) {
			if (at >= end) return writeLong(text, bytes, end);
			bytes[at++] = unit;
			continue;
		}
		if (!(unit >= 0x80)) return at;
		if (unit >= 0xd800 && unit < 0xe000) {
			const low = unit < 0xdc00 ? charCodeAt.call(text, i + 1) : 0;
			if (low >= 0xdc00 && low < 0xe000) {
				unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
				i++;
			} else unit = 0xfffd;
		}
		if (unit < 0x800) {
			if (at + 2 > end) return writeLong(text, bytes, end);
			bytes[at++] = 0xc0 | (unit >> 6);
		} else {
			if (unit < 0x10000) {
				if (at + 3 > end) return writeLong(text, bytes, end);
				bytes[at++] = 0xe0 | (unit >> 12);
			} else {
				if (at + 4 > end) return writeLong(text, bytes, end);
				bytes[at++] = 0xf0 | (unit >> 18);
				bytes[at++] = 0x80 | ((unit >> 12) & 0x3f);
			}
			bytes[at++] = 0x80 | ((unit >> 6) & 0x3f);
		}
		bytes[at++] = 0x80 | (unit & 0x3f);
	}
};

/** `text` goes past `end`: writes it in another way, if there is more room, from where it begins. */
const writeLong = (text: string, bytes: Uint8Array, end: number): number => {
	const size = bytes.length;
	if (end === size) return -1;
	const at = end - Most.CHARACTERS;
	const encoded = encodeAtOnce(text);
	if (encoded === undefined) return writeUtf8(text, bytes, at, size);
	if (at + encoded.length > size) return -1;
	bytes.set(encoded, at);
	return at + encoded.length;
};

/** `text` in UTF-8. Allocates it. */
export const encodeText = (text: string): Uint8Array => {
	if (fromString !== undefined) return new Uint8Array(fromString.call(ArrayBuffer, text));
	const length = utf8Length(text);
	const bytes = new Uint8Array(length < 0 ? ~length : length);
	writeUtf8(text, bytes, 0);
	return bytes;
};

/**
 * How many bytes the character takes whose first byte, from 0x80 on, is at `at`. Where it is ill-formed, below 0: as many
 * of them make up one U+FFFD, which is what decoders agree on (Unicode, section 3.9, U+FFFD Substitution).
 */
const sequence = (bytes: Uint8Array, at: number, length: number): number => {
	const lead = bytes[at];
	let low = 0x80;
	let high = 0xbf;
	let size = 2;
	if (lead < 0xc2 || lead > 0xf4) return -1;
	if (lead >= 0xf0) {
		size = 4;
		if (lead === 0xf0) low = 0x90;
		else if (lead === 0xf4) high = 0x8f;
	} else if (lead >= 0xe0) {
		size = 3;
		if (lead === 0xe0) low = 0xa0;
		else if (lead === 0xed) high = 0x9f;
	}
	for (let i = 1; i < size; i++) {
		const byte = bytes[at + i];
		if (at + i >= length || byte < low || byte > high) return -i;
		low = 0x80;
		high = 0xbf;
	}
	return size;
};

/** Whether the bytes from `at` to `length` are well-formed UTF-8. */
export const wellFormed = (bytes: Uint8Array, length: number, at = 0): boolean => {
	for (let i = at; i < length; ) {
		if (bytes[i] < 0x80) {
			i++;
			continue;
		}
		const size = sequence(bytes, i, length);
		if (size < 0) return false;
		i += size;
	}
	return true;
};

/** Whether the bytes from `at` to `length` are well-formed UTF-8 without a null character (section 1.5.3). */
export const isText = (bytes: Uint8Array, length: number, at = 0): boolean => {
	const end = bytes.indexOf(0, at);
	return (end < 0 || end >= length) && wellFormed(bytes, length, at);
};

/** Whether this XS takes a null character for the end, as XS 13 does and 17 does not. */
const NULL_ENDS = Number.isNaN(charCodeAt.call(fromArrayBuffer?.(new ArrayBuffer(1), 0, 1) ?? "\0", 0));

/** The `length` bytes from `at`, which are well-formed UTF-8 without a null character, as text. Allocates the string. */
export const decodeText = (bytes: Uint8Array, length: number, at = 0): string => {
	if (fromArrayBuffer === undefined)
		return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.slice(at, at + length));
	return fromArrayBuffer(bytes.buffer as ArrayBuffer, bytes.byteOffset + at, length);
};

/** The first `length` bytes as text, whatever they are: what is ill-formed becomes U+FFFD. Allocates the string. */
export const decodeAny = (bytes: Uint8Array, length: number): string => {
	if (fromArrayBuffer === undefined || (NULL_ENDS ? isText : wellFormed)(bytes, length))
		return decodeText(bytes, length);
	const mended = mend(bytes, length);
	return decodeText(mended, mended.length);
};

/** The first `length` bytes with U+FFFD where they are ill-formed, and null characters as such an XS has them. */
const mend = (bytes: Uint8Array, length: number): Uint8Array => {
	// Writing past the end does nothing: the first round counts.
	let mended = new Uint8Array(0);
	for (;;) {
		let to = 0;
		for (let i = 0; i < length; ) {
			const byte = bytes[i];
			const size = byte < 0x80 ? 1 : sequence(bytes, i, length);
			if (size < 0) {
				i -= size;
				mended[to++] = 0xef;
				mended[to++] = 0xbf;
				mended[to++] = 0xbd;
			} else if (byte === 0 && NULL_ENDS) {
				i++;
				mended[to++] = 0xc0;
				mended[to++] = 0x80;
			} else for (const end = i + size; i < end; ) mended[to++] = bytes[i++];
		}
		if (to === mended.length) return mended;
		mended = new Uint8Array(to);
	}
};
