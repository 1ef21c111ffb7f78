// What comes in, in MQTT 5.0: reason codes, properties, aliases, DISCONNECT and AUTH.

import { Reader } from "../reader.js";

export class Reader5 extends Reader {
	/** The connection at hand speaks 5.0. */
	five = false;

	/** A connection begins, in 5.0 or in 3.1.1. */
	speak(five: boolean): void {
		this.five = five;
	}
}
