// What a message handler gets in MQTT 5.0. Knows the decoder's buffers only.

import type { Decoder5 } from "../../wire/v5/decoder.js";
import type { ReceivedProperties } from "../../wire/v5/received.js";
import { Message } from "../message.js";

export class Message5 extends Message {
	declare protected readonly decoder: Decoder5;

	override get properties(): ReceivedProperties | undefined {
		const { decoder } = this;
		return decoder.five ? decoder.received : undefined;
	}
}
