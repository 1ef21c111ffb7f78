// Packets that are made rarely, each in a fresh array of exactly its size: CONNECT, SUBSCRIBE, UNSUBSCRIBE.
// PUBLISH and the acknowledgements are written in place, without garbage, by session/ and the Client.
// Knows the layout of packets, not when they are sent.

import { Frame, Limit, PacketType, type QoS } from "./protocol.js";

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
export const lengthBytes = (remaining: number): number => {
	return remaining < 128 ? 1 : remaining < 16_384 ? 2 : remaining < 2_097_152 ? 3 : 4;
};

/** Writes a remaining length at `at`; returns the offset behind it (section 2.2.3). */
export const writeLength = (bytes: Uint8Array, at: number, remaining: number): number => {
	while (remaining > 127) {
		bytes[at++] = (remaining & 0x7f) | 0x80;
		remaining >>= 7;
	}
	bytes[at++] = remaining;
	return at;
};

/** Bytes for packets, behind room for the header of a frame. */
export const newPacket = (bytes: number): Uint8Array =>
	new Uint8Array(new ArrayBuffer(Frame.HEADROOM + bytes), Frame.HEADROOM);

/** A packet with its fixed header: its body is the last `remaining` bytes. Not deep: an app subscribes in callbacks. */
export const begin = (first: number, remaining: number): Uint8Array => {
	if (remaining > Limit.REMAINING_LENGTH)
		throw new RangeError(`a packet of ${remaining} bytes is over MQTT's limit of ${Limit.REMAINING_LENGTH}`);
	const size = lengthBytes(remaining);
	const packet = newPacket(1 + size + remaining);
	packet[0] = first;
	for (let i = 1; i <= size; i++) {
		packet[i] = i < size ? (remaining & 0x7f) | 0x80 : remaining;
		remaining >>= 7;
	}
	return packet;
};

/** These write at `at`, and return the offset behind it. */
export const putWord = (packet: Uint8Array, at: number, value: number): number => {
	packet[at] = value >> 8;
	packet[at + 1] = value;
	return at + 2;
};

export const putBytes = (packet: Uint8Array, at: number, bytes: Uint8Array): number => {
	packet.set(bytes, at);
	return at + bytes.length;
};

export const encodeConnect = (fields: ConnectFields): Uint8Array => {
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
	const packet = begin(PacketType.CONNECT << 4, remaining);
	let at = packet.length - remaining;
	at = putWord(packet, at, 4); // "MQTT", level 4 (sections 3.1.2.1 and 3.1.2.2)
	at = putWord(packet, at, 0x4d51);
	at = putWord(packet, at, 0x5454);
	at = putWord(packet, at, (4 << 8) | flags);
	at = putWord(packet, at, fields.keepAlive);
	at = putBytes(packet, at, clientId);
	if (will) {
		at = putBytes(packet, at, will.topic);
		at = putBytes(packet, putWord(packet, at, will.payload.length), will.payload);
	}
	if (username) at = putBytes(packet, at, username);
	if (password) putBytes(packet, putWord(packet, at, password.length), password);
	return packet;
};

/** SUBSCRIBE for one filter or more, each with the QoS that is asked for it (section 3.8). */
export const encodeSubscribe = (
	id: number,
	filters: readonly Uint8Array[],
	qos: readonly QoS[],
): Uint8Array => {
	const remaining = 2 + size(filters) + filters.length;
	const packet = begin((PacketType.SUBSCRIBE << 4) | 2, remaining);
	let at = putWord(packet, packet.length - remaining, id);
	for (let i = 0; i < filters.length; i++) {
		at = putBytes(packet, at, filters[i]);
		packet[at++] = qos[i];
	}
	return packet;
};

/** UNSUBSCRIBE for one filter or more (section 3.10). */
export const encodeUnsubscribe = (id: number, filters: readonly Uint8Array[]): Uint8Array => {
	const remaining = 2 + size(filters);
	const packet = begin((PacketType.UNSUBSCRIBE << 4) | 2, remaining);
	let at = putWord(packet, packet.length - remaining, id);
	for (let i = 0; i < filters.length; i++) at = putBytes(packet, at, filters[i]);
	return packet;
};

/** Bytes of filters that are encoded, with their two bytes of length. */
export const size = (filters: readonly Uint8Array[]): number => {
	let sum = 0;
	for (let i = 0; i < filters.length; i++) sum += filters[i].length;
	return sum;
};
