// Events as JSON, one object a line with the time it was told, and nothing else. Knows a stream.

import { packetInJson } from "../decode/view.js";
import { jsonLine } from "../text.js";
import type { Output, SimEvent } from "./events.js";

export class JsonLines implements Output {
	readonly #write: (text: string) => void;

	constructor(write: (text: string) => void) {
		this.#write = write;
	}

	event(event: SimEvent): void {
		const shown = event.type === "packet" ? { ...event, packet: packetInJson(event.packet) } : event;
		this.#write(`${jsonLine({ time: new Date().toISOString(), ...shown })}\n`);
	}

	close(): void {}
}
