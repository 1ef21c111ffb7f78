// What a message handler gets. Knows the decoder's buffers only.

import type { Decoder } from "../wire/decoder.js";
import type { QoS } from "../wire/protocol.js";
import { decodeAny, decodeText } from "../wire/utf8.js";
import type { ReceivedProperties } from "../wire/v5/received.js";

/**
 * A received message, or a part of one. There is one per Client, used again for each message: all of it is void
 * when the handler returns.
 */
export class Message {
	/** The receive buffer: this part of the payload is in bytes 0 to length - 1, the rest is void. */
	readonly bytes: Uint8Array;
	/** Bytes of this part. */
	length = 0;

	/** @internal */
	protected readonly decoder: Decoder;

	constructor(decoder: Decoder) {
		this.decoder = decoder;
		this.bytes = decoder.payload;
	}

	/** Where this part begins in the payload, bytes. 0 begins a message, also after an interrupted one. */
	get offset(): number {
		return this.decoder.offset;
	}

	/** Bytes of the whole payload. A message that fits the receive buffer has one part: length === total. */
	get total(): number {
		return this.decoder.total;
	}

	/** QoS 0, 1 or 2 with which the broker has sent it. */
	get qos(): QoS {
		return ((this.decoder.flags >> 1) & 3) as QoS;
	}

	/** The broker had stored it: it is the last known value, not news (section 3.3.1.3). */
	get retain(): boolean {
		return (this.decoder.flags & 1) !== 0;
	}

	/** The broker has sent this message before (section 3.3.1.1). */
	get dup(): boolean {
		return (this.decoder.flags & 8) !== 0;
	}

	/** Its properties, in MQTT 5.0: there are none in 3.1.1. */
	get properties(): ReceivedProperties | undefined {
		return undefined;
	}

	/** The topic name. Allocates the string. Empty when the name is longer than the option topicSize. */
	get topic(): string {
		const decoder = this.decoder;
		return decodeText(decoder.topic, decoder.topicLength);
	}

	/**
	 * This part of the payload as text, whatever it is: what is not UTF-8 becomes U+FFFD, so does each half of a character
	 * that is cut between two parts. Allocates the string, for bytes that are not UTF-8 also a copy.
	 */
	text(): string {
		return decodeAny(this.bytes, this.length);
	}

	/** This part of the payload, to keep. Allocates the copy. */
	copy(): Uint8Array {
		return this.bytes.slice(0, this.length);
	}
}
