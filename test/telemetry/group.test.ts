// Readings as one JSON object: when they go, and what is held while they cannot.

import fc from "fast-check";
import type { IPublishPacket } from "mqtt-packet";
import { NOT_OPEN, State } from "../../src/client.js";
import type { ClientOptions } from "../../src/options.js";
import * as reasons from "../../src/reasons.js";
import { Group, type GroupOptions } from "../../src/telemetry/group.js";
import { HELD } from "../../src/telemetry/sensor.js";
import { Counter, Mean } from "../../src/telemetry/source.js";
import { judge } from "../support/judge.js";
import { PUBACK, PUBCOMP, PUBLISH, PUBREC, SUBSCRIBE } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";

/** A group of one number, which counts the messages. */
function group(options: Partial<GroupOptions> = {}, setup = connected()) {
	let n = 0;
	const it = new Group(setup.client, { topic: "g", fields: { n: () => ++n }, ...options });
	return { setup, client: setup.client, peer: setup.peer, clock: setup.clock, group: it };
}
const message = (n: number, options = {}) => PUBLISH("g", `{"n":${n}}`, options);
const replaced = (id: number) => `dropped ${id} ${reasons.REPLACED}`;

describe("a message", () => {
	test("is an object of what the sources give", () => {
		const temperature = new Mean();
		const litres = new Counter(0.5);
		let now = Number.NaN;
		const fields = {
			temperature: { source: temperature, decimals: 1, unit: "°C" },
			litres,
			site: "attic",
		};
		const { group: it, peer } = group({ fields, time: () => now, quality: true });
		expect(it.publish()).toBe(0);
		temperature.add(21);
		temperature.add(22);
		litres.add(8);
		now = 1_900_000_000_000;
		it.publish();
		peer.expect(
			PUBLISH("g", '{"time":null,"temperature":null,"litres":0,"site":"attic","quality":"uncertain"}'),
			PUBLISH("g", '{"time":1900000000000,"temperature":21.5,"litres":4,"site":"attic","quality":"good"}'),
		);
		expect(it.fields).toBe(fields);
		expect(it.topic.name).toBe("g");
	});

	test("has the QoS and the retain flag of the options", () => {
		const { group: it, peer } = group({ qos: 1, retain: true });
		expect(it.publish()).toBe(1);
		peer.expect(message(1, { qos: 1, id: 1, retain: true }));
	});

	test("may need a longer header than most", () => {
		const text = "x".repeat(300);
		const { group: it, peer } = group({ fields: { n: () => 1, text } });
		it.publish();
		it.publish();
		const whole = PUBLISH("g", `{"n":1,"text":"${text}"}`);
		peer.expect(whole, whole);
	});
});

describe("interval", () => {
	test("publishes at its end, and on without drift", () => {
		const { peer, clock } = group({ interval: 1000 }, connected({}, {}, 2 ** 31 - 1600));
		clock.advance(750);
		peer.expect();
		clock.advance(250);
		peer.expect(message(1));
		clock.block(900); // the host is busy
		clock.advance(350);
		clock.advance(1000);
		peer.expect(message(2), message(3));
	});

	test("of 0 leaves it to publish", () => {
		const { peer, clock } = group();
		clock.advance(10_000);
		peer.expect();
	});
});

describe('keep "newest"', () => {
	test("replaces what waits", () => {
		const { group: it, setup } = group({ qos: 1 }, new Setup());
		expect([it.publish(), it.publish()]).toEqual([1, 2]);
		expect(setup.news()).toEqual([replaced(1)]);
		expect(it.dropped).toBe(1);
		setup.peer.accept();
		setup.peer.expect(message(2, { qos: 1, id: 2 }));
	});

	test("follows what is in flight with the newest", () => {
		const { group: it, peer, setup } = group({ qos: 1 });
		expect([it.publish(), it.publish(), it.publish()]).toEqual([1, HELD, HELD]);
		peer.expect(message(1, { qos: 1, id: 1 }));
		expect(setup.news()).toEqual([replaced(0)]);
		expect(it.dropped).toBe(1);
		peer.send(PUBACK(1));
		peer.expect(message(3, { qos: 1, id: 2 }));
	});
});

describe("keep n", () => {
	test("holds so many beside the one that waits; the oldest gives way, counted and told", () => {
		const { group: it, setup, client } = group({ qos: 1, keep: 2 }, new Setup());
		expect([1, 2, 3, 4, 5].map(() => it.publish())).toEqual([1, HELD, HELD, HELD, HELD]);
		expect(setup.news()).toEqual([replaced(0), replaced(0)]);
		expect([it.dropped, client.statistics.dropped]).toEqual([2, 2]);
		const { peer, clock } = setup;
		peer.accept();
		peer.expect(message(1, { qos: 1, id: 1 }));
		clock.advance(250);
		for (const [id, n] of [
			[1, 4],
			[2, 5],
		]) {
			peer.send(PUBACK(id));
			peer.expect(message(n, { qos: 1, id: id + 1 }));
		}
		peer.send(PUBACK(3));
		clock.advance(1000);
		peer.expect();
		expect(it.publish()).toBe(4);
	});

	test("at QoS 0 goes in one go", () => {
		const { setup } = group({ keep: 5, interval: 1000 }, new Setup({ connectTimeout: 60_000 }));
		setup.clock.advance(4000);
		setup.peer.accept();
		setup.clock.advance(250);
		setup.peer.expect(message(1), message(2), message(3), message(4));
	});

	test("keeps values and time as they were", () => {
		let now = 0;
		const { group: it, setup } = group({ keep: 5, time: () => ++now * 10 }, new Setup());
		it.publish();
		it.publish();
		setup.peer.accept();
		setup.clock.advance(250);
		setup.peer.expect(PUBLISH("g", '{"time":10,"n":1}'), PUBLISH("g", '{"time":20,"n":2}'));
	});

	test("close delivers what is held, through the pool too, and tells of the rest", () => {
		const { group: it, setup } = group({ keep: 9, qos: 1 }, connected({ storeSize: 32 }));
		for (let i = 0; i < 6; i++) it.publish();
		setup.client.close();
		setup.peer.expect(message(1, { qos: 1, id: 1 }), message(2, { qos: 1, id: 2 }));
		setup.news();
		for (const id of [1, 2, 3]) setup.peer.send(PUBACK(id));
		const closed = `dropped 0 ${reasons.CLOSED_BY_APP}`;
		expect(setup.news()).toEqual([
			"delivered 1",
			"delivered 2",
			"delivered 3",
			closed,
			closed,
			closed,
			`disconnected ${reasons.CLOSED_BY_APP}`,
		]);
		expect(it.dropped).toBe(3);
	});
});

test("whatever the network does, each set of values arrives once, in order, or is counted", () => {
	const STEPS = ["publish", "publish", "lose", "accept", "acknowledge"] as const;
	const run = (steps: readonly (typeof STEPS)[number][], keep: number) => {
		const { group: it, setup } = group({ keep, qos: 1 }, new Setup({ keepAlive: 0, storeSize: 16 }));
		const arrived: number[] = [];
		let published = 0;
		let up = false;
		/** What was sent arrives, though its acknowledgement may be lost. */
		const take = (acknowledge: boolean) => {
			for (const packet of judge(setup.peer.take())) {
				const { payload, messageId } = packet as IPublishPacket;
				const { n } = JSON.parse(payload.toString());
				if (!arrived.includes(n)) arrived.push(n);
				if (acknowledge) setup.peer.send(PUBACK(messageId!));
			}
		};
		const accept = () => {
			if (setup.peer.socket.closed) setup.redial();
			setup.peer.accept(true);
			up = true;
		};
		for (const step of steps) {
			if (step === "publish") {
				published++;
				it.publish();
			} else if (step === "accept") {
				if (!up) accept();
			} else if (up) {
				take(step === "acknowledge");
				if (step === "lose") setup.peer.fail();
				up = step !== "lose";
			}
		}
		if (!up) accept();
		for (let i = 0; i < keep + 3; i++) {
			take(true);
			setup.clock.advance(250);
		}
		expect(arrived).toEqual([...arrived].sort((a, b) => a - b));
		expect(arrived.length + it.dropped).toBe(published);
		expect(setup.client.statistics.dropped).toBe(it.dropped);
	};
	const steps = fc.array(fc.constantFrom(...STEPS), { maxLength: 40 });
	fc.assert(fc.property(steps, fc.integer({ min: 1, max: 4 }), run), { numRuns: 200 });
});

test("whatever happens, until the client is closed, the group counts what the client counts", () => {
	const STEPS = [
		"publish",
		"publish",
		"publish",
		"lose",
		"lose the session",
		"accept",
		"acknowledge",
		"room",
	] as const;
	const run = (
		steps: readonly (typeof STEPS)[number][],
		keep: "newest" | number,
		qos: 0 | 1 | 2,
		options: Partial<ClientOptions>,
	) => {
		const { group: it, setup } = group({ keep, qos }, new Setup({ keepAlive: 0, ...options }, { room: 40 }));
		let published = 0;
		let up = false;
		const acknowledge = () => {
			for (const { cmd, messageId } of judge(setup.peer.take())) {
				if (cmd === "publish" && qos > 0)
					setup.peer.send(qos === 1 ? PUBACK(messageId!) : PUBREC(messageId!));
				if (cmd === "pubrel") setup.peer.send(PUBCOMP(messageId!));
			}
		};
		for (const step of steps) {
			if (step === "publish") {
				published++;
				it.publish();
			} else if (step === "accept") {
				if (up) continue;
				if (setup.peer.socket.closed) setup.redial();
				setup.peer.accept(true);
				up = true;
			} else if (up) {
				if (step === "acknowledge") acknowledge();
				else if (step === "room") setup.peer.take();
				else {
					setup.peer.fail();
					up = false;
					if (step === "lose the session") {
						setup.redial().accept(false);
						up = true;
					}
				}
			}
			expect(it.dropped).toBe(setup.client.statistics.dropped);
		}
		setup.client.close();
		setup.clock.advance(60_000);
		expect(setup.client.state).toBe(State.CLOSED);
		const { dropped, delivered } = setup.client.statistics;
		expect(it.dropped).toBe(dropped);
		if (qos > 0) expect(dropped + delivered).toBe(published);
		expect(setup.news().filter((line) => line.startsWith("dropped")).length).toBe(dropped);
	};
	fc.assert(
		fc.property(
			fc.array(fc.constantFrom(...STEPS), { maxLength: 30 }),
			fc.oneof(fc.constant("newest" as const), fc.integer({ min: 1, max: 4 })),
			fc.constantFrom(0, 1, 2),
			fc.record({
				packets: fc.integer({ min: 1, max: 3 }),
				window: fc.constant(1),
				whenFull: fc.constantFrom("refuse", "dropOldest"),
			}),
			run,
		),
		{ numRuns: 500 },
	);
});

test("a full pool is in no group's way", () => {
	const { group: it, client, peer } = group({}, connected({ storeSize: 16 }));
	client.publish("t", "x", 1);
	expect(it.publish()).toBe(0);
	peer.expect(PUBLISH("t", "x", { qos: 1, id: 1 }), message(1));
});

test("an app that publishes when it is told of a replaced message gets its way", () => {
	let told = 0;
	const setup = new Setup({
		onDropped() {
			if (++told === 1) it.publish();
		},
	});
	const { group: it } = group({}, setup);
	it.publish();
	it.publish();
	setup.peer.accept();
	setup.peer.expect(message(3));
});

test("so does one whose message is gone already when the replaced one's turn comes", () => {
	const values = [1e20, 1e20, 1];
	let told = 0;
	const setup = connected(
		{
			onDropped() {
				if (++told > 1) return;
				it.publish();
				setup.client.subscribe("s", 0); // flushes: the shorter message fits
			},
		},
		{ room: 100 },
	);
	const { group: it, client, peer } = group({ fields: { n: () => values.shift()! } }, setup);
	client.publish("t", "x".repeat(70));
	it.publish();
	expect(it.publish()).toBe(HELD);
	peer.expect(PUBLISH("t", "x".repeat(70)), SUBSCRIBE(1, "s", 0), message(1));
	values.push(7);
	it.publish();
	peer.expect(message(7));
});

test("a source that gives no number gives null", () => {
	const values = [null, undefined, "7", true, [], 0] as unknown as number[];
	const { group: it, peer } = group({ fields: { n: () => values.shift()! } });
	for (let i = 0; i < 6; i++) it.publish();
	const none = PUBLISH("g", '{"n":null}');
	peer.expect(none, none, none, none, none, message(0));
});

test("a source that throws leaves the group as it was", () => {
	let broken = true;
	const fields = {
		n: () => {
			if (broken) throw new Error("no bus");
			return 1;
		},
	};
	const { group: it, peer } = group({ fields });
	expect(() => it.publish()).toThrow("no bus");
	broken = false;
	it.publish();
	peer.expect(message(1));
});

test("after close, nothing is asked and nothing accepted", () => {
	const { group: it, client, setup } = group();
	client.close();
	setup.news();
	expect(it.publish()).toBe(NOT_OPEN);
	expect(setup.news()).toEqual([]);
});

test.each([
	[{ topic: "a/#" }, /wildcard/],
	[{ fields: {} }, /fields is empty/],
	[{ fields: { time: () => 1 }, time: () => 1 }, /fields has "time"/],
	[{ fields: { quality: () => 1 }, quality: true }, /fields has "quality"/],
	[{ time: 7 as never }, /the field "time" must have a source/],
	[{ qos: 3 as never }, /qos is 3/],
	[{ retain: "false" as never }, /retain is false, of type string/],
	[{ quality: "false" as never }, /quality is false, of type string/],
	[{ interval: 0.5 }, /interval is 0.5/],
	[{ keep: 0 }, /keep is 0.*1 to 65535/],
	[{ keep: "all" as never }, /keep is "all"/],
] as [Partial<GroupOptions>, RegExp][])("the options %j throw", (options, rule) => {
	expect(() => group(options)).toThrow(rule);
});
