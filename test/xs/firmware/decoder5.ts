// What the decoder of MQTT 5.0 allocates, and how much it works, for each kind of packet, from a socket in memory.

import * as engine from "desktop/engine";
import Pipe from "desktop/pipe";
import config from "mc/config";
import { Decoder, type PacketSink } from "../../../src/wire/decoder.js";
import { encodeField } from "../../../src/wire/topic.js";
import { Decoder5, type PacketSink5 } from "../../../src/wire/v5/decoder.js";
import { concat, PUBACK, PUBLISH } from "../../support/packets.js";
import * as packets5 from "../../support/packets5.js";
import { breaches } from "../vectors/packets5.js";
import { type Allocated, allocated } from "./heap.js";

const { count } = config as { count: number };

export interface Costs extends Allocated {
	/** Work of one packet. */
	meter: number;
	/** Packets that came, and rules that were broken. */
	heard: number;
	broken: number;
}

let heard = 0;
let broken = 0;
const hear = () => {
	heard++;
	return true;
};
const sink: PacketSink5 = {
	onAlias: () => true,
	onMessage: hear,
	onPublish: hear,
	onPublishQos2: hear,
	onPuback: hear,
	onAcknowledgement: hear,
	onSuback: hear,
	onPingresp: hear,
	onReasonCode: hear,
	onUnsuback: hear,
	onDisconnect: hear,
	onAuth: hear,
	onMalformed() {
		broken++;
	},
	onThrown(error) {
		throw error;
	},
};

const found: Record<string, Costs> = {};

/** Work of `count` operations, one by one. */
function meterOf(operation: () => void): number {
	engine.mark();
	for (let i = 0; i < count; i++) operation();
	return engine.meter();
}

const nothing = () => {};

function run(name: string, decoder: Decoder, connack: Uint8Array, operate: (pipe: Pipe) => () => void): void {
	const pipe = new Pipe({
		onReadable(available) {
			decoder.onReadable(available);
		},
	});
	pipe.open();
	decoder.start(pipe);
	pipe.feed(connack);
	decoder.endConnack();
	const operation = operate(pipe);
	heard = broken = 0;
	operation();
	if (broken > 0) throw new Error(`${name}: a rule is broken`);
	const costs = allocated(count, operation);
	const times = count + 21;
	found[name] = {
		...costs,
		meter: (meterOf(operation) - meterOf(nothing)) / count,
		heard: heard / (times + count),
		broken,
	};
}

/** `packet` once an operation, in pieces of `size` bytes. */
function feeds(packet: Uint8Array, size = packet.length): (pipe: Pipe) => () => void {
	const pieces: Uint8Array[] = [];
	for (let at = 0; at < packet.length; at += size) pieces.push(packet.slice(at, at + size));
	return (pipe) => () => {
		for (let i = 0; i < pieces.length; i++) pipe.feed(pieces[i]);
	};
}

const four = (name: string, packet: Uint8Array, size?: number) =>
	run(name, new Decoder(sink as PacketSink, 512, 128), Uint8Array.of(0x20, 2, 0, 0), feeds(packet, size));

function five(name: string, operate: (pipe: Pipe) => () => void, look?: (decoder: Decoder5) => void): void {
	const decoder = new Decoder5(sink, 512, 128, 128, 29);
	decoder.claim();
	decoder.speak(true, true);
	if (look !== undefined)
		sink.onMessage = () => {
			look(decoder);
			return hear();
		};
	run(name, decoder, packets5.CONNACK5(), operate);
	sink.onMessage = hear;
}

const {
	PUBLISH5,
	ACKNOWLEDGEMENT5,
	SUBACK5,
	UNSUBACK5,
	user,
	two,
	data,
	byte,
	four: four4,
	number,
} = packets5;
const NAME = "home/kitchen/temperature/value"; // 30 characters
const PAYLOAD = new Uint8Array(20).fill(0x35);
const PAIRS = [user("unit", "celsius"), user("sensor", "17")];
const ALL = [
	byte(1, 1),
	four4(2, 60),
	data(3, "text/plain"),
	data(8, "answers/1"),
	data(9, [1, 2, 3, 4]),
	number(0x0b, 1),
	number(0x0b, 1000),
	...PAIRS,
];

four("PUBLISH at QoS 0 of 3.1.1", PUBLISH(NAME, PAYLOAD));
four("PUBLISH at QoS 1 of 3.1.1", PUBLISH(NAME, PAYLOAD, { qos: 1, id: 7 }));
five("PUBLISH at QoS 0", feeds(PUBLISH5(NAME, PAYLOAD, PAIRS)));
five("PUBLISH at QoS 1", feeds(PUBLISH5(NAME, PAYLOAD, PAIRS, { qos: 1, id: 7 })));
five("PUBLISH at QoS 2", feeds(PUBLISH5(NAME, PAYLOAD, PAIRS, { qos: 2, id: 7 })));
five("PUBLISH without properties", feeds(PUBLISH5(NAME, PAYLOAD)));
five("PUBLISH by alias", feeds(PUBLISH5("", PAYLOAD, [two(0x23, 1)])));
five("PUBLISH with all properties", feeds(PUBLISH5("t", PAYLOAD, ALL)));
{
	const one = PUBLISH5(NAME, PAYLOAD, PAIRS);
	const other = PUBLISH5(NAME, PAYLOAD, [user("unit", "celsius"), user("sensor", "18")]);
	let turn = 0;
	five("PUBLISH with other properties each time", (pipe) => () => {
		pipe.feed(++turn & 1 ? one : other);
	});
}
five("PUBLISH in pieces", feeds(PUBLISH5(NAME, PAYLOAD, ALL, { qos: 1, id: 7 }), 7));
five("PUBLISH of 200 bytes", feeds(PUBLISH5(NAME, new Uint8Array(130), PAIRS)));
five(
	"PUBLISH with properties too long",
	feeds(PUBLISH5(NAME, PAYLOAD, [user("a", "x".repeat(200)), ...PAIRS])),
);
five("PUBLISH with a topic name too long", feeds(PUBLISH5("t".repeat(150), PAYLOAD, PAIRS)));
five("PUBACK", feeds(PUBACK(1)));
five("PUBACK with a reason", feeds(ACKNOWLEDGEMENT5(4, 1, 0x97, [data(0x1f, "why"), ...PAIRS])));
five("SUBACK", feeds(SUBACK5(1, [0], [data(0x1f, "why")])));
five("UNSUBACK", feeds(UNSUBACK5(1, [0x11])));
five("AUTH", feeds(packets5.AUTH5(0x18, [data(0x15, "SCRAM-SHA-1"), data(0x16, new Uint8Array(100))])));
const field = encodeField("name", "sensor");
five("properties that are looked at", feeds(PUBLISH5("t", PAYLOAD, ALL)), ({ received }) => {
	let names = 0;
	while (received.next()) if (received.nameIs(field)) names++;
	if (names !== 1 || received.number(2) !== 60 || received.locate(9) < 0 || received.foundLength !== 4)
		broken++;
	let identifiers = 0;
	for (let at = received.locate(0x0b); at >= 0; at = received.locate(0x0b, at + received.foundLength))
		identifiers += received.numberAt(0x0b, at);
	if (identifiers !== 1001) broken++;
});

/** What is wrong, on a stream of its own each time. */
function refuses(): void {
	const decoder = new Decoder5(sink, 512, 128, 128, 29);
	decoder.speak(true, false);
	const connack = packets5.CONNACK5();
	const streams = breaches.map(([, bytes, , way]) =>
		way?.connected === false ? Uint8Array.from(bytes) : concat([connack, bytes]),
	);
	let stream = streams[0];
	let at = 0;
	const source = {
		read(view: Uint8Array): number {
			const { length } = view;
			for (let i = 0; i < length; i++) view[i] = stream[at++];
			return length;
		},
	};
	let turn = 0;
	heard = broken = 0;
	const operation = () => {
		stream = streams[turn];
		if (++turn === streams.length) turn = 0;
		at = 0;
		decoder.start(source);
		decoder.onReadable(stream.length);
		if (decoder.connacked) {
			decoder.endConnack();
			decoder.resume();
		}
		decoder.stop();
		heard++;
	};
	const costs = allocated(count, operation);
	found["what breaks a rule"] = { ...costs, meter: 0, heard: broken === heard ? 1 : 0, broken: 0 };
}
refuses();

// What the objects take, as on a board.
const live = () => {
	engine.collect();
	return engine.liveSlots() * 16 + engine.liveChunkBytes();
};
const kept: unknown[] = [undefined, undefined];
const before = live();
kept[0] = new Decoder(sink as PacketSink, 512, 128);
const between = live();
kept[1] = new Decoder5(sink, 512, 128, 128, 29);
const after = live();

const heap = { decoder: between - before, decoder5: after - between };
engine.report(JSON.stringify({ found, heap, kept: kept.length, size: concat(ALL).length }));
engine.exit(0);
