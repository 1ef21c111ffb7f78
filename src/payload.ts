// Payloads and passwords as bytes, and whether they fit. Knows the caller's mistakes; no connection.

import type { Payload } from "./options.js";
import { MAX_FIELD } from "./wire/protocol.js";
import { utf8Length, writeUtf8 } from "./wire/utf8.js";

// A literal in a hot path is a copy of it at each evaluation, in a preloaded module.
const STRING = "string";

/** Bytes of a payload that is no text; an ArrayBuffer allocates. */
export function asBytes(payload: Payload): Uint8Array {
	return (payload as Uint8Array)?.BYTES_PER_ELEMENT === 1 ? (payload as Uint8Array) : toBytes(payload);
}

/** Bytes of a payload, in a view of its own. */
export function toBytes(payload: Payload): Uint8Array {
	if (typeof payload === STRING) {
		const length = utf8Length(payload as string);
		if (length < 0) throw new RangeError("text has a lone surrogate: it must be valid Unicode");
		const bytes = new Uint8Array(length);
		writeUtf8(payload as string, bytes, 0);
		return bytes;
	}
	if (payload instanceof ArrayBuffer) return new Uint8Array(payload);
	if (ArrayBuffer.isView(payload))
		return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
	throw new TypeError(`payload is ${payload}: it must be a string, a Uint8Array or an ArrayBuffer`);
}

/** Its bytes. Throws when there are too many. */
export function encodePassword(password: string | Uint8Array): Uint8Array {
	if (typeof password !== STRING && !ArrayBuffer.isView(password))
		throw new TypeError(`password is of type ${typeof password}: it must be a string or a Uint8Array`);
	const bytes = toBytes(password);
	if (bytes.length > MAX_FIELD)
		throw new RangeError(`password has ${bytes.length} bytes: it must have at most ${MAX_FIELD}`);
	return bytes;
}
