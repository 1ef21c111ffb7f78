// The extension points: attach, publishWith, owners.

import { type Listener, NO_ROOM, NOT_OPEN, type PayloadWriter, State } from "../../src/client.js";
import * as reasons from "../../src/reasons.js";
import { Topic } from "../../src/wire/topic.js";
import { bytesOf, PUBACK, PUBLISH } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";

const topic = new Topic("t");

/** Writes a text. */
function text(text: string): PayloadWriter {
	return {
		write(bytes, at) {
			bytes.set(bytesOf(text), at);
			return at + bytesOf(text).length;
		},
	};
}

describe("attach", () => {
	const diary = (log: string[], name: string): Listener => ({
		onConnected: (sessionPresent) => log.push(`${name} connected ${sessionPresent}`),
		onDisconnected: (reason) => log.push(`${name} disconnected ${reason}`),
		onWritable: () => log.push(`${name} writable`),
		onClosing: () => log.push(`${name} closing`),
	});

	test("lets listeners hear before the app, in the order of attachment", () => {
		const setup = new Setup({ storeSize: 16 });
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

	test("of more than the option allows throws", () => {
		const { client } = new Setup({ listeners: 1 });
		client.attach({});
		expect(() => client.attach({})).toThrow(/option listeners, which is 1/);
	});
});

describe("onDeadline", () => {
	test("wakes a listener when it has asked for, connected or not, with the client's clock", () => {
		const times: number[] = [];
		const setup = new Setup({ keepAlive: 0 }, {}, 2 ** 31 - 500);
		setup.client.attach({
			onDeadline(now) {
				times.push(now);
				return times.length === 1 ? 400 : 1000;
			},
		});
		setup.clock.advance(1);
		expect(times).toEqual([2 ** 31 - 499]);
		setup.clock.advance(399);
		expect(times).toHaveLength(1);
		setup.clock.advance(1);
		expect(times).toEqual([2 ** 31 - 499, 2 ** 31 - 99]);
		setup.clock.advance(1000);
		expect(times).toEqual([2 ** 31 - 499, 2 ** 31 - 99, -(2 ** 31) + 901]);
		expect(setup.client.ticks()).toBe(times[2]);
	});

	test("one that wants to be woken earlier than it has said asks for it", () => {
		let woken = 0;
		const setup = connected({ keepAlive: 0 });
		setup.client.attach({
			onDeadline() {
				woken++;
				return Number.POSITIVE_INFINITY;
			},
		});
		setup.clock.advance(60_000);
		const before = woken;
		setup.client.wakeWithin(100);
		setup.client.wakeWithin(5000);
		setup.clock.advance(99);
		expect(woken).toBe(before);
		setup.clock.advance(1);
		expect(woken).toBe(before + 1);
	});

	test("at rest nobody is woken", () => {
		let woken = 0;
		const setup = connected({ keepAlive: 0 });
		setup.client.attach({
			onDeadline() {
				woken++;
				return Number.POSITIVE_INFINITY;
			},
		});
		setup.clock.advance(60_000);
		woken = 0;
		setup.clock.wakes = 0;
		setup.clock.advance(86_400_000);
		expect([woken, setup.clock.wakes]).toEqual([0, 0]);
	});

	test("after close nobody is woken any more", () => {
		let woken = 0;
		const setup = connected();
		setup.client.attach({
			onDeadline() {
				woken++;
				return 100;
			},
		});
		setup.client.close();
		woken = 0;
		setup.clock.advance(1000);
		expect([woken, setup.clock.timers]).toEqual([0, 0]);
	});
});

describe("publishWith", () => {
	test("publishes what was written in place", () => {
		const setup = connected();
		expect(setup.client.publishWith(topic, 0, true, text("hello"))).toBe(0);
		expect(setup.client.publishWith(topic, 1, false, text("x".repeat(200)))).toBe(1);
		setup.peer.expect(
			PUBLISH("t", "hello", { retain: true }),
			PUBLISH("t", "x".repeat(200), { qos: 1, id: 1 }),
		);
		expect(setup.client.statistics.published).toBe(2);
	});

	test("holds the order of acceptance offline", () => {
		const setup = new Setup();
		setup.client.publish("t", "first");
		setup.client.publishWith(topic, 0, false, text("second"));
		setup.client.publish("t", "third");
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", "first"), PUBLISH("t", "second"), PUBLISH("t", "third"));
	});

	test("gets room up to the limit, and no more", () => {
		const setup = connected({ packetSize: 32 });
		let room = 0;
		const all = { write: (_bytes: Uint8Array, at: number, limit: number) => (room = limit - at) + at };
		setup.client.publishWith(topic, 0, false, all);
		expect(room).toBe(32 - 5);
		expect(setup.peer.take()).toHaveLength(32);
		const more = { write: (_bytes: Uint8Array, _at: number, limit: number) => limit + 1 };
		expect(() => setup.client.publishWith(topic, 0, false, more)).toThrow(
			/ends at 33: it must end between 5 and 32/,
		);
		setup.peer.expect();
	});

	test.each([
		["text", "7"],
		["no whole number", 6.5],
		["nothing", undefined],
		["null", null],
		["what is none", Number.NaN],
		["before its beginning", 4],
	])("a payload that ends at %s throws, and nothing is published", (_what, end) => {
		const setup = connected({ storeSize: 16 });
		expect(() => setup.client.publishWith(topic, 0, false, { write: () => end as never })).toThrow(
			/must end between 5 and/,
		);
		expect(setup.client.statistics.published).toBe(0);
		expect(setup.client.publish("t", "x")).toBe(0);
		setup.peer.expect(PUBLISH("t", "x"));
	});

	test("what the writer throws goes on, and nothing is published", () => {
		const setup = connected();
		const fails = {
			write() {
				throw new Error("the app's");
			},
		};
		expect(() => setup.client.publishWith(topic, 1, false, fails)).toThrow("the app's");
		expect(setup.client.publish("t", "x", 1)).toBe(1);
		setup.peer.expect(PUBLISH("t", "x", { qos: 1, id: 1 }));
	});

	test("nothing can be published from within; room is told of afterwards", () => {
		const setup: Setup = connected();
		const { client } = setup;
		const inner: number[] = [];
		const busy = {
			write(bytes: Uint8Array, at: number) {
				bytes[at] = 0x78;
				inner.push(client.publish("t", "y"), client.publish(topic, new Uint8Array(1), 1));
				inner.push(client.publishWith(topic, 0, false, text("z")));
				inner.push(client.publishFrom("t", 3, () => 3));
				return at + 1;
			},
		};
		expect(client.publishWith(topic, 0, false, busy)).toBe(0);
		expect(inner).toEqual([NO_ROOM, NO_ROOM, NO_ROOM, NO_ROOM]);
		setup.peer.expect(PUBLISH("t", "x"));
		expect(client.statistics).toMatchObject({ published: 1, refused: 4 });
		setup.clock.advance(250);
		expect(setup.news()).toEqual(["writable"]);
	});

	test("subscribing from within waits until it is written", () => {
		const setup = connected();
		const { client } = setup;
		client.publishWith(topic, 0, false, {
			write(bytes, at) {
				client.subscribe("a", 0);
				bytes[at] = 0x78;
				return at + 1;
			},
		});
		const sent = setup.peer.take();
		expect([sent[0], sent[6]]).toEqual([0x30, 0x82]);
	});

	test("close from within comes after it", () => {
		const setup = connected();
		const { client } = setup;
		client.attach({ onClosing: () => client.publish("t", "farewell") });
		const closes = {
			write(bytes: Uint8Array, at: number) {
				client.close();
				bytes[at] = 0x78;
				return at + 1;
			},
		};
		expect(client.publishWith(topic, 0, false, closes)).toBe(0);
		setup.peer.expect(PUBLISH("t", "x"), PUBLISH("t", "farewell"), Uint8Array.of(0xe0, 0));
		expect(client.publishWith(topic, 0, false, text("x"))).toBe(NOT_OPEN);
	});

	test.each([
		["no topic", "t", text("x"), 0],
		["no writer", topic, {}, 0],
		["no writer at all", topic, undefined, 0],
		["an owner that was not given out", topic, text("x"), 1],
	])("with %s throws", (_what, wrong, writer, owner) => {
		const { client } = connected();
		expect(() => client.publishWith(wrong as never, 0, false, writer as never, owner)).toThrow(/it must /);
	});
});

describe("an owner", () => {
	test("'s newest message takes the place of the last one, as long as that was never sent", () => {
		const setup = connected();
		const { client } = setup;
		const owner = client.owner();
		const publish = (it: string) => client.publishWith(topic, 1, false, text(it), owner);
		expect(publish("sent")).toBe(1);
		setup.peer.fail();
		setup.news();
		expect(publish("old")).toBe(2);
		expect(client.publish("t", "another's", 1)).toBe(3);
		expect(publish("new")).toBe(4);
		expect(setup.news()).toEqual([`dropped 2 ${reasons.REPLACED}`]);
		setup
			.reconnect(true)
			.expect(
				PUBLISH("t", "sent", { qos: 1, id: 1, dup: true }),
				PUBLISH("t", "new", { qos: 1, id: 4 }),
				PUBLISH("t", "another's", { qos: 1, id: 3 }),
			);
	});

	test("of another length it goes to the end of the line; a larger one only if it fits", () => {
		const setup = new Setup({ storeSize: 48 });
		const { client } = setup;
		const owner = client.owner();
		expect(client.publishWith(topic, 0, false, text("12345"), owner)).toBe(0); // 16 bytes
		expect(client.publish("t", "12345")).toBe(0);
		expect(client.publish("t", "12345")).toBe(0);
		expect(client.publishWith(topic, 0, false, text("123456"), owner)).toBe(NO_ROOM);
		expect(setup.news()).toEqual([]);
		expect(client.publishWith(topic, 0, false, text("1"), owner)).toBe(0);
		expect(setup.news()).toEqual([`dropped 0 ${reasons.REPLACED}`]);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", "12345"), PUBLISH("t", "12345"), PUBLISH("t", "1"));
	});

	test("'s room is nobody else's", () => {
		const setup = new Setup({ storeSize: 32 });
		const { client } = setup;
		const owner = client.owner(1 + 1); // topic and payload
		expect(client.publish("t", "1")).toBe(0); // 12 bytes of 32
		expect(client.publish("t", "2")).toBe(NO_ROOM);
		expect(client.publishWith(topic, 1, false, text("x"), owner)).toBe(1);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", "1"), PUBLISH("t", "x", { qos: 1, id: 1 }));
		setup.peer.send(PUBACK(1));
		expect(client.publish("t", "1")).toBe(0);
	});

	test("cannot have room that is not there", () => {
		const { client } = new Setup({ storeSize: 64 });
		client.owner(20);
		expect(() => client.owner(60)).toThrow(/cannot be set aside.*raise storeSize/);
		expect(() => client.owner(-1)).toThrow(/bytes is -1/);
	});

	test("'s messages are not dropped for others", () => {
		const setup = new Setup({ storeSize: 32, whenFull: "dropOldest" });
		const { client } = setup;
		const owner = client.owner();
		client.publishWith(topic, 0, false, text("mine"), owner);
		client.publish("t", "old");
		client.publish("t", "new");
		expect(setup.news()).toEqual([`dropped 0 ${reasons.REPLACED}`]);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", "mine"), PUBLISH("t", "new"));
	});
});

test("who is told of a replaced message may publish: what took its place is accepted already", () => {
	const setup: Setup = new Setup({
		onDropped: () => void setup.client.publish("t", "told"),
	});
	const { client } = setup;
	const owner = client.owner();
	client.publishWith(topic, 0, false, text("old"), owner);
	client.publishWith(topic, 0, false, text("new"), owner);
	setup.peer.accept();
	setup.peer.expect(PUBLISH("t", "new"), PUBLISH("t", "told"));
	expect(client.state).toBe(State.CONNECTED);
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
