// The decoder against another one: what mqtt-packet generates is read as it was meant; what it refuses is marked.

import fc from "fast-check";
import { generate, type Packet as JudgePacket, parser } from "mqtt-packet";
import { KEPT } from "../../../tools/decode/packet-stream.js";
import { cuts, payload, text, topicFilter, topicName } from "../../support/arbitraries.js";
import { concat, PUBLISH, packet, SUBACK } from "../../support/packets.js";
import { covers, decoded, everything, rulesOf, values } from "./decoded.js";

const packetId = fc.integer({ min: 1, max: 65_535 });
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);

const connect = fc
	.record({
		clientId: text(30).filter((id) => id !== ""),
		clean: fc.boolean(),
		keepalive: fc.nat(65_535),
		will: fc.option(fc.record({ topic: topicName, payload, qos, retain: fc.boolean() }), { nil: undefined }),
		username: fc.option(text(10), { nil: undefined }),
		password: payload,
	})
	.map(({ will, username, password, ...rest }) => ({
		cmd: "connect",
		protocolId: "MQTT",
		protocolVersion: 4,
		...rest,
		...(will === undefined ? {} : { will: { ...will, payload: Buffer.from(will.payload) } }),
		...(username === undefined || username === "" ? {} : { username, password: Buffer.from(password) }),
	}));
const publish = fc
	.record({ topic: topicName, payload, qos, retain: fc.boolean(), dup: fc.boolean(), messageId: packetId })
	.map((made) => ({
		...made,
		cmd: "publish",
		payload: Buffer.from(made.payload),
		dup: made.dup && made.qos > 0,
	}));
const subscribe = fc.record({
	cmd: fc.constant("subscribe"),
	messageId: packetId,
	subscriptions: fc.array(fc.record({ topic: topicFilter, qos }), { minLength: 1, maxLength: 5 }),
});
const unsubscribe = fc.record({
	cmd: fc.constant("unsubscribe"),
	messageId: packetId,
	unsubscriptions: fc.array(topicFilter, { minLength: 1, maxLength: 5 }),
});
const suback = fc.record({
	cmd: fc.constant("suback"),
	messageId: packetId,
	granted: fc.array(fc.constantFrom(0, 1, 2, 128), { minLength: 1, maxLength: 5 }),
});
const connack = fc.record({
	cmd: fc.constant("connack"),
	returnCode: fc.nat(5),
	sessionPresent: fc.constant(false),
});
const acknowledgement = fc.record({
	cmd: fc.constantFrom("puback", "pubrec", "pubrel", "pubcomp", "unsuback"),
	messageId: packetId,
});
const bare = fc.record({ cmd: fc.constantFrom("pingreq", "pingresp", "disconnect") });

const anyPacket = fc
	.oneof(connect, publish, subscribe, unsubscribe, suback, connack, acknowledgement, bare)
	.map((made) => made as unknown as JudgePacket);

/** What was generated, read from the decoder's fields. */
function expectFields(made: JudgePacket, read: ReturnType<typeof decoded>[number]): void {
	expect(read.type).toBe(made.cmd.toUpperCase());
	const of = (name: string) => values(read, name);
	if ("messageId" in made && (made.cmd !== "publish" || made.qos > 0))
		expect(of("Packet Identifier")).toEqual([made.messageId]);
	switch (made.cmd) {
		case "connect":
			expect(of("Client Identifier")).toEqual([made.clientId]);
			expect(of("Keep Alive")).toEqual([made.keepalive]);
			expect(of("Clean Session")).toEqual([made.clean ? 1 : 0]);
			expect(of("Will Topic")).toEqual(made.will === undefined ? [] : [made.will.topic]);
			expect(of("Will QoS")).toEqual([made.will?.qos ?? 0]);
			expect(of("User Name")).toEqual(made.username === undefined ? [] : [made.username]);
			expect(of("Password")).toEqual(made.password === undefined ? [] : [undefined]);
			break;
		case "publish": {
			expect(of("Topic Name")).toEqual([made.topic]);
			expect(of("QoS level")).toEqual([made.qos]);
			expect(of("DUP flag")).toEqual([made.dup ? 1 : 0]);
			expect(of("RETAIN")).toEqual([made.retain ? 1 : 0]);
			const bytes = read.fields.find(({ name }) => name === "Payload")!.bytes!;
			expect(Buffer.compare(bytes, made.payload as Buffer)).toBe(0);
			break;
		}
		case "subscribe":
			expect(of("Topic Filter")).toEqual(made.subscriptions.map(({ topic }) => topic));
			expect(of("Requested QoS")).toEqual(made.subscriptions.map(({ qos }) => qos));
			break;
		case "unsubscribe":
			expect(of("Topic Filter")).toEqual(made.unsubscriptions);
			break;
		case "suback":
			expect(of("Return Code")).toEqual(made.granted);
			break;
		case "connack":
			expect(of("Connect Return code")).toEqual([made.returnCode]);
			break;
	}
}

test("what mqtt-packet generates is read as it was meant, cut anywhere", () => {
	fc.assert(
		fc.property(fc.array(anyPacket, { minLength: 1, maxLength: 5 }), cuts, (made, places) => {
			const stream = concat(made.map((one) => generate(one)));
			const chunks = [0, ...places].map((from, i) => stream.subarray(from, places[i] ?? stream.length));
			const packets = decoded(...chunks);
			expect(packets).toHaveLength(made.length);
			let at = 0;
			for (const [i, one] of made.entries()) {
				expect(packets[i].violations).toEqual([]);
				expect(packets[i].at).toBe(at);
				expect(covers(packets[i])).toBe(true);
				expectFields(one, packets[i]);
				at += packets[i].length;
			}
			expect(at).toBe(stream.length);
		}),
		{ numRuns: 500 },
	);
});

test("what is not marked is a packet for mqtt-packet too", () => {
	fc.assert(
		fc.property(anyPacket, fc.nat(400), fc.nat(255), (made, where, byte) => {
			const bytes = Uint8Array.from(generate(made));
			bytes[where % bytes.length] = byte;
			const [first, ...more] = decoded(bytes);
			if (more.length > 0 || first.missing > 0 || first.violations.length > 0) return;
			const judge = parser({ protocolVersion: 4 });
			const seen: string[] = [];
			judge.on("packet", ({ cmd }) => seen.push(cmd.toUpperCase()));
			judge.on("error", (error) => {
				throw error;
			});
			judge.parse(Buffer.from(bytes));
			expect(seen).toEqual([first.type]);
		}),
		{ numRuns: 2000 },
	);
});

test("any bytes at all: no exception, each byte told of once", () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: 200 }), cuts, (bytes, places) => {
			const packets = decoded(...[0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? 200)));
			let at = 0;
			for (const packet of packets) {
				expect(packet.at).toBe(at);
				expect(covers(packet)).toBe(true);
				at += packet.length - packet.missing;
			}
			expect(at).toBe(bytes.length);
			expect(everything(packets)).toMatch(
				/^[\x20-\x7e\n…\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\p{Co}\p{Cn}\p{Cf}]*$/u,
			);
		}),
		{ numRuns: 1000 },
	);
});

test("a packet larger than all memory passes by; its beginning is shown", () => {
	const seen = decoded(
		Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x74),
		...Array.from({ length: 255 }, () => new Uint8Array(1 << 20)),
		new Uint8Array((1 << 20) - 1 - 3),
		Uint8Array.of(0xc0, 0),
	);
	expect(seen.map(({ type }) => type)).toEqual(["PUBLISH", "PINGREQ"]);
	expect(seen[0].violations).toEqual([]);
	const { bytes, length, note } = seen[0].fields.at(-1)!;
	expect(bytes!.length).toBeLessThan(KEPT);
	expect(length).toBe(268_435_455 - 3);
	expect(note).toBe("268435452 bytes");
});

test("a packet of very many fields, all of them wrong, is told in bounds", () => {
	const suback = packet(0x90, [0, 1], new Uint8Array(60_000).fill(9));
	const [read] = decoded(suback);
	expect(read.fields.length).toBeLessThan(1100);
	expect(read.violations).toHaveLength(20);
	expect(read.moreViolations).toBe(60_000 - 20);
	expect(read.facts.count).toBe(60_000);
});

test("an input that ends in a packet, or in its header, says so", () => {
	const whole = PUBLISH("topic", "payload");
	for (let length = 1; length < whole.length; length++) {
		const [cut, ...more] = decoded(whole.subarray(0, length));
		expect(more).toEqual([]);
		if (length < 2) expect(cut.type).toBe("?");
		else expect(cut).toMatchObject({ type: "PUBLISH", missing: whole.length - length, violations: [] });
		expect(covers(cut)).toBe(true);
	}
});

test("what is no MQTT is named, and nothing of it decoded", () => {
	const [tls, rest] = decoded(Uint8Array.of(0x16, 3, 1, 0, 200, 1, 0, 0), new Uint8Array(300));
	expect(tls.violations[0].what).toContain("TLS");
	expect(rest.type).toBe("?");
	const [http] = decoded(Buffer.from(`GET /mqtt HTTP/1.1\r\n${"x".repeat(100)}`));
	expect(http.violations[0].what).toContain("WebSocket");
});

test.each([
	["DISCONNECT of 85 bytes", [0xe0, 85], "a DISCONNECT has a Remaining Length of 0, not 85"],
	[
		"DISCONNECT of 2 MB, of which 60 bytes are there",
		[0xe0, 0x80, 0x80, 0x80, 1],
		"a DISCONNECT has a Remaining Length of 0, not 2097152",
	],
	["DISCONNECT with wrong flags and a wrong length", [0xe7, 2], "wrong flags and fields that do not fit"],
	["PUBACK of 100 bytes", [0x40, 100], "a PUBACK has a Remaining Length of 2, not 100"],
	["type 0", [0x05, 2], "there is no such packet type"],
	["type 15", [0xf0, 2], "there is no such packet type"],
	["CONNECT with flags and another protocol", [0x14, 2], "wrong flags and fields that do not fit"],
	["SUBSCRIBE with flags and no room for its filter", [0x8c, 8], "wrong flags and fields that do not fit"],
	[
		"SUBSCRIBE with flags and more bytes than there are",
		[0x8c, 120, 0, 1, 0, 3],
		"wrong flags and too few bytes",
	],
	["PUBLISH at QoS 3 with no room for its topic", [0x3f, 8], "wrong flags and fields that do not fit"],
	[
		"PUBLISH with no room for its topic, nor for itself",
		[0x30, 120],
		"for a PUBLISH it has fields that do not fit and too few bytes",
	],
])("noise is no packet, though its first byte may look like one: %s", (_, header, why) => {
	const bytes = concat([header, new Uint8Array(87).fill(0x7b)]);
	const [first, rest, ...more] = decoded(bytes);
	expect(first.type).toBe("?");
	expect(first.violations[0].what).toContain(`this is no MQTT 3.1.1: `);
	expect(first.violations[0].what).toContain(why);
	// Where the next packet begins cannot be told either.
	if (rest !== undefined) expect(rest).toMatchObject({ type: "?", violations: [] });
	expect(more).toEqual([]);
});

test("of random bytes next to none is taken for a packet, and none for one without fault", () => {
	// Park and Miller's, so that each run sees the same.
	let seed = 1;
	const random = () => {
		seed = (seed * 48_271) % 2_147_483_647;
		return seed >> 8;
	};
	let taken = 0;
	for (let run = 0; run < 2000; run++) {
		const packets = decoded(Uint8Array.from({ length: 64 }, random));
		if (packets[0].type !== "?") taken++;
		expect(packets.some(({ violations, missing }) => violations.length > 0 || missing > 0)).toBe(true);
	}
	expect(taken).toBeLessThan(2000 * 0.05);
});

test("behind a length of five bytes nothing is guessed", () => {
	const seen = decoded(Uint8Array.of(0xc0, 0, 0x30, 0x80, 0x80, 0x80, 0x80, 1, 2, 3), SUBACK(1, 0));
	expect(seen.map(({ type, length }) => [type, length])).toEqual([
		["PINGREQ", 2],
		["?", 5],
		["?", 8],
	]);
	expect(rulesOf(seen[1])).toEqual(["section 2.2.3"]);
});
