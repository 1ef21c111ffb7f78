// Events in lines a person reads, safe in a terminal. Knows events and text, no terminal.

import { printable } from "../text.js";
import type { Place, StackFrame } from "../xsbug/events.js";
import { LINE_LIMIT } from "../xsbug/lines.js";
import type { Figures, MonitorEvent, Usage } from "./events.js";

/** Control characters are shown as escapes, which are longer. */
const TEXT_LIMIT = LINE_LIMIT + 1000;
const NAME_LIMIT = 60;
/** Frames of a stack that are shown; JSON has all. */
const STACK_LIMIT = 16;
/** What is put on a terminal by boot loaders to colour it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const COLOURS = /\x1b\[[\d;]*m/g;

export type Kind = "log" | "break" | "text" | "figures" | "note";

export interface Wording {
	kind: Kind;
	lines: string[];
}

/** Nothing for what only programs need. */
export function inWords(event: MonitorEvent): Wording | undefined {
	switch (event.type) {
		case "log":
			return { kind: "log", lines: [`${title(event.name)} ${cutText(event)}${placeOf(event, " (", ")")}`] };
		case "break":
			return {
				kind: "break",
				lines: [
					`${title(event.name)} break: ${safe(event.message)}${placeOf(event, " (", ")")}`,
					...stackInWords(event.stack),
				],
			};
		case "panic":
			return {
				kind: "break",
				lines: [
					`-- panic${event.cause === undefined ? "" : `: ${event.cause}`}`,
					...(event.elfMatches === false
						? ["    the board runs other firmware than that of the ELF file: names and lines may be wrong"]
						: []),
					...(event.stack.length === 0
						? ["    the ELF file knows none of its addresses: is it that of the firmware on the board?"]
						: stackInWords(event.stack)),
				],
			};
		case "text":
			return { kind: "text", lines: [cutText(event)] };
		case "samples": {
			const figures = figuresInWords(event.figures);
			return figures === "" ? undefined : { kind: "figures", lines: [`${title(event.name)} ${figures}`] };
		}
		case "login":
			return note(`${named(event.name)} runs on ${printable(event.version, NAME_LIMIT)}`);
		case "closed":
			return note(`${named(event.name)} has ended, or was not answered in time`);
		case "reset":
			return note("the board has started");
		case "cut":
			return note(`a damaged message of ${named(event.name)}: ${safe(event.text)}`);
		case "import":
			return note(
				`${named(event.name)} asks for the module ${printable(event.path, NAME_LIMIT)}: there is none`,
			);
		case "note":
			return note(safe(event.text));
		default:
			return undefined;
	}
}

/** `slots 4288 / 65504, chunks 24 / 32768, 3 collections/s` */
export function figuresInWords({ slots, chunks, stack, collections }: Figures): string {
	const parts: string[] = [];
	if (slots !== undefined) parts.push(`slots ${usageInWords(slots)}`);
	if (chunks !== undefined) parts.push(`chunks ${usageInWords(chunks)}`);
	if (stack !== undefined) parts.push(`stack ${usageInWords(stack)}`);
	if (collections !== undefined) parts.push(`${collections} collections/s`);
	return parts.join(", ");
}

export function usageInWords({ used, available }: Usage): string {
	return `${used} / ${available}`;
}

export function named(name: string): string {
	return printable(name, NAME_LIMIT);
}

function note(text: string): Wording {
	return { kind: "note", lines: [`-- ${text}`] };
}

function title(name: string): string {
	return `[${named(name)}]`;
}

function cutText({ text, cut }: { text: string; cut: boolean }): string {
	return cut ? `${safe(text)} … (cut)` : safe(text);
}

/** Tabs stay tabs. */
function safe(text: string): string {
	const pieces = text.replace(COLOURS, "").split("\t");
	return pieces.map((piece) => printable(piece, TEXT_LIMIT)).join("\t");
}

function stackInWords(stack: StackFrame[]): string[] {
	const lines = stack.slice(0, STACK_LIMIT).map(frameInWords);
	if (stack.length > STACK_LIMIT) lines.push(`    and ${stack.length - STACK_LIMIT} more, which --json has`);
	return lines;
}

function frameInWords(frame: StackFrame): string {
	return `    at ${named(frame.name)}${placeOf(frame, " (", ")")}`;
}

function placeOf({ path, line }: Place, before: string, after: string): string {
	if (path === undefined) return "";
	const where = printable(path, 200);
	return `${before}${line === undefined ? where : `${where}:${line}`}${after}`;
}
