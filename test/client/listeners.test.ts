// The extension points: listeners, payloads written in place, owners; and two clients beside each other.

import { KEEP_ALL, type Listener, NO_ROOM, NOT_OPEN, type PayloadWriter, State } from "../../src/client.js";
import * as reasons from "../../src/connection/reasons.js";
import type { QoS } from "../../src/wire/protocol.js";
import { Topic } from "../../src/wire/topic.js";
import { bytesOf, CONNACK, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";
import { padded, storeFor } from "../support/store.js";

const topic = new Topic("t");

/** Writes this text. */
const writes = (text: string): PayloadWriter => ({
	write(bytes, at) {
		const payload = bytesOf(text);
		bytes.set(payload, at);
		return at + payload.length;
	},
});

describe("attach", () => {
	const diary = (log: string[], name: string): Listener => ({
		onConnected: (sessionPresent) => log.push(`${name} connected ${sessionPresent}`),
		onDisconnected: (reason) => log.push(`${name} disconnected ${reason}`),
		onWritable: () => log.push(`${name} writable`),
		onClosing: () => log.push(`${name} closing`),
	});

	test("lets listeners hear before the app, in the order of attachment", () => {
		const setup = new Setup({ storeSize: 64 });
		const text = padded("x", 40);
		setup.client.attach(diary(setup.log, "a"));
		setup.client.attach({});
		setup.client.attach(diary(setup.log, "b"));
		setup.peer.accept();
		expect(setup.news()).toEqual(["a connected false", "b connected false", "connected false"]);
		setup.client.publish("t", text, 1);
		setup.client.publish("t", text, 1);
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
	/** A listener that is woken every `delay` milliseconds, and when that was. */
	function sleeper(setup: Setup, delay: number, log: number[] = []) {
		let due = setup.client.ticks();
		const listener: Listener = {
			onDeadline(now) {
				if (((now - due) | 0) >= 0) {
					log.push(now);
					due = (now + delay) | 0;
				}
				return (due - now) | 0;
			},
		};
		setup.client.attach(listener);
		return log;
	}

	test.each(["WAITING", "CONNECTING", "CONNECTED"])(
		"wakes when it was asked to, over a wrap of the clock; %s",
		(state) => {
			const setup = new Setup({ connectTimeout: 3_600_000, keepAlive: 0 }, {}, 2 ** 31 - 500);
			if (state === "CONNECTED") setup.peer.accept();
			if (state === "WAITING") setup.peer.fail();
			const times = sleeper(setup, 400);
			setup.clock.advance(1300);
			const begin = 2 ** 31 - 499;
			expect(times).toEqual([0, 400, 800, 1200].map((at) => (begin + at) | 0));
		},
	);

	test("is not asked when nobody needs to be woken, and the client sleeps", () => {
		const setup = connected({ keepAlive: 0 });
		let calls = 0;
		setup.client.attach({
			onDeadline() {
				calls++;
				return Number.POSITIVE_INFINITY;
			},
		});
		setup.clock.advance(60_000);
		const before = { calls, wakes: setup.clock.wakes };
		setup.clock.advance(86_400_000);
		expect({ calls, wakes: setup.clock.wakes }).toEqual(before);
	});

	test("comes earlier than was said when the listener asks by wakeWithin", () => {
		const setup = connected({ keepAlive: 0 });
		const times: number[] = [];
		setup.client.attach({
			onDeadline(now) {
				times.push(now);
				return 1_000_000;
			},
		});
		setup.clock.advance(10_000);
		const begin = setup.client.ticks();
		times.length = 0;
		setup.client.wakeWithin(250);
		setup.client.wakeWithin(5000);
		setup.client.wakeWithin(100);
		setup.clock.advance(99);
		expect(times).toEqual([]);
		setup.clock.advance(1);
		expect(times[0] - begin).toBe(100);
		// The others were a wish of then: the last word is what onDeadline has returned.
		setup.clock.advance(999_999);
		expect(times.length).toBeLessThanOrEqual(1);
		setup.clock.advance(1);
		expect(times.at(-1)! - begin).toBe(1_000_100);
	});

	test("each listener has its own, and the earliest decides", () => {
		const setup = connected({ keepAlive: 0 });
		const fast = sleeper(setup, 30);
		const slow = sleeper(setup, 70);
		setup.clock.advance(211);
		expect([fast.length, slow.length]).toEqual([8, 4]);
	});

	test.each([0, -5, Number.NaN, undefined as never])(
		"that returns %s does not stop the clock, or make it race",
		(answer) => {
			const setup = connected({ keepAlive: 10_000 });
			let calls = 0;
			setup.client.attach({
				onDeadline() {
					calls++;
					return answer;
				},
			});
			setup.clock.advance(1000);
			expect(calls).toBeGreaterThan(0);
			expect(calls).toBeLessThanOrEqual(1001);
			setup.clock.advance(60_000);
			expect(setup.client.statistics.timeouts).toBe(1); // nobody answered PINGREQ
		},
	);

	test("ends with close, also when it is the listener that closes", () => {
		const setup = connected();
		let calls = 0;
		setup.client.attach({
			onDeadline() {
				calls++;
				setup.client.close();
				return 1;
			},
		});
		setup.clock.advance(1000);
		expect(calls).toBe(1);
		expect(setup.clock.timers).toBe(0);
	});
});

describe("publishWith", () => {
	test("publishes what was written in place", () => {
		const setup = connected();
		expect(setup.client.publishWith(topic, 0, true, writes("hello"))).toBe(0);
		expect(setup.client.publishWith(topic, 1, false, writes("x".repeat(200)))).toBe(1);
		expect(setup.client.publishWith(topic, 2, false, writes(""))).toBe(2);
		setup.peer.expect(
			PUBLISH("t", "hello", { retain: true }),
			PUBLISH("t", "x".repeat(200), { qos: 1, id: 1 }),
			PUBLISH("t", "", { qos: 2, id: 2 }),
		);
		expect(setup.client.statistics.published).toBe(3);
	});

	test("holds the order of acceptance offline", () => {
		const setup = new Setup();
		setup.client.publish("t", "first");
		setup.client.publishWith(topic, 0, false, writes("second"));
		setup.client.publish("t", "third");
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", "first"), PUBLISH("t", "second"), PUBLISH("t", "third"));
	});

	test.each([60, 126, 127, 128, 129, 130, 512])(
		"may fill all of the limit, with packetSize %d",
		(packetSize) => {
			for (const qos of [0, 1, 2] as QoS[]) {
				const setup = connected({ packetSize });
				let length = 0;
				const writer: PayloadWriter = {
					write(bytes, at, limit) {
						length = limit - at;
						bytes.fill(0x78, at, limit);
						return limit;
					},
				};
				const id = setup.client.publishWith(topic, qos, false, writer);
				expect(setup.peer.writes.length).toBe(2);
				expect(setup.peer.writes[1].length).toBeGreaterThanOrEqual(packetSize - 1);
				setup.peer.expect(PUBLISH("t", "x".repeat(length), { qos, id }));
			}
		},
	);

	test.each([
		["behind the limit", (_at: number, limit: number) => limit + 1],
		["before its beginning", (at: number) => at - 1],
		["at NaN", () => Number.NaN],
		["at half a byte", (at: number) => at + 0.5],
		["nowhere", () => undefined as never],
		["at null", () => null as never],
		["at Infinity", () => Number.POSITIVE_INFINITY],
		["at text", (at: number) => `${at}` as never],
	])("a payload that ends %s throws, and nothing is published", (_what, end) => {
		for (const setup of [connected(), new Setup()]) {
			const { client } = setup;
			client.publish("t", "before", 1);
			const writer: PayloadWriter = { write: (_bytes, at, limit) => end(at, limit) };
			expect(() => client.publishWith(topic, 1, false, writer)).toThrow(
				/the payload ends at .*: it must end between/,
			);
			expect(client.held).toBe(1);
			client.publish("t", "after", 1);
			if (client.statistics.connects === 0) setup.peer.accept();
			setup.peer.expect(PUBLISH("t", "before", { qos: 1, id: 1 }), PUBLISH("t", "after", { qos: 1, id: 2 }));
		}
	});

	test("an error of the writer goes on, nothing is published, and the next one is as ever", () => {
		const setup = connected();
		const payload = Uint8Array.of(1, 2, 3);
		setup.client.publish(topic, payload);
		const writer: PayloadWriter = {
			write(bytes, at) {
				bytes.fill(0xee, at);
				throw new Error("mine");
			},
		};
		expect(() => setup.client.publishWith(topic, 0, false, writer)).toThrow("mine");
		setup.client.publish(topic, payload);
		expect(setup.client.publishWith(topic, 0, false, writes("x"))).toBe(0);
		setup.peer.expect(PUBLISH("t", [1, 2, 3]), PUBLISH("t", [1, 2, 3]), PUBLISH("t", "x"));
	});

	test("that can never fit the store throws, and says so", () => {
		const { client, peer } = connected({ storeSize: 64 });
		expect(() => client.publishWith(topic, 0, false, writes("x".repeat(60)))).toThrow(
			/60 bytes does not fit.*storeSize/,
		);
		expect(() => client.publishWith(new Topic("t".repeat(600)), 0, false, writes(""))).toThrow(
			/does not fit.*packetSize/,
		);
		peer.expect();
		expect(client.publish("t", "x")).toBe(0);
	});

	test("after close is refused, and the writer is not asked", () => {
		const { client } = connected();
		client.close();
		const writer: PayloadWriter = {
			write() {
				throw new Error("asked");
			},
		};
		expect(client.publishWith(topic, 1, false, writer)).toBe(NOT_OPEN);
		expect(client.statistics.refused).toBe(1);
	});

	describe.each(["connected", "offline"])("from within write, %s,", (where) => {
		const calls: [string, (setup: Setup) => number][] = [
			["publish", ({ client }) => client.publish(topic, Uint8Array.of(9))],
			["publish of a string", ({ client }) => client.publish("u", "x".repeat(600), 1)],
			["publishWith", ({ client }) => client.publishWith(topic, 1, false, writes("inner"))],
			[
				"publishWith of an owner",
				({ client }) => client.publishWith(topic, 1, false, writes("i"), client.owner(40)),
			],
			["publishFrom", ({ client }) => client.publishFrom("u", 1, () => 1, 1)],
		];
		test.each(calls)("%s is refused, and told when it may be tried again", (_what, call) => {
			const setup = where === "connected" ? connected() : new Setup();
			const { client } = setup;
			let answer = 0;
			const writer: PayloadWriter = {
				write(bytes, at) {
					bytes[at] = 0x78;
					answer = call(setup);
					return at + 1;
				},
			};
			expect(client.publishWith(topic, 0, false, writer)).toBe(0);
			expect(answer).toBe(NO_ROOM);
			expect(client.statistics).toMatchObject({ published: 1, refused: 1 });
			setup.clock.advance(1000);
			expect(setup.news()).toEqual(["writable"]);
			if (where === "offline") setup.peer.accept();
			setup.peer.expect(PUBLISH("t", "x"));
		});

		test("subscribe, unsubscribe, pause and resume are legal, and a message may come in", () => {
			const setup = where === "connected" ? connected() : new Setup();
			const { client, peer } = setup;
			if (where === "connected") {
				client.pause();
				peer.send(PUBLISH("in", "1", { qos: 1, id: 5 }), PUBLISH("in", "2", { qos: 2, id: 6 }));
			}
			const writer: PayloadWriter = {
				write(bytes, at) {
					bytes[at] = 0x78;
					client.subscribe("a", 0);
					client.unsubscribe("a");
					client.pause();
					client.resume();
					return at + 1;
				},
			};
			expect(client.publishWith(topic, 1, false, writer)).toBeGreaterThan(0);
			if (where === "connected") expect(setup.news()).toEqual(["message in=1 qos1", "message in=2 qos2"]);
			else peer.accept();
			const sent = Buffer.from(peer.take());
			expect(sent.includes(Buffer.from(PUBLISH("t", "x", { qos: 1, id: client.statistics.published })))).toBe(
				true,
			);
		});
	});
});

describe("who was refused is told of room", () => {
	/** Refuses a publish while a payload is being written, which then is given up, or accepted. */
	function refuse(setup: Setup, failure?: Error): void {
		const { client } = setup;
		const writer: PayloadWriter = {
			write(_bytes, at) {
				expect(client.publish("t", "none left")).toBe(NO_ROOM);
				setup.news();
				if (failure !== undefined) throw failure;
				return at;
			},
		};
		if (failure === undefined) expect(client.publishWith(topic, 0, false, writer)).toBe(0);
		else expect(() => client.publishWith(topic, 0, false, writer)).toThrow(failure);
	}

	describe.each([undefined, new Error("mine")])("the payload at hand failed: %s", (failure) => {
		test.each(["WAITING", "CONNECTING", "HANDSHAKE", "CONNECTED"] as const)(
			"in state %s, soon, and once",
			(state) => {
				const setup = state === "CONNECTED" ? connected() : new Setup({ random: () => 0.9 });
				const { client } = setup;
				if (state === "HANDSHAKE") setup.peer.open();
				if (state === "WAITING") setup.peer.fail();
				expect(client.state).toBe(State[state]);
				refuse(setup, failure);
				expect(setup.news()).toEqual([]);
				setup.clock.advance(1);
				expect(setup.news()).toEqual(["writable"]);
				setup.clock.advance(250);
				expect(setup.news()).toEqual([]);
				expect(client.publish("t", "fine")).toBe(0);
			},
		);

		test("not after close", () => {
			const setup = new Setup();
			refuse(setup, failure);
			setup.client.close();
			setup.news();
			setup.clock.advance(1000);
			expect(setup.news()).toEqual([]);
		});
	});
});

test("a payload written in place makes no room: who was refused because the store is full is not told", () => {
	const setup = connected({ storeSize: storeFor(1, "t", 40) });
	const { client, peer } = setup;
	client.publish(topic, padded("held", 40), 1);
	expect(client.publish(topic, padded("refused", 40), 1)).toBe(NO_ROOM);
	expect(client.publishFrom(topic, 1, () => 1, 0)).toBe(NO_ROOM);
	expect(client.publishWith(topic, 0, false, writes("at once"))).toBe(0);
	setup.clock.advance(1000);
	expect(setup.news()).toEqual([]);
	peer.send(PUBACK(1));
	expect(setup.news()).toEqual(["delivered 1", "writable"]);
});

describe("owner", () => {
	const publish = (setup: Setup, owner: number, text: string, qos: QoS = 1) =>
		setup.client.publishWith(topic, qos, false, writes(text), owner);

	test("the newest message takes the last one's place as long as that was never sent, and it is told", () => {
		const setup = new Setup();
		const owner = setup.client.owner();
		setup.client.publish("u", "between", 1);
		expect(publish(setup, owner, "old")).toBe(2);
		expect(publish(setup, owner, "new")).toBe(3);
		expect(setup.news()).toEqual([`dropped 2 ${reasons.REPLACED}`]);
		expect(setup.client.held).toBe(2);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("u", "between", { qos: 1, id: 1 }), PUBLISH("t", "new", { qos: 1, id: 3 }));
		expect(setup.client.statistics).toMatchObject({ published: 3, dropped: 1 });
	});

	test("what was sent is not replaced, on this connection or another", () => {
		const setup = connected();
		const owner = setup.client.owner();
		expect(publish(setup, owner, "sent")).toBe(1);
		expect(publish(setup, owner, "sent too")).toBe(2);
		setup.peer.fail();
		setup.news();
		expect(publish(setup, owner, "third")).toBe(3);
		expect(publish(setup, owner, "fourth")).toBe(4);
		expect(setup.news()).toEqual([`dropped 3 ${reasons.REPLACED}`]);
		setup
			.reconnect(true)
			.expect(
				PUBLISH("t", "sent", { qos: 1, id: 1, dup: true }),
				PUBLISH("t", "sent too", { qos: 1, id: 2, dup: true }),
				PUBLISH("t", "fourth", { qos: 1, id: 4 }),
			);
	});

	test("each owner has its own, and others' messages are left alone", () => {
		const setup = new Setup();
		const [first, second] = [setup.client.owner(), setup.client.owner()];
		publish(setup, first, "1");
		publish(setup, second, "2");
		publish(setup, 0, "nobody's");
		publish(setup, second, "2 again", 0);
		publish(setup, first, "a longer one takes its turn at the end");
		expect(setup.news()).toEqual([`dropped 2 ${reasons.REPLACED}`, `dropped 1 ${reasons.REPLACED}`]);
		setup.peer.accept();
		setup.peer.expect(
			PUBLISH("t", "nobody's", { qos: 1, id: 3 }),
			PUBLISH("t", "2 again"),
			PUBLISH("t", "a longer one takes its turn at the end", { qos: 1, id: 4 }),
		);
	});

	test("with KEEP_ALL none gives way, to its own or to others", () => {
		const setup = new Setup({ storeSize: 3 * storeFor(1, "t", 20), whenFull: "dropOldest" });
		const owner = setup.client.owner() + KEEP_ALL;
		for (const text of ["1", "2", "3"]) publish(setup, owner, padded(text, 20));
		expect(publish(setup, owner, padded("4", 20))).toBe(NO_ROOM);
		expect(setup.client.publish("t", padded("other", 20), 1)).toBe(NO_ROOM);
		setup.peer.accept();
		setup.peer.expect(
			...["1", "2", "3"].map((text, i) => PUBLISH("t", padded(text, 20), { qos: 1, id: i + 1 })),
		);
		for (const wrong of [owner + 1, KEEP_ALL, 2 * KEEP_ALL + 1, 257, 1.5, -1])
			expect(() => publish(setup, wrong, "x")).toThrow(/owner is/);
	});

	test("tells whether one is waiting, and whether one is held, at QoS 2 to the end", () => {
		const setup = new Setup({ window: 1 });
		const { client, peer } = setup;
		const [owner, other] = [client.owner(), client.owner()];
		const state = () => [client.isWaiting(owner), client.isHeld(owner)];
		publish(setup, other, "x", 2);
		expect(state()).toEqual([false, false]);
		publish(setup, owner, "x", 2);
		expect(state()).toEqual([true, true]);
		peer.accept();
		expect(state()).toEqual([true, true]);
		peer.send(PUBREC(1), PUBCOMP(1));
		expect(state()).toEqual([false, true]);
		setup.reconnect(true);
		expect(state()).toEqual([false, true]);
		setup.peer.send(PUBREC(2));
		expect(state()).toEqual([false, true]);
		setup.peer.send(PUBCOMP(2));
		expect(state()).toEqual([false, false]);
	});

	test("awaitRoom: onWritable comes when something held is done with, and once", () => {
		const setup = connected();
		publish(setup, 0, "1");
		setup.client.awaitRoom();
		setup.clock.advance(1000);
		expect(setup.news()).toEqual([]);
		publish(setup, 0, "2");
		setup.peer.send(PUBACK(1));
		expect(setup.news()).toEqual(["delivered 1", "writable"]);
		setup.peer.send(PUBACK(2));
		expect(setup.news()).toEqual(["delivered 2"]);
	});

	test("listeners are told of each message that is given up, and whose it was", () => {
		const setup = new Setup({ window: 2 });
		const { client } = setup;
		const told: unknown[] = [];
		client.attach({ onDropped: (...all) => told.push(all) });
		const [first, second] = [client.owner(), client.owner()];
		publish(setup, second, "1");
		publish(setup, second, "2", 2);
		setup.peer.accept();
		publish(setup, first + KEEP_ALL, "3");
		client.publish("t", "4");
		setup.peer.send(PUBREC(2));
		setup.peer.fail();
		setup.redial().accept(false);
		client.reportDropped(reasons.REPLACED, first + KEEP_ALL);
		setup.peer.fail();
		client.close();
		expect(told).toEqual([
			[1, reasons.REPLACED, second],
			[2, reasons.SESSION_LOST, second],
			[0, reasons.REPLACED, first],
			[3, reasons.CLOSED_BY_APP, first],
		]);
		expect(setup.log.filter((line) => line.startsWith("dropped")).length).toBe(4);
		expect(client.statistics.dropped).toBe(4);
	});

	test("one of the same length keeps the turn of the last one", () => {
		const setup = new Setup();
		const owner = setup.client.owner();
		publish(setup, owner, "20.1");
		setup.client.publish("u", "behind", 1);
		publish(setup, owner, "20.2");
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", "20.2", { qos: 1, id: 3 }), PUBLISH("u", "behind", { qos: 1, id: 2 }));
	});

	test("a larger one takes its place only once it fits; until then the last one stays", () => {
		const setup = new Setup({ storeSize: 2 * storeFor(1, "t", 20), window: 1 });
		const owner = setup.client.owner();
		expect(publish(setup, owner, padded("old", 20))).toBe(1);
		setup.client.publish("t", padded("other", 20), 1);
		expect(publish(setup, owner, padded("larger", 40))).toBe(NO_ROOM);
		expect(setup.news()).toEqual([]);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", padded("old", 20), { qos: 1, id: 1 }));
		setup.news();
		setup.peer.send(PUBACK(1));
		expect(setup.news()).toEqual(["delivered 1", "writable"]);
	});

	test("room set aside is there though the store is full, and only for its owner", () => {
		const setup = new Setup({ storeSize: 256 });
		const owner = setup.client.owner(1 + 40);
		let accepted = 0;
		while (setup.client.publish("t", padded(`${accepted}`, 20), 1) !== NO_ROOM) accepted++;
		expect(accepted).toBe(Math.floor((256 - storeFor(1, "t", 40, 1)) / storeFor(1, "t", 20)));
		expect(publish(setup, owner, padded("mine", 40), 1)).toBe(accepted + 1);
		expect(publish(setup, owner, padded("mine again", 39), 1)).toBe(accepted + 2);
		expect(setup.news()).toEqual([`dropped ${accepted + 1} ${reasons.REPLACED}`]);
		expect(setup.client.publish("t", padded("no", 20), 1)).toBe(NO_ROOM);
		// Sent and unacknowledged, it has the room still; another one finds none.
		setup.peer.accept();
		setup.news();
		for (let id = 1; id <= accepted; id++) setup.peer.send(PUBACK(id));
		expect(publish(setup, owner, padded("third", 40), 1)).toBe(accepted + 3);
		setup.peer.send(PUBACK(accepted + 2), PUBACK(accepted + 3));
		expect(setup.client.held).toBe(0);
	});

	test("room set aside may be most of the store, or all of it", () => {
		for (const keep of [0, 40]) {
			const setup = connected({ storeSize: 256 });
			const owner = setup.client.owner(1 + 256 - 12 - 1 - keep);
			const text = padded("mine", 256 - 13 - keep);
			expect(publish(setup, owner, text)).toBe(1);
			expect(publish(setup, owner, text)).toBe(NO_ROOM);
			expect(() => publish(setup, owner, `${text}xxxx`)).toThrow(/has room for/);
			expect(setup.news()).toEqual([]);
			if (keep > 0) expect(setup.client.publish("t", padded("x", keep - 13), 1)).toBe(2);
			setup.peer.send(PUBACK(1), PUBACK(2));
			expect(setup.news().slice(0, 2)).toEqual(["delivered 1", "writable"]);
			setup.peer.fail();
			expect(publish(setup, owner, text)).toBe(setup.client.statistics.published);
			expect(publish(setup, owner, text)).toBe(setup.client.statistics.published);
			expect(setup.client.held).toBe(1);
		}
	});

	test("room set aside is its owner's again when its message is delivered, also at QoS 2", () => {
		const setup = connected({ storeSize: 128, window: 2 });
		const owner = setup.client.owner(1 + 40);
		for (let id = 1; id < 20; id += 2) {
			while (setup.client.held < 1) setup.client.publish("t", padded("fills", 50), 1);
			const answer = publish(setup, owner, padded("mine", 40), 2);
			expect(answer).toBe(id + 1);
			setup.peer.send(PUBREC(answer));
			setup.peer.send(PUBCOMP(answer), PUBACK(id));
			expect(setup.client.held).toBe(0);
		}
		expect(setup.client.statistics).toMatchObject({ dropped: 0, refused: 0, delivered: 20 });
	});

	test("dropOldest passes over owners' messages", () => {
		const setup = new Setup({ storeSize: 3 * storeFor(1, "t", 20), whenFull: "dropOldest" });
		const owner = setup.client.owner();
		publish(setup, owner, padded("mine", 20));
		for (const text of ["a", "b", "c", "d"]) setup.client.publish("t", padded(text, 20), 1);
		expect(setup.news()).toEqual([`dropped 2 ${reasons.REPLACED}`, `dropped 3 ${reasons.REPLACED}`]);
		setup.peer.accept();
		setup.peer.expect(
			PUBLISH("t", padded("mine", 20), { qos: 1, id: 1 }),
			PUBLISH("t", padded("c", 20), { qos: 1, id: 4 }),
			PUBLISH("t", padded("d", 20), { qos: 1, id: 5 }),
		);
	});

	test("of several that wait, kept all, the last one gives way: what comes last is the newest", () => {
		const setup = new Setup();
		const owner = setup.client.owner();
		for (const text of ["1", "2"]) publish(setup, owner + KEEP_ALL, text);
		publish(setup, owner, "3");
		expect(setup.news()).toEqual([`dropped 2 ${reasons.REPLACED}`]);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", "1", { qos: 1, id: 1 }), PUBLISH("t", "3", { qos: 1, id: 3 }));
	});

	test("an error names the bytes that were asked for, and those that can be", () => {
		const { client } = new Setup({ storeSize: 128 });
		expect(() => client.owner(117)).toThrow(
			"117 bytes cannot be set aside: 116 are left; raise storeSize to 132",
		);
		expect(client.owner(116)).toBe(1);
	});

	test("throws when there are no more numbers, or the store has no room to set aside", () => {
		const { client } = new Setup();
		expect(() => client.owner(2041)).toThrow(/cannot be set aside.*storeSize/);
		expect(() => client.owner(-1)).toThrow(/bytes is -1/);
		expect(() => client.owner(1.5)).toThrow(/bytes is 1.5/);
		for (let i = 1; i <= 255; i++) expect(client.owner()).toBe(i);
		expect(() => client.owner()).toThrow(/255 owners/);
	});

	test.each([256, -1, 1, 0.5, Number.NaN])("a number that was not given, %s, throws at the call", (owner) => {
		for (const setup of [connected(), new Setup()]) {
			expect(() => publish(setup, owner as number, "x")).toThrow(/owner is/);
			expect(setup.client.held).toBe(0);
			if (setup.client.statistics.connects === 0) setup.peer.accept();
			setup.peer.expect();
		}
	});

	test.each([0, 40])(
		"whoever is told of a replaced message may publish, for nobody or another owner with %d",
		(room) => {
			const setup: Setup = new Setup({
				onDropped: (id) => setup.log.push(`dropped ${id}`, `inner ${publish(setup, other, "told", 0)}`),
			});
			const owner = setup.client.owner(40);
			const other = room === 0 ? 0 : setup.client.owner(room);
			publish(setup, owner, "old");
			expect(publish(setup, owner, "new")).toBe(2);
			expect(setup.news()).toEqual(["dropped 1", "inner 0"]);
			setup.peer.accept();
			setup.peer.expect(PUBLISH("t", "new", { qos: 1, id: 2 }), PUBLISH("t", "told"));
			expect(setup.client.statistics).toMatchObject({ published: 3, dropped: 1 });
		},
	);

	test("whoever is told of a replaced message may publish for the same owner: that one takes its place", () => {
		const setup: Setup = new Setup({
			onDropped: (id) => {
				setup.log.push(`dropped ${id}`);
				if (id === 1) setup.log.push(`inner ${publish(setup, owner, "told")}`);
			},
		});
		const owner = setup.client.owner();
		publish(setup, owner, "old");
		expect(publish(setup, owner, "new")).toBe(2);
		expect(setup.news()).toEqual(["dropped 1", "dropped 2", "inner 3"]);
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", "told", { qos: 1, id: 3 }));
	});

	test("an error thrown when told comes out of the call, and the message is accepted", () => {
		let first = true;
		const setup: Setup = new Setup({
			onDropped: () => {
				if (!first) return;
				first = false;
				throw new Error("mine");
			},
		});
		const owner = setup.client.owner();
		publish(setup, owner, "old");
		expect(() => publish(setup, owner, "new")).toThrow("mine");
		setup.peer.accept();
		setup.peer.expect(PUBLISH("t", "new", { qos: 1, id: 2 }));
	});

	test("a message in flight when the session is lost goes as new, and is still not replaced", () => {
		const setup = connected();
		const owner = setup.client.owner();
		publish(setup, owner, "sent", 2);
		setup.peer.fail();
		setup.news();
		expect(publish(setup, owner, "next", 2)).toBe(2);
		expect(setup.news()).toEqual([]);
		setup.redial().open();
		setup.peer.take();
		setup.peer.send(CONNACK(false));
		setup.peer.expect(PUBLISH("t", "sent", { qos: 2, id: 1 }), PUBLISH("t", "next", { qos: 2, id: 2 }));
		setup.peer.send(PUBREC(1), PUBREC(2));
		setup.peer.expect(PUBREL(1), PUBREL(2));
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
