// Messages of one topic, one after the other, take a short way through the client: it must not show.

import fc from "fast-check";
import { NO_ROOM, NOT_OPEN } from "../../src/client.js";
import { Topic } from "../../src/wire/topic.js";
import { bytesOf, concat, PUBACK, PUBLISH } from "../support/packets.js";
import { connected, type Setup } from "../support/setup.js";

const topic = new Topic("t");
const bytes = (text: string) => bytesOf(text);

test("each has its own payload", () => {
	const { client, peer } = connected();
	for (const text of ["aa", "bb", "c", "dd", "", "ee"]) client.publish(topic, bytes(text));
	client.publish(topic, "ff");
	client.publish(topic, bytes("gg"), 0, true);
	client.publish(topic, bytes("hh"), 1);
	client.publish(topic, bytes("ii"));
	peer.expect(
		...["aa", "bb", "c", "dd", "", "ee", "ff"].map((text) => PUBLISH("t", text)),
		PUBLISH("t", "gg", { retain: true }),
		PUBLISH("t", "hh", { qos: 1, id: 1 }),
		PUBLISH("t", "ii"),
	);
	expect(client.statistics.published).toBe(10);
});

test.each([
	["undefined", undefined],
	["null", null],
	["a number", 7],
	["an array", [1, 2]],
	["numbers wider than a byte", new Float64Array(2)],
])("%s as payload is judged as ever", (_what, payload) => {
	const { client, peer } = connected();
	client.publish(topic, bytes("aa"));
	peer.take();
	if (payload instanceof Float64Array) {
		client.publish(topic, payload as never);
		peer.expect(PUBLISH("t", new Uint8Array(16)));
	} else expect(() => client.publish(topic, payload as never)).toThrow(/payload is/);
	client.publish(topic, bytes("bb"));
	peer.expect(PUBLISH("t", "bb"));
});

test("one that the socket does not take after all waits in a packet buffer of its own", () => {
	const { client, peer } = connected({ packets: 3, window: 3 }, { segments: 2 });
	client.publish("one", "1", 1);
	client.publish(topic, bytes("aa"));
	peer.send(PUBACK(1)); // its buffer is free again, and the next in line
	client.publish(topic, bytes("bb"));
	client.publish("two", "2");
	client.publish("three", "3");
	peer.expect(
		PUBLISH("one", "1", { qos: 1, id: 1 }),
		PUBLISH("t", "aa"),
		PUBLISH("t", "bb"),
		PUBLISH("two", "2"),
		PUBLISH("three", "3"),
	);
	expect(client.statistics.published).toBe(5);
});

test("after close it is refused as any other", () => {
	const { client } = connected();
	client.publish(topic, "held", 1);
	client.publish(topic, bytes("aa"));
	client.close();
	expect(client.publish(topic, bytes("bb"))).toBe(NOT_OPEN);
});

test("after a reconnect it goes on the new connection, behind what waits", () => {
	const setup = connected();
	setup.client.publish(topic, bytes("aa"));
	setup.peer.fail();
	setup.client.publish(topic, bytes("bb"));
	setup.redial();
	setup.client.publish(topic, bytes("cc"));
	setup.peer.accept();
	setup.client.publish(topic, bytes("dd"));
	setup.peer.expect(...["bb", "cc", "dd"].map((text) => PUBLISH("t", text)));
});

test("it does not slip in front of, or into, anything", () => {
	const setup = connected({ packetSize: 2000 }, { room: 1024 });
	const { client, peer } = setup;
	client.publish(topic, bytes("aa"));
	client.publish(topic, new Uint8Array(1500).fill(1));
	client.publish(topic, bytes("bb"));
	client.subscribe("f".repeat(500), 0, () => {});
	client.publish(topic, bytes("cc"));
	const sent = peer.take();
	const wanted = [
		PUBLISH("t", "aa"),
		PUBLISH("t", new Uint8Array(1500).fill(1)),
		PUBLISH("t", "bb"),
		PUBLISH("t", "cc"),
	];
	const withoutSubscribe = Buffer.from(sent);
	const at = withoutSubscribe.indexOf(Buffer.from([0x82]));
	const rest = concat([sent.slice(0, at), sent.slice(at + 508)]);
	expect(Buffer.from(rest).equals(Buffer.from(concat(wanted)))).toBe(true);
});

type Step =
	| {
			act: "publish";
			topic: number;
			text: string;
			as: "text" | "bytes" | "buffer";
			qos: 0 | 1;
			retain: boolean;
	  }
	| { act: "lend"; topic: number; text: string; end: boolean }
	| { act: "take" }
	| { act: "acknowledge" }
	| { act: "wrong" };

test("any mixture of publishing, lending, stalling and wrong calls is sent as it was accepted", () => {
	const topics = [topic, new Topic("u/v"), "text"];
	const text = fc.constantFrom("", "aa", "bb", "ccc", "x".repeat(130), "y".repeat(130));
	const which = fc.nat(2);
	const steps = fc.array(
		fc.oneof(
			{
				weight: 6,
				arbitrary: fc.record({
					act: fc.constant("publish" as const),
					topic: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: which }),
					text,
					as: fc.constantFrom("text", "bytes", "bytes", "buffer") as fc.Arbitrary<
						"text" | "bytes" | "buffer"
					>,
					qos: fc.constantFrom(0, 0, 1) as fc.Arbitrary<0 | 1>,
					retain: fc.constantFrom(false, false, false, true),
				}),
			},
			fc.record({ act: fc.constant("lend" as const), topic: fc.nat(1), text, end: fc.boolean() }),
			fc.record({ act: fc.constantFrom("take", "acknowledge", "wrong") as fc.Arbitrary<"take"> }),
		) as fc.Arbitrary<Step>,
		{ maxLength: 40 },
	);
	const quirks = fc.record({
		room: fc.constantFrom(150, 300, 1536),
		segments: fc.constantFrom(1, 2, 4, 100),
	});
	fc.assert(
		fc.property(steps, quirks, (made, { room, segments }) => {
			const setup: Setup = connected({ packets: 4, window: 2, packetSize: 200 }, { room, segments });
			const { client, peer } = setup;
			const wanted: Uint8Array[] = [];
			const taken: Uint8Array[] = [];
			const unacknowledged: number[] = [];
			const accepted = (id: number, name: string, payload: string, qos = 0, retain = false) => {
				if (id < 0) return;
				wanted.push(PUBLISH(name, payload, { qos, id, retain }));
				if (qos === 1) unacknowledged.push(id);
			};
			for (const step of made) {
				if (step.act === "take") taken.push(peer.take());
				else if (step.act === "acknowledge") {
					taken.push(peer.take());
					const id = unacknowledged[0];
					if (id !== undefined) peer.send(PUBACK(id));
					if (setup.news().includes(`delivered ${id}`)) unacknowledged.shift();
				} else if (step.act === "wrong") {
					let answer = 0;
					try {
						answer = client.publish(topic, new Uint8Array(300));
					} catch (error) {
						expect(error).toBeInstanceOf(RangeError);
						continue;
					}
					expect(answer).toBe(NO_ROOM);
				} else if (step.act === "lend") {
					const to = topics[step.topic] as Topic;
					const at = client.begin(to, 0, false);
					if (at < 0) continue;
					client.lent!.set(bytes(step.text), at);
					if (step.end) accepted(client.end(at + step.text.length), to.name, step.text);
					else client.cancel();
				} else {
					const { text, as, qos, retain } = step;
					const to = topics[step.topic];
					const payload =
						as === "text" ? text : as === "bytes" ? bytes(text) : (bytes(text).buffer as ArrayBuffer);
					accepted(client.publish(to, payload, qos, retain), `${to}`, text, qos, retain);
				}
			}
			for (let i = 0; i < 20; i++) {
				taken.push(peer.take());
				const id = unacknowledged.shift();
				if (id !== undefined) peer.send(PUBACK(id));
			}
			expect(Buffer.from(concat(taken)).equals(Buffer.from(concat(wanted)))).toBe(true);
			expect(client.statistics.published).toBe(wanted.length);
		}),
		{ numRuns: 500 },
	);
});
