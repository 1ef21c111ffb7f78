// Events to where the user wants them: the screen, a file, a broker. Knows wordings and JSON, no source.

import { colors } from "../colors.js";
import { jsonLine } from "../text.js";
import type { Listener, MonitorEvent } from "./events.js";
import type { Filter } from "./filter.js";
import type { Forwarder } from "./forwarder.js";
import { Gauges } from "./gauges.js";
import type { LogFile } from "./log-file.js";
import type { Screen } from "./screen.js";
import { inWords, type Kind } from "./wording.js";

/** Events that are gathered before they are written at once. */
const BATCH = 500;

export interface OutputOptions {
	json: boolean;
	timestamps: boolean;
	/** How samples are shown. */
	instruments: "line" | "table" | "none";
}

export interface Sinks {
	screen: Screen;
	/** For what is shown and forwarded; the file has everything. */
	filter?: Filter;
	file?: LogFile;
	forwarder?: Forwarder;
}

interface Entry {
	kind: Kind | "data";
	/** One, or a break's with its stack. */
	lines: string[];
}

export class Output implements Listener {
	readonly #options: OutputOptions;
	readonly #sinks: Sinks;
	readonly #onProblem: (problem: unknown) => void;
	readonly #gauges = new Gauges();
	#entries: Entry[] = [];
	#scheduled = false;
	#closed = false;
	/** Lines that a slow reader misses. */
	#missing = 0;
	/** The last samples differ from those before. */
	#news = false;

	/** `onProblem`: a file cannot be written, or the like; said once. */
	constructor(options: OutputOptions, sinks: Sinks, onProblem: (problem: unknown) => void) {
		this.#options = options;
		this.#sinks = sinks;
		this.#onProblem = onProblem;
	}

	event(event: MonitorEvent): void {
		if (this.#closed) return;
		this.#gauge(event);
		const entry = this.#entryOf(event);
		if (entry !== undefined) this.#entries.push(entry);
		// What a machine says at a break may be its last: it is in the file before the machine goes on.
		if (event.type === "break" || this.#entries.length >= BATCH) this.#flush();
		else this.#schedule();
	}

	close(): void {
		this.#flush();
		this.#tellMissing();
		this.#closed = true;
		this.#sinks.screen.close();
	}

	#entryOf(event: MonitorEvent): Entry | undefined {
		return this.#options.json ? jsonEntry(event) : this.#textEntry(event);
	}

	#schedule(): void {
		if (this.#scheduled || this.#entries.length === 0) return;
		this.#scheduled = true;
		setImmediate(() => {
			this.#scheduled = false;
			this.#flush();
		});
	}

	#flush(): void {
		if (this.#closed) return;
		const entries = this.#entries;
		this.#entries = [];
		const { file, forwarder } = this.#sinks;
		try {
			file?.add(entries.flatMap(({ lines }) => lines));
			const shown = this.#filtered(entries);
			this.#print(shown);
			forwarder?.add(shown.filter(isForwarded).map(({ lines }) => lines.join("\n")));
		} catch (problem) {
			this.#closed = true;
			this.#onProblem(problem);
		}
	}

	#print(entries: Entry[]): void {
		const { screen } = this.#sinks;
		const lines = entries.flatMap((entry) => this.#coloured(entry));
		if (screen.isBehind) this.#missing += lines.length;
		else if (lines.length > 0) {
			this.#tellMissing();
			screen.print(lines);
		}
	}

	#tellMissing(): void {
		if (this.#missing === 0) return;
		const count = this.#missing === 1 ? "1 line is" : `${this.#missing} lines are`;
		const text = `${count} missing here: their reader is too slow`;
		this.#missing = 0;
		const entry = this.#entryOf({ type: "note", text })!;
		this.#sinks.screen.print(this.#coloured(entry));
	}

	/** Notes are always shown. */
	#filtered(entries: Entry[]): Entry[] {
		const { filter } = this.#sinks;
		if (filter === undefined || entries.length === 0) return entries;
		const passes = filter.test(entries.map(({ lines }) => lines.join("\n")));
		return entries.filter(({ kind }, i) => kind === "note" || passes[i]);
	}

	#textEntry(event: MonitorEvent): Entry | undefined {
		const wording = inWords(event);
		if (wording === undefined) return undefined;
		if (wording.kind === "figures" && !this.#showsFigures(event)) return undefined;
		if (!this.#options.timestamps) return wording;
		const time = timestamp(new Date());
		return { kind: wording.kind, lines: wording.lines.map((line) => `${time} ${line}`) };
	}

	/** In a terminal they have a place of their own. */
	#showsFigures(event: MonitorEvent): boolean {
		return (
			event.type === "samples" &&
			!this.#sinks.screen.isTerminal &&
			this.#options.instruments !== "none" &&
			this.#news
		);
	}

	#gauge(event: MonitorEvent): void {
		const { json, instruments } = this.#options;
		if (json || instruments === "none") return;
		if (event.type === "samples") this.#news = this.#gauges.set(event.machine, event.name, event.figures);
		else if (event.type === "closed") this.#gauges.remove(event.machine, event.name);
		else if (event.type === "reset") this.#gauges.clear();
		else return;
		this.#sinks.screen.show(instruments === "table" ? this.#gauges.table() : this.#gauges.lines());
	}

	#coloured({ kind, lines }: Entry): string[] {
		if (!this.#sinks.screen.isTerminal) return lines;
		if (kind === "break") return lines.map(colors.red);
		return kind === "note" || kind === "figures" ? lines.map(colors.dim) : lines;
	}
}

function isForwarded({ kind }: Entry): boolean {
	return kind === "log" || kind === "break" || kind === "text";
}

function jsonEntry(event: MonitorEvent): Entry | undefined {
	if (event.type === "binary" || event.type === "import") return undefined;
	const { type, ...rest } = event;
	const line = jsonLine({ time: new Date().toISOString(), type, ...rest });
	const kind = type === "log" || type === "break" || type === "text" || type === "note" ? type : "data";
	return { kind, lines: [line] };
}

/** `2026-11-23 15:04:05.678`, local time. */
function timestamp(date: Date): string {
	const two = (value: number, digits = 2) => String(value).padStart(digits, "0");
	const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
	const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
	return `${day} ${time}.${two(date.getMilliseconds(), 3)}`;
}
