// Where packets begin again, when the capture began late or has a hole. Knows fixed headers and the lengths in packets; no
// connection.

import type { Sender, Version } from "./packet.js";
import { LENGTHS } from "./packets.js";

/** Flags by packet type; -1: any. Types 0 and 15 do not exist in MQTT 3.1.1. */
const FLAGS = [-2, 0, 0, -1, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, -2];
const CLIENT_ONLY = [1, 8, 10, 12, 14];
const SERVER_ONLY = [2, 9, 11, 13];
const DISCONNECT = 14;
const AUTH = 15;

/**
 * Whether a segment with these bytes begins with a packet: it and all behind it in the segment have headers of packets.
 * `version`: the connection's; none: any.
 */
export function beginsWithPacket(bytes: Uint8Array, sender: Sender, version?: Version): boolean {
	if (version !== undefined) return isRow(bytes, sender, version);
	return isRow(bytes, sender, 4) || isRow(bytes, sender, 5);
}

function isRow(bytes: Uint8Array, sender: Sender, version: Version): boolean {
	let at = 0;
	while (at < bytes.length) {
		const length = packetLength(bytes, at, sender, version);
		if (length === 0) return at > 0 && at + 2 > bytes.length;
		at += length;
	}
	return at > 0;
}

/** Bytes of the packet; 0 if there is none that `sender` sends. */
function packetLength(bytes: Uint8Array, at: number, sender: Sender, version: Version): number {
	const type = bytes[at] >> 4;
	const flags = bytes[at] & 15;
	const isNew = version === 5 && type >= DISCONNECT;
	if (isNew ? flags !== 0 : FLAGS[type] !== flags && FLAGS[type] !== -1) return 0;
	if (type === 3 && (flags & 6) === 6) return 0;
	if (!isNew && (sender === "client" ? SERVER_ONLY : CLIENT_ONLY).includes(type)) return 0;
	let length = 0;
	for (let i = 1; i <= 4 && at + i < bytes.length; i++) {
		const byte = bytes[at + i];
		length += (byte & 127) * 128 ** (i - 1);
		if (byte > 127) continue;
		const body = at + 1 + i;
		const fits =
			version === 5
				? hasParts(bytes, body, type, flags, length)
				: LENGTHS[type] === undefined || length === LENGTHS[type];
		if (!fits || (version === 4 && type === 3 && !hasTopic(bytes, body, length, 1))) return 0;
		return 1 + i + length;
	}
	return 0;
}

/** Whether a PUBLISH of this remaining length has room for its topic name. */
function hasTopic(bytes: Uint8Array, at: number, remaining: number, shortest: number): boolean {
	if (at + 2 > bytes.length) return true;
	const topic = (bytes[at] << 8) | bytes[at + 1];
	return topic >= shortest && topic + 2 <= remaining;
}

/** Whether the lengths in a packet of MQTT 5.0 fit its remaining length. */
function hasParts(bytes: Uint8Array, at: number, type: number, flags: number, remaining: number): boolean {
	switch (type) {
		case 12:
		case 13:
			return remaining === 0;
		case 3: {
			// Under a topic alias there is no name.
			if (!hasTopic(bytes, at, remaining, 0)) return false;
			if (at + 2 > bytes.length) return true;
			const behind = 2 + ((bytes[at] << 8) | bytes[at + 1]) + ((flags & 6) > 0 ? 2 : 0);
			return hasProperties(bytes, at + behind, remaining - behind, false);
		}
		case 4:
		case 5:
		case 6:
		case 7:
			return remaining === 2 || remaining === 3 || hasProperties(bytes, at + 3, remaining - 3, true);
		case 8:
		case 9:
		case 10:
		case 11:
			return remaining > 3 && hasProperties(bytes, at + 2, remaining - 2, false);
		case 2:
			return remaining === 2 || hasProperties(bytes, at + 2, remaining - 2, true);
		case DISCONNECT:
		case AUTH:
			return remaining < 2 || hasProperties(bytes, at + 1, remaining - 1, true);
		default:
			return true;
	}
}

/** Whether a property length at `at` fits; `alone`: nothing is behind the properties. */
function hasProperties(bytes: Uint8Array, at: number, remaining: number, alone: boolean): boolean {
	let length = 0;
	for (let i = 0; i < 4; i++) {
		if (i >= remaining) return false;
		if (at + i >= bytes.length) return true;
		length += (bytes[at + i] & 127) * 128 ** i;
		if (bytes[at + i] < 128) return alone ? i + 1 + length === remaining : i + 1 + length <= remaining;
	}
	return false;
}
