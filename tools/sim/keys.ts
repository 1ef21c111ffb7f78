// Single keys from the terminal. Knows raw mode and which key means what; not what is done then.

import type { ReadStream } from "node:tty";

export interface KeyActions {
	togglePower(): void;
	cutNetwork(): void;
	freezeNetwork(): void;
	restore(): void;
	quit(): void;
}

export const KEY_HELP = "p pull the plug   c cut the network   f freeze it   r restore   q quit";

const CTRL_C = "\x03";
const CTRL_D = "\x04";

export class Keys {
	readonly #terminal: ReadStream;
	readonly #onData: (text: string) => void;

	constructor(terminal: ReadStream, actions: KeyActions) {
		this.#terminal = terminal;
		this.#onData = (text) => {
			for (const key of text) press(key, actions);
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

function press(key: string, actions: KeyActions): void {
	switch (key) {
		case "p":
			actions.togglePower();
			break;
		case "c":
			actions.cutNetwork();
			break;
		case "f":
			actions.freezeNetwork();
			break;
		case "r":
			actions.restore();
			break;
		case "q":
		case CTRL_C:
		case CTRL_D:
			actions.quit();
			break;
	}
}
