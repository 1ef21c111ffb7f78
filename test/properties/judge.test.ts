// Our packets as an independent implementation reads them, and its packets as we read them.

import fc from "fast-check";
import type { IConnectPacket, Packet } from "mqtt-packet";
import { NO_ROOM } from "../../src/client.js";
import type { QoS } from "../../src/wire/protocol.js";
import { cuts, payload, text, topicFilter, topicName } from "../support/arbitraries.js";
import { judge, written } from "../support/judge.js";
import { concat, hex } from "../support/packets.js";
import { connected, Setup } from "../support/setup.js";

const qos01 = fc.constantFrom(0, 1) as fc.Arbitrary<0 | 1>;

test("CONNECT says what the options say", () => {
	fc.assert(
		fc.property(
			fc.record({
				clientId: text(20).filter((id) => id !== ""),
				username: fc.option(text(20), { nil: undefined }),
				password: fc.option(fc.oneof(text(20), payload), { nil: undefined }),
				clean: fc.boolean(),
				seconds: fc.integer({ min: 1, max: 65_535 }),
				will: fc.option(
					fc.record({ topic: topicName, payload, qos: fc.constantFrom(0, 1, 2), retain: fc.boolean() }),
					{ nil: undefined },
				),
				room: fc.integer({ min: 8, max: 1500 }),
			}),
			({ clientId, username, password, clean, seconds, will, room }) => {
				const setup = new Setup(
					{
						clientId,
						username,
						password: username === undefined ? undefined : password,
						clean,
						keepAlive: seconds * 1000,
					},
					{ room },
				);
				if (will) setup.client.will = { ...will, qos: will.qos as QoS };
				setup.peer.open();
				const [connect, ...more] = judge(setup.peer.take()) as IConnectPacket[];
				expect(more).toEqual([]);
				expect(connect).toMatchObject({ cmd: "connect", protocolId: "MQTT", protocolVersion: 4 });
				expect(connect).toMatchObject({ clientId, clean, keepalive: seconds });
				expect(connect.username).toBe(username);
				const secret = username === undefined || password === undefined ? "none" : hexOf(password);
				expect(hexOf(connect.password ?? "none", "none")).toBe(secret);
				expect(connect.will === undefined).toBe(will === undefined);
				if (will && connect.will) {
					expect(connect.will).toMatchObject({ topic: will.topic, qos: will.qos, retain: will.retain });
					expect(hexOf(connect.will.payload)).toBe(hexOf(will.payload));
				}
			},
		),
	);
});

test("PUBLISH, SUBSCRIBE and UNSUBSCRIBE say what the calls say", () => {
	const publish = fc.record({
		call: fc.constant("publish"),
		topic: topicName,
		payload,
		qos: qos01,
		retain: fc.boolean(),
	});
	const subscribe = fc.record({ call: fc.constant("subscribe"), topic: topicFilter, qos: qos01 });
	const unsubscribe = fc.record({ call: fc.constant("unsubscribe"), topic: topicFilter });
	fc.assert(
		fc.property(fc.array(fc.oneof(publish, subscribe, unsubscribe), { maxLength: 12 }), (calls) => {
			const setup = connected({ storeSize: 256, window: 16 }, { room: 6000 });
			const wanted: object[] = [];
			const ended = new Set<string>();
			for (const call of calls) {
				if ("retain" in call) {
					const id = setup.client.publish(call.topic, call.payload, call.qos, call.retain);
					if (id === NO_ROOM) continue;
					wanted.push({
						cmd: "publish",
						topic: call.topic,
						qos: call.qos,
						retain: call.retain,
						dup: false,
						payload: hex(call.payload),
						...(id > 0 ? { messageId: id } : {}),
					});
				} else if ("qos" in call) {
					setup.client.subscribe(call.topic, call.qos);
					ended.delete(call.topic);
					wanted.push({ cmd: "subscribe", subscriptions: [{ topic: call.topic, qos: call.qos }] });
				} else {
					setup.client.unsubscribe(call.topic);
					// Not again before the answer.
					if (!ended.has(call.topic)) wanted.push({ cmd: "unsubscribe", unsubscriptions: [call.topic] });
					ended.add(call.topic);
				}
			}
			const packets = judge(setup.peer.take());
			expect(packets.map(plain)).toMatchObject(wanted);
			const ids = packets.map((packet) => packet.messageId).filter((id) => id !== undefined);
			expect(new Set(ids).size).toBe(ids.length);
		}),
	);
});

test("what mqtt-packet writes reaches the app as it was, however the stream is cut", () => {
	const message = fc.record({
		topic: topicName,
		payload,
		qos: qos01,
		retain: fc.boolean(),
		dup: fc.boolean(),
		messageId: fc.integer({ min: 1, max: 65_535 }),
	});
	const other = fc.constantFrom<Packet>(
		{ cmd: "pingresp" },
		{ cmd: "puback", messageId: 9 },
		{ cmd: "pubcomp", messageId: 9 },
		{ cmd: "unsuback", messageId: 9 } as Packet,
		{ cmd: "suback", messageId: 9, granted: [1] },
	);
	fc.assert(
		fc.property(
			fc.array(fc.oneof(message, other), { maxLength: 8 }),
			cuts,
			fc.integer({ min: 1, max: 400 }),
			fc.constantFrom({}, { shortRead: 1 }, { shortRead: 7 }, { shortRead: 100, records: true }),
			(packets, cuts, receiveSize, quirks) => {
				const wanted: object[] = [];
				const acknowledged: number[] = [];
				const stream = concat(
					packets.map((packet) => {
						if ("cmd" in packet) return written(packet);
						const { topic, payload, qos, retain, messageId } = packet;
						const dup = packet.dup && qos > 0;
						wanted.push({ topic, payload: hex(payload), qos, retain, dup });
						if (qos > 0) acknowledged.push(messageId);
						return written({
							cmd: "publish",
							topic,
							payload: Buffer.from(payload),
							qos,
							retain,
							dup,
							messageId,
						});
					}),
				);
				const got: object[] = [];
				let parts: number[] = [];
				const setup = connected(
					{
						receiveSize,
						onMessage(message) {
							expect(message.offset).toBe(parts.length);
							parts.push(...message.copy());
							if (parts.length < message.total) return;
							const { topic, qos, retain, dup } = message;
							got.push({ topic, payload: hex(Uint8Array.from(parts)), qos, retain, dup });
							parts = [];
						},
					},
					quirks,
				);
				setup.peer.sendCut(
					stream,
					cuts.filter((cut) => cut < stream.length),
				);
				expect(got).toEqual(wanted);
				expect(judge(setup.peer.take()).map(({ cmd, messageId }) => ({ cmd, messageId }))).toEqual(
					acknowledged.map((messageId) => ({ cmd: "puback", messageId })),
				);
			},
		),
		{ numRuns: 300 },
	);
});

const hexOf = (bytes: string | Uint8Array, none?: string) =>
	bytes === none ? none : Buffer.from(bytes as string).toString("hex");

/** A packet with its payload in hex, to compare. */
const plain = (packet: Packet): object =>
	packet.cmd === "publish" ? { ...packet, payload: Buffer.from(packet.payload).toString("hex") } : packet;
