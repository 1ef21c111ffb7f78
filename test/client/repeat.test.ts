// Messages of one topic, one after the other, take a short way through the client: it must not show.

import fc from "fast-check";
import { NOT_OPEN } from "../../src/client.js";
import type { QoS } from "../../src/wire/protocol.js";
import { Topic } from "../../src/wire/topic.js";
import { App } from "../support/app.js";
import { bytesOf, concat, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL } from "../support/packets.js";
import { headerBytes } from "../support/place.js";
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

test("one that the socket does not take after all waits in the store, behind nothing and before all else", () => {
	const { client, peer } = connected({ window: 3 }, { segments: 2 });
	client.publish("one", "1", 1);
	client.publish(topic, bytes("aa"));
	peer.send(PUBACK(1)); // its place in the store is free again, and the next in line
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

test("a socket is never given more than it has room for", () => {
	const { client, peer, place } = connected({}, { room: 15 + headerBytes() });
	const texts = ["aa", "bb", "cc", "dd"];
	for (const text of texts) client.publish(topic, bytes(text));
	expect(peer.writes.slice(1)).toEqual([PUBLISH("t", "aa"), PUBLISH("t", "bb")]);
	peer.expect(...texts.map((text) => PUBLISH("t", text)));
	expect(place.overruns).toBe(0);
});

describe.each([1, 2] as const)("one after the other at QoS %d", (qos) => {
	const sent = (text: string, id: number, dup = false) => PUBLISH("t", text, { qos, id, dup });

	/** The broker has it. */
	function confirm({ peer }: Setup, id: number): void {
		if (qos === 2) {
			peer.send(PUBREC(id));
			peer.expect(PUBREL(id));
		}
		peer.send(qos === 1 ? PUBACK(id) : PUBCOMP(id));
	}

	/** Some messages, each sent when the last one was delivered, and the last one not delivered. */
	function published(setup: Setup, ...texts: string[]): void {
		for (const [i, text] of texts.entries()) {
			expect(setup.client.publish(topic, bytes(text), qos)).toBe(i + 1);
			setup.peer.expect(sent(text, i + 1));
			if (i < texts.length - 1) confirm(setup, i + 1);
		}
	}

	test("each has its own identifier and payload, and is delivered", () => {
		const setup = connected();
		published(setup, "aa", "bb", "cc", "dd");
		confirm(setup, 4);
		expect(setup.news()).toEqual(["delivered 1", "delivered 2", "delivered 3", "delivered 4"]);
		expect(setup.client.statistics).toMatchObject({ published: 4, delivered: 4, strayAcknowledgements: 0 });
	});

	test("the app's buffer is its own again at once", () => {
		const setup = connected();
		published(setup, "aa", "bb");
		confirm(setup, 2);
		const buffer = bytes("cc");
		setup.client.publish(topic, buffer, qos);
		buffer.fill(0);
		setup.reconnect(true).expect(sent("cc", 3, true));
	});

	test("the last one is held: it goes again, and then the next one as new", () => {
		const setup = connected();
		published(setup, "aa", "bb");
		setup.reconnect(true).expect(sent("bb", 2, true));
		confirm(setup, 2);
		setup.client.publish(topic, bytes("cc"), qos);
		setup.peer.expect(sent("cc", 3));
		confirm(setup, 3);
		setup.client.publish(topic, bytes("dd"), qos);
		setup.peer.expect(sent("dd", 4));
		expect(setup.news()).toContain("delivered 3");
	});

	test("to a broker without a session it goes as new", () => {
		const setup = connected();
		published(setup, "aa", "bb");
		setup.reconnect(false).expect(sent("bb", 2));
	});

	test("no more are in flight than the window allows", () => {
		const setup = connected({ window: 2 });
		published(setup, "aa", "bb");
		for (const text of ["cc", "dd"]) setup.client.publish(topic, bytes(text), qos);
		setup.peer.expect(sent("cc", 3));
		confirm(setup, 2);
		setup.peer.expect(sent("dd", 4));
	});

	test("what waits is not overtaken, not even by what is published when one is delivered", () => {
		const setup: Setup = connected({
			window: 1,
			onDelivered: (id) => {
				if (id === 2) setup.client.publish(topic, bytes("dd"), qos);
			},
		});
		published(setup, "aa", "bb");
		setup.client.publish(topic, bytes("cc"), qos);
		for (const [text, id] of [
			["cc", 3],
			["dd", 4],
		] as const) {
			confirm(setup, id - 1);
			setup.peer.expect(sent(text, id));
		}
	});

	test("with a full socket it waits for room", () => {
		const setup = connected({}, { room: 17 });
		published(setup, "aa", "bb");
		confirm(setup, 2);
		for (const text of ["cc", "dd"]) setup.client.publish(topic, bytes(text), qos);
		expect(setup.peer.writes.at(-1)).toEqual(sent("cc", 3));
		setup.peer.expect(sent("cc", 3), sent("dd", 4));
		expect(setup.place.overruns).toBe(0);
	});

	test("text, Sensors and other topics come in between, and each is what it is", () => {
		const setup = connected({ storeSize: 64 });
		const app = new App(setup.client, { qos });
		const ways = ["bytes", "bytes", "text", "bytes", "bytes", "sensor", "bytes", "sensor"] as const;
		for (const name of ["t", "u/v"])
			for (const [i, way] of ways.entries()) {
				const id = app.publish(way, name, `${10 + i}`);
				setup.peer.expect(PUBLISH(name, `${10 + i}`, { qos, id }));
				confirm(setup, id);
				expect(setup.news()).toEqual([`delivered ${id}`]);
			}
		expect(setup.client.statistics).toMatchObject({ published: 16, strayAcknowledgements: 0 });
	});
});

type Step =
	| {
			act: "publish";
			topic: number;
			length: number;
			as: "text" | "bytes" | "buffer";
			qos: 0 | 1;
			retain: boolean;
			/** So many in a row, each acknowledged before the next one or not. */
			count: number;
			acknowledged: boolean;
	  }
	| { act: "write"; topic: number; length: number; how: "well" | "throws" | "too far" }
	| { act: "take" }
	| { act: "acknowledge" }
	| { act: "wrong" };

test("any mixture of publishing, writing in place, stalling and wrong calls is sent as it was accepted", () => {
	const topics = [topic, new Topic("u/v"), "text"];
	const length = fc.constantFrom(0, 2, 2, 3, 130, 250);
	const steps: fc.Arbitrary<Step[]> = fc.array(
		fc.oneof(
			{
				weight: 6,
				arbitrary: fc.record({
					act: fc.constant("publish" as const),
					topic: fc.constantFrom(0, 0, 0, 1, 2),
					length,
					as: fc.constantFrom("text" as const, "bytes" as const, "bytes" as const, "buffer" as const),
					qos: fc.constantFrom(0 as const, 1 as const),
					retain: fc.constantFrom(false, false, false, true),
					count: fc.integer({ min: 1, max: 4 }),
					acknowledged: fc.boolean(),
				}),
			},
			fc.record({
				act: fc.constant("write" as const),
				topic: fc.nat(1),
				length,
				how: fc.constantFrom("well" as const, "well" as const, "throws" as const, "too far" as const),
			}),
			fc.constantFrom<Step>({ act: "take" }, { act: "acknowledge" }, { act: "wrong" }),
		),
		// By default fast-check makes up ten at most.
		{ maxLength: 30, size: "max" },
	);
	const quirks = fc.record({
		room: fc.constantFrom(150, 300, 1536),
		segments: fc.constantFrom(1, 2, 4, 100),
		overwrites: fc.boolean(),
	});
	fc.assert(
		fc.property(steps, quirks, (chosen, quirks) => {
			const setup: Setup = connected({ storeSize: 400, window: 2, packetSize: 200 }, quirks);
			const { client, peer } = setup;
			const wanted: Uint8Array[] = [];
			const taken: Uint8Array[] = [];
			const unacknowledged: number[] = [];
			let acceptedAtQos1 = 0;
			/** No two in a row are the same. */
			const made = (length: number) => "abcdefg"[wanted.length % 7].repeat(length);
			const accepted = (id: number, name: string, payload: string, qos: QoS = 0, retain = false) => {
				if (id < 0) return;
				wanted.push(PUBLISH(name, payload, { qos, id, retain }));
				if (qos === 0) return;
				unacknowledged.push(id);
				acceptedAtQos1++;
			};
			const acknowledge = () => {
				taken.push(peer.take());
				const id = unacknowledged[0];
				if (id !== undefined) peer.send(PUBACK(id));
				if (setup.news().includes(`delivered ${id}`)) unacknowledged.shift();
			};
			const act = (step: Step) => {
				if (step.act === "take") taken.push(peer.take());
				else if (step.act === "acknowledge") acknowledge();
				else if (step.act === "wrong")
					expect(() => client.publish(topic, new Uint8Array(400))).toThrow(/does not fit/);
				else if (step.act === "write") {
					const { how } = step;
					const text = made(Math.min(step.length, 190));
					const to = topics[step.topic] as Topic;
					const writer = {
						write(view: Uint8Array, at: number, limit: number) {
							view.fill(0xee, at, limit);
							if (how === "throws") throw new RangeError("mine");
							view.set(bytes(text), at);
							return how === "well" ? at + text.length : limit + 1;
						},
					};
					if (how === "well") accepted(client.publishWith(to, 0, false, writer), to.name, text);
					else expect(() => client.publishWith(to, 0, false, writer)).toThrow(RangeError);
				} else {
					const { as, qos, retain, count, acknowledged } = step;
					const to = topics[step.topic];
					for (let i = 0; i < count; i++) {
						const text = made(step.length);
						const payload =
							as === "text" ? text : as === "bytes" ? bytes(text) : (bytes(text).buffer as ArrayBuffer);
						accepted(client.publish(to, payload, qos, retain), `${to}`, text, qos, retain);
						if (acknowledged) acknowledge();
					}
				}
			};
			for (const step of chosen) act(step);
			for (let i = 0; i < 20; i++) acknowledge();
			expect(Buffer.from(concat(taken)).equals(Buffer.from(concat(wanted)))).toBe(true);
			expect(client.statistics).toMatchObject({ published: wanted.length, delivered: acceptedAtQos1 });
			expect(setup.place.overruns).toBe(0);
		}),
		{ numRuns: 300 },
	);
});
