// The latest figures of each machine, as a line or as a table. Knows wording, no terminal.

import type { Figures } from "./events.js";
import { figuresInWords, named, usageInWords } from "./wording.js";

/** Machines that are shown. */
const MACHINE_LIMIT = 8;
const HEADINGS = ["machine", "slots (bytes)", "chunks (bytes)", "stack (bytes)", "collections/s"];

export class Gauges {
	readonly #figures = new Map<string, Figures>();

	/** True when it is news. Without any figure there is nothing to show. */
	set(machine: string, name: string, figures: Figures): boolean {
		if (figuresInWords(figures) === "") return false;
		const key = `${machine} ${name}`;
		const before = this.#figures.get(key);
		if (before === undefined && this.#figures.size >= MACHINE_LIMIT) return false;
		this.#figures.set(key, figures);
		return before === undefined || figuresInWords(before) !== figuresInWords(figures);
	}

	remove(machine: string, name: string): void {
		this.#figures.delete(`${machine} ${name}`);
	}

	clear(): void {
		this.#figures.clear();
	}

	lines(): string[] {
		return this.#rows().map(([name, figures]) => `[${name}] ${figuresInWords(figures)}`);
	}

	table(): string[] {
		const rows = this.#rows().map(([name, { slots, chunks, stack, collections }]) => [
			name,
			...[slots, chunks, stack].map((usage) => (usage === undefined ? "-" : usageInWords(usage))),
			String(collections ?? "-"),
		]);
		if (rows.length === 0) return [];
		const all = [HEADINGS, ...rows];
		const widths = HEADINGS.map((_, column) => Math.max(...all.map((row) => row[column].length)));
		return all.map((row) =>
			row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("   "),
		);
	}

	#rows(): [name: string, figures: Figures][] {
		return [...this.#figures].map(([key, figures]) => [named(key.slice(key.indexOf(" ") + 1)), figures]);
	}
}
