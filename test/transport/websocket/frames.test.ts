// Frames both ways (RFC 6455, section 5): its examples, all lengths, fragments, control frames, and each broken rule.

import { Store } from "../../../src/session/store.js";
import * as reasons from "../../../src/transport/websocket/reasons.js";
import type { Reason } from "../../../src/wire/reason.js";
import { bytesOf, concat, hex } from "../../support/packets.js";
import {
	BINARY,
	CLOSE,
	CLOSING,
	FRAME,
	type Frame,
	PING,
	PONG,
	TEXT,
	textOf,
} from "../../support/websocket.js";
import { numbers } from "../../support/websocket-peer.js";
import { Line } from "./line.js";

const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
/** The mask of RFC 6455's examples, 37 fa 21 3d, as a number of a machine that is little-endian. */
const MASK = 0x3d21fa37;
const noise = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) * 13) & 255);
const shown = (frames: Frame[]) => frames.map(({ opcode, payload }) => `${opcode} ${textOf(payload)}`);

describe("RFC 6455's examples (section 5.7)", () => {
	test("a single-frame masked message, but binary", () => {
		const line = new Line({}, {}, { random: () => MASK }).connect();
		line.write("Hello");
		expect(hex(line.peer.take())).toBe(hex(bytes("82 85 37 fa 21 3d 7f 9f 4d 51 58")));
	});

	test("a fragmented unmasked message, but binary", () => {
		const line = new Line().connect();
		line.peer.send(bytes("02 03 48 65 6c"));
		expect(line.text()).toBe("Hel");
		line.peer.send(bytes("80 02 6c 6f"));
		expect(line.text()).toBe("lo");
	});

	test("an unmasked ping request and a masked ping response", () => {
		const line = new Line({}, {}, { random: () => MASK }).connect();
		line.peer.send(bytes("89 05 48 65 6c 6c 6f"));
		expect(hex(line.peer.take())).toBe(hex(bytes("8a 85 37 fa 21 3d 7f 9f 4d 51 58")));
	});

	test("256 bytes, and 64 KiB, in a single unmasked frame", () => {
		const line = new Line().connect();
		line.peer.send(bytes("82 7e 01 00"), noise(256));
		expect(Uint8Array.from(line.received.splice(0))).toEqual(noise(256));
		line.peer.send(bytes("82 7f 00 00 00 00 00 01 00 00"), noise(65_536));
		expect(Uint8Array.from(line.received.splice(0))).toEqual(noise(65_536));
		expect(line.ends).toStrictEqual([]);
	});

	test.each([
		["81 05 48 65 6c 6c 6f", reasons.TEXT_FRAME],
		["01 03 48 65 6c", reasons.TEXT_FRAME],
		["82 85 37 fa 21 3d 7f 9f 4d 51 58", reasons.MASKED_FRAME],
	])("%s is none that a broker may send", (text, reason) => {
		const line = new Line().connect();
		line.peer.send(bytes(text));
		expect(line.ends).toStrictEqual([reason]);
	});
});

describe("what is written", () => {
	const lengths = [0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 128, 1000, 65_534, 65_535];

	test.each([
		["in a loop", undefined],
		[
			"by the host",
			(view: Uint8Array, mask: Uint8Array) =>
				view.forEach((_, i) => {
					view[i] ^= mask[i & 3];
				}),
		],
	])("is one binary frame a write, masked %s, of any length, and as it was afterwards", (_how, xor) => {
		for (const length of lengths) {
			const line = new Line({}, { room: 70_000 }, { random: numbers(), xor }).connect();
			const packet = noise(length);
			const room = 70_000 - length - (length < 126 ? 6 : 8);
			expect(line.write(packet)).toBe(room > 65_543 ? 65_535 : room < 8 ? 0 : room - 8);
			expect(line.peer.writes).toHaveLength(2);
			const [frame] = line.sent();
			expect(frame.opcode).toBe(BINARY);
			expect(frame.payload).toEqual(packet);
		}
	});

	test("has a mask of its own each time", () => {
		const line = new Line().connect();
		for (let i = 0; i < 8; i++) line.write("Hello");
		line.peer.send(FRAME("", { opcode: PING }));
		expect(new Set(line.sent().map(({ mask }) => mask)).size).toBe(9);
	});

	test("fits, whatever room was told", () => {
		for (let room = 1; room < 200; room++) {
			const line = new Line({}, { room }).connect();
			const told = line.rooms[0];
			expect(told).toBe(Math.max(0, room - 8));
			if (told > 0) line.write(noise(told));
			expect(line.peer.socket.overruns).toBe(0);
		}
		const line = new Line({}, { room: 100_000 }).connect();
		expect(line.rooms).toEqual([65_535]);
		line.write(noise(65_535));
		expect(line.sent()[0].payload).toEqual(noise(65_535));
	});

	test("from a window that is short meanwhile, as a Client's is: the same, and no view is made while it is", () => {
		const store = new Store(256, 70_000, 0);
		const { window } = store;
		const buffer = window.buffer as ArrayBuffer;
		const size = buffer.byteLength;
		const control = store.control();
		const line = new Line({}, { room: 200_000 }, { random: numbers() }).connect();
		const Native = Uint8Array;
		const short: number[] = [];
		globalThis.Uint8Array = class extends Native {
			constructor(...args: [ArrayBuffer]) {
				if (args[0] === buffer && buffer.byteLength < buffer.maxByteLength) short.push(buffer.byteLength);
				super(...args);
			}
		} as typeof Uint8Array;
		try {
			for (let round = 0; round < 2; round++)
				for (const length of [0, 5, 125, 126, 300, 65_535]) {
					const packet = noise(length);
					const send = () => {
						window.set(packet);
						buffer.resize(store.windowAt + length);
						let room: unknown;
						try {
							room = line.stream.write(window);
						} catch (error) {
							line.stream.putBack!();
							room = error;
						}
						expect(hex(window)).toBe(hex(packet));
						buffer.resize(size);
						return room;
					};
					line.peer.socket.refusals = 1;
					expect(send()).toEqual(new Error("out of memory"));
					expect(send()).toBe(65_535);
					control.set([0x40, 2, 0, round]);
					line.stream.write(control);
					expect(line.sent().map(({ payload }) => hex(payload))).toEqual([
						hex(packet),
						`400200${hex(Uint8Array.of(round))}`,
					]);
				}
		} finally {
			globalThis.Uint8Array = Native;
		}
		expect(short).toEqual([]);
		line.peer.failSilently();
		window.set(noise(5));
		buffer.resize(store.windowAt + 5);
		expect(line.stream.write(window)).toBe(undefined);
		expect(window).toEqual(noise(5));
	});

	test("from a window has a mask of its own each time", () => {
		const store = new Store(256, 100, 0);
		const buffer = store.window.buffer as ArrayBuffer;
		const size = buffer.byteLength;
		const line = new Line().connect();
		for (let i = 0; i < 8; i++) {
			buffer.resize(store.windowAt + 5);
			line.stream.write(store.window);
			buffer.resize(size);
		}
		expect(new Set(line.sent().map(({ mask }) => mask)).size).toBe(8);
	});

	test("and refused is as it was; what the stream throws is thrown", () => {
		for (const length of [5, 300]) {
			const line = new Line().connect();
			line.peer.socket.refusals = 1;
			const packet = new Uint8Array(new ArrayBuffer(14 + length), 14);
			packet.set(noise(length));
			expect(() => line.stream.write(packet)).toThrow("out of memory");
			line.stream.putBack!();
			expect(packet).toEqual(noise(length));
			line.stream.write(packet);
			expect(line.sent()[0].payload).toEqual(noise(length));
			line.peer.failSilently();
			expect(line.stream.write(packet)).toBe(undefined);
			expect(packet).toEqual(noise(length));
		}
	});
});

describe("what comes", () => {
	test.each([0, 1, 125, 126, 127, 65_535, 65_536])("of %d bytes in a frame, cut anywhere", (length) => {
		for (const size of [1, 2, 3, 5, 1000, 100_000].filter((size) => length / size < 20_000)) {
			const line = new Line().connect();
			const all = concat([FRAME(noise(length)), FRAME("!")]);
			for (let at = 0; at < all.length; at += size) line.peer.send(all.slice(at, at + size));
			expect(Uint8Array.from(line.received.splice(0))).toEqual(concat([noise(length), bytesOf("!")]));
			expect(line.ends).toStrictEqual([]);
		}
	});

	test("need not end where a packet does: fragments, empty ones too, with control frames between", () => {
		const line = new Line().connect();
		line.peer.sendBytewise(
			FRAME("a", { fin: false }),
			FRAME("one", { opcode: PING }),
			FRAME("", { opcode: 0, fin: false }),
			FRAME("bc", { opcode: 0, fin: false }),
			FRAME("unasked", { opcode: PONG }),
			FRAME("two", { opcode: PING }),
			FRAME("", { opcode: 0 }),
			FRAME(""),
			FRAME("d"),
		);
		expect(line.text()).toBe("abcd");
		expect(shown(line.sent())).toEqual([`${PONG} one`, `${PONG} two`]);
	});

	test("waits while the owner does not read, and goes on when it has", () => {
		const line = new Line().connect();
		line.paused = true;
		line.peer.send(FRAME("ab"), FRAME("x", { opcode: PING }), FRAME("c"), FRAME("d", { fin: false }));
		expect(shown(line.sent())).toEqual([]);
		line.peer.send(FRAME("e", { opcode: 0 }));
		line.paused = false;
		// As the Client does: it reads what it was told of, then asks for more.
		const view = new Uint8Array(2);
		expect(line.stream.read(view)).toBe(2);
		expect(textOf(view)).toBe("ab");
		line.stream.readOn!();
		expect(line.text()).toBe("cde");
		expect(shown(line.sent())).toEqual([`${PONG} x`]);
	});

	test("is announced as it grows while the owner does not read", () => {
		const line = new Line().connect();
		const counts: number[] = [];
		line.onReadable = (count) => counts.push(count);
		line.peer.send(Uint8Array.of(0x82, 5, 1));
		line.peer.send(Uint8Array.of(2, 3));
		line.peer.send(Uint8Array.of(4, 5, 0x82, 1, 6));
		expect(counts).toEqual([1, 3, 5]);
		expect(line.stream.read(new Uint8Array(3))).toBe(3);
		line.stream.readOn!();
		expect(counts).toEqual([1, 3, 5, 2]);
	});

	test("comes short from a stream that reads short", () => {
		const line = new Line({}, { shortRead: 3 });
		line.connect();
		const all = concat([FRAME(noise(300)), FRAME("ping", { opcode: PING }), FRAME(noise(7))]);
		line.peer.send(all);
		expect(Uint8Array.from(line.received.splice(0))).toEqual(concat([noise(300), noise(7)]));
	});

	test("from a stream that announces one record after the other", () => {
		const line = new Line({}, { records: true, shortRead: 1000 }).connect();
		for (const part of [
			FRAME("abc").slice(0, 1),
			FRAME("abc").slice(1, 4),
			FRAME("abc").slice(4),
			FRAME("d"),
		])
			line.peer.send(part);
		expect(line.text()).toBe("abcd");
	});

	test("from a stream that announces more than it has", () => {
		const line = new Line().connect();
		const { socket } = line.peer;
		const announce = () => socket.options.onReadable.call(socket, 9);
		announce();
		line.peer.send(FRAME("abc").slice(0, 3));
		announce();
		line.peer.send(FRAME("abc").slice(3));
		announce();
		line.peer.send(FRAME("d"));
		expect(line.text()).toBe("abcd");
	});

	test("ends when the stream below throws, in a header or a byte of one", () => {
		for (const bytes of [Uint8Array.of(0x82, 1), Uint8Array.of(0x82)]) {
			const line = new Line().connect();
			line.peer.socket.readThrows = true;
			line.peer.send(bytes);
			expect(line.ends).toStrictEqual([undefined]);
		}
	});

	test("before the end of the stream is still the owner's", () => {
		const line = new Line().connect();
		line.peer.send(FRAME("last words"));
		line.peer.end();
		expect(line.text()).toBe("last words");
		expect(line.ends).toStrictEqual([undefined]);
	});
});

describe("a ping", () => {
	test.each([0, 1, 124, 125])("of %d bytes is answered with the same ones", (length) => {
		const line = new Line().connect();
		line.peer.send(FRAME(noise(length), { opcode: PING }));
		expect(line.sent()).toMatchObject([{ opcode: PONG, payload: noise(length) }]);
	});

	test("that finds no room is answered when there is: the last of them, before anything else", () => {
		const line = new Line({}, { room: 150 }).connect();
		line.write(noise(130));
		line.peer.send(FRAME("the first", { opcode: PING }), FRAME("the second", { opcode: PING }));
		const room = line.rooms.length;
		// What was written is taken: there is room.
		line.onWritable = (room) => {
			line.rooms.push(room);
			if (line.rooms.length === 2) line.write("behind");
		};
		expect(shown(line.sent()).slice(1)).toEqual([`${PONG} the second`, `${BINARY} behind`]);
		expect(room).toBe(1);
		// The pong took its part of it.
		expect(line.rooms[1]).toBe(150 - 16 - 8);
	});

	test("whose pong waits is forgotten when another has begun", () => {
		const line = new Line({}, { room: 20 }).connect();
		line.write(noise(12));
		line.peer.send(FRAME("first", { opcode: PING }));
		const half = FRAME("other", { opcode: PING });
		line.peer.send(half.slice(0, 4));
		expect(shown(line.sent()).slice(1)).toEqual([]);
		line.peer.send(half.slice(4));
		expect(shown(line.sent())).toEqual([`${PONG} other`]);
	});

	test("whose pong waits is not touched by a pong of the broker", () => {
		const line = new Line({}, { room: 20 }).connect();
		line.write(noise(12));
		line.peer.send(FRAME("first", { opcode: PING }), FRAME("XXXXXXX", { opcode: PONG }));
		expect(shown(line.sent()).slice(1)).toEqual([`${PONG} first`]);
	});

	test("whose pong is refused is answered at the next chance", () => {
		const line = new Line().connect();
		line.peer.socket.refusals = 1;
		line.peer.send(FRAME("x", { opcode: PING }));
		line.write("y");
		expect(shown(line.sent())).toEqual([`${BINARY} y`, `${PONG} x`]);
	});
});

/** The status of the only close frame that was sent; undefined for none in it. */
function closed(line: Line): number | undefined {
	const frames = line.sent();
	expect(frames.map(({ opcode }) => opcode)).toEqual([CLOSE]);
	const { payload } = frames[0];
	return payload.length === 0 ? undefined : (payload[0] << 8) | payload[1];
}

describe("the end", () => {
	test.each([
		[1000, "network"],
		[1001, "network"],
		[1002, "broker"],
		[1003, "broker"],
		[1007, "broker"],
		[1008, "broker"],
		[1009, "broker"],
		[1010, "broker"],
		[1011, "network"],
		[1012, "network"],
		[1014, "network"],
		[3000, "network"],
		[4999, "network"],
	])("of the broker with status %d is answered with the same, and told", (status, fault) => {
		const line = new Line().connect();
		line.peer.send(FRAME("a"), CLOSING(status, "a reason"), FRAME("b"));
		expect(line.ends).toHaveLength(1);
		expect(line.ends[0]).toBeInstanceOf(reasons.Closed);
		expect(line.ends[0]).toMatchObject({ status, fault, message: expect.stringContaining(`${status}`) });
		expect(Object.isFrozen(line.ends[0])).toBe(true);
		expect(closed(line)).toBe(status);
		expect(line.text()).toBe("a");
		expect(line.peer.socket.closed).toBe(true);
	});

	test("of the broker without a status", () => {
		const line = new Line().connect();
		line.peer.send(FRAME("", { opcode: CLOSE }));
		expect(line.ends).toMatchObject([{ status: 1005, fault: "network" }]);
		expect(closed(line)).toBe(undefined);
	});

	test("of ours is a close frame with 1000, once", () => {
		const line = new Line().connect();
		line.stream.close();
		expect(closed(line)).toBe(1000);
		line.stream.close();
		expect(line.peer.socket.closed).toBe(true);
	});

	test("of ours without room, or before the answer, is no frame", () => {
		const full = new Line({}, { room: 20 }).connect();
		full.write(noise(12));
		full.stream.close();
		expect(full.peer.socket.closed).toBe(true);
		expect(full.sent()).toHaveLength(1);
		const early = new Line();
		early.open();
		early.stream.close();
		expect(early.peer.writes).toHaveLength(1);
	});
});

describe("a rule that the broker breaks ends the connection, and it is told by a close frame", () => {
	const head = (...bytes: number[]) => Uint8Array.from(bytes);
	const cases: [string, Uint8Array, Reason, number][] = [
		["a text frame", FRAME("x", { opcode: TEXT }), reasons.TEXT_FRAME, 1003],
		[
			"a text frame within a message",
			concat([FRAME("", { fin: false }), FRAME("x", { opcode: TEXT })]),
			reasons.TEXT_FRAME,
			1003,
		],
		["a masked frame", FRAME("x", { mask: [1, 2, 3, 4] }), reasons.MASKED_FRAME, 1002],
		["a masked ping", FRAME("x", { opcode: PING, mask: [1, 2, 3, 4] }), reasons.MASKED_FRAME, 1002],
		["RSV1", head(0xc2, 1, 1), reasons.RESERVED_BITS, 1002],
		["RSV2", head(0xa2, 1, 1), reasons.RESERVED_BITS, 1002],
		["RSV3 of a ping", head(0x99, 0), reasons.RESERVED_BITS, 1002],
		...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, Uint8Array, Reason, number] => [
			`opcode ${opcode}`,
			FRAME("", { opcode }),
			reasons.RESERVED_OPCODE,
			1002,
		]),
		["a ping in fragments", FRAME("x", { opcode: PING, fin: false }), reasons.CONTROL_FRAME, 1002],
		["a ping of 126 bytes", FRAME(noise(126), { opcode: PING }), reasons.CONTROL_FRAME, 1002],
		[
			"a close frame with eight bytes of length",
			FRAME(noise(2), { opcode: CLOSE, lengthBytes: 8 }),
			reasons.CONTROL_FRAME,
			1002,
		],
		["a continuation of nothing", FRAME("x", { opcode: 0 }), reasons.FRAGMENT, 1002],
		[
			"a continuation of a message that is over",
			concat([FRAME("", { fin: false }), FRAME("", { opcode: 0 }), FRAME("", { opcode: 0 })]),
			reasons.FRAGMENT,
			1002,
		],
		["a message within a message", concat([FRAME("", { fin: false }), FRAME("x")]), reasons.FRAGMENT, 1002],
		["125 bytes in a long form", FRAME(noise(125), { lengthBytes: 2 }), reasons.FRAME_LENGTH, 1002],
		["65535 bytes in the longest form", FRAME(noise(65_535), { lengthBytes: 8 }), reasons.FRAME_LENGTH, 1002],
		["a length with its highest bit", head(0x82, 127, 0x80, 0, 0, 0, 0, 1, 0, 0), reasons.FRAME_LENGTH, 1002],
		[
			"a length that cannot be counted",
			head(0x82, 127, 0, 0x20, 0, 0, 0, 0, 0, 0),
			reasons.FRAME_LENGTH,
			1002,
		],
		["a close frame of one byte", FRAME("\u0003", { opcode: CLOSE }), reasons.CLOSE_STATUS, 1002],
		...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map(
			(status): [string, Uint8Array, Reason, number] => [
				`a close frame with ${status}`,
				CLOSING(status),
				reasons.CLOSE_STATUS,
				1002,
			],
		),
	];

	test.each(cases)("%s", (_what, frames, reason, status) => {
		for (const size of [1, 1000]) {
			const line = new Line().connect();
			const all = concat([FRAME("a"), frames, FRAME("b")]);
			for (let at = 0; at < all.length && line.ends.length === 0; at += size)
				line.peer.send(all.slice(at, at + size));
			expect(line.ends).toStrictEqual([reason]);
			expect(line.text()).toBe("a");
			expect(closed(line)).toBe(status);
			expect(line.peer.socket.closed).toBe(true);
		}
	});

	test("a close frame of one byte has no status, whatever stood behind it", () => {
		const line = new Line().connect();
		line.peer.send(FRAME([1, 0xe8], { opcode: PING }), FRAME([3], { opcode: CLOSE }));
		expect(line.ends).toStrictEqual([reasons.CLOSE_STATUS]);
	});

	test("a frame of 2 ** 53 - 1 bytes may begin", () => {
		const line = new Line().connect();
		line.peer.send(head(0x82, 127, 0, 0x1f, 255, 255, 255, 255, 255, 255), bytesOf("abc"));
		line.peer.send(bytesOf("def"));
		expect(line.text()).toBe("abcdef");
		expect(line.ends).toStrictEqual([]);
	});

	test("also when there is no room for the close frame", () => {
		const line = new Line({}, { room: 20 }).connect();
		line.write(noise(12));
		line.peer.send(FRAME("x", { opcode: TEXT }));
		expect(line.ends).toStrictEqual([reasons.TEXT_FRAME]);
	});
});
