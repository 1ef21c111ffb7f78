// The decoder of MQTT 5.0 against others: what mqtt-packet generates is read as it was meant, what it refuses is marked;
// tshark finds the same properties.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { generate, type Packet as JudgePacket, parser } from "mqtt-packet";
import type { Packet } from "../../../tools/decode/packet.js";
import { cuts, payload, text, topicFilter, topicName } from "../../support/arbitraries.js";
import { concat, field, packet, word } from "../../support/packets.js";
import { frame, pcap } from "./capture.js";
import { covers, decodedAs, everything, exchanged, exchangedAs, rulesOf, values } from "./decoded.js";

const packetId = fc.integer({ min: 1, max: 65_535 });
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const word16 = fc.integer({ min: 1, max: 65_535 });
const word32 = fc.integer({ min: 1, max: 0xffff_ffff });
const binary = payload.map((bytes) => Buffer.from(bytes));

/** By mqtt-packet's name: what to make up, and what the decoder calls it. */
const PROPERTIES = {
	payloadFormatIndicator: [fc.constant(false), "Payload Format Indicator"],
	messageExpiryInterval: [word32, "Message Expiry Interval"],
	contentType: [text(20), "Content Type"],
	responseTopic: [topicName, "Response Topic"],
	correlationData: [binary, "Correlation Data"],
	subscriptionIdentifier: [fc.integer({ min: 1, max: 268_435_455 }), "Subscription Identifier"],
	sessionExpiryInterval: [word32, "Session Expiry Interval"],
	assignedClientIdentifier: [text(20), "Assigned Client Identifier"],
	serverKeepAlive: [word16, "Server Keep Alive"],
	authenticationMethod: [text(20), "Authentication Method"],
	requestProblemInformation: [fc.boolean(), "Request Problem Information"],
	willDelayInterval: [word32, "Will Delay Interval"],
	requestResponseInformation: [fc.boolean(), "Request Response Information"],
	responseInformation: [text(20), "Response Information"],
	serverReference: [text(20), "Server Reference"],
	reasonString: [text(20), "Reason String"],
	receiveMaximum: [word16, "Receive Maximum"],
	topicAliasMaximum: [word16, "Topic Alias Maximum"],
	topicAlias: [word16, "Topic Alias"],
	maximumQoS: [fc.constantFrom(0, 1), "Maximum QoS"],
	retainAvailable: [fc.boolean(), "Retain Available"],
	maximumPacketSize: [word32, "Maximum Packet Size"],
	wildcardSubscriptionAvailable: [fc.boolean(), "Wildcard Subscription Available"],
	subscriptionIdentifiersAvailable: [fc.boolean(), "Subscription Identifier Available"],
	sharedSubscriptionAvailable: [fc.boolean(), "Shared Subscription Available"],
} as const;
type Name = keyof typeof PROPERTIES;

const userProperties = fc.dictionary(
	text(8).filter((name) => name !== "" && name !== "__proto__"),
	fc.oneof(
		text(8).filter((value) => value !== ""),
		fc.array(
			text(8).filter((value) => value !== ""),
			{ minLength: 1, maxLength: 3 },
		),
	),
	{ minKeys: 1, maxKeys: 3 },
);

/** Any of these, and user properties. */
const some = (...names: Name[]) =>
	fc.record(
		{
			...Object.fromEntries(names.map((name) => [name, PROPERTIES[name][0] as fc.Arbitrary<unknown>])),
			userProperties,
		},
		{ requiredKeys: [] },
	);

const ofMessage = [
	"payloadFormatIndicator",
	"messageExpiryInterval",
	"contentType",
	"responseTopic",
	"correlationData",
] as const;

const connect = fc
	.record({
		clientId: text(30).filter((id) => id !== ""),
		clean: fc.boolean(),
		keepalive: fc.nat(65_535),
		properties: some(
			"sessionExpiryInterval",
			"receiveMaximum",
			"maximumPacketSize",
			"topicAliasMaximum",
			"requestResponseInformation",
			"requestProblemInformation",
			"authenticationMethod",
		),
		will: fc.option(
			fc.record({
				topic: topicName,
				payload: binary,
				qos,
				retain: fc.boolean(),
				properties: some("willDelayInterval", ...ofMessage),
			}),
			{ nil: undefined },
		),
		username: fc.option(text(10), { nil: undefined }),
		password: binary,
	})
	.map(({ will, username, password, ...rest }) => ({
		cmd: "connect",
		protocolId: "MQTT",
		protocolVersion: 5,
		...rest,
		...(will === undefined ? {} : { will }),
		...(username === undefined || username === "" ? {} : { username, password }),
	}));
const publish = fc
	.record({
		topic: topicName,
		payload: binary,
		qos,
		retain: fc.boolean(),
		dup: fc.boolean(),
		messageId: packetId,
		properties: some("topicAlias", "subscriptionIdentifier", ...ofMessage),
	})
	.map((made) => ({ ...made, cmd: "publish", dup: made.dup && made.qos > 0 }));
const subscribe = fc.record({
	cmd: fc.constant("subscribe"),
	messageId: packetId,
	properties: some("subscriptionIdentifier"),
	subscriptions: fc.array(
		fc
			.record({ topic: topicFilter, qos, nl: fc.boolean(), rap: fc.boolean(), rh: fc.nat(2) })
			.filter(({ topic }) => !topic.startsWith("$share")),
		{ minLength: 1, maxLength: 5 },
	),
});
const unsubscribe = fc.record({
	cmd: fc.constant("unsubscribe"),
	messageId: packetId,
	properties: some(),
	unsubscriptions: fc.array(topicFilter, { minLength: 1, maxLength: 5 }),
});
const suback = fc.record({
	cmd: fc.constant("suback"),
	messageId: packetId,
	properties: some("reasonString"),
	granted: fc.array(fc.constantFrom(0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2), {
		minLength: 1,
		maxLength: 5,
	}),
});
const unsuback = fc.record({
	cmd: fc.constant("unsuback"),
	messageId: packetId,
	properties: some("reasonString"),
	granted: fc.array(fc.constantFrom(0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91), { minLength: 1, maxLength: 5 }),
});
const connack = fc.record({
	cmd: fc.constant("connack"),
	reasonCode: fc.constantFrom(0, 0x80, 0x84, 0x87, 0x9c, 0x9f),
	sessionPresent: fc.constant(false),
	properties: some(
		"sessionExpiryInterval",
		"receiveMaximum",
		"maximumQoS",
		"retainAvailable",
		"maximumPacketSize",
		"assignedClientIdentifier",
		"topicAliasMaximum",
		"reasonString",
		"wildcardSubscriptionAvailable",
		"subscriptionIdentifiersAvailable",
		"sharedSubscriptionAvailable",
		"serverKeepAlive",
		"responseInformation",
		"serverReference",
		"authenticationMethod",
	),
});
const acknowledgement = fc.oneof(
	fc.record({
		cmd: fc.constantFrom("puback", "pubrec"),
		messageId: packetId,
		reasonCode: fc.constantFrom(0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99),
		properties: some("reasonString"),
	}),
	fc.record({
		cmd: fc.constantFrom("pubrel", "pubcomp"),
		messageId: packetId,
		reasonCode: fc.constantFrom(0, 0x92),
		properties: some("reasonString"),
	}),
);
const disconnect = fc.record({
	cmd: fc.constant("disconnect"),
	reasonCode: fc.constantFrom(0, 4, 0x80, 0x81, 0x8b, 0x8e, 0x98, 0xa2),
	properties: some("sessionExpiryInterval", "reasonString", "serverReference"),
});
const auth = fc.record({
	cmd: fc.constant("auth"),
	reasonCode: fc.constantFrom(0, 0x18, 0x19),
	properties: some("reasonString").map((made) => ({ ...made, authenticationMethod: "M" })),
});
const bare = fc.record({ cmd: fc.constantFrom("pingreq", "pingresp") });

const anyPacket = fc
	.oneof(
		connect,
		publish,
		subscribe,
		unsubscribe,
		suback,
		unsuback,
		connack,
		acknowledgement,
		disconnect,
		auth,
		bare,
	)
	.map((made) => made as unknown as JudgePacket);
const make = (made: JudgePacket) => Uint8Array.from(generate(made, { protocolVersion: 5 }));

function expectProperties(made: Record<string, unknown>, read: Packet): void {
	for (const [key, value] of Object.entries(made)) {
		if (key === "userProperties") {
			const pairs = Object.entries(value as Record<string, string | string[]>).flatMap(([name, one]) =>
				[one].flat().map((each) => [name, each]),
			);
			const names = values(read, "User Property");
			for (const [name, each] of pairs) {
				expect(names).toContain(name);
				expect(values(read, "User Property, value")).toContain(each);
			}
			continue;
		}
		const [, name] = PROPERTIES[key as Name] ?? [undefined, "Authentication Method"];
		if (Buffer.isBuffer(value)) {
			const found = read.fields
				.filter((one) => one.name === name)
				.map(({ bytes }) => Buffer.from(bytes!.subarray(3)));
			expect(found).toContainEqual(value);
		} else expect(values(read, name)).toContain(typeof value === "boolean" ? Number(value) : value);
	}
}

/** What was generated, read from the decoder's fields. */
function expectFields(made: JudgePacket, read: Packet): void {
	expect(read.type).toBe(made.cmd.toUpperCase());
	expect(read.version).toBe(5);
	const of = (name: string) => values(read, name);
	if ("messageId" in made && (made.cmd !== "publish" || made.qos > 0))
		expect(of("Packet Identifier")).toEqual([made.messageId]);
	if ("reasonCode" in made && made.reasonCode !== 0) expect(of("Reason Code")).toEqual([made.reasonCode]);
	if ("properties" in made && made.properties !== undefined)
		expectProperties(made.properties as Record<string, unknown>, read);
	switch (made.cmd) {
		case "connect":
			expect(of("Client Identifier")).toEqual([made.clientId]);
			expect(of("Keep Alive")).toEqual([made.keepalive]);
			expect(of("Clean Start")).toEqual([made.clean ? 1 : 0]);
			expect(of("Will Topic")).toEqual(made.will === undefined ? [] : [made.will.topic]);
			if (made.will?.properties !== undefined)
				expectProperties(made.will.properties as Record<string, unknown>, read);
			expect(of("User Name")).toEqual(made.username === undefined ? [] : [made.username]);
			expect(of("Password")).toEqual(made.password === undefined ? [] : [undefined]);
			break;
		case "publish": {
			expect(of("Topic Name")).toEqual([made.topic]);
			const bytes = read.fields.find(({ name }) => name === "Payload")!.bytes!;
			expect(Buffer.compare(bytes, made.payload as Buffer)).toBe(0);
			break;
		}
		case "subscribe":
			expect(of("Topic Filter")).toEqual(made.subscriptions.map(({ topic }) => topic));
			expect(of("Maximum QoS")).toEqual(made.subscriptions.map(({ qos }) => qos));
			expect(of("No Local")).toEqual(made.subscriptions.map(({ nl }) => Number(nl)));
			expect(of("Retain As Published")).toEqual(made.subscriptions.map(({ rap }) => Number(rap)));
			expect(of("Retain Handling")).toEqual(made.subscriptions.map(({ rh }) => rh));
			break;
		case "unsubscribe":
			expect(of("Topic Filter")).toEqual(made.unsubscriptions);
			break;
		case "suback":
		case "unsuback":
			expect(of("Reason Code")).toEqual(made.granted);
			break;
	}
}

test("what mqtt-packet generates is read as it was meant, cut anywhere", () => {
	fc.assert(
		fc.property(fc.array(anyPacket, { minLength: 1, maxLength: 5 }), cuts, (made, places) => {
			const stream = concat(made.map(make));
			const chunks = [0, ...places].map((from, i) => stream.subarray(from, places[i] ?? stream.length));
			const packets = decodedAs(5, ...chunks);
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
			const bytes = make(made);
			bytes[where % bytes.length] = byte;
			const [first, ...more] = decodedAs(5, bytes);
			if (more.length > 0 || first.missing > 0 || first.violations.length > 0) return;
			// It goes by section 3.14.2.1, which lacks a code that section 2.4 has.
			if (first.type === "DISCONNECT" && first.facts.reasonCode === 0x8c) return;
			// And it does not take an AUTH without a reason code, which is success (section 3.15.2.1).
			if (first.type === "AUTH" && bytes.length === 2) return;
			const judge = parser({ protocolVersion: 5 });
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

test("any bytes at all, as 5.0 and as what fits: no exception, each byte told of once", () => {
	fc.assert(
		fc.property(
			fc.uint8Array({ maxLength: 200 }),
			cuts,
			fc.constantFrom(5 as const, undefined),
			(bytes, places, version) => {
				const packets = decodedAs(
					version,
					...[0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? 200)),
				);
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
			},
		),
		{ numRuns: 1000 },
	);
});

test("tshark finds the same properties, and nothing malformed", () => {
	const samples = fc.sample(anyPacket, { numRuns: 300, seed: 5 }).filter(({ cmd }) => cmd !== "connect");
	const opening = generate({ cmd: "connect", protocolId: "MQTT", protocolVersion: 5, clientId: "id" });
	const fromClient = ["subscribe", "unsubscribe", "pingreq"];
	const parts = [{ from: "client" as const, bytes: Uint8Array.from(opening) }].concat(
		samples.map((made) => ({
			from: (fromClient.includes(made.cmd) ? "client" : "server") as "client",
			bytes: make(made),
		})),
	);
	const at = { client: 1, server: 1 };
	const frames = parts.map(({ from, bytes }) => {
		const made = frame({ from, at: at[from], bytes });
		at[from] += bytes.length;
		return made;
	});
	const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-tshark-"));
	try {
		const file = join(folder, "capture.pcap");
		writeFileSync(file, pcap(frames));
		const { error, stdout } = spawnSync(
			"tshark",
			["-r", file, "-T", "fields", "-e", "mqtt.msgtype", "-e", "mqtt.property_id", "-e", "_ws.malformed"],
			{ encoding: "utf8" },
		);
		if (error) throw new Error("tshark is missing: apt-get install tshark");
		const read = exchangedAs(
			undefined,
			...parts.map(({ from, bytes }) => [from, bytes] as [typeof from, Uint8Array]),
		);
		const lines = stdout.split("\n").slice(0, -1);
		expect(lines).toHaveLength(read.length);
		for (const [i, line] of lines.entries()) {
			const [type, identifiers, malformed] = line.split("\t");
			expect(Number(type)).toBe(parts[i].bytes[0] >> 4);
			expect(malformed ?? "").toBe("");
			const names = read[i].fields.filter(({ name, length }) => length > 0 && PROPERTY_NAMES.includes(name));
			expect(names).toHaveLength(identifiers === "" ? 0 : identifiers.split(",").length);
		}
	} finally {
		rmSync(folder, { recursive: true });
	}
});
const PROPERTY_NAMES: string[] = [...Object.values(PROPERTIES).map(([, name]) => name), "User Property"];

const CONNECT = packet(0x10, field("MQTT"), [5, 2], word(60), [0], field("id"));
const CONNACK = packet(0x20, [0, 0, 3, 0x22, ...word(4)]);
const aliased = (topic: string, alias: number, payload = "x") =>
	packet(0x30, field(topic), [3, 0x23], word(alias), Buffer.from(payload));

test("a topic alias is told with the topic that it stands for, for each direction", () => {
	const seen = exchanged(
		["client", packet(0x10, field("MQTT"), [5, 2], word(60), [3, 0x22, 0, 9], field("id"))],
		["server", CONNACK],
		["client", aliased("from/client", 1)],
		["server", aliased("from/server", 1)],
		["client", aliased("", 1)],
		["server", aliased("", 1)],
		["client", aliased("another", 1)],
		["client", aliased("", 1)],
	);
	expect(seen.flatMap(rulesOf)).toEqual([]);
	expect(seen.flatMap((one) => values(one, "by its Topic Alias"))).toEqual([
		"from/client",
		"from/server",
		"another",
	]);
	expect(seen.every(covers)).toBe(true);
});

test("a connection speaks what its CONNECT says, also where another version was named", () => {
	for (const version of [undefined, 4, 5] as const) {
		const five = exchangedAs(version, ["client", CONNECT], ["server", CONNACK], ["client", aliased("a", 1)]);
		expect(five.map(({ version, guessed }) => [version, guessed])).toEqual(Array(3).fill([5, false]));
		expect(five.flatMap(rulesOf)).toEqual([]);
		const four = exchangedAs(
			version,
			["client", packet(0x10, field("MQTT"), [4, 2], word(60), field("id"))],
			["server", packet(0x20, [0, 0])],
			["client", packet(0x30, field("a"), [0, 0, 0x61])],
		);
		expect(four.map(({ version, guessed }) => [version, guessed])).toEqual(Array(3).fill([4, false]));
	}
});

test("without a CONNECT the version is what fits; what fits both stays with what was found", () => {
	const ambiguous = packet(0x40, word(7));
	const seen = decodedAs(
		undefined,
		ambiguous,
		packet(0x30, field("a"), [0], Buffer.from("text")),
		ambiguous,
		packet(0x90, word(7), [0]), // 3.1.1 only: 5.0 has a code behind the properties
		packet(0x40, word(7), [0x10]), // 5.0 only
		packet(0x82, word(1), field("a"), [0]), // 3.1.1 only
		packet(0x82, word(1), [0], field("a"), [0]), // 5.0 only
		packet(0xf0, [0x18, 4, 0x15, ...field("M")]),
	);
	expect(seen.map(({ version, guessed }) => (guessed ? `${version}?` : version))).toEqual([
		4,
		"5?",
		"5?",
		4,
		"5?",
		4,
		"5?",
		"5?",
	]);
	expect(everything(seen)).toContain("it seems MQTT 5.0");
	// Text of 3.1.1 is text.
	expect(decodedAs(undefined, packet(0x30, field("a"), Buffer.from("text")))[0].version).toBe(4);
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
		const packets = decodedAs(undefined, Uint8Array.from({ length: 64 }, random));
		if (packets[0].type !== "?") taken++;
		expect(packets.some(({ violations, missing }) => violations.length > 0 || missing > 0)).toBe(true);
	}
	expect(taken).toBeLessThan(2000 * 0.08);
});
