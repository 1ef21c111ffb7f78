// The reason codes of MQTT 5.0 (section 2.4): their names, and the packets that may have them. Knows fields; no packet
// beyond its number.

import type { FieldReader } from "./field-reader.js";

/** Packet types that have them. */
export type CodedType = 2 | 4 | 5 | 6 | 7 | 9 | 11 | 14 | 15;

/** By code: its name, and the types of the packets that it is defined for. */
const CODES: Readonly<Record<number, [name: string, types: readonly CodedType[]]>> = {
	0: ["Success", [2, 4, 5, 6, 7, 9, 11, 14, 15]],
	1: ["Granted QoS 1", [9]],
	2: ["Granted QoS 2", [9]],
	4: ["Disconnect with Will Message", [14]],
	16: ["No matching subscribers", [4, 5]],
	17: ["No subscription existed", [11]],
	24: ["Continue authentication", [15]],
	25: ["Re-authenticate", [15]],
	128: ["Unspecified error", [2, 4, 5, 9, 11, 14]],
	129: ["Malformed Packet", [2, 14]],
	130: ["Protocol Error", [2, 14]],
	131: ["Implementation specific error", [2, 4, 5, 9, 11, 14]],
	132: ["Unsupported Protocol Version", [2]],
	133: ["Client Identifier not valid", [2]],
	134: ["Bad User Name or Password", [2]],
	135: ["Not authorized", [2, 4, 5, 9, 11, 14]],
	136: ["Server unavailable", [2]],
	137: ["Server busy", [2, 14]],
	138: ["Banned", [2]],
	139: ["Server shutting down", [14]],
	140: ["Bad authentication method", [2, 14]],
	141: ["Keep Alive timeout", [14]],
	142: ["Session taken over", [14]],
	143: ["Topic Filter invalid", [9, 11, 14]],
	144: ["Topic Name invalid", [2, 4, 5, 14]],
	145: ["Packet Identifier in use", [4, 5, 9, 11]],
	146: ["Packet Identifier not found", [6, 7]],
	147: ["Receive Maximum exceeded", [14]],
	148: ["Topic Alias invalid", [14]],
	149: ["Packet too large", [2, 14]],
	150: ["Message rate too high", [14]],
	151: ["Quota exceeded", [2, 4, 5, 9, 14]],
	152: ["Administrative action", [14]],
	153: ["Payload format invalid", [2, 4, 5, 14]],
	154: ["Retain not supported", [2, 14]],
	155: ["QoS not supported", [2, 14]],
	156: ["Use another server", [2, 14]],
	157: ["Server moved", [2, 14]],
	158: ["Shared Subscriptions not supported", [9, 14]],
	159: ["Connection rate exceeded", [2, 14]],
	160: ["Maximum connect time", [14]],
	161: ["Subscription Identifiers not supported", [9, 14]],
	162: ["Wildcard Subscriptions not supported", [9, 14]],
};

/** Codes of DISCONNECT that only a server sends (section 3.14.2.1). */
export const SERVERS_ONLY: readonly number[] = [
	0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
];

export function codeName(code: number, type: CodedType): string {
	if (code === 0 && type === 9) return "Granted QoS 0";
	if (code === 0 && type === 14) return "Normal disconnection";
	return CODES[code]?.[0] ?? "reserved";
}

export function isDefined(code: number, type: CodedType): boolean {
	return CODES[code]?.[1].includes(type) ?? false;
}

export function readReasonCode(reader: FieldReader, type: CodedType, rule: string): number {
	const code = reader.byte("Reason Code", rule);
	reader.says(code, codeName(code, type));
	if (!isDefined(code, type)) {
		const name = codeName(code, type);
		reader.violate(
			rule,
			`the Reason Code 0x${code.toString(16).padStart(2, "0")} is ${name === "reserved" ? name : `${name}, which is not defined here`}`,
		);
	}
	return code;
}
