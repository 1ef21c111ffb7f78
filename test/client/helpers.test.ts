// The extension points: attach, begin, end, cancel, reserve; and what the client shows of itself.

import { type Helper, NO_ROOM, State } from "../../src/client.js";
import * as reasons from "../../src/reasons.js";
import { Topic } from "../../src/wire/topic.js";
import { bytesOf, PUBACK, PUBLISH } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";

const topic = new Topic("t");

/** Fills what `begin` has lent. */
function fill(setup: Setup, at: number, text: string): number {
	setup.client.lent!.set(bytesOf(text), at);
	return at + text.length;
}

describe("attach", () => {
	const diary = (log: string[], name: string): Helper => ({
		onConnected: (sessionPresent) => log.push(`${name} connected ${sessionPresent}`),
		onDisconnected: (reason) => log.push(`${name} disconnected ${reason}`),
		onWritable: () => log.push(`${name} writable`),
		onClosing: () => log.push(`${name} closing`),
	});

	test("lets helpers hear before the app, in the order of attachment", () => {
		const setup = new Setup({ packets: 1 });
		setup.client.attach(diary(setup.log, "a"));
		setup.client.attach({});
		setup.client.attach(diary(setup.log, "b"));
		setup.peer.accept();
		expect(setup.news()).toEqual(["a connected false", "b connected false", "connected false"]);
		setup.client.publish("t", "x", 1);
		setup.client.publish("t", "y", 1);
		setup.peer.send(PUBACK(1));
		expect(setup.news()).toEqual(["delivered 1", "a writable", "b writable", "writable"]);
		setup.client.close();
		const closed = `disconnected ${reasons.CLOSED_BY_APP}`;
		expect(setup.news()).toEqual(["a closing", "b closing", `a ${closed}`, `b ${closed}`, closed]);
	});

	test("ticks four times a second, connected or not, with the client's clock", () => {
		const times: number[] = [];
		const setup = new Setup({}, {}, 2 ** 31 - 500);
		setup.client.attach({ onTick: (now) => times.push(now) });
		setup.clock.advance(1000);
		expect(times).toEqual([2 ** 31 - 250, -(2 ** 31), -(2 ** 31) + 250, -(2 ** 31) + 500]);
		expect(setup.client.ticks()).toBe(times[3]);
	});

	test("of more than the option allows throws", () => {
		const { client } = new Setup({ helpers: 1 });
		client.attach({});
		expect(() => client.attach({})).toThrow(/option helpers, which is 1/);
	});
});

describe("begin and end", () => {
	test("publish what was written in place", () => {
		const setup = connected();
		expect(setup.client.end(fill(setup, setup.client.begin(topic, 0, true), "hello"))).toBe(0);
		expect(setup.client.end(fill(setup, setup.client.begin(topic, 1, false), "x".repeat(200)))).toBe(1);
		setup.peer.expect(
			PUBLISH("t", "hello", { retain: true }),
			PUBLISH("t", "x".repeat(200), { qos: 1, id: 1 }),
		);
		expect(setup.client.lent).toBeUndefined();
		expect(setup.client.statistics.published).toBe(2);
	});

	test("hold the order of acceptance offline", () => {
		const setup = new Setup();
		setup.client.publish("t", "first");
		setup.client.end(fill(setup, setup.client.begin(topic, 0, false), "second"));
		setup.client.publish("t", "third");
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", "first"), PUBLISH("t", "second"), PUBLISH("t", "third"));
	});

	test("take a buffer of the pool, and give it back when it is sent", () => {
		const setup = connected({ packets: 1 });
		for (let i = 0; i < 3; i++)
			expect(setup.client.end(fill(setup, setup.client.begin(topic, 0, false), "x"))).toBe(0);
		const at = setup.client.begin(topic, 0, false);
		expect(at).toBeGreaterThan(0);
		expect(setup.client.publish("t", "none left")).toBe(NO_ROOM);
		setup.client.cancel();
		setup.clock.advance(250);
		expect(setup.news()).toEqual(["writable"]);
		expect(setup.client.publish("t", "fine")).toBe(0);
	});

	test("cancel publishes nothing", () => {
		const setup = connected();
		fill(setup, setup.client.begin(topic, 1, false), "x");
		setup.client.cancel();
		setup.peer.expect();
		expect(setup.client.statistics.published).toBe(0);
	});

	test("a payload that is too long throws, and gives the buffer back", () => {
		const setup = connected({ packetSize: 32, packets: 1 });
		setup.client.begin(topic, 0, false);
		expect(() => setup.client.end(33)).toThrow(/ends at 33: it must end between 5 and 32/);
		expect(setup.client.publish("t", "x")).toBe(0);
	});

	test.each([
		["text", "7"],
		["no whole number", 6.5],
		["nothing", undefined],
		["null", null],
	])("a payload that ends at %s throws, and gives the buffer back", (_what, end) => {
		const setup = connected({ packets: 1 });
		setup.client.begin(topic, 0, false);
		expect(() => setup.client.end(end as never)).toThrow(/must end between 5 and/);
		expect(setup.client.publish("t", "x")).toBe(0);
		setup.peer.expect(PUBLISH("t", "x"));
	});

	test("a payload that ends before it begins throws too", () => {
		const setup = connected();
		const at = setup.client.begin(new Topic("t"), 0, false);
		expect(() => setup.client.end(at - 1)).toThrow(RangeError);
		expect(() => setup.client.end(at)).toThrow(/without begin/);
		setup.client.begin(new Topic("t"), 0, false);
		expect(() => setup.client.end(Number.NaN)).toThrow(RangeError);
		setup.peer.expect();
	});

	test("begin twice throws", () => {
		const { client } = connected();
		client.begin(topic, 0, false);
		expect(() => client.begin(topic, 0, false)).toThrow(/begin was called twice/);
	});
});

describe("who was refused is told of room", () => {
	test.each(["WAITING", "CONNECTING", "HANDSHAKE"] as const)("in state %s, by the next tick", (state) => {
		const setup = new Setup({ packets: 1 });
		const { client } = setup;
		if (state === "HANDSHAKE") setup.peer.open();
		if (state === "WAITING") setup.peer.fail();
		expect(client.state).toBe(State[state]);
		client.begin(topic, 0, false);
		expect(client.publish("t", "none left")).toBe(NO_ROOM);
		setup.news();
		client.cancel();
		expect(setup.news()).toEqual([]);
		setup.clock.advance(250);
		expect(setup.news()).toEqual(["writable"]);
		setup.clock.advance(250);
		expect(setup.news()).toEqual([]);
		expect(client.publish("t", "fine")).toBe(0);
	});

	test("not after close", () => {
		const setup = new Setup({ packets: 1 });
		setup.client.begin(topic, 0, false);
		setup.client.publish("t", "none left");
		setup.client.close();
		setup.news();
		setup.client.cancel();
		setup.clock.advance(1000);
		expect(setup.news()).toEqual([]);
	});
});

describe("one buffer is lent at a time", () => {
	test("another one, of a helper, has to wait for it", () => {
		const setup = connected();
		const { client, peer } = setup;
		const slot = client.reserve(40);
		const at = client.begin(topic, 0, false);
		const { lent } = client;
		expect(client.begin(new Topic("u"), 0, false, slot)).toBe(NO_ROOM);
		expect(client.lent).toBe(lent);
		client.end(fill(setup, at, "x"));
		peer.expect(PUBLISH("t", "x"));
		setup.clock.advance(250);
		expect(setup.news()).toEqual(["writable"]);
		expect(client.begin(new Topic("u"), 0, false, slot)).toBeGreaterThan(0);
	});

	test.each([false, true])(
		"whoever is told of a replaced message may borrow first, from the pool: %s",
		(pooled) => {
			let at = 0;
			const setup: Setup = new Setup({
				onDropped: () => {
					at = setup.client.begin(new Topic("told"), 0, false, pooled ? undefined : other);
				},
			});
			const { client } = setup;
			const slot = client.reserve(40);
			const other = client.reserve(40);
			client.end(fill(setup, client.begin(topic, 0, false, slot), "old"));
			expect(client.begin(topic, 0, false, slot)).toBe(NO_ROOM);
			client.end(fill(setup, at, "x"));
			setup.peer.accept();
			setup.peer.expect(PUBLISH("told", "x"));
			expect(client.statistics).toMatchObject({ published: 2, dropped: 1 });
		},
	);
});

describe("reserve", () => {
	test("makes a buffer outside the pool", () => {
		const setup = new Setup({ packets: 1 });
		const slot = setup.client.reserve(40);
		setup.client.publish("t", "the pool is full");
		expect(setup.client.begin(topic, 0, false)).toBe(NO_ROOM);
		setup.client.end(fill(setup, setup.client.begin(topic, 0, false, slot), "x"));
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", "the pool is full"), PUBLISH("t", "x"));
	});

	test("holds one packet until it is acknowledged", () => {
		const setup = connected();
		const slot = setup.client.reserve(40);
		setup.client.publish("t", "something else", 1);
		expect(setup.client.end(fill(setup, setup.client.begin(topic, 1, false, slot), "x"))).toBe(2);
		expect(setup.client.begin(topic, 1, false, slot)).toBe(NO_ROOM);
		setup.peer.send(PUBACK(2));
		expect(setup.news()).toEqual(["delivered 2", "writable"]);
		expect(setup.client.begin(topic, 1, false, slot)).toBeGreaterThan(0);
	});

	test("what was never sent is replaced, and told; what was sent is not", () => {
		const setup = connected();
		const slot = setup.client.reserve(40);
		const publish = (text: string) => {
			const at = setup.client.begin(topic, 1, false, slot);
			return at < 0 ? at : setup.client.end(fill(setup, at, text));
		};
		expect(publish("sent")).toBe(1);
		setup.peer.fail();
		setup.news();
		expect(publish("no")).toBe(NO_ROOM);
		setup.reconnect(true).expect(PUBLISH("t", "sent", { qos: 1, id: 1, dup: true }));
		setup.peer.send(PUBACK(1));
		setup.peer.fail();
		setup.news();
		expect(publish("old")).toBe(2);
		expect(publish("new")).toBe(3);
		expect(setup.news()).toEqual([`dropped 2 ${reasons.REPLACED}`]);
		setup.reconnect(true).expect(PUBLISH("t", "new", { qos: 1, id: 3 }));
	});
});

test("two clients in one app keep to themselves", () => {
	const first = connected({ clientId: "1" });
	const second = connected({ clientId: "2" });
	first.client.subscribe("a", 0, () => first.log.push("a"));
	first.client.publish("t", "1", 1);
	second.client.publish("t", "2", 1);
	second.peer.expect(PUBLISH("t", "2", { qos: 1, id: 1 }));
	second.peer.send(PUBLISH("a", "x"), PUBACK(1));
	expect(second.news()).toEqual(["message a=x", "delivered 1"]);
	expect(first.news()).toEqual([]);
	first.client.close();
	second.client.publish("t", "still here");
	second.peer.expect(PUBLISH("t", "still here"));
	expect(first.client.statistics.delivered).toBe(0);
});
