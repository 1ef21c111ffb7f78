// Several filters in one packet, and several handlers for one message (sections 3.3.5, 3.8 to 3.11).

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { NOT_OPEN, State } from "../../src/client.js";
import * as reasons from "../../src/connection/reasons.js";
import type { Message, MessageHandler } from "../../src/index.js";
import * as wire from "../../src/wire/reason.js";
import { judge } from "../support/judge.js";
import {
	DISCONNECT,
	field,
	PUBACK,
	PUBLISH,
	packet,
	SUBACK,
	SUBSCRIBE,
	UNSUBACK,
	UNSUBSCRIBE,
	word,
} from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";

const ignore = () => {};
const subscribe = (id: number, qos: number, ...filters: string[]) =>
	packet(0x82, word(id), ...filters.flatMap((filter) => [field(filter), [qos]]));
const unsubscribe = (id: number, ...filters: string[]) =>
	packet(0xa2, word(id), ...filters.map((filter) => field(filter)));
const suback = (id: number, ...codes: number[]) => packet(0x90, word(id), codes);

/** Its handlers note their names. */
function listening(options = {}) {
	const setup = connected(options);
	const heard: string[] = [];
	const on =
		(name: string, then?: (message: Message) => void): MessageHandler =>
		(message) => {
			heard.push(name);
			then?.(message);
		};
	/** Who hears a message on this topic. */
	const hears = (topic: string): string[] => {
		setup.peer.send(PUBLISH(topic, "x"));
		return [...heard.splice(0), ...setup.news()];
	};
	return { setup, client: setup.client, heard, on, hears };
}

describe("several filters", () => {
	test("[MQTT-3.8.3-3][MQTT-3.8.4-5][MQTT-3.9.3-1] are asked for with one packet, and each has its answer; a refused one is no error", () => {
		const setup = connected();
		const made = setup.client.subscribe(["a", "b/+", "c/#"], 2, ignore);
		expect(made.map((it) => it.topicFilter)).toEqual(["a", "b/+", "c/#"]);
		setup.peer.expect(subscribe(1, 2, "a", "b/+", "c/#"));
		setup.peer.send(suback(1, 2, 0x80, 1));
		expect(made.map((it) => it.code)).toEqual([2, 0x80, 1]);
		expect(setup.news()).toEqual(["subscribed a 2", "subscribed b/+ 128", "subscribed c/# 1"]);
		setup.clock.advance(20_000);
		expect(setup.client.statistics).toMatchObject({ disconnects: 0, strayAcknowledgements: 0 });
	});

	test("[MQTT-3.9.3-1] have their answers byte by byte too", () => {
		const setup = connected();
		setup.client.subscribe(["a", "b"], 1, ignore);
		setup.peer.sendBytewise(suback(1, 1, 0), PUBLISH("a", ""));
		expect(setup.news()).toEqual(["subscribed a 1", "subscribed b 0"]);
	});

	test.each([[[1]], [[1, 1, 1]]])("with the wrong count of codes %p end the connection", (codes) => {
		const setup = connected();
		const made = setup.client.subscribe(["a", "b"], 1, ignore);
		setup.peer.take();
		setup.peer.send(suback(1, ...codes));
		expect(setup.news()).toEqual([`disconnected ${wire.SUBACK_CODES}`]);
		expect(made.map((it) => it.code)).toEqual([-1, -1]);
		setup.reconnect().expect(SUBSCRIBE(2, "a", 1), SUBSCRIBE(3, "b", 1));
	});

	test("[MQTT-3.8.4-5] a single one with two codes ends the connection; an unknown identifier is counted", () => {
		const setup = connected();
		setup.client.subscribe("a", 1, ignore);
		setup.peer.send(suback(9, 1, 1));
		expect(setup.client.statistics.strayAcknowledgements).toBe(2);
		setup.peer.send(suback(1, 1, 1));
		expect(setup.news()).toEqual([`disconnected ${wire.SUBACK_CODES}`]);
	});

	test("are asked for again one a packet, when unanswered and when the session is lost", () => {
		const setup = connected();
		setup.client.subscribe(["a", "b"], 1, ignore);
		setup.reconnect(true).expect(SUBSCRIBE(2, "a", 1), SUBSCRIBE(3, "b", 1));
		setup.peer.send(SUBACK(2, 1), SUBACK(3, 0x80));
		setup.reconnect(true).expect();
		setup.reconnect(false).expect(SUBSCRIBE(4, "a", 1), SUBSCRIBE(5, "b", 1));
	});

	test("asked for before the connection, go in one packet", () => {
		const setup = new Setup();
		setup.client.subscribe(["a", "b"], 0, ignore);
		setup.client.subscribe("c", 0, ignore);
		setup.peer.accept();
		setup.peer.expect(subscribe(1, 0, "a", "b"), SUBSCRIBE(2, "c", 0));
	});

	test("[MQTT-3.10.3-1] are ended with one packet", () => {
		const { setup, client, on, hears } = listening();
		client.subscribe(["a", "b", "c"], 0, on("1"));
		setup.peer.take();
		setup.peer.send(suback(1, 0, 0, 0));
		setup.news();
		expect(client.unsubscribe(["a", "x", "c", "a"])).toBe(true);
		setup.peer.expect(unsubscribe(2, "a", "c", "x"));
		expect([hears("a"), hears("b"), hears("c")]).toEqual([["message a=x"], ["1"], ["message c=x"]]);
		expect(client.unsubscribe(["a", "c"])).toBe(true);
		setup.peer.expect();
		setup.peer.send(UNSUBACK(2), UNSUBACK(2));
		expect(setup.news()).toEqual(["unsubscribed a", "unsubscribed c", "unsubscribed x"]);
		expect(client.statistics.strayAcknowledgements).toBe(1);
		client.subscribe(["a", "c"], 0, on("2"));
		setup.peer.expect(subscribe(3, 0, "a", "c"));
	});

	test("[MQTT-3.8.4-2] one renewed before the answer has the answer of its own packet", () => {
		const setup = connected();
		const [old, other] = setup.client.subscribe(["a", "b"], 0, ignore);
		const renewed = setup.client.subscribe("a", 2, ignore);
		setup.peer.expect(subscribe(1, 0, "a", "b"), SUBSCRIBE(2, "a", 2));
		setup.peer.send(suback(1, 0, 1), SUBACK(2, 2));
		expect([old.code, other.code, renewed.code]).toEqual([-1, 1, 2]);
		expect(setup.news()).toEqual(["subscribed b 1", "subscribed a 2"]);
	});

	test("one ended while the answer comes: the others have theirs", () => {
		const setup: Setup = connected({
			onSubscribed: (it) => {
				setup.log.push(`${it.topicFilter} ${it.code}`);
				setup.client.unsubscribe("b");
				if (it.topicFilter === "a") setup.client.subscribe("d", 0);
			},
		});
		setup.client.subscribe(["a", "b", "c"], 0, ignore);
		setup.peer.take();
		setup.peer.send(suback(1, 0, 1, 2));
		expect(setup.news()).toEqual(["a 0", "c 2"]);
		setup.peer.expect(UNSUBSCRIBE(2, "b"), SUBSCRIBE(3, "d", 0));
	});

	test("pause while the answer comes: it goes on after resume", () => {
		const setup: Setup = connected({
			onSubscribed: (it) => {
				setup.log.push(`${it.topicFilter} ${it.code}`);
				setup.client.pause();
			},
		});
		setup.client.subscribe(["a", "b"], 0, ignore);
		setup.peer.send(suback(1, 0, 1), PUBLISH("t", ""));
		expect(setup.news()).toEqual(["a 0"]);
		setup.client.resume();
		expect(setup.news()).toEqual(["b 1"]);
		setup.client.resume();
		expect(setup.news()).toEqual(["message t="]);
	});

	test("ended before they were asked for, some of them: no packet mixes the two", () => {
		const setup = new Setup();
		setup.client.subscribe(["a", "b", "c", "d"], 0, ignore);
		setup.client.unsubscribe("b");
		setup.client.unsubscribe("d");
		setup.peer.accept(true);
		const [asked, ...ended] = judge(setup.peer.take());
		expect(asked).toMatchObject({ cmd: "subscribe", subscriptions: [{ topic: "a" }, { topic: "c" }] });
		expect(ended.flatMap((it) => (it.cmd === "unsubscribe" ? it.unsubscriptions : it.cmd))).toEqual([
			"b",
			"d",
		]);
	});

	test("ended before they were asked for are forgotten when the broker has no session", () => {
		const setup = new Setup();
		setup.client.subscribe(["a", "b", "c"], 0, ignore);
		setup.client.unsubscribe("b");
		setup.peer.accept(false);
		setup.peer.expect(subscribe(1, 0, "a", "c"));
	});

	test("ended with one packet are told one by one, each of them, whatever the callback does", () => {
		const setup: Setup = connected({
			onUnsubscribed: (filter) => {
				setup.log.push(filter);
				if (filter === "a") setup.client.subscribe("a", 0);
				if (filter === "b") setup.peer.fail();
				if (filter === "c") throw new Error("mine");
			},
		});
		setup.client.unsubscribe(["a", "b", "c", "d"]);
		setup.peer.take();
		expect(() => setup.peer.send(UNSUBACK(1))).toThrow("mine");
		expect(setup.news()).toEqual(["a", "b", `disconnected ${reasons.CONNECTION_LOST}`, "c", "d"]);
		setup.reconnect(true).expect(SUBSCRIBE(3, "a", 0));
	});

	test("that do not fit the option throw, and none is added", () => {
		const setup = connected({ subscriptions: 2 });
		setup.client.subscribe("a", 0, ignore);
		expect(() => setup.client.subscribe(["b", "c"], 0, ignore)).toThrow(/"b", "c".*1 of 2/);
		expect(() => setup.client.unsubscribe(["a", "b", "c"])).toThrow(/"b", "c".*1 of 2/);
		expect(() => setup.client.subscribe(["b", "#x"], 0, ignore)).toThrow(RangeError);
		setup.peer.expect(SUBSCRIBE(1, "a", 0));
		setup.client.subscribe(["a", "b", "b"], 0, ignore);
		setup.peer.expect(subscribe(2, 0, "a", "b"));
	});

	test("one that is named twice is asked for once", () => {
		const setup = connected();
		const [first, other, again] = setup.client.subscribe(["a", "b", "a"], 0, ignore);
		expect(again).toBe(first);
		setup.peer.expect(subscribe(1, 0, "a", "b"));
		setup.peer.send(packet(0x90, [0, 1, 0, 0]));
		expect([first.code, other.code]).toEqual([0, 0]);
	});

	test("[MQTT-3.8.3-3][MQTT-3.10.3-2] none at all throw, and so does what is no text", () => {
		const { client } = connected();
		expect(() => client.subscribe([], 0)).toThrow(RangeError);
		expect(() => client.unsubscribe([])).toThrow(RangeError);
		expect(() => client.subscribe(5 as never, 0)).toThrow(TypeError);
		expect(() => client.unsubscribe(undefined as never)).toThrow(TypeError);
	});

	test.each([
		["closed", false],
		["closing", true],
	])("of a client that is %s are told NOT_OPEN, and nothing is sent", (_what, closing) => {
		const setup = connected();
		if (closing) setup.client.publish("t", "", 1);
		setup.client.close();
		setup.peer.take();
		expect(setup.client.subscribe("a", 0, ignore).code).toBe(NOT_OPEN);
		expect(setup.client.subscribe(["b", "c"], 0, ignore).map((it) => it.code)).toEqual([NOT_OPEN, NOT_OPEN]);
		setup.peer.expect();
		if (!closing) return;
		setup.peer.send(PUBACK(1));
		setup.peer.expect(DISCONNECT);
		expect(setup.client.state).toBe(State.CLOSED);
	});
});

describe("handlers of overlapping filters", () => {
	test("have each message once, in the order of subscription", () => {
		const { client, on, hears } = listening();
		client.subscribe("#", 0, on("#"));
		client.subscribe(["a/+", "a/b"], 0, on("both"));
		client.subscribe("a/b", 0, on("renewed"));
		client.subscribe("+/b", 0, on("+/b"));
		client.subscribe("a/b/c", 0, on("a/b/c"));
		client.subscribe("+/+", 0);
		expect(hears("a/b")).toEqual(["#", "both", "renewed", "+/b"]);
		expect(hears("a")).toEqual(["#"]);
		expect(hears("a/b/c")).toEqual(["#", "a/b/c"]);
		expect(hears("x/b")).toEqual(["#", "+/b"]);
	});

	test("have no message whose topic name begins with $, unless they ask for it (section 4.7.2)", () => {
		const { client, on, hears } = listening();
		client.subscribe(["#", "+/x"], 0, on("wild"));
		client.subscribe("$SYS/#", 0, on("$SYS/#"));
		client.subscribe("$SYS/x", 0, on("$SYS/x"));
		expect(hears("$SYS/x")).toEqual(["$SYS/#", "$SYS/x"]);
		expect(hears("$other/x")).toEqual(["message $other/x=x"]);
		expect(hears("a/x")).toEqual(["wild", "wild"]);
	});

	test("a shared one is a filter like any other: 3.1.1 has no such thing", () => {
		const { client, on, hears } = listening();
		client.subscribe("$share/group/a/+", 1, on("shared"));
		expect(hears("a/b")).toEqual([expect.stringMatching(/^message a\/b/)]);
		client.subscribe("a/#", 1, on("a/#"));
		expect(hears("a/b")).toEqual(["a/#"]);
		expect(hears("$share/group/a/b")).toEqual(["shared"]);
	});

	test("are one and the same for topics with and without wildcards, before and after unsubscribe", () => {
		const { client, on, hears } = listening();
		client.subscribe("a", 0, on("a"));
		expect(hears("a")).toEqual(["a"]);
		client.subscribe("+", 0, on("+"));
		expect(hears("a")).toEqual(["a", "+"]);
		client.unsubscribe("+");
		expect(hears("a")).toEqual(["a"]);
		client.subscribe("+", 0);
		expect(hears("a")).toEqual(["a"]);
		client.subscribe("+", 0, on("+ again"));
		expect(hears("a")).toEqual(["a", "+ again"]);
		client.unsubscribe("a");
		expect(hears("a")).toEqual(["+ again"]);
		client.unsubscribe("+");
		expect(hears("a")).toEqual(["message a=x"]);
		client.subscribe("a", 0, on("a again"));
		expect(hears("a")).toEqual(["a again"]);
	});

	test("are found by topics of any length", () => {
		const { client, on, hears } = listening({ subscriptions: 40 });
		const topics = Array.from({ length: 20 }, (_, i) => "abcdefghijklmnopqrst".slice(0, i + 1));
		for (const topic of topics) client.subscribe(topic, 0, on(topic));
		for (const topic of topics) expect(hears(topic)).toEqual([topic]);
		client.subscribe("#", 0, on("#"));
		for (const topic of topics) expect(hears(topic)).toEqual([topic, "#"]);
	});

	test("one that throws: the others have the message too, it is acknowledged, and the first error goes on", () => {
		const { setup, client, heard, on } = listening();
		const fail = (text: string) => () => {
			throw new Error(text);
		};
		client.subscribe("+", 0, on("1", fail("first")));
		client.subscribe("a", 0, on("2", fail("second")));
		client.subscribe("#", 0, on("3"));
		setup.peer.take();
		expect(() => setup.peer.send(PUBLISH("a", "", { qos: 1, id: 1 }), PUBLISH("b/c", ""))).toThrow("first");
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
		expect(hears("a")).toEqual(["+"]);
		expect(hears("a/b")).toEqual(["message a/b=x"]);
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
		expect(hears("a/b")).toEqual(["1", "2", "3"]);
		expect(hears("a/b")).toEqual(["3"]);
	});

	test("one added by another has the next message", () => {
		const { client, on, hears } = listening();
		client.subscribe(
			"+",
			0,
			on("+", () => client.subscribe("#", 0, on("#"))),
		);
		expect(hears("a")).toEqual(["+"]);
		expect(hears("a")).toEqual(["+", "#"]);
	});

	test("one replaced by another: one of the two has the message, not both", () => {
		const { client, on, hears } = listening();
		client.subscribe(
			"+",
			0,
			on("+", () => client.subscribe("#", 0, on("new"))),
		);
		client.subscribe("#", 0, on("old"));
		expect(hears("a")).toEqual(["+", "old"]);
		expect(hears("a")).toEqual(["+", "new"]);
	});

	test("one replaced and then ended by another: neither of the two has the message", () => {
		const { client, on, hears } = listening();
		const end = () => {
			client.subscribe("#", 0, on("new"));
			client.unsubscribe("#");
		};
		client.subscribe("+", 0, on("+", end));
		client.subscribe("+/#", 0, on("between"));
		client.subscribe("#", 0, on("old"));
		expect(hears("a")).toEqual(["+", "between"]);
		expect(hears("a")).toEqual(["+", "between"]);
	});

	test("one that closes: the others have the message too, and nobody the next", () => {
		const { setup, client, heard, on } = listening();
		client.subscribe(
			"+",
			0,
			on("+", () => client.close()),
		);
		client.subscribe("#", 0, on("#"));
		setup.peer.send(PUBLISH("a", ""), PUBLISH("b", ""));
		expect(heard).toEqual(["+", "#"]);
		expect(client.state).toBe(State.CLOSED);
	});

	test("one that pauses: the others have the message too", () => {
		const { setup, client, heard, on } = listening();
		client.subscribe(
			"+",
			0,
			on("+", () => client.pause()),
		);
		client.subscribe("#", 0, on("#"));
		setup.peer.send(PUBLISH("a", ""), PUBLISH("b", ""));
		expect(heard.splice(0)).toEqual(["+", "#"]);
		client.resume();
		expect(heard).toEqual(["+", "#"]);
	});

	describe("between the parts of a message", () => {
		const whole = PUBLISH("a", "01234567", { qos: 1, id: 1 });
		function parts(...filters: string[]) {
			const all = listening({ receiveSize: 4 });
			for (const filter of filters) all.client.subscribe(filter, 0, all.on(filter));
			all.setup.peer.send(whole.slice(0, -2));
			expect(all.heard.splice(0)).toEqual(filters);
			const rest = () => {
				all.setup.peer.send(whole.slice(-2));
				return [...all.heard.splice(0), ...all.setup.news()];
			};
			return { ...all, rest };
		}

		test.each([[["+"]], [["+", "#"]], [["+", "a", "#"]]])("all of %p have the rest", (filters) => {
			expect(parts(...filters).rest()).toEqual(filters);
		});

		test("one that ends has no more, also when it begins again", () => {
			const { client, on, rest, hears } = parts("+", "#");
			client.unsubscribe("+");
			client.subscribe("+", 0, on("new"));
			expect(rest()).toEqual(["#"]);
			expect(hears("a")).toEqual(["new", "#"]);
		});

		test("the only one ends: nobody has the rest", () => {
			const { client, rest } = parts("+");
			client.unsubscribe("+");
			expect(rest()).toEqual([]);
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

		test("the connection breaks: whoever is there then has all of it", () => {
			const { setup, client, on, heard } = parts("+", "#");
			client.unsubscribe("+");
			client.subscribe("a", 0, on("a"));
			setup.reconnect(true);
			setup.peer.send(whole);
			expect(heard).toEqual(["#", "a", "#", "a"]);
		});
	});
});

test.each([
	["first", 0],
	["second", 1],
])("when the %s of two that take a message has ended, nothing holds on to it", async (_which, at) => {
	setFlagsFromString("--expose-gc");
	const collect = runInNewContext("gc") as () => void;
	const { client, peer } = connected();
	let calls = 0;
	const both = ["+", "#"].map((filter) => new WeakRef(client.subscribe(filter, 0, () => calls++)));
	peer.send(PUBLISH("t", ""));
	expect(calls).toBe(2);
	client.unsubscribe("+#"[at]);
	peer.send(UNSUBACK(3));
	await new Promise(setImmediate);
	collect();
	expect(both.map((it) => it.deref()?.topicFilter)).toEqual(at === 0 ? [undefined, "#"] : ["+", undefined]);
});

const ends: [string, boolean, (setup: Setup, filter: string) => void][] = [
	[
		"ended, as the broker has answered,",
		false,
		({ client, peer }, filter) => {
			client.unsubscribe(filter);
			peer.send(UNSUBACK(2));
		},
	],
	[
		"replaced, as the broker has answered,",
		false,
		({ client, peer }, filter) => {
			client.subscribe(filter, 0);
			peer.send(SUBACK(2, 0));
		},
	],
	[
		"ended between connections, with clean,",
		true,
		({ client, peer }, filter) => {
			peer.fail();
			client.unsubscribe(filter);
		},
	],
];

test.each(["t", "+"].flatMap((filter) => ends.map((end) => [filter, ...end] as const)))(
	"a subscription to %s that is %s is let go",
	async (filter, _how, clean, end) => {
		setFlagsFromString("--expose-gc");
		const collect = runInNewContext("gc") as () => void;
		const setup = connected({ clean });
		let calls = 0;
		const subscription = new WeakRef(setup.client.subscribe(filter, 0, () => calls++));
		setup.peer.send(SUBACK(1, 0), PUBLISH("t", ""), PUBLISH("t", ""));
		expect(calls).toBe(2);
		setup.news();
		end(setup, filter);
		await new Promise(setImmediate);
		collect();
		expect(subscription.deref()).toBeUndefined();
	},
);
