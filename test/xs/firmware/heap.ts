// What the engine counts: what an operation allocates, and what is live.

import * as engine from "desktop/engine";

export interface Allocated {
	slots: number;
	chunkBytes: number;
	collections: number;
}

/** What `count` operations allocate, after a few that may do what happens once only. */
export function allocated(count: number, operation: () => void): Allocated {
	for (let i = 0; i < 20; i++) operation();
	engine.collect();
	engine.mark();
	for (let i = 0; i < count; i++) operation();
	const slots = engine.slots();
	const chunkBytes = engine.chunkBytes();
	const collections = engine.collections();
	return { slots, chunkBytes, collections };
}

/** The live heap at certain moments, noted without adding to it. */
export class Heaps {
	readonly #numbers: Int32Array;
	#count = 0;

	constructor(most: number) {
		this.#numbers = new Int32Array(2 * most);
	}

	/** Collects, and notes what is left. */
	look(): void {
		engine.collect();
		this.#numbers[this.#count++] = engine.liveSlots();
		this.#numbers[this.#count++] = engine.liveChunkBytes();
	}

	toJSON(): { slots: number; chunkBytes: number }[] {
		const heaps = [];
		for (let i = 0; i < this.#count; i += 2)
			heaps.push({ slots: this.#numbers[i], chunkBytes: this.#numbers[i + 1] });
		return heaps;
	}
}
