// Single keys from the terminal. Knows raw mode and the keys that end a program; not what the others do.

import type { ReadStream } from "node:tty";

const CTRL_C = "\x03";
const CTRL_D = "\x04";

export class Keys {
	readonly #terminal: ReadStream;
	readonly #onData: (text: string) => void;

	/** `quit` is called at Ctrl-C and Ctrl-D too, and when the terminal is gone. */
	constructor(terminal: ReadStream, quit: () => void, actions: Readonly<Record<string, () => void>>) {
		const all = new Map([...Object.entries(actions), [CTRL_C, quit], [CTRL_D, quit]]);
		this.#terminal = terminal;
		this.#onData = (text) => {
			for (const key of text) all.get(key)?.();
		};
		terminal.setRawMode(true);
		terminal.setEncoding("utf8");
		terminal.on("data", this.#onData);
		terminal.on("error", quit);
		terminal.resume();
	}

	/** Gives the terminal back. Safe to call twice. */
	close(): void {
		this.#terminal.off("data", this.#onData);
		this.#terminal.setRawMode(false);
		this.#terminal.pause();
	}
}
