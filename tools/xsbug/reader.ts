// The reader of debug streams: bytes in, in any chunks, events out. Keeps to bounded memory, whatever comes.

import { StringDecoder } from "node:string_decoder";
import type { Place, XsbugEvent } from "./events.js";
import { Frames } from "./frames.js";
import { Lines } from "./lines.js";
import { Message } from "./message.js";

/** Machines whose lines are joined at a time. */
const MACHINE_LIMIT = 32;

interface MachineLog {
	lines: Lines;
	place: Place;
}

export class XsbugReader {
	readonly #onEvent: (event: XsbugEvent) => void;
	readonly #frames: Frames;
	readonly #rawLines: Lines;
	readonly #rawDecoder = new StringDecoder("utf8");
	readonly #logs = new Map<string, MachineLog>();
	#machine = "";
	#message: Message | undefined;
	#messageDecoder = new StringDecoder("utf8");

	constructor(onEvent: (event: XsbugEvent) => void) {
		this.#onEvent = onEvent;
		// Line ends around frames make empty lines, which say nothing.
		this.#rawLines = new Lines((text, cut) => {
			if (text !== "") onEvent({ type: "text", text, cut });
		});
		this.#frames = new Frames({
			raw: (bytes) => this.#rawLines.add(this.#rawDecoder.write(bytes)),
			instruction: (kind, machine) => this.#instruction(kind, machine),
			open: () => this.#open(),
			message: (bytes) => this.#message?.write(this.#messageDecoder.write(bytes)),
			close: (whole) => this.#close(whole),
			binary: (bytes) => onEvent({ type: "binary", machine: this.#machine, bytes }),
		});
	}

	push(bytes: Uint8Array): void {
		this.#frames.push(bytes);
	}

	/** To be called about each second: unfinished lines that have stayed so since the last call are told. */
	tick(): void {
		this.#rawLines.tick();
		for (const { lines } of this.#logs.values()) lines.tick();
	}

	/** The stream has ended; another may follow. What is unfinished is told. */
	end(): void {
		this.#frames.flush();
		this.#frames.reset();
		this.#flushRaw();
		this.#flushLogs();
		this.#machine = "";
	}

	/** What is unfinished outside of messages was noise: it is not told, but how many characters it had. */
	dropText(): number {
		this.#rawLines.add(this.#rawDecoder.end());
		return this.#rawLines.clear();
	}

	#instruction(kind: string, machine: string): void {
		this.#flushRaw();
		if (kind !== "-") {
			this.#machine = machine;
			return;
		}
		if (/^0+$/.test(machine)) {
			this.#flushLogs();
			this.#onEvent({ type: "reset" });
			return;
		}
		this.#logs.get(machine)?.lines.flush();
		this.#logs.delete(machine);
		this.#onEvent({ type: "closed", machine });
	}

	#open(): void {
		this.#flushRaw();
		this.#message = new Message(this.#machine, {
			event: this.#onEvent,
			log: (machine, text, place) => this.#log(machine, text, place),
		});
	}

	#close(whole: boolean): void {
		const message = this.#message;
		if (message === undefined) return;
		const rest = this.#messageDecoder.end();
		if (rest !== "") message.write(rest);
		this.#message = undefined;
		message.end(whole);
		if (!whole) this.#logs.get(message.machine)?.lines.flush(true);
	}

	#log(machine: string, text: string, place: Place): void {
		let log = this.#logs.get(machine);
		if (log === undefined) {
			if (this.#logs.size >= MACHINE_LIMIT) this.#flushLogs();
			log = this.#newLog(machine);
		}
		log.place = place;
		log.lines.add(text);
	}

	#newLog(machine: string): MachineLog {
		const log: MachineLog = {
			lines: new Lines((text, cut) => this.#onEvent({ type: "log", machine, text, cut, ...log.place })),
			place: {},
		};
		this.#logs.set(machine, log);
		return log;
	}

	#flushRaw(): void {
		const rest = this.#rawDecoder.end();
		if (rest !== "") this.#rawLines.add(rest);
		this.#rawLines.flush();
	}

	#flushLogs(): void {
		for (const { lines } of this.#logs.values()) lines.flush();
		this.#logs.clear();
	}
}
