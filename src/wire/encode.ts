// Packets that are made rarely, each in a fresh array of exactly its size: CONNECT, SUBSCRIBE, UNSUBSCRIBE.
// PUBLISH and the acknowledgements are written in place, without garbage, by session/ and the Client.
// Knows the layout of packets, not when they are sent.

import { CONNECT, MAX_REMAINING_LENGTH, type QoS, SUBSCRIBE, UNSUBSCRIBE } from "./protocol.js";

/** All of a CONNECT packet (section 3.1); text fields come encoded, with their two bytes of length. */
export interface ConnectFields {
	clientId: Uint8Array;
	username: Uint8Array | undefined;
	/** Without a length: at most 65535 bytes. */
	password: Uint8Array | undefined;
	clean: boolean;
	/** Seconds, 0 to 65535. */
	keepAlive: number;
	will: WillFields | undefined;
}

export interface WillFields {
	topic: Uint8Array;
	/** Without a length: at most 65535 bytes. */
	payload: Uint8Array;
	qos: QoS;
	retain: boolean;
}

/** Bytes that a remaining length takes (section 2.2.3). */
export function lengthBytes(remaining: number): number {
	return remaining < 128 ? 1 : remaining < 16_384 ? 2 : remaining < 2_097_152 ? 3 : 4;
}

/** Writes a remaining length at `at`; returns the offset behind it (section 2.2.3). */
export function writeLength(bytes: Uint8Array, at: number, remaining: number): number {
	while (remaining > 127) {
		bytes[at++] = (remaining & 0x7f) | 0x80;
		remaining >>= 7;
	}
	bytes[at++] = remaining;
	return at;
}

/** A writer over one fresh packet. */
class Packet {
	readonly bytes: Uint8Array;
	private end: number;

	constructor(first: number, remaining: number) {
		if (remaining > MAX_REMAINING_LENGTH)
			throw new RangeError(`a packet of ${remaining} bytes is over MQTT's limit of ${MAX_REMAINING_LENGTH}`);
		this.bytes = new Uint8Array(1 + lengthBytes(remaining) + remaining);
		this.bytes[0] = first;
		this.end = writeLength(this.bytes, 1, remaining);
	}

	byte(value: number): void {
		this.bytes[this.end++] = value;
	}

	word(value: number): void {
		this.byte(value >> 8);
		this.byte(value);
	}

	/** Bytes that bring their length along. */
	field(field: Uint8Array): void {
		this.bytes.set(field, this.end);
		this.end += field.length;
	}

	/** Bytes that need their length in front. */
	binary(bytes: Uint8Array): void {
		this.word(bytes.length);
		this.field(bytes);
	}
}

export function encodeConnect(fields: ConnectFields): Uint8Array {
	const { clientId, username, password, will } = fields;
	let remaining = 10 + clientId.length;
	let flags = fields.clean ? 0x02 : 0;
	if (will) {
		remaining += will.topic.length + 2 + will.payload.length;
		flags |= 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0);
	}
	if (username) {
		remaining += username.length;
		flags |= 0x80;
	}
	if (password) {
		remaining += 2 + password.length;
		flags |= 0x40;
	}
	const packet = new Packet(CONNECT << 4, remaining);
	packet.word(4); // "MQTT", level 4 (sections 3.1.2.1 and 3.1.2.2)
	packet.word(0x4d51);
	packet.word(0x5454);
	packet.byte(4);
	packet.byte(flags);
	packet.word(fields.keepAlive);
	packet.field(clientId);
	if (will) {
		packet.field(will.topic);
		packet.binary(will.payload);
	}
	if (username) packet.field(username);
	if (password) packet.binary(password);
	return packet.bytes;
}

/** SUBSCRIBE for one filter or more, each with the QoS that is asked for it (section 3.8). */
export function encodeSubscribe(id: number, filters: readonly Uint8Array[], qos: readonly QoS[]): Uint8Array {
	const packet = new Packet((SUBSCRIBE << 4) | 2, 2 + size(filters) + filters.length);
	packet.word(id);
	for (let i = 0; i < filters.length; i++) {
		packet.field(filters[i]);
		packet.byte(qos[i]);
	}
	return packet.bytes;
}

/** UNSUBSCRIBE for one filter or more (section 3.10). */
export function encodeUnsubscribe(id: number, filters: readonly Uint8Array[]): Uint8Array {
	const packet = new Packet((UNSUBSCRIBE << 4) | 2, 2 + size(filters));
	packet.word(id);
	for (let i = 0; i < filters.length; i++) packet.field(filters[i]);
	return packet.bytes;
}

/** Bytes of filters that are encoded, with their two bytes of length. */
function size(filters: readonly Uint8Array[]): number {
	let sum = 0;
	for (let i = 0; i < filters.length; i++) sum += filters[i].length;
	return sum;
}
