// Helpers of the decoder's tests: bytes to packets, and what a packet's fields say.

import { Conversation } from "../../../tools/decode/conversation.js";
import { Dialect } from "../../../tools/decode/dialect.js";
import type { Packet, Sender, Version } from "../../../tools/decode/packet.js";
import { PacketStream } from "../../../tools/decode/packet-stream.js";
import { packetInJson, packetInLines } from "../../../tools/decode/view.js";

/** Packets of a stream whose sender is not known, and where no CONNECT tells another version. */
export const decoded = (...chunks: Uint8Array[]) => decodedAs(4, ...chunks);

/** `version`: none: what fits. */
export function decodedAs(version: Version | undefined, ...chunks: Uint8Array[]): Packet[] {
	const packets: Packet[] = [];
	const stream = new PacketStream(undefined, (packet) => packets.push(packet), new Dialect(version));
	for (const chunk of chunks) stream.push(chunk);
	stream.end();
	return packets;
}

/** Packets of a whole connection. */
export const exchanged = (...parts: [Sender, Uint8Array][]) => exchangedAs(undefined, ...parts);

export function exchangedAs(version: Version | undefined, ...parts: [Sender, Uint8Array][]): Packet[] {
	const packets: Packet[] = [];
	const conversation = new Conversation((packet) => packets.push(packet), version);
	for (const [sender, bytes] of parts) conversation.push(sender, bytes);
	conversation.end();
	return packets;
}

export const rulesOf = (packet: Packet) => packet.violations.map(({ rule }) => rule);

export function values(packet: Packet, name: string): (string | number | undefined)[] {
	return packet.fields.filter((field) => field.name === name).map(({ value }) => value);
}

/** Where the fields are in their packet, without a hole and an overlap. */
export function covers(packet: Packet): boolean {
	let at = 0;
	for (const { offset, length } of packet.fields) {
		if (length === 0) continue;
		if (offset !== at) return false;
		at += length;
	}
	return at === packet.length;
}

/** All that is said of packets, in both views. */
export function everything(packets: Packet[]): string {
	return packets
		.map((packet) => `${packetInLines(packet).join("\n")}\n${JSON.stringify(packetInJson(packet))}`)
		.join("\n");
}
