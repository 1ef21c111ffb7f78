// Properties that an app publishes with (section 3.3.2.3): checked and encoded once. Knows bytes, not packets.

import { checkBoolean, checkWhole } from "../check.js";
import { lengthBytes, writeLength } from "../encode.js";
import { Limit } from "../protocol.js";
import { encodeField, encodeTopic, Topic } from "../topic.js";
import { encodeText } from "../utf8.js";
import { Property } from "./property.js";

/** Properties of a message to publish, each as section 3.3.2.3 has it. */
export interface PropertyFields {
	/** What the payload is, as a MIME type by custom. */
	contentType?: string;
	/** 1: the payload is UTF-8; 0: it is bytes of any kind. */
	payloadFormat?: 0 | 1;
	/**
	 * Publishing throws when payloadFormat is 1 and a payload is not UTF-8; publishFrom's, which come in parts, are not looked
	 * at. Default false: it costs work for each byte.
	 */
	checkPayload?: boolean;
	/** Seconds that the message is of use, 0 to 4,294,967,295. */
	messageExpiry?: number;
	/** The topic name that an answer goes to. */
	responseTopic?: string | Topic;
	/** What an answer carries too, to be told from others: at most 65,535 bytes. */
	correlationData?: Uint8Array | string;
	/** Pairs of name and value, in order; a name may come more than once. */
	userProperties?: readonly (readonly [string, string])[];
}

/** `bytes` with two bytes of length in front, or RangeError (section 1.5.6). Allocates. */
export const encodeBinary = (what: string, bytes: Uint8Array): Uint8Array => {
	const { length } = bytes;
	if (length > Limit.FIELD)
		throw new RangeError(`${what} has ${length} bytes: it must have at most ${Limit.FIELD}`);
	const field = new Uint8Array(2 + length);
	field[0] = length >> 8;
	field[1] = length;
	field.set(bytes, 2);
	return field;
};

/** Collects properties, then writes them: what is sent rarely, and with properties. */
export class Block {
	/** Bytes of all properties so far. */
	length = 0;
	private readonly parts: (number | Uint8Array)[] = [];

	/** A property with a number of `size` bytes, left out when it is undefined. */
	number(property: number, size: number, value: number | undefined): void {
		if (value === undefined) return;
		this.parts.push(property, size, value);
		this.length += 1 + size;
	}

	/** A property with a value that is encoded, left out when it is undefined. */
	field(property: number, field: Uint8Array | undefined): void {
		if (field === undefined) return;
		this.parts.push(property, 0, field);
		this.length += 1 + field.length;
	}

	/** User properties, encoded. */
	pairs(fields: readonly Uint8Array[] | undefined): void {
		if (fields !== undefined)
			for (let i = 0; i < fields.length; i++) this.field(Property.USER_PROPERTY, fields[i]);
	}

	/** Bytes of the last value, which has its length in front. */
	get lastBytes(): number {
		return (this.parts[this.parts.length - 1] as Uint8Array).length - 2;
	}

	/** Bytes with the length in front. */
	get size(): number {
		return lengthBytes(this.length) + this.length;
	}

	/** Writes all at `at`, their length in front; returns the offset behind them. */
	write(bytes: Uint8Array, at: number): number {
		return this.put(bytes, writeLength(bytes, at, this.length));
	}

	/** The same without the length. */
	put(bytes: Uint8Array, at: number): number {
		const { parts } = this;
		for (let i = 0; i < parts.length; i += 3) {
			const value = parts[i + 2];
			bytes[at++] = parts[i] as number;
			if (typeof value === "number")
				for (let shift = ((parts[i + 1] as number) - 1) << 3; shift >= 0; shift -= 8)
					bytes[at++] = value >>> shift;
			else {
				bytes.set(value, at);
				at += value.length;
			}
		}
		return at;
	}
}

/** Each pair of name and value as one field (section 1.5.7). Throws TypeError or RangeError when one is no text. */
export const encodePairs = (pairs: readonly (readonly [string, string])[]): Uint8Array[] => {
	if (!Array.isArray(pairs))
		throw new TypeError("userProperties must be an array of pairs of name and value");
	const fields: Uint8Array[] = [];
	for (let i = 0; i < pairs.length; i++) {
		const pair = pairs[i];
		if (!Array.isArray(pair) || pair.length !== 2)
			throw new TypeError(`userProperties[${i}] must be an array of two strings: name and value`);
		const name = encodeField(`name of userProperties[${i}]`, pair[0]);
		const value = encodeField(`value of userProperties[${i}]`, pair[1]);
		const field = new Uint8Array(name.length + value.length);
		field.set(name);
		field.set(value, name.length);
		fields.push(field);
	}
	return fields;
};

/** Seconds as four bytes carry them, or RangeError. */
export const seconds = (name: string, value: number): number =>
	checkWhole(name, value, undefined, 0, 0xffff_ffff);

/** Of a message or a will: what goes into its properties, checked and encoded, without message expiry. */
export const encodeFields = (fields: PropertyFields): Block => {
	const { contentType, payloadFormat, responseTopic, correlationData, userProperties } = fields;
	const block = new Block();
	if (payloadFormat !== undefined)
		block.number(Property.PAYLOAD_FORMAT, 1, checkWhole("payloadFormat", payloadFormat, undefined, 0, 1));
	if (contentType !== undefined) block.field(Property.CONTENT_TYPE, encodeField("contentType", contentType));
	if (responseTopic !== undefined)
		block.field(
			Property.RESPONSE_TOPIC,
			responseTopic instanceof Topic ? responseTopic.field : encodeTopic("responseTopic", responseTopic),
		);
	if (userProperties !== undefined) block.pairs(encodePairs(userProperties));
	// The last one, where it is easily found.
	if (correlationData !== undefined) {
		if (typeof correlationData !== "string" && !(correlationData instanceof Uint8Array))
			throw new TypeError(`correlationData must be a Uint8Array or a string, not ${typeof correlationData}`);
		const bytes = typeof correlationData === "string" ? encodeText(correlationData) : correlationData;
		block.field(Property.CORRELATION_DATA, encodeBinary("correlationData", bytes));
	}
	return block;
};

/**
 * Properties to publish with, checked and encoded once, at construction: make one and use it for every message.
 * Throws TypeError or RangeError when a value breaks a rule of section 3.3.2.3.
 */
export class Properties {
	/** All but message expiry, encoded, with their length in front as a variable byte integer. */
	readonly block: Uint8Array;
	/** Seconds; -1: the message does not expire. */
	readonly messageExpiry: number;
	/** A payload must be UTF-8. */
	readonly checksPayload: boolean;
	/** A view into `block`: other bytes may be written here before each publish. */
	readonly correlationData: Uint8Array | undefined;

	constructor(fields: PropertyFields) {
		if (typeof fields !== "object" || fields === null)
			throw new TypeError(`the properties are ${fields}: they must be an object, such as { contentType }`);
		// Also where its fields were copied: most of it would be left out silently.
		if ((fields as Partial<Properties>).block !== undefined)
			throw new TypeError("the properties are a Properties already: pass the fields that it was made from");
		const { messageExpiry, correlationData } = fields;
		const block = encodeFields(fields);
		if (block.length > Limit.REMAINING_LENGTH)
			throw new RangeError(`properties of ${block.length} bytes are over MQTT's limit`);
		const { size } = block;
		this.block = new Uint8Array(size);
		block.write(this.block, 0);
		this.messageExpiry = messageExpiry === undefined ? -1 : seconds("messageExpiry", messageExpiry);
		this.correlationData =
			correlationData === undefined ? undefined : new Uint8Array(this.block.buffer, size - block.lastBytes);
		this.checksPayload = checkBoolean("checkPayload", fields.checkPayload) && fields.payloadFormat === 1;
		Object.freeze(this);
	}
}
