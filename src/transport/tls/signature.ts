// Whether a signature is that of a certificate's key: RSASSA-PKCS1-v1_5 and ECDSA with SHA-2. Knows no names and no dates.

import type { DigestName, TlsCapability } from "./capability.js";
import { Algorithm, type Certificate, Curve } from "./certificate.js";
import { Reader, same, Tag, view } from "./der.js";
import { CERTIFICATE_UNSUPPORTED } from "./reasons.js";

/** What signatures and pins are checked with. Throws what is not supported. */
export type Primitives = Pick<TlsCapability, "digest" | "rsa" | "ecdsa">;

export const SHA_256: DigestName = "SHA256";
const SHA_384: DigestName = "SHA384";
const SHA_512: DigestName = "SHA512";

/** DigestInfo of a SHA-256, but for the digest (RFC 8017, section 9.2): the others differ in three bytes. */
const DIGEST_INFO = new Uint8Array([
	0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
	0x20,
]);

const enum At {
	LENGTH = 1,
	HASH = 14,
	DIGEST_LENGTH = 18,
}

// Orders of the curves (FIPS 186-4, appendix D.1.2).
const ORDER_256 = new Uint8Array([
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
	0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
]);
const ORDER_384 = new Uint8Array([
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2,
	0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
]);
const ORDER_521 = new Uint8Array([
	0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa, 0x51, 0x86,
	0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b, 0x7f, 0xcc, 0x01, 0x48, 0xf7, 0x09, 0xa5, 0xd0, 0x3b, 0xb5, 0xc9, 0xb8,
	0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e, 0x91, 0x38, 0x64, 0x09,
]);

/**
 * Whether `issuer`'s key has signed `certificate`. Throws CERTIFICATE_UNSUPPORTED when that cannot be told: for want of the
 * algorithm, or because the host has none for that curve.
 */
export const signs = (issuer: Certificate, certificate: Certificate, crypto: Primitives): boolean => {
	const { algorithm, hash } = certificate;
	if (algorithm === Algorithm.UNKNOWN || issuer.key === Algorithm.UNKNOWN) throw CERTIFICATE_UNSUPPORTED;
	if (algorithm !== issuer.key) return false;
	return isSigned(
		issuer,
		hash === 256 ? SHA_256 : hash === 384 ? SHA_384 : SHA_512,
		certificate.part(certificate.tbs, certificate.tbsEnd),
		certificate.part(certificate.signature, certificate.signatureEnd),
		crypto,
	);
};

/**
 * Whether the key of `signer` has made `signature` of the digest of `content`. Throws CERTIFICATE_UNSUPPORTED when that
 * cannot be told, CERTIFICATE_MALFORMED when an ECDSA signature is not two numbers in DER.
 */
export const isSigned = (
	signer: Certificate,
	hash: DigestName,
	content: Uint8Array,
	signature: Uint8Array,
	crypto: Primitives,
): boolean => {
	const { key } = signer;
	if (key === Algorithm.UNKNOWN) throw CERTIFICATE_UNSUPPORTED;
	const digest = crypto.digest(hash, content);
	return key === Algorithm.RSA
		? isRsaSignature(signer, signature, digest, crypto)
		: isEcdsaSignature(signer, signature, digest, crypto);
};

/** RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2.2). */
const isRsaSignature = (
	signer: Certificate,
	signature: Uint8Array,
	digest: ArrayBuffer,
	crypto: Primitives,
): boolean => {
	const modulus = signer.part(signer.modulus, signer.modulusEnd);
	if (signature.length !== modulus.length || !isBelow(signature, modulus)) return false;
	const exponent = signer.part(signer.exponent, signer.exponentEnd);
	let block: Uint8Array;
	try {
		block = crypto.rsa(modulus, exponent, signature);
	} catch {
		throw CERTIFICATE_UNSUPPORTED;
	}
	return block.length === modulus.length && isBlock(block, new Uint8Array(digest));
};

/**
 * Whether `block` is what EMSA-PKCS1-v1_5 makes of the digest (RFC 8017, section 9.2). It is not taken apart, but compared
 * as a whole: a check that looks for the digest in it accepts forgeries, with bytes behind it or between its parts, where
 * the exponent is 3.
 */
const isBlock = (block: Uint8Array, digest: Uint8Array): boolean => {
	const { length } = digest;
	const end = block.length - length;
	const info = end - DIGEST_INFO.length;
	if (info < 11 || block[0] !== 0 || block[1] !== 1 || block[info - 1] !== 0) return false;
	for (let i = 2; i < info - 1; i++) if (block[i] !== 0xff) return false;
	for (let i = 0; i < DIGEST_INFO.length; i++) {
		let wanted = DIGEST_INFO[i];
		if (i === At.LENGTH) wanted = 0x11 + length;
		else if (i === At.HASH) wanted = length === 32 ? 1 : length === 48 ? 2 : 3;
		else if (i === At.DIGEST_LENGTH) wanted = length;
		if (block[info + i] !== wanted) return false;
	}
	return same(block, end, block.length, digest);
};

/** ECDSA (FIPS 186-4, section 6.4), its signature as in RFC 5480, appendix A. */
const isEcdsaSignature = (
	signer: Certificate,
	signature: Uint8Array,
	digest: ArrayBuffer,
	crypto: Primitives,
): boolean => {
	const { curve } = signer;
	const order = curve === Curve.P_256 ? ORDER_256 : curve === Curve.P_384 ? ORDER_384 : ORDER_521;
	const reader = new Reader(signature);
	const outer = reader.enter(Tag.SEQUENCE);
	const r = readBelow(reader, order);
	const s = readBelow(reader, order);
	reader.leave(outer);
	if (r === undefined || s === undefined || reader.tag() !== 0) return false;
	const point = signer.part(signer.modulus, signer.modulusEnd);
	// As many bits of the digest as the order has: the SDK takes all.
	if (digest.byteLength > curve) digest = digest.slice(0, curve);
	try {
		return crypto.ecdsa(
			curve === Curve.P_256 ? "secp256r1" : curve === Curve.P_384 ? "secp384r1" : "secp521r1",
			point,
			digest,
			r,
			s,
		);
	} catch {
		throw CERTIFICATE_UNSUPPORTED;
	}
};

/** An INTEGER of 1 to `order` - 1; undefined when it is not in that range. */
const readBelow = (reader: Reader, order: Uint8Array): Uint8Array | undefined => {
	reader.natural();
	const value = view(reader.bytes, reader.start, reader.position);
	return value[0] !== 0 && isBelow(value, order) ? value : undefined;
};

/** Whether `a`, which has no 0 in front or is as long, is less than `b`. */
const isBelow = (a: Uint8Array, b: Uint8Array): boolean => {
	if (a.length !== b.length) return a.length < b.length;
	for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] < b[i];
	return false;
};
