// What the monitor has to tell. Knows types only.

import type { XsbugEvent } from "../xsbug/events.js";
import type { Panic } from "./panics.js";
import type { Decoded } from "./symbols.js";

/** What a machine has, and its collections of garbage in the last second. */
export interface Figures {
	slots?: Usage;
	chunks?: Usage;
	stack?: Usage;
	collections?: number;
}

/** Bytes. */
export interface Usage {
	used: number;
	available: number;
}

/** `name`: the machine's, as it has told at login, or its tag. */
export type MonitorEvent =
	| (Exclude<XsbugEvent, { type: "samples" | "reset" | "text" }> & { name: string })
	| Extract<XsbugEvent, { type: "reset" | "text" }>
	/** `values`: by the instruments' names; undefined when these were told before anybody listened. */
	| { type: "samples"; machine: string; name: string; figures: Figures; values?: Record<string, number> }
	/** A chip's panic, decoded. The innermost frame is first; those of an ESP8266 and of RISC-V may be stale. */
	| ({ type: "panic"; chip: Panic["chip"]; cause?: string } & Decoded)
	/** What the monitor itself has to say. */
	| { type: "note"; text: string };

/** Where events come from. */
export interface Source {
	/** Resolves when events may come, and throws a Problem when there will be none. */
	start(): Promise<void>;
	/** Restarts the board. What became of it is told in notes. */
	reset(): Promise<void>;
	stop(): Promise<void>;
	/** Sends bytes as they are; only a serial port can. Resolves when they are on their way, or lost, which is told once. */
	write?(bytes: Uint8Array): Promise<void>;
	/** Resolves when nothing comes any more, or throws why; none if that does not happen. */
	readonly ended?: Promise<void>;
}

/** Where events go to. */
export interface Listener {
	event(event: MonitorEvent): void;
}
