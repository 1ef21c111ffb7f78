// Adds to each panic which functions were running, below the lines that the board has printed. Knows events.

import { textOf } from "../problem.js";
import type { Listener, MonitorEvent } from "./events.js";
import { type Panic, PanicReader } from "./panics.js";
import { decode } from "./symbols.js";

/** Panics that are decoded at once: a board may restart and panic for ever. */
const AT_ONCE = 4;
/** Milliseconds without a line after which a panic counts as complete: its end may be lost. */
const PAUSE = 1000;

export class PanicTeller implements Listener {
	readonly #listener: Listener;
	readonly #elf: string | undefined;
	readonly #reader = new PanicReader((panic) => void this.#tell(panic));
	readonly #closing = new AbortController();
	#pause: NodeJS.Timeout | undefined;
	#decoding = 0;
	#hinted = false;

	/** `elf`: that of the firmware on the board, if it is known. */
	constructor(listener: Listener, elf: string | undefined) {
		this.#listener = listener;
		this.#elf = elf;
	}

	event(event: MonitorEvent): void {
		this.#listener.event(event);
		if (event.type === "text") this.#read(event.text);
		else if (event.type === "reset" || event.type === "login") this.#reader.end();
	}

	/** What is being decoded is not told any more. */
	close(): void {
		clearTimeout(this.#pause);
		this.#closing.abort();
	}

	#read(line: string): void {
		this.#reader.push(line);
		clearTimeout(this.#pause);
		if (this.#reader.isReading) this.#pause = setTimeout(() => this.#reader.end(), PAUSE);
		// Debug builds of Moddable for ESP32 do not restart after a panic.
		if (line.startsWith("Entering gdb stub"))
			this.#note("the board has stopped and waits for GDB: to restart it press RESET, or Ctrl-R here");
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
		if (this.#decoding >= AT_ONCE) {
			this.#note("a panic is not decoded: they come faster than addr2line answers");
			return;
		}
		this.#decoding++;
		try {
			const { chip, cause } = panic;
			const decoded = await decode(panic, this.#elf, process.env, this.#closing.signal);
			this.#listener.event({ type: "panic", chip, cause, ...decoded });
		} catch (error) {
			if (!this.#closing.signal.aborted) this.#note(textOf(error));
		} finally {
			this.#decoding--;
		}
	}

	#note(text: string): void {
		this.#listener.event({ type: "note", text });
	}
}
