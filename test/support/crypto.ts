// The primitives that certificates are checked with: node:crypto's, but for ECDSA, which it does not have for a digest.

import { constants, createHash, createPublicKey, publicDecrypt } from "node:crypto";
import type { Primitives } from "../../src/transport/tls/signature.js";

/** FIPS 186-4, appendix D.1.2. */
interface Curve {
	p: bigint;
	b: bigint;
	n: bigint;
	g: Point;
}

/** Affine; undefined: at infinity. */
type Point = readonly [x: bigint, y: bigint] | undefined;

const CURVES: Record<Parameters<Primitives["ecdsa"]>[0], Curve> = {
	secp256r1: {
		p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
		b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
		n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
		g: [
			0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
			0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
		],
	},
	secp384r1: {
		p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
		b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
		n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
		g: [
			0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
			0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
		],
	},
	secp521r1: {
		p: (1n << 521n) - 1n,
		b: 0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
		n: 0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
		g: [
			0x00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
			0x011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
		],
	},
};

const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);

const mod = (value: bigint, modulus: bigint) => ((value % modulus) + modulus) % modulus;

/** Euclid's. */
function inverse(value: bigint, modulus: bigint): bigint {
	let [a, b] = [mod(value, modulus), modulus];
	let [x, y] = [1n, 0n];
	while (b !== 0n) {
		const quotient = a / b;
		[a, b] = [b, a - quotient * b];
		[x, y] = [y, x - quotient * y];
	}
	return mod(x, modulus);
}

function add({ p }: Curve, a: Point, b: Point): Point {
	if (a === undefined) return b;
	if (b === undefined) return a;
	if (a[0] === b[0] && mod(a[1] + b[1], p) === 0n) return undefined;
	const slope =
		a[0] === b[0] ? (3n * a[0] * a[0] - 3n) * inverse(2n * a[1], p) : (b[1] - a[1]) * inverse(b[0] - a[0], p);
	const x = mod(slope * slope - a[0] - b[0], p);
	return [x, mod(slope * (a[0] - x) - a[1], p)];
}

function multiply(curve: Curve, point: Point, by: bigint): Point {
	let product: Point;
	for (let power = point; by > 0n; by >>= 1n, power = add(curve, power, power))
		if (by & 1n) product = add(curve, product, power);
	return product;
}

export const crypto: Primitives = {
	digest(name, bytes) {
		return Uint8Array.from(createHash(name).update(bytes).digest()).buffer as ArrayBuffer;
	},
	rsa(modulus, exponent, signature) {
		const [n, e] = [modulus, exponent].map((bytes) => Buffer.from(bytes).toString("base64url"));
		const key = createPublicKey({ key: { kty: "RSA", n, e }, format: "jwk" });
		return new Uint8Array(publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature));
	},
	ecdsa(name, bytes, digest, r, s) {
		const curve = CURVES[name];
		const { p, b, n, g } = curve;
		const size = (bytes.length - 1) / 2;
		const [x, y] = [number(bytes.subarray(1, 1 + size)), number(bytes.subarray(1 + size))];
		if (bytes[0] !== 4 || x >= p || y >= p || mod(y * y - x * x * x + 3n * x - b, p) !== 0n) return false;
		// Digests here are never longer than the order, in whole bytes.
		if (digest.byteLength > size) throw new Error("the digest is longer than the order");
		const w = inverse(number(s), n);
		const sum = add(
			curve,
			multiply(curve, g, mod(number(new Uint8Array(digest)) * w, n)),
			multiply(curve, [x, y], mod(number(r) * w, n)),
		);
		return sum !== undefined && mod(sum[0], n) === number(r);
	},
};
