// Which handlers a message goes to in MQTT 5.0: brokers send it once, with the identifiers of all subscriptions that take
// it, or once for each (section 3.3.4). Either way each handler has it once.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import type { Message, MessageHandler } from "../../../src/index.js";
import { topicFilter, topicName } from "../../support/arbitraries.js";
import { MatchingBroker, takes, type Way } from "../../support/matching-broker.js";
import { PUBACK, PUBREL } from "../../support/packets.js";
import { number, PUBLISH5, user } from "../../support/packets5.js";
import { connected5, Setup5 } from "../../support/setup5.js";

const ignore = () => {};
const WAYS: Way[] = ["one for all", "one for each"];

/** Its handlers note their names. */
function listening(options = {}, granted = {}) {
	const setup = connected5(options, granted);
	const broker = new MatchingBroker(setup);
	const heard: string[] = [];
	const on =
		(name: string, then?: (message: Message) => void): MessageHandler =>
		(message) => {
			heard.push(name);
			then?.(message);
		};
	/** Who hears a message on this topic, when all that was asked is answered. */
	const hears = (topic: string, way: Way): string[] => {
		broker.settle();
		setup.news();
		broker.publish(topic, "x", way);
		return [...heard.splice(0), ...setup.news()];
	};
	return { setup, client: setup.client, broker, heard, on, hears };
}

describe.each(WAYS)("%s: handlers of overlapping filters", (way) => {
	test("have each message once, in the order of subscription", () => {
		const { client, on, hears } = listening();
		client.subscribe("#", 0, on("#"));
		client.subscribe(["a/+", "a/b"], 0, on("both"));
		client.subscribe("a/b", 0, on("renewed"));
		client.subscribe("+/b", 0, on("+/b"));
		client.subscribe("a/b/c", 0, on("a/b/c"));
		expect(hears("a/b", way)).toEqual(["#", "both", "renewed", "+/b"]);
		expect(hears("a", way)).toEqual(["#"]);
		expect(hears("a/b/c", way)).toEqual(["#", "a/b/c"]);
		expect(hears("x/b", way)).toEqual(["#", "+/b"]);
	});

	test("whatever came first, the one with wildcards or the others", () => {
		const filters = ["a/b", "a/+", "#", "$share/n/a/b"];
		const orders = filters.flatMap((first) => [
			[first, ...filters.filter((each) => each !== first)],
			[first, ...filters.filter((each) => each !== first).toReversed()],
		]);
		for (const order of orders)
			for (const settles of [true, false]) {
				const { client, broker, on, hears } = listening();
				for (const filter of order) {
					client.subscribe(filter, 0, on(filter));
					if (settles) broker.settle();
				}
				expect([order, settles, hears("a/b", way)]).toEqual([order, settles, order]);
				expect(hears("a/c", way)).toEqual(order.filter((each) => takes(each, "a/c")));
			}
	});

	test("in one call too, and when the broker has answered a part of it only", () => {
		const { client, broker, heard, on, hears } = listening();
		client.subscribe("a/b", 0, on("a/b"));
		broker.settle();
		client.subscribe(["a/+", "#", "+/b"], 0, on("wild"));
		// Between any two answers no handler loses a message.
		do {
			broker.publish("a/b", "x", way);
			const got = heard.splice(0);
			expect(got).toContain("a/b");
			expect(got.length).toBeGreaterThanOrEqual(broker.takers("a/b").length);
		} while (broker.step());
		expect(hears("a/b", way)).toEqual(["a/b", "wild", "wild", "wild"]);
	});

	test("have no message whose topic name begins with $, unless they ask for it (section 4.7.2)", () => {
		const { client, on, hears } = listening();
		client.subscribe(["#", "+/x"], 0, on("wild"));
		client.subscribe("$SYS/#", 0, on("$SYS/#"));
		client.subscribe("$SYS/x", 0, on("$SYS/x"));
		expect(hears("$SYS/x", way)).toEqual(["$SYS/#", "$SYS/x"]);
		expect(hears("a/x", way)).toEqual(["wild", "wild"]);
	});

	test("are one and the same for topics with and without wildcards, before and after unsubscribe", () => {
		const { client, on, hears } = listening();
		client.subscribe("a", 0, on("a"));
		expect(hears("a", way)).toEqual(["a"]);
		client.subscribe("+", 0, on("+"));
		expect(hears("a", way)).toEqual(["a", "+"]);
		client.unsubscribe("+");
		expect(hears("a", way)).toEqual(["a"]);
		client.subscribe("+", 0, on("+ again"));
		expect(hears("a", way)).toEqual(["a", "+ again"]);
		client.unsubscribe("a");
		expect(hears("a", way)).toEqual(["+ again"]);
		client.subscribe("a", 0, on("a again"));
		expect(hears("a", way)).toEqual(["+ again", "a again"]);
		client.unsubscribe("+");
		expect(hears("a", way)).toEqual(["a again"]);
	});

	test("the one without wildcards is renewed: its new handler has the messages", () => {
		const { client, on, hears } = listening();
		client.subscribe(["a", "+"], 0, on("old"));
		expect(hears("a", way)).toEqual(["old", "old"]);
		client.subscribe("a", 1, on("new"));
		expect(hears("a", way)).toEqual(["new", "old"]);
		client.subscribe("+", 1, on("newer"));
		expect(hears("a", way)).toEqual(["new", "newer"]);
	});

	test("the one with wildcards gets its handler later", () => {
		const { client, on, hears } = listening();
		client.subscribe("+", 0);
		client.subscribe("a", 0, on("a"));
		client.subscribe("+", 0, on("+"));
		expect(hears("a", way)).toEqual(["+", "a"]);
	});

	test("after a reconnect, with the session and without", () => {
		const { setup, client, broker, on, hears } = listening();
		client.subscribe("a", 0, on("a"));
		broker.settle();
		client.subscribe("+", 0, on("+"));
		setup.resume(true);
		broker.drop();
		expect(hears("a", way)).toEqual(["a", "+"]);
		setup.resume(true);
		expect(hears("a", way)).toEqual(["a", "+"]);
		setup.resume(false);
		broker.forget();
		expect(hears("a", way)).toEqual(["a", "+"]);
	});

	test("that were there before the connection, and those that come later", () => {
		const setup = new Setup5();
		const broker = new MatchingBroker(setup);
		const heard: string[] = [];
		for (const filter of ["a", "+"]) setup.client.subscribe(filter, 0, () => heard.push(filter));
		setup.accept();
		setup.client.subscribe("#", 0, () => heard.push("#"));
		broker.settle();
		broker.publish("a", "x", way);
		expect(heard).toEqual(["a", "+", "#"]);
	});

	test("that were sent together with CONNECT, when nothing of the broker was known", () => {
		const setup = new Setup5({ pipelining: true });
		const broker = new MatchingBroker(setup);
		const heard: string[] = [];
		for (const filter of ["a", "+"]) setup.client.subscribe(filter, 0, () => heard.push(filter));
		setup.peer.open();
		setup.send({ cmd: "connack", sessionPresent: false, reasonCode: 0 });
		broker.settle();
		setup.client.subscribe("#", 0, () => heard.push("#"));
		broker.settle();
		setup.news();
		broker.publish("a", "x", "one for all");
		expect(heard.toSorted()).toEqual(["#", "+", "a"]);
	});

	test("that an earlier connection has made without identifiers", () => {
		const { setup, client, broker, on, hears } = listening({}, { subscriptionIdentifiersAvailable: false });
		client.subscribe(["a", "+"], 0, on("old"));
		broker.settle();
		expect(hears("a", "one for all")).toEqual(["old", "old"]);
		setup.resume(true, {});
		client.subscribe("#", 0, on("#"));
		// The broker's messages for the first two say nothing of whom they are for.
		const got = hears("a", way);
		if (way === "one for all") expect(got.toSorted()).toEqual(["#", "old", "old"]);
		else expect(new Set(got)).toEqual(new Set(["#", "old"]));
	});

	test("that an earlier connection has made without identifiers, while they get theirs one by one", () => {
		const { setup, client, broker, heard, on } = listening({}, { subscriptionIdentifiersAvailable: false });
		for (const filter of ["a", "+", "#"]) client.subscribe(filter, 0, on(filter));
		broker.settle();
		setup.resume(true, {});
		// A message names those alone that have one already.
		do {
			broker.publish("a", "x", way);
			expect(new Set(heard.splice(0))).toEqual(new Set(["a", "+", "#"]));
		} while (broker.step());
	});

	test("one that throws: the others have the message too, it is acknowledged, and the first error goes on", () => {
		const { setup, client, broker, heard, on } = listening();
		const fail = (text: string) => () => {
			throw new Error(text);
		};
		client.subscribe("+", 1, on("1", fail("first")));
		client.subscribe("a", 1, on("2", fail("second")));
		client.subscribe("#", 1, on("3"));
		broker.settle();
		const identifiers = broker.takers("a").map(({ identifier }) => identifier);
		const properties = identifiers.map((each) => number(0x0b, each));
		expect(() =>
			setup.peer.send(PUBLISH5("a", "", properties, { qos: 1, id: 1 }), ...broker.packets("b/c", "", way)),
		).toThrow("first");
		expect(heard.splice(0)).toEqual(["1", "2", "3"]);
		setup.peer.expect(PUBACK(1));
		setup.clock.advance(250);
		expect(heard).toEqual(["3"]);
	});

	test("one that ends another: it is not called", () => {
		const { client, on, hears } = listening();
		client.subscribe(
			"+",
			0,
			on("+", () => client.unsubscribe("#")),
		);
		client.subscribe("#", 0, on("#"));
		expect(hears("a", "one for all")).toEqual(["+"]);
	});

	test("one that ends itself and those before: the rest are called, and next time only they", () => {
		const { client, on, hears } = listening();
		client.subscribe("a/#", 0, on("1"));
		client.subscribe(
			"+/b",
			0,
			on("2", () => client.unsubscribe(["+/b", "a/#"])),
		);
		client.subscribe("#", 0, on("3"));
		expect(hears("a/b", way)).toEqual(["1", "2", "3"]);
		expect(hears("a/b", way)).toEqual(["3"]);
	});

	test("one added by another has the next message", () => {
		const { client, on, hears } = listening();
		client.subscribe(
			"+",
			0,
			on("+", () => client.subscribe("#", 0, on("#"))),
		);
		expect(hears("a", way)).toEqual(["+"]);
		expect(hears("a", way)).toEqual(["+", "#"]);
	});

	test("one that pauses: the others have the message too", () => {
		const { setup, client, broker, heard, on } = listening();
		client.subscribe(
			"+",
			0,
			on("+", () => client.pause()),
		);
		client.subscribe("#", 0, on("#"));
		broker.settle();
		setup.peer.send(...broker.packets("a", "", "one for all"), ...broker.packets("b", "", "one for all"));
		expect(heard.splice(0)).toEqual(["+", "#"]);
		client.resume();
		expect(heard).toEqual(["+", "#"]);
	});
});

describe("a message with subscription identifiers", () => {
	test("goes to those alone, without a look at other filters", () => {
		const { client, broker, setup, on, heard } = listening();
		client.subscribe("a/+", 0, on("a/+"));
		client.subscribe("+/b", 0, on("+/b"));
		broker.settle();
		for (const { filter, identifier } of broker.kept.values()) {
			setup.peer.send(broker.packet("a/b", "x", [identifier]));
			expect(heard.splice(0)).toEqual([filter]);
		}
	});

	test("that has one of them twice, and in any order: each handler has it once", () => {
		const { client, broker, setup, on, heard } = listening();
		client.subscribe(["a/+", "+/b", "#"], 0, ignore);
		for (const filter of ["a/+", "+/b", "#"]) client.subscribe(filter, 0, on(filter));
		broker.settle();
		const [one, two, three] = [...broker.kept.values()].map(({ identifier }) => identifier);
		for (const identifiers of [
			[one, one],
			[one, two, one, two],
			[three, two, one],
			[three, three, one, two, two, three],
		]) {
			setup.peer.send(broker.packet("a/b", "x", identifiers));
			const expected = [...broker.kept.values()].filter((it) => identifiers.includes(it.identifier));
			expect(heard.splice(0).sort()).toEqual(expected.map(({ filter }) => filter).sort());
		}
	});

	test("that nobody has here goes by its topic name: to handlers, or to the app", () => {
		const { client, broker, setup, on, heard } = listening();
		client.subscribe(["a/+", "b"], 0, on("mine"));
		broker.settle();
		setup.news();
		setup.peer.send(
			broker.packet("a/x", "1", [7]),
			broker.packet("b", "2", [7, 8]),
			broker.packet("c", "3", [7]),
		);
		expect(heard).toEqual(["mine", "mine"]);
		expect(setup.news()).toEqual(["message c=3"]);
	});

	test("of an earlier life, when another filter had the number: its handler is not called", () => {
		const { client, broker, setup, on, heard } = listening();
		client.subscribe(["a/+", "a/b"], 0, on("mine"));
		client.subscribe("x", 0, on("x"));
		broker.settle();
		setup.news();
		for (const { identifier } of broker.kept.values()) {
			setup.peer.send(broker.packet("c/b", "1", [identifier]), broker.packet("x", "2", [identifier]));
			expect(setup.news()).toEqual(["message c/b=1"]);
			expect(heard.splice(0)).toEqual(["x"]);
		}
	});

	test("of an earlier life, and one of this life", () => {
		const { client, broker, setup, on, heard } = listening();
		client.subscribe("a/+", 0, on("a/+"));
		broker.settle();
		const [{ identifier }] = broker.kept.values();
		for (const identifiers of [
			[7, identifier],
			[identifier, 7],
		]) {
			setup.peer.send(broker.packet("a/b", "x", identifiers));
			expect(heard.splice(0)).toEqual(["a/+"]);
		}
	});

	test("of a subscription that has ended goes to others that take its topic, or to the app", () => {
		const { client, broker, setup, on, heard } = listening();
		client.subscribe(["a/+", "#"], 0, on("old"));
		broker.settle();
		const identifiers = [...broker.kept.values()].map(({ identifier }) => identifier);
		client.unsubscribe("a/+");
		setup.news();
		setup.peer.send(broker.packet("a/b", "1", identifiers));
		expect(heard.splice(0)).toEqual(["old"]);
		client.unsubscribe("#");
		setup.peer.send(broker.packet("a/b", "2", identifiers));
		expect(heard).toEqual([]);
		expect(setup.news()).toEqual(["message a/b=2"]);
	});

	test("of a subscription that is being ended: it is not for another one, which has its own", () => {
		const { client, broker, setup, on, heard } = listening();
		for (const filter of ["a/#", "a/b"]) client.subscribe(filter, 2, on(filter));
		broker.settle();
		client.unsubscribe("a/#");
		setup.news();
		// The broker does not know yet.
		for (const way of WAYS) {
			broker.publish("a/b", "x", way, 2);
			expect(heard.splice(0)).toEqual(["a/b"]);
		}
		expect(setup.news()).toEqual(["message a/b=x qos2"]);
	});

	test("of a subscription that has ended, from the broker's queue: it is not for others that have their own", () => {
		const { setup, client, broker, on, heard } = listening({ subscriptions: 40 });
		for (const filter of ["a/+", "a/b"]) client.subscribe(filter, 2, on(filter));
		broker.settle();
		const churn = ["#", "a/#", "+/b", "+/+", "a/b/#", "+/#", "a/b/+/#", "+/b/#"];
		for (const filter of churn) client.subscribe(filter, 2, on(filter));
		broker.settle();
		const queued = broker.packets("a/b", "x", "one for each", 2);
		for (const filter of churn) client.unsubscribe(filter);
		broker.settle();
		expect(broker.kept.size).toBe(2);
		// It keeps what it has queued with the session.
		setup.resume(true);
		broker.drop();
		setup.peer.send(...queued);
		expect(heard.splice(0)).toEqual(["a/+", "a/b"]);
		// One that is made again has its messages again; with another session there are none of the ended.
		client.subscribe("a/#", 2, on("again"));
		broker.settle();
		const [again] = broker.takers("a/b").filter(({ filter }) => filter === "a/#");
		setup.peer.send(broker.packet("a/b", "x", [again.identifier]));
		expect(heard.splice(0)).toEqual(["again"]);
		client.unsubscribe("a/#");
		broker.settle();
		setup.resume(false);
		broker.forget();
		broker.settle();
		setup.peer.send(broker.packet("a/b", "x", [again.identifier]));
		expect(heard.splice(0)).toEqual(["a/+", "a/b"]);
	});

	test.each([
		["more than there is room for", 32, []],
		["behind user properties that fill the room", 40, [user("name", "v".repeat(28))]],
		["behind one that does not fit", 32, [user("name", "v".repeat(60))]],
	])("%s: no handler loses it", (_what, propertySize, before) => {
		for (const bytewise of [false, true]) {
			const filters = ["a/+", "+/b", "#", "a/b", "a/#", "+/+", "+/#"];
			const { client, broker, setup, on, heard } = listening({ propertySize });
			for (const filter of filters) client.subscribe(filter, 0, on(filter));
			broker.settle();
			const identifiers = broker.takers("a/b").map(({ identifier }) => number(0x0b, identifier));
			expect(identifiers).toHaveLength(filters.length);
			const packet = PUBLISH5("a/b", "x", [...before, ...identifiers]);
			for (let i = 0; i < 3; i++) {
				if (bytewise) setup.peer.sendBytewise(packet);
				else setup.peer.send(packet);
				expect(heard.splice(0)).toEqual(filters);
			}
		}
	});

	test("that is alone, and for which there is no room: nobody else has the message", () => {
		const { client, broker, setup, on, heard } = listening({ propertySize: 32 });
		for (const filter of ["a/+", "+/b"]) client.subscribe(filter, 0, on(filter));
		broker.settle();
		for (const { filter, identifier } of [...broker.kept.values(), ...broker.kept.values()]) {
			setup.peer.send(PUBLISH5("a/b", "x", [user("name", "v".repeat(60)), number(0x0b, identifier)]));
			expect(heard.splice(0)).toEqual([filter]);
		}
	});

	test("is checked as any: a topic name with wildcards, or not UTF-8, closes", () => {
		for (const topic of ["a/+", "a/#", [0x61, 0x2f, 0xff]]) {
			const { client, broker, setup, on, heard } = listening();
			client.subscribe("a/+", 0, on("a/+"));
			broker.settle();
			setup.news();
			const [{ identifier }] = broker.kept.values();
			setup.peer.send(broker.packet("a/b", "", [identifier]));
			setup.peer.send(PUBLISH5(topic, "", [number(0x0b, identifier)]));
			expect(heard).toEqual(["a/+"]);
			expect(setup.news()).toEqual([expect.stringMatching(/^disconnected /)]);
		}
	});

	test("with identifier 0 closes: it is a protocol error (section 3.3.2.3.8)", () => {
		const setup = connected5();
		setup.peer.send(PUBLISH5("a", "", [number(0x0b, 0)]));
		expect(setup.news()).toEqual([expect.stringMatching(/^disconnected /)]);
		expect(setup.exchange()).toEqual(["disconnect 0x82"]);
	});

	test("in turn with others, as long as each other: none goes where the last one went", () => {
		const { client, broker, setup, on, heard } = listening();
		for (const filter of ["a/+", "+/b", "c/d"]) client.subscribe(filter, 0, on(filter));
		broker.settle();
		const [one, two] = [...broker.kept.values()].map(({ identifier }) => identifier);
		const cases: [string, number[], string[]][] = [
			["a/b", [one], ["a/+"]],
			["a/b", [two], ["+/b"]],
			["a/b", [one, two], ["a/+", "+/b"]],
			["a/b", [], ["a/+", "+/b"]],
			["a/x", [one], ["a/+"]],
			["y/b", [two], ["+/b"]],
			["c/d", [], ["c/d"]],
			["c/d", [7], ["c/d"]],
			["a/x", [], ["a/+"]],
		];
		for (const [, , first] of [cases[0]]) expect(first).toHaveLength(1);
		for (const before of cases)
			for (const after of cases)
				for (const times of [1, 2]) {
					for (const [topic, identifiers] of [before, after])
						for (let i = 0; i < times; i++) setup.peer.send(broker.packet(topic, "x", identifiers));
					const expected = [before, after].flatMap(([, , names]) =>
						Array<string[]>(times).fill(names).flat(),
					);
					expect([before, after, heard.splice(0)]).toEqual([before, after, expected]);
				}
	});

	test("at QoS 2: each has it once, also when it comes again", () => {
		const { client, broker, setup, on, heard } = listening();
		for (const filter of ["a/+", "a/b"]) client.subscribe(filter, 2, on(filter));
		broker.settle();
		const properties = broker.takers("a/b").map(({ identifier }) => number(0x0b, identifier));
		const packet = (dup: boolean) => PUBLISH5("a/b", "x", properties, { qos: 2, id: 5, dup });
		setup.peer.send(packet(false));
		setup.resume(true);
		setup.peer.send(packet(true), PUBREL(5));
		expect(heard).toEqual(["a/+", "a/b"]);
	});
});

describe("between the parts of a message with identifiers", () => {
	function parts(...filters: string[]) {
		const all = listening({ receiveSize: 4 });
		for (const filter of filters) all.client.subscribe(filter, 0, all.on(filter));
		all.broker.settle();
		const identifiers = all.broker.takers("a").map(({ identifier }) => identifier);
		const whole = PUBLISH5(
			"a",
			"01234567",
			identifiers.filter((each) => each > 0).map((each) => number(0x0b, each)),
			{ qos: 1, id: 1 },
		);
		all.setup.peer.send(whole.slice(0, -2));
		expect(all.heard.splice(0)).toEqual(filters);
		all.setup.news();
		const rest = () => {
			all.setup.peer.send(whole.slice(-2));
			const { heard, setup } = all;
			return [...heard.splice(0), ...setup.news().filter((line) => !/^(un)?subscribed/.test(line))];
		};
		const hears = (topic: string) => all.hears(topic, "one for all");
		return { ...all, rest, hears, whole };
	}

	test.each([[["+"]], [["+", "#"]], [["+", "a", "#"]], [["a"]]])("all of %p have the rest", (filters) => {
		expect(parts(...filters).rest()).toEqual(filters);
	});

	test("one that ends has no more, also when it begins again", () => {
		const { client, on, rest, hears } = parts("+", "#");
		client.unsubscribe("+");
		client.subscribe("+", 0, on("new"));
		expect(rest()).toEqual(["#"]);
		expect(hears("a").toSorted()).toEqual(["#", "new"]);
	});

	test("the only one ends: nobody has the rest", () => {
		for (const filter of ["+", "a"]) {
			const { client, rest } = parts(filter);
			client.unsubscribe(filter);
			expect(rest()).toEqual([]);
		}
	});

	test("one that is new has none of it", () => {
		const { client, on, rest, hears } = parts("+");
		client.subscribe("#", 0, on("#"));
		client.subscribe("a", 0, on("a"));
		expect(rest()).toEqual(["+"]);
		expect(hears("a")).toEqual(["+", "#", "a"]);
	});

	test("one that is replaced has the rest, as it had the beginning", () => {
		const { client, on, rest, hears } = parts("+", "#");
		client.subscribe("+", 0, on("new"));
		expect(rest()).toEqual(["+", "#"]);
		expect(hears("a")).toEqual(["new", "#"]);
	});

	test("one that is replaced, and then ended: neither is called again", () => {
		const { client, on, rest } = parts("+", "#");
		client.subscribe("+", 0, on("new"));
		client.unsubscribe("+");
		expect(rest()).toEqual(["#"]);
	});

	test("the handler itself ends another, itself, all of them", () => {
		for (const ended of [["#"], ["+"], ["+", "#"]]) {
			const all = listening({ receiveSize: 4 });
			const { client, broker, heard } = all;
			client.subscribe(
				"+",
				0,
				all.on("+", (message) => {
					if (message.offset === 4) client.unsubscribe(ended);
				}),
			);
			client.subscribe("#", 0, all.on("#"));
			broker.settle();
			broker.publish("a", "0123456789ab", "one for all", 1);
			const rest = ["+", "#"].filter((each) => !ended.includes(each));
			expect(heard).toEqual(["+", "#", "+", ...(ended.includes("#") ? [] : ["#"]), ...rest]);
		}
	});

	test("the connection breaks: those who are there then have all of it", () => {
		const { setup, client, broker, on, heard } = parts("+", "#");
		client.unsubscribe("+");
		client.subscribe("a", 0, on("a"));
		setup.resume(true);
		broker.drop();
		broker.settle();
		broker.publish("a", "01234567", "one for all", 1);
		expect(heard).toEqual(["#", "a", "#", "a"]);
	});
});

test.each(["+", "#"])(
	"when %s of two that take a message by identifiers has ended, nothing holds on to it",
	async (filter) => {
		setFlagsFromString("--expose-gc");
		const collect = runInNewContext("gc") as () => void;
		const { setup, client } = listening();
		const broker = new MatchingBroker(setup);
		let calls = 0;
		const both = ["+", "#"].map((each) => new WeakRef(client.subscribe(each, 0, () => calls++)));
		broker.settle();
		broker.publish("t", "", "one for all");
		expect(calls).toBe(2);
		client.unsubscribe(filter);
		broker.settle();
		await new Promise(setImmediate);
		collect();
		expect(both.map((it) => it.deref()?.topicFilter)).toEqual(
			["+", "#"].map((each) => (each === filter ? undefined : each)),
		);
	},
);

// ---- against the judge

type Step =
	| { do: "subscribe"; filters: string[] }
	| { do: "unsubscribe"; filter: string }
	| { do: "answer"; all: boolean }
	| { do: "reconnect"; sessionPresent: boolean }
	| { do: "publish"; topic: string; qos: 0 | 1 | 2; length: number; bytewise: boolean };

const filter = fc.oneof(
	{
		weight: 3,
		arbitrary: fc.constantFrom(
			"a/b",
			"a/+",
			"+/b",
			"a/#",
			"#",
			"a",
			"+",
			"a/b/c",
			"$share/n/a/b",
			"$share/n/a/+",
		),
	},
	{ weight: 1, arbitrary: topicFilter.filter((made) => !made.startsWith("$share")) },
);
const topic = fc.oneof(
	{ weight: 3, arbitrary: fc.constantFrom("a/b", "a/c", "x/b", "a", "b", "a/b/c", "$SYS/b") },
	{ weight: 1, arbitrary: topicName },
);
const step: fc.Arbitrary<Step> = fc.oneof(
	fc.record({
		do: fc.constant("subscribe" as const),
		filters: fc.uniqueArray(filter, { minLength: 1, maxLength: 3 }),
	}),
	fc.record({ do: fc.constant("unsubscribe" as const), filter }),
	fc.record({ do: fc.constant("answer" as const), all: fc.boolean() }),
	fc.record({ do: fc.constant("reconnect" as const), sessionPresent: fc.boolean() }),
	{
		weight: 3,
		arbitrary: fc.record({
			do: fc.constant("publish" as const),
			topic,
			qos: fc.constantFrom(0, 1, 2),
			length: fc.nat(20),
			bytewise: fc.boolean(),
		}),
	},
);

/**
 * Runs the steps. A handler of a filter that the broker has, and that the app has not ended, has each message that its filter
 * takes; no handler has one that its filter does not take, or after its end.
 */
function run(steps: Step[], way: Way, identifiers: boolean): void {
	const setup = connected5(
		{ receiveSize: 8, subscriptions: 60 },
		{ subscriptionIdentifiersAvailable: identifiers },
	);
	const broker = new MatchingBroker(setup);
	const heard: string[] = [];
	/** Filters that the app has subscribed to. */
	const wanted = new Set<string>();
	let settled = true;
	for (const it of steps) {
		if (it.do === "subscribe") {
			for (const each of it.filters)
				setup.client.subscribe(each, 0, (message) => {
					if (message.offset + message.length === message.total) heard.push(each);
				});
			for (const each of it.filters) wanted.add(each);
			settled = false;
		} else if (it.do === "unsubscribe") {
			setup.client.unsubscribe(it.filter);
			wanted.delete(it.filter);
			settled = false;
		} else if (it.do === "answer") {
			if (!it.all) broker.step();
			else {
				broker.settle();
				settled = true;
			}
		} else if (it.do === "reconnect") {
			broker.drop();
			if (!it.sessionPresent) broker.forget();
			setup.resume(it.sessionPresent);
			settled = false;
		} else {
			const takers = broker.takers(it.topic);
			const packets = broker.packets(
				it.topic,
				"x".repeat(it.length),
				takers.length === 0 ? "one for all" : way,
				it.qos,
			);
			if (it.bytewise) setup.peer.sendBytewise(...packets);
			else setup.peer.send(...packets);
			if (it.qos === 2)
				for (const packet of packets) {
					const at = 4 + ((packet[2] << 8) | packet[3]);
					setup.peer.send(PUBREL((packet[at] << 8) | packet[at + 1]));
				}
			const got = heard.splice(0);
			const due = takers.map((each) => each.filter).filter((each) => wanted.has(each));
			if (settled && (way === "one for all" || identifiers))
				expect([it.topic, got.toSorted()]).toEqual([it.topic, due.toSorted()]);
			else expect([it.topic, due.filter((each) => !got.includes(each))]).toEqual([it.topic, []]);
			for (const each of got)
				expect([each, wanted.has(each), takes(each, it.topic)]).toEqual([each, true, true]);
		}
	}
	expect(setup.client.statistics.disconnects).toBe(steps.filter((it) => it.do === "reconnect").length);
}

test.each([
	["one for all", true],
	["one for each", true],
	["one for all", false],
	["one for each", false],
] as [Way, boolean][])(
	"property: %s, identifiers %p: each handler whose filter takes a topic has the message once, and no other",
	(way, identifiers) => {
		fc.assert(
			fc.property(fc.array(step, { maxLength: 30 }), (steps) => run(steps, way, identifiers)),
			{ numRuns: 400 },
		);
	},
);
