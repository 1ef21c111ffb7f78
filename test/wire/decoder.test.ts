// Bytes to packets, however the stream is cut and whatever the sizes of buffers.

import { Decoder, NO_ANSWERS, PAUSED, type PacketSink, type Source } from "../../src/wire/decoder.js";
import { LENGTH, PACKET_TYPE, type Reason } from "../../src/wire/reason.js";
import {
	CONNACK,
	concat,
	PINGRESP,
	PUBACK,
	PUBCOMP,
	PUBLISH,
	PUBREC,
	PUBREL,
	packet,
	SUBACK,
	UNSUBACK,
} from "../support/packets.js";

/** Writes down what it hears; goes on, or stops after each packet. */
class Diary implements PacketSink {
	readonly lines: string[] = [];
	goOn = true;
	decoder!: Decoder;
	#payload = "";

	onMessage(): boolean {
		if (this.decoder.id !== 0 || this.decoder.partLength !== this.decoder.total) throw new Error("not whole");
		return this.onPublish();
	}
	onPublish(): boolean {
		const { payload, payloadSize, topic, topicSize, topicLength, flags, id, offset, partLength, total } =
			this.decoder;
		if (offset === 0) this.#payload = "";
		this.#payload += Buffer.from(payload.subarray(0, partLength)).toString();
		if (offset + partLength !== this.#payload.length) throw new Error(`a part at ${offset}`);
		// Zero behind the topic's end is what makes comparing words possible.
		if (topic.subarray(topicLength, topicSize).some((byte) => byte !== 0)) throw new Error("no zero tail");
		if (payload.length < payloadSize) throw new Error("the payload buffer is short");
		if (this.#payload.length < total) return this.goOn;
		const name = Buffer.from(topic.subarray(0, topicLength)).toString();
		return this.#note(`publish ${name} ${flags} ${id} ${this.#payload}`);
	}
	onPublishQos2(): boolean {
		return this.onPublish();
	}
	onConnack(sessionPresent: boolean, code: number): boolean {
		return this.#note(`connack ${sessionPresent} ${code}`);
	}
	onPuback(id: number): boolean {
		return this.onAcknowledgement(4, id);
	}
	onAcknowledgement(type: number, id: number): boolean {
		return this.#note(`ack ${type} ${id}`);
	}
	onSuback(id: number, code: number, index: number, count: number): boolean {
		return this.#note(`suback ${id} ${code} ${index}/${count}`);
	}
	onPingresp(): boolean {
		return this.#note("pingresp");
	}
	onThrown(error: unknown): void {
		throw error;
	}
	onMalformed(reason: Reason): void {
		this.#note(reason.message);
	}
	#note(line: string): boolean {
		this.lines.push(line);
		return this.goOn;
	}
}

/** A socket's reading end; `shortRead` as the SDK's TLS socket has it. */
class Bytes implements Source {
	waiting = new Uint8Array(0);
	readonly shortRead: number;
	constructor(shortRead: number) {
		this.shortRead = shortRead;
	}
	read(view: Uint8Array): number | undefined {
		if (this.waiting.length === 0) return undefined;
		const most = Math.min(this.shortRead, this.waiting.length);
		if (view.length === 0 || (view.length > most && this.shortRead === Number.POSITIVE_INFINITY))
			throw new Error("bad read");
		const count = Math.min(view.length, most);
		view.set(this.waiting.subarray(0, count));
		this.waiting = this.waiting.slice(count);
		return count;
	}
	arrive(bytes: Uint8Array): void {
		this.waiting = Uint8Array.from([...this.waiting, ...bytes]);
	}
}

interface Way {
	payloadSize?: number;
	topicSize?: number;
	shortRead?: number;
	stops?: boolean;
}

/** A new stream, on which CONNACK has come already. */
function begin(decoder: Decoder, source: Bytes, diary: Diary): void {
	const before = diary.lines.length;
	decoder.start(source);
	for (const byte of CONNACK(false)) {
		source.arrive(Uint8Array.of(byte));
		decoder.onReadable(1);
	}
	diary.lines.length = before;
}

/** What is decoded of chunks that arrive one after the other. */
function decode(chunks: Uint8Array[], way: Way = {}): string[] {
	const { payloadSize = 64, topicSize = 64, shortRead = Number.POSITIVE_INFINITY, stops = false } = way;
	const diary = new Diary();
	const decoder = new Decoder(diary, payloadSize, topicSize);
	const source = new Bytes(shortRead);
	diary.decoder = decoder;
	diary.goOn = !stops;
	begin(decoder, source, diary);
	for (const chunk of chunks) {
		source.arrive(chunk);
		// Announced once: what is left after a short read is not announced again.
		decoder.onReadable(source.waiting.length);
		if (stops) for (let turn = 0; turn < 100; turn++) decoder.resume();
	}
	return diary.lines;
}

const packets: [Uint8Array, string][] = [
	[CONNACK(true), "connack true 0"],
	[CONNACK(false, 5), "connack false 5"],
	[PUBLISH("a", ""), "publish a 0 0 "],
	[PUBLISH("topic/é", "hello", { retain: true }), "publish topic/é 1 0 hello"],
	[PUBLISH("12345678", "payload", { qos: 1, id: 65_535 }), "publish 12345678 2 65535 payload"],
	[PUBLISH("b", "", { qos: 1, id: 256, dup: true, retain: true }), "publish b 11 256 "],
	[PUBLISH("c", "two", { qos: 2, id: 3 }), "publish c 4 3 two"],
	[PUBLISH("d", "x".repeat(130)), `publish d 0 0 ${"x".repeat(130)}`],
	[PUBACK(1), "ack 4 1"],
	[PUBREC(2), "ack 5 2"],
	[PUBREL(3), "ack 6 3"],
	[PUBCOMP(0x1234), "ack 7 4660"],
	[SUBACK(5, 0x80), "suback 5 128 0/1"],
	[SUBACK(6, 1), "suback 6 1 0/1"],
	[UNSUBACK(7), "ack 11 7"],
	[PINGRESP, "pingresp"],
];
const stream = concat(packets.map(([bytes]) => bytes));
const wanted = packets.map(([, line]) => line);

const ways: [string, Way][] = [
	["large buffers", {}],
	["a payload buffer of one byte", { payloadSize: 1 }],
	["a payload buffer of seven bytes", { payloadSize: 7 }],
	["topics that just fit", { topicSize: 8 }],
	["reads of one byte at most", { shortRead: 1 }],
	["reads of three bytes at most", { shortRead: 3, payloadSize: 16 }],
	["reads of 100 bytes at most", { shortRead: 100 }],
	["a stop after each packet", { stops: true }],
	["a stop after each part", { stops: true, payloadSize: 3, shortRead: 2 }],
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
			for (let at = 1; at <= both.length; at++)
				expect(decode([both.slice(0, at), both.slice(at)])).toEqual([one, two]);
		}
});

test("a topic longer than its buffer is skipped, however it is cut", () => {
	const long = concat([
		PUBLISH("123456789", "p", { qos: 1, id: 9 }),
		PUBLISH("x".repeat(200), ""),
		PUBLISH("12345678", "q"),
	]);
	const lines = ["publish  2 9 p", "publish  0 0 ", "publish 12345678 0 0 q"];
	for (const shortRead of [1, 5, Number.POSITIVE_INFINITY])
		for (let at = 1; at <= long.length; at++)
			expect(decode([long.slice(0, at), long.slice(at)], { topicSize: 8, shortRead })).toEqual(lines);
});

test("the topic's tail is zero after a longer topic, however it came", () => {
	const both = concat([PUBLISH("long/topic/name", "1"), PUBLISH("s", "2")]);
	for (let at = 1; at < both.length; at++)
		for (const shortRead of [2, Number.POSITIVE_INFINITY])
			expect(decode([both.slice(0, at), both.slice(at)], { shortRead })).toEqual([
				"publish long/topic/name 0 0 1",
				"publish s 0 0 2",
			]);
});

test("after a broken rule nothing is looked at", () => {
	expect(decode([concat([packet(0x40, [1]), PUBACK(1)]), PUBACK(2)])).toEqual([LENGTH.message]);
});

test("a start forgets what was half read; a stop ends all", () => {
	for (const [bytes] of packets)
		for (let at = 1; at < bytes.length; at++) {
			const diary = new Diary();
			const decoder = new Decoder(diary, 7, 64);
			diary.decoder = decoder;
			const run = (source: Bytes, more: Uint8Array) => {
				source.arrive(more);
				decoder.onReadable(source.waiting.length);
			};
			const first = new Bytes(Number.POSITIVE_INFINITY);
			begin(decoder, first, diary);
			run(first, bytes.slice(0, at));
			decoder.stop();
			run(first, bytes.slice(at));
			expect(diary.lines).toEqual([]);
			const second = new Bytes(Number.POSITIVE_INFINITY);
			begin(decoder, second, diary);
			run(second, concat([PUBLISH("t", "fresh"), PUBACK(1)]));
			expect(diary.lines).toEqual(["publish t 0 0 fresh", "ack 4 1"]);
		}
});

test("a start forgets what was read ahead of a broken rule", () => {
	const diary = new Diary();
	const decoder = new Decoder(diary, 7, 64);
	diary.decoder = decoder;
	for (const chunk of [packet(0, []), PUBACK(1)]) {
		const source = new Bytes(Number.POSITIVE_INFINITY);
		begin(decoder, source, diary);
		source.arrive(concat([chunk, PUBACK(2)]));
		decoder.onReadable(source.waiting.length);
	}
	expect(diary.lines).toEqual([PACKET_TYPE.message, "ack 4 1", "ack 4 2"]);
});

describe("while decoding has to wait", () => {
	const two = concat([PUBLISH("t", "1"), PUBACK(2)]);
	const lines = ["publish t 0 0 1", "ack 4 2"];

	function blocked(reason: number) {
		const diary = new Diary();
		const decoder = new Decoder(diary, 64, 64);
		diary.decoder = decoder;
		const source = new Bytes(Number.POSITIVE_INFINITY);
		begin(decoder, source, diary);
		decoder.block(reason);
		return { diary, decoder, source };
	}

	test.each([PAUSED, NO_ANSWERS])("nothing is read, for reason %d; then it goes on by resume", (reason) => {
		const { diary, decoder, source } = blocked(reason);
		for (const byte of two) {
			source.arrive(Uint8Array.of(byte));
			decoder.onReadable(source.waiting.length);
		}
		decoder.resume();
		expect([diary.lines, source.waiting.length]).toEqual([[], two.length]);
		decoder.unblock(reason);
		decoder.resume();
		expect(diary.lines).toEqual(lines);
		expect(decoder.takeArrived()).toBe(4 + two.length); // CONNACK too
		expect(decoder.takeArrived()).toBe(0);
	});

	test("for two reasons, both must be over", () => {
		const { diary, decoder, source } = blocked(PAUSED | NO_ANSWERS);
		source.arrive(two);
		decoder.onReadable(two.length);
		decoder.unblock(PAUSED);
		decoder.resume();
		expect(diary.lines).toEqual([]);
		decoder.unblock(NO_ANSWERS);
		decoder.resume();
		expect(diary.lines).toEqual(lines);
	});

	test("a pause outlives the stream, want of room for answers does not", () => {
		const { diary, decoder } = blocked(PAUSED | NO_ANSWERS);
		decoder.stop();
		const source = new Bytes(Number.POSITIVE_INFINITY);
		decoder.start(source);
		expect(decoder.blocks).toBe(PAUSED);
		source.arrive(CONNACK(true));
		decoder.onReadable(4);
		expect(diary.lines).toEqual([]);
		decoder.unblock(PAUSED);
		decoder.resume();
		expect(diary.lines).toEqual(["connack true 0"]);
	});
});

test("a sink may ask for more while it hears of a packet: nothing is decoded twice", () => {
	const diary = new Diary();
	const heard: string[] = [];
	diary.onPuback = (id: number) => {
		heard.push(`in ${id}`);
		decoder.resume();
		decoder.onReadable(source.waiting.length);
		heard.push(`out ${id}`);
		return true;
	};
	const decoder = new Decoder(diary, 64, 64);
	const source = new Bytes(Number.POSITIVE_INFINITY);
	begin(decoder, source, diary);
	source.arrive(concat([PUBACK(1), PUBACK(2)]));
	decoder.onReadable(8);
	expect(heard).toEqual(["in 1", "out 1", "in 2", "out 2"]);
});

describe("what is thrown", () => {
	test.each(["the source", "the sink"])(
		"by %s is told, and stops decoding; the next stream begins whole",
		(who) => {
			const thrown: unknown[] = [];
			const diary = new Diary();
			diary.onThrown = (error) => thrown.push(error);
			const decoder = new Decoder(diary, 64, 64);
			diary.decoder = decoder;
			const source = new Bytes(Number.POSITIVE_INFINITY);
			begin(decoder, source, diary);
			const error = new Error(who);
			const fail = () => {
				throw error;
			};
			const { onMessage } = diary;
			if (who === "the sink") diary.onMessage = fail;
			else {
				// In the midst of a packet, while the buffer is short.
				const read = source.read.bind(source);
				let reads = 0;
				source.read = (view) => (++reads === 2 ? fail() : read(view));
			}
			source.arrive(concat([PUBLISH("t", "1"), PUBACK(2)]));
			decoder.onReadable(source.waiting.length);
			expect(thrown).toEqual([error]);
			expect(decoder.blocks).toBe(0);
			decoder.stop();
			diary.onMessage = onMessage;
			const next = new Bytes(Number.POSITIVE_INFINITY);
			begin(decoder, next, diary);
			next.arrive(concat([PUBLISH("t", "fresh"), PUBACK(1)]));
			decoder.onReadable(next.waiting.length);
			expect(diary.lines).toEqual(["publish t 0 0 fresh", "ack 4 1"]);
		},
	);
});
