// The SDK's cryptographic primitives against OpenSSL's: what they make of its digests, RSA and ECDSA signatures.

import { constants, createHash, generateKeyPairSync, privateEncrypt, randomBytes, sign } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What the firmware calls, with what, and what has to come of it. */
type Vector = [primitive: string, args: string[], result: string];

const flipped = (bytes: Buffer, at: number) => {
	const copy = Buffer.from(bytes);
	copy[at < 0 ? copy.length + at : at] ^= 1;
	return copy;
};

function digests(): Vector[] {
	const vectors: Vector[] = [];
	for (const length of [1, 55, 56, 64, 111, 112, 128, 1000]) {
		const data = randomBytes(length);
		for (const name of ["SHA1", "SHA256", "SHA384", "SHA512"]) {
			const args = [name, data.toString("hex")];
			const result = createHash(name).update(data).digest("hex");
			vectors.push(["digest", args, result], ["part", args, result]);
		}
	}
	return vectors;
}

function rsa(): Vector[] {
	const vectors: Vector[] = [];
	for (const [modulusLength, publicExponent] of [
		[2048, 65_537],
		[2048, 3],
		[3072, 65_537],
		[4096, 65_537],
	]) {
		const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength, publicExponent });
		const { n, e } = publicKey.export({ format: "jwk" });
		const [modulus, exponent] = [n!, e!].map((text) => Buffer.from(text, "base64url").toString("hex"));
		// As padding has it, zeros in front; and at random.
		for (const start of [[0, 1, 255], [0, 0, 0, 0, 7], [1]]) {
			const block = Buffer.concat([Buffer.from(start), randomBytes(modulusLength / 8 - start.length)]);
			if (start[0] !== 0) block[0] = 1;
			const signature = privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, block);
			vectors.push(["rsa", [modulus, exponent, signature.toString("hex")], block.toString("hex")]);
		}
	}
	return vectors;
}

function ecdsa(): Vector[] {
	const vectors: Vector[] = [];
	for (const [curve, namedCurve, size] of [
		["secp256r1", "P-256", 32],
		["secp384r1", "P-384", 48],
	] as const)
		for (const hash of ["SHA256", "SHA384"] as const) {
			const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve });
			const { x, y } = publicKey.export({ format: "jwk" });
			const point = Buffer.concat([Buffer.of(4), Buffer.from(x!, "base64url"), Buffer.from(y!, "base64url")]);
			const data = randomBytes(100);
			const signature = sign(hash, data, { key: privateKey, dsaEncoding: "ieee-p1363" });
			const digest = createHash(hash).update(data).digest().subarray(0, size);
			const add = (result: boolean, p: Buffer, d: Buffer, r: Buffer, s: Buffer) =>
				vectors.push(["ecdsa", [curve, ...[p, d, r, s].map((each) => each.toString("hex"))], `${result}`]);
			const [r, s] = [signature.subarray(0, size), signature.subarray(size)];
			add(true, point, digest, r, s);
			add(false, point, flipped(digest, 0), r, s);
			add(false, point, digest, flipped(r, -1), s);
			add(false, point, digest, r, flipped(s, -1));
			add(false, flipped(point, -1), digest, r, s); // no point of the curve
			add(false, point, digest, s, r);
		}
	vectors.push([
		"ecdsa",
		["secp521r1", "04", "00", "01", "01"],
		"RangeError: the SDK has no curve secp521r1",
	]);
	return vectors;
}

export const vectors = (): Vector[] => [...digests(), ...rsa(), ...ecdsa()];

/** Writes the module that the firmware imports as "primitives/vectors". */
export function writeVectors(folder: string, all: readonly Vector[]): void {
	mkdirSync(folder, { recursive: true });
	const asked = all.map(([primitive, args]) => [primitive, args]);
	writeFileSync(join(folder, "vectors.js"), `export const vectors = ${JSON.stringify(asked)};\n`);
}
