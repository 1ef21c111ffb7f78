// What the desktop host gives to TLS, WebSocket and SCRAM, in the real engine, against Node's own.

import {
	constants,
	createHash,
	createHmac,
	generateKeyPairSync,
	type KeyObject,
	pbkdf2Sync,
	publicDecrypt,
	randomBytes,
	sign,
} from "node:crypto";
import { Device, FIRST, reportOf } from "../support/board.js";
import type { Case } from "./firmware/primitives.js";

const firmware = "test/xs/firmware/primitives";
const run = (cases: Case[]) => reportOf<unknown[]>({ firmware, config: { cases } });
const hex = (bytes: Uint8Array | string) => Buffer.from(bytes as string).toString("hex");

test(
	"digests are those of FIPS 180-4, of nothing and of much",
	async () => {
		const names = ["SHA1", "SHA256", "SHA384", "SHA512"] as const;
		const texts = [Buffer.alloc(0), Buffer.from("abc"), randomBytes(1000)];
		const cases = names.flatMap((digest) =>
			texts.map((bytes): Case => ({ name: "digest", digest, bytes: hex(bytes) })),
		);
		const wanted = names.flatMap((name) =>
			texts.map((bytes) => createHash(name).update(bytes).digest("hex")),
		);
		expect(await run(cases)).toEqual(wanted);
		expect(wanted[1]).toBe("a9993e364706816aba3e25717850c26c9cd0d89d");
	},
	FIRST,
);

test("a digest that is not there throws", async () => {
	expect(await run([{ name: "digest", digest: "MD4711" as never, bytes: "" }])).toEqual(["no such digest"]);
});

describe.each([
	["SHA1", 20],
	["SHA256", 32],
] as const)("HMAC with %s", (digest, size) => {
	test("is that of RFC 2104, for keys shorter and longer than a block, of nothing and of much", async () => {
		const keys = [randomBytes(1), randomBytes(64), randomBytes(65), randomBytes(200)];
		const texts = [Buffer.alloc(0), Buffer.from("abc"), randomBytes(1000)];
		const pairs = keys.flatMap((key) => texts.map((text) => [key, text] as const));
		expect(
			await run(pairs.map(([key, text]) => ({ name: "hmac", digest, key: hex(key), bytes: hex(text) }))),
		).toEqual(pairs.map(([key, text]) => createHmac(digest, key).update(text).digest("hex")));
	});

	test("iterated it is PBKDF2, in slices of any size, and without garbage", async () => {
		const [password, salt] = [randomBytes(9), randomBytes(16)];
		const first = createHmac(digest, password)
			.update(salt)
			.update(Buffer.from([0, 0, 0, 1]))
			.digest("hex");
		const counts = [0, 1, 98, 300];
		const [[, sum]] = (await run([
			{ name: "iterate", digest, key: hex(password), link: first, sum: first, counts },
		])) as [string[]];
		expect(sum).toBe(pbkdf2Sync(password, salt, 400, size, digest).toString("hex"));
	});

	test("a result of another size is refused, and nothing is written beside it", async () => {
		const bytes = "00".repeat(size - 1);
		expect(
			await run([{ name: "iterate", digest, key: "01", link: bytes, sum: `${bytes}00`, counts: [1] }]),
		).toEqual([`${size - 1} bytes in place of ${size}`]);
	});
});

/** Modulus or exponent of a key. */
const numberOf = (key: KeyObject, name: "n" | "e") =>
	Buffer.from(key.export({ format: "jwk" })[name] as string, "base64url").toString("hex");

describe("rsa", () => {
	const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
	const modulus = numberOf(publicKey, "n");
	const exponent = numberOf(publicKey, "e");

	test("opens a signature as Node does, padding and all", async () => {
		const signature = sign("sha256", Buffer.from("text"), privateKey);
		const opened = publicDecrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, signature);
		expect(await run([{ name: "rsa", modulus, exponent, signature: hex(signature) }])).toEqual([hex(opened)]);
		expect(hex(opened)).toMatch(/^0001ff/);
	});

	test("the result is as long as the modulus, whatever its value", async () => {
		const short = (signature: string): Case => ({ name: "rsa", modulus, exponent, signature });
		expect(await run([short("01"), short("00"), short("02")])).toEqual([
			"01".padStart(512, "0"),
			"".padStart(512, "0"),
			// 2 to the power of 65537 is no small number any more.
			expect.stringMatching(/^[0-9a-f]{512}$/),
		]);
		// Small numbers, which can be reckoned by hand: 7 ** 3 mod 253.
		expect(await run([{ name: "rsa", modulus: "00fd", exponent: "03", signature: "07" }])).toEqual(["005a"]);
	});

	test("numbers that cannot be throw", async () => {
		expect(
			await run([
				{ name: "rsa", modulus: "00", exponent: "03", signature: "07" },
				{ name: "rsa", modulus: "", exponent: "03", signature: "07" },
				{ name: "rsa", modulus: "ff".repeat(2049), exponent: "03", signature: "07" },
			]),
		).toEqual(["no such number", "no such number", "a number of 2049 bytes"]);
	});
});

describe.each([
	["secp256r1", "P-256", "sha256"],
	["secp384r1", "P-384", "sha384"],
	["secp521r1", "P-521", "sha512"],
	// A digest longer than the curve counts with its left part.
	["secp256r1", "P-256", "sha512"],
] as const)("ecdsa on %s (%s) with %s", (curve, namedCurve, algorithm) => {
	const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve });
	const { x, y } = publicKey.export({ format: "jwk" });
	const point = `04${[x, y].map((part) => Buffer.from(part as string, "base64url").toString("hex")).join("")}`;
	const text = randomBytes(100);
	const digest = createHash(algorithm).update(text).digest("hex");
	const both = sign(algorithm, text, { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("hex");
	const r = both.slice(0, both.length / 2);
	const s = both.slice(both.length / 2);
	const good: Case = { name: "ecdsa", curve, point, digest, r, s };
	const flip = (text: string) =>
		text[text.length - 1] === "0" ? `${text.slice(0, -1)}1` : `${text.slice(0, -1)}0`;

	test("a signature is good, one that was touched is not", async () => {
		expect(
			await run([
				good,
				{ ...good, r: `00${r}` },
				{ ...good, r: flip(r) },
				{ ...good, s: flip(s) },
				{ ...good, digest: flip(digest.slice(0, 64)) + digest.slice(64) },
				{ ...good, r: s, s: r },
				{ ...good, r: "00", s: "00" },
				{ ...good, r: "", s: "" },
			]),
		).toEqual([true, true, false, false, false, false, false, false]);
	});

	test("what is no point of the curve signs nothing", async () => {
		expect(
			await run([
				{ ...good, point: flip(point) },
				{ ...good, point: point.slice(2) },
				{ ...good, point: `02${point.slice(2, 2 + (point.length - 2) / 2)}` },
				{ ...good, point: "00" },
				{ ...good, point: "" },
				{ ...good, curve: "secp256k1" as never },
			]),
		).toEqual([false, false, false, false, false, "no such curve"]);
	});
});

test("a mask is laid over bytes again and again, without garbage", async () => {
	// RFC 6455, section 5.7.
	const masked = Buffer.from([0x7f, 0x9f, 0x4d, 0x51, 0x58]);
	const long = randomBytes(1003);
	const mask = randomBytes(4);
	expect(
		await run([
			{ name: "xor", bytes: hex("Hello"), mask: "37fa213d" },
			{ name: "xor", bytes: hex(long), mask: hex(mask) },
			{ name: "xor", bytes: "", mask: "37fa213d" },
			{ name: "xor", bytes: "00", mask: "" },
		]),
	).toEqual([hex(masked), hex(long.map((byte, i) => byte ^ mask[i % 4])), "", "invalid mask"]);
});

test("random numbers use all 32 bits, no seed foretells them, and they are no garbage", async () => {
	const run = () => reportOf<{ numbers: number[]; allocated: number }>({ firmware, seed: 1 });
	const [first, second] = [await run(), await run()];
	const numbers = [...first.numbers, ...second.numbers];
	expect(new Set(numbers).size).toBe(128);
	for (const number of numbers) expect(number).toBe(number | 0);
	expect(numbers.reduce((bits, number) => bits | number, 0)).toBe(-1);
	expect(numbers.reduce((bits, number) => bits & number, -1)).toBe(0);
	expect(first.allocated).toBe(0);
});

test("the date begins where the board's does, and the network sets it", async () => {
	const hour = 3_600_000;
	const clock = Date.UTC(2031, 5, 7, 8, 9, 10, 500);
	const unset = await reportOf<Record<string, number | string>>({ firmware, config: { clock }, clock: 0 });
	expect(unset.before).toBeLessThan(hour);
	expect(unset.after).toBeGreaterThanOrEqual(clock);
	expect(unset.after).toBeLessThan(clock + hour);
	expect(unset.text).toMatch(/^2031-06-07T/);
	expect(unset.refused).toBe("invalid time");
	const usual = await reportOf<{ before: number }>({ firmware, config: { clock } });
	expect(Math.abs(usual.before - Date.now())).toBeLessThan(hour);
});

test.each(["", "x", "-1", "4294967296"])('"%s" is no date, and refused', async (seconds) => {
	const device = new Device({ firmware, args: ["--clock", seconds] });
	await expect(device.board.start()).rejects.toThrow("not seconds since 1970, 0 to 4294967295");
	expect(await device.board.ended).toMatchObject({ status: 64 });
});
