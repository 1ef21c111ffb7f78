// What goes out, in MQTT 5.0: PUBLISH with properties and aliases, acknowledgements with reasons, DISCONNECT, AUTH.

import { Writer } from "../writer.js";
import type { Limits } from "./limits.js";

export class Writer5 extends Writer {
	/** The connection at hand speaks 5.0. */
	five = false;
	/** AUTH that waits for what is half sent. */
	protected auth: Uint8Array | undefined = undefined;

	/** A connection begins, in 5.0 or in 3.1.1. */
	speak(five: boolean): void {
		this.five = five;
	}

	/** The broker has granted these, or a connection begins, with none; before anything that is held goes. */
	limit(_limits: Limits): void {}

	/** Sends the last packet of a connection, if there is room and nothing is half sent; also before CONNACK. */
	sendLast(packet: Uint8Array): boolean {
		if (this.stream === undefined || this.failed || this.inParts || this.writable < packet.length)
			return false;
		return this.write(packet);
	}

	/** Sends AUTH, also before CONNACK. */
	sendAuth(packet: Uint8Array): void {
		this.open = false;
		this.auth = packet;
		if (!this.liveness.watching) this.liveness.watch();
		this.flush();
	}

	override stop(): void {
		super.stop();
		this.auth = undefined;
	}

	protected override flushAll(): boolean {
		if (!this.accepted && this.rest === undefined && this.auth !== undefined) this.takeAuth();
		return super.flushAll();
	}

	protected override flushControl(): boolean {
		if (this.auth !== undefined) {
			this.takeAuth();
			if (!this.writeRest()) return false;
		}
		return super.flushControl();
	}

	private takeAuth(): void {
		this.rest = this.auth;
		this.auth = undefined;
	}
}
