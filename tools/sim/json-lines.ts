// Events as JSON, one object a line, and nothing else. Knows a stream.

import { jsonLine } from "../text.js";
import type { Output, SimEvent } from "./events.js";

export class JsonLines implements Output {
	readonly #write: (text: string) => void;

	constructor(write: (text: string) => void) {
		this.#write = write;
	}

	event(event: SimEvent): void {
		this.#write(`${jsonLine(event)}\n`);
	}

	close(): void {}
}
