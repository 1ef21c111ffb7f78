// Packets written out by hand, so that the client's own encoder is not its judge. No Node here: XS runs it too.

export function concat(parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
	const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		bytes.set(part, at);
		at += part.length;
	}
	return bytes;
}

export function hex(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += (byte < 16 ? "0" : "") + byte.toString(16);
	return text;
}

/** A stream of packets for people: one line each, in hex; of a long one the beginning and a checksum. */
export function listing(stream: Uint8Array): string[] {
	const lines: string[] = [];
	for (let at = 0; at < stream.length; ) {
		let length = 0;
		let behind = at + 1;
		for (let scale = 1; behind < stream.length; scale *= 128) {
			length += (stream[behind] & 127) * scale;
			if (stream[behind++] < 128) break;
		}
		const packet = stream.slice(at, behind + length);
		at = behind + length;
		const sum = packet.reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, 0);
		lines.push(
			packet.length < 80 ? hex(packet) : `${hex(packet.slice(0, 24))}… ${packet.length} bytes, sum ${sum}`,
		);
	}
	return lines;
}

/** Bytes of text, of numbers, or as they are. */
export type Bytes = string | readonly number[] | Uint8Array;

export function bytesOf(bytes: Bytes): Uint8Array {
	return typeof bytes === "string" ? utf8(bytes) : Uint8Array.from(bytes);
}

/** UTF-8 as the engine writes it into URIs. Throws when there is a lone surrogate. */
function utf8(text: string): Uint8Array {
	const bytes: number[] = [];
	for (const unit of encodeURIComponent(text).match(/%..|./g) ?? [])
		bytes.push(unit.length > 1 ? Number.parseInt(unit.slice(1), 16) : unit.charCodeAt(0));
	return Uint8Array.from(bytes);
}

/** Two bytes, the higher first. */
export function word(value: number): number[] {
	return [value >> 8, value & 255];
}

/** Length in front. */
export function field(bytes: Bytes): Uint8Array {
	const body = bytesOf(bytes);
	return concat([word(body.length), body]);
}

/** A whole packet: its first byte, the remaining length, the parts. */
export function packet(first: number, ...parts: (Uint8Array | readonly number[])[]): Uint8Array {
	const body = concat(parts);
	const length: number[] = [];
	let rest = body.length;
	do {
		length.push((rest % 128) + (rest > 127 ? 128 : 0));
		rest = Math.floor(rest / 128);
	} while (rest > 0);
	return concat([[first], length, body]);
}

export interface PublishOptions {
	qos?: number;
	id?: number;
	retain?: boolean;
	dup?: boolean;
}

export function PUBLISH(topic: Bytes, payload: Bytes, options: PublishOptions = {}): Uint8Array {
	const { qos = 0, id = 0, retain = false, dup = false } = options;
	const first = 0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
	return packet(first, field(topic), qos > 0 ? word(id) : [], bytesOf(payload));
}

export const CONNACK = (sessionPresent = false, code = 0) => packet(0x20, [sessionPresent ? 1 : 0, code]);
export const PUBACK = (id: number) => packet(0x40, word(id));
export const PUBREC = (id: number) => packet(0x50, word(id));
export const PUBREL = (id: number) => packet(0x62, word(id));
export const PUBCOMP = (id: number) => packet(0x70, word(id));
export const SUBSCRIBE = (id: number, filter: Bytes, qos: number) =>
	packet(0x82, word(id), field(filter), [qos]);
export const SUBACK = (id: number, code: number) => packet(0x90, word(id), [code]);
export const UNSUBSCRIBE = (id: number, filter: Bytes) => packet(0xa2, word(id), field(filter));
export const UNSUBACK = (id: number) => packet(0xb0, word(id));
export const PINGREQ = Uint8Array.of(0xc0, 0);
export const PINGRESP = Uint8Array.of(0xd0, 0);
export const DISCONNECT = Uint8Array.of(0xe0, 0);
