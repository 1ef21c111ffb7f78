// One JSON object of fixed keys, written straight into a packet, without garbage: its keys and texts are bytes from
// construction on, its numbers come from sources. Knows numbers and bytes only.

import { checkWhole } from "../wire/check.js";
import { quote } from "../wire/quote.js";
import { utf8Length, writeUtf8 } from "../wire/utf8.js";
import { decimalSize, NUMBER, TOO_LARGE, writeDecimal } from "./decimal.js";
import { type Quantity, type Source, type SourceLike, sourceOf } from "./source.js";

export interface FieldOptions extends Quantity {
	source: SourceLike;
}

/** A text that stays as it is, or a number: its source, alone or with what it is measured in. */
export type Field = string | SourceLike | FieldOptions;

/** Values by key, in the order in which they are to stand. Any text is a valid key. */
export type Fields = Readonly<Record<string, Field>>;

/** What `quality` may be, with the object's end: all numbers are there, some, none. */
const QUALITIES = Object.freeze(['good"}', 'uncertain"}', 'bad"}']);

/** Bytes of "null". */
const NULL = 4;
const N = 0x6e;
const U = 0x75;
const L = 0x6c;

export class JsonObject {
	/** Bytes of room in which it is written: it takes as many at most. */
	readonly size: number;
	private readonly sources: Source[] = [];
	/**
	 * All that is not numbers: what stands before each of them, what stands behind the last one, and behind that QUALITIES,
	 * of which one is the end.
	 */
	private readonly texts: Uint8Array;
	/** Bytes of each of them, shifted by 4, and the decimals of the number behind it. Views of one buffer, to save memory. */
	private readonly parts: Int32Array;
	/** Numbers in front that do not count for the quality. */
	private readonly unjudged: number;

	/**
	 * @param own values that stand in front and do not count for the quality
	 * @param quality the key of a last value that tells about the numbers of `fields`: "good" when all are there,
	 * "uncertain" when some are null, "bad" when all are
	 * Throws when a key is taken, a field is neither text nor source, its decimals are not 0 to 15, or there are none.
	 */
	constructor(own: Fields, fields: Fields, quality?: string) {
		if (typeof fields !== "object" || fields === null)
			throw new TypeError(`fields is ${fields}: it must be an object, with the values by key`);
		const { sources } = this;
		const decimals: number[] = [];
		const texts: string[] = [];
		let text = "{";
		let digitsMost = 0;
		const add = (key: string, field: Field) => {
			if (text !== "{" || texts.length > 0) text += ",";
			text += `${quote(key)}:`;
			if (typeof field === "string") {
				text += quote(field);
				return;
			}
			const what = `the field ${quote(key)}`;
			const { source, decimals: digits } = hasSource(field) ? field : { source: field };
			sources.push(sourceOf(what, source));
			decimals.push(checkWhole(`decimals of ${what}`, digits, 0, 0, 15));
			digitsMost += Math.max(NULL, decimalSize(digits ?? 0));
			texts.push(text);
			text = "";
		};
		for (const key of Object.keys(own)) add(key, own[key]);
		this.unjudged = sources.length;
		const keys = Object.keys(fields);
		if (keys.length === 0) throw new RangeError("fields is empty: at least one value is needed");
		for (const key of keys) {
			if (Object.hasOwn(own, key) || key === quality)
				throw new RangeError(`fields has ${quote(key)}: that key is taken, give it another one`);
			add(key, fields[key]);
		}
		if (quality === undefined) texts.push(`${text}}`);
		else texts.push(`${text},${quote(quality)}:"`, ...QUALITIES);
		const lengths = texts.map(utf8Length);
		let length = 0;
		for (const each of lengths) length += each;
		const partsLength = texts.length * 4;
		const buffer = new ArrayBuffer(partsLength + length);
		this.parts = new Int32Array(buffer, 0, texts.length);
		this.texts = new Uint8Array(buffer, partsLength);
		let at = 0;
		for (let i = 0; i < texts.length; i++) {
			at = writeUtf8(texts[i], this.texts, at);
			this.parts[i] = (lengths[i] << 4) | (decimals[i] ?? 0);
		}
		this.size = digitsMost + length;
	}

	/** Numbers in a row. */
	get width(): number {
		return this.sources.length;
	}

	/** Takes a number from each source, into `rows` from `at`. */
	take(rows: Float64Array, at: number): void {
		const { sources } = this;
		for (let i = 0; i < sources.length; i++) {
			const value = sources[i].take();
			// null would be 0.
			rows[at + i] = typeof value === NUMBER ? value : Number.NaN;
		}
	}

	/**
	 * Writes the row that begins at `from` in `rows` into `bytes` from `at`, for which it needs `size` bytes; returns the
	 * offset behind it.
	 */
	write(rows: Float64Array, from: number, bytes: Uint8Array, at: number): number {
		const { parts, sources, texts } = this;
		const width = sources.length;
		// All the text goes to the end of the place first, in one native call, and from there to where it belongs: that needs
		// no view of each part.
		let text = at + this.size - texts.length;
		bytes.set(texts, text);
		let missing = 0;
		for (let i = 0; i < width; i++) {
			const part = parts[i];
			const length = part >> 4;
			bytes.copyWithin(at, text, text + length);
			at += length;
			text += length;
			const value = rows[from + i];
			if (Math.abs(value) < TOO_LARGE) {
				at = writeDecimal(value, part & 0xf, bytes, at);
				continue;
			}
			bytes[at++] = N;
			bytes[at++] = U;
			bytes[at++] = L;
			bytes[at++] = L;
			if (i >= this.unjudged) missing++;
		}
		const length = parts[width] >> 4;
		bytes.copyWithin(at, text, text + length);
		at += length;
		if (parts.length === width + 1) return at;
		text += length;
		let quality = width + 1;
		if (missing > 0) text += parts[quality++] >> 4;
		if (missing > 0 && missing === width - this.unjudged) text += parts[quality++] >> 4;
		bytes.copyWithin(at, text, text + (parts[quality] >> 4));
		return at + (parts[quality] >> 4);
	}
}

const hasSource = (field: SourceLike | FieldOptions): field is FieldOptions => {
	return typeof field === "object" && field !== null && "source" in field;
};
