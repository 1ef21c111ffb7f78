// Bytes to packets of MQTT 5.0, however the stream is cut and whatever the sizes of buffers.

import { LENGTH, PACKET_TYPE, TOPIC_EMPTY } from "../../../src/wire/reason.js";
import { Diary5, decode, type Way } from "../../support/diary5.js";
import { CONNACK, concat, PUBACK, PUBLISH, SUBACK, UNSUBACK } from "../../support/packets.js";
import { byte, data, PUBLISH5, two, user } from "../../support/packets5.js";
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
	let turn = 0;
	for (const [first, one] of packets)
		for (const [second, two] of packets) {
			const both = concat([first, second]);
			for (let at = 1 + (turn++ % 3); at <= both.length; at += 3) {
				const lines = decode([both.slice(0, at), both.slice(at)]);
				if (lines.join() !== `${one},${two}`) throw new Error(`${one},${two} cut at ${at}: ${lines}`);
			}
		}
});

test("user properties begin anew with each message, also with the same ones", () => {
	const diary = new Diary5();
	const names: string[] = [];
	diary.look = (received) => {
		if (received.next()) names.push(received.name);
	};
	const bytes = PUBLISH5("t", "p", [user("first", "1"), user("second", "2")]);
	for (let turn = 0; turn < 3; turn++) diary.arrive(bytes);
	expect(names).toEqual(["first", "first", "first"]);
});

test("where 3.1.1 is spoken, it is the decoder of 3.1.1: properties are part of the payload", () => {
	const bytes = PUBLISH("t", [7, 0x26, 0, 1, 0x61, 0, 1, 0x62]);
	const way = { five: false, connected: false };
	for (const chunks of [[bytes], [...bytes].map((byte) => Uint8Array.of(byte))])
		expect(decode([CONNACK(true), ...chunks, bytes, PUBACK(1), SUBACK(2, 0x80), UNSUBACK(3)], way)).toEqual([
			"connack true 0",
			`publish 0 0 74 "0726000161000162"`,
			`publish 0 0 74 "0726000161000162"`,
			"ack 4 1",
			"suback 2 128 0/1",
			"ack 11 3",
		]);
	expect(decode([CONNACK(), Uint8Array.of(0xe0, 0)], way)).toEqual(["connack false 0", PACKET_TYPE.message]);
	expect(decode([CONNACK(), Uint8Array.of(0x40, 3, 0, 1, 0)], way)).toEqual([
		"connack false 0",
		LENGTH.message,
	]);
	expect(decode([CONNACK(), Uint8Array.of(0x30, 3, 0, 0, 0)], way)).toEqual([
		"connack false 0",
		TOPIC_EMPTY.message,
	]);
});

test("a stream that falls back to 3.1.1 sees nothing of the one before, nor the other way round", () => {
	const diary = new Diary5();
	const five = PUBLISH5("t", "p", [user("a", "b")]);
	diary.arrive(five);
	for (const version of [4, 5, 5, 4, 5]) {
		diary.begin(version === 5);
		diary.arrive(version === 5 ? five : PUBLISH("t", "p"));
		const seen = `publish 0 0 74 "70"${version === 5 ? " {26000161000162}" : ""}`;
		expect(diary.lines.at(-1)).toBe(seen);
	}
	expect(diary.reasons).toEqual([]);
});

describe("an alias", () => {
	/** Aliases as a client has them: with one for which there is a name. */
	function aliased(): Diary5 {
		const diary = new Diary5();
		const { decoder } = diary;
		const words = decoder.topicWords();
		const known = new Float64Array(words.length);
		new Uint8Array(known.buffer).set([0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69]);
		diary.resolve = () => {
			diary.lines.push(`alias ${decoder.alias} ${decoder.topicLength}`);
			if (decoder.alias === 9) {
				decoder.stop();
				return false;
			}
			if (decoder.topicLength > 0) return true;
			words.set(known);
			decoder.nameTopic(9);
			return true;
		};
		return diary;
	}
	const empty = PUBLISH5("", "p", [two(0x23, 1)]);
	const named = `publish 0 0 616263646566676869 alias 1 "70" {230001}`;

	test("is asked for its name each time, also the same one in a row, however it comes", () => {
		for (const size of [1, 3, 100]) {
			const diary = aliased();
			const stream = concat([empty, empty, empty]);
			for (let at = 0; at < stream.length; at += size) diary.arrive(stream.slice(at, at + size));
			expect(diary.lines).toEqual(["alias 1 0", named, "alias 1 0", named, "alias 1 0", named]);
		}
	});

	test("at QoS 1 has its identifier", () => {
		const diary = aliased();
		for (const id of [7, 8, 9]) diary.arrive(PUBLISH5("", "p", [two(0x23, 1)], { qos: 1, id }));
		expect(diary.lines.filter((line) => line.startsWith("publish"))).toEqual(
			[7, 8, 9].map((id) => `publish 2 ${id} 616263646566676869 alias 1 "70" {230001}`),
		);
	});

	test("leaves nothing behind in the next topic name", () => {
		const diary = aliased();
		for (const [next, line] of [
			[PUBLISH5("t", "p", [two(0x23, 2)]), `publish 0 0 74 alias 2 "70" {230002}`],
			[PUBLISH5("t", "p"), `publish 0 0 74 "70"`],
			[empty, named],
		] as const) {
			diary.arrive(concat([empty, empty]));
			diary.arrive(next);
			expect(diary.lines.at(-1)).toBe(line);
		}
		expect(diary.reasons).toEqual([]);
	});

	test("that is gone leaves an empty topic name", () => {
		const diary = aliased();
		diary.arrive(concat([empty, empty, PUBLISH5("", "p", [byte(1, 1), byte(1, 1).slice(0, 0)])]));
		expect(diary.reasons).toEqual([TOPIC_EMPTY]);
		const other = aliased();
		// As many bytes, all of them.
		other.arrive(PUBLISH5("", "p", [two(0x23, 1), byte(1, 0)]));
		other.arrive(PUBLISH5("", "p", [data(9, "ab")]));
		expect(other.reasons).toEqual([TOPIC_EMPTY]);
	});

	test("that must not be ends decoding where it is", () => {
		for (const size of [1, 100]) {
			const diary = aliased();
			const stream = concat([PUBLISH5("t", "p", [two(0x23, 9)]), PUBACK(1)]);
			for (let at = 0; at < stream.length; at += size) diary.arrive(stream.slice(at, at + size));
			expect(diary.lines).toEqual(["alias 9 1"]);
		}
	});
});
