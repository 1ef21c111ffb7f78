// Packets of MQTT 5.0 written out by hand, as packets.ts does for 3.1.1. No Node here: XS runs it too.

import { type Bytes, bytesOf, concat, field, type PublishOptions, packet, word } from "./packets.js";

type Part = Uint8Array | readonly number[];

/** Four bytes, the highest first. */
export const long = (value: number): number[] => [
	(value >>> 24) & 255,
	(value >>> 16) & 255,
	(value >>> 8) & 255,
	value & 255,
];

/** Variable byte integer (section 1.5.5). */
export function variable(value: number): number[] {
	const bytes: number[] = [];
	do {
		bytes.push((value % 128) + (value > 127 ? 128 : 0));
		value = Math.floor(value / 128);
	} while (value > 0);
	return bytes;
}

/** Properties with their length in front. */
export function block(parts: readonly Part[]): Uint8Array {
	const all = concat(parts);
	return concat([variable(all.length), all]);
}

export const byte = (id: number, value: number) => [id, value];
export const two = (id: number, value: number) => [id, ...word(value)];
export const four = (id: number, value: number) => [id, ...long(value)];
export const number = (id: number, value: number) => [id, ...variable(value)];
/** A string or binary data. */
export const data = (id: number, value: Bytes) => concat([[id], field(value)]);
export const user = (name: Bytes, value: Bytes) => concat([[0x26], field(name), field(value)]);

export function PUBLISH5(
	topic: Bytes,
	payload: Bytes,
	properties: readonly Part[] = [],
	options: PublishOptions = {},
): Uint8Array {
	const { qos = 0, id = 0, retain = false, dup = false } = options;
	const first = 0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
	return packet(first, field(topic), qos > 0 ? word(id) : [], block(properties), bytesOf(payload));
}

export const CONNACK5 = (sessionPresent = false, code = 0, properties: readonly Part[] = []) =>
	packet(0x20, [sessionPresent ? 1 : 0, code], block(properties));
/** PUBACK, PUBREC, PUBREL or PUBCOMP, with all that may be left out. */
export const ACKNOWLEDGEMENT5 = (type: number, id: number, code = 0, properties: readonly Part[] = []) =>
	packet((type << 4) | (type === 6 ? 2 : 0), word(id), [code], block(properties));
export const SUBACK5 = (id: number, codes: readonly number[], properties: readonly Part[] = []) =>
	packet(0x90, word(id), block(properties), codes);
export const UNSUBACK5 = (id: number, codes: readonly number[], properties: readonly Part[] = []) =>
	packet(0xb0, word(id), block(properties), codes);
export const DISCONNECT5 = (code: number, properties: readonly Part[] = []) =>
	packet(0xe0, [code], block(properties));
export const AUTH5 = (code: number, properties: readonly Part[] = []) =>
	packet(0xf0, [code], block(properties));
