// One JSON object of fixed keys, written into a packet buffer without garbage: its keys and texts are bytes from
// construction on, its numbers come from sources. Knows numbers and bytes only.

import { whole } from "../wire/check.js";
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

/** What `quality` may be: all numbers are there, some, none. */
const QUALITIES = Object.freeze(["good", "uncertain", "bad"]);

/** Bytes of "null". */
const NULL = 4;
const N = 0x6e;
const U = 0x75;
const L = 0x6c;

export class JsonObject {
	/** Numbers in a row. */
	readonly width: number;
	/** Bytes that it takes at most. */
	readonly size: number;
	private readonly sources: Source[] = [];
	private readonly decimals: Uint8Array;
	/** What stands before each number. */
	private readonly heads: Uint8Array[];
	/** What stands behind the last one, by the quality of the row: all are numbers, some, none. */
	private readonly tails: Uint8Array[];
	/** Numbers in front that do not count for the quality. */
	private readonly unjudged: number;

	/**
	 * @param own values that stand in front and do not count for the quality
	 * @param quality the key of a last value that tells of the numbers of `fields`: "good" when all are there,
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
		let size = 0;
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
			decimals.push(whole(`decimals of ${what}`, digits, 0, 0, 15));
			size += Math.max(NULL, decimalSize(digits ?? 0));
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
		this.width = sources.length;
		for (const each of quality === undefined ? [""] : QUALITIES)
			texts.push(`${text}${each && `,${quote(quality!)}:${quote(each)}`}}`);
		const parts = encode(texts);
		this.heads = parts.slice(0, this.width);
		this.tails = parts.slice(this.width);
		this.decimals = Uint8Array.from(decimals);
		for (const head of this.heads) size += head.length;
		this.size = size + Math.max(...this.tails.map((tail) => tail.length));
	}

	/** Takes a number from each source, into `row` from its front. */
	take(row: Float64Array): void {
		const { sources } = this;
		for (let i = 0; i < sources.length; i++) {
			const value = sources[i].take();
			// null would be 0.
			row[i] = typeof value === NUMBER ? value : Number.NaN;
		}
	}

	/** Writes the row that begins at `from` in `rows` into `bytes` from `at`; returns the offset behind it. */
	write(rows: Float64Array, from: number, bytes: Uint8Array, at: number): number {
		const { heads, decimals, width, unjudged } = this;
		let missing = 0;
		for (let i = 0; i < width; i++) {
			const head = heads[i];
			bytes.set(head, at);
			at += head.length;
			const value = rows[from + i];
			if (Math.abs(value) < TOO_LARGE) {
				at = writeDecimal(value, decimals[i], bytes, at);
				continue;
			}
			bytes[at++] = N;
			bytes[at++] = U;
			bytes[at++] = L;
			bytes[at++] = L;
			if (i >= unjudged) missing++;
		}
		const { tails } = this;
		const tail = tails.length === 1 || missing === 0 ? tails[0] : tails[missing < width - unjudged ? 1 : 2];
		bytes.set(tail, at);
		return at + tail.length;
	}
}

function hasSource(field: SourceLike | FieldOptions): field is FieldOptions {
	return typeof field === "object" && field !== null && "source" in field;
}

/** Views of one buffer. */
function encode(texts: readonly string[]): Uint8Array[] {
	let size = 0;
	for (const text of texts) size += utf8Length(text);
	const bytes = new Uint8Array(size);
	let at = 0;
	return texts.map((text) => {
		const begin = at;
		at = writeUtf8(text, bytes, begin);
		return bytes.subarray(begin, at);
	});
}
