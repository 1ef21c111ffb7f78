// Reads DER (X.690, section 10), strictly: definite and shortest lengths, nothing behind. Knows tags, not what they are for.

import { CERTIFICATE_MALFORMED } from "./reasons.js";

export const enum Tag {
	BOOLEAN = 0x01,
	INTEGER = 0x02,
	BIT_STRING = 0x03,
	OCTET_STRING = 0x04,
	NULL = 0x05,
	OBJECT_IDENTIFIER = 0x06,
	UTC_TIME = 0x17,
	GENERALIZED_TIME = 0x18,
	SEQUENCE = 0x30,
	/** Context-specific, primitive: + its number. */
	CONTEXT = 0x80,
	/** Context-specific, constructed: + its number. */
	CONTEXT_CONSTRUCTED = 0xa0,
}

/**
 * One reader for all of a structure: it goes into a part and out of it again. What breaks a rule throws
 * CERTIFICATE_MALFORMED. It allocates nothing.
 */
export class Reader {
	/** Where the next element begins. */
	position: number;
	/** Where the part ends that is being read. */
	end: number;
	readonly bytes: Uint8Array;
	/** Where the contents of the element that was read last begin: they end at `position`. */
	start = 0;

	constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
		this.position = position;
		this.end = end;
		this.bytes = bytes;
	}

	/** The next element's tag; 0 when there is none. */
	tag(): number {
		return this.position < this.end ? this.bytes[this.position] : 0;
	}

	/** Reads the header of an element: `position` is where its contents begin. Returns where they end. */
	private header(tag: number): number {
		const { bytes, end } = this;
		let position = this.position;
		if (position + 2 > end || bytes[position] !== tag) throw CERTIFICATE_MALFORMED;
		let length = bytes[position + 1];
		position += 2;
		// Two bytes of length are enough: nothing here is longer than 65535.
		if (length === 0x81) {
			length = position < end ? bytes[position++] : 0;
			if (length < 0x80) throw CERTIFICATE_MALFORMED;
		} else if (length === 0x82) {
			length = position + 1 < end ? (bytes[position] << 8) | bytes[position + 1] : 0;
			position += 2;
			if (length < 0x100) throw CERTIFICATE_MALFORMED;
		} else if (length >= 0x80) throw CERTIFICATE_MALFORMED;
		if (length > end - position) throw CERTIFICATE_MALFORMED;
		this.position = position;
		return position + length;
	}

	/** Reads over an element with that tag. */
	skip(tag: number): void {
		const end = this.header(tag);
		this.start = this.position;
		this.position = end;
	}

	/** Goes into an element with that tag. Returns what `leave` wants. */
	enter(tag: number): number {
		const outer = this.end;
		this.end = this.header(tag);
		return outer;
	}

	/** Goes out again: nothing may be left. */
	leave(outer: number): void {
		if (this.position !== this.end) throw CERTIFICATE_MALFORMED;
		this.end = outer;
	}

	/** Nothing may be left at all. */
	finish(): void {
		if (this.position !== this.bytes.length) throw CERTIFICATE_MALFORMED;
	}

	/** Reads an INTEGER that is not negative, in the fewest bytes: from `start`, a 0 in front of its sign bit left out. */
	natural(): void {
		this.skip(Tag.INTEGER);
		const { bytes, start, position } = this;
		if (position === start || bytes[start] >= 0x80) throw CERTIFICATE_MALFORMED;
		if (bytes[start] !== 0 || position - start === 1) return;
		if (bytes[start + 1] < 0x80) throw CERTIFICATE_MALFORMED;
		this.start++;
	}

	/** A BOOLEAN. */
	truth(): boolean {
		this.skip(Tag.BOOLEAN);
		const value = this.bytes[this.start];
		if (this.position - this.start !== 1 || (value !== 0 && value !== 0xff)) throw CERTIFICATE_MALFORMED;
		return value !== 0;
	}

	/** Goes into a BIT STRING or OCTET STRING that holds whole bytes. Returns what `leave` wants. */
	enterString(tag: Tag.BIT_STRING | Tag.OCTET_STRING): number {
		const outer = this.enter(tag);
		if (tag === Tag.BIT_STRING && (this.position === this.end || this.bytes[this.position++] !== 0))
			throw CERTIFICATE_MALFORMED;
		return outer;
	}

	/** Whether the element that was read last holds `prefix` and one byte more. */
	begins(prefix: Uint8Array): boolean {
		const { bytes, start } = this;
		const { length } = prefix;
		if (this.position - start !== length + 1) return false;
		for (let i = 0; i < length; i++) if (bytes[start + i] !== prefix[i]) return false;
		return true;
	}

	/** The last byte of the element that was read last. */
	last(): number {
		return this.bytes[this.position - 1];
	}
}

/** Whether these bytes of `a` are those of `b`. */
export const same = (
	a: Uint8Array,
	start: number,
	end: number,
	b: Uint8Array,
	other = 0,
	otherEnd = b.length,
): boolean => {
	const length = end - start;
	if (otherEnd - other !== length) return false;
	for (let i = 0; i < length; i++) if (a[start + i] !== b[other + i]) return false;
	return true;
};

/** These bytes, not copied. */
export const view = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
	new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
