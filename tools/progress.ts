// Steps of a build, on stderr: one line that changes in a terminal, else a line for each step. Knows no build.

export interface Step {
	text: string;
	done: number;
	total: number;
}

export class ProgressLine {
	#last = "";

	show({ text, done, total }: Step): void {
		if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}${total > 1 ? ` ${done}/${total}` : ""}`);
		else if (text !== this.#last) process.stderr.write(`${text}\n`);
		this.#last = text;
	}

	/** Leaves nothing behind in a terminal. */
	close(): void {
		if (process.stderr.isTTY && this.#last !== "") process.stderr.write("\r\x1b[K");
	}
}
