// Answers to requests: with their correlation data, to response topics that were allowed.

import { NO_ROOM } from "../../src/client.js";
import { ANSWER_TOO_LARGE, NOT_AWAITED, Responder, type ResponderOptions } from "../../src/request/index.js";
import { PUBACK, PUBLISH } from "../support/packets.js";
import { data, PUBLISH5 } from "../support/packets5.js";
import type { Setup } from "../support/setup.js";
import { connected } from "../support/setup.js";
import { values } from "../tools/decode/decoded.js";
import { connected5, published, sent } from "./sent.js";

const RESPONSE_TOPIC = 0x08;
const CORRELATION_DATA = 0x09;
const USER_PROPERTY = 0x26;

function responder(setup: Setup, options: Partial<ResponderOptions> = {}) {
	const log: string[] = [];
	const made: Responder = new Responder(setup.client, {
		topicFilter: "jobs/#",
		prefix: "answers/",
		handle: (message, request) => {
			log.push(`${message.topic}=${message.text()}`);
			made.reply(request, `done ${message.text()}`);
		},
		...options,
	});
	return { responder: made, log };
}

const ask = (
	setup: Setup,
	responseTopic: string | undefined,
	correlation?: string | Uint8Array,
	payload = "work",
	topic = "jobs/a",
) =>
	setup.peer.send(
		PUBLISH5(topic, payload, [
			...(responseTopic === undefined ? [] : [data(RESPONSE_TOPIC, responseTopic)]),
			...(correlation === undefined ? [] : [data(CORRELATION_DATA, correlation)]),
		]),
	);

/** What was answered since the last time; it is acknowledged. */
function answers(setup: Setup): string[] {
	const lines: string[] = [];
	for (;;) {
		const messages = published(setup.peer);
		if (messages.length === 0) return lines;
		for (const { topic, payload, correlation, id } of messages) {
			lines.push(`${topic} ${payload}${correlation === undefined ? "" : ` ${Buffer.from(correlation)}`}`);
			if (id > 0) setup.peer.send(PUBACK(id));
		}
	}
}

test("a request is answered where it says, with its correlation data", () => {
	const setup = connected5();
	const { responder: answering, log } = responder(setup);
	expect(values(sent(setup.peer)[0], "Topic Filter")).toEqual(["jobs/#"]);
	ask(setup, "answers/me", "17");
	expect(log).toEqual(["jobs/a=work"]);
	expect(answers(setup)).toEqual(["answers/me done work 17"]);
	expect([answering.requests, answering.refused, answering.forgotten]).toEqual([1, 0, 0]);
});

test("many who ask, with correlation data of any length, or without", () => {
	const setup = connected5();
	responder(setup);
	sent(setup.peer);
	for (let round = 0; round < 3; round++)
		for (let i = 0; i < 7; i++) {
			const correlation = i === 0 ? undefined : "c".repeat(i * 5);
			ask(setup, `answers/${i}`, correlation, `${round}`);
			expect(answers(setup)).toEqual([
				`answers/${i} done ${round}${correlation === undefined ? "" : ` ${correlation}`}`,
			]);
		}
});

test.each([
	["another topic", "somewhere"],
	["the prefix alone, cut", "answers"],
	["one that ends with it", "x/answers/me"],
])("a response topic outside of the prefix is refused and counted: %s", (_, responseTopic) => {
	const setup = connected5();
	const { responder: answering, log } = responder(setup);
	sent(setup.peer);
	ask(setup, responseTopic, "1");
	expect([answering.refused, log, answers(setup)]).toEqual([1, [], []]);
	ask(setup, "answers/", "1");
	expect(answers(setup)).toEqual(["answers/ done work 1"]);
});

test("correlation data longer than the option size is refused and counted", () => {
	const setup = connected5();
	const { responder: answering, log } = responder(setup, { size: 4 });
	sent(setup.peer);
	ask(setup, "answers/me", "12345");
	expect([answering.refused, log, answers(setup)]).toEqual([1, [], []]);
	ask(setup, "answers/me", "1234");
	expect(answers(setup)).toEqual(["answers/me done work 1234"]);
});

test("where properties did not fit propertySize, nothing is answered wrongly", () => {
	const setup = connected5({ propertySize: 32 });
	const { responder: answering, log } = responder(setup);
	sent(setup.peer);
	ask(setup, "answers/a/rather/long/name", "1");
	ask(setup, "answers/12345", "longer than what is left");
	expect([answering.refused, log, answers(setup)]).toEqual([2, [], []]);
	ask(setup, "answers/1", "1234");
	expect(answers(setup)).toEqual(["answers/1 done work 1234"]);
});

test("who asks for no answer is handled, and gets none", () => {
	const setup = connected5();
	const seen: number[] = [];
	const { responder: answering } = responder(setup, { handle: (_message, request) => seen.push(request) });
	sent(setup.peer);
	ask(setup, undefined);
	expect(seen).toEqual([NOT_AWAITED]);
	expect(answering.reply(seen[0], "x")).toBe(NOT_AWAITED);
	expect(answers(setup)).toEqual([]);
});

test("an answer may come later, and once", () => {
	const setup = connected5();
	const seen: number[] = [];
	const { responder: answering } = responder(setup, {
		inFlight: 2,
		handle: (_message, request) => seen.push(request),
	});
	sent(setup.peer);
	ask(setup, "answers/a", "1");
	ask(setup, "answers/b", "22");
	setup.clock.advance(1000);
	expect(answering.reply(seen[1], "b")).toBeGreaterThan(0);
	expect(answering.reply(seen[0], "a")).toBeGreaterThan(0);
	expect(answering.reply(seen[0], "again")).toBe(NOT_AWAITED);
	expect(answers(setup)).toEqual(["answers/b b 22", "answers/a a 1"]);
});

test("a request that was not answered gives way to newer ones", () => {
	const setup = connected5();
	const seen: number[] = [];
	const { responder: answering } = responder(setup, { handle: (_message, request) => seen.push(request) });
	sent(setup.peer);
	ask(setup, "answers/a", "1");
	ask(setup, "answers/b", "2");
	expect(answering.forgotten).toBe(1);
	expect(answering.reply(seen[0], "a")).toBe(NOT_AWAITED);
	expect(answering.reply(seen[1], "b")).toBeGreaterThan(0);
	expect(answers(setup)).toEqual(["answers/b b 2"]);
});

test("an answer that found no room may be tried again", () => {
	const setup = connected5({ storeSize: 256, packetSize: 256 });
	const seen: number[] = [];
	const { responder: answering } = responder(setup, { handle: (_message, request) => seen.push(request) });
	sent(setup.peer);
	ask(setup, "answers/a", "1");
	while (setup.client.publish("other", "x".repeat(60), 1) > 0);
	expect(answering.reply(seen[0], "x".repeat(60))).toBe(NO_ROOM);
	expect(answering.reply(seen[0], "x".repeat(5000))).toBe(ANSWER_TOO_LARGE);
	answers(setup);
	expect(answering.reply(seen[0], "now")).toBeGreaterThan(0);
	expect(answers(setup)).toContain("answers/a now 1");
});

describe("what happens while an answer is published, for which another message is dropped", () => {
	function dropping(onDropped: (answering: Responder) => void, options: Partial<ResponderOptions> = {}) {
		const seen: number[] = [];
		let drops = false;
		const setup: Setup = connected5({
			storeSize: 128,
			window: 1,
			whenFull: "dropOldest",
			onDropped: () => drops && onDropped(answering),
		});
		const { responder: answering } = responder(setup, {
			handle: (_message, request) => seen.push(request),
			...options,
		});
		sent(setup.peer);
		ask(setup, "answers/a", "1");
		for (let i = 0; i < 3; i++) setup.client.publish("t", "forty characters, to fill more of it here", 1);
		drops = true;
		return { setup, answering, seen };
	}

	test("the app answers once more: there is one answer", () => {
		const more: number[] = [];
		const { setup, answering, seen } = dropping((answering) => more.push(answering.reply(seen[0], "more")));
		expect(answering.reply(seen[0], "once")).toBeGreaterThan(0);
		expect(more).toEqual([NOT_AWAITED]);
		expect(answers(setup).filter((line) => line.startsWith("answers/"))).toEqual(["answers/a once 1"]);
	});

	test("the next request takes the place: it can be answered", () => {
		const { setup, answering, seen } = dropping(() => setup.client.resume());
		setup.client.pause();
		ask(setup, "answers/b", "2");
		expect(answering.reply(seen[0], "one")).toBeGreaterThan(0);
		expect(seen).toHaveLength(2);
		expect(answering.reply(seen[1], "two")).toBeGreaterThan(0);
		expect([answering.forgotten, answering.reply(seen[0], "more")]).toEqual([0, NOT_AWAITED]);
		expect(answers(setup).filter((line) => line.startsWith("answers/"))).toEqual([
			"answers/a one 1",
			"answers/b two 2",
		]);
	});
});

test("a request in parts has one number, and its parts are refused together", () => {
	const setup = connected5({ receiveSize: 64 });
	const seen: number[] = [];
	const { responder: answering } = responder(setup, { handle: (_message, request) => seen.push(request) });
	sent(setup.peer);
	ask(setup, "answers/a", "1", "x".repeat(150));
	ask(setup, "elsewhere", "1", "x".repeat(150));
	expect(seen).toHaveLength(3);
	expect(new Set(seen).size).toBe(1);
	expect([answering.requests, answering.refused]).toEqual([2, 1]);
});

test("answers carry the properties that were asked for, and no response topic", () => {
	const setup = connected5();
	responder(setup, { properties: { contentType: "text/plain", messageExpiry: 60 } });
	sent(setup.peer);
	setup.peer.send(
		PUBLISH5("jobs/a", "x", [
			[...[USER_PROPERTY], 0, 1, 0x61, 0, 1, 0x62],
			data(RESPONSE_TOPIC, "answers/me"),
			data(CORRELATION_DATA, "9"),
		]),
	);
	const [packet] = sent(setup.peer).filter(({ type }) => type === "PUBLISH");
	expect(values(packet, "Content Type")).toEqual(["text/plain"]);
	expect(values(packet, "Message Expiry Interval")).toEqual([60]);
	expect(values(packet, "Response Topic")).toEqual([]);
	expect(values(packet, "User Property")).toEqual([]);
});

test("under MQTT 3.1.1 requests are handled, and nobody can be answered", () => {
	const setup = connected();
	const seen: number[] = [];
	responder(setup, { handle: (_message, request) => seen.push(request) });
	setup.peer.send(PUBLISH("jobs/a", "x"));
	expect(seen).toEqual([NOT_AWAITED]);
});

test.each<[keyof ResponderOptions, unknown, RegExp]>([
	["topicFilter", "a#", /# must fill the last level/],
	["prefix", "", /prefix is empty/],
	["prefix", undefined, /prefix must be a string/],
	["inFlight", 0, /inFlight is 0: it must be a whole number from 1 to 255/],
	["size", -1, /size is -1/],
	["qos", 3, /qos is 3/],
	["handle", undefined, /handle is undefined: it must be a function/],
	["properties", { messageExpiry: -1 }, /messageExpiry is -1/],
])("the option %s of %p throws", (name, value, rule) => {
	expect(() => responder(connected5(), { [name]: value })).toThrow(rule);
});

test("a stranger whose response topic and correlation data fill the store: the answer is refused, and nothing throws", () => {
	const setup = connected5({ propertySize: 2000, topicSize: 1000, storeSize: 512 });
	const results: number[] = [];
	const { responder: answering } = responder(setup, {
		size: 900,
		handle: (_message, request) => results.push(answering.reply(request, "ok")),
	});
	sent(setup.peer);
	ask(setup, `answers/${"x".repeat(600)}`, "1");
	ask(setup, "answers/me", new Uint8Array(900));
	expect(results).toEqual([ANSWER_TOO_LARGE, ANSWER_TOO_LARGE]);
	ask(setup, "answers/me", "1");
	expect(answers(setup)).toEqual(["answers/me ok 1"]);
});
