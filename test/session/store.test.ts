// The outbox and its store, against a plain list: any order of acceptance, sending, answers and broken connections.

import { Outbox5 } from "../../src/session/v5/outbox.js";
import { Topic } from "../../src/wire/topic.js";
import { KINDS, MODELS } from "../xs/vectors/store.js";

const WAYS = Object.entries(MODELS).flatMap(([version, Model]) =>
	Object.entries(KINDS).map(([name, kind]) => [version, name, Model, kind] as const),
);

test.each(WAYS)("%s, %s: holds what it has to, whatever happens", (_version, _name, Model, kind) => {
	const sums: Record<string, number> = {};
	for (let seed = 1; seed <= 60; seed++) {
		const { counts } = new Model(seed, kind).run(400);
		for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
	}
	const idle = Object.keys(sums).filter((name) => sums[name] === 0);
	expect(idle).toEqual(kind.idle);
});

test("what goes again under a new identifier, and all behind it, is done with before anything else is sent", () => {
	const sizes = {
		storeSize: 400,
		packetSize: 64,
		window: 4,
		unreleased: 1,
		acknowledgements: 1,
		topicAliases: 0,
	};
	const outbox = new Outbox5(sizes, 1, false, { nextUsed: () => 65_536 });
	const topic = new Topic("t");
	const hold = () => {
		const at = outbox.place(4, 0);
		const id = outbox.nextId();
		outbox.put(at, topic, id, undefined);
		outbox.add(at, id, 2, 5, 0);
		return id;
	};
	for (let id = 1; id <= 2; id++) {
		expect(hold()).toBe(id);
		outbox.markSent(outbox.next());
	}
	expect(outbox.renumber(1, 1)).toBe(true);
	outbox.markSent(outbox.next());
	expect(outbox.acknowledge(3)).toBe(true);
	expect(outbox.acknowledge(2)).toBe(true);
	for (let id = 4; id <= 6; id++) hold();
	expect(outbox.idOf(outbox.next())).toBe(4);
});
