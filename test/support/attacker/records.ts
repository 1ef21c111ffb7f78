// TLS 1.2 as it goes over the line: records and the messages of a handshake (RFC 5246, sections 6.2 and 7.4). Knows no keys.

export const enum Content {
	CHANGE_CIPHER_SPEC = 20,
	ALERT = 21,
	HANDSHAKE = 22,
	APPLICATION_DATA = 23,
}

export const enum Message {
	HELLO_REQUEST = 0,
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	CERTIFICATE = 11,
	SERVER_KEY_EXCHANGE = 12,
	CERTIFICATE_REQUEST = 13,
	SERVER_HELLO_DONE = 14,
	CLIENT_KEY_EXCHANGE = 16,
	FINISHED = 20,
}

/** `value` in `size` bytes, big-endian. */
export function uint(value: number, size: number): Buffer {
	const bytes = Buffer.alloc(size);
	bytes.writeUIntBE(value, 0, size);
	return bytes;
}

/** `parts` behind their length in `size` bytes. */
export function sized(size: number, ...parts: readonly Uint8Array[]): Buffer {
	const all = Buffer.concat(parts);
	return Buffer.concat([uint(all.length, size), all]);
}

export function record(type: Content, body: Uint8Array, version = 0x0303): Buffer {
	return Buffer.concat([uint(type, 1), uint(version, 2), sized(2, body)]);
}

export function message(type: Message, ...parts: readonly Uint8Array[]): Buffer {
	return Buffer.concat([uint(type, 1), sized(3, ...parts)]);
}

export function certificateMessage(chain: readonly Uint8Array[]): Buffer {
	return message(Message.CERTIFICATE, sized(3, ...chain.map((der) => sized(3, der))));
}

/** In the clear, level "warning". */
export const CLOSE_NOTIFY = record(Content.ALERT, Buffer.of(1, 0));

export interface Record {
	type: number;
	body: Buffer;
	/** Header and body. */
	bytes: Buffer;
}

/** Cuts what comes into records. What has no record's header is left in `rest`, for good. */
export class RecordReader {
	rest = Buffer.alloc(0);
	/** It is no TLS. */
	broken = false;

	push(bytes: Uint8Array): Record[] {
		const records: Record[] = [];
		this.rest = Buffer.concat([this.rest, bytes]);
		while (!this.broken && this.rest.length >= 5) {
			const [type, major] = this.rest;
			this.broken = type < Content.CHANGE_CIPHER_SPEC || type > Content.APPLICATION_DATA || major !== 3;
			const end = 5 + this.rest.readUInt16BE(3);
			if (this.broken || this.rest.length < end) break;
			records.push({ type, body: this.rest.subarray(5, end), bytes: this.rest.subarray(0, end) });
			this.rest = this.rest.subarray(end);
		}
		return records;
	}
}

/** Puts messages together that came in several records, and takes those apart that came in one. */
export class MessageReader {
	#rest = Buffer.alloc(0);

	push(body: Uint8Array): Buffer[] {
		const messages: Buffer[] = [];
		this.#rest = Buffer.concat([this.#rest, body]);
		while (this.#rest.length >= 4) {
			const end = 4 + this.#rest.readUIntBE(1, 3);
			if (this.#rest.length < end) break;
			messages.push(this.#rest.subarray(0, end));
			this.#rest = this.#rest.subarray(end);
		}
		return messages;
	}
}
