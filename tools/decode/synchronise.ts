// Where packets begin again, when the capture began late or has a hole. Knows fixed headers; no connection.

import type { Sender } from "./packet.js";
import { LENGTHS } from "./packets.js";

/** Flags by packet type; -1: any. Types 0 and 15 do not exist. */
const FLAGS = [-2, 0, 0, -1, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, -2];
const CLIENT_ONLY = [1, 8, 10, 12, 14];
const SERVER_ONLY = [2, 9, 11, 13];

/** Whether a segment with these bytes begins with a packet: it and all behind it in the segment have headers of packets. */
export function beginsWithPacket(bytes: Uint8Array, sender: Sender): boolean {
	let at = 0;
	while (at < bytes.length) {
		const length = packetLength(bytes, at, sender);
		if (length === 0) return at > 0 && at + 2 > bytes.length;
		at += length;
	}
	return at > 0;
}

/** Bytes of the packet; 0 if there is none that `sender` sends. */
function packetLength(bytes: Uint8Array, at: number, sender: Sender): number {
	const type = bytes[at] >> 4;
	const flags = bytes[at] & 15;
	if (FLAGS[type] !== flags && FLAGS[type] !== -1) return 0;
	if (type === 3 && (flags & 6) === 6) return 0;
	if ((sender === "client" ? SERVER_ONLY : CLIENT_ONLY).includes(type)) return 0;
	let length = 0;
	for (let i = 1; i <= 4 && at + i < bytes.length; i++) {
		const byte = bytes[at + i];
		length += (byte & 127) * 128 ** (i - 1);
		if (byte > 127) continue;
		const fixed = LENGTHS[type];
		if (fixed !== undefined && length !== fixed) return 0;
		if (type === 3 && !hasTopic(bytes, at + 1 + i, length)) return 0;
		return 1 + i + length;
	}
	return 0;
}

/** Whether a PUBLISH of this remaining length has room for its topic name. */
function hasTopic(bytes: Uint8Array, at: number, remaining: number): boolean {
	if (at + 2 > bytes.length) return true;
	const topic = (bytes[at] << 8) | bytes[at + 1];
	return topic > 0 && topic + 2 <= remaining;
}
