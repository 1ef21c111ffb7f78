// Signatures that nobody's key has made, and that careless checks accept.

import { createHash } from "node:crypto";

/** Numbers as ECDSA has them in DER: r and s. */
const encode = (...numbers: readonly Buffer[]): Buffer => {
	const content = Buffer.concat(numbers.map((each) => Buffer.concat([Buffer.of(2, each.length), each])));
	return Buffer.concat([Buffer.of(0x30, content.length), content]);
};

/** r and s are 0: who does not ask for their range may compute for ever, or that it is right for any key and any text. */
export const zeros = (): Buffer => encode(Buffer.alloc(1), Buffer.alloc(1));

/** DigestInfo of a SHA-256, but for the digest (RFC 8017, section 9.2). */
const DIGEST_INFO = Buffer.from("3031300d060960864801650304020105000420", "hex");

/** Bytes that the forged block has behind its digest: so many that a cube has to have its way with them. */
const BEHIND = 112;

/**
 * For an RSA key with the exponent 3, of 2048 bits: the block that its cube is begins as one that a key has made, without
 * its padding, and has anything behind the digest (Bleichenbacher 2006).
 */
export const cubeRoot = (content: Uint8Array): Buffer => {
	const digest = createHash("sha256").update(content).digest();
	const front = Buffer.concat([Buffer.of(1, 0), DIGEST_INFO, digest]);
	const block = BigInt(`0x${front.toString("hex")}${"00".repeat(BEHIND)}`);
	let low = 0n;
	let high = 1n << 512n;
	while (low < high) {
		const middle = (low + high) >> 1n;
		if (middle ** 3n < block) low = middle + 1n;
		else high = middle;
	}
	const made = (low ** 3n).toString(16).padStart(2 * (front.length + BEHIND), "0");
	if (!made.startsWith(front.toString("hex"))) throw new Error("no cube begins like this");
	return Buffer.from(low.toString(16).padStart(512, "0"), "hex");
};
