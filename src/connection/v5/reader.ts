// What comes in, in MQTT 5.0: reason codes, properties, aliases, DISCONNECT and AUTH.

import { Decoder5, type PacketSink5 } from "../../wire/v5/decoder.js";
import type { ReceivedProperties } from "../../wire/v5/received.js";
import { Handling, Reader, type ReaderEvents } from "../reader.js";

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

	/** A connection begins, in 5.0 or in 3.1.1. */
	speak(five: boolean): void {
		this.five = five;
	}

	/** Properties of the packet at hand. */
	get received(): ReceivedProperties {
		return this.decoder.received;
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
