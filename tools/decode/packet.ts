// A decoded packet: its fields and the rules it breaks, in the specification's words. Knows no input and no output.

export type Sender = "client" | "server";

export interface Field {
	/** Bytes from the packet's beginning. */
	offset: number;
	/** Bytes that it takes; 0 for a part of the byte before it. */
	length: number;
	/** What was kept of them. None: they are not to be shown. */
	bytes?: Uint8Array;
	name: string;
	value?: string | number;
	/** What the value means. */
	note?: string;
}

export interface Violation {
	/** A normative statement's number ("MQTT-2.2.2-1"), or the section ("section 2.2.3") where the rule has none. */
	rule: string;
	what: string;
}

/** What other packets are judged by. */
export interface Facts {
	packetId?: number;
	qos?: number;
	dup?: boolean;
	/** Filters of a SUBSCRIBE, return codes of a SUBACK. */
	count?: number;
	protocolLevel?: number;
	topic?: string;
	retain?: boolean;
	/** What MQTT 5.0 has beside, by property identifier. Of a CONNECT not the will's. */
	properties?: ReadonlyMap<number, string | number>;
	/** Of MQTT 5.0's acknowledgements, DISCONNECT and AUTH. */
	reasonCode?: number;
	/** Clean Start of MQTT 5.0, too. */
	cleanSession?: boolean;
	sessionPresent?: boolean;
	returnCode?: number;
	/** Why it is no packet at all, though its first byte looks like one. */
	alien?: string;
	/** The input ends within the fixed header, so that nothing is known of the packet. */
	cut?: boolean;
	/** It does not end where it says, and its password or authentication data may be anywhere behind it. */
	uncertain?: boolean;
}

/** Protocol Levels that are read: MQTT 3.1.1 (3.1 has the same layout) and MQTT 5.0. */
export type Version = 4 | 5;

export interface Packet {
	/** Its type's name, "reserved" where its version has none; "?" when it is no packet. */
	type: string;
	/** By which it was read. */
	version: Version;
	/** Nobody has said so: its bytes look like that version. */
	guessed: boolean;
	/** Who sent it, if that is known. */
	sender: Sender | undefined;
	/** Bytes of its stream before it. */
	at: number;
	/** Bytes, by its fixed header. */
	length: number;
	/** Bytes that did not come: the input ends, or has a hole. */
	missing: number;
	fields: Field[];
	violations: Violation[];
	/** Violations beyond those that are listed. */
	moreViolations: number;
	facts: Facts;
}

export const PACKET_TYPES = [
	"reserved",
	"CONNECT",
	"CONNACK",
	"PUBLISH",
	"PUBACK",
	"PUBREC",
	"PUBREL",
	"PUBCOMP",
	"SUBSCRIBE",
	"SUBACK",
	"UNSUBSCRIBE",
	"UNSUBACK",
	"PINGREQ",
	"PINGRESP",
	"DISCONNECT",
	"reserved",
] as const;

export function typeName(type: number, version: Version): string {
	return type === 15 && version === 5 ? "AUTH" : PACKET_TYPES[type];
}

export function versionName(version: Version): string {
	return version === 5 ? "MQTT 5.0" : "MQTT 3.1.1";
}
