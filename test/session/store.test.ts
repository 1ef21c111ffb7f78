// The outbox and its store, against a plain list: any order of acceptance, sending, answers and broken connections.

import { KINDS } from "../xs/vectors/store.js";
import { StoreModel } from "../xs/vectors/store-model.js";

test.each(Object.entries(KINDS))("%s: holds what it has to, whatever happens", (_name, kind) => {
	const sums: Record<string, number> = {};
	for (let seed = 1; seed <= 60; seed++) {
		const { counts } = new StoreModel(seed, kind).run(400);
		for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
	}
	const idle = Object.keys(sums).filter((name) => sums[name] === 0);
	expect(idle).toEqual(kind.idle);
});
