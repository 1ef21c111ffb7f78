// AUTH packets (section 3.15), each in a fresh array of exactly its size. Knows the layout, not when they are sent.

import { lengthBytes, newPacket, writeLength } from "../encode.js";
import { Limit } from "../protocol.js";
import { Property } from "./property.js";

const enum Auth {
	/** Packet type 15, and flags that are 0 (section 3.15.1). */
	FIRST = 0xf0,
	/** Bytes of a property's identifier and of the length of its value. */
	HEAD = 3,
}

/**
 * AUTH with a reason code, an authentication method, as a field, and data.
 * Throws RangeError when the data have more than 65535 bytes.
 */
export const encodeAuth = (code: number, method: Uint8Array, data: Uint8Array | undefined): Uint8Array => {
	if (data !== undefined && data.length > Limit.FIELD)
		throw new RangeError(
			`the authentication data have ${data.length} bytes: they may have at most ${Limit.FIELD} (section 3.15.2.2.3)`,
		);
	const properties = 1 + method.length + (data === undefined ? 0 : Auth.HEAD + data.length);
	const remaining = 1 + lengthBytes(properties) + properties;
	const packet = newPacket(1 + lengthBytes(remaining) + remaining);
	packet[0] = Auth.FIRST;
	let at = writeLength(packet, 1, remaining);
	packet[at++] = code;
	at = writeLength(packet, at, properties);
	packet[at++] = Property.AUTHENTICATION_METHOD;
	packet.set(method, at);
	if (data !== undefined) {
		at += method.length;
		packet[at++] = Property.AUTHENTICATION_DATA;
		packet[at++] = data.length >> 8;
		packet[at++] = data.length;
		packet.set(data, at);
	}
	return packet;
};
