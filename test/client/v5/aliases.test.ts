// Topic aliases of the broker (sections 3.1.2.11.5 and 3.3.2.3.4): numbers that stand for topic names on one connection.

import fc from "fast-check";
import * as reasons from "../../../src/connection/reasons.js";
import type { Message } from "../../../src/index.js";
import { TOPIC_TEXT, TOPIC_WILDCARD } from "../../../src/wire/reason.js";
import { ALIAS_INVALID } from "../../../src/wire/v5/reason-codes.js";
import { topicName } from "../../support/arbitraries.js";
import { concat, PUBREL, type PublishOptions } from "../../support/packets.js";
import { PUBLISH5, two, user } from "../../support/packets5.js";
import { show } from "../../support/setup.js";
import { connected5, type Setup5 } from "../../support/setup5.js";

/** A PUBLISH with an alias; the topic name is left out, if it is empty. */
const aliased = (topic: string, alias: number, payload = "x", options: PublishOptions = {}) =>
	PUBLISH5(topic, payload, [two(0x23, alias)], options);
const told = (topic: string, payload = "x", flags = "") => `message ${topic}=${payload}${flags}`;
const SKIPPED = `dropped 0 ${reasons.TOPIC_TOO_LONG}`;

/** The connection has ended for this reason, and the broker was told with this code. */
function expectEnd(setup: Setup5, reason: unknown, code: number): void {
	expect(setup.news()).toEqual([`disconnected ${reason}`]);
	expect(setup.exchange()).toEqual([`disconnect 0x${code.toString(16)}`]);
	expect(setup.peer.socket.closed).toBe(true);
}

describe("an alias", () => {
	test("[5.0 MQTT-3.3.2-10] stands for the topic that it was set to: every number up to the maximum", () => {
		const setup = connected5({ aliases: 20 });
		for (let alias = 20; alias > 0; alias--) setup.peer.send(aliased(`topic/${alias}`, alias));
		setup.news();
		for (let alias = 1; alias <= 20; alias++) {
			setup.peer.send(aliased("", alias));
			expect(setup.news()).toEqual([told(`topic/${alias}`)]);
		}
		setup.peer.expect();
	});

	test("is told to the broker as the maximum, and only where there are any", () => {
		expect(new Connect({ aliases: 7 }).properties).toMatchObject({ topicAliasMaximum: 7 });
		expect(new Connect({}).properties).not.toHaveProperty("topicAliasMaximum");
	});

	test("is set anew, and used and set in turn", () => {
		const setup = connected5({ aliases: 1 });
		setup.peer.send(
			aliased("a", 1),
			aliased("", 1),
			aliased("longer/than/a", 1),
			aliased("", 1),
			aliased("b", 1),
		);
		setup.peer.send(PUBLISH5("c", "x"), aliased("", 1));
		expect(setup.news()).toEqual(
			["a", "a", "longer/than/a", "longer/than/a", "b", "c", "b"].map((it) => told(it)),
		);
	});

	test("two may stand for the same topic, and one topic goes with and without", () => {
		const setup = connected5({ aliases: 2 });
		setup.peer.send(aliased("a", 1), aliased("a", 2), PUBLISH5("a", "x"), aliased("", 1), aliased("", 2));
		expect(setup.news()).toEqual(Array(5).fill(told("a")));
	});

	test.each([1, 2] as const)("at QoS %d, which is answered as ever", (qos) => {
		const setup = connected5({ aliases: 2 });
		const flags = ` qos${qos}`;
		setup.peer.send(aliased("a/b", 2, "x", { qos, id: 7 }), aliased("", 2, "y", { qos, id: 8 }));
		expect(setup.news()).toEqual([told("a/b", "x", flags), told("a/b", "y", flags)]);
		const answer = qos === 1 ? "puback" : "pubrec";
		expect(setup.exchange()).toEqual([`${answer} 7`, `${answer} 8`]);
	});

	test("with other properties, before and behind it", () => {
		const properties: (string | undefined)[] = [];
		const setup = connected5({
			aliases: 3,
			onMessage: (message) => {
				const received = message.properties!;
				properties.push(received.next() ? `${message.topic} ${received.name}=${received.value}` : undefined);
			},
		});
		const alias = two(0x23, 3);
		setup.peer.send(PUBLISH5("t", "", [user("a", "1"), alias]), PUBLISH5("", "", [alias, user("b", "2")]));
		setup.peer.send(PUBLISH5("", "", [alias]));
		expect(properties).toEqual(["t a=1", "t b=2", undefined]);
	});

	test("of a message that comes in parts: each part has the topic", () => {
		const setup = connected5({ aliases: 1, receiveSize: 4 });
		setup.peer.send(aliased("a", 1, ""), aliased("", 1, "0123456789", { qos: 1, id: 3 }));
		expect(setup.news()).toEqual([
			told("a", ""),
			told("a", "0123", " 0/10 qos1"),
			told("a", "4567", " 4/10 qos1"),
			told("a", "89", " 8/10 qos1"),
		]);
	});

	test("fits with a topic name of exactly topicSize bytes", () => {
		for (const topicSize of [8, 9, 16]) {
			const setup = connected5({ aliases: 2, topicSize });
			const topics = ["x".repeat(topicSize), "y".repeat(topicSize)];
			setup.peer.send(aliased(topics[0], 1), aliased(topics[1], 2), aliased("", 1), aliased("", 2));
			expect(setup.news()).toEqual([...topics, ...topics].map((it) => told(it)));
		}
	});

	test.each(["whole", "byte by byte"])("routes as the topic would, %s", (how) => {
		const setup = connected5({ aliases: 4 });
		const heard: string[] = [];
		for (const filter of ["a/b", "a/+", "x/y"])
			setup.client.subscribe(filter, 0, (message) => {
				heard.push(`${filter}: ${message.topic}`);
			});
		const send = (packet: Uint8Array) => {
			if (how === "whole") setup.peer.send(packet);
			else setup.peer.sendBytewise(packet);
			return heard.splice(0);
		};
		for (const topic of ["a/b", ""]) expect(send(aliased(topic, 1))).toEqual(["a/b: a/b", "a/+: a/b"]);
		for (const topic of ["a/c", ""]) expect(send(aliased(topic, 2))).toEqual(["a/+: a/c"]);
		for (const topic of ["x/y", ""]) expect(send(aliased(topic, 3))).toEqual(["x/y: x/y"]);
		for (const topic of ["q/r", ""]) expect(send(aliased(topic, 4))).toEqual([]);
		// All four are as long as each other: what is remembered of the last one is not taken for this one.
		for (const [alias, handlers] of [
			[1, 2],
			[2, 1],
			[4, 0],
			[3, 1],
			[2, 1],
			[1, 2],
			[4, 0],
		])
			expect(send(aliased("", alias))).toHaveLength(handlers);
		setup.client.unsubscribe("a/+");
		expect(send(aliased("", 2))).toEqual([]);
		expect(send(aliased("", 1))).toEqual(["a/b: a/b"]);
		setup.client.subscribe("+/r", 0, () => heard.push("+/r"));
		expect(send(aliased("", 4))).toEqual(["+/r"]);
	});

	test("[5.0 MQTT-3.3.2-7] is forgotten with the connection", () => {
		const setup = connected5({ aliases: 2 });
		setup.peer.send(aliased("a", 1), aliased("b", 2));
		setup.resume(true);
		setup.news();
		setup.peer.send(aliased("c", 2), aliased("", 2));
		expect(setup.news()).toEqual([told("c"), told("c")]);
		setup.peer.send(aliased("", 1));
		expectEnd(setup, ALIAS_INVALID, 0x94);
	});

	test("is forgotten also when the connection breaks between the parts of the message that sets it", () => {
		const setup = connected5({ aliases: 1, receiveSize: 4 });
		setup.peer.send(aliased("a", 1, "01234567").slice(0, -2));
		setup.resume(true);
		setup.news();
		setup.peer.send(aliased("", 1));
		expectEnd(setup, ALIAS_INVALID, 0x94);
	});

	test("is set by a message that a handler throws at", () => {
		const setup = connected5({
			aliases: 1,
			onMessage: (message: Message) => {
				if (message.text() === "bad") throw new Error("mine");
				setup.log.push(`message ${show(message)}`);
			},
		});
		expect(() => setup.peer.send(aliased("a", 1, "bad"))).toThrow("mine");
		setup.peer.send(aliased("", 1));
		setup.clock.advance(1000);
		expect(setup.news()).toEqual([told("a")]);
	});

	test("waits with its message while the app has paused", () => {
		const setup = connected5({
			aliases: 1,
			onMessage: (message: Message) => {
				setup.log.push(`message ${show(message)}`);
				setup.client.pause();
			},
		});
		setup.peer.send(aliased("a", 1), aliased("", 1, "y"), aliased("b", 1), aliased("", 1, "z"));
		const heard: string[][] = [];
		for (let i = 0; i < 4; i++) {
			heard.push(setup.news());
			setup.client.resume();
		}
		expect(heard).toEqual([[told("a")], [told("a", "y")], [told("b")], [told("b", "z")]]);
	});
});

/** The CONNECT of a client with these options. */
class Connect {
	readonly properties: object;
	constructor(options: object) {
		const setup = connected5(options);
		const [connect] = setup.connections[0];
		this.properties = (connect.cmd === "connect" && connect.properties) || {};
	}
}

describe("an alias is set also by a message", () => {
	test("that was delivered before, at QoS 2", () => {
		const setup = connected5({ aliases: 2 });
		setup.peer.send(aliased("a", 1, "x", { qos: 2, id: 5 }));
		setup.resume(true);
		setup.news();
		setup.peer.send(aliased("a", 2, "x", { qos: 2, id: 5, dup: true }), aliased("", 2, "y"));
		expect(setup.news()).toEqual([told("a", "y")]);
		expect(setup.exchange()).toEqual(["pubrec 5"]);
	});

	test("whose topic an alias names, and which was delivered before", () => {
		const setup = connected5({ aliases: 2, receiveSize: 4 });
		setup.peer.send(aliased("a", 1, "01234567", { qos: 2, id: 5 }));
		setup.news();
		setup.peer.send(aliased("", 1, "01234567", { qos: 2, id: 5, dup: true }), aliased("", 1, "y"));
		expect(setup.news()).toEqual([told("a", "y")]);
	});

	test("that is passed over, as too many are not released", () => {
		const setup = connected5({ aliases: 2, unreleased: 1 });
		setup.peer.send(aliased("a", 1, "1", { qos: 2, id: 5 }), aliased("b", 2, "2", { qos: 2, id: 6 }));
		setup.news();
		setup.peer.send(aliased("", 2, "3"));
		expect(setup.news()).toEqual([told("b", "3")]);
	});

	test("whose subscription has no handler, and is ended", () => {
		const setup = connected5({ aliases: 1 });
		setup.client.subscribe("a", 0);
		setup.client.unsubscribe("a");
		setup.peer.send(aliased("a", 1), aliased("", 1));
		expect(setup.news()).toEqual([told("a"), told("a")]);
	});
});

describe("a topic name that is too long for topicSize", () => {
	const long = "long/".repeat(5);

	test.each([0, 1, 2] as const)(
		"at QoS %d: messages with its alias are skipped too, told and acknowledged",
		(qos) => {
			const setup = connected5({ aliases: 2, topicSize: 16 });
			const id = qos === 0 ? 0 : 9;
			const dropped = (id: number) => `dropped ${id} ${reasons.TOPIC_TOO_LONG}`;
			setup.peer.send(aliased(long, 1, "x", { qos, id }));
			expect(setup.news()).toEqual([dropped(id)]);
			if (qos === 2) setup.peer.send(PUBREL(9));
			setup.peer.take();
			for (let i = 0; i < 3; i++) {
				setup.peer.send(aliased("", 1, "y", { qos, id }));
				expect(setup.news()).toEqual([dropped(id)]);
				expect(setup.exchange()).toEqual([[], ["puback 9"], ["pubrec 9"]][qos]);
				if (qos === 2) setup.peer.send(PUBREL(9));
				setup.peer.take();
			}
			expect(setup.peer.socket.closed).toBe(false);
		},
	);

	test("replaces what the alias stood for, and is replaced in turn", () => {
		const setup = connected5({ aliases: 2, topicSize: 16 });
		setup.peer.send(aliased("a", 1), aliased(long, 1), aliased("", 1), aliased("b", 1), aliased("", 1));
		expect(setup.news()).toEqual([told("a"), SKIPPED, SKIPPED, told("b"), told("b")]);
	});

	test("reaches no handler by what came before it", () => {
		const setup = connected5({ aliases: 2, topicSize: 16 });
		const heard: string[] = [];
		for (const filter of ["a", "#"]) setup.client.subscribe(filter, 0, () => heard.push(filter));
		setup.peer.send(aliased(long, 1));
		for (let i = 0; i < 2; i++) {
			setup.peer.send(PUBLISH5("a", "x"), aliased("", 1));
			setup.peer.sendBytewise(PUBLISH5("b", "x"), aliased("", 1));
		}
		expect(heard).toEqual(["a", "#", "#", "a", "#", "#"]);
		expect(setup.news()).toEqual(Array(5).fill(SKIPPED));
	});

	test("in parts is told once, and the next message is none of it", () => {
		const setup = connected5({ aliases: 1, topicSize: 16, receiveSize: 4 });
		setup.peer.send(aliased(long, 1, "0123456789"), aliased("", 1, "0123456789"), PUBLISH5("t", "y"));
		expect(setup.news()).toEqual([SKIPPED, SKIPPED, told("t", "y")]);
	});
});

describe("what a broker must not send closes the connection", () => {
	test.each([
		["an alias where none are offered", {}, [aliased("a", 1)]],
		["an alias in place of a topic where none are offered", {}, [aliased("", 1)]],
		["alias 0", { aliases: 2 }, [aliased("a", 0)]],
		["alias 0 in place of a topic", { aliases: 2 }, [aliased("", 0)]],
		["one above the maximum", { aliases: 2 }, [aliased("a", 3)]],
		["65535", { aliases: 256 }, [aliased("a", 65_535)]],
		["one above the maximum in place of a topic", { aliases: 2 }, [aliased("", 3)]],
		["one that was not set", { aliases: 2 }, [aliased("", 2)]],
	])("%s", (_what, options, packets) => {
		for (const qos of [0, 1, 2] as const)
			for (const cut of ["whole", "bytewise"]) {
				const setup = connected5(options);
				// The same with a packet identifier.
				const same = packets.map((packet) =>
					qos === 0
						? packet
						: concat([
								[0x30 | (qos << 1), packet[1] + 2],
								packet.slice(2, 4 + packet[3]),
								[0, 9],
								packet.slice(4 + packet[3]),
							]),
				);
				if (cut === "whole") setup.peer.send(...same);
				else setup.peer.sendBytewise(...same);
				expectEnd(setup, ALIAS_INVALID, 0x94);
				setup.resume(true);
				setup.news();
				setup.peer.send(PUBLISH5("t", "x"));
				expect(setup.news()).toEqual([told("t")]);
			}
	});

	test("one that was not set, while others are", () => {
		const setup = connected5({ aliases: 3 });
		setup.peer.send(aliased("a", 1), aliased("b", 3));
		setup.news();
		setup.peer.send(aliased("", 2));
		expectEnd(setup, ALIAS_INVALID, 0x94);
	});

	test("twice the property, and neither alias is set", () => {
		const setup = connected5({ aliases: 2 });
		setup.peer.send(PUBLISH5("a", "x", [two(0x23, 1), two(0x23, 2)]));
		expect(setup.news()).toEqual([expect.stringMatching(/^disconnected /)]);
		expect(setup.exchange()).toEqual(["disconnect 0x82"]);
	});

	test.each([
		["with a wildcard", "a/+", TOPIC_WILDCARD],
		["that is not UTF-8", [0x61, 0xff], TOPIC_TEXT],
	])(
		"a topic name %s under an alias: at once, or with the first message that reaches the app",
		(_what, topic, reason) => {
			const bad = (options: PublishOptions) => PUBLISH5(topic, "x", [two(0x23, 1)], options);
			const setup = connected5({ aliases: 1 });
			setup.peer.send(bad({}));
			expect(setup.news()).toEqual([`disconnected ${reason}`]);
			// A message that was delivered before goes to no handler, so its topic name may not have been looked at.
			const other = connected5({ aliases: 1 });
			const heard: string[] = [];
			other.client.subscribe("#", 0, (message) => {
				heard.push(message.topic);
			});
			other.client.subscribe("a/+", 0, (message) => {
				heard.push(message.topic);
			});
			other.peer.send(PUBLISH5("ok", "x", [], { qos: 2, id: 5 }));
			other.news();
			other.peer.send(bad({ qos: 2, id: 5, dup: true }), aliased("", 1));
			expect(other.news()).toEqual([`disconnected ${reason}`]);
			expect(heard).toEqual(["ok"]);
		},
	);
});

// ---- against messages without aliases

interface Step {
	/** 0: without an alias; else one of `aliases`. */
	alias: number;
	topic: string;
	/** If the alias is set. */
	short: boolean;
	qos: 0 | 1 | 2;
	payload: Uint8Array;
	bytewise: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
	alias: fc.nat(4),
	topic: fc.oneof(fc.constantFrom("a/b", "a/c", "x/y", "12345678", "1234567", "a", "aa"), topicName),
	short: fc.boolean(),
	qos: fc.constantFrom(0, 1, 2),
	payload: fc.uint8Array({ maxLength: 12 }),
	bytewise: fc.boolean(),
});

test("property: messages under aliases are those with their topics, whatever is set, used, cut, too long", () => {
	fc.assert(
		fc.property(
			fc.array(step, { maxLength: 25 }),
			fc.array(fc.nat(3), { maxLength: 6 }),
			(steps, filters) => {
				const options = { topicSize: 16, receiveSize: 8 };
				const all = ["a/b", "a/+", "#", "12345678"];
				const listen = (setup: Setup5) => {
					for (const at of filters)
						setup.client.subscribe(all[at], 0, (message) => {
							setup.log.push(`${all[at]}: ${show(message)}`);
						});
					setup.peer.take();
					return setup;
				};
				const [under, plain] = [listen(connected5({ ...options, aliases: 4 })), listen(connected5(options))];
				const names: (string | undefined)[] = [];
				let id = 0;
				for (const { alias, topic, short, qos, payload, bytewise } of steps) {
					const known = alias === 0 ? undefined : names[alias];
					const replaced = known !== undefined && short;
					const name = replaced ? known : topic;
					if (alias > 0) names[alias] = name;
					id++;
					const send = (setup: Setup5, packet: Uint8Array) => {
						if (bytewise) setup.peer.sendBytewise(packet);
						else setup.peer.send(packet);
						if (qos === 2) setup.peer.send(PUBREL(id));
					};
					const properties = alias === 0 ? [] : [two(0x23, alias)];
					send(under, PUBLISH5(replaced ? "" : topic, payload, properties, { qos, id }));
					send(plain, PUBLISH5(name, payload, [], { qos, id }));
					expect(under.news()).toEqual(plain.news());
					expect(under.exchange()).toEqual(plain.exchange());
				}
				expect(under.client.statistics.received).toBe(plain.client.statistics.received);
			},
		),
		{ numRuns: 300 },
	);
});
