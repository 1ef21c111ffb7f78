// Lines on standard output, and in a terminal below them an area that is drawn over. Knows streams and ANSI.

import type { WriteStream } from "node:tty";
import { cut } from "../text.js";

/** Bytes that wait for a reader before lines are left out. */
const WAITING_LIMIT = 8 << 20;

/** What Screen needs of process.stdout. */
export type Out = Pick<NodeJS.WriteStream, "write" | "writableLength"> & Partial<WriteStream>;

export class Screen {
	readonly #out: Out;
	readonly #terminal: boolean;
	#area: string[] = [];
	#drawn: string[] = [];

	constructor(out: Out) {
		this.#out = out;
		this.#terminal = out.isTTY === true && process.env.TERM !== "dumb";
	}

	get isTerminal(): boolean {
		return this.#terminal;
	}

	/** Whoever reads is so slow that lines are to be left out. */
	get isBehind(): boolean {
		return this.#out.writableLength > WAITING_LIMIT;
	}

	/** Lines without control characters but colours and tabs. */
	print(lines: string[]): void {
		if (lines.length === 0) return;
		const text = this.#erasing();
		this.#out.write(`${text}${lines.join("\n")}\n${this.#drawing()}`);
	}

	/** What is shown below the lines; of no effect without a terminal. */
	show(area: string[]): void {
		if (!this.#terminal || this.isBehind) return;
		const text = this.#erasing();
		this.#area = area;
		this.#out.write(text + this.#drawing());
	}

	/** Leaves the lines only. */
	close(): void {
		const text = this.#erasing();
		this.#area = [];
		if (text !== "") this.#out.write(text);
	}

	/** A terminal that became narrower has wrapped what was drawn. */
	#erasing(): string {
		if (this.#drawn.length === 0) return "";
		const { columns = 80 } = this.#out;
		const rows = this.#drawn.reduce((sum, { length }) => sum + Math.max(1, Math.ceil(length / columns)), 0);
		this.#drawn = [];
		return `\r${rows > 1 ? `\x1b[${rows - 1}A` : ""}\x1b[J`;
	}

	/** Each within a row of the terminal. */
	#drawing(): string {
		if (!this.#terminal) return "";
		const { columns = 80, rows = 24 } = this.#out;
		this.#drawn = this.#area.slice(0, rows - 1).map((line) => cut(line, columns - 1));
		return this.#drawn.join("\n");
	}
}
