// A board that is a process: starts the desktop host, speaks its line protocol, tells what it says as typed events.
// Knows the protocol. Must not know what the firmware does.

import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { resolve } from "node:path";
import { engine, type Progress } from "./engine.js";

/**
 * The memory and the work of the firmware. Bytes are those of a 32-bit board. A slot takes 16 bytes and holds a value, a property or
 * an object; a chunk holds the bytes of a string or a buffer, and 8 more. The engine and preloaded modules are not counted.
 */
export interface Counters {
	/** Slots in use, garbage included. */
	slots: number;
	/** Bytes of chunks in use, garbage included. */
	chunkBytes: number;
	/** Slots allocated since the last mark. */
	slotsAllocated: number;
	/** Bytes of chunks allocated since the last mark. */
	chunkBytesAllocated: number;
	/** Garbage collections since the last mark. */
	collections: number;
	/** Work since the last mark, in XS metering units: about one for each bytecode. */
	meter: number;
	/** Bytes of heap that the firmware may use, 0 for no limit. */
	limit: number;
	/** Bytes of heap in use: slots and chunks, garbage included. */
	used: number;
	/** The most slots of stack in use since the start. */
	stack: number;
}

/** Why the firmware could not go on. "sigpipe" and "engine" are faults of the desktop host. */
export type AbortReason = "memory" | "stack" | "exception" | "rejection" | "sigpipe" | "engine";

/** What a board tells. */
export type BoardEvent =
	/** The firmware is about to run. */
	| { type: "ready" }
	/** What the firmware has passed to `trace`. */
	| { type: "trace"; text: string }
	/** Comes each `memory` milliseconds. */
	| ({ type: "memory" } & Counters)
	/** The answer to `counters` and `collect`. */
	| ({ type: "counters" } & Counters)
	| { type: "network"; state: "up" | "cut" | "frozen" }
	/** What the firmware has passed to `report` of "desktop/engine". */
	| { type: "report"; text: string }
	/** What the firmware has passed to `reportNumbers` of "desktop/engine". NaN and infinite numbers are null, here and below. */
	| { type: "numbers"; values: (number | null)[] }
	/** The firmware has read `loadAverage`, `freeMemory` or `temperature` of "desktop/machine". */
	| { type: "measured"; name: string; value: number | null }
	/** The firmware cannot go on; the board ends. */
	| { type: "abort"; reason: AbortReason; message: string }
	/** The firmware has ended by itself. */
	| { type: "exit"; status: number };

/** How a board has ended. */
export interface BoardEnd {
	/** Exit status of the process; null when a signal ended it. */
	status: number | null;
	signal: NodeJS.Signals | null;
	/** Why the firmware could not go on. Missing when it ended by itself, was stopped, or unplugged. */
	abort?: { reason: AbortReason; message: string };
	/** The last 4096 characters of what the desktop host wrote to stderr: its own faults, not the firmware's. */
	stderr: string;
}

/** What runs on a board, and what the board is like. */
export interface BoardOptions {
	/** Path of the firmware's main module, in JavaScript. */
	firmware: string;
	/** What the firmware imports as "mc/config". */
	config?: Record<string, unknown>;
	/** The heap and stack that the firmware has: 28,672 bytes and 256 slots, 59,392 bytes and 384 slots, no limit. Default "none". */
	board?: "esp8266" | "esp32" | "none";
	/** Sockets as on boards (the default), or as in Moddable's simulator on Linux. */
	stack?: "lwip" | "lin";
	/** What the firmware may import by name: names of modules, and the paths of their files. */
	modules?: Record<string, string>;
	/** Names (or absolute paths) of modules that are loaded and frozen before the firmware, and take none of its heap. */
	preload?: string[];
	/** Milliseconds between two "memory" events, 0 for none. Default 1000. */
	memory?: number;
	/** Bytes of heap in place of the board's, 0 for no limit. When it is full, the board ends with the abort "memory". */
	limit?: number;
	/** Slots of stack in place of the board's ("creation" in a manifest), 0 for no limit. When it is full: the abort "stack". */
	stackSlots?: number;
	/** Seed of `Math.random`, 0 to 4294967295: the same numbers in each run. Default: others at each start, as on boards. */
	seed?: number;
	/** Seconds since 1970, 0 to 4294967295, that `Date.now` begins with: 0 like a board that does not know the time. Default: the computer's. */
	clock?: number;
	/** More arguments for the desktop host's program: see its README. */
	args?: string[];
	/** Path of the desktop host's program, as `engine()` returns it. Default: it is built if need be. */
	engine?: string;
	/** Called while the engine is compiled, if it has to be. */
	onProgress?: (progress: Progress) => void;
	/** Called with every event; `on(type, ...)` hears one type. */
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
		const { firmware } = this.options;
		if (/\.[cm]?ts$/.test(firmware))
			throw new Error(`${firmware} is TypeScript: compile it, and give the path of the .js file.`);
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

	/** What counts since the last mark begins at 0 again. */
	mark(): void {
		this.#send("mark");
	}

	/** Collects garbage, and resolves with the counters: what is in use then is live. */
	async collect(): Promise<Counters> {
		this.#send("collect");
		return this.counters();
	}

	/** What was allocated since the mark, and what is in use. Rejects with the reason when the board has ended, or ends first. */
	async counters(): Promise<Counters> {
		this.#send("counters");
		if (this.#end) throw new Error(`The board has ended: ${describe(this.#end)}`);
		return new Promise((resolve, reject) => this.#counters.push({ resolve, reject }));
	}

	/** Gives a value to the firmware's onReading ("desktop/machine"). */
	reading(value: number): void {
		this.#send(`reading ${value}`);
	}

	/**
	 * Resolves with the next event of a type that `accept` returns true for. What came before the call does not count. Waits
	 * without a limit: your test runner has one. Rejects with the reason when the board ends first.
	 */
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
				reject(new Error(`The board has ended: ${describe(end)}\nNo "${type}" event came before.`));
			};
			if (this.#end) return ended(this.#end);
			this.on("event", heard);
			this.on("end", ended);
		});
	}

	/** Asks the firmware to end (`onQuit` of "desktop/machine"). After two seconds the process is killed. */
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
		for (const waiting of this.#counters) waiting.reject(new Error(`The board has ended: ${describe(end)}`));
		this.#counters = [];
		this.emit("end", end);
		this.#finish(end);
	}
}

/** What the message of an abort does not say by itself. */
const WHY: Partial<Record<AbortReason, string>> = {
	stack: "stack full: ",
	exception: "exception: ",
	rejection: "unhandled rejection: ",
};

function describe(end: BoardEnd): string {
	const how = end.abort
		? `${WHY[end.abort.reason] ?? ""}${end.abort.message}`
		: end.signal
			? `signal ${end.signal}`
			: `status ${end.status}`;
	return end.stderr ? `${how}\n${end.stderr.trim()}` : how;
}
