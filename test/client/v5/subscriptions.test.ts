// SUBSCRIBE and UNSUBSCRIBE in MQTT 5.0: options, identifiers, shared subscriptions, what a broker does not have, and reason
// codes (sections 3.8 to 3.11, and 4.8.2).

import type { ISubscribePacket } from "mqtt-packet";
import { Client } from "../../../src/client.js";
import type { SubscriptionOptions } from "../../../src/index.js";
import { UNSUBACK_CODES } from "../../../src/wire/v5/reason-codes.js";
import { MatchingBroker } from "../../support/matching-broker.js";
import {
	CONNACK,
	field,
	PUBLISH,
	packet,
	SUBACK,
	SUBSCRIBE,
	UNSUBSCRIBE,
	word,
} from "../../support/packets.js";
import { block, number, SUBACK5, UNSUBACK5 } from "../../support/packets5.js";
import { Place } from "../../support/place.js";
import { connected, Setup, show } from "../../support/setup.js";
import { connected5, Setup5 } from "../../support/setup5.js";

const ignore = () => {};

/** By hand, without an identifier: each filter with its options byte. */
const SUBSCRIBE5 = (id: number, ...filters: [string, number][]) =>
	packet(0x82, word(id), [0], ...filters.flatMap(([filter, options]) => [field(filter), [options]]));
const UNSUBSCRIBE5 = (id: number, ...filters: string[]) =>
	packet(0xa2, word(id), [0], ...filters.map((filter) => field(filter)));

/** The SUBSCRIBEs that were sent. */
function subscribes(setup: Setup5): ISubscribePacket[] {
	return setup.sent().map((it) => {
		if (it.cmd !== "subscribe") throw new Error(`${it.cmd}, not SUBSCRIBE`);
		return it;
	});
}

const identifierOf = (it: ISubscribePacket): number => (it.properties?.subscriptionIdentifier as number) ?? 0;

describe("options of a subscription", () => {
	test.each<[string, SubscriptionOptions | undefined, number]>([
		["none", undefined, 0],
		["an empty object", {}, 0],
		["those that are the default", { noLocal: false, retainAsPublished: false, retainHandling: 0 }, 0],
		["no local", { noLocal: true }, 0x04],
		["retain as published", { retainAsPublished: true }, 0x08],
		["retain handling 1", { retainHandling: 1 }, 0x10],
		["retain handling 2", { retainHandling: 2 }, 0x20],
		["all", { noLocal: true, retainAsPublished: true, retainHandling: 2 }, 0x2c],
	])("%s", (_what, options, byte) => {
		for (const qos of [0, 1, 2] as const) {
			const { client, peer } = connected5();
			client.subscribe("a", qos, ignore, options);
			peer.expect(SUBSCRIBE5(1, ["a", byte | qos]));
		}
	});

	test("are those of each filter of the call", () => {
		const { client, peer } = connected5();
		client.subscribe(["a", "b"], 1, ignore, { noLocal: true });
		client.subscribe("c", 1, ignore);
		peer.expect(SUBSCRIBE5(1, ["a", 5], ["b", 5]), SUBSCRIBE5(2, ["c", 1]));
	});

	test("go again with what goes again, and not with a later call for the filter", () => {
		const setup = connected5();
		setup.client.subscribe("a", 1, ignore, { retainHandling: 1, retainAsPublished: true });
		setup.peer.take();
		setup.resume(true);
		setup.peer.expect(SUBSCRIBE5(2, ["a", 0x19]));
		setup.peer.send(SUBACK5(2, [1]));
		setup.resume(false);
		setup.peer.expect(SUBSCRIBE5(3, ["a", 0x19]));
		setup.client.subscribe("a", 2, ignore);
		setup.peer.expect(SUBSCRIBE5(4, ["a", 2]));
	});

	test("that are none throw, and nothing is sent", () => {
		const { client, peer } = connected5();
		const wrong: [unknown, RegExp][] = [
			[{ noLocal: 1 }, /noLocal is 1/],
			[{ retainAsPublished: "yes" }, /retainAsPublished is yes/],
			[{ retainHandling: 3 }, /retainHandling is 3/],
			[{ retainHandling: -1 }, /retainHandling is -1/],
			[{ retainHandling: true }, /retainHandling is true/],
			[null, /null/],
			[5, /5/],
		];
		for (const [options, text] of wrong)
			expect(() => client.subscribe("a", 0, ignore, options as SubscriptionOptions)).toThrow(text);
		expect(() => client.subscribe(["a", "b"], 0, ignore, { retainHandling: 3 as 2 })).toThrow(RangeError);
		peer.expect();
	});

	test("are left out in MQTT 3.1.1, whose broker takes QoS alone", () => {
		const options = { noLocal: true, retainAsPublished: true, retainHandling: 2 } as const;
		const pinned = connected();
		pinned.client.subscribe("a", 1, ignore, options);
		pinned.peer.expect(SUBSCRIBE(1, "a", 1));
		const fallen = fallenBack();
		fallen.client.subscribe("a", 1, ignore, options);
		fallen.peer.expect(SUBSCRIBE(1, "a", 1));
	});
});

/** A client that has tried 5.0, and speaks 3.1.1. */
function fallenBack(before: (setup: Setup) => void = ignore): Setup {
	const setup = new Setup({ protocolVersion: undefined });
	before(setup);
	setup.peer.open();
	setup.peer.take();
	setup.peer.send(CONNACK(false, 1));
	setup.clock.advance(1);
	setup.peer.accept();
	expect(setup.client.protocolVersion).toBe(4);
	setup.news();
	return setup;
}

describe("subscription identifiers", () => {
	test("are for filters with wildcards, one packet for each; others go together, and without", () => {
		const setup = connected5();
		const made = setup.client.subscribe(["a", "b/+", "c", "#", "d"], 1, () => {});
		expect(made.map(({ topicFilter }) => topicFilter)).toEqual(["a", "b/+", "c", "#", "d"]);
		const sent = subscribes(setup);
		// "#" takes all topics: each of the others overlaps with it.
		expect(sent.map(({ subscriptions }) => subscriptions.map(({ topic }) => topic).join())).toEqual([
			"a",
			"b/+",
			"c",
			"#",
			"d",
		]);
		const identifiers = sent.map(identifierOf);
		expect(new Set(identifiers).size).toBe(5);
		for (const each of identifiers) {
			expect(each).toBeGreaterThanOrEqual(1);
			expect(each).toBeLessThanOrEqual(268_435_455);
		}
		const other = connected5();
		other.client.subscribe(["a", "b/+", "c"], 1, () => {});
		expect(
			subscribes(other).map((it) => [
				it.subscriptions.map(({ topic }) => topic).join(),
				identifierOf(it) > 0,
			]),
		).toEqual([
			["a,c", false],
			["b/+", true],
		]);
	});

	test("are the same in each life of the device, as a session of old has them, whatever the order", () => {
		const filters = ["a/+", "#", "+/b", "a/b/#"];
		const identifiers = (order: string[]) => {
			const setup = connected5();
			const found: Record<string, number> = {};
			for (const filter of order) setup.client.subscribe(filter, 0, ignore);
			for (const it of subscribes(setup)) found[it.subscriptions[0].topic] = identifierOf(it);
			return found;
		};
		expect(identifiers(filters)).toEqual(identifiers(filters.toReversed()));
	});

	test("a filter without wildcards gets one when others take its topic too, and no retained messages then", () => {
		const setup = connected5();
		setup.client.subscribe("a/b", 1, ignore);
		setup.peer.expect(SUBSCRIBE5(1, ["a/b", 1]));
		setup.peer.send(SUBACK5(1, [1]));
		setup.client.subscribe("a/+", 2, ignore);
		const sent = subscribes(setup);
		const [first, second] = sent.map((it) => it.subscriptions[0]);
		// It comes first: the broker then has both identifiers before it sends a message with one.
		expect(first).toMatchObject({ topic: "a/b", qos: 1, rh: 2 });
		expect(second).toMatchObject({ topic: "a/+", qos: 2, rh: 0 });
		for (const it of sent) expect(identifierOf(it)).toBeGreaterThan(0);
		setup.peer.send(...sent.map((it) => SUBACK5(it.messageId!, [it.subscriptions[0].qos])));
		// Once it has one, no more.
		setup.client.subscribe("+/b", 0, ignore);
		expect(subscribes(setup)).toHaveLength(1);
		expect(setup.client.statistics.strayAcknowledgements).toBe(0);
	});

	test.each([0, 1, 2] as const)(
		"no retained messages then, whatever it had asked for: %d",
		(retainHandling) => {
			const setup = connected5();
			setup.client.subscribe("a/b", 1, ignore, { retainHandling });
			const [asked] = subscribes(setup);
			expect(asked.subscriptions[0].rh).toBe(retainHandling);
			setup.peer.send(SUBACK5(asked.messageId!, [1]));
			setup.client.subscribe("a/+", 2, ignore);
			// 3 is none (section 3.8.3.1).
			expect(subscribes(setup)[0].subscriptions[0]).toMatchObject({ topic: "a/b", rh: 2 });
		},
	);

	test("are not for a broker that does not have them: what is asked for together goes together", () => {
		const setup = connected5({}, { subscriptionIdentifiersAvailable: false });
		setup.client.subscribe(["a", "b/+", "#"], 1, ignore);
		setup.peer.expect(SUBSCRIBE5(1, ["a", 1], ["b/+", 1], ["#", 1]));
	});

	test("go with the first connection to a broker that has them", () => {
		const setup = connected5({}, { subscriptionIdentifiersAvailable: false });
		setup.client.subscribe("b/+", 1, ignore);
		setup.peer.expect(SUBSCRIBE5(1, ["b/+", 1]));
		setup.resume(false, {});
		expect(subscribes(setup).map(identifierOf)).toEqual([expect.any(Number)]);
	});

	test("that collide are two numbers all the same", () => {
		const [one, other] = colliding();
		const setup = connected5();
		const heard: string[] = [];
		for (const filter of [one, other]) setup.client.subscribe(filter, 0, () => heard.push(filter));
		const broker = new MatchingBroker(setup);
		broker.settle();
		const identifiers = [...broker.kept.values()].map(({ identifier }) => identifier);
		expect(new Set(identifiers).size).toBe(2);
		expect(identifiers).not.toContain(0);
		for (const filter of [one, other]) {
			broker.publish(filter.replace("+", "x"), "", "one for all");
			expect(heard.splice(0)).toEqual([filter]);
		}
		// In another life the other one came first: the topic is compared.
		for (const identifier of identifiers)
			for (const filter of [one, other]) {
				setup.peer.send(broker.packet(filter.replace("+", "x"), "", [identifier]));
				expect(heard.splice(0)).toEqual([filter]);
			}
	});
});

/** Two filters for which the client alone would take the same identifier. */
function colliding(): [string, string] {
	const seen = new Map<number, string>();
	for (let i = 0; ; i++) {
		const filter = `f${i}/+`;
		let hash = 0x811c9dc5;
		for (const byte of Buffer.from(filter)) hash = Math.imul(hash ^ byte, 0x01000193);
		const identifier = ((hash >>> 4) % 268_435_455) + 1;
		const before = seen.get(identifier);
		if (before !== undefined) return [before, filter];
		seen.set(identifier, filter);
	}
}

describe("a shared subscription", () => {
	test.each([
		"$share/",
		"$share//a",
		"$share/n",
		"$share/n/",
		"$share/+/a",
		"$share/#/a",
		"$share/a+/b",
		"$share/n#/a",
		"$share/n/a#",
	])("[5.0 MQTT-4.8.2-1] [5.0 MQTT-4.8.2-2] %s is none, and throws", (filter) => {
		const { client, peer } = connected5();
		expect(() => client.subscribe(filter, 0, ignore)).toThrow(RangeError);
		expect(() => client.subscribe(["ok", filter], 0, ignore)).toThrow(RangeError);
		peer.expect();
	});

	test.each([
		["$share/n/a", "a", "b"],
		["$share/n//a", "/a", "a"],
		["$share/n/a/+", "a/x", "a"],
		["$share/n/#", "a/b/c", "$SYS/x"],
		["$share/ä ü/$SYS/#", "$SYS/x", "x"],
		["$share/n/$share/m", "$share/m", "m"],
	])("%s takes %s and not %s", (filter, taken, other) => {
		const setup = connected5();
		const heard: string[] = [];
		const { topicFilter } = setup.client.subscribe(filter, 1, (message) => {
			heard.push(message.topic);
		});
		expect(topicFilter).toBe(filter);
		const [sent] = subscribes(setup);
		expect(sent.subscriptions).toMatchObject([{ topic: filter, qos: 1 }]);
		setup.peer.send(SUBACK5(1, [1]));
		expect(setup.news()).toEqual([`subscribed ${filter} 1`]);
		setup.publish(taken, "x");
		expect(heard.splice(0)).toEqual([taken]);
		setup.publish(other, "x");
		expect(heard).toEqual([]);
		setup.news();
		setup.client.unsubscribe(filter);
		setup.peer.expect(UNSUBSCRIBE5(2, filter));
		setup.peer.send(UNSUBACK5(2, [0]));
		expect(setup.news()).toEqual([`unsubscribed ${filter}`]);
		setup.publish(taken, "x");
		expect(setup.news()).toEqual([`message ${taken}=x`]);
	});

	test("is another one than that with its filter, and than that of another group", () => {
		const setup = connected5();
		const heard: string[] = [];
		const filters = ["a", "$share/n/a", "$share/m/a"];
		for (const filter of filters) setup.client.subscribe(filter, 0, () => heard.push(filter));
		const broker = new MatchingBroker(setup);
		broker.settle();
		broker.publish("a", "", "one for all");
		expect(heard.splice(0)).toEqual(filters);
		broker.publish("a", "", "one for each");
		expect(heard.splice(0)).toEqual(filters);
		setup.client.unsubscribe("a");
		broker.settle();
		broker.publish("a", "", "one for each");
		expect(heard.splice(0)).toEqual(filters.slice(1));
	});

	test("[5.0 MQTT-3.8.3-4] with no local throws, and nothing is sent", () => {
		const { client, peer } = connected5();
		expect(() => client.subscribe("$share/n/a", 0, ignore, { noLocal: true })).toThrow(/noLocal/);
		expect(() => client.subscribe(["a", "$share/n/a"], 0, ignore, { noLocal: true })).toThrow(/noLocal/);
		peer.expect();
		client.subscribe("$share/n/a", 0, ignore, { noLocal: false, retainHandling: 2 });
		peer.expect(SUBSCRIBE5(1, ["$share/n/a", 0x20]));
	});

	test("one that only begins alike is none", () => {
		const setup = connected5();
		const heard: string[] = [];
		for (const filter of ["$shared/n/a", "$share", "share/n/a"])
			setup.client.subscribe(filter, 0, () => heard.push(filter), { noLocal: true });
		for (const topic of ["$shared/n/a", "$share", "share/n/a"]) setup.publish(topic, "");
		expect(heard).toEqual(["$shared/n/a", "$share", "share/n/a"]);
	});

	test("goes as it is to a broker of 3.1.1 that was fallen back to, and is ended so", () => {
		const setup = fallenBack();
		setup.client.subscribe("$share/n/a", 1, ignore);
		setup.peer.expect(SUBSCRIBE(1, "$share/n/a", 1));
		setup.peer.send(SUBACK(1, 1));
		setup.client.unsubscribe("$share/n/a");
		setup.peer.expect(UNSUBSCRIBE(2, "$share/n/a"));
	});

	test("can be ended when it was made in an earlier life", () => {
		const { client, peer } = connected5();
		client.unsubscribe("$share/n/a/#");
		peer.expect(UNSUBSCRIBE5(1, "$share/n/a/#"));
	});
});

describe("what the broker does not have", () => {
	const cases: [string, object, string, number][] = [
		["wildcards", { wildcardSubscriptionAvailable: false }, "a/+", 0xa2],
		["wildcards in a shared one", { wildcardSubscriptionAvailable: false }, "$share/n/#", 0xa2],
		["shared ones", { sharedSubscriptionAvailable: false }, "$share/n/a", 0x9e],
	];

	test.each(cases)(
		"%s: a subscription has its code at once, it is told, and nothing is sent",
		(_what, granted, filter, code) => {
			const setup = connected5({}, granted);
			const subscription = setup.client.subscribe(filter, 1, ignore);
			setup.peer.expect();
			expect(subscription.code).toBe(code);
			expect(setup.news()).toEqual([`subscribed ${filter} ${code}`]);
			setup.clock.advance(30_000);
			expect(setup.client.statistics).toMatchObject({ disconnects: 0 });
			expect(setup.news()).toEqual([]);
		},
	);

	test.each(cases)("%s: one made before CONNACK has its code with that", (_what, granted, filter, code) => {
		const setup = new Setup5({}, granted);
		const subscription = setup.client.subscribe(filter, 1, ignore);
		expect(subscription.code).toBe(-1);
		setup.accept();
		setup.peer.expect();
		expect(subscription.code).toBe(code);
		expect(setup.news().sort()).toEqual(["connected false", `subscribed ${filter} ${code}`]);
	});

	test.each(cases)("%s: others of the same call are asked for", (_what, granted, filter, code) => {
		for (const identifiers of [true, false]) {
			const setup = connected5({}, { ...granted, subscriptionIdentifiersAvailable: identifiers });
			const made = setup.client.subscribe(["x", filter, "y"], 1, ignore);
			const sent = subscribes(setup);
			expect(sent.flatMap((it) => it.subscriptions.map(({ topic }) => topic))).toEqual(["x", "y"]);
			for (const { messageId, subscriptions } of sent)
				setup.peer.send(
					SUBACK5(
						messageId!,
						subscriptions.map(({ topic }) => (topic === "x" ? 1 : 0)),
					),
				);
			expect(made.map((it) => it.code)).toEqual([1, code, 0]);
			expect(setup.news()).toEqual([`subscribed ${filter} ${code}`, "subscribed x 1", "subscribed y 0"]);
		}
	});

	test.each(cases)("%s: the first of the call too", (_what, granted, filter, code) => {
		const setup = connected5({}, granted);
		const made = setup.client.subscribe([filter, "y"], 1, ignore);
		expect(subscribes(setup).map((it) => it.subscriptions[0].topic)).toEqual(["y"]);
		expect(made.map((it) => it.code)).toEqual([code, -1]);
	});

	test.each(cases)(
		"%s: the next broker, which has them, is asked, with the session and without",
		(_what, granted, filter) => {
			for (const sessionPresent of [false, true]) {
				const setup = connected5({}, granted);
				const subscription = setup.client.subscribe(filter, 1, ignore);
				setup.resume(sessionPresent, {});
				expect(subscribes(setup).map((it) => it.subscriptions[0].topic)).toEqual([filter]);
				setup.news();
				setup.peer.send(SUBACK5(1, [1]));
				expect(subscription.code).toBe(1);
				expect(setup.news()).toEqual([`subscribed ${filter} 1`]);
			}
		},
	);

	test.each(cases)(
		"%s: the same broker says so for each connection without a session",
		(_what, granted, filter, code) => {
			const setup = connected5({}, granted);
			const subscription = setup.client.subscribe(filter, 1, ignore);
			setup.news();
			setup.resume(false);
			setup.peer.expect();
			expect(subscription.code).toBe(code);
			expect(setup.news().filter((line) => line.startsWith("subscribed"))).toEqual([
				`subscribed ${filter} ${code}`,
			]);
		},
	);

	test("one that is refused here can be ended, and made again", () => {
		const setup = connected5({ subscriptions: 1 }, { wildcardSubscriptionAvailable: false });
		setup.client.subscribe("a/+", 1, ignore);
		setup.client.unsubscribe("a/+");
		const broker = new MatchingBroker(setup);
		broker.settle();
		setup.news();
		expect(setup.client.subscribe("b", 0, ignore).code).toBe(-1);
		broker.settle();
		expect(setup.news()).toEqual(["subscribed b 0"]);
	});

	test("a callback that throws is told of the others all the same", () => {
		const setup: Setup5 = connected5(
			{
				onSubscribed: ({ topicFilter }) => {
					setup.log.push(topicFilter);
					if (topicFilter === "a/+") throw new Error("mine");
				},
			},
			{ wildcardSubscriptionAvailable: false },
		);
		expect(() => setup.client.subscribe(["a/+", "b/+"], 0, ignore)).toThrow("mine");
		expect(setup.news()).toEqual(["a/+", "b/+"]);
	});

	test("subscribing in the callback is legal", () => {
		const setup: Setup5 = connected5(
			{
				onSubscribed: ({ topicFilter, code }) => {
					setup.log.push(`${topicFilter} ${code}`);
					if (topicFilter === "a/+") setup.client.subscribe("a/x", 0, ignore);
					if (topicFilter === "a/x" && code < 0x80) setup.client.subscribe("#", 0, ignore);
				},
			},
			{ wildcardSubscriptionAvailable: false },
		);
		setup.client.subscribe("a/+", 0, ignore);
		expect(subscribes(setup).map((it) => it.subscriptions[0].topic)).toEqual(["a/x"]);
		setup.peer.send(SUBACK5(1, [0]));
		expect(setup.news()).toEqual(["a/+ 162", "a/x 0", "# 162"]);
		setup.peer.expect();
	});
});

describe("reason codes", () => {
	test.each([0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2])(
		"[5.0 MQTT-3.8.4-7] of SUBACK: %d is told, and no reason to close",
		(code) => {
			const setup = connected5();
			const subscription = setup.client.subscribe("a/+", 2, ignore);
			setup.peer.send(SUBACK5(1, [code]));
			expect(subscription.code).toBe(code);
			expect(setup.news()).toEqual([`subscribed a/+ ${code}`]);
		},
	);

	test("[5.0 MQTT-3.11.3-1] of UNSUBACK are told for each filter", () => {
		const told: [string, number | undefined][] = [];
		const setup = connected5({ onUnsubscribed: (filter, code) => told.push([filter, code]) });
		setup.client.unsubscribe(["a", "b/#", "c", "$share/n/d"]);
		setup.peer.expect(UNSUBSCRIBE5(1, "a", "b/#", "c", "$share/n/d"));
		setup.peer.send(UNSUBACK5(1, [0, 0x11, 0x87, 0x83]));
		expect(told).toEqual([
			["a", 0],
			["b/#", 0x11],
			["c", 0x87],
			["$share/n/d", 0x83],
		]);
	});

	test("of UNSUBACK are not there in MQTT 3.1.1", () => {
		const told: unknown[][] = [];
		const setup = connected({ onUnsubscribed: (...all) => told.push(all) });
		setup.client.unsubscribe("a");
		setup.peer.send(packet(0xb0, word(1)));
		expect(told.map(([filter, code]) => [filter, code])).toEqual([["a", undefined]]);
	});

	test.each([[[0]], [[0, 0, 0]]])(
		"[5.0 MQTT-3.11.3-1] of UNSUBACK, not one for each filter, close: %p",
		(codes) => {
			const setup = connected5();
			setup.client.unsubscribe(["a", "b"]);
			setup.peer.take();
			setup.peer.send(UNSUBACK5(1, codes));
			expect(setup.news()).toEqual([`disconnected ${UNSUBACK_CODES}`]);
			expect(setup.exchange()).toEqual([expect.stringMatching(/^disconnect 0x8[12]$/)]);
		},
	);

	test("of UNSUBACK: an app that pauses, throws, breaks the connection, or ends more between two of them", () => {
		const setup: Setup5 = connected5({
			onUnsubscribed: (filter, code) => {
				setup.log.push(`${filter} ${code}`);
				if (filter === "a") setup.client.pause();
				if (filter === "b") setup.client.subscribe("b", 0, ignore);
				if (filter === "c") throw new Error("mine");
			},
		});
		setup.client.unsubscribe(["a", "b", "c", "d"]);
		setup.peer.take();
		setup.peer.send(UNSUBACK5(1, [0, 0x11, 0x80, 0]), PUBLISH("t", "\0x"));
		expect(setup.news()).toEqual(["a 0"]);
		expect(() => setup.client.resume()).toThrow("mine");
		setup.clock.advance(1000);
		expect(setup.news()).toEqual(["b 17", "c 128", "d 0", "message t=x"]);
		setup.peer.expect(SUBSCRIBE5(2, ["b", 0]));
	});

	test("reason strings of SUBACK and UNSUBACK are there during the callback, if the app wants them", () => {
		const told: (string | undefined)[] = [];
		const read = () => told.push(setup.client.received?.text(0x1f));
		const setup: Setup5 = connected5({ problemInformation: true, onSubscribed: read, onUnsubscribed: read });
		setup.client.subscribe("a", 0, ignore);
		setup.client.unsubscribe("b");
		setup.peer.take();
		setup.send(
			{ cmd: "suback", messageId: 1, granted: [0x87], properties: { reasonString: "not you" } },
			{ cmd: "unsuback", messageId: 2, granted: [0x80], properties: { reasonString: "not now" } },
		);
		expect(told).toEqual(["not you", "not now"]);
	});
});

test("pipelined ones, sent before it is known what the broker has, are asked for as they are", () => {
	const place = new Place();
	const client = new Client({
		...place.network,
		host: "10.0.0.1",
		protocolVersion: 5,
		pipelining: true,
		clientId: "c",
		random: () => 0,
	});
	client.subscribe("a/+", 1, ignore);
	place.peer.open();
	const sent = place.peer.take();
	const subscribe = SUBSCRIBE5(1, ["a/+", 1]);
	expect([...sent.slice(-subscribe.length)]).toEqual([...subscribe]);
});

test("a message with subscription identifiers is told as one without", () => {
	const setup = connected5();
	setup.peer.send(packet(0x30, field("t"), block([number(0x0b, 5), number(0x0b, 300)]), [0x78]));
	expect(setup.news()).toEqual(["message t=x"]);
});

test("with parts: a handler has the properties of the message in each", () => {
	const found: string[] = [];
	const setup = connected5({ receiveSize: 4 });
	setup.client.subscribe("t/+", 0, (message) => {
		const { properties } = message;
		properties!.rewind();
		found.push(`${show(message)} ${properties!.text(0x03)} ${properties!.next()} ${properties!.name}`);
	});
	setup.peer.take();
	setup.publish("t/1", "0123456789", { contentType: "text", userProperties: { a: "b" } });
	expect(found).toEqual([
		"t/1=0123 0/10 text true a",
		"t/1=4567 4/10 text true a",
		"t/1=89 8/10 text true a",
	]);
});
