// Bytes to packets of MQTT 5.0, however the stream is cut and whatever the sizes of buffers.

import { decode, type Way } from "../../support/diary5.js";
import { concat } from "../../support/packets.js";
import { everything, packets } from "../../xs/vectors/packets5.js";

const stream = concat(packets.map(([bytes]) => bytes));
const wanted = packets.map(([, line]) => line);

const ways: [string, Way][] = [
	["large buffers", {}],
	["a payload buffer of one byte", { payloadSize: 1 }],
	["a payload buffer that just holds properties", { payloadSize: 140 }],
	["topics that just fit", { topicSize: 8 }],
	["properties that just fit", { propertySize: (concat(everything).length + 7) & ~7 }],
	["reads of one byte at most", { most: 1 }],
	["reads of three bytes at most", { most: 3, payloadSize: 16 }],
	["reads of 100 bytes at most", { most: 100 }],
	["a stop after each packet", { stops: true }],
	["a stop after each part", { stops: true, payloadSize: 3, most: 2 }],
];

describe.each(ways)("with %s", (_what, way) => {
	test("a stream is decoded when it arrives at once", () => {
		expect(decode([stream], way)).toEqual(wanted);
	});

	test("and byte by byte", () => {
		expect(
			decode(
				[...stream].map((byte) => Uint8Array.of(byte)),
				way,
			),
		).toEqual(wanted);
	});

	test("and cut in two anywhere", () => {
		for (let at = 1; at < stream.length; at++) {
			const lines = decode([stream.slice(0, at), stream.slice(at)], way);
			if (lines.join() !== wanted.join()) throw new Error(`cut at ${at}: ${lines.join("\n")}`);
		}
	});

	test("and in pieces of any one size", () => {
		for (let size = 2; size < 40; size++) {
			const chunks: Uint8Array[] = [];
			for (let at = 0; at < stream.length; at += size) chunks.push(stream.slice(at, at + size));
			if (decode(chunks, way).join() !== wanted.join()) throw new Error(`pieces of ${size}`);
		}
	});
});

test("every packet follows every other", () => {
	for (const [first, one] of packets)
		for (const [second, two] of packets) {
			const both = concat([first, second]);
			for (let at = 1; at <= both.length; at++) {
				const lines = decode([both.slice(0, at), both.slice(at)]);
				if (lines.join() !== `${one},${two}`) throw new Error(`${one},${two} cut at ${at}: ${lines}`);
			}
		}
});
