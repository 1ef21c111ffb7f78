// A file that lines are added to, so that it has complete ones only, whatever ends this process. Knows files.

import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { Problem, textOf } from "../problem.js";
import { printable } from "../text.js";

const LF = 0x0a;

export class LogFile {
	readonly #path: string;
	readonly #file: number;

	/** Throws a Problem. */
	constructor(path: string) {
		this.#path = path;
		try {
			this.#file = openSync(path, "a+");
			this.#completeLast();
		} catch (error) {
			throw this.#problem(error);
		}
	}

	/** In one step: when it returns, the system has all of them. Throws a Problem. */
	add(lines: string[]): void {
		if (lines.length > 0) this.#write(Buffer.from(`${lines.join("\n")}\n`));
	}

	close(): void {
		closeSync(this.#file);
	}

	/** Of a file whose disk was full the last line may be half of one. */
	#completeLast(): void {
		const { size } = fstatSync(this.#file);
		const last = Buffer.alloc(1);
		if (size > 0 && readSync(this.#file, last, 0, 1, size - 1) === 1 && last[0] !== LF)
			this.#write(Buffer.from("\n"));
	}

	#write(bytes: Buffer): void {
		try {
			for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
		} catch (error) {
			throw this.#problem(error);
		}
	}

	#problem(error: unknown): Problem {
		return new Problem(
			`${printable(this.#path, 200)} cannot be written`,
			textOf(error),
			"choose another file for --log, or see that there is room",
		);
	}
}
