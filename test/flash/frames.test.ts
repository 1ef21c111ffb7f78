import fc from "fast-check";
import { Frames } from "../../tools/flash/frames.js";
import { slipFrame } from "../support/chip/slip.js";

const answer = fc
	.uint8Array({ minLength: 9, maxLength: 200 })
	.map((bytes) => Buffer.concat([Buffer.from([1]), bytes]));
const noise = fc
	.uint8Array({ maxLength: 60 })
	.map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0xc0)));

function read(...chunks: Uint8Array[]): { found: string[]; frames: Frames } {
	const found: string[] = [];
	const frames = new Frames((frame) => found.push(Buffer.from(frame).toString("hex")));
	for (const chunk of chunks) frames.take(chunk);
	return { found, frames };
}

test("every answer is found between whatever else comes, in any chunks", () => {
	const property = fc.property(
		fc.array(fc.tuple(noise, answer), { maxLength: 8 }),
		fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 }),
		(pairs, sizes) => {
			const stream = Buffer.concat(pairs.flatMap(([before, bytes]) => [before, slipFrame(bytes)]));
			const chunks: Buffer[] = [];
			for (let at = 0, turn = 0; at < stream.length; turn++) {
				const size = sizes[turn % sizes.length];
				chunks.push(stream.subarray(at, at + size));
				at += size;
			}
			const wanted = pairs.map(([, bytes]) => bytes.toString("hex"));
			// Noise that looks like an answer is one: whoever waits for another command passes over it.
			const { found } = read(...chunks);
			expect(found.filter((one) => wanted.includes(one))).toEqual(wanted);
		},
	);
	fc.assert(property, { numRuns: 500 });
});

test("a lost byte costs one answer at most", () => {
	const answers = [1, 2, 3, 4].map((value) => Buffer.alloc(20, value).fill(1, 0, 1));
	const stream = Buffer.concat(answers.map((bytes) => slipFrame(bytes)));
	for (let lost = 0; lost < stream.length; lost++) {
		const { found } = read(stream.subarray(0, lost), stream.subarray(lost + 1));
		expect(
			found.filter((one) => answers.some((bytes) => bytes.toString("hex") === one)).length,
		).toBeGreaterThanOrEqual(3);
	}
});

test("the greeting of the stub, and text since the last answer", () => {
	const { found, frames } = read(
		Buffer.from("boot text\r\n"),
		slipFrame(Buffer.from("OHAI")),
		Buffer.from("more"),
	);
	expect(found).toEqual([Buffer.from("OHAI").toString("hex")]);
	expect(frames.text).toBe("more");
	expect(read(Buffer.from("boot text\r\n"), slipFrame(Buffer.from("no answer"))).frames.text).toBe(
		"boot text\r\nno answer",
	);
});

test("an endless stream without any end takes bounded memory", () => {
	const { found, frames } = read(...new Array(200).fill(Buffer.alloc(10_000, "x")));
	expect(found).toEqual([]);
	expect(frames.text.length).toBeLessThanOrEqual(8192);
});
