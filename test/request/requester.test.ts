// Requests and their answers: matched by correlation data, in time, a fixed number at once.

import { NO_ROOM, NOT_OPEN } from "../../src/client.js";
import { CLOSED_BY_APP } from "../../src/connection/reasons.js";
import {
	BUSY,
	NEEDS_5,
	NO_ANSWER,
	NO_RESPONSE_TOPIC,
	Requester,
	type RequesterOptions,
} from "../../src/request/index.js";
import { MESSAGE_EXPIRED } from "../../src/session/v5/reasons.js";
import { Properties } from "../../src/wire/v5/properties.js";
import { CONNACK, PUBACK } from "../support/packets.js";
import { CONNACK5, data, PUBLISH5, SUBACK5, UNSUBACK5 } from "../support/packets5.js";
import { Setup } from "../support/setup.js";
import { values } from "../tools/decode/decoded.js";
import { accept, connected5, dialling, type Published, published, sent } from "./sent.js";

const CORRELATION_DATA = 0x09;
const RESPONSE_INFORMATION = 0x1a;

/** A requester, and a diary of what it tells. */
function requester(setup: Setup, options: Partial<RequesterOptions> = {}) {
	const log: string[] = [];
	const made = new Requester(setup.client, {
		topic: "jobs",
		responseTopic: "answers/me",
		onAnswer: (request, message) =>
			log.push(
				`${request} ${message.text()}${message.length < message.total ? ` at ${message.offset}` : ""}`,
			),
		onFailed: (request, reason) => log.push(`${request} failed: ${reason}`),
		...options,
	});
	return { requester: made, log };
}

const answer = (setup: Setup, correlation: Uint8Array | readonly number[] | undefined, payload = "done") =>
	setup.peer.send(
		PUBLISH5(
			"answers/me",
			payload,
			correlation === undefined ? [] : [data(CORRELATION_DATA, Uint8Array.from(correlation))],
		),
	);

const correlationOf = ({ correlation }: Published) => correlation!;

test("a request says where to answer, and its answer is told with its number", () => {
	const setup = connected5();
	const { requester: asking, log } = requester(setup);
	const [subscribe] = sent(setup.peer);
	expect(values(subscribe, "Topic Filter")).toEqual(["answers/me"]);
	const number = asking.send("work");
	expect(number).toBeGreaterThan(0);
	const [request] = published(setup.peer);
	expect(request).toMatchObject({
		topic: "jobs",
		payload: "work",
		qos: 1,
		responseTopic: "answers/me",
		expiry: 10,
	});
	expect(request.correlation).toHaveLength(8);
	expect(asking.waiting).toBe(1);
	answer(setup, request.correlation);
	expect(log).toEqual([`${number} done`]);
	expect([asking.waiting, asking.answers, asking.late, asking.foreign]).toEqual([0, 1, 0, 0]);
});

test("answers in any order find their requests", () => {
	const setup = connected5();
	const { requester: asking, log } = requester(setup);
	sent(setup.peer);
	const numbers = ["a", "b", "c", "d"].map((payload) => asking.send(payload));
	const requests = published(setup.peer);
	expect(new Set(requests.map(({ correlation }) => String(correlation))).size).toBe(4);
	for (const i of [2, 0, 3, 1]) answer(setup, correlationOf(requests[i]), `of ${"abcd"[i]}`);
	expect(log).toEqual([2, 0, 3, 1].map((i) => `${numbers[i]} of ${"abcd"[i]}`));
});

test("more than inFlight are not sent, and an answer makes room for the next", () => {
	const setup = connected5();
	const { requester: asking } = requester(setup, { inFlight: 2 });
	sent(setup.peer);
	expect(asking.send("a")).toBeGreaterThan(0);
	expect(asking.send("b")).toBeGreaterThan(0);
	expect(asking.send("c")).toBe(BUSY);
	const [a] = published(setup.peer);
	answer(setup, a.correlation);
	expect(asking.send("c")).toBeGreaterThan(0);
	expect(published(setup.peer).map(({ payload }) => payload)).toEqual(["c"]);
});

test("the app sends the next request from within an answer, and from within a failure", () => {
	const setup = connected5();
	const seen: number[] = [];
	const { requester: asking } = requester(setup, {
		inFlight: 1,
		timeout: 1000,
		onAnswer: () => seen.push(asking.send("after an answer")),
		onFailed: () => seen.push(asking.send("after a failure")),
	});
	sent(setup.peer);
	asking.send("first");
	answer(setup, correlationOf(published(setup.peer)[0]));
	expect(published(setup.peer).map(({ payload }) => payload)).toEqual(["after an answer"]);
	setup.clock.advance(1000);
	expect(published(setup.peer).map(({ payload }) => payload)).toEqual(["after a failure"]);
	expect(seen.every((number) => number > 0)).toBe(true);
	expect(asking.waiting).toBe(1);
});

test("one that is sent from within a failure, while others fail too, has failed in its time", () => {
	// Nothing else wakes this client.
	const setup = connected5({ keepAlive: 0 });
	const sendings: number[] = [];
	const failures: string[] = [];
	const { requester: asking } = requester(setup, {
		qos: 0,
		timeout: 3000,
		onFailed: (request) => {
			failures.push(`${request} at ${setup.clock.ticks() - began}`);
			if (failures.length === 1) sendings.push(asking.send("c"));
		},
	});
	const [subscribe] = sent(setup.peer);
	setup.peer.send(SUBACK5(subscribe.facts.packetId!, [0]));
	const began = setup.clock.ticks();
	for (const payload of ["a", "b"]) sendings.push(asking.send(payload));
	setup.clock.advance(60_000);
	const [a, b, c] = sendings;
	expect(failures).toEqual([`${a} at 3000`, `${b} at 3000`, `${c} at 6000`]);
});

test("what has no answer in time has failed, each at its own time; a late answer is counted", () => {
	const setup = connected5();
	const { requester: asking, log } = requester(setup, { timeout: 1500 });
	sent(setup.peer);
	const first = asking.send("a");
	setup.clock.advance(600);
	const second = asking.send("b");
	const [a, b] = published(setup.peer);
	expect(a.expiry).toBe(2);
	setup.clock.advance(899);
	expect(log).toEqual([]);
	setup.clock.advance(1);
	expect(log).toEqual([`${first} failed: ${NO_ANSWER}`]);
	answer(setup, a.correlation);
	expect(asking.late).toBe(1);
	answer(setup, b.correlation);
	answer(setup, b.correlation);
	expect(asking.late).toBe(2);
	setup.clock.advance(10_000);
	expect(log).toEqual([`${first} failed: ${NO_ANSWER}`, `${second} done`]);
});

test("a slot's next request is not answered by the answer to the one before", () => {
	const setup = connected5();
	const { requester: asking, log } = requester(setup, { inFlight: 1, timeout: 1000 });
	sent(setup.peer);
	asking.send("a");
	const [a] = published(setup.peer);
	setup.clock.advance(1000);
	log.length = 0;
	const second = asking.send("b");
	answer(setup, a.correlation, "old");
	expect(log).toEqual([]);
	answer(setup, correlationOf(published(setup.peer)[0]), "new");
	expect(log).toEqual([`${second} new`]);
});

test("the clock may wrap between request and answer", () => {
	const setup = new Setup({ protocolVersion: 5 }, {}, 2 ** 31 - 700);
	setup.peer.open();
	accept(setup.peer);
	const { requester: asking, log } = requester(setup, { timeout: 1000 });
	const number = asking.send("a");
	setup.clock.advance(999);
	expect(log).toEqual([]);
	setup.clock.advance(1);
	expect(log).toEqual([`${number} failed: ${NO_ANSWER}`]);
});

test.each([
	["without correlation data", undefined],
	["with that of somebody else", [1, 2, 3, 4, 0, 0, 1, 0]],
	["with a shorter one", [1]],
	["with an empty one", []],
	["with a longer one", new Uint8Array(9)],
])("what comes %s is counted, and told to nobody", (_, correlation) => {
	const setup = connected5();
	const { requester: asking, log } = requester(setup);
	asking.send("a");
	answer(setup, correlation);
	expect([asking.foreign, asking.answers, asking.waiting]).toEqual([1, 0, 1]);
	expect(log).toEqual([]);
	expect(setup.news()).toEqual([]);
});

test("of an earlier life's requests no answer is taken, though they were numbered likewise", () => {
	const first = connected5();
	const { requester: before } = requester(first);
	sent(first.peer);
	before.send("a");
	const [old] = published(first.peer);
	const second = connected5();
	const { requester: asking, log } = requester(second);
	asking.send("a");
	answer(second, old.correlation);
	expect([asking.foreign, log]).toEqual([1, []]);
});

test("an answer in parts is told in parts, and the request is done with the last", () => {
	const setup = connected5({ receiveSize: 64 });
	const { requester: asking, log } = requester(setup);
	sent(setup.peer);
	const number = asking.send("a");
	answer(setup, correlationOf(published(setup.peer)[0]), "x".repeat(150));
	expect(log.map((line) => line.replace(/x+/, ({ length }) => String(length)))).toEqual([
		`${number} 64 at 0`,
		`${number} 64 at 64`,
		`${number} 22 at 128`,
	]);
	expect([asking.answers, asking.waiting]).toEqual([1, 0]);
});

test("a request that was dropped has failed with that reason", () => {
	const setup = dialling();
	const { requester: asking, log } = requester(setup, { properties: { messageExpiry: 2 } });
	const number = asking.send("a");
	setup.clock.advance(3000);
	expect(log).toEqual([`${number} failed: ${MESSAGE_EXPIRED}`]);
	expect(asking.waiting).toBe(0);
});

test("what is not accepted is not waited for", () => {
	const setup = connected5({ storeSize: 256, packetSize: 256 });
	const { requester: asking } = requester(setup);
	setup.peer.socket.room = 0;
	const answers: number[] = [];
	for (let i = 0; i < 4; i++) answers.push(asking.send("x".repeat(60)));
	expect(answers).toContain(NO_ROOM);
	expect(asking.waiting).toBe(answers.filter((number) => number > 0).length);
	expect(() => asking.send("x".repeat(10_000))).toThrow(RangeError);
	expect(asking.waiting).toBe(answers.filter((number) => number > 0).length);
});

test("closing ends what waits", () => {
	const setup = connected5();
	const { requester: asking, log } = requester(setup);
	sent(setup.peer);
	const number = asking.send("a");
	const [{ id }] = published(setup.peer);
	setup.peer.send(PUBACK(id));
	setup.client.close();
	setup.peer.take();
	setup.clock.advance(10_000);
	expect(log).toEqual([`${number} failed: ${CLOSED_BY_APP}`]);
	expect(asking.send("b")).toBe(NOT_OPEN);
});

test("closing ends all that waits, though the app throws at the first", () => {
	const setup = connected5();
	const failed: number[] = [];
	const { requester: asking } = requester(setup, {
		qos: 0,
		onFailed: (request) => {
			failed.push(request);
			throw new Error(`at ${request}`);
		},
	});
	sent(setup.peer);
	const numbers = ["a", "b", "c"].map((payload) => asking.send(payload));
	setup.peer.fail();
	expect(() => setup.client.close()).toThrow(`at ${numbers[0]}`);
	expect(failed).toEqual(numbers);
	expect(asking.waiting).toBe(0);
});

test("after a reconnect an answer still finds its request, and the response topic is subscribed to again", () => {
	const setup = connected5();
	const { requester: asking, log } = requester(setup);
	const [subscribe] = sent(setup.peer);
	setup.peer.send(SUBACK5(subscribe.facts.packetId!, [1]));
	const number = asking.send("a");
	const [request] = published(setup.peer);
	setup.peer.fail();
	setup.redial();
	setup.peer.open();
	setup.peer.take();
	accept(setup.peer);
	expect(sent(setup.peer).map(({ type }) => type)).toEqual(["SUBSCRIBE", "PUBLISH"]);
	answer(setup, request.correlation);
	expect(log).toEqual([`${number} done`]);
});

describe("Response Information", () => {
	const make = (information: string) => `${information}/answers`;
	const give = (information: string) => [data(RESPONSE_INFORMATION, information)];

	test("makes the response topic, at each connect", () => {
		const setup = dialling({ responseInformation: true });
		const { requester: asking } = requester(setup, { responseTopic: make });
		expect(asking.send("a")).toBe(NO_RESPONSE_TOPIC);
		accept(setup.peer, give("clients/7"));
		expect(values(sent(setup.peer)[0], "Topic Filter")).toEqual(["clients/7/answers"]);
		expect(asking.send("a")).toBeGreaterThan(0);
		expect(published(setup.peer)[0].responseTopic).toBe("clients/7/answers");
		setup.peer.fail();
		setup.redial();
		setup.peer.open();
		setup.peer.take();
		accept(setup.peer, give("clients/8"));
		const filters = sent(setup.peer)
			.filter(({ type }) => type === "SUBSCRIBE")
			.flatMap((packet) => values(packet, "Topic Filter"));
		expect(filters.at(-1)).toBe("clients/8/answers");
		expect(asking.send("b")).toBeGreaterThan(0);
		expect(published(setup.peer).find(({ payload }) => payload === "b")!.responseTopic).toBe(
			"clients/8/answers",
		);
	});

	test("where there is none, or no topic name comes of it, nothing is sent", () => {
		const none = dialling({ responseInformation: true });
		const { requester: without } = requester(none, { responseTopic: make });
		accept(none.peer);
		expect(without.send("a")).toBe(NO_RESPONSE_TOPIC);
		const bad = dialling({ responseInformation: true });
		const { requester: wrong } = requester(bad, { responseTopic: make });
		accept(bad.peer, give("a/#"));
		expect(wrong.send("a")).toBe(NO_RESPONSE_TOPIC);
		expect(sent(bad.peer)).toEqual([]);
	});

	test("where the next broker gives none, nothing is sent, and what still comes is passed over", () => {
		const setup = dialling({ responseInformation: true });
		const { requester: asking, log } = requester(setup, { responseTopic: make });
		accept(setup.peer, give("x"));
		asking.send("a");
		const [{ correlation, responseTopic }] = published(setup.peer);
		setup.peer.fail();
		setup.redial();
		setup.peer.open();
		setup.peer.take();
		accept(setup.peer);
		expect(asking.send("b")).toBe(NO_RESPONSE_TOPIC);
		setup.peer.send(PUBLISH5(responseTopic!, "late", [data(CORRELATION_DATA, correlation!)]));
		expect(log).toEqual([]);
		setup.clock.advance(20_000);
		expect(log).toEqual([expect.stringContaining("failed")]);
	});

	test("another one, where the broker has not ended the subscription before, and there is no room for two: as soon as it has", () => {
		const setup = dialling({ responseInformation: true, subscriptions: 1 });
		const { requester: asking } = requester(setup, { responseTopic: make });
		accept(setup.peer, give("x"));
		setup.peer.fail();
		setup.redial();
		setup.peer.open();
		setup.peer.take();
		setup.peer.send(CONNACK5(true, 0, give("y")));
		expect(setup.news()).toContain("connected true");
		const unsubscribe = sent(setup.peer).find(({ type }) => type === "UNSUBSCRIBE")!;
		expect(asking.send("a")).toBe(NO_RESPONSE_TOPIC);
		setup.peer.send(UNSUBACK5(unsubscribe.facts.packetId!, [0]));
		expect(asking.send("b")).toBeGreaterThan(0);
		const packets = sent(setup.peer);
		expect(packets.map(({ type }) => type)).toEqual(["SUBSCRIBE", "PUBLISH"]);
		expect(values(packets[0], "Topic Filter")).toEqual(["y/answers"]);
	});

	test("a Requester made while connected has it at once", () => {
		const setup = dialling({ responseInformation: true });
		accept(setup.peer, give("x"));
		const { requester: asking } = requester(setup, { responseTopic: make });
		expect(asking.send("a")).toBeGreaterThan(0);
	});
});

describe("under MQTT 3.1.1", () => {
	test("with protocolVersion 4 it throws", () => {
		expect(() => requester(new Setup({ protocolVersion: 4 }))).toThrow(/a Requester with protocolVersion 4/);
	});

	test("where a broker has made the client fall back, nothing is sent", () => {
		const setup = new Setup({ protocolVersion: undefined });
		const { requester: asking } = requester(setup);
		setup.peer.open();
		setup.peer.send(CONNACK(false, 1));
		setup.clock.advance(1);
		setup.peer.open();
		setup.peer.send(CONNACK());
		setup.peer.take();
		expect(asking.send("a")).toBe(NEEDS_5);
		expect(setup.peer.take()).toHaveLength(0);
		// One that is made now is not told to be wrong: the next broker may speak 5.0.
		expect(() => requester(setup, { responseTopic: "other" })).not.toThrow();
	});
});

test.each<[keyof RequesterOptions, unknown, RegExp]>([
	["topic", "a/#", /wildcard/],
	["responseTopic", "", /topic name is empty/],
	["inFlight", 0, /inFlight is 0: it must be a whole number from 1 to 255/],
	["inFlight", 256, /inFlight is 256/],
	["timeout", 0, /timeout is 0/],
	["timeout", 2 ** 30, /timeout is 1073741824/],
	["qos", 3, /qos is 3/],
	["onAnswer", undefined, /onAnswer is undefined: it must be a function/],
	["onFailed", 1, /onFailed is 1/],
	["properties", { payloadFormat: 2 }, /payloadFormat is 2/],
	["properties", new Properties({ contentType: "a" }), /are a Properties already/],
])("the option %s of %p throws", (name, value, rule) => {
	expect(() => requester(connected5(), { [name]: value })).toThrow(rule);
});

test("a client that is closed while the request is published: it was not sent, and ends once", () => {
	const setup: Setup = connected5({
		storeSize: 128,
		whenFull: "dropOldest",
		onDropped: () => setup.client.close(),
	});
	const { requester: asking, log } = requester(setup);
	sent(setup.peer);
	setup.peer.fail();
	for (let i = 0; i < 2; i++) setup.client.publish("t", "forty characters, to fill more of it here", 1);
	expect(asking.send("work")).toBe(NOT_OPEN);
	setup.clock.advance(60_000);
	expect(log).toEqual([]);
	expect(asking.waiting).toBe(0);
});

test("an answer that is guessed, and decoded while its request is still being published, is none", () => {
	const setup: Setup = connected5({
		storeSize: 128,
		window: 1,
		whenFull: "dropOldest",
		onDropped: () => setup.client.resume(),
	});
	const { requester: asking, log } = requester(setup, { timeout: 1000 });
	sent(setup.peer);
	const first = asking.send("1");
	const [request] = published(setup.peer);
	answer(setup, correlationOf(request));
	setup.peer.send(PUBACK(request.id));
	for (let i = 0; i < 3; i++) setup.client.publish("t", "forty characters, to fill more of it here", 1);
	setup.client.pause();
	const guess = Uint8Array.from(correlationOf(request));
	guess[6]++;
	answer(setup, guess);
	const second = asking.send("2");
	expect(second).toBe(first + 256);
	expect([asking.late, asking.waiting]).toEqual([1, 1]);
	setup.clock.advance(1000);
	expect(log).toEqual([`${first} done`, `${second} failed: ${MESSAGE_EXPIRED}`]);
});
