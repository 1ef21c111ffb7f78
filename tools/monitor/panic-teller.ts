// Adds to each panic which functions were running, below the lines that the board has printed. Knows events.

import { textOf } from "../problem.js";
import type { Listener, MonitorEvent } from "./events.js";
import { type Panic, PanicReader } from "./panics.js";
import { framesOf } from "./symbols.js";

/** Panics that are decoded at once: a board may restart and panic for ever. */
const AT_ONCE = 4;

export class PanicTeller implements Listener {
	readonly #listener: Listener;
	readonly #elf: string | undefined;
	readonly #reader = new PanicReader((panic) => void this.#tell(panic));
	#decoding = 0;
	#hinted = false;

	/** `elf`: that of the firmware on the board, if it is known. */
	constructor(listener: Listener, elf: string | undefined) {
		this.#listener = listener;
		this.#elf = elf;
	}

	event(event: MonitorEvent): void {
		this.#listener.event(event);
		if (event.type === "text") this.#reader.push(event.text);
		else if (event.type === "reset" || event.type === "login") this.#reader.end();
	}

	async #tell(panic: Panic): Promise<void> {
		if (this.#elf === undefined) {
			if (!this.#hinted)
				this.#note(
					"a panic: --elf with the firmware's ELF file, or its build folder, shows functions and lines",
				);
			this.#hinted = true;
			return;
		}
		if (this.#decoding >= AT_ONCE) return;
		this.#decoding++;
		try {
			const { chip, cause } = panic;
			const stack = await framesOf(panic, this.#elf);
			this.#listener.event({ type: "panic", chip, cause, stack });
		} catch (error) {
			this.#note(textOf(error));
		} finally {
			this.#decoding--;
		}
	}

	#note(text: string): void {
		this.#listener.event({ type: "note", text });
	}
}
