// PUBLISH of 5.0 as the client sends it (section 3.3): properties, topic aliases, in pieces, under 3.1.1 too.

import { NO_ROOM } from "../../../src/client.js";
import type { ClientOptions } from "../../../src/connection/options.js";
import { Sensor } from "../../../src/telemetry/index.js";
import { Topic } from "../../../src/wire/topic.js";
import { Properties } from "../../../src/wire/v5/properties.js";
import { bytesOf, CONNACK, concat, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL } from "../../support/packets.js";
import { CONNACK5, data, four, PUBLISH5, two, user } from "../../support/packets5.js";
import { Setup } from "../../support/setup.js";
import { connected5, Setup5 } from "../../support/setup5.js";

/** A topic that an alias stands for: `sets` it with its name. */
const aliased = (alias: number) => [two(0x23, alias)];

const ALL = new Properties({
	contentType: "text/plain",
	payloadFormat: 1,
	messageExpiry: 70_000,
	responseTopic: "re/ply",
	correlationData: Uint8Array.of(1, 2, 3),
	userProperties: [
		["a", "b"],
		["a", "c"],
	],
});
/** In the order in which they are sent; what the record has comes last. */
const all = (expiry = 70_000, alias = 0) => [
	four(2, expiry),
	...(alias > 0 ? aliased(alias) : []),
	[1, 1],
	data(3, "text/plain"),
	data(8, "re/ply"),
	user("a", "b"),
	user("a", "c"),
	data(9, [1, 2, 3]),
];

/** Seconds that are left after a reconnect: less than a second has passed, and nothing is rounded up. */
const AGAIN = 69_999;

const fill = (total: number) => (offset: number, view: Uint8Array) => {
	const count = Math.min(view.length, total - offset);
	for (let i = 0; i < count; i++) view[i] = offset + i;
	return count;
};
const filled = (total: number) => Uint8Array.from({ length: total }, (_, i) => i);

describe("without properties", () => {
	test.each([0, 1, 2] as const)("at QoS %d it has an empty property block", (qos) => {
		const { client, peer } = connected5();
		for (let id = 1; id < 4; id++) {
			expect(client.publish("a/b", "hello", qos, true)).toBe(qos && id);
			expect(peer.writes.length).toBe(id + 1);
			peer.expect(PUBLISH5("a/b", "hello", [], { qos, id, retain: true }));
		}
	});

	test.each([121, 122, 123, 124, 125, 126, 127, 128, 16_376, 16_378, 16_379, 16_380, 16_383])(
		"the remaining length is right around %d bytes of payload",
		(size) => {
			const { client, peer } = connected5({ packetSize: 20_000, storeSize: 32_000 }, undefined, {
				room: 32_000,
			});
			const payload = new Uint8Array(size).fill(7);
			client.publish("t", payload);
			client.publish("t", payload, 1);
			peer.expect(PUBLISH5("t", payload), PUBLISH5("t", payload, [], { qos: 1, id: 1 }));
		},
	);

	test("the same Topic and payload length again and again", () => {
		const { client, peer } = connected5({ window: 8 });
		const topic = new Topic("a/b");
		const payload = Uint8Array.of(1, 2, 3);
		for (const qos of [0, 1, 2, 1] as const)
			for (let i = 0; i < 2; i++) {
				payload[0]++;
				const id = client.publish(topic, payload, qos);
				peer.expect(PUBLISH5("a/b", payload.slice(), [], { qos, id }));
			}
		expect(client.held).toBe(6);
	});
});

describe("topic aliases", () => {
	const topic = new Topic("a/long/name");
	const granted = { topicAliasMaximum: 10 };

	test("the first PUBLISH sets one, the next ones have two bytes of topic", () => {
		const { client, peer } = connected5({}, granted);
		for (let i = 0; i < 4; i++) client.publish(topic, bytesOf(`${i}`));
		expect(peer.writes.length).toBe(5);
		peer.expect(
			PUBLISH5("a/long/name", "0", aliased(1)),
			PUBLISH5("", "1", aliased(1)),
			PUBLISH5("", "2", aliased(1)),
			PUBLISH5("", "3", aliased(1)),
		);
		expect(peer.writes[4].length).toBe(2 + 2 + 4 + 1);
	});

	test("a name of three bytes has none: it would take as many", () => {
		const { client, peer } = connected5({}, granted);
		for (let i = 0; i < 2; i++) {
			client.publish("abc", "x");
			client.publish("abcd", "x");
		}
		peer.expect(
			PUBLISH5("abc", "x"),
			PUBLISH5("abcd", "x", aliased(1)),
			PUBLISH5("abc", "x"),
			PUBLISH5("", "x", aliased(1)),
		);
	});

	test("a string is known again as long as it is remembered, a Sensor's topic always", () => {
		const { client, peer } = connected5({}, granted);
		const sensor = new Sensor(client, { topic: "some" });
		for (let i = 0; i < 2; i++) {
			client.publish("text", "x");
			sensor.update(i);
		}
		peer.expect(
			PUBLISH5("text", "x", aliased(1)),
			PUBLISH5("some", "0", aliased(2)),
			PUBLISH5("", "x", aliased(1)),
			PUBLISH5("", "1", aliased(2)),
		);
	});

	test.each([
		["the option", { topicAliases: 2 }, { topicAliasMaximum: 10 }],
		["the broker", {}, { topicAliasMaximum: 2 }],
	])("as many as %s allows: the first ones stay", (_who, options, limits) => {
		const { client, peer } = connected5(options, limits);
		const topics = ["aaaa", "bbbb", "cccc"].map((name) => new Topic(name));
		for (let i = 0; i < 2; i++) for (const it of topics) client.publish(it, "x");
		peer.expect(
			PUBLISH5("aaaa", "x", aliased(1)),
			PUBLISH5("bbbb", "x", aliased(2)),
			PUBLISH5("cccc", "x"),
			PUBLISH5("", "x", aliased(1)),
			PUBLISH5("", "x", aliased(2)),
			PUBLISH5("cccc", "x"),
		);
	});

	test.each([
		["the option is 0", { topicAliases: 0 }, granted],
		["the broker takes none", {}, undefined],
	])("none when %s", (_when, options, limits) => {
		const { client, peer } = connected5(options, limits);
		for (let i = 0; i < 2; i++) client.publish(topic, "x");
		peer.expect(PUBLISH5("a/long/name", "x"), PUBLISH5("a/long/name", "x"));
	});

	test.each([1, 2] as const)("at QoS %d what goes again has its topic name", (qos) => {
		const setup = connected5({}, granted);
		const { client } = setup;
		for (let i = 0; i < 4; i++) client.publish(topic, bytesOf(`${i}`), qos);
		setup.peer.expect(
			PUBLISH5("a/long/name", "0", aliased(1), { qos, id: 1 }),
			PUBLISH5("", "1", aliased(1), { qos, id: 2 }),
			PUBLISH5("", "2", aliased(1), { qos, id: 3 }),
			PUBLISH5("", "3", aliased(1), { qos, id: 4 }),
		);
		setup.resume();
		setup.peer.expect(
			...[1, 2, 3, 4].map((id) => PUBLISH5("a/long/name", `${id - 1}`, [], { qos, id, dup: true })),
		);
	});

	test("they are forgotten with the connection, and the next one may allow other ones", () => {
		const setup = connected5({}, granted);
		setup.client.publish(topic, "x");
		setup.client.publish(topic, "x");
		setup.peer.take();
		setup.resume(true, { topicAliasMaximum: 1 });
		setup.client.publish("bbbb", "x");
		setup.client.publish(topic, "x");
		setup.peer.expect(PUBLISH5("bbbb", "x", aliased(1)), PUBLISH5("a/long/name", "x"));
		setup.resume(true, {});
		setup.client.publish("bbbb", "x");
		setup.peer.expect(PUBLISH5("bbbb", "x"));
	});

	test.each([0, 1] as const)("a PUBLISH that was not sent sets none, at QoS %d", (qos) => {
		const { client, peer, clock } = connected5({}, granted);
		peer.socket.refusals = 1;
		const id = client.publish(topic, "x", qos);
		expect(peer.take().length).toBe(0);
		clock.advance(300);
		client.publish(topic, "y");
		client.publish(topic, "z");
		peer.expect(
			PUBLISH5("a/long/name", "x", [], { qos, id }),
			PUBLISH5("a/long/name", "y", aliased(1)),
			PUBLISH5("", "z", aliased(1)),
		);
	});

	test("what has to wait for room goes by its name, and sets none", () => {
		const { client, peer } = connected5({}, granted, { room: 40 });
		client.publish(topic, "12345678901234567890");
		client.publish(topic, "12345678901234567890");
		expect(peer.writes.length).toBe(2);
		peer.expect(
			PUBLISH5("a/long/name", "12345678901234567890", aliased(1)),
			PUBLISH5("a/long/name", "12345678901234567890"),
		);
		client.publish(topic, "x");
		peer.expect(PUBLISH5("", "x", aliased(1)));
	});

	test.each([
		["overwrites", { overwrites: true }],
		["allocates", { allocates: true }],
	])("with a stream that %s what it took", (_what, quirks) => {
		const { client, peer } = connected5({}, granted, quirks);
		for (let i = 0; i < 3; i++) client.publish(topic, bytesOf(`${i}`), 1);
		peer.expect(
			PUBLISH5("a/long/name", "0", aliased(1), { qos: 1, id: 1 }),
			PUBLISH5("", "1", aliased(1), { qos: 1, id: 2 }),
			PUBLISH5("", "2", aliased(1), { qos: 1, id: 3 }),
		);
	});

	test("two clients have aliases of their own for a Topic that both publish", () => {
		const setups = [connected5({}, granted), connected5({}, granted)];
		setups[0].client.publish("first", "x");
		for (const { client } of setups) client.publish(topic, "x");
		setups[0].peer.expect(PUBLISH5("first", "x", aliased(1)), PUBLISH5("a/long/name", "x", aliased(2)));
		setups[1].peer.expect(PUBLISH5("a/long/name", "x", aliased(1)));
	});

	test("with a packet that the alias would make too large for the broker, none is set", () => {
		const { client, peer } = connected5({}, { topicAliasMaximum: 5, maximumPacketSize: 21 });
		expect(client.publish("abcd", "12345678901")).toBe(0); // 2 + 6 + 1 + 11
		expect(client.publish("abcd", "123456789012")).toBe(0);
		expect(client.publish("abcd", "1234567890123")).toBeLessThan(0);
		peer.expect(PUBLISH5("abcd", "12345678901"), PUBLISH5("abcd", "123456789012"));
	});
});

describe("properties", () => {
	test.each([0, 1, 2] as const)("go along at QoS %d, at once and again", (qos) => {
		const setup = connected5({}, { topicAliasMaximum: 1 });
		const { client } = setup;
		const topic = new Topic("long");
		for (let id = 1; id <= 2; id++) expect(client.publish(topic, "x", qos, false, ALL)).toBe(qos && id);
		setup.peer.expect(
			PUBLISH5("long", "x", all(70_000, 1), { qos, id: 1 }),
			PUBLISH5("", "x", all(70_000, 1), { qos, id: 2 }),
		);
		setup.resume();
		if (qos === 0) return;
		setup.peer.expect(
			PUBLISH5("long", "x", all(AGAIN), { qos, id: 1, dup: true }),
			PUBLISH5("long", "x", all(AGAIN), { qos, id: 2, dup: true }),
		);
	});

	test("correlation data may be written anew before each publish", () => {
		const { client, peer } = connected5();
		const properties = new Properties({ correlationData: "ab" });
		client.publish("t", "x", 0, false, properties);
		properties.correlationData![1] = 0x63;
		client.publish("t", "x", 0, false, properties);
		peer.expect(PUBLISH5("t", "x", [data(9, "ab")]), PUBLISH5("t", "x", [data(9, "ac")]));
	});

	test("a message without them is not sent as the last one that had some", () => {
		const { client, peer } = connected5();
		const topic = new Topic("t");
		const payload = Uint8Array.of(1);
		for (const properties of [undefined, ALL, undefined, undefined, ALL])
			client.publish(topic, payload, 0, false, properties);
		const plain = PUBLISH5("t", [1]);
		peer.expect(plain, PUBLISH5("t", [1], all()), plain, plain, PUBLISH5("t", [1], all()));
	});

	test.each([120, 121, 127, 128, 129, 140, 16_300, 16_384])("%d bytes of them", (size) => {
		const setup = connected5({ packetSize: 20_000, storeSize: 40_000 }, undefined, { room: 40_000 });
		const text = "x".repeat(size);
		const properties = new Properties({ userProperties: [["n", text]] });
		const expiring = new Properties({ userProperties: [["n", text]], messageExpiry: 9 });
		setup.client.publish("t", "x", 1, false, properties);
		setup.client.publish("t", "x", 1, false, expiring);
		const packets = (dup: boolean) => [
			PUBLISH5("t", "x", [user("n", text)], { qos: 1, id: 1, dup }),
			PUBLISH5("t", "x", [four(2, 9), user("n", text)], { qos: 1, id: 2, dup }),
		];
		setup.peer.expect(...packets(false));
		setup.resume();
		setup.peer.expect(
			packets(true)[0],
			PUBLISH5("t", "x", [four(2, 8), user("n", text)], { qos: 1, id: 2, dup: true }),
		);
	});

	test("with publishWith and an owner, of whom the newest message stays", () => {
		const setup = new Setup5();
		const { client } = setup;
		const topic = new Topic("t");
		const owner = client.owner();
		for (const digit of [0x31, 0x32])
			client.publishWith(
				topic,
				1,
				false,
				{
					write: (bytes, at) => {
						bytes[at] = digit;
						return at + 1;
					},
				},
				owner,
				ALL,
			);
		setup.accept();
		setup.peer.expect(PUBLISH5("t", "2", all(), { qos: 1, id: 2 }));
		expect(setup.news()[0]).toMatch(/^dropped 1 /);
	});

	test("with checkPayload a payload has to be what they say, where it is in one part", () => {
		const wrong = Uint8Array.of(0x41, 0xc3, 0x28);
		const right = Uint8Array.of(0, 0xc3, 0xa4);
		const way = (bytes: Uint8Array) => ({
			write(window: Uint8Array, at: number) {
				window.set(bytes, at);
				return at + bytes.length;
			},
		});
		const topic = new Topic("t");
		for (const checkPayload of [true, undefined]) {
			const { client, peer } = connected5({ packetSize: 64 });
			const text = new Properties({ payloadFormat: 1, checkPayload });
			const publish = [
				(it: Uint8Array) => client.publish(topic, it, 0, false, text),
				(it: Uint8Array) => client.publishWith(topic, 0, false, way(it), 0, text),
			];
			for (const it of publish) {
				if (checkPayload) expect(() => it(wrong)).toThrow(/payloadFormat/);
				else it(wrong);
				it(right);
			}
			client.publish(topic, wrong, 0, false, new Properties({ payloadFormat: 0, checkPayload }));
			client.publish(topic, wrong);
			client.publish(topic, "ä\ud800", 0, false, text);
			const long = concat([new Uint8Array(100), wrong]);
			if (checkPayload) expect(() => client.publish(topic, long, 0, false, text)).toThrow(/payloadFormat/);
			const one = PUBLISH5("t", right, [[1, 1]]);
			const other = PUBLISH5("t", wrong, [[1, 1]]);
			peer.expect(
				...(checkPayload ? [one, one] : [other, one, other, one]),
				PUBLISH5("t", wrong, [[1, 0]]),
				PUBLISH5("t", wrong),
				PUBLISH5("t", [0xc3, 0xa4, 0xef, 0xbf, 0xbd], [[1, 1]]),
			);
		}
	});

	test("what is no Properties throws", () => {
		const { client, peer } = connected5();
		const wrong = { contentType: "text/plain" } as never;
		expect(() => client.publish("t", "x", 0, false, wrong)).toThrow(TypeError);
		expect(() => client.publishFrom("t", 1, fill(1), 0, false, wrong)).toThrow(TypeError);
		expect(() => client.publishWith(new Topic("t"), 0, false, { write: () => 0 }, 0, wrong)).toThrow(
			TypeError,
		);
		peer.expect();
	});
});

/** Of all these bytes, so many are taken at a time. */
function trickle(setup: Setup, bytes: number): Uint8Array {
	const parts: Uint8Array[] = [];
	for (let i = 0; i < 4000; i++) {
		const part = setup.peer.takeSome(bytes);
		if (part.length === 0) break;
		parts.push(part);
	}
	return concat(parts);
}

describe("longer than the window, or than the room", () => {
	const payload = filled(200);

	test.each(
		[7, 16, 31, 64, 200].flatMap((room) =>
			[16, 40, 64, 300].flatMap((packetSize) =>
				([0, 1] as const).map((qos) => [room, packetSize, qos] as const),
			),
		),
	)("room %d, packetSize %d, QoS %d: in pieces", (room, packetSize, qos) => {
		const setup = connected5({ packetSize }, { topicAliasMaximum: 3 }, { room });
		const { client } = setup;
		// Longer than the room, so that what follows has to wait.
		client.publish("first", filled(room), 0);
		const ids = [undefined, ALL].map((properties) => client.publish("a/b", payload, qos, true, properties));
		const sent = trickle(setup, 5);
		expect([...sent]).toEqual([
			...PUBLISH5("first", filled(room)),
			...PUBLISH5("a/b", payload, [], { qos, id: ids[0], retain: true }),
			...PUBLISH5("a/b", payload, all(), { qos, id: ids[1], retain: true }),
		]);
		if (qos === 0) return;
		setup.resume();
		expect([...trickle(setup, 3)]).toEqual([
			...PUBLISH5("a/b", payload, [], { qos, id: ids[0], retain: true, dup: true }),
			...PUBLISH5("a/b", payload, all(AGAIN), { qos, id: ids[1], retain: true, dup: true }),
		]);
	});

	test("a text goes in pieces too", () => {
		const setup = connected5({ packetSize: 16 }, undefined, { room: 30 });
		setup.client.publish("t", "°".repeat(50), 1, false, ALL);
		expect([...trickle(setup, 9)]).toEqual([...PUBLISH5("t", "°".repeat(50), all(), { qos: 1, id: 1 })]);
	});

	test("what is left of the expiry is the same in all pieces", () => {
		const setup = connected5({ packetSize: 32 }, undefined, { room: 8 });
		setup.client.publish("t", filled(40), 1, false, ALL);
		const parts: Uint8Array[] = [];
		for (let i = 0; i < 60; i++) {
			setup.clock.advance(150);
			parts.push(setup.peer.takeSome(3));
		}
		const sent = concat(parts);
		expect([...sent]).toEqual([...PUBLISH5("t", filled(40), all(), { qos: 1, id: 1 })]);
	});

	test("a topic that fits a packet of 3.1.1 to the last byte", () => {
		const setup = connected5({ packetSize: 64 }, undefined, { room: 64 });
		const name = "x".repeat(59);
		setup.client.publish(name, "", 0, false);
		setup.client.publish(name, "a", 1, false, ALL);
		expect([...trickle(setup, 64)]).toEqual([
			...PUBLISH5(name, ""),
			...PUBLISH5(name, "a", all(), { qos: 1, id: 1 }),
		]);
	});
});

describe("publishFrom", () => {
	test.each([64, 300])("with room for %d bytes", (room) => {
		const setup = connected5({ packetSize: 128 }, undefined, { room: room * 2 });
		const { client } = setup;
		client.publishFrom("t", 500, fill(500), 1, false, ALL);
		client.publishFrom("t", 300, fill(300), 0);
		client.publish("after", "x");
		expect([...trickle(setup, 50)]).toEqual([
			...PUBLISH5("t", filled(500), all(), { qos: 1, id: 1 }),
			...PUBLISH5("t", filled(300)),
			...PUBLISH5("after", "x"),
		]);
		setup.resume();
		expect([...trickle(setup, 50)]).toEqual([
			...PUBLISH5("t", filled(500), all(AGAIN), { qos: 1, id: 1, dup: true }),
		]);
	});

	test("throws when properties leave no room for themselves in packetSize", () => {
		const { client } = connected5({ packetSize: 60 });
		expect(() => client.publishFrom("t", 10, fill(10), 0, false, ALL)).toThrow(/packetSize/);
	});
});

describe("accepted without a connection", () => {
	const offline = (options: Partial<ClientOptions> = {}) => {
		const omitted: number[] = [];
		const setup = new Setup({
			protocolVersion: undefined,
			onPropertiesOmitted: (id) => omitted.push(id),
			...options,
		});
		const { client } = setup;
		client.publish("a", "0", 0, false, ALL);
		client.publish("b", "1", 1, true, ALL);
		client.publish("c", "2", 2);
		client.publishFrom("d", 3, fill(3), 1, false, ALL);
		setup.peer.open();
		setup.peer.take();
		return { setup, client, omitted };
	};

	test("it goes in 5.0 with its properties", () => {
		const { setup, omitted } = offline();
		setup.peer.send(CONNACK5());
		setup.peer.expect(
			PUBLISH5("a", "0", all()),
			PUBLISH5("b", "1", all(), { qos: 1, id: 1, retain: true }),
			PUBLISH5("c", "2", [], { qos: 2, id: 2 }),
			PUBLISH5("d", [0, 1, 2], all(), { qos: 1, id: 3 }),
		);
		expect(omitted).toEqual([]);
		expect(setup.client.statistics.propertiesOmitted).toBe(0);
	});

	test("it goes in 3.1.1 without, which is counted and told, once", () => {
		const { setup, client, omitted } = offline();
		setup.peer.send(CONNACK(false, 0x84));
		setup.clock.advance(1);
		setup.peer.accept();
		const packets = (dup: boolean) => [
			PUBLISH("b", "1", { qos: 1, id: 1, retain: true, dup }),
			PUBLISH("c", "2", { qos: 2, id: 2, dup }),
			PUBLISH("d", [0, 1, 2], { qos: 1, id: 3, dup }),
		];
		setup.peer.expect(PUBLISH("a", "0"), ...packets(false));
		expect(omitted).toEqual([0, 1, 3]);
		expect(client.statistics.propertiesOmitted).toBe(3);
		setup.reconnect();
		setup.peer.expect(...packets(true));
		expect(client.publish("e", "4", 1, false, ALL)).toBe(4);
		expect(client.publish("f", "5", 0, false, ALL)).toBe(0);
		expect(omitted).toEqual([0, 1, 3, 4, 0]);
		setup.peer.expect(PUBLISH("e", "4", { qos: 1, id: 4 }), PUBLISH("f", "5"));
	});

	test("a client of 3.1.1 alone tells it at the call", () => {
		const omitted: number[] = [];
		const setup = new Setup({ onPropertiesOmitted: (id) => omitted.push(id) });
		const { client } = setup;
		client.publish("a", "0", 1, false, ALL);
		client.publishFrom("b", 3, fill(3), 0, false, ALL);
		client.publishWith(new Topic("c"), 1, false, { write: (_bytes, at) => at }, 0, ALL);
		expect(omitted).toEqual([1, 0, 2]);
		expect(client.statistics.propertiesOmitted).toBe(3);
		setup.peer.accept();
		setup.peer.expect(
			PUBLISH("a", "0", { qos: 1, id: 1 }),
			PUBLISH("b", [0, 1, 2]),
			PUBLISH("c", "", { qos: 1, id: 2 }),
		);
	});

	test("a backlog longer than every table", () => {
		const setup = new Setup5({ storeSize: 20_000, window: 3, topicAliases: 2 }, { topicAliasMaximum: 2 });
		const topics = Array.from({ length: 20 }, (_, i) => new Topic(`t${i}`));
		const expected: Uint8Array[] = [];
		for (let i = 1; i <= 200; i++) {
			const properties = i % 3 === 0 ? ALL : undefined;
			expect(setup.client.publish(topics[i % 20], `${i}`, 1, false, properties)).toBe(i);
			expected.push(PUBLISH5(`t${i % 20}`, `${i}`, properties === undefined ? [] : all(), { qos: 1, id: i }));
		}
		setup.accept();
		for (let i = 0; i < 200; i++) {
			setup.peer.expect(...(i === 0 ? expected.slice(0, 3) : expected.slice(i + 2, i + 3)));
			setup.peer.send(PUBACK(i + 1));
		}
		expect(setup.client.held).toBe(0);
		expect(setup.client.statistics.delivered).toBe(200);
	});
});

test("with pipelining it goes together with CONNECT, in 5.0's form", () => {
	const setup = new Setup5({ pipelining: true });
	setup.client.publish("a", "0", 1, false, ALL);
	setup.client.publish("b", "1");
	setup.peer.open();
	expect(setup.peer.writes.length).toBe(1);
	const connect = 2 + setup.peer.writes[0][1];
	expect([...setup.peer.take().slice(connect)]).toEqual([
		...PUBLISH5("a", "0", all(), { qos: 1, id: 1 }),
		...PUBLISH5("b", "1"),
	]);
});

test("published in callbacks, with and without properties", () => {
	const topic = new Topic("long");
	const setup: Setup5 = connected5(
		{
			window: 2,
			onDelivered: (id) => {
				if (id < 4) setup.client.publish(topic, `${id}`, 1, false, id === 2 ? ALL : undefined);
			},
		},
		{ topicAliasMaximum: 1 },
	);
	const { client, peer } = setup;
	client.publish(topic, "x", 1);
	client.publish(topic, "y", 2);
	peer.expect(
		PUBLISH5("long", "x", aliased(1), { qos: 1, id: 1 }),
		PUBLISH5("", "y", aliased(1), { qos: 2, id: 2 }),
	);
	peer.send(PUBACK(1), PUBREC(2), PUBCOMP(2));
	peer.expect(
		PUBLISH5("", "1", aliased(1), { qos: 1, id: 3 }),
		PUBREL(2),
		PUBLISH5("", "2", all(70_000, 1), { qos: 1, id: 4 }),
	);
});

test("nothing is lost when the store is full", () => {
	const setup = connected5({ storeSize: 64, window: 16 });
	const { client } = setup;
	const accepted: number[] = [];
	for (let i = 0; i < 5; i++) accepted.push(client.publish("t", "x", 1, false, ALL));
	expect(accepted).toEqual([1, NO_ROOM, NO_ROOM, NO_ROOM, NO_ROOM]);
	setup.peer.send(PUBACK(1));
	expect(setup.news()).toEqual(["delivered 1", "writable"]);
});

test("properties that do not fit are named, with what they take", () => {
	const { client } = connected5({ packetSize: 128, storeSize: 512 });
	const properties = new Properties({ contentType: "x".repeat(600) });
	const named = /\(its properties take 605 bytes of that\)$/;
	expect(() => client.publish("t", "x", 1, false, properties)).toThrow(named);
	expect(() => client.publish("t", "x".repeat(200), 1, false, properties)).toThrow(named);
	expect(() => client.publishFrom("t", 5, () => 5, 1, false, properties)).toThrow(named);
	const writer = { write: (_bytes: Uint8Array, at: number) => at };
	expect(() => client.publishWith(new Topic("t"), 1, false, writer, 0, properties)).toThrow(named);
	expect(() => client.publish("t", "x".repeat(600), 1)).toThrow(/raise storeSize, or use publishFrom$/);
});
