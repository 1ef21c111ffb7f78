// Payloads, wills and passwords as bytes. Knows the caller's mistakes; no connection.

import { checkBoolean, checkQos } from "../wire/check.js";
import type { WillFields } from "../wire/encode.js";
import { Limit, type QoS } from "../wire/protocol.js";
import { Topic } from "../wire/topic.js";
import { loneSurrogate, utf8Length, writeUtf8 } from "../wire/utf8.js";
import type { Properties } from "../wire/v5/properties.js";

/** Text, or bytes as they are. */
export type Payload = string | Uint8Array | ArrayBuffer;

/** The message that the broker publishes when this client is gone without DISCONNECT (section 3.1.2.5). */
export interface Will {
	topic: string | Topic;
	payload: Payload;
	/** Default 0. */
	qos?: QoS;
	/** Default false. */
	retain?: boolean;
	/**
	 * Seconds, 0 to 0xffffffff, that the broker waits before it publishes the will, because the client may come back; at most as
	 * long as it keeps the session (section 3.1.3.2.2). Default 0. Ignored with MQTT 3.1.1.
	 */
	delay?: number;
	/** Properties as of any message (section 3.1.3.2). Ignored with MQTT 3.1.1. */
	properties?: Properties;
}

/** What a will is on the wire; MQTT 5.0 has more of it. */
export interface WillFields5 extends WillFields {
	delay: number | undefined;
	properties: Properties | undefined;
}

// A literal in a hot path is a copy of it at each evaluation, in a preloaded module.
const STRING = "string";

/** Bytes of a payload, in a view of its own. */
export const toBytes = (payload: Payload): Uint8Array => {
	if (typeof payload === STRING) {
		const length = utf8Length(payload as string);
		if (length < 0)
			throw new RangeError(`text has ${loneSurrogate(payload as string)}: it must be valid Unicode`);
		const bytes = new Uint8Array(length);
		writeUtf8(payload as string, bytes, 0);
		return bytes;
	}
	if (payload instanceof ArrayBuffer) return new Uint8Array(payload);
	if (ArrayBuffer.isView(payload))
		return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
	throw new TypeError(`payload is ${payload}: it must be a string, a Uint8Array or an ArrayBuffer`);
};

/** Its bytes. Throws when there are too many. */
export const encodePassword = (password: string | Uint8Array): Uint8Array => {
	if (typeof password !== STRING && !ArrayBuffer.isView(password))
		throw new TypeError(`password is of type ${typeof password}: it must be a string or a Uint8Array`);
	const bytes = toBytes(password);
	if (bytes.length > Limit.FIELD)
		throw new RangeError(`password has ${bytes.length} bytes: it must have at most ${Limit.FIELD}`);
	return bytes;
};

/** The fields of a will, with a copy of its payload. Throws on what breaks a rule. */
export const encodeWill = (will: Will): WillFields5 => {
	if (typeof will !== "object" || will === null)
		throw new TypeError(`the will is ${will}: it must be an object with topic and payload, or undefined`);
	const { topic, qos = 0 } = will;
	checkQos(qos, "will.qos");
	const retain = checkBoolean("will.retain", will.retain);
	const payload = toBytes(will.payload).slice();
	if (payload.length > Limit.FIELD)
		throw new RangeError(
			`the will's payload has ${payload.length} bytes: it must have at most ${Limit.FIELD}`,
		);
	const { field } = topic instanceof Topic ? topic : new Topic(topic);
	return { topic: field, payload, qos, retain, delay: will.delay, properties: will.properties };
};
