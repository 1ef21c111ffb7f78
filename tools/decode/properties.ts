// The properties of MQTT 5.0 (section 2.2.2): what a block of them says, and the rules that it breaks. Knows fields and the
// SDK's own table; no packet type beyond its number.

import { Form, Property, Row, rowOf } from "xs-mqtt/node";
import { type FieldReader, isUtf8 } from "./field-reader.js";

/** Stands for the will in place of a packet type, whose properties are not those of its CONNECT. */
export const WILL = 0;

const NAMES: Readonly<Record<number, [name: string, note?: string]>> = {
	[Property.PAYLOAD_FORMAT]: ["Payload Format Indicator"],
	[Property.MESSAGE_EXPIRY]: ["Message Expiry Interval", "seconds"],
	[Property.CONTENT_TYPE]: ["Content Type"],
	[Property.RESPONSE_TOPIC]: ["Response Topic"],
	[Property.CORRELATION_DATA]: ["Correlation Data"],
	[Property.SUBSCRIPTION_IDENTIFIER]: ["Subscription Identifier"],
	[Property.SESSION_EXPIRY]: ["Session Expiry Interval", "seconds"],
	[Property.ASSIGNED_CLIENT_ID]: ["Assigned Client Identifier"],
	[Property.SERVER_KEEP_ALIVE]: ["Server Keep Alive", "seconds"],
	[Property.AUTHENTICATION_METHOD]: ["Authentication Method"],
	[Property.AUTHENTICATION_DATA]: ["Authentication Data"],
	[Property.REQUEST_PROBLEM_INFORMATION]: ["Request Problem Information"],
	[Property.WILL_DELAY]: ["Will Delay Interval", "seconds"],
	[Property.REQUEST_RESPONSE_INFORMATION]: ["Request Response Information"],
	[Property.RESPONSE_INFORMATION]: ["Response Information"],
	[Property.SERVER_REFERENCE]: ["Server Reference"],
	[Property.REASON_STRING]: ["Reason String"],
	[Property.RECEIVE_MAXIMUM]: ["Receive Maximum"],
	[Property.TOPIC_ALIAS_MAXIMUM]: ["Topic Alias Maximum"],
	[Property.TOPIC_ALIAS]: ["Topic Alias"],
	[Property.MAXIMUM_QOS]: ["Maximum QoS"],
	[Property.RETAIN_AVAILABLE]: ["Retain Available"],
	[Property.USER_PROPERTY]: ["User Property"],
	[Property.MAXIMUM_PACKET_SIZE]: ["Maximum Packet Size", "bytes"],
	[Property.WILDCARD_AVAILABLE]: ["Wildcard Subscription Available"],
	[Property.IDENTIFIERS_AVAILABLE]: ["Subscription Identifier Available"],
	[Property.SHARED_AVAILABLE]: ["Shared Subscription Available"],
};

/** Integers that may not be 0. */
const NOT_ZERO: readonly number[] = [
	Property.RECEIVE_MAXIMUM,
	Property.MAXIMUM_PACKET_SIZE,
	Property.TOPIC_ALIAS,
	Property.SUBSCRIPTION_IDENTIFIER,
];
/** Session Expiry Interval and Will Delay Interval: the session never expires (section 3.1.2.11.2). */
const NEVER = 0xffff_ffff;

export interface Block {
	/** The first of each, also of one that may be repeated. */
	properties: Map<number, string | number>;
	/** It was read to its end, and each of it belongs there. */
	sound: boolean;
}

/**
 * Reads a property length and its properties.
 * @param type of the packet, or WILL
 * @param section of the specification that says what properties these are
 */
export function readProperties(
	reader: FieldReader,
	type: number,
	section: string,
	what = "Properties",
): Block {
	const properties = new Map<number, string | number>();
	let sound = true;
	const length = reader.variable(`${what.replace(/ies$/, "y")} Length`, section);
	const whole = reader.block(what, length, section, () => {
		while (reader.left > 0) {
			const identifier = reader.identifier();
			const name = NAMES[identifier]?.[0];
			if (name === undefined || !isAllowed(identifier, type)) {
				sound = false;
				if (name === undefined) {
					reader.noIdentifier();
					reader.breaks(section, `there is no property 0x${identifier.toString(16).padStart(2, "0")}`);
				}
				reader.violate(section, `${name} does not belong in ${type === WILL ? "a will" : "this packet"}`);
			}
			const value = readProperty(reader, identifier, section);
			if (!properties.has(identifier)) properties.set(identifier, value);
			else if (!isRepeatable(identifier, type)) reader.violate(section, `${name} is there twice`);
		}
	});
	return { properties, sound: whole && sound };
}

/** Whether either side may send the property in a packet of `type`. */
function isAllowed(identifier: number, type: number): boolean {
	const place = type === 14 ? Row.DISCONNECT | Row.CLIENT_DISCONNECT : Row.PLACE << type;
	return (rowOf(identifier) & place) !== 0;
}

/** User properties may come again, and a message has an identifier for each subscription (section 3.3.2.3.8). */
function isRepeatable(identifier: number, type: number): boolean {
	return (rowOf(identifier) & Row.REPEATS) !== 0 && (identifier === Property.USER_PROPERTY || type === 3);
}

const formOf = (identifier: number) => rowOf(identifier) & Row.FORM;

function readProperty(reader: FieldReader, identifier: number, section: string): string | number {
	const [name, note] = NAMES[identifier];
	switch (formOf(identifier)) {
		case Form.STRING: {
			const text = reader.string(name, section);
			if (identifier === Property.RESPONSE_TOPIC) checkResponseTopic(reader, text);
			return text;
		}
		case Form.PAIR: {
			const key = reader.string(name, section);
			reader.string(`${name}, value`, section);
			return key;
		}
		case Form.BINARY: {
			const bytes = reader.binary(name, section);
			if (identifier === Property.AUTHENTICATION_DATA) reader.hide(bytes.length);
			else reader.says(isUtf8(bytes) ? Buffer.from(bytes).toString() : undefined, `${bytes.length} bytes`);
			return "";
		}
		default: {
			const value = readNumber(reader, identifier, name, section);
			const isNever = identifier === Property.SESSION_EXPIRY && value === NEVER;
			reader.says(value, isNever ? "never" : note);
			checkNumber(reader, identifier, name, value, section);
			return value;
		}
	}
}

function readNumber(reader: FieldReader, identifier: number, name: string, section: string): number {
	switch (formOf(identifier)) {
		case Form.BYTE:
			return reader.byte(name, section);
		case Form.TWO_BYTES:
			return reader.integer(name, section);
		case Form.FOUR_BYTES:
			return reader.fourBytes(name, section);
		default:
			return reader.variable(name, section);
	}
}

function checkNumber(
	reader: FieldReader,
	identifier: number,
	name: string,
	value: number,
	section: string,
): void {
	// All that have one byte say yes or no; the Maximum QoS says 0 or 1, as 2 needs no saying.
	if (formOf(identifier) === Form.BYTE && value > 1)
		reader.violate(section, `the ${name} is ${value}, not 0 or 1`);
	if (value === 0 && NOT_ZERO.includes(identifier))
		reader.violate(identifier === Property.TOPIC_ALIAS ? "MQTT-3.3.2-8" : section, `the ${name} is 0`);
}

function checkResponseTopic(reader: FieldReader, topic: string): void {
	const wildcard = topic.match(/[+#]/)?.[0];
	if (wildcard !== undefined)
		reader.violate("MQTT-3.3.2-14", `the Response Topic has the wildcard ${wildcard}`);
}
