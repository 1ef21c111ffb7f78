// Ctrl-R and Ctrl-C from the terminal. Knows raw mode; not what is done then.

import type { ReadStream } from "node:tty";

export interface KeyActions {
	reset(): void;
	quit(): void;
}

const CTRL_C = "\x03";
const CTRL_D = "\x04";
const CTRL_R = "\x12";

export class Keys {
	readonly #terminal: ReadStream;
	readonly #onData: (text: string) => void;

	constructor(terminal: ReadStream, actions: KeyActions) {
		this.#terminal = terminal;
		this.#onData = (text) => {
			for (const key of text) {
				if (key === CTRL_R) actions.reset();
				else if (key === CTRL_C || key === CTRL_D) actions.quit();
			}
		};
		terminal.setRawMode(true);
		terminal.setEncoding("utf8");
		terminal.on("data", this.#onData);
		terminal.on("error", () => actions.quit()); // the terminal is gone
		terminal.resume();
	}

	/** Gives the terminal back. Safe to call twice. */
	close(): void {
		this.#terminal.off("data", this.#onData);
		this.#terminal.setRawMode(false);
		this.#terminal.pause();
	}
}
