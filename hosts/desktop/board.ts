// A board that is a process: starts the desktop host, speaks its line protocol, tells what it says as typed events.
// Knows the protocol. Must not know what the firmware does.

import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { resolve } from "node:path";
import { engine, type Progress } from "./engine.js";

/** Bytes are those of a 32-bit board: 16 a slot, 8 for the header of a chunk. */
export interface Counters {
	/** In use by the application, garbage included, beyond engine and preloaded code. */
	slots: number;
	chunkBytes: number;
	/** Since the last mark. */
	slotsAllocated: number;
	chunkBytesAllocated: number;
	collections: number;
	meter: number;
	/** Bytes the board has for it, 0 for no limit. */
	limit: number;
	/** Bytes in use. */
	used: number;
	/** The most slots of stack in use at any time. */
	stack: number;
}

/** Why an engine ended that did not want to. */
export type AbortReason = "memory" | "stack" | "exception" | "rejection" | "sigpipe" | "engine";

/** What a board tells. */
export type BoardEvent =
	| { type: "ready" }
	| { type: "trace"; text: string }
	| ({ type: "memory" } & Counters)
	| ({ type: "counters" } & Counters)
	| { type: "network"; state: "up" | "cut" | "frozen" }
	| { type: "report"; text: string }
	/** What is not finite is null, here and below. */
	| { type: "numbers"; values: (number | null)[] }
	/** A reading that the machine has given to the firmware, by the name of the function. */
	| { type: "measured"; name: string; value: number | null }
	| { type: "abort"; reason: AbortReason; message: string }
	| { type: "exit"; status: number };

/** How a board has ended. */
export interface BoardEnd {
	/** See README.md; null when a signal ended the process. */
	status: number | null;
	signal: NodeJS.Signals | null;
	abort?: { reason: AbortReason; message: string };
	/** The end of what the host wrote to stderr: its own faults only. */
	stderr: string;
}

/** What runs on a board, and what the board is like. */
export interface BoardOptions {
	/** Path of the firmware's main module. */
	firmware: string;
	/** What the firmware imports as "mc/config". */
	config?: Record<string, unknown>;
	board?: "esp8266" | "esp32" | "none";
	stack?: "lwip" | "lin";
	/** Specifier to path of a file. */
	modules?: Record<string, string>;
	/** Specifiers (or absolute paths) to load and freeze before the firmware. */
	preload?: string[];
	/** Milliseconds between "memory" events, 0 for none. Default 1000. */
	memory?: number;
	/** Bytes of heap, instead of the board's. 0 for no limit. */
	limit?: number;
	/** Slots of stack, instead of the board's ("creation" in a manifest). 0 for no limit. */
	stackSlots?: number;
	/** Of Math.random, 0 to 4294967295: the same numbers each time. Default: others at each start, as on boards. */
	seed?: number;
	/** Seconds since 1970, 0 to 4294967295, that `Date.now` begins with: 0 like a board that does not know the time. Default: the computer's. */
	clock?: number;
	/** More arguments for the host. */
	args?: string[];
	/** The host's program, when it is already built. */
	engine?: string;
	/** How far compiling the engine is, if it has to be compiled. */
	onProgress?: (progress: Progress) => void;
	/** Every event, also to be had with on(type). */
	onEvent?: (event: BoardEvent) => void;
}

/** The event of a type. */
export type EventOf<T extends BoardEvent["type"]> = Extract<BoardEvent, { type: T }>;

/** Names of the events that `on` takes, and what listeners get. */
export interface Events {
	ready: [EventOf<"ready">];
	trace: [EventOf<"trace">];
	memory: [EventOf<"memory">];
	counters: [EventOf<"counters">];
	network: [EventOf<"network">];
	report: [EventOf<"report">];
	numbers: [EventOf<"numbers">];
	measured: [EventOf<"measured">];
	abort: [EventOf<"abort">];
	exit: [EventOf<"exit">];
	event: [BoardEvent];
	end: [BoardEnd];
}

/** No line of the host is longer. */
const LONGEST_LINE = 1 << 20;
const STDERR_KEPT = 4096;
const STOP_TIMEOUT = 2_000;

const running = new Set<ChildProcess>();
process.on("exit", () => {
	for (const child of running) child.kill("SIGKILL");
});

interface Waiting {
	resolve(counters: Counters): void;
	reject(error: Error): void;
}

/**
 * A simulated board: firmware in the real XS engine, in a process of its own. Tests run it, pull its plug, cut its network and
 * count its allocations.
 */
export class Board extends EventEmitter<Events> {
	readonly options: BoardOptions;
	/** Resolves when the process is gone, however that came. */
	readonly ended: Promise<BoardEnd>;
	#child: ChildProcess | undefined;
	#line = "";
	#stderr = "";
	#abort: BoardEnd["abort"];
	#end: BoardEnd | undefined;
	#finish!: (end: BoardEnd) => void;
	#counters: Waiting[] = [];

	constructor(options: BoardOptions) {
		super();
		this.options = options;
		this.ended = new Promise((finish) => {
			this.#finish = finish;
		});
	}

	/** Builds the engine if necessary, and starts the board. Resolves when the firmware is about to run; rejects if it cannot. */
	async start(): Promise<this> {
		if (this.#child) throw new Error("The board was started already; make a new one.");
		const program = this.options.engine ?? (await engine({ onProgress: this.options.onProgress }));
		await new Promise<void>((started, failed) => {
			this.once("ready", () => started());
			this.once("end", (end) => failed(new Error(`The board ended before it was ready: ${describe(end)}`)));
			this.#spawn(program);
		});
		return this;
	}

	/** Power off: the process is gone at once, its connections are reset, and the broker gets no DISCONNECT. */
	unplug(): Promise<BoardEnd> {
		return this.#send("unplug").ended;
	}

	/** Wi-Fi is gone until `restore`: sockets fail, new ones and name lookups too. The other side notices nothing. */
	cut(): void {
		this.#send("cut");
	}

	/** Nothing passes either way, without an error, until `restore`: half-open connections. */
	freeze(): void {
		this.#send("freeze");
	}

	/** The network is back after `cut` or `freeze`. Held bytes are delivered. */
	restore(): void {
		this.#send("restore");
	}

	/** Sets the counters to 0. */
	mark(): void {
		this.#send("mark");
	}

	/** Collects garbage, and resolves with the counters: what is in use then is live. */
	collect(): Promise<Counters> {
		this.#send("collect");
		return this.counters();
	}

	/** What was allocated since the mark, and what is in use. Rejects when the board ends before it answers. */
	counters(): Promise<Counters> {
		if (this.#end || !this.#child) return Promise.reject(new Error("The board is not running."));
		return new Promise((resolve, reject) => {
			this.#counters.push({ resolve, reject });
			this.#send("counters");
		});
	}

	/** Gives a value to the firmware's onReading ("desktop/machine"). */
	reading(value: number): void {
		this.#send(`reading ${value}`);
	}

	/** Resolves with the next event of a type; rejects when the board ends without one. */
	next<T extends BoardEvent["type"]>(
		type: T,
		accept: (event: EventOf<T>) => boolean = () => true,
	): Promise<EventOf<T>> {
		return new Promise((resolve, reject) => {
			const stop = () => {
				this.off("event", heard);
				this.off("end", ended);
			};
			const heard = (event: BoardEvent) => {
				if (event.type !== type) return;
				const wanted = event as EventOf<T>;
				if (!accept(wanted)) return;
				stop();
				resolve(wanted);
			};
			const ended = (end: BoardEnd) => {
				stop();
				reject(new Error(`The board ended before "${type}" came: ${describe(end)}`));
			};
			if (this.#end) return ended(this.#end);
			this.on("event", heard);
			this.on("end", ended);
		});
	}

	/** Asks the firmware to end (`onQuit` of "desktop/machine"); after two seconds the process is killed. */
	async stop(): Promise<BoardEnd> {
		const child = this.#child;
		if (!child) throw new Error("The board was not started.");
		this.#send("quit");
		const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT);
		const end = await this.ended;
		clearTimeout(timer);
		return end;
	}

	#send(command: string): this {
		if (!this.#child) throw new Error("The board was not started.");
		if (!this.#end) this.#child.stdin?.write(`${command}\n`);
		return this;
	}

	#spawn(program: string): void {
		const { firmware, config, board, stack, stackSlots, modules, preload, memory, limit, seed, clock, args } =
			this.options;
		const list: string[] = [];
		if (board) list.push("--board", board);
		if (stack) list.push("--stack", stack);
		if (memory !== undefined) list.push("--memory", String(memory));
		if (limit !== undefined) list.push("--limit", String(limit));
		if (stackSlots !== undefined) list.push("--stack-slots", String(stackSlots));
		if (seed !== undefined) list.push("--seed", String(seed));
		if (clock !== undefined) list.push("--clock", String(clock));
		for (const [specifier, file] of Object.entries(modules ?? {}))
			list.push("--module", `${specifier}=${resolve(file)}`);
		for (const specifier of preload ?? []) list.push("--preload", specifier);
		list.push(...(args ?? []), resolve(firmware));
		// The configuration may hold a password: not in the arguments, which every user of this computer can see.
		const env = { ...process.env, XS_MQTT_CONFIG: JSON.stringify(config ?? {}) };
		const child = spawn(program, list, { env, stdio: ["pipe", "pipe", "pipe"] });
		this.#child = child;
		running.add(child);
		child.stdin.on("error", () => {}); // it ended while we wrote: "close" tells
		child.stdout.setEncoding("utf8").on("data", (text: string) => this.#take(text));
		child.stderr.setEncoding("utf8").on("data", (text: string) => {
			this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
		});
		child.on("error", (error) => {
			this.#stderr += error.message;
			if (child.pid === undefined) this.#ended(null, null);
		});
		child.on("close", (status, signal) => this.#ended(status, signal));
	}

	#take(text: string): void {
		const lines = (this.#line + text).split("\n");
		this.#line = lines.pop() ?? "";
		if (this.#line.length > LONGEST_LINE) {
			this.#stderr += "The host sent a line without an end.";
			this.#line = "";
			this.#child?.kill("SIGKILL");
		}
		for (const line of lines) this.#hear(line);
	}

	#hear(line: string): void {
		let event: BoardEvent;
		try {
			event = JSON.parse(line);
		} catch {
			this.#stderr = `${this.#stderr}not of the protocol: ${line.slice(0, 200)}\n`.slice(-STDERR_KEPT);
			return;
		}
		if (event.type === "abort") this.#abort = { reason: event.reason, message: event.message };
		if (event.type === "counters") this.#counters.shift()?.resolve(event);
		this.options.onEvent?.(event);
		// The compiler does not see that the event fits its type.
		(this.emit as (type: string, event: BoardEvent) => boolean).call(this, event.type, event);
		this.emit("event", event);
	}

	#ended(status: number | null, signal: NodeJS.Signals | null): void {
		if (this.#end) return;
		if (this.#child) running.delete(this.#child);
		const end: BoardEnd = { status, signal, abort: this.#abort, stderr: this.#stderr };
		this.#end = end;
		for (const waiting of this.#counters) waiting.reject(new Error(`The board ended: ${describe(end)}`));
		this.#counters = [];
		this.emit("end", end);
		this.#finish(end);
	}
}

function describe(end: BoardEnd): string {
	const how = end.abort ? end.abort.message : end.signal ? `signal ${end.signal}` : `status ${end.status}`;
	return end.stderr ? `${how}\n${end.stderr.trim()}` : how;
}
