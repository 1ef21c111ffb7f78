// Properties of the current packet, read where they lie. Knows bytes, not packets.

import { decodeText } from "../utf8.js";
import { Form, Property, Row, rowOf, sizeOf, variable } from "./property.js";

/**
 * Properties of a received packet. There is one per Client, used again for each packet: all of it is void when the
 * handler returns.
 */
export class ReceivedProperties {
	/** Bytes of properties that were kept: in `buffer`, from its front. */
	length = 0;
	/** There were properties for which there was no room: they were skipped. */
	truncated = false;
	buffer: Uint8Array;
	/** Bytes of the value that `locate` has found. */
	foundLength = 0;
	/** Where the user property at hand begins, and the one behind it. */
	private place = 0;
	private behind = 0;

	constructor(buffer: Uint8Array) {
		this.buffer = buffer;
	}

	/** Those of another packet, which go to `buffer`. For the decoder. */
	begin(buffer: Uint8Array): void {
		this.buffer = buffer;
		this.length = 0;
		this.truncated = false;
		this.behind = 0;
	}

	/** The first `length` bytes are whole properties that were checked. For the decoder. */
	keep(length: number): void {
		this.length = length;
	}

	/** A property was skipped. For the decoder. */
	truncate(): void {
		this.truncated = true;
	}

	/**
	 * Where in `buffer` the value of a property is, of a string or binary data without its length; then `foundLength` is its
	 * length. -1: it is not there. One that may come more than once is found behind `from`: 0, then offset + foundLength of
	 * the last one. A user property's value is found with name, value and their lengths.
	 */
	locate(property: number, from = 0): number {
		const { buffer, length } = this;
		for (let at = from; at < length; ) {
			const size = sizeOf(buffer, at, length);
			if (buffer[at] === property) {
				const form = rowOf(property) & Row.FORM;
				const head = form === Form.STRING || form === Form.BINARY ? 3 : 1;
				this.foundLength = size - head;
				return at + head;
			}
			at += size;
		}
		return -1;
	}

	/** The value of a property that is a number; -1: it is not there, or is none. */
	number(property: number): number {
		return this.numberAt(property, this.locate(property));
	}

	/** The value of a property that is a number, which was found at `at`; -1: it is none. */
	numberAt(property: number, at: number): number {
		if (at < 0) return -1;
		const form = rowOf(property) & Row.FORM;
		const bytes = this.buffer;
		if (form === Form.VARIABLE) return variable(bytes, at);
		if (form > Form.FOUR_BYTES) return -1;
		let value = 0;
		for (let i = 0; i < form; i++) value = value * 256 + bytes[at + i];
		return value;
	}

	/** The value of a property that is a string. Allocates it. */
	text(property: number): string | undefined {
		if ((rowOf(property) & Row.FORM) !== Form.STRING) return undefined;
		const at = this.locate(property);
		return at < 0 ? undefined : this.textAt(at, this.foundLength);
	}

	/** A copy of the value of a property that is a string or binary data. Allocates it. */
	bytes(property: number): Uint8Array | undefined {
		const form = rowOf(property) & Row.FORM;
		if (form !== Form.STRING && form !== Form.BINARY) return undefined;
		const at = this.locate(property);
		return at < 0 ? undefined : this.buffer.slice(at, at + this.foundLength);
	}

	/** Goes to the next user property; false, and the next one is the first again: there is none. */
	next(): boolean {
		const at = this.locate(Property.USER_PROPERTY, this.behind);
		if (at < 0) {
			this.behind = 0;
			return false;
		}
		this.place = at;
		this.behind = at + this.foundLength;
		return true;
	}

	/** The next user property is the first again. */
	rewind(): void {
		this.behind = 0;
	}

	/** The name of the user property that `next` went to. Allocates the string. */
	get name(): string {
		return this.textAt(this.place + 2, this.wordAt(this.place));
	}

	/** Its value. Allocates the string. */
	get value(): string {
		const at = this.place + 2 + this.wordAt(this.place);
		return this.textAt(at + 2, this.wordAt(at));
	}

	/** Whether its name is that in `field`, which has its length in front, as `encodeField` gives it. */
	nameIs(field: Uint8Array): boolean {
		const { place: at, buffer } = this;
		for (let i = field.length - 1; i >= 0; i--) if (buffer[at + i] !== field[i]) return false;
		return true;
	}

	private wordAt(at: number): number {
		return (this.buffer[at] << 8) | this.buffer[at + 1];
	}

	private textAt(at: number, length: number): string {
		return decodeText(this.buffer, length, at);
	}
}
