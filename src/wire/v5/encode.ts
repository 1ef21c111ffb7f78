// Packets of MQTT 5.0 that are made rarely, each in a fresh array of exactly its size. PUBLISH is written in place,
// without garbage, by connection/v5. Knows the layout of packets, not when they are sent.

import { begin, type ConnectFields, lengthBytes, putBytes, putWord, size, writeLength } from "../encode.js";
import { PacketType } from "../protocol.js";
import { Block } from "./properties.js";
import { Property } from "./property.js";
import type { ReasonCode } from "./reason-codes.js";

/** All of a CONNECT packet (section 3.1); what is undefined is left out, fields come encoded, with their length. */
export interface Connect5Fields extends ConnectFields {
	/** Seconds, 0 to 0xffffffff: never. */
	sessionExpiry?: number;
	receiveMaximum?: number;
	maximumPacketSize?: number;
	topicAliasMaximum?: number;
	requestResponseInformation?: number;
	requestProblemInformation?: number;
	userProperties?: readonly Uint8Array[];
	authenticationMethod?: Uint8Array;
	authenticationData?: Uint8Array;
	/** Of the will, as `Properties` has them, with their length; its delay and expiry are added here. */
	willProperties?: Uint8Array;
	/** Seconds. */
	willDelay?: number;
	willExpiry?: number;
}

/** How a filter is subscribed to, beside its QoS (section 3.8.3.1). */
export const enum SubscriptionOption {
	NO_LOCAL = 0x04,
	RETAIN_AS_PUBLISHED = 0x08,
	/** Retained messages come only if there was no such subscription. */
	RETAIN_IF_NEW = 0x10,
	/** Retained messages do not come. */
	NO_RETAINED = 0x20,
}

/** Bytes that the length at the front takes. */
const bytesOfLength = (block: Uint8Array): number => {
	let bytes = 1;
	while (block[bytes - 1] > 127) bytes++;
	return bytes;
};

export const encodeConnect5 = (fields: Connect5Fields): Uint8Array => {
	const { clientId, username, password, will } = fields;
	const block = new Block();
	block.number(Property.SESSION_EXPIRY, 4, fields.sessionExpiry);
	block.number(Property.RECEIVE_MAXIMUM, 2, fields.receiveMaximum);
	block.number(Property.MAXIMUM_PACKET_SIZE, 4, fields.maximumPacketSize);
	block.number(Property.TOPIC_ALIAS_MAXIMUM, 2, fields.topicAliasMaximum);
	block.number(Property.REQUEST_RESPONSE_INFORMATION, 1, fields.requestResponseInformation);
	block.number(Property.REQUEST_PROBLEM_INFORMATION, 1, fields.requestProblemInformation);
	block.field(Property.AUTHENTICATION_METHOD, fields.authenticationMethod);
	block.field(Property.AUTHENTICATION_DATA, fields.authenticationData);
	block.pairs(fields.userProperties);
	const more = new Block();
	const willBlock = fields.willProperties?.slice(bytesOfLength(fields.willProperties));
	let remaining = 10 + block.size + clientId.length;
	let flags = fields.clean ? 0x02 : 0;
	if (will) {
		more.number(Property.WILL_DELAY, 4, fields.willDelay);
		more.number(Property.MESSAGE_EXPIRY, 4, fields.willExpiry);
		const length = more.length + (willBlock?.length ?? 0);
		remaining += lengthBytes(length) + length + will.topic.length + 2 + will.payload.length;
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
	at = putWord(packet, at, 4); // "MQTT", version 5 (sections 3.1.2.1 and 3.1.2.2)
	at = putWord(packet, at, 0x4d51);
	at = putWord(packet, at, 0x5454);
	at = putWord(packet, at, (5 << 8) | flags);
	at = putWord(packet, at, fields.keepAlive);
	at = block.write(packet, at);
	at = putBytes(packet, at, clientId);
	if (will) {
		at = writeLength(packet, at, more.length + (willBlock?.length ?? 0));
		at = more.put(packet, at);
		if (willBlock) at = putBytes(packet, at, willBlock);
		at = putBytes(packet, at, will.topic);
		at = putBytes(packet, putWord(packet, at, will.payload.length), will.payload);
	}
	if (username) at = putBytes(packet, at, username);
	if (password) putBytes(packet, putWord(packet, at, password.length), password);
	return packet;
};

/**
 * SUBSCRIBE for one filter or more, each with its options: QoS and bits of SubscriptionOption (section 3.8).
 * @param identifier subscription identifier, 1 to 268,435,455; 0: none
 */
export const encodeSubscribe5 = (
	id: number,
	filters: readonly Uint8Array[],
	options: readonly number[],
	identifier = 0,
	userProperties?: readonly Uint8Array[],
): Uint8Array => {
	const block = new Block();
	if (identifier > 0) {
		const bytes = new Uint8Array(lengthBytes(identifier));
		writeLength(bytes, 0, identifier);
		block.field(Property.SUBSCRIPTION_IDENTIFIER, bytes);
	}
	block.pairs(userProperties);
	const remaining = 2 + block.size + size(filters) + filters.length;
	const packet = begin((PacketType.SUBSCRIBE << 4) | 2, remaining);
	let at = block.write(packet, putWord(packet, packet.length - remaining, id));
	for (let i = 0; i < filters.length; i++) {
		at = putBytes(packet, at, filters[i]);
		packet[at++] = options[i];
	}
	return packet;
};

/** UNSUBSCRIBE for one filter or more (section 3.10). */
export const encodeUnsubscribe5 = (
	id: number,
	filters: readonly Uint8Array[],
	userProperties?: readonly Uint8Array[],
): Uint8Array => {
	const block = new Block();
	block.pairs(userProperties);
	const remaining = 2 + block.size + size(filters);
	const packet = begin((PacketType.UNSUBSCRIBE << 4) | 2, remaining);
	let at = block.write(packet, putWord(packet, packet.length - remaining, id));
	for (let i = 0; i < filters.length; i++) at = putBytes(packet, at, filters[i]);
	return packet;
};

/** A packet of a reason code and properties, both left out where they say nothing; behind an identifier, unless it is 0. */
const encodeReason = (first: number, id: number, code: number, block: Block): Uint8Array => {
	let remaining = id > 0 ? 2 : 0;
	if (block.length > 0) remaining += 1 + block.size;
	else if (code > 0) remaining++;
	const packet = begin(first, remaining);
	let at = packet.length - remaining;
	if (id > 0) at = putWord(packet, at, id);
	if (at < packet.length) packet[at++] = code;
	if (block.length > 0) block.write(packet, at);
	return packet;
};

/** DISCONNECT (section 3.14); fields come encoded. */
export const encodeDisconnect5 = (
	code: number,
	sessionExpiry?: number,
	reasonString?: Uint8Array,
	userProperties?: readonly Uint8Array[],
): Uint8Array => {
	const block = new Block();
	block.number(Property.SESSION_EXPIRY, 4, sessionExpiry);
	block.field(Property.REASON_STRING, reasonString);
	block.pairs(userProperties);
	return encodeReason(PacketType.DISCONNECT << 4, 0, code, block);
};

/** AUTH (section 3.15), which has a method always; fields come encoded. */
export const encodeAuth5 = (
	code: ReasonCode.CONTINUE_AUTHENTICATION | ReasonCode.REAUTHENTICATE,
	method: Uint8Array,
	data?: Uint8Array,
	reasonString?: Uint8Array,
	userProperties?: readonly Uint8Array[],
): Uint8Array => {
	const block = new Block();
	block.field(Property.AUTHENTICATION_METHOD, method);
	block.field(Property.AUTHENTICATION_DATA, data);
	block.field(Property.REASON_STRING, reasonString);
	block.pairs(userProperties);
	return encodeReason(PacketType.AUTH << 4, 0, code, block);
};

/** PUBACK, PUBREC, PUBREL or PUBCOMP with a reason code (sections 3.4 to 3.7); fields come encoded. */
export const encodeAcknowledgement5 = (
	type: number,
	id: number,
	code: number,
	reasonString?: Uint8Array,
	userProperties?: readonly Uint8Array[],
): Uint8Array => {
	const block = new Block();
	block.field(Property.REASON_STRING, reasonString);
	block.pairs(userProperties);
	return encodeReason((type << 4) | (type === PacketType.PUBREL ? 2 : 0), id, code, block);
};
