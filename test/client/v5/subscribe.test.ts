// Subscriptions of 5.0 (sections 3.8 to 3.11): options, identifiers, shared ones, what a broker does not serve.

import type { ISubscribePacket } from "mqtt-packet";
import type { ClientOptions } from "../../../src/connection/options.js";
import { show } from "../../support/setup.js";
import { type ConnackProperties, connected5, Setup5 } from "../../support/setup5.js";

/** A client, and which handlers took what. */
function subscriber(options: Partial<ClientOptions> = {}, granted?: ConnackProperties) {
	const taken: string[] = [];
	const setup = connected5(
		{ onUnsubscribed: (filter, code) => setup.log.push(`ended ${filter} ${code}`), ...options },
		granted,
	);
	const subscribe = (filter: string, name = filter) =>
		setup.client.subscribe(filter, 1, (message) => taken.push(`${name}: ${show(message)}`));
	const news = () => taken.splice(0);
	return { setup, subscribe, news };
}

/** SUBSCRIBE packets that were sent: filters with their options, and the identifier. */
const asked = (setup: Setup5) =>
	setup
		.sent()
		.filter((packet): packet is ISubscribePacket => packet.cmd === "subscribe")
		.map(({ messageId, subscriptions, properties }) => ({
			id: messageId,
			filters: subscriptions.map(
				({ topic, qos, nl, rap, rh }) =>
					`${topic} ${qos}${nl ? " nl" : ""}${rap ? " rap" : ""}${rh ? ` rh${rh}` : ""}`,
			),
			identifier: properties?.subscriptionIdentifier,
		}));

const grant = (setup: Setup5, messageId: number, granted: number[]) =>
	setup.send({ cmd: "suback", messageId, granted });

test("options are in SUBSCRIBE, and again when the broker has lost the session", () => {
	const { setup } = subscriber();
	setup.client.subscribe(["a", "b"], 1, undefined, {
		noLocal: true,
		retainAsPublished: true,
		retainHandling: 2,
	});
	setup.client.subscribe("c", 2, undefined, { retainHandling: 1 });
	expect(asked(setup).map(({ filters }) => filters)).toEqual([
		["a 1 nl rap rh2", "b 1 nl rap rh2"],
		["c 2 rh1"],
	]);
	grant(setup, 1, [1, 1]);
	grant(setup, 2, [2]);
	setup.resume(false);
	expect(asked(setup).map(({ filters }) => filters)).toEqual([
		["a 1 nl rap rh2"],
		["b 1 nl rap rh2"],
		["c 2 rh1"],
	]);
});

test.each([
	[{ noLocal: "yes" }, /noLocal/],
	[{ retainAsPublished: 1 }, /retainAsPublished/],
	[{ retainHandling: 3 }, /retainHandling/],
	[5, /options/],
	[null, /options/],
])("options %j throw", (options, message) => {
	const { setup } = subscriber();
	expect(() => setup.client.subscribe("a", 0, undefined, options as never)).toThrow(message);
	expect(setup.sent()).toEqual([]);
});

describe("identifiers", () => {
	test("a filter with wildcards has one, in a packet of its own, the same one in each life", () => {
		const { setup } = subscriber();
		setup.client.subscribe(["a/+", "b", "c", "d/#"], 1);
		const first = asked(setup);
		expect(first.map(({ filters }) => filters)).toEqual([["a/+ 1"], ["b 1", "c 1"], ["d/# 1"]]);
		expect(first[1].identifier).toBeUndefined();
		for (const { identifier } of [first[0], first[2]]) {
			expect(identifier).toBeGreaterThanOrEqual(1);
			expect(identifier).toBeLessThanOrEqual(268_435_455);
		}
		const other = subscriber();
		other.setup.client.subscribe("d/#", 1);
		expect(asked(other.setup)[0].identifier).toBe(first[2].identifier);
	});

	test("a copy for each subscription reaches each handler once", () => {
		const { setup, subscribe, news } = subscriber();
		subscribe("a/+");
		subscribe("a/#");
		const [plus, hash] = asked(setup).map(({ identifier }) => identifier as number);
		setup.publish("a/b", "1", { subscriptionIdentifier: [plus] as never });
		setup.publish("a/b", "1", { subscriptionIdentifier: [hash] as never });
		expect(news()).toEqual(["a/+: a/b=1", "a/#: a/b=1"]);
		setup.publish("a/b", "2", { subscriptionIdentifier: [hash, plus] as never });
		expect(news()).toEqual(["a/#: a/b=2", "a/+: a/b=2"]);
		setup.publish("a/b", "3");
		expect(news()).toEqual(["a/+: a/b=3", "a/#: a/b=3"]);
		setup.publish("a/c", "4", { subscriptionIdentifier: [plus] as never });
		setup.publish("a/c", "5", { subscriptionIdentifier: [plus] as never });
		setup.publish("a/c", "6", { subscriptionIdentifier: [hash] as never });
		expect(news()).toEqual(["a/+: a/c=4", "a/+: a/c=5", "a/#: a/c=6"]);
	});

	test("one without a handler keeps its copy to itself", () => {
		const { setup, subscribe, news } = subscriber();
		setup.client.subscribe("a/+", 0);
		subscribe("a/#");
		const [plus, hash] = asked(setup).map(({ identifier }) => identifier as number);
		setup.publish("a/b", "1", { subscriptionIdentifier: [plus] as never });
		setup.publish("a/b", "1", { subscriptionIdentifier: [hash] as never });
		expect(news()).toEqual(["a/#: a/b=1"]);
		expect(setup.news()).toEqual(["message a/b=1"]);
	});

	test("an identifier of an earlier life calls no handler whose filter does not match", () => {
		const { setup, subscribe, news } = subscriber();
		subscribe("a/+");
		const [{ identifier }] = asked(setup);
		setup.publish("b/c", "1", { subscriptionIdentifier: [identifier] as never });
		expect(news()).toEqual([]);
		expect(setup.news()).toEqual(["message b/c=1"]);
		setup.publish("a/c", "2", { subscriptionIdentifier: [12_345] as never });
		expect(news()).toEqual(["a/+: a/c=2"]);
	});

	test("a filter whose topic others take gets one: the broker is asked anew, and sends nothing retained for it", () => {
		const { setup, subscribe, news } = subscriber();
		subscribe("a/b");
		expect(asked(setup)[0].identifier).toBeUndefined();
		grant(setup, 1, [1]);
		subscribe("a/+");
		const renewed = asked(setup);
		expect(renewed.map(({ filters }) => filters)).toEqual([["a/b 1 rh2"], ["a/+ 1"]]);
		setup.publish("a/b", "1", { subscriptionIdentifier: [renewed[0].identifier] as never });
		setup.publish("a/b", "1", { subscriptionIdentifier: [renewed[1].identifier] as never });
		expect(news()).toEqual(["a/b: a/b=1", "a/+: a/b=1"]);
		for (const { id } of renewed) grant(setup, id as number, [1]);
		// From then on as it was asked for.
		setup.resume(false);
		expect(asked(setup).map(({ filters }) => filters)).toEqual([["a/b 1"], ["a/+ 1"]]);
	});

	test("where the broker has none, text decides", () => {
		const { setup, subscribe, news } = subscriber({}, { subscriptionIdentifiersAvailable: false });
		setup.client.subscribe(["a/+", "b"], 1);
		expect(asked(setup)).toEqual([{ id: 1, filters: ["a/+ 1", "b 1"], identifier: undefined }]);
		subscribe("a/#");
		setup.publish("a/b", "1");
		expect(news()).toEqual(["a/#: a/b=1"]);
	});

	test("a handler that ends its own subscription does not keep another from the message", () => {
		const { setup, subscribe, news } = subscriber();
		setup.client.subscribe("a/#", 0, () => setup.client.unsubscribe("a/#"));
		subscribe("a/+");
		const [hash, plus] = asked(setup).map(({ identifier }) => identifier as number);
		setup.publish("a/b", "1", { subscriptionIdentifier: [hash, plus] as never });
		setup.publish("a/b", "2", { subscriptionIdentifier: [hash, plus] as never });
		expect(news()).toEqual(["a/+: a/b=1", "a/+: a/b=2"]);
	});
});

describe("shared subscriptions", () => {
	test("[5.0 MQTT-4.8.2-1] [5.0 MQTT-4.8.2-2] the share is stripped to route, and sent whole", () => {
		const { setup, subscribe, news } = subscriber();
		subscribe("$share/workers/jobs/+");
		subscribe("$share/workers/plain");
		expect(asked(setup).map(({ filters }) => filters)).toEqual([
			["$share/workers/jobs/+ 1"],
			["$share/workers/plain 1"],
		]);
		setup.publish("jobs/1", "x");
		setup.publish("plain", "y");
		expect(news()).toEqual(["$share/workers/jobs/+: jobs/1=x", "$share/workers/plain: plain=y"]);
		setup.client.unsubscribe("$share/workers/plain");
		expect(setup.sent()).toMatchObject([{ cmd: "unsubscribe", unsubscriptions: ["$share/workers/plain"] }]);
	});

	test("a shared and a plain subscription to the same topic", () => {
		const { setup, subscribe, news } = subscriber();
		subscribe("a");
		subscribe("$share/g/a");
		const sent = asked(setup);
		expect(sent.map(({ filters }) => filters)).toEqual([["a 1"], ["$share/g/a 1"]]);
		for (const { id } of sent) grant(setup, id as number, [1]);
		// The first one has no identifier at the broker yet: it gets one.
		const [renewed] = asked(setup);
		expect(renewed.filters).toEqual(["a 1 rh2"]);
		grant(setup, renewed.id as number, [1]);
		setup.publish("a", "1", { subscriptionIdentifier: [sent[1].identifier] as never });
		expect(news()).toEqual(["$share/g/a: a=1"]);
	});

	test.each(["$share/", "$share/a", "$share//a", "$share/a/", "$share/+/a", "$share/a#/b", "$share/a/b#"])(
		'[5.0 MQTT-4.8.2-1] [5.0 MQTT-4.8.2-2] "%s" throws',
		(filter) => {
			const { setup } = subscriber();
			expect(() => setup.client.subscribe(filter, 0)).toThrow(RangeError);
			expect(() => setup.client.unsubscribe(filter)).toThrow(RangeError);
		},
	);

	test.each(["$shared/a", "$SYS/share/x", "share/a", "a/$share/b"])('"%s" is none', (filter) => {
		const { setup, subscribe, news } = subscriber();
		subscribe(filter);
		setup.publish(filter, "1");
		expect(news()).toEqual([`${filter}: ${filter}=1`]);
	});

	test("[5.0 MQTT-3.8.3-4] with noLocal it throws", () => {
		const { setup } = subscriber();
		expect(() => setup.client.subscribe("$share/g/a", 0, undefined, { noLocal: true })).toThrow(/noLocal/);
		expect(setup.sent()).toEqual([]);
	});
});

describe("what a broker does not serve has its code at once", () => {
	const NOTHING = { wildcardSubscriptionAvailable: false, sharedSubscriptionAvailable: false };

	test("while connected", () => {
		const { setup } = subscriber({}, NOTHING);
		const wildcard = setup.client.subscribe("a/+", 0);
		const shared = setup.client.subscribe(["$share/g/a", "b"], 0);
		expect(wildcard.code).toBe(0xa2);
		expect(shared.map(({ code }) => code)).toEqual([0x9e, -1]);
		expect(asked(setup).map(({ filters }) => filters)).toEqual([["b 0"]]);
		expect(setup.news()).toEqual(["subscribed a/+ 162", "subscribed $share/g/a 158"]);
	});

	test("made before CONNACK", () => {
		const setup = new Setup5({}, NOTHING);
		setup.client.subscribe(["a/+", "b", "$share/g/a"], 0);
		setup.accept();
		expect(setup.sent()).toMatchObject([{ cmd: "subscribe", subscriptions: [{ topic: "b" }] }]);
		expect(setup.news().filter((line) => line.startsWith("subscribed"))).toEqual([
			"subscribed a/+ 162",
			"subscribed $share/g/a 158",
		]);
		// Another broker may.
		setup.granted = undefined;
		setup.resume(false);
		expect(
			asked(setup)
				.flatMap(({ filters }) => filters)
				.sort(),
		).toEqual(["$share/g/a 0", "a/+ 0", "b 0"]);
	});
});

describe("[5.0 MQTT-3.2.2-15] no packet is larger than the broker takes", () => {
	/** 2 of fixed header, 2 of identifier, 1 of properties; 3 and 1 for each filter of one character. */
	const TWO = { maximumPacketSize: 5 + 2 * 4 };

	test("filters go in as many packets as it takes", () => {
		const { setup } = subscriber({}, TWO);
		setup.client.subscribe(["a", "b", "c", "d", "e"], 0);
		expect(asked(setup).map(({ filters }) => filters)).toEqual([["a 0", "b 0"], ["c 0", "d 0"], ["e 0"]]);
		for (const [id, codes] of [
			[1, [0, 1]],
			[2, [0, 0]],
			[3, [0]],
		] as const)
			grant(setup, id, [...codes]);
		expect(setup.news()).toEqual([
			"subscribed a 0",
			"subscribed b 1",
			"subscribed c 0",
			"subscribed d 0",
			"subscribed e 0",
		]);
		setup.client.unsubscribe(["a", "b", "c"]);
		expect(setup.exchange()).toEqual(["unsubscribe 4", "unsubscribe 5"]);
	});

	test("one that fits none has its code at once", () => {
		const { setup } = subscriber({}, TWO);
		const [long, short] = setup.client.subscribe(["0123456789", "a"], 0);
		expect([long.code, short.code]).toEqual([0x95, -1]);
		expect(asked(setup).map(({ filters }) => filters)).toEqual([["a 0"]]);
		expect(setup.news()).toEqual(["subscribed 0123456789 149"]);
		// Not even with its identifier: 1 and 4 bytes more.
		const wildcard = setup.client.subscribe("a/b/+", 0);
		expect(wildcard.code).toBe(0x95);
		expect(setup.sent()).toEqual([]);
	});

	test("an end that fits none is told as refused", () => {
		const { setup } = subscriber({}, TWO);
		setup.client.unsubscribe(["0123456789", "a"]);
		expect(setup.sent()).toMatchObject([{ cmd: "unsubscribe", unsubscriptions: ["a"] }]);
		expect(setup.news()).toEqual(["ended 0123456789 149"]);
	});
});

describe("answers", () => {
	test("[5.0 MQTT-3.8.4-7] [5.0 MQTT-3.9.3-1] SUBACK has a code for each filter", () => {
		const { setup } = subscriber();
		const made = setup.client.subscribe(["a", "b", "c"], 2);
		grant(setup, 1, [1, 0x87, 0x97]);
		expect(made.map(({ code }) => code)).toEqual([1, 0x87, 0x97]);
		expect(setup.news()).toEqual(["subscribed a 1", "subscribed b 135", "subscribed c 151"]);
	});

	test("[5.0 MQTT-3.11.3-1] UNSUBACK has a code for each filter", () => {
		const { setup } = subscriber();
		setup.client.unsubscribe(["a", "b", "c"]);
		setup.sent();
		setup.send({ cmd: "unsuback", messageId: 1, granted: [0, 0x11, 0x87] });
		expect(setup.news()).toEqual(["ended a 0", "ended b 17", "ended c 135"]);
		expect(setup.client.statistics.strayAcknowledgements).toBe(0);
	});

	test("an UNSUBACK with too few codes is a protocol error", () => {
		const { setup } = subscriber();
		setup.client.unsubscribe(["a", "b"]);
		setup.sent();
		setup.send({ cmd: "unsuback", messageId: 1, granted: [0] });
		expect(setup.exchange()).toEqual(["disconnect 0x82"]);
		expect(setup.news()).toEqual([
			expect.stringContaining("UNSUBACK does not have one code for each filter"),
		]);
	});

	test("[5.0 MQTT-3.10.4-5] an UNSUBACK that nobody awaits is counted", () => {
		const { setup } = subscriber();
		setup.send({ cmd: "unsuback", messageId: 9, granted: [0] });
		expect(setup.client.statistics.strayAcknowledgements).toBe(1);
		expect(setup.news()).toEqual([]);
	});
});
