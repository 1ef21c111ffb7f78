// What comes in, in MQTT 5.0: reason codes, properties, aliases, DISCONNECT and AUTH.

import { Message5 } from "../../session/v5/message.js";
import { PacketType } from "../../wire/protocol.js";
import { Decoder5, type PacketSink5 } from "../../wire/v5/decoder.js";
import type { ReceivedProperties } from "../../wire/v5/received.js";
import type { Settings } from "../options.js";
import { Handling, Reader, type ReaderEvents } from "../reader.js";
import type { Settings5 } from "./options.js";

/** Who runs the connection. */
export interface ReaderEvents5 extends ReaderEvents {
	/** DISCONNECT has come: the connection is over. */
	onServerDisconnect(code: number): void;
	/** AUTH has come. */
	onAuth(code: number): void;
}

export class Reader5 extends Reader implements PacketSink5 {
	declare protected readonly events: ReaderEvents5;
	declare readonly decoder: Decoder5;
	/** The connection at hand speaks 5.0. */
	five = false;

	/** For the constructor. */
	protected override newDecoder(settings: Settings): Decoder5 {
		const { receiveSize, topicSize, propertySize } = settings as Settings5;
		return new Decoder5(this, receiveSize, (topicSize + 7) & ~7, propertySize);
	}

	/** For the constructor. */
	protected override newMessage(decoder: Decoder5): Message5 {
		return new Message5(decoder);
	}

	override reroute(ended: readonly string[]): void {
		this.decoder.claim();
		super.reroute(ended);
	}

	/** A connection begins, in 5.0 or in 3.1.1. */
	speak(five: boolean): void {
		const { decoder } = this;
		this.five = five;
		decoder.five = five;
		decoder.keepsProblemInformation = this.options.problemInformation ?? false;
	}

	/** Properties of the packet at hand. */
	get received(): ReceivedProperties {
		return this.decoder.received;
	}

	/** No packet is at hand. */
	forgetProperties(): void {
		const { received } = this.decoder;
		received.begin(received.buffer);
	}

	onReasonCode(_type: number, _id: number, _code: number): boolean {
		return true;
	}

	onUnsuback(id: number, _code: number, index: number, count: number): boolean {
		return index < count - 1 || this.onAcknowledgement(PacketType.UNSUBACK, id);
	}

	onDisconnect(code: number): boolean {
		this.handling = Handling.CALLBACK;
		this.events.onServerDisconnect(code);
		this.handling = Handling.NOTHING;
		return false;
	}

	onAuth(code: number): boolean {
		const { stream } = this;
		this.liveness.answer();
		this.handling = Handling.CALLBACK;
		this.events.onAuth(code);
		return this.goOn(stream);
	}
}
