// What goes out, in MQTT 5.0: PUBLISH with properties and aliases, acknowledgements with reasons, DISCONNECT, AUTH.

import { Writer } from "../writer.js";

export class Writer5 extends Writer {
	/** The connection at hand speaks 5.0. */
	five = false;

	/** A connection begins, in 5.0 or in 3.1.1. */
	speak(five: boolean): void {
		this.five = five;
	}
}
