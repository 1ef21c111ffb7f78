// A signature is compared as a whole: what the primitives give is put in here.

import { Certificate } from "../../../src/transport/tls/certificate.js";
import { CERTIFICATE_UNSUPPORTED } from "../../../src/transport/tls/reasons.js";
import { type Primitives, signs } from "../../../src/transport/tls/signature.js";
import {
	CA,
	certificate,
	ecPair,
	element,
	type Hash,
	rsaPair,
	sequence,
} from "../../support/certificates.js";
import { crypto } from "../../support/crypto.js";

const pair = rsaPair();
const by = { name: "Root", pair };
const root = new Certificate(certificate({ ...by, extensions: CA }));

/** The block that RSA gives for a certificate with that digest, and how one is judged that differs from it. */
function blockOf(hash: Hash) {
	const leaf = new Certificate(certificate({ pair, by, hash }));
	let block: Uint8Array = new Uint8Array();
	const take = (rsa: Primitives["rsa"]) => signs(root, leaf, { ...crypto, rsa });
	take((...numbers) => (block = crypto.rsa(...numbers)));
	return { block, judged: (other: Uint8Array) => take(() => other) };
}

test.each(["sha256", "sha384", "sha512"] as const)("no byte of the block for %s may differ", (hash) => {
	const { block, judged } = blockOf(hash);
	expect(block).toHaveLength(256);
	expect(judged(block)).toBe(true);
	for (let i = 0; i < block.length; i++)
		for (const bit of [0x01, 0x80, 0xff])
			expect([i, judged(block.map((byte, at) => (at === i ? byte ^ bit : byte)))]).toEqual([i, false]);
});

test("the digest stands at the end, and the padding is as long as it has to be", () => {
	const { block, judged } = blockOf("sha256");
	const info = block.indexOf(0, 2);
	const payload = block.subarray(info + 1);
	for (const padding of [0, 8, 100, info - 3]) {
		const other = new Uint8Array(256).fill(0xff);
		other.set([0, 1]);
		other[2 + padding] = 0;
		other.set(payload, 3 + padding);
		expect([padding, judged(other)]).toEqual([padding, false]);
	}
	// Well-formed, but not as long as the modulus.
	expect(judged(Uint8Array.of(0, 1, ...block.slice(10)))).toBe(false);
	expect(judged(Uint8Array.of(0, 1, 0xff, ...block.slice(2)))).toBe(false);
	expect(judged(block.slice(1))).toBe(false);
	expect(judged(Uint8Array.of(0, ...block))).toBe(false);
	expect(judged(new Uint8Array())).toBe(false);
});

test("DigestInfo without NULL is none, and one with more in its parameters is none", () => {
	const { block, judged } = blockOf("sha256");
	const digest = Buffer.from(block.slice(-32));
	const blockWith = (info: string) => {
		const payload = Buffer.concat([Buffer.from(info, "hex"), digest]);
		return new Uint8Array(
			Buffer.concat([Buffer.of(0, 1), Buffer.alloc(253 - payload.length, 0xff), Buffer.of(0), payload]),
		);
	};
	expect(judged(blockWith("3031300d060960864801650304020105000420"))).toBe(true);
	expect(judged(blockWith("302f300b0609608648016503040201" + "0420"))).toBe(false);
	expect(judged(blockWith(`3041301d06096086480165030402010510${"00".repeat(16)}0420`))).toBe(false);
	expect(judged(blockWith("3041300d060960864801650304020205000430"))).toBe(false);
});

test("what a primitive cannot do is not supported", () => {
	const no = () => {
		throw new Error("no such curve");
	};
	const leaf = new Certificate(certificate({ pair, by }));
	expect(() => signs(root, leaf, { ...crypto, rsa: no })).toThrow(CERTIFICATE_UNSUPPORTED.message);
	const ec = { name: "EC", pair: ecPair("P-521") };
	const issuer = new Certificate(certificate({ ...ec, extensions: CA }));
	const issued = new Certificate(certificate({ pair, by: ec }));
	expect(signs(issuer, issued, crypto)).toBe(true);
	expect(() => signs(issuer, issued, { ...crypto, ecdsa: no })).toThrow(CERTIFICATE_UNSUPPORTED.message);
});

test("ECDSA gets as much of the digest as the curve's order has, and numbers without a 0 in front", () => {
	for (const [curve, size] of [
		["P-256", 32],
		["P-384", 48],
		["P-521", 64],
	] as const) {
		const ec = { name: "EC", pair: ecPair(curve) };
		const issuer = new Certificate(certificate({ ...ec, extensions: CA }));
		for (let i = 0; i < 20; i++) {
			const issued = new Certificate(certificate({ pair, by: ec, hash: "sha512" }));
			const ecdsa: Primitives["ecdsa"] = (name, point, digest, r, s) => {
				expect(digest.byteLength).toBe(size);
				expect(r[0]).not.toBe(0);
				expect(s[0]).not.toBe(0);
				return crypto.ecdsa(name, point, digest, r, s);
			};
			if (i < 2 || curve === "P-256") expect(signs(issuer, issued, { ...crypto, ecdsa })).toBe(true);
		}
	}
});

test.each([
	["P-256", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"],
	[
		"P-384",
		"ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
	],
	[
		"P-521",
		"01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
	],
])("ECDSA on %s: numbers from 1 to the order less 1, whatever the primitive says", (curve, hex) => {
	const ec = { name: "EC", pair: ecPair(curve) };
	const issuer = new Certificate(certificate({ ...ec, extensions: CA }));
	const order = BigInt(`0x${hex}`);
	const number = (value: bigint) => {
		const digits = value.toString(16);
		const bytes = Buffer.from(digits.padStart(digits.length + (digits.length & 1), "0"), "hex");
		return element(0x02, bytes[0] >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
	};
	const judged = (r: bigint, s: bigint) => {
		const signature = sequence(number(r), number(s));
		const leaf = new Certificate(certificate({ pair, by: ec, signature }));
		return signs(issuer, leaf, { ...crypto, ecdsa: () => true });
	};
	for (const value of [1n, 2n, order - 1n, order >> 8n]) {
		expect(judged(value, 1n)).toBe(true);
		expect(judged(1n, value)).toBe(true);
	}
	for (const value of [0n, order, order + 1n, order << 8n, (order << 16n) + 1n]) {
		expect(judged(value, 1n)).toBe(false);
		expect(judged(1n, value)).toBe(false);
	}
});
