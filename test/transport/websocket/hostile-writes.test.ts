// What a Client sends over WebSocket while the socket refuses writes, breaks and gives little room: each packet is what was
// published, byte for byte, also when it goes again.

import fc from "fast-check";
import { Client, type QoS, Topic } from "../../../src/index.js";
import { CONNACK, PUBACK, PUBCOMP, PUBREC, SUBACK } from "../../support/packets.js";
import { carryOver, Place } from "../../support/place.js";
import { FRAME, PING } from "../../support/websocket.js";
import { type WebSocketPeer, webSocketCarrier } from "../../support/websocket-peer.js";

carryOver(webSocketCarrier);

/** The payload of a message: its number, and bytes that follow from it. */
const payloadOf = (number: number, length: number): Uint8Array => {
	const bytes = new Uint8Array(length + 4);
	for (let i = 0; i < bytes.length; i++) bytes[i] = (number * 31 + i * 7) & 0xff;
	new DataView(bytes.buffer).setUint32(0, number);
	return bytes;
};

type Step =
	| { do: "publish"; qos: QoS; length: number; topic: number; text: boolean }
	| { do: "refuse" | "advance" | "some"; count: number }
	| { do: "take" | "acknowledge" | "break" | "subscribe" | "ping" | "silent" };

const steps = fc.array(
	fc.oneof(
		{
			weight: 6,
			arbitrary: fc.record({
				do: fc.constant("publish" as const),
				qos: fc.constantFrom<QoS>(0, 1, 2),
				length: fc.constantFrom(
					0,
					1,
					3,
					3,
					3,
					100,
					110,
					111,
					112,
					113,
					114,
					115,
					116,
					117,
					118,
					119,
					120,
					121,
					122,
					200,
					480,
					700,
				),
				topic: fc.nat(1),
				text: fc.constant(false),
			}),
		},
		{
			weight: 3,
			arbitrary: fc.record({ do: fc.constant("refuse" as const), count: fc.integer({ min: 1, max: 3 }) }),
		},
		{
			weight: 2,
			arbitrary: fc.record({ do: fc.constant("advance" as const), count: fc.constantFrom(1, 250, 300) }),
		},
		{ weight: 2, arbitrary: fc.record({ do: fc.constant("some" as const), count: fc.nat(300) }) },
		{
			weight: 6,
			arbitrary: fc.constantFrom<Step>(
				{ do: "take" },
				{ do: "acknowledge" },
				{ do: "break" },
				{ do: "subscribe" },
				{ do: "ping" },
				{ do: "silent" },
			),
		},
	),
	{ maxLength: 40 },
);

const run = (all: readonly Step[], room: number, allocates: boolean): void => {
	const place = new Place({ ...webSocketCarrier.quirks({ room }), allocates });
	const published = new Map<number, { length: number; qos: QoS; topic: number }>();
	const arrived = new Map<number, number>();
	const client = new Client({
		...place.network,
		...webSocketCarrier.options,
		protocolVersion: 4,
		host: "10.0.0.1",
		clientId: "c",
		keepAlive: 0,
		random: () => 0,
		storeSize: 8192,
		window: 3,
		reconnectMinimum: 0,
		packetSize: 512,
	});
	let number = 0;
	let peer: WebSocketPeer | undefined;
	let stream: number[] = [];
	let answers: Uint8Array[] = [];
	let begun = false;
	const parse = () => {
		for (;;) {
			if (stream.length < 2) return;
			let length = 0,
				at = 1,
				shift = 0,
				byte: number;
			do {
				if (at >= stream.length) return;
				byte = stream[at++];
				length += (byte & 127) << shift;
				shift += 7;
			} while (byte & 128);
			if (stream.length < at + length) return;
			const packet = stream.splice(0, at + length);
			const type = packet[0] >> 4;
			if (type === 1) {
				answers.push(CONNACK(begun));
				begun = true;
				continue;
			}
			if (type === 8) {
				answers.push(SUBACK((packet[at] << 8) | packet[at + 1], 0));
				continue;
			}
			if (type === 6) {
				answers.push(PUBCOMP((packet[at] << 8) | packet[at + 1]));
				continue;
			}
			if (type === 14) continue;
			if (type !== 3) throw new Error(`a packet ${packet}`);
			const qos = (packet[0] >> 1) & 3;
			const topicLength = (packet[at] << 8) | packet[at + 1];
			const topic = packet[at + 3] - 0x30;
			if (topicLength !== 2 || packet[at + 2] !== 0x74) throw new Error("a topic");
			let from = at + 4;
			let id = 0;
			if (qos > 0) {
				id = (packet[from] << 8) | packet[from + 1];
				from += 2;
			}
			const payload = packet.slice(from);
			const n = new DataView(Uint8Array.from(payload).buffer).getUint32(0);
			const was = published.get(n);
			if (was === undefined) throw new Error(`number ${n} was never published`);
			expect([qos, topic, payload.length]).toEqual([was.qos, was.topic, was.length + 4]);
			expect(payload).toEqual([...payloadOf(n, was.length)]);
			arrived.set(n, (arrived.get(n) ?? 0) + 1);
			if (qos === 1) answers.push(PUBACK(id));
			if (qos === 2) answers.push(PUBREC(id));
		}
	};
	const dial = () => {
		for (let i = 0; i < 600 && (peer === place.peer || place.peer.socket.closed); i++)
			place.clock.advance(250);
		peer = place.peer as WebSocketPeer;
		stream = [];
		answers = [];
		peer.open();
		settle();
	};
	const take = () => {
		stream.push(...peer!.take());
		parse();
	};
	const settle = () => {
		take();
		while (answers.length > 0) {
			const some = answers.splice(0);
			peer!.send(...some);
			take();
		}
	};
	dial();
	const topics = [new Topic("t0"), new Topic("t1")];
	for (const step of all) {
		if (peer!.socket.closed) dial();
		switch (step.do) {
			case "publish": {
				const n = number++;
				published.set(n, step);
				if (client.publish(topics[step.topic], payloadOf(n, step.length), step.qos) < 0) published.delete(n);
				break;
			}
			case "refuse":
				peer!.socket.refusals = step.count;
				break;
			case "advance":
				place.clock.advance(step.count);
				break;
			case "some":
				stream.push(...peer!.takeSome(step.count));
				parse();
				break;
			case "take":
				take();
				break;
			case "acknowledge":
				if (answers.length > 0) peer!.send(...answers.splice(0));
				break;
			case "break":
				peer!.fail();
				break;
			case "silent":
				peer!.failSilently();
				break;
			case "subscribe":
				if (client.subscribe)
					try {
						client.subscribe(`s${number % 10}`, 0);
					} catch {}
				break;
			case "ping":
				peer!.sendRaw(FRAME("hello", { opcode: PING }));
				break;
		}
	}
	for (let i = 0; i < 30; i++) {
		if (peer!.socket.closed) dial();
		peer!.socket.refusals = 0;
		settle();
		place.clock.advance(300);
	}
	expect(peer!.socket.shortWrites).toBe(0);
	for (const [n, { qos }] of published) {
		if (qos > 0 && !arrived.has(n)) throw new Error(`number ${n} never came`);
		if (qos === 2 && arrived.get(n)! < 1) throw new Error("lost");
	}
	client.close();
};

test.each([[false], [true]])("what arrives is what was published, allocating: %s", (allocates) => {
	fc.assert(
		fc.property(steps, fc.constantFrom(60, 140, 300, 1536), (all, room) =>
			run(all as Step[], room, allocates),
		),
		{ numRuns: 200 },
	);
});
