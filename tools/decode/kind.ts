// What the packets of both versions have in common. Knows fields; no packet.

import type { FieldReader } from "./field-reader.js";
import type { Facts } from "./packet.js";

export const QOS = ["At most once delivery", "At least once delivery", "Exactly once delivery", "reserved"];

/** What a packet type's fixed header has to be, and how to read the rest. */
export interface Kind {
	/** Flags that are reserved for this value. */
	flags: number;
	flagsRule: string;
	read(reader: FieldReader, facts: Facts, flags: number): void;
}

export function readPacketId(reader: FieldReader, facts: Facts, section: string, zeroRule: string): void {
	const packetId = reader.integer("Packet Identifier", section);
	facts.packetId = packetId;
	if (packetId === 0) reader.violate(zeroRule, "the Packet Identifier is 0");
}
