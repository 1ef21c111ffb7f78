// What a debug stream tells. Knows types only.

/** A place in the app's source. Undefined where the machine does not tell. */
export interface Place {
	path?: string;
	line?: number;
}

export interface StackFrame extends Place {
	name: string;
}

/** `unit` as the machine gives it: " bytes", " times", or " / " for a value that belongs to the next one. */
export interface Instrument {
	name: string;
	unit: string;
}

/** `machine`: the tag on serial lines, eight hexadecimal digits; "" in a bare stream, which has one machine. */
export type XsbugEvent =
	/** The machine waits for an answer, for two seconds on boards. */
	| { type: "login"; machine: string; name: string; version: string }
	/** A line of the app. `cut`: there was more of it. */
	| ({ type: "log"; machine: string; text: string; cut: boolean } & Place)
	/** The machine stands still until it is told to go. The innermost frame is first. */
	| ({ type: "break"; machine: string; message: string; stack: StackFrame[] } & Place)
	/** The machine waits for a module it does not have. */
	| { type: "import"; machine: string; path: string }
	| { type: "instruments"; machine: string; instruments: Instrument[] }
	/** In the order of the instruments. */
	| { type: "samples"; machine: string; values: number[] }
	/** The machine says farewell: it tells no more. */
	| { type: "closed"; machine: string }
	/** The board has started: no machine is left of what was. */
	| { type: "reset" }
	/** The machine's answer to a binary command. */
	| { type: "binary"; machine: string; bytes: Uint8Array }
	/** A line outside of messages: boot ROM, panics. */
	| { type: "text"; text: string; cut: boolean }
	/** A message that is damaged or over a limit; `text` is the end of what was read of it. */
	| { type: "cut"; machine: string; text: string };
