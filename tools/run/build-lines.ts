// What a build says, on stderr: in a terminal one line that changes, and the last ones when it failed; else all lines.
// Knows lines only.

import { ProgressLine } from "../progress.js";
import { cut } from "../text.js";

const KEPT = 30;

export class BuildLines {
	readonly #progress = new ProgressLine();
	readonly #all: boolean;
	#last: string[] = [];

	/** `verbose`: all lines in a terminal too. */
	constructor(verbose: boolean) {
		this.#all = verbose || !process.stderr.isTTY;
	}

	line(text: string): void {
		if (this.#all) {
			process.stderr.write(`${text}\n`);
			return;
		}
		this.#last = [...this.#last.slice(1 - KEPT), text];
		this.#progress.show({ text: cut(text, (process.stderr.columns ?? 80) - 1), done: 0, total: 0 });
	}

	close(failed: boolean): void {
		if (this.#all) return;
		this.#progress.close();
		if (failed) process.stderr.write(this.#last.map((line) => `${line}\n`).join(""));
	}
}
