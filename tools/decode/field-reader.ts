// Reads a packet field by field, and keeps what it read and what was wrong. Knows the specification's data types
// (section 1.5); no packet type.

import type { Field, Version, Violation } from "./packet.js";

/** Entries of a packet that are kept: a SUBACK may have millions of codes. */
const FIELDS = 1000;
const VIOLATIONS = 20;

// ignoreBOM keeps U+FEFF [MQTT-1.5.3-3].
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** Thrown when there is nothing left to read, for whoever began to read the packet. */
export class EndOfPacket extends Error {
	/** The field was not kept, or has not come; else the packet has no such field. */
	readonly cut: boolean;

	constructor(cut: boolean) {
		super();
		this.cut = cut;
	}
}

/** A Variable Byte Integer has four bytes at most (section 1.5.5 of MQTT 5.0). */
const LONGEST_INTEGER = 4;

export class FieldReader {
	readonly fields: Field[] = [];
	readonly violations: Violation[] = [];
	moreViolations = 0;
	/** Fields beyond those that are kept. */
	moreFields = 0;
	/** Reading ended before the packet did, or the packet before its fields. */
	broken = false;
	/** The first fields, up to a text, are not those of such a packet: too short, too long, or of another protocol. */
	misfit = false;
	/** Whose rules count. */
	version: Version;
	readonly #bytes: Uint8Array;
	readonly #total: number;
	/** Where what is being read ends: the packet, or a block in it. */
	#end: number;
	/** What ends there. */
	#whole = "the packet ends";
	#position = 0;
	/** Where the field begins whose identifier was read. */
	#from: number | undefined;
	#hasText = false;

	/** `bytes`: what was kept of a packet of `total` bytes. */
	constructor(bytes: Uint8Array, total: number, version: Version) {
		this.#bytes = bytes;
		this.#total = total;
		this.#end = total;
		this.version = version;
	}

	/** Bytes of the packet, or of the block in it, that are not read yet. */
	get left(): number {
		return this.#end - this.#position;
	}

	/** Bytes of the packet that are read. */
	get position(): number {
		return this.#position;
	}

	/**
	 * Reads a block of so many bytes, which has an end of its own: what is broken in it leaves alone what is behind it.
	 * @returns whether the block was read to its end
	 */
	block(name: string, length: number, rule: string, read: () => void): boolean {
		if (length > this.left) this.field(name, length, rule); // throws
		this.#end = this.#position + length;
		this.#whole = `the ${name} end`;
		try {
			read();
			return true;
		} catch (error) {
			if (!(error instanceof EndOfPacket) || error.cut) throw error;
			if (this.left > 0) {
				const rest = this.rest("not decoded");
				this.says(undefined, `${rest.length} bytes`);
			}
			return false;
		} finally {
			this.#end = this.#total;
			this.#whole = "the packet ends";
		}
	}

	violate(rule: string, what: string): void {
		if (this.violations.length < VIOLATIONS) this.violations.push({ rule, what });
		else this.moreViolations++;
	}

	/** The next `length` bytes. `rule`: what is broken when the packet ends before them. */
	field(name: string, length: number, rule: string): Uint8Array {
		const at = this.#position;
		const from = this.#from ?? at;
		this.#from = undefined;
		if (length > this.left) {
			this.#position = from;
			this.breaks(rule, `${this.#whole} ${at === this.#end ? "before" : "within"} the ${name}`);
		}
		if (at + length > this.#bytes.length) {
			this.#position = from;
			this.broken = true;
			throw new EndOfPacket(true);
		}
		this.#position += length;
		const bytes = this.#bytes.subarray(from, this.#position);
		this.#keep({ offset: from, length: at + length - from, bytes, name });
		return bytes.subarray(at - from);
	}

	/** The packet, or the block in it, cannot be read any further. */
	breaks(rule: string, what: string): never {
		this.broken = true;
		this.misfit ||= !this.#hasText;
		this.violate(rule, what);
		throw new EndOfPacket(false);
	}

	/** A byte that is part of the next field and says what that is. It is there: `left` is not 0. */
	identifier(): number {
		if (this.#position >= this.#bytes.length) {
			this.broken = true;
			throw new EndOfPacket(true);
		}
		this.#from = this.#position;
		return this.#bytes[this.#position++];
	}

	/** Takes back the identifier that was just read. */
	noIdentifier(): void {
		this.#position = this.#from ?? this.#position;
		this.#from = undefined;
	}

	/** What the field that was just read says. */
	says(value: string | number | undefined, note?: string): void {
		const field = this.#last;
		if (field === undefined) return;
		if (value !== undefined) field.value = value;
		if (note !== undefined) field.note = note;
	}

	/** The field that was just read is secret: its bytes, of which `length` say something, are not shown. */
	hide(length: number): void {
		const field = this.#last;
		if (field === undefined) return;
		delete field.bytes;
		delete field.value;
		field.note = `${length} bytes, not shown`;
	}

	/** So is all from `offset` on: nobody knows where in it the secret is. */
	hideFrom(offset: number, secret: string): void {
		for (const field of this.fields) {
			if (field.offset < offset) continue;
			delete field.bytes;
			delete field.value;
			field.note = `${field.length} bytes, not shown: it may hold ${secret}`;
		}
	}

	/** A part of the field that was just read. */
	part(name: string, value: string | number, note?: string): void {
		const offset = this.#position - 1;
		this.#keep({ offset, length: 0, name, value, ...(note === undefined ? {} : { note }) });
	}

	byte(name: string, rule: string): number {
		const value = this.field(name, 1, rule)[0];
		this.says(value);
		return value;
	}

	/** Two bytes, most significant first (section 1.5.2). */
	integer(name: string, rule: string): number {
		const bytes = this.field(name, 2, rule);
		const value = (bytes[0] << 8) | bytes[1];
		this.says(value);
		return value;
	}

	/** Four bytes, most significant first (section 1.5.3 of MQTT 5.0). */
	fourBytes(name: string, rule: string): number {
		const bytes = this.field(name, 4, rule);
		const value = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
		this.says(value);
		return value;
	}

	/** Seven bits a byte, the lowest first (section 1.5.5 of MQTT 5.0). */
	variable(name: string, rule: string): number {
		const at = this.#position;
		let length = 1;
		while (length < LONGEST_INTEGER && length < this.left && this.#bytes[at + length - 1] > 127) length++;
		const bytes = this.field(name, length, rule);
		let value = 0;
		for (let i = length - 1; i >= 0; i--) value = value * 128 + (bytes[i] & 127);
		this.says(value);
		if (bytes[length - 1] > 127)
			this.breaks(
				"section 1.5.5",
				`the ${name} ${length < LONGEST_INTEGER ? "is cut" : "has more than four bytes"}`,
			);
		if (length > 1 && bytes[length - 1] === 0)
			this.violate("MQTT-1.5.5-1", `the ${name} has more bytes than ${value} needs`);
		return value;
	}

	/** Bytes behind their length in two bytes. */
	binary(name: string, rule: string): Uint8Array {
		const length = this.#peekLength(name, rule);
		return this.field(name, 2 + length, rule).subarray(2);
	}

	/** A UTF-8 encoded string (section 1.5.3). */
	string(name: string, rule: string): string {
		const bytes = this.binary(name, rule);
		this.#hasText = true;
		const text = lenient.decode(bytes);
		this.says(text);
		const section = this.version === 5 ? "MQTT-1.5.4" : "MQTT-1.5.3";
		if (!isUtf8(bytes)) this.violate(`${section}-1`, `the ${name} is not well-formed UTF-8`);
		if (bytes.includes(0)) this.violate(`${section}-2`, `the ${name} has the null character U+0000`);
		return text;
	}

	/** All that is left, which may be cut. */
	rest(name: string): { bytes: Uint8Array; length: number } {
		const length = this.left;
		const offset = this.#position;
		const bytes = this.#bytes.subarray(offset, offset + length);
		this.#position = this.#end;
		this.#keep({ offset, length, bytes, name });
		return { bytes, length };
	}

	/** Nothing may be left. */
	end(section: string): void {
		if (this.left === 0) return;
		this.broken = true;
		this.misfit ||= !this.#hasText;
		this.violate(section, `${this.left} bytes are behind the last field`);
		const { length } = this.rest("not part of the packet");
		this.says(undefined, `${length} bytes`);
	}

	#peekLength(name: string, rule: string): number {
		const at = this.#position;
		const kept = this.#bytes.length - at;
		if (this.left < 2 || kept < 2) {
			this.field(name, 2, rule); // throws
		}
		return (this.#bytes[at] << 8) | this.#bytes[at + 1];
	}

	#last: Field | undefined;

	#keep(field: Field): void {
		this.#last = field;
		if (this.fields.length < FIELDS) this.fields.push(field);
		else this.moreFields++;
	}
}

export function isUtf8(bytes: Uint8Array): boolean {
	try {
		strict.decode(bytes);
		return true;
	} catch {
		return false;
	}
}
