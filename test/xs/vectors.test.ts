// The same vectors in Node and in the real engine: what holds here holds on a board.

import { FIRST, LOADS, reportOf } from "../support/board.js";
import { vectors } from "./vectors/index.js";
import { answer, type Failure } from "./vectors/vector.js";

test("every vector has a name of its own", () => {
	expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
});

test.each(vectors.map((vector) => [vector.name, vector] as const))("in Node: %s", (_name, vector) => {
	expect(answer(vector)).toBe(vector.wanted);
});

test.each(LOADS)(
	"all of them hold in XS, %s",
	async (_how, preload) => {
		const { count, failed } = await reportOf<{ count: number; failed: Failure[] }>({
			firmware: "test/xs/firmware/vectors",
			preload,
		});
		expect(failed).toEqual([]);
		expect(count).toBe(vectors.length);
	},
	FIRST,
);
