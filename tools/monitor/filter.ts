// Which lines a regular expression lets through, in bounded time. Knows strings only.

import { createContext, Script } from "node:vm";
import { Problem } from "../problem.js";

/** Milliseconds for all lines of a call together. */
const PATIENCE = 500;

/** The engine of regular expressions can be stopped there, and only there. */
const TEST = new Script("lines.map((line) => filter.test(line))");

export class Filter {
	readonly #context: { filter: RegExp; lines: string[] };
	readonly #patience: number;

	/** `patience`: milliseconds. */
	constructor(filter: RegExp, patience = PATIENCE) {
		this.#context = { filter, lines: [] };
		this.#patience = patience;
		createContext(this.#context);
	}

	/** Throws a Problem when it takes too long: some expressions take years. */
	test(lines: string[]): boolean[] {
		this.#context.lines = lines;
		try {
			return TEST.runInContext(this.#context, { timeout: this.#patience });
		} catch {
			throw new Problem(
				"--filter takes too long",
				"a part that repeats what repeats itself, such as (a+)+, tries all ways to divide a line",
				"write the expression without it",
			);
		} finally {
			this.#context.lines = [];
		}
	}
}
