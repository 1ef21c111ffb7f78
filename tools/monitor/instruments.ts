// Samples and what they mean. Knows the names of XS's own instruments.

import type { Instrument } from "../xsbug/events.js";
import type { Figures, Usage } from "./events.js";

export function byName(instruments: Instrument[], values: number[]): Record<string, number> {
	return Object.fromEntries(instruments.slice(0, values.length).map(({ name }, i) => [name, values[i]]));
}

export function figuresOf(values: Record<string, number>): Figures {
	return {
		slots: usage(values, "Slot"),
		chunks: usage(values, "Chunk"),
		stack: usage(values, "Stack"),
		collections: own(values, "Garbage collections"),
	};
}

function usage(values: Record<string, number>, of: string): Usage | undefined {
	const used = own(values, `${of} used`);
	const available = own(values, `${of} available`);
	return used === undefined || available === undefined ? undefined : { used, available };
}

function own(values: Record<string, number>, name: string): number | undefined {
	return Object.hasOwn(values, name) ? values[name] : undefined;
}
