// Events as a screen that is drawn again a few times a second. Knows wording and ANSI; gives the terminal back.

import type { WriteStream } from "node:tty";
import { colors } from "../colors.js";
import { packetInLines } from "../decode/view.js";
import { cut, printable, wrapped } from "../text.js";
import type { ConnectionEvent, MemoryEvent, MessageEvent, Output, SimEvent } from "./events.js";
import { connectionInWords, heldInWords, memoryInWords, payloadOf, topicOf } from "./wording.js";

// Alternate screen, cursor and line wrap.
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** Topics that are shown; whoever else publishes below the name cannot fill the memory. */
const TOPICS = 12;
/** Trace lines that are kept. */
const TRACE = 50;
/** Characters of a trace line that are shown. */
const LINE = 250;
/** Trace lines that are shown where packets are shown below. */
const TRACE_ABOVE = 4;
/** Lines of packets that are kept. */
const PROTOCOL = 200;
/** How a line begins that reports a rule that a packet breaks. */
const BROKEN_RULE = "  !";
/** Characters of a line that is not broken into shorter ones. */
const SHORTEST = 20;
/** Milliseconds between two drawings. */
const FRAME = 200;

interface Row {
	event: MessageEvent;
	count: number;
	at: number;
}

export class LiveScreen implements Output {
	readonly #terminal: WriteStream;
	readonly #keys: string;
	readonly #topics = new Map<string, Row>();
	readonly #connections = new Map<ConnectionEvent["of"], string>();
	readonly #trace: string[] = [];
	#protocol: string[] = [];
	#status = "not heard of yet";
	#held = "";
	#heap = "";
	#fresh = "";
	#slotsAllocated = 0;
	#chunkBytesAllocated = 0;
	#hidden = 0;
	#closed = false;
	readonly #timer: NodeJS.Timeout;

	/** `keys`: the help line. */
	constructor(terminal: WriteStream, keys: string) {
		this.#terminal = terminal;
		this.#keys = keys;
		terminal.write(ENTER);
		this.#timer = setInterval(() => this.#draw(), FRAME);
		this.#draw();
	}

	event(event: SimEvent): void {
		switch (event.type) {
			case "message":
				this.#message(event);
				break;
			case "status":
				this.#status = `${printable(event.state, 40)}${event.retain ? " (retained)" : ""}`;
				break;
			case "connection":
				this.#connection(event);
				break;
			case "trace":
				this.#trace.push(printable(event.text, LINE));
				if (this.#trace.length > TRACE) this.#trace.shift();
				break;
			case "held":
				this.#held = heldInWords(event);
				break;
			case "memory":
				this.#memory(event);
				break;
			case "packet":
				this.#protocol.push(...packetInLines(event.packet).slice(0, PROTOCOL));
				this.#protocol = this.#protocol.slice(-PROTOCOL);
				break;
		}
	}

	/** Safe to call twice, and while the process exits. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		clearInterval(this.#timer);
		this.#terminal.write(LEAVE);
	}

	#connection(event: ConnectionEvent): void {
		this.#connections.set(event.of, connectionInWords(event));
		// Another life of the board knows nothing of what was.
		if (event.of !== "board") return;
		this.#held = event.state === "ready" ? heldInWords({ type: "held", messages: 0, dropped: 0 }) : "";
		if (event.state !== "ready") {
			this.#connections.delete("network");
			this.#connections.delete("client");
		}
	}

	/** Beside what is in use: what came again since the last time, which is to be nothing. */
	#memory(event: MemoryEvent): void {
		const slots = event.slotsAllocated - this.#slotsAllocated;
		const bytes = event.chunkBytesAllocated - this.#chunkBytesAllocated;
		this.#slotsAllocated = event.slotsAllocated;
		this.#chunkBytesAllocated = event.chunkBytesAllocated;
		this.#heap = memoryInWords(event);
		// A board that was started again counts from 0.
		this.#fresh = slots < 0 || bytes < 0 ? "" : `allocated last: ${slots} slots, ${bytes} chunk bytes`;
	}

	#message(event: MessageEvent): void {
		const topic = topicOf(event);
		const row = this.#topics.get(topic);
		if (row !== undefined) {
			row.event = event;
			row.count++;
			row.at = performance.now();
		} else if (this.#topics.size < TOPICS) {
			this.#topics.set(topic, { event, count: 1, at: performance.now() });
		} else this.#hidden++;
	}

	#draw(): void {
		// A terminal may have no size, or one of 0.
		const columns = this.#terminal.columns || 80;
		const rows = this.#terminal.rows || 24;
		const lines = this.#lines(columns);
		let room = Math.max(0, rows - lines.length - 3);
		if (this.#protocol.length > 0) room = Math.min(room, TRACE_ABOVE);
		const trace = this.#trace.flatMap((text) => indented(text, columns));
		lines.push(heading("trace"), ...lastOf(trace, room));
		if (this.#protocol.length > 0) {
			const protocol = this.#protocol.flatMap((line) =>
				line.startsWith(BROKEN_RULE) ? indented(line.trim(), columns, 4) : [`  ${line}`],
			);
			lines.push(heading("protocol"), ...lastOf(protocol, rows - lines.length - 3));
		}
		const all = lines.slice(0, Math.max(1, rows - 2));
		const text = all.map((line) => `${toWidth(line, columns)}${CLEAR_LINE}\r\n`).join("");
		this.#terminal.write(
			`${HOME}${text}${CLEAR_LINE}\r\n${colors.dim(this.#keys)}${CLEAR_LINE}${CLEAR_BELOW}`,
		);
	}

	#lines(columns: number): string[] {
		const lines = [heading("connection")];
		for (const text of this.#connections.values()) lines.push(...indented(text, columns));
		lines.push(
			`  holds ${this.#held || "-"}`,
			`  status ${this.#status}`,
			heading("heap"),
			`  ${this.#heap || "-"}`,
			`  ${this.#fresh}`,
			heading("received"),
		);
		for (const [topic, { event, count, at }] of this.#topics) {
			const age = ((performance.now() - at) / 1000).toFixed(1);
			lines.push(
				`  ${topic.padEnd(28)} ${payloadOf(event).padEnd(18)} ${`${age} s ago`.padStart(12)} ${count}x`,
			);
		}
		if (this.#hidden > 0) lines.push(`  and ${this.#hidden} messages on other topics`);
		return lines;
	}
}

function lastOf(lines: string[], count: number): string[] {
	return lines.slice(Math.max(0, lines.length - Math.max(0, count)));
}

/** In as many lines as it takes, each but the first a little further in. */
function indented(text: string, columns: number, by = 2): string[] {
	const lines = wrapped(text, Math.max(SHORTEST, columns - by - 2));
	return lines.map((line, i) => `${" ".repeat(i === 0 ? by : by + 2)}${line}`);
}

/** Headings are the only coloured lines: what is cut holds no escape sequence. */
function heading(text: string): string {
	return colors.bold(text);
}

function toWidth(line: string, columns: number): string {
	return line.includes("\x1b") ? line : cut(line, columns);
}
