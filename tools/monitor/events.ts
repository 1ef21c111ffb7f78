// What the monitor has to tell. Knows types only.

import type { StackFrame, XsbugEvent } from "../xsbug/events.js";
import type { Panic } from "./panics.js";

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
	/** A chip's panic, decoded. The innermost frame is first; what an ESP8266's stack names may be stale. */
	| { type: "panic"; chip: Panic["chip"]; cause?: string; stack: StackFrame[] }
	/** What the monitor itself has to say. */
	| { type: "note"; text: string };

/** Where events come from. */
export interface Source {
	/** Resolves when events may come, and throws a Problem when there will be none. */
	start(): Promise<void>;
	/** Restarts the board. What became of it is told in notes. */
	reset(): Promise<void>;
	stop(): Promise<void>;
	/** Sends bytes as they are; only a serial port can. */
	write?(bytes: Uint8Array): void;
	/** Resolves when nothing comes any more, or throws why; none if that does not happen. */
	readonly ended?: Promise<void>;
}

/** Where events go to. */
export interface Listener {
	event(event: MonitorEvent): void;
}
