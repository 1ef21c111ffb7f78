// Reads a packet field by field, and keeps what it read and what was wrong. Knows the specification's data types
// (section 1.5); no packet type.

import type { Field, Violation } from "./packet.js";

/** Entries of a packet that are kept: a SUBACK may have millions of codes. */
const FIELDS = 1000;
const VIOLATIONS = 20;

// ignoreBOM keeps U+FEFF [MQTT-1.5.3-3].
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** Thrown when there is nothing left to read, for whoever began to read the packet. */
export class EndOfPacket extends Error {}

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
	readonly #bytes: Uint8Array;
	readonly #total: number;
	#position = 0;
	#hasText = false;

	/** `bytes`: what was kept of a packet of `total` bytes. */
	constructor(bytes: Uint8Array, total: number) {
		this.#bytes = bytes;
		this.#total = total;
	}

	/** Bytes of the packet that are not read yet. */
	get left(): number {
		return this.#total - this.#position;
	}

	violate(rule: string, what: string): void {
		if (this.violations.length < VIOLATIONS) this.violations.push({ rule, what });
		else this.moreViolations++;
	}

	/** The next `length` bytes. `rule`: what is broken when the packet ends before them. */
	field(name: string, length: number, rule: string): Uint8Array {
		if (length > this.left) {
			this.broken = true;
			this.misfit ||= !this.#hasText;
			this.violate(rule, `the packet ends ${this.left === 0 ? "before" : "within"} the ${name}`);
			throw new EndOfPacket();
		}
		const offset = this.#position;
		if (offset + length > this.#bytes.length) {
			this.broken = true;
			throw new EndOfPacket();
		}
		this.#position += length;
		const bytes = this.#bytes.subarray(offset, this.#position);
		this.#keep({ offset, length, bytes, name });
		return bytes;
	}

	/** What the field that was just read says. */
	says(value: string | number | undefined, note?: string): void {
		const field = this.#last;
		if (field === undefined) return;
		if (value !== undefined) field.value = value;
		if (note !== undefined) field.note = note;
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
		if (!isUtf8(bytes)) this.violate("MQTT-1.5.3-1", `the ${name} is not well-formed UTF-8`);
		if (bytes.includes(0)) this.violate("MQTT-1.5.3-2", `the ${name} has the null character U+0000`);
		return text;
	}

	/** All that is left, which may be cut. */
	rest(name: string): { bytes: Uint8Array; length: number } {
		const length = this.left;
		const offset = this.#position;
		const bytes = this.#bytes.subarray(offset, offset + length);
		this.#position = this.#total;
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

function isUtf8(bytes: Uint8Array): boolean {
	try {
		strict.decode(bytes);
		return true;
	} catch {
		return false;
	}
}
