// One message of a machine: XML in, events out. Knows the elements that matter, nothing of framing.
// Loose parsing: boards put the text of their C library into messages as it is, and serial lines lose bytes.

import sax from "sax";
import { cut } from "../text.js";
import type { Instrument, Place, StackFrame, XsbugEvent } from "./events.js";
import { LINE_LIMIT } from "./lines.js";

/** Characters given to the parser at once: it looks at its own limits (65536) only after that. */
const PORTION = 16_384;
/** Characters without anything the parser could tell of. */
const TOKEN_LIMIT = 131_072;
const DEPTH_LIMIT = 64;
/** Frames of a stack, instruments, samples. */
const COUNT_LIMIT = 256;
const ATTRIBUTE_LIMIT = 1024;
/** Characters shown of what was cut. */
const TAIL = 200;

/** Of entities: numbers, and the five of XML. Without `position` the parser does not look at its limits. */
const PARSING = { lowercase: true, strictEntities: true, noscript: true, position: true } as sax.SAXOptions;

/** It begins no tag, whatever the parser thinks. Pieces never end behind it. */
const BARE_LESS = /<(?![A-Za-z_/!?])/g;

type Attributes = Record<string, string>;

export interface MessageSink {
	event(event: XsbugEvent): void;
	/** Text of the app's log, with or without line feeds. */
	log(machine: string, text: string, place: Place): void;
}

export class Message {
	readonly machine: string;
	readonly #sink: MessageSink;
	readonly #parser: sax.SAXParser;
	#tag = "";
	#attributes: Attributes = {};
	#text = "";
	#stack: StackFrame[] = [];
	#instruments: Instrument[] = [];
	#depth = 0;
	#sinceToken = 0;
	#tail = "";
	#failed = false;

	constructor(machine: string, sink: MessageSink) {
		this.machine = machine;
		this.#sink = sink;
		const parser = new sax.SAXParser(false, PARSING);
		this.#parser = parser;
		parser.onopentag = (tag) => this.#open(tag.name, tag.attributes as Attributes);
		parser.ontext = (text) => this.#take(text);
		parser.onclosetag = (name) => this.#close(name);
		parser.onerror = () => this.#fail();
		parser.write("<xsbug>"); // the elements within need a root
	}

	write(piece: string): void {
		const text = piece.replace(BARE_LESS, "&lt;");
		for (let at = 0; at < text.length && !this.#failed; at += PORTION) {
			const portion = text.slice(at, at + PORTION);
			this.#tail = (portion.length < TAIL ? this.#tail + portion : portion).slice(-TAIL);
			this.#sinceToken += portion.length;
			this.#parser.write(portion);
			if (this.#sinceToken > TOKEN_LIMIT) this.#fail();
		}
	}

	/** Not whole: what is there of a log line is told, of anything else that it was cut. */
	end(whole: boolean): void {
		if (!this.#failed) this.#parser.flush(); // text without an end tag
		if (this.#failed || (!whole && this.#tag !== "log"))
			this.#sink.event({ type: "cut", machine: this.machine, text: this.#tail });
	}

	#fail(): void {
		this.#failed = true;
		// Else the parser throws at the next portion.
		this.#parser.error = null as unknown as Error;
	}

	#open(name: string, attributes: Attributes): void {
		this.#sinceToken = 0;
		if (this.#failed) return;
		if (++this.#depth > DEPTH_LIMIT) {
			this.#fail();
			return;
		}
		if (name === "frame" && this.#stack.length < COUNT_LIMIT)
			this.#stack.push({ name: attribute(attributes, "name"), ...place(attributes) });
		else if (name === "instrument" && this.#instruments.length < COUNT_LIMIT)
			this.#instruments.push({ name: attribute(attributes, "name"), unit: attribute(attributes, "value") });
		this.#tag = name;
		this.#attributes = attributes;
		this.#text = "";
	}

	#take(text: string): void {
		this.#sinceToken = 0;
		if (this.#failed) return;
		if (this.#tag === "log") this.#sink.log(this.machine, text, place(this.#attributes));
		else if (this.#text.length < LINE_LIMIT) this.#text += cut(text, LINE_LIMIT);
	}

	#close(name: string): void {
		this.#sinceToken = 0;
		if (this.#failed) return;
		this.#depth--;
		const event = this.#eventOf(name);
		if (event !== undefined) this.#sink.event(event);
		this.#tag = "";
	}

	#eventOf(name: string): XsbugEvent | undefined {
		const machine = this.machine;
		const attributes = this.#attributes;
		switch (name) {
			case "login":
				return {
					type: "login",
					machine,
					name: attribute(attributes, "name"),
					version: attribute(attributes, "value"),
				};
			case "break":
				return {
					type: "break",
					machine,
					message: breakMessage(this.#text),
					stack: this.#stack,
					...place(attributes),
				};
			case "import":
				return { type: "import", machine, path: attribute(attributes, "path") };
			case "instruments":
				return { type: "instruments", machine, instruments: this.#instruments };
			case "samples":
				return this.#samples();
			case "bubble": {
				const title = attribute(attributes, "name");
				const text = title === "" ? this.#text : `${title}: ${this.#text}`;
				this.#sink.log(machine, `${text}\n`, place(attributes));
			}
		}
		return undefined;
	}

	#samples(): XsbugEvent {
		const machine = this.machine;
		if (!/^-?\d{1,15}(,-?\d{1,15})*$/.test(this.#text))
			return { type: "cut", machine, text: cut(this.#text, TAIL) };
		return {
			type: "samples",
			machine,
			values: this.#text.split(",", COUNT_LIMIT).map(Number),
		};
	}
}

function attribute(attributes: Attributes, name: string): string {
	const value = Object.hasOwn(attributes, name) ? attributes[name] : "";
	return cut(value, ATTRIBUTE_LIMIT);
}

function place(attributes: Attributes): Place {
	const path = attribute(attributes, "path");
	const line = attribute(attributes, "line");
	const found: Place = {};
	if (path !== "") found.path = path;
	if (/^\d{1,9}$/.test(line)) found.line = Number(line);
	return found;
}

/** `# Break: TypeError: ...!` without what is around it. */
function breakMessage(text: string): string {
	return text
		.trim()
		.replace(/^# Break: /, "")
		.replace(/!$/, "");
}
