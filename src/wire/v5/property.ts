// The 27 properties of MQTT 5.0 (section 2.2.2.2): what each looks like, and which packets may have it. Knows numbers only.

import { PacketType } from "../protocol.js";

/** Identifiers of properties. */
export const enum Property {
	PAYLOAD_FORMAT = 0x01,
	MESSAGE_EXPIRY = 0x02,
	CONTENT_TYPE = 0x03,
	RESPONSE_TOPIC = 0x08,
	CORRELATION_DATA = 0x09,
	SUBSCRIPTION_IDENTIFIER = 0x0b,
	SESSION_EXPIRY = 0x11,
	ASSIGNED_CLIENT_ID = 0x12,
	SERVER_KEEP_ALIVE = 0x13,
	AUTHENTICATION_METHOD = 0x15,
	AUTHENTICATION_DATA = 0x16,
	REQUEST_PROBLEM_INFORMATION = 0x17,
	WILL_DELAY = 0x18,
	REQUEST_RESPONSE_INFORMATION = 0x19,
	RESPONSE_INFORMATION = 0x1a,
	SERVER_REFERENCE = 0x1c,
	REASON_STRING = 0x1f,
	RECEIVE_MAXIMUM = 0x21,
	TOPIC_ALIAS_MAXIMUM = 0x22,
	TOPIC_ALIAS = 0x23,
	MAXIMUM_QOS = 0x24,
	RETAIN_AVAILABLE = 0x25,
	USER_PROPERTY = 0x26,
	MAXIMUM_PACKET_SIZE = 0x27,
	WILDCARD_AVAILABLE = 0x28,
	IDENTIFIERS_AVAILABLE = 0x29,
	SHARED_AVAILABLE = 0x2a,
}

/** How a value is written. The first three are the bytes that it takes. */
export const enum Form {
	BYTE = 1,
	TWO_BYTES = 2,
	FOUR_BYTES = 4,
	VARIABLE = 3,
	/** These three begin with two bytes of length. */
	BINARY = 5,
	STRING = 6,
	/** Two strings. */
	PAIR = 7,
}

/** What a row of the table says: the form in its low bits, one bit for each place where the property is allowed. */
export const enum Row {
	FORM = 7,
	/** A place's bit is this, shifted left by the packet type. */
	PLACE = 8,
	WILL = PLACE,
	CONNECT = PLACE << PacketType.CONNECT,
	CONNACK = PLACE << PacketType.CONNACK,
	PUBLISH = PLACE << PacketType.PUBLISH,
	SUBSCRIBE = PLACE << PacketType.SUBSCRIBE,
	/** A DISCONNECT of the server. */
	DISCONNECT = PLACE << PacketType.DISCONNECT,
	/** A DISCONNECT of the client, which has other properties (section 3.14.2.2). */
	CLIENT_DISCONNECT = PLACE << 17,
	AUTH = PLACE << PacketType.AUTH,
	/** What answers something. */
	ACKNOWLEDGEMENTS = (PLACE << PacketType.PUBACK) |
		(PLACE << PacketType.PUBREC) |
		(PLACE << PacketType.PUBREL) |
		(PLACE << PacketType.PUBCOMP) |
		(PLACE << PacketType.SUBACK) |
		(PLACE << PacketType.UNSUBACK),
	/** It may come more than once: everywhere if it is a user property, else in a PUBLISH. */
	REPEATS = PLACE << 16,
	EVERYWHERE = WILL |
		CONNECT |
		CONNACK |
		PUBLISH |
		SUBSCRIBE |
		(PLACE << PacketType.UNSUBSCRIBE) |
		DISCONNECT |
		CLIENT_DISCONNECT |
		AUTH |
		ACKNOWLEDGEMENTS,
}

/** The table's row of a property; 0: there is no such property. */
export const rowOf = (property: number): number => {
	switch (property) {
		case Property.USER_PROPERTY:
			return Form.PAIR | Row.EVERYWHERE | Row.REPEATS;
		case Property.PAYLOAD_FORMAT:
			return Form.BYTE | Row.PUBLISH | Row.WILL;
		case Property.MESSAGE_EXPIRY:
			return Form.FOUR_BYTES | Row.PUBLISH | Row.WILL;
		case Property.CONTENT_TYPE:
		case Property.RESPONSE_TOPIC:
			return Form.STRING | Row.PUBLISH | Row.WILL;
		case Property.CORRELATION_DATA:
			return Form.BINARY | Row.PUBLISH | Row.WILL;
		case Property.SUBSCRIPTION_IDENTIFIER:
			return Form.VARIABLE | Row.PUBLISH | Row.SUBSCRIBE | Row.REPEATS;
		case Property.TOPIC_ALIAS:
			return Form.TWO_BYTES | Row.PUBLISH;
		case Property.REASON_STRING:
			return (
				Form.STRING | Row.CONNACK | Row.ACKNOWLEDGEMENTS | Row.DISCONNECT | Row.CLIENT_DISCONNECT | Row.AUTH
			);
		case Property.SERVER_REFERENCE:
			return Form.STRING | Row.CONNACK | Row.DISCONNECT;
		case Property.AUTHENTICATION_METHOD:
			return Form.STRING | Row.CONNECT | Row.CONNACK | Row.AUTH;
		case Property.AUTHENTICATION_DATA:
			return Form.BINARY | Row.CONNECT | Row.CONNACK | Row.AUTH;
		case Property.SESSION_EXPIRY:
			return Form.FOUR_BYTES | Row.CONNECT | Row.CONNACK | Row.CLIENT_DISCONNECT;
		case Property.MAXIMUM_PACKET_SIZE:
			return Form.FOUR_BYTES | Row.CONNECT | Row.CONNACK;
		case Property.RECEIVE_MAXIMUM:
		case Property.TOPIC_ALIAS_MAXIMUM:
			return Form.TWO_BYTES | Row.CONNECT | Row.CONNACK;
		case Property.SERVER_KEEP_ALIVE:
			return Form.TWO_BYTES | Row.CONNACK;
		case Property.ASSIGNED_CLIENT_ID:
		case Property.RESPONSE_INFORMATION:
			return Form.STRING | Row.CONNACK;
		case Property.MAXIMUM_QOS:
		case Property.RETAIN_AVAILABLE:
		case Property.WILDCARD_AVAILABLE:
		case Property.IDENTIFIERS_AVAILABLE:
		case Property.SHARED_AVAILABLE:
			return Form.BYTE | Row.CONNACK;
		case Property.REQUEST_PROBLEM_INFORMATION:
		case Property.REQUEST_RESPONSE_INFORMATION:
			return Form.BYTE | Row.CONNECT;
		case Property.WILL_DELAY:
			return Form.FOUR_BYTES | Row.WILL;
		default:
			return 0;
	}
};

/**
 * Bytes that the property at `at` takes, its identifier included, as far as the bytes before `end` tell: it has all of
 * them when the answer is at most `end - at`. 0: no such property, or a variable byte integer of more than four bytes.
 * @param row the property's, if it is known
 */
export const sizeOf = (bytes: Uint8Array, at: number, end: number, row = rowOf(bytes[at])): number => {
	const form = row & Row.FORM;
	if (form === Form.VARIABLE) {
		for (let size = 2; ; size++) {
			if (at + size > end || bytes[at + size - 1] < 128) return size;
			if (size === 5) return 0;
		}
	}
	if (form < Form.BINARY) return form === 0 ? 0 : form + 1;
	if (at + 3 > end) return 3;
	const size = 3 + ((bytes[at + 1] << 8) | bytes[at + 2]);
	if (form !== Form.PAIR) return size;
	if (at + size + 2 > end) return size + 2;
	return size + 2 + ((bytes[at + size] << 8) | bytes[at + size + 1]);
};

/** The value of the variable byte integer at `at` (section 1.5.5). */
export const variable = (bytes: Uint8Array, at: number): number => {
	let value = 0;
	for (let bits = 0; ; bits += 7) {
		const byte = bytes[at++];
		value += (byte & 127) << bits;
		if (byte < 128) return value;
	}
};
