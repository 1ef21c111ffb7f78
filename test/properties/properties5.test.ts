// Packets of MQTT 5.0 as an independent implementation writes them and we read them, and the other way round.

import fc from "fast-check";
import type { IConnectPacket, Packet } from "mqtt-packet";
import type { QoS } from "../../src/wire/protocol.js";
import { encodeField, encodeFilter, Topic } from "../../src/wire/topic.js";
import {
	encodeAcknowledgement5,
	encodeAuth5,
	encodeConnect5,
	encodeDisconnect5,
	encodeSubscribe5,
	encodeUnsubscribe5,
	SubscriptionOption,
} from "../../src/wire/v5/encode.js";
import { encodeBinary, encodePairs, Properties } from "../../src/wire/v5/properties.js";
import { Property } from "../../src/wire/v5/property.js";
import type { ReceivedProperties } from "../../src/wire/v5/received.js";
import { cuts, payload, text, topicFilter, topicName } from "../support/arbitraries.js";
import { Diary5 } from "../support/diary5.js";
import { judge, written } from "../support/judge.js";
import { concat, hex } from "../support/packets.js";
import { block, PUBLISH5 } from "../support/packets5.js";

const option = <T>(it: fc.Arbitrary<T>) => fc.option(it, { nil: undefined });
const byte = fc.nat(255);
const two = fc.nat(65_535);
const four = fc.nat(0xffffffff);
const bytes = fc.uint8Array({ maxLength: 40 });
// mqtt-packet has user properties by name: in which order those of different names came, it does not say.
const name = text(6).filter((made) => made !== "__proto__");
// Of two empty values of one name it reads one.
const value = text(6).map((made) => made || "0");
const pairs = fc.array(fc.tuple(name, value), { maxLength: 4 });

/** As mqtt-packet has them. */
function byName(made: readonly (readonly [string, string])[]): Record<string, string | string[]> | undefined {
	const named: Record<string, string | string[]> = {};
	for (const [name, value] of made) {
		const known = Object.hasOwn(named, name) ? named[name] : undefined;
		named[name] = known === undefined ? value : [...(typeof known === "string" ? [known] : known), value];
	}
	return made.length === 0 ? undefined : named;
}

const defined = <T extends object>(made: T): T =>
	Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)) as T;

/** All user properties, by name. */
function walk(received: ReceivedProperties): Record<string, string | string[]> | undefined {
	const found: [string, string][] = [];
	while (received.next()) found.push([received.name, received.value]);
	return byName(found);
}

const numbers = (received: ReceivedProperties, property: number): number[] => {
	const found: number[] = [];
	for (let at = received.locate(property); at >= 0; at = received.locate(property, at + received.foundLength))
		found.push(received.numberAt(property, at));
	return found;
};

/** What `properties` are, one by one, of each of its packets, in pieces. */
function readings(
	stream: Uint8Array,
	at: readonly number[],
	way: object,
	look: (received: ReceivedProperties) => object,
) {
	const diary = new Diary5(way);
	const seen: object[] = [];
	diary.look = (received) => seen.push(look(received));
	let from = 0;
	for (const to of [...at, stream.length])
		if (to > from && to <= stream.length) {
			diary.arrive(stream.slice(from, to));
			from = to;
		}
	expect(diary.reasons).toEqual([]);
	return { lines: diary.lines.map((line) => line.split(" {")[0]), seen };
}

const number = (received: ReceivedProperties, property: number) => {
	const value = received.number(property);
	return value < 0 ? undefined : value;
};
const flag = (received: ReceivedProperties, property: number) => {
	const value = received.number(property);
	return value < 0 ? undefined : value === 1;
};
const binary = (received: ReceivedProperties, property: number) => {
	const value = received.bytes(property);
	return value === undefined ? undefined : hex(value);
};

test("[5.0 MQTT-1.5.4-3] a PUBLISH is read as it was written, however it is cut", () => {
	const made = fc.record({
		topic: topicName.filter((name) => Buffer.byteLength(name) <= 64),
		payload,
		qos: fc.constantFrom(0, 1, 2) as fc.Arbitrary<QoS>,
		retain: fc.boolean(),
		payloadFormatIndicator: option(fc.boolean()),
		messageExpiryInterval: option(four),
		topicAlias: option(fc.integer({ min: 1, max: 65_535 })),
		responseTopic: option(topicName),
		correlationData: option(bytes),
		contentType: option(text(20)),
		userProperties: pairs,
		subscriptionIdentifier: fc.array(fc.integer({ min: 1, max: 268_435_455 }), { maxLength: 3 }),
		again: fc.boolean(),
	});
	fc.assert(
		fc.property(
			fc.array(made, { minLength: 1, maxLength: 4 }),
			cuts,
			fc.constantFrom(1, 5, 400),
			fc.constantFrom(1, 3, 100, Number.POSITIVE_INFINITY),
			(messages, at, payloadSize, most) => {
				const all = messages.flatMap((message) => (message.again ? [message, message] : [message]));
				const stream = concat(
					all.map(({ topic, payload, qos, retain, again: _again, ...properties }) =>
						written(
							{
								cmd: "publish",
								topic,
								payload: Buffer.from(payload),
								qos,
								retain,
								dup: false,
								messageId: qos > 0 ? 7 : undefined,
								properties: defined({
									...properties,
									userProperties: byName(properties.userProperties),
									subscriptionIdentifier: properties.subscriptionIdentifier.length
										? properties.subscriptionIdentifier
										: undefined,
									correlationData: properties.correlationData && Buffer.from(properties.correlationData),
								}),
							},
							5,
						),
					),
				);
				const way = { payloadSize, most, propertySize: 1000 };
				const { lines, seen } = readings(stream, at, way, (received) => ({
					format: flag(received, Property.PAYLOAD_FORMAT),
					expiry: number(received, Property.MESSAGE_EXPIRY),
					alias: number(received, Property.TOPIC_ALIAS),
					responseTopic: received.text(Property.RESPONSE_TOPIC),
					correlation: binary(received, Property.CORRELATION_DATA),
					contentType: received.text(Property.CONTENT_TYPE),
					pairs: walk(received),
					identifiers: numbers(received, Property.SUBSCRIPTION_IDENTIFIER),
				}));
				expect(lines).toEqual(
					all.map(({ topic, payload, qos, retain, topicAlias }) => {
						const flags = (qos << 1) | (retain ? 1 : 0);
						const alias = topicAlias === undefined ? "" : ` alias ${topicAlias}`;
						return `publish ${flags} ${qos > 0 ? 7 : 0} ${Buffer.from(topic).toString("hex")}${alias} "${hex(payload)}"`;
					}),
				);
				expect(seen).toEqual(
					all.map((message) => ({
						format: message.payloadFormatIndicator,
						expiry: message.messageExpiryInterval,
						alias: message.topicAlias,
						responseTopic: message.responseTopic,
						correlation: message.correlationData && hex(message.correlationData),
						contentType: message.contentType,
						pairs: byName(message.userProperties),
						identifiers: message.subscriptionIdentifier,
					})),
				);
			},
		),
	);
});

test("a CONNACK is read as it was written", () => {
	fc.assert(
		fc.property(
			fc.record({
				sessionExpiryInterval: option(four),
				receiveMaximum: option(fc.integer({ min: 1, max: 65_535 })),
				maximumQoS: option(fc.constantFrom(0, 1)),
				retainAvailable: option(fc.boolean()),
				maximumPacketSize: option(fc.integer({ min: 1, max: 0xffffffff })),
				assignedClientIdentifier: option(text(20)),
				topicAliasMaximum: option(two),
				reasonString: option(text(20)),
				userProperties: pairs,
				wildcardSubscriptionAvailable: option(fc.boolean()),
				subscriptionIdentifiersAvailable: option(fc.boolean()),
				sharedSubscriptionAvailable: option(fc.boolean()),
				serverKeepAlive: option(two),
				responseInformation: option(text(20)),
				serverReference: option(text(20)),
				authenticationMethod: option(text(20)),
				authenticationData: option(bytes),
			}),
			fc.boolean(),
			cuts,
			(made, sessionPresent, at) => {
				const properties = defined({
					...made,
					userProperties: byName(made.userProperties),
					authenticationData: made.authenticationData && Buffer.from(made.authenticationData),
				});
				const stream = written({ cmd: "connack", reasonCode: 0, sessionPresent, properties }, 5);
				const way = { connected: false, payloadSize: 1000 };
				const { lines, seen } = readings(stream, at, way, (received) =>
					defined({
						sessionExpiryInterval: number(received, Property.SESSION_EXPIRY),
						receiveMaximum: number(received, Property.RECEIVE_MAXIMUM),
						maximumQoS: number(received, Property.MAXIMUM_QOS),
						retainAvailable: flag(received, Property.RETAIN_AVAILABLE),
						maximumPacketSize: number(received, Property.MAXIMUM_PACKET_SIZE),
						assignedClientIdentifier: received.text(Property.ASSIGNED_CLIENT_ID),
						topicAliasMaximum: number(received, Property.TOPIC_ALIAS_MAXIMUM),
						reasonString: received.text(Property.REASON_STRING),
						userProperties: walk(received),
						wildcardSubscriptionAvailable: flag(received, Property.WILDCARD_AVAILABLE),
						subscriptionIdentifiersAvailable: flag(received, Property.IDENTIFIERS_AVAILABLE),
						sharedSubscriptionAvailable: flag(received, Property.SHARED_AVAILABLE),
						serverKeepAlive: number(received, Property.SERVER_KEEP_ALIVE),
						responseInformation: received.text(Property.RESPONSE_INFORMATION),
						serverReference: received.text(Property.SERVER_REFERENCE),
						authenticationMethod: received.text(Property.AUTHENTICATION_METHOD),
						authenticationData: binary(received, Property.AUTHENTICATION_DATA),
					}),
				);
				expect(lines).toEqual([`connack ${sessionPresent} 0`]);
				const data = made.authenticationData && hex(made.authenticationData);
				expect(seen).toEqual([
					defined({ ...made, userProperties: byName(made.userProperties), authenticationData: data }),
				]);
			},
		),
	);
});

test("answers are read as they were written", () => {
	const reason = fc.record({ reasonString: option(text(20)), userProperties: pairs });
	const id = fc.integer({ min: 1, max: 65_535 });
	const answer = fc.oneof(
		fc.record({
			cmd: fc.constantFrom("puback", "pubrec"),
			messageId: id,
			reasonCode: fc.constantFrom(0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99),
			reason,
		}),
		fc.record({
			cmd: fc.constantFrom("pubrel", "pubcomp"),
			messageId: id,
			reasonCode: fc.constantFrom(0, 0x92),
			reason,
		}),
		fc.record({
			cmd: fc.constantFrom("suback"),
			messageId: id,
			granted: fc.array(fc.constantFrom(0, 1, 2, 0x80, 0x87, 0x9e, 0xa1), { minLength: 1, maxLength: 3 }),
			reason,
		}),
		fc.record({
			cmd: fc.constantFrom("unsuback"),
			messageId: id,
			granted: fc.array(fc.constantFrom(0, 0x11, 0x80, 0x8f), { minLength: 1, maxLength: 3 }),
			reason,
		}),
		fc.record({ cmd: fc.constantFrom("disconnect"), reasonCode: fc.constantFrom(0x81, 0x8e, 0xa0), reason }),
	);
	const types: Record<string, number> = { puback: 4, pubrec: 5, pubrel: 6, pubcomp: 7 };
	fc.assert(
		fc.property(fc.array(answer, { minLength: 1, maxLength: 5 }), cuts, (answers, at) => {
			const stream = concat(
				answers.map(({ reason, ...packet }) =>
					written(
						{
							...packet,
							properties: defined({ ...reason, userProperties: byName(reason.userProperties) }),
						} as unknown as Packet,
						5,
					),
				),
			);
			const { lines, seen } = readings(stream, at, { payloadSize: 1000 }, (received) =>
				defined({ reasonString: received.text(Property.REASON_STRING), userProperties: walk(received) }),
			);
			const wanted: string[] = [];
			const reasons: object[] = [];
			for (const answer of answers) {
				const it = defined({ ...answer.reason, userProperties: byName(answer.reason.userProperties) });
				if ("granted" in answer)
					answer.granted.forEach((code, i) => {
						wanted.push(`${answer.cmd} ${answer.messageId} ${code} ${i}/${answer.granted.length}`);
						reasons.push(it);
					});
				else if (answer.cmd === "disconnect") {
					wanted.push(`disconnect ${answer.reasonCode}`);
					reasons.push(it);
				} else {
					const { messageId } = answer as { messageId: number };
					const code = answer.reasonCode > 0 ? ` code ${answer.reasonCode}` : "";
					wanted.push(`ack ${types[answer.cmd]} ${messageId}${code}`);
					if (answer.reasonCode > 0) reasons.push(it);
				}
			}
			expect(lines).toEqual(wanted);
			expect(seen).toEqual(reasons);
		}),
	);
});

const field = (made: string | undefined) => (made === undefined ? undefined : encodeField("it", made));

test("[5.0 MQTT-3.1.2-1][5.0 MQTT-3.1.2-9][5.0 MQTT-3.1.2-11][5.0 MQTT-3.1.2-13][5.0 MQTT-3.1.2-16][5.0 MQTT-3.1.2-17][5.0 MQTT-3.1.2-18][5.0 MQTT-3.1.2-19][5.0 MQTT-3.1.3-1][5.0 MQTT-3.1.3-3][5.0 MQTT-3.1.3-4][5.0 MQTT-3.1.3-11][5.0 MQTT-3.1.3-12] CONNECT is written so that mqtt-packet reads all of it", () => {
	fc.assert(
		fc.property(
			fc.record({
				clientId: text(20),
				username: option(text(20)),
				password: option(bytes),
				clean: fc.boolean(),
				keepAlive: two,
				will: option(
					fc.record({ topic: topicName, payload, qos: fc.constantFrom(0, 1, 2), retain: fc.boolean() }),
				),
				sessionExpiry: option(four),
				receiveMaximum: option(fc.integer({ min: 1, max: 65_535 })),
				maximumPacketSize: option(fc.integer({ min: 1, max: 0xffffffff })),
				topicAliasMaximum: option(two),
				requestResponseInformation: option(fc.nat(1)),
				requestProblemInformation: option(fc.nat(1)),
				userProperties: pairs,
				method: option(text(20)),
				data: option(bytes),
			}),
			fc.record({
				willDelay: option(four),
				willExpiry: option(four),
				contentType: option(text(20)),
				payloadFormat: option(fc.nat(1)) as fc.Arbitrary<0 | 1 | undefined>,
				responseTopic: option(topicName),
				correlationData: option(bytes),
				userProperties: pairs,
			}),
			(made, will) => {
				const packet = encodeConnect5({
					...made,
					clientId: encodeField("client identifier", made.clientId),
					username: field(made.username),
					will: made.will && {
						...made.will,
						topic: encodeField("topic", made.will.topic),
						qos: made.will.qos as QoS,
					},
					userProperties: encodePairs(made.userProperties),
					authenticationMethod: field(made.method),
					authenticationData: made.data && encodeBinary("data", made.data),
					willProperties: new Properties(will).block,
					willDelay: will.willDelay,
					willExpiry: will.willExpiry,
				});
				expect(packet.byteOffset).toBe(14);
				const [connect, ...more] = judge(packet, 5) as IConnectPacket[];
				expect(more).toEqual([]);
				expect(connect).toMatchObject({ cmd: "connect", protocolId: "MQTT", protocolVersion: 5 });
				const { clientId, clean, keepAlive: keepalive } = made;
				expect(connect).toMatchObject({ clientId, clean, keepalive });
				expect(connect.username).toBe(made.username);
				expect(connect.password && hex(connect.password)).toEqual(made.password && hex(made.password));
				const yes = (value: number | undefined) => (value === undefined ? undefined : value === 1);
				const properties = defined({
					sessionExpiryInterval: made.sessionExpiry,
					receiveMaximum: made.receiveMaximum,
					maximumPacketSize: made.maximumPacketSize,
					topicAliasMaximum: made.topicAliasMaximum,
					requestResponseInformation: yes(made.requestResponseInformation),
					requestProblemInformation: yes(made.requestProblemInformation),
					userProperties: byName(made.userProperties),
					authenticationMethod: made.method,
					authenticationData: made.data && Buffer.from(made.data),
				});
				expect({ ...connect.properties }).toEqual(properties);
				expect(connect.will === undefined).toBe(made.will === undefined);
				if (connect.will && made.will) {
					const { topic, qos, retain } = made.will;
					expect(connect.will).toMatchObject({ topic, qos, retain });
					expect(hex(connect.will.payload as Buffer)).toBe(hex(made.will.payload));
					const { willDelay, willExpiry, contentType, responseTopic } = will;
					const willProperties = defined({
						willDelayInterval: willDelay,
						messageExpiryInterval: willExpiry,
						contentType,
						responseTopic,
						payloadFormatIndicator: yes(will.payloadFormat),
						correlationData: will.correlationData && Buffer.from(will.correlationData),
						userProperties: byName(will.userProperties),
					});
					expect({ ...connect.will.properties }).toEqual(willProperties);
				}
			},
		),
	);
});

test("[5.0 MQTT-3.8.1-1][5.0 MQTT-3.8.3-1][5.0 MQTT-3.10.1-1][5.0 MQTT-3.10.3-1] SUBSCRIBE and UNSUBSCRIBE are written so that mqtt-packet reads all of them", () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 1, max: 65_535 }),
			fc.array(
				fc.record({
					topic: topicFilter,
					qos: fc.constantFrom(0, 1, 2),
					nl: fc.boolean(),
					rap: fc.boolean(),
					rh: fc.constantFrom(0, 1, 2),
				}),
				{ minLength: 1, maxLength: 4 },
			),
			fc.integer({ min: 0, max: 268_435_455 }),
			pairs,
			(messageId, subscriptions, identifier, userProperties) => {
				const filters = subscriptions.map(({ topic }) => encodeFilter(topic));
				const options = subscriptions.map(
					({ qos, nl, rap, rh }) =>
						qos |
						(nl ? SubscriptionOption.NO_LOCAL : 0) |
						(rap ? SubscriptionOption.RETAIN_AS_PUBLISHED : 0) |
						(rh === 1 ? SubscriptionOption.RETAIN_IF_NEW : rh === 2 ? SubscriptionOption.NO_RETAINED : 0),
				);
				const encoded = encodePairs(userProperties);
				const [subscribe] = judge(encodeSubscribe5(messageId, filters, options, identifier, encoded), 5);
				expect(subscribe).toMatchObject({ cmd: "subscribe", messageId, subscriptions });
				expect({ ...(subscribe as { properties?: object }).properties }).toEqual(
					defined({
						subscriptionIdentifier: identifier || undefined,
						userProperties: byName(userProperties),
					}),
				);
				const [unsubscribe] = judge(encodeUnsubscribe5(messageId, filters, encoded), 5);
				const unsubscriptions = subscriptions.map(({ topic }) => topic);
				expect(unsubscribe).toMatchObject({ cmd: "unsubscribe", messageId, unsubscriptions });
			},
		),
	);
});

test("[5.0 MQTT-3.6.1-1] DISCONNECT, AUTH and acknowledgements are written so that mqtt-packet reads all of them", () => {
	fc.assert(
		fc.property(
			fc.constantFrom(0, 0x04, 0x81, 0x82, 0x94),
			option(four),
			option(text(20)),
			pairs,
			(reasonCode, sessionExpiryInterval, reasonString, userProperties) => {
				const packet = encodeDisconnect5(
					reasonCode,
					sessionExpiryInterval,
					field(reasonString),
					encodePairs(userProperties),
				);
				const [disconnect] = judge(packet, 5) as { properties?: object }[];
				expect(disconnect).toMatchObject({ cmd: "disconnect", reasonCode });
				const named = byName(userProperties);
				expect({ ...disconnect.properties }).toEqual(
					defined({ sessionExpiryInterval, reasonString, userProperties: named }),
				);
			},
		),
	);
	fc.assert(
		fc.property(
			fc.constantFrom(0x18, 0x19) as fc.Arbitrary<0x18>,
			text(20),
			option(bytes),
			(reasonCode, method, data) => {
				const packet = encodeAuth5(reasonCode, encodeField("it", method), data && encodeBinary("it", data));
				const [auth] = judge(packet, 5) as { properties?: object }[];
				expect(auth).toMatchObject({ cmd: "auth", reasonCode });
				const authenticationData = data && Buffer.from(data);
				expect({ ...auth.properties }).toEqual(defined({ authenticationMethod: method, authenticationData }));
			},
		),
	);
	const types: [number, string, number[]][] = [
		[4, "puback", [0, 0x83, 0x99]],
		[5, "pubrec", [0, 0x83, 0x99]],
		[6, "pubrel", [0, 0x92]],
		[7, "pubcomp", [0, 0x92]],
	];
	for (const [type, cmd, reasonCodes] of types)
		for (const reasonCode of reasonCodes) {
			for (const reasonString of [undefined, "why"])
				expect(judge(encodeAcknowledgement5(type, 300, reasonCode, field(reasonString)), 5)).toMatchObject([
					{ cmd, messageId: 300, reasonCode, ...(reasonString && { properties: { reasonString } }) },
				]);
		}
	// What says nothing is left out.
	expect(hex(encodeAcknowledgement5(6, 300, 0))).toBe("6202012c");
	expect(hex(encodeAcknowledgement5(7, 300, 0x92))).toBe("7003012c92");
	expect(hex(encodeDisconnect5(0))).toBe("e000");
	expect(hex(encodeDisconnect5(0x81))).toBe("e00181");
});

test("Properties are written so that mqtt-packet reads all of them", () => {
	fc.assert(
		fc.property(
			fc.record({
				contentType: option(text(20)),
				payloadFormat: option(fc.nat(1)) as fc.Arbitrary<0 | 1 | undefined>,
				responseTopic: option(topicName),
				correlationData: option(fc.oneof(bytes, text(20))),
				userProperties: option(fc.array(fc.tuple(name, value), { maxLength: 20 })),
			}),
			(made) => {
				const properties = new Properties(made);
				const packet = PUBLISH5("t", "p", [properties.block.slice(properties.block.length > 128 ? 2 : 1)]);
				const [publish] = judge(packet, 5) as { properties?: object }[];
				expect(hex(properties.block)).toBe(
					hex(block([properties.block.slice(properties.block.length > 128 ? 2 : 1)])),
				);
				const { contentType, responseTopic, payloadFormat, correlationData } = made;
				const wanted = defined({
					contentType,
					responseTopic,
					payloadFormatIndicator: payloadFormat === undefined ? undefined : payloadFormat === 1,
					correlationData: correlationData === undefined ? undefined : Buffer.from(correlationData as string),
					userProperties: byName(made.userProperties ?? []),
				});
				expect({ ...publish.properties }).toEqual(wanted);
				expect(properties.correlationData && hex(properties.correlationData)).toBe(
					wanted.correlationData && hex(wanted.correlationData),
				);
				expect(new Properties({ responseTopic: new Topic("a/b") }).block[0]).toBe(6);
			},
		),
	);
});

describe("what is malformed", () => {
	const part = fc.oneof(
		fc.tuple(fc.constantFrom(1, 0x24, 0x25), byte).map(([id, value]) => [id, value]),
		fc.tuple(fc.constantFrom(2, 0x11, 0x27), byte, byte).map(([id, a, b]) => [id, 0, a, 0, b]),
		fc
			.tuple(fc.constantFrom(3, 8, 9, 0x1f, 0x16), fc.uint8Array({ maxLength: 12 }))
			.map(([id, made]) => [id, 0, made.length, ...made]),
		fc
			.tuple(fc.uint8Array({ maxLength: 9 }), fc.uint8Array({ maxLength: 9 }))
			.map(([a, b]) => [0x26, 0, a.length, ...a, 0, b.length, ...b]),
		fc.tuple(fc.constantFrom(0x0b), byte, byte).map(([id, a, b]) => [id, a | 128, b & 127]),
		fc.tuple(fc.constantFrom(0x23, 0x21), byte, byte).map(([id, a, b]) => [id, a, b]),
		fc.array(byte, { maxLength: 4 }),
	);
	// Mostly what goes together, so that not all is broken at once.
	const kinds: [number, number[]][] = [
		[0x30, [0, 1, 0x74]],
		[0x32, [0, 1, 0x74, 0, 7]],
		[0x34, [0, 2, 0x74, 0x75, 0, 7]],
		[0x31, [0, 0]],
		[0x40, [0, 7, 0]],
		[0x50, [0, 7, 0x87]],
		[0x62, [0, 7, 0x92]],
		[0x90, [0, 7]],
		[0xb0, [0, 7]],
		[0xe0, [0x8e]],
		[0xf0, [0x18]],
	];
	const made = fc.record({
		kind: fc.oneof(
			{ weight: 9, arbitrary: fc.constantFrom(...kinds) },
			{ weight: 1, arbitrary: fc.tuple(byte, fc.array(byte, { maxLength: 4 })) },
		),
		parts: fc.array(part, { maxLength: 3 }),
		skew: fc.oneof(
			{ weight: 9, arbitrary: fc.constant(0) },
			{ weight: 1, arbitrary: fc.integer({ min: -3, max: 3 }) },
		),
		behind: fc.oneof(fc.constant(new Uint8Array()), fc.uint8Array({ maxLength: 12 })),
		twice: fc.boolean(),
	});

	test("is the same however it is cut, throws nothing, and ends decoding", () => {
		let broken = 0;
		let whole = 0;
		fc.assert(
			fc.property(
				fc.array(made, { minLength: 1, maxLength: 4 }),
				cuts,
				fc.constantFrom(0, 8, 40, 128),
				fc.constantFrom(1, 20, 512),
				fc.constantFrom(1, 2, 9, Number.POSITIVE_INFINITY),
				(packets, at, propertySize, payloadSize, most) => {
					const stream = concat(
						packets.flatMap(({ kind: [first, front], parts, skew, behind, twice }) => {
							const properties = concat(parts);
							const length = Math.max(0, Math.min(127, properties.length + skew));
							const body = concat([front, [length], properties, behind]);
							const bytes = concat([
								[first],
								body.length > 127 ? [(body.length & 127) | 128, body.length >> 7] : [body.length],
								body,
							]);
							return twice ? [bytes, bytes] : [bytes];
						}),
					);
					const one = new Diary5({ propertySize, payloadSize });
					one.arrive(stream);
					const other = new Diary5({ propertySize, payloadSize, most });
					let from = 0;
					for (const to of [...at, stream.length])
						if (to > from && to <= stream.length) {
							other.arrive(stream.slice(from, to));
							from = to;
						}
					expect(other.lines).toEqual(one.lines);
					expect(one.reasons.length).toBeLessThanOrEqual(1);
					if (one.reasons.length > 0) {
						broken++;
						one.arrive(stream);
						expect(one.lines).toEqual(other.lines);
					}
					whole += one.lines.length - one.reasons.length;
				},
			),
			{ numRuns: 3000 },
		);
		// It is of use only if both come.
		expect(broken).toBeGreaterThan(300);
		expect(whole).toBeGreaterThan(300);
	});
});
