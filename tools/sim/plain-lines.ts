// Events as plain lines, for pipes and logs: one each, and a packet's fields below it. Knows wording and a stream.

import { detailsOf } from "../decode/view.js";
import type { Output, SimEvent } from "./events.js";
import { inWords } from "./wording.js";

export class PlainLines implements Output {
	readonly #write: (text: string) => void;
	readonly #start = performance.now();

	constructor(write: (text: string) => void) {
		this.#write = write;
	}

	event(event: SimEvent): void {
		const seconds = ((performance.now() - this.#start) / 1000).toFixed(1).padStart(7);
		const [kind, text] = inWords(event);
		this.#write(`${seconds} ${kind.padEnd(10)} ${text}\n`);
		if (event.type === "packet")
			for (const line of detailsOf(event.packet)) this.#write(`${" ".repeat(8)}${line}\n`);
	}

	close(): void {}
}
