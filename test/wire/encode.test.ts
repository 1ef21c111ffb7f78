// Remaining length (section 2.2.3); the packets themselves are tested where they are sent.

import { encodeSubscribe, lengthBytes, writeLength } from "../../src/wire/encode.js";
import { encodeFilter } from "../../src/wire/topic.js";

test.each([
	[0, [0]],
	[127, [0x7f]],
	[128, [0x80, 0x01]],
	[16_383, [0xff, 0x7f]],
	[16_384, [0x80, 0x80, 0x01]],
	[2_097_151, [0xff, 0xff, 0x7f]],
	[2_097_152, [0x80, 0x80, 0x80, 0x01]],
	[268_435_455, [0xff, 0xff, 0xff, 0x7f]],
])("a remaining length of %d is written as in table 2.4", (length, wanted) => {
	const bytes = new Uint8Array(6);
	expect(writeLength(bytes, 1, length)).toBe(1 + wanted.length);
	expect([...bytes.subarray(1, 1 + wanted.length)]).toEqual(wanted);
	expect(lengthBytes(length)).toBe(wanted.length);
});

test("the longest filter makes a whole packet", () => {
	const packet = encodeSubscribe(1, [encodeFilter("x".repeat(65_535))], [1]);
	expect([...packet.subarray(0, 8)]).toEqual([0x82, 0x84, 0x80, 0x04, 0, 1, 0xff, 0xff]);
	expect(packet.length).toBe(4 + 2 + 2 + 65_535 + 1);
});
