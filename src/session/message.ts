// What a message handler gets. Knows the decoder's buffers only.

import type { Decoder } from "../wire/decoder.js";
import type { QoS } from "../wire/protocol.js";
import { decodeAny, decodeText } from "../wire/utf8.js";
import type { ReceivedProperties } from "../wire/v5/received.js";

/**
 * A received message, or a part of one. Each Client has one, and uses it for every message: it is valid until the handler
 * returns.
 */
export class Message {
	/** The receive buffer. This part of the payload is in bytes 0 to length - 1. */
	readonly bytes: Uint8Array;
	/** Bytes of this part. */
	length = 0;

	/** @internal */
	protected readonly decoder: Decoder;

	constructor(decoder: Decoder) {
		this.decoder = decoder;
		this.bytes = decoder.payload;
	}

	/** Where this part begins in the payload, in bytes. 0 begins a message, also after an interrupted one. */
	get offset(): number {
		return this.decoder.offset;
	}

	/** Bytes of the whole payload. A message that fits the receive buffer comes in one part: length === total. */
	get total(): number {
		return this.decoder.total;
	}

	/** The QoS with which the broker has sent it. */
	get qos(): QoS {
		return ((this.decoder.flags >> 1) & 3) as QoS;
	}

	/** The broker had stored it: the last known value, not a new message (section 3.3.1.3). */
	get retain(): boolean {
		return (this.decoder.flags & 1) !== 0;
	}

	/** The broker has sent this message before (section 3.3.1.1). */
	get dup(): boolean {
		return (this.decoder.flags & 8) !== 0;
	}

	/** Its properties with MQTT 5.0; undefined with 3.1.1. */
	get properties(): ReceivedProperties | undefined {
		return undefined;
	}

	/** The topic name. Allocates the string. Empty when the name is longer than the option topicSize. */
	get topic(): string {
		const decoder = this.decoder;
		return decodeText(decoder.topic, decoder.topicLength);
	}

	/**
	 * This part of the payload as text. Bytes that are not UTF-8 become U+FFFD, as do both halves of a character that is cut
	 * between two parts. Allocates the string, and a copy if there are bytes that are not UTF-8.
	 */
	text(): string {
		return decodeAny(this.bytes, this.length);
	}

	/** This part of the payload, to keep. Allocates the copy. */
	copy(): Uint8Array {
		return this.bytes.slice(0, this.length);
	}
}
