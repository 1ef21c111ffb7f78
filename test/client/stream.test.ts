// publishFrom: a payload that the app writes part by part, larger than any buffer.

import { NO_ROOM, NOT_OPEN, State } from "../../src/client.js";
import * as reasons from "../../src/connection/reasons.js";
import type { QoS } from "../../src/index.js";
import type { Fill } from "../../src/session/outbox.js";
import { Topic } from "../../src/wire/topic.js";
import { judge } from "../support/judge.js";
import {
	concat,
	DISCONNECT,
	hex,
	PINGREQ,
	PUBACK,
	PUBCOMP,
	PUBLISH,
	PUBREC,
	PUBREL,
	SUBSCRIBE,
} from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";
import { padded, storeFor } from "../support/store.js";

/** A byte for each offset, none of them as its neighbours of a piece or a page. */
const byteAt = (at: number) => (at * 7 + (at >> 8) * 13 + (at >> 16)) & 255;
const payload = (total: number) => Uint8Array.from({ length: total }, (_, at) => byteAt(at));

/** Writes a payload of `total` bytes, and fills the rest of the view with noise. */
function filler(total: number, before?: (offset: number) => void): Fill {
	return (offset, view) => {
		before?.(offset);
		const count = Math.min(view.length, total - offset);
		for (let i = 0; i < view.length; i++) view[i] = i < count ? byteAt(offset + i) : 0xee;
		return count;
	};
}

/** The packet, without a word for a listing of 100000 bytes that differ. */
const same = (sent: Uint8Array, wanted: Uint8Array) => expect(hex(sent) === hex(wanted)).toBe(true);

const sizes = [64, 512, 3000];
const totals = [0, 1, 57, 58, 64, 65, 120, 500, 512, 513, 1024, 2995, 3000, 16_379, 100_000];

describe.each(sizes)("with packets of %d bytes", (packetSize) => {
	test.each([0, 1, 2] as QoS[])("is one PUBLISH on the wire at QoS %d, of any length", (qos) => {
		const setup = connected({ packetSize, storeSize: 64 }, { room: 1100 });
		const { client, peer } = setup;
		for (const total of totals) {
			const id = client.publishFrom("t/x", total, filler(total), qos, true);
			expect(id > 0).toBe(qos > 0);
			const sent = peer.take();
			same(sent, PUBLISH("t/x", payload(total), { qos, id, retain: true }));
			expect(judge(sent)).toMatchObject([{ cmd: "publish", topic: "t/x", qos, retain: true, dup: false }]);
			if (qos === 1) peer.send(PUBACK(id));
			if (qos === 2) peer.send(PUBREC(id), PUBCOMP(id));
			if (qos === 2) peer.expect(PUBREL(id));
			expect(setup.news()).toEqual(qos > 0 ? [`delivered ${id}`] : []);
			// The same place, for a message of the usual kind, and twice for the quick way.
			for (let i = 0; i < 2; i++) {
				expect(client.publish("t/x", Uint8Array.of(1, i), 0)).toBe(0);
				peer.expect(PUBLISH("t/x", [1, i]));
			}
		}
		expect(client.statistics).toMatchObject({ published: 3 * totals.length, dropped: 0 });
	});

	test.each([
		[0, true],
		[0, false],
		[1, true],
		[1, false],
		[2, true],
		[2, false],
	] as [QoS, boolean][])("goes from the start again after a break at QoS %d, session %s", (qos, session) => {
		const setup = connected({ packetSize }, { room: 1100 });
		const id = setup.client.publishFrom("t", 5000, filler(5000), qos);
		const again = PUBLISH("t", payload(5000), { qos, id, dup: session && qos > 0 });
		// Broken off in the middle, twice.
		for (let i = 0; i < 2; i++) {
			setup.reconnect(session);
			const begun = concat(setup.peer.writes.slice(1));
			expect(begun.length).toBeGreaterThan(500);
			same(begun, again.slice(0, begun.length));
		}
		same(setup.peer.take(), again);
		setup.news();
		if (qos === 0) {
			setup.reconnect(session).expect();
			return;
		}
		// Sent whole, and not acknowledged.
		setup.reconnect(session);
		same(setup.peer.take(), again);
		setup.news();
		setup.peer.send(qos === 1 ? PUBACK(id) : PUBREC(id));
		if (qos === 2) {
			setup.reconnect(true).expect(PUBREL(id));
			setup.news();
			setup.peer.send(PUBCOMP(id));
		}
		expect(setup.news()).toEqual([`delivered ${id}`]);
		setup.reconnect(true).expect();
		expect(setup.client.statistics).toMatchObject({ delivered: 1, dropped: 0, strayAcknowledgements: 0 });
	});

	test.each([2, 3, 7])("goes through a socket of %d segments, with nothing in between", (segments) => {
		const setup = connected({ packetSize, keepAlive: 1000 }, { room: 1100, segments });
		const { client, peer } = setup;
		client.publishFrom("t", 5000, filler(5000), 1);
		peer.send(PUBLISH("in", "x", { qos: 1, id: 5 }), PUBLISH("in", "x", { qos: 2, id: 6 }));
		client.subscribe("s", 0);
		client.publish("behind", "x");
		setup.clock.advance(1000);
		const sent = peer.take();
		expect(judge(sent).map((it) => it.cmd)).toEqual([
			"publish",
			"puback",
			"pubrec",
			"pingreq",
			"subscribe",
			"publish",
		]);
		const wanted = PUBLISH("t", payload(5000), { qos: 1, id: 1 });
		same(sent.slice(0, wanted.length), wanted);
	});
});

test("waits for its turn, and what is behind waits for it", () => {
	const setup = connected({ window: 2 });
	const { client, peer } = setup;
	client.publish("a", "", 1);
	client.publish("b", "", 1);
	expect(client.publishFrom("c", 5, () => 5, 1)).toBe(3);
	client.publish("d", "");
	peer.expect(PUBLISH("a", "", { qos: 1, id: 1 }), PUBLISH("b", "", { qos: 1, id: 2 }));
	peer.send(PUBACK(1));
	expect(judge(peer.take())).toMatchObject([{ topic: "c" }, { topic: "d" }]);
});

test("several in line go one after the other, control packets between them", () => {
	const setup = connected({ window: 8 }, { room: 1100 });
	for (let i = 0; i < 6; i++) setup.client.publishFrom(`t${i}`, 900, filler(900), (i % 3) as QoS);
	setup.peer.send(PUBLISH("in", "", { qos: 1, id: 9 }));
	expect(judge(setup.peer.take()).map((it) => (it.cmd === "publish" ? it.topic : it.cmd))).toEqual([
		"t0",
		"t1",
		"puback",
		"t2",
		"t3",
		"t4",
		"t5",
	]);
});

test("is asked for before the connection, and asked to fill only when it is sent", () => {
	const offsets: number[] = [];
	const setup = new Setup({ packetSize: 64 });
	expect(
		setup.client.publishFrom(
			"t",
			150,
			filler(150, (offset) => offsets.push(offset)),
			1,
		),
	).toBe(1);
	expect(offsets).toEqual([]);
	setup.peer.accept();
	setup.peer.expect(PUBLISH("t", payload(150), { qos: 1, id: 1 }));
	expect(offsets).toEqual([0, 64, 128]);
});

test("[MQTT-3.3.1-1] has no DUP from the message that was in its place before", () => {
	const setup = connected({ storeSize: 64 });
	setup.client.publish("t", "x", 1);
	setup.reconnect(true).expect(PUBLISH("t", "x", { qos: 1, id: 1, dup: true }));
	setup.peer.send(PUBACK(1));
	setup.client.publishFrom("t", 3, filler(3), 1);
	setup.peer.expect(PUBLISH("t", payload(3), { qos: 1, id: 2 }));
});

test("asks for the same part again when the socket refuses it", () => {
	const setup = connected({ packetSize: 64 }, { room: 1100, segments: 2 });
	const offsets: number[] = [];
	setup.client.publishFrom(
		"t",
		150,
		filler(150, (offset) => offsets.push(offset)),
	);
	setup.peer.expect(PUBLISH("t", payload(150)));
	expect(new Set(offsets)).toEqual(new Set([0, 64, 128]));
	expect(offsets.length).toBeGreaterThan(3);
});

describe("a fill that", () => {
	const faults: [string, (offset: number, view: Uint8Array) => unknown][] = [
		["gives less", (_offset, view) => view.length - 1],
		["gives nothing", () => 0],
		["gives more", (_offset, view) => view.length + 1],
		["returns nothing", () => undefined],
		["returns NaN", () => Number.NaN],
		["returns text", (_offset, view) => `${view.length}`],
	];

	test.each([0, 1, 2].flatMap((qos) => faults.map(([what, fill]) => [what, qos, fill] as const)))(
		"%s at QoS %d: message and connection are given up, what is behind goes on",
		(_what, qos, fill) => {
			const setup = connected({ packetSize: 64 });
			const { client, peer } = setup;
			client.publish("before", "", 1);
			const good = filler(1000);
			const bad = (offset: number, view: Uint8Array) =>
				offset < 100 ? good(offset, view) : (fill(offset, view) as number);
			const id = client.publishFrom("t", 1000, bad, qos as QoS);
			expect(id > 0).toBe(qos > 0);
			expect(setup.news()).toEqual([
				`dropped ${id} ${reasons.FILL_SHORT}`,
				`disconnected ${reasons.FILL_SHORT}`,
			]);
			expect(peer.socket.closed).toBe(true);
			client.publish("behind", "x", 1);
			setup
				.reconnect(true)
				.expect(
					PUBLISH("before", "", { qos: 1, id: 1, dup: true }),
					PUBLISH("behind", "x", { qos: 1, id: qos === 0 ? 2 : 3 }),
				);
			expect(client.statistics).toMatchObject({ dropped: 1, disconnects: 1 });
			expect([1, 2].map(() => client.publish("t", "") === NO_ROOM)).toEqual([false, false]);
		},
	);

	const fail = () => {
		throw new Error("mine");
	};

	test.each([0, 64])("throws at %d: as if it gave nothing, and the error goes on", (at) => {
		const setup = connected({ packetSize: 64 });
		const good = filler(1000);
		const fill: Fill = (offset, view) => (offset < at ? good(offset, view) : fail());
		expect(() => setup.client.publishFrom("t", 1000, fill, 1)).toThrow("mine");
		expect(setup.news()).toEqual([`dropped 1 ${reasons.FILL_SHORT}`, `disconnected ${reasons.FILL_SHORT}`]);
		setup.client.publish("next", "", 1);
		setup.reconnect(true).expect(PUBLISH("next", "", { qos: 1, id: 2 }));
	});

	test.each(["onDelivered", "alarm", "writable"])("throws in %s: the client goes on", (where) => {
		// The socket refuses the fourth write, and only the alarm tries it again.
		const setup = connected(
			{ packetSize: 64, window: 1 },
			{ room: 1100, segments: where === "alarm" ? 3 : 100 },
		);
		const { client, peer } = setup;
		const good = filler(2000);
		let fails = where === "onDelivered";
		client.publish("first", "", 1);
		client.publishFrom("t", 2000, (offset, view) => (fails ? fail() : good(offset, view)), 1);
		if (where === "onDelivered") expect(() => peer.send(PUBACK(1))).toThrow("mine");
		else {
			peer.send(PUBACK(1));
			fails = true;
			if (where === "writable") expect(() => peer.take()).toThrow("mine");
			else expect(() => setup.clock.advance(250)).toThrow("mine");
		}
		expect(setup.news()).toEqual([
			"delivered 1",
			`dropped 2 ${reasons.FILL_SHORT}`,
			`disconnected ${reasons.FILL_SHORT}`,
		]);
		client.publish("next", "", 1);
		setup.reconnect(true).expect(PUBLISH("next", "", { qos: 1, id: 3 }));
		expect(client.state).toBe(State.CONNECTED);
	});

	test.each([
		["returns too little", () => 0],
		["throws", fail],
	])("%s while the client closes: closed once, for good", (_what, fill) => {
		const setup = connected({ window: 1 });
		setup.client.publish("first", "", 1);
		setup.client.publishFrom("t", 1000, fill, 1);
		setup.client.publish("last", "", 1);
		setup.client.close();
		setup.peer.take();
		try {
			setup.peer.send(PUBACK(1));
		} catch (error) {
			expect(error).toEqual(new Error("mine"));
		}
		expect(setup.news()).toEqual([
			"delivered 1",
			`dropped 2 ${reasons.FILL_SHORT}`,
			`dropped 3 ${reasons.CLOSED_BY_APP}`,
			`disconnected ${reasons.FILL_SHORT}`,
		]);
		expect(setup.client.state).toBe(State.CLOSED);
		expect(setup.clock.timers).toBe(0);
	});

	test("is short is not asked again by a publish in onDropped, which hears first of a message that gave way", () => {
		let asked = 0;
		const setup = new Setup({
			storeSize: storeFor(1, "a", 20) + storeFor(1, "b", 50),
			window: 1,
			whenFull: "dropOldest",
			onDropped(id, reason) {
				setup.log.push(`dropped ${id} ${reason}`);
				if (reason === reasons.REPLACED) setup.client.publish("behind", "x");
			},
		});
		const { client, peer } = setup;
		peer.accept();
		setup.news();
		client.publish("a", padded("a", 20), 1);
		client.publish("b", padded("b", 50), 1);
		const fill: Fill = (_offset, { length }) => (asked++ === 0 ? 0 : Math.min(length, 40));
		client.publishFrom("t", 40, fill);
		expect(setup.news()).toEqual([
			`dropped 2 ${reasons.REPLACED}`,
			`dropped 0 ${reasons.FILL_SHORT}`,
			`disconnected ${reasons.FILL_SHORT}`,
		]);
		expect(asked).toBe(1);
		expect(client.held).toBe(2);
		setup
			.reconnect(true)
			.expect(PUBLISH("a", padded("a", 20), { qos: 1, id: 1, dup: true }), PUBLISH("behind", "x"));
	});

	const callsInDropped: [string, (setup: Setup) => void, string[]][] = [
		["publish", ({ client }) => client.publish("new", "x", 1), ["new"]],
		["publishFrom", ({ client }) => client.publishFrom("new", 600, filler(600), 1), ["new"]],
		["subscribe", ({ client }) => client.subscribe("s", 0), ["subscribe"]],
		["unsubscribe", ({ client }) => client.unsubscribe("s"), ["unsubscribe"]],
		["pause", ({ client }) => client.pause(), []],
	];

	test.each(
		[false, true].flatMap((behind) =>
			callsInDropped.map(([what, act, sent]) => [what, behind, act, sent] as const),
		),
	)("gives too little: %s when told is legal; another behind: %s", (_what, behind, act, sent) => {
		const setup: Setup = connected(
			{
				onDropped: (id) => {
					setup.log.push(`dropped ${id}`);
					act(setup);
				},
			},
			{ room: 1100 },
		);
		const { client, peer } = setup;
		const good = filler(4000);
		client.publishFrom("t", 4000, (offset, view) => (offset < 2000 ? good(offset, view) : 0), 1);
		if (behind) client.publishFrom("behind", 4000, good, 1);
		const wire = peer.take();
		const wanted = PUBLISH("t", payload(4000), { qos: 1, id: 1 });
		same(wire, wanted.slice(0, wire.length));
		expect(setup.news()).toEqual(["dropped 1", `disconnected ${reasons.FILL_SHORT}`]);
		client.resume();
		setup.reconnect(true);
		expect(
			judge(setup.peer.take())
				.map((it) => (it.cmd === "publish" ? it.topic : it.cmd))
				.sort(),
		).toEqual([...(behind ? ["behind"] : []), ...sent].sort());
		expect(client.state).toBe(State.CONNECTED);
	});

	test("gives too little: an error thrown when told ends the connection all the same", () => {
		const setup: Setup = connected({ onDropped: fail });
		expect(() => setup.client.publishFrom("t", 4000, () => 0, 1)).toThrow("mine");
		expect(setup.news()).toEqual([`disconnected ${reasons.FILL_SHORT}`]);
		setup.reconnect(true).expect();
		expect(setup.client.publish("t", "")).toBe(0);
	});

	test("gives too little: close when told ends for good", () => {
		const setup: Setup = connected({
			onDropped: (id, reason) => {
				setup.log.push(`dropped ${id} ${reason}`);
				setup.client.close();
			},
		});
		setup.client.publishFrom("t", 4000, () => 0, 1);
		expect(setup.news()).toEqual([`dropped 1 ${reasons.FILL_SHORT}`, `disconnected ${reasons.FILL_SHORT}`]);
		expect(setup.client.state).toBe(State.CLOSED);
		expect(setup.clock.timers).toBe(0);
	});

	const calls: [string, (setup: Setup) => unknown, Uint8Array[]][] = [
		["subscribe", ({ client }) => client.subscribe("s", 0), [SUBSCRIBE(2, "s", 0)]],
		["close", ({ client }) => client.close(), []],
		["pause", ({ client }) => client.pause(), []],
		["resume", ({ client }) => client.resume(), []],
	];

	test.each(calls.flatMap((it) => [0, 512, 1536].map((at) => [...it, at] as const)))(
		"calls %s: legal, and its message is whole",
		(what, act, sent, at) => {
			const setup = connected({}, { room: at === 0 ? 5000 : 1100 });
			let done = false;
			const fill = filler(2000, (offset) => {
				if (offset !== at || done) return;
				done = true;
				act(setup);
			});
			setup.client.publishFrom("t", 2000, fill, 1);
			same(setup.peer.take(), concat([PUBLISH("t", payload(2000), { qos: 1, id: 1 }), ...sent]));
			expect(done).toBe(true);
			setup.client.resume();
			setup.peer.send(PUBACK(1));
			setup.peer.expect(...(what === "close" ? [DISCONNECT] : []));
			expect(setup.log[0]).toBe("delivered 1");
		},
	);

	const publishing: [string, (setup: Setup) => unknown][] = [
		["publish", ({ client }) => client.publish("new", "x")],
		["publishFrom", ({ client }) => client.publishFrom("new", 700, filler(700))],
		[
			"publishWith",
			({ client }) => client.publishWith(new Topic("new"), 1, false, { write: (_bytes, to) => to }),
		],
	];

	test.each(publishing.flatMap((it) => [0, 512, 1536].map((at) => [...it, at] as const)))(
		"calls %s: refused, told when it may be tried again, and its message is whole",
		(_what, act, at) => {
			const setup = connected({}, { room: at === 0 ? 5000 : 1100 });
			const answers: unknown[] = [];
			const fill = filler(2000, (offset) => {
				if (offset === at) answers.push(act(setup));
			});
			setup.client.publishFrom("t", 2000, fill, 1);
			same(setup.peer.take(), PUBLISH("t", payload(2000), { qos: 1, id: 1 }));
			expect(answers).toEqual([NO_ROOM]);
			setup.clock.advance(1);
			expect(setup.news()).toEqual(["writable"]);
			expect(act(setup)).not.toBe(NO_ROOM);
		},
	);

	test.each([512, 0])(
		"calls resume, what comes in ends the connection, and it returns %d: the message goes again",
		(count) => {
			const setup = connected({}, { room: 1100 });
			let broken = false;
			const good = filler(2000);
			const fill: Fill = (offset, view) => {
				if (broken) return good(offset, view);
				broken = true;
				setup.client.resume();
				return count;
			};
			setup.client.pause();
			setup.peer.send(Uint8Array.of(0xf0, 0));
			setup.client.publishFrom("t", 2000, fill, 1);
			expect(setup.news().map((line) => line.split(":")[0])).toEqual([
				"disconnected malformed packet from the broker",
			]);
			setup.reconnect(true).expect(PUBLISH("t", payload(2000), { qos: 1, id: 1, dup: true }));
		},
	);

	test.each([false, true])(
		"calls resume, the connection ends, and it throws; closing %s: told once",
		(closing) => {
			const setup = connected({ window: 1 }, { room: 1100 });
			const { client, peer } = setup;
			client.publish("first", "", 1);
			const fill = () => {
				client.resume();
				throw new Error("mine");
			};
			client.publishFrom("t", 2000, fill, 1);
			if (closing) client.close();
			peer.take();
			client.pause();
			peer.send(concat([PUBACK(1), [0xf0, 0]]));
			Reflect.get(client, "writer").outbox.acknowledge(1);
			expect(() => peer.socket.options.onWritable.call(peer.socket, 1100)).toThrow("mine");
			expect(setup.news().filter((line) => line.startsWith("disconnected")).length).toBe(1);
			expect(setup.news().length).toBe(0);
			expect(client.state).toBe(closing ? State.CLOSED : State.WAITING);
		},
	);
});

test("PINGREQ goes when it is due, before the message or behind it", () => {
	const setup = connected({ keepAlive: 1000 }, { room: 1100 });
	setup.client.publishFrom("t", 3000, filler(3000));
	setup.clock.advance(1500);
	setup.peer.expect(PUBLISH("t", payload(3000)), PINGREQ);
});

test("is refused as any other when there is no room, or the client is closed", () => {
	const setup = connected({ storeSize: 64 });
	const { client, peer } = setup;
	client.publish("t", padded("x", 45), 1);
	expect(client.publishFrom("t", 9, filler(9))).toBe(NO_ROOM);
	peer.send(PUBACK(1));
	expect(setup.news()).toEqual(["delivered 1", "writable"]);
	// Whatever its length, it takes as much as a payload of 6 bytes.
	for (let id = 2; id <= 5; id++)
		expect(client.publishFrom("t", 9000, filler(9000), 1)).toBe(id < 5 ? id : NO_ROOM);
	expect(client.publish("t", padded("x", 45), 1)).toBe(NO_ROOM);
	peer.take();
	peer.send(PUBACK(2));
	expect(setup.news()).toEqual(["delivered 2", "writable"]);
	peer.send(PUBACK(3), PUBACK(4));
	client.close();
	expect(client.publishFrom("t", 9, filler(9))).toBe(NOT_OPEN);
	expect(client.statistics.refused).toBe(4);
});

test("is dropped for a newer one by dropOldest until it is begun, and its function let go", () => {
	const setup = new Setup({ storeSize: 64, whenFull: "dropOldest" }, { room: 1100 });
	const { client } = setup;
	for (const name of ["a", "b", "c"]) client.publishFrom(name, 9, filler(9), 1);
	client.publishFrom("new", 5000, filler(5000), 1);
	expect(setup.news()).toEqual([`dropped 1 ${reasons.REPLACED}`]);
	setup.peer.accept();
	expect(client.publish("t", padded("x", 40), 1)).toBe(NO_ROOM);
	const wanted = [
		PUBLISH("b", payload(9), { qos: 1, id: 2 }),
		PUBLISH("c", payload(9), { qos: 1, id: 3 }),
		PUBLISH("new", payload(5000), { qos: 1, id: 4 }),
	];
	same(setup.peer.take(), concat(wanted));
});

test("throws on what is wrong, and takes nothing", () => {
	const { client, peer } = connected({ storeSize: 128, packetSize: 64 });
	const fill = filler(9);
	const wrong: [() => void, RegExp][] = [
		[() => client.publishFrom("a/#", 9, fill), /wildcard/],
		[() => client.publishFrom(5 as never, 9, fill), /topic is 5/],
		[() => client.publishFrom("t", 9, fill, 3 as never), /qos is 3/],
		[() => client.publishFrom("t", -1, fill), /total is -1/],
		[() => client.publishFrom("t", 1.5, fill), /total is 1.5/],
		[() => client.publishFrom("t", undefined as never, fill), /total is/],
		[() => client.publishFrom("t", 268_435_455 - 2, fill), /total is 268435453/],
		[() => client.publishFrom("t", 9, undefined as never), /fill is undefined/],
		[() => client.publishFrom("t".repeat(60), 9, fill), /packetSize/],
	];
	for (const [call, text] of wrong) expect(call).toThrow(text);
	expect(client.publishFrom("t".repeat(57), 9, fill)).toBe(0); // head 5, name 2 + 57
	peer.expect(PUBLISH("t".repeat(57), payload(9)));
	expect(client.publish("t", "")).toBe(0);
	expect(client.statistics).toMatchObject({ published: 2, refused: 0 });
});

test("is given up by close when it is not sent in time, also half sent", () => {
	const setup = connected({}, { room: 1100 });
	setup.client.publishFrom("t", 5000, filler(5000), 1);
	setup.client.close();
	setup.clock.advance(10_250);
	expect(setup.news()).toEqual([
		`dropped 1 ${reasons.CLOSED_BY_APP}`,
		`disconnected ${reasons.CLOSED_BY_APP}`,
	]);
	const wire = setup.peer.take();
	same(wire, PUBLISH("t", payload(5000), { qos: 1, id: 1 }).slice(0, wire.length));
});
