// The client's private key: RSA in PKCS#8, or PKCS#1, which is wrapped; other keys are refused by name. What a key holds is
// never shown.

import { Reason } from "../../wire/reason.js";
import { bitLength, EC_KEY, PKCS_1 } from "./certificate.js";
import { Reader, Tag, view } from "./der.js";

/** Last bytes of object identifiers. */
const enum Id {
	RSA_ENCRYPTION = 1,
	EC_PUBLIC_KEY = 1,
}

// Object identifiers in DER, but for the last byte.
/** id-dsa: RFC 3279, section 2.3.2. */
const DSA = new Uint8Array([0x2a, 0x86, 0x48, 0xce, 0x38, 0x04]);
/** X25519, X448, Ed25519 and Ed448: RFC 8410, section 3. */
const EDWARDS = new Uint8Array([0x2b, 0x65]);

/** PKCS#8 of an RSA key up to the key itself (RFC 5958, section 2), without its two lengths. */
const PKCS_8 = new Uint8Array([
	0x30, 0x82, 0, 0, 0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
	0x01, 0x05, 0x00, 0x04, 0x82, 0, 0,
]);

const enum Wrapped {
	/** Where its lengths are, and the first byte that each counts. */
	LENGTH = 2,
	CONTENTS = 4,
	KEY_LENGTH = 24,
	KEY = 26,
}

const enum Least {
	/** Bits of a modulus. */
	BITS = 2048,
	/** Numbers of a DSA key in its older format, one of RSA has 9, a public one 2. */
	DSA = 6,
}

const enum Most {
	BITS = 4096,
}

/** An RSA key of 2048 to 4096 bits. */
export interface PrivateKey {
	/** PKCS#8. A copy only where it had to be wrapped. */
	der: Uint8Array;
	/** Without a 0 in front. */
	modulus: Uint8Array;
}

/** Throws RangeError, which begins with `what` and says what `der` is instead. */
export const readKey = (what: string, der: Uint8Array): PrivateKey => {
	try {
		return read(what, der);
	} catch (error) {
		if (!(error instanceof Reason)) throw error;
		throw new RangeError(`${what} is no private key in PEM or DER, or was cut`);
	}
};

const refuse = (what: string, is: string): RangeError =>
	new RangeError(`${what} is ${is}: it has to be an RSA key, in PKCS#8 or PKCS#1, not encrypted`);

/** Throws a Reason when it is not well-formed. */
const read = (what: string, der: Uint8Array): PrivateKey => {
	const reader = new Reader(der);
	const whole = reader.enter(Tag.SEQUENCE);
	if (reader.tag() !== Tag.INTEGER) throw refuse(what, withoutVersion(reader));
	reader.natural();
	const version = reader.last();
	if (reader.tag() === Tag.OCTET_STRING) throw refuse(what, "an EC key"); // RFC 5915
	if (reader.tag() === Tag.SEQUENCE) {
		readAlgorithm(what, reader);
		const key = reader.enterString(Tag.OCTET_STRING);
		const modulus = readRsa(what, reader);
		reader.leave(key);
		if (reader.tag() === Tag.CONTEXT_CONSTRUCTED) reader.skip(Tag.CONTEXT_CONSTRUCTED); // attributes
		reader.leave(whole);
		reader.finish();
		if (version !== 0) throw new RangeError(`${what} is of version ${version} of PKCS#8: 0 is known`);
		return { der, modulus };
	}
	let numbers = 1;
	for (; reader.tag() === Tag.INTEGER; numbers++) reader.natural();
	reader.leave(whole);
	if (numbers <= Least.DSA) throw refuse(what, numbers === Least.DSA ? "a DSA key" : "a public key");
	const again = new Reader(der);
	const modulus = readRsa(what, again);
	again.finish();
	return { der: wrap(der), modulus };
};

/** AlgorithmIdentifier of PKCS#8. */
const readAlgorithm = (what: string, reader: Reader): void => {
	const algorithm = reader.enter(Tag.SEQUENCE);
	reader.skip(Tag.OBJECT_IDENTIFIER);
	const id = reader.last();
	if (reader.begins(EC_KEY) && id === Id.EC_PUBLIC_KEY) throw refuse(what, "an EC key");
	if (reader.begins(EDWARDS)) throw refuse(what, "an Ed25519 key or one like it");
	if (reader.begins(DSA)) throw refuse(what, "a DSA key");
	if (!reader.begins(PKCS_1) || id !== Id.RSA_ENCRYPTION) throw refuse(what, "a key of another kind");
	reader.skip(Tag.NULL);
	reader.leave(algorithm);
};

/** What it is if it does not begin with a version. */
const withoutVersion = (reader: Reader): string => {
	const first = reader.enter(Tag.SEQUENCE);
	// A certificate's first part has parts in it, or begins with a number; the others' with an algorithm.
	const isCertificate = reader.tag() !== Tag.OBJECT_IDENTIFIER;
	reader.position = reader.end;
	reader.leave(first);
	if (isCertificate) return "a certificate";
	return reader.tag() === Tag.OCTET_STRING ? "encrypted" : "a public key";
};

/** RSAPrivateKey (RFC 8017, appendix A.1.2) with two primes. Returns the modulus. */
const readRsa = (what: string, reader: Reader): Uint8Array => {
	const outer = reader.enter(Tag.SEQUENCE);
	reader.natural();
	if (reader.last() !== 0) throw refuse(what, "a key of more than two primes");
	reader.natural();
	const modulus = view(reader.bytes, reader.start, reader.position);
	// publicExponent, privateExponent, prime1, prime2, exponent1, exponent2, coefficient
	for (let i = 0; i < 7; i++) reader.natural();
	reader.leave(outer);
	const bits = bitLength(modulus, 0, modulus.length);
	if (bits < Least.BITS || bits > Most.BITS)
		throw new RangeError(`${what} has ${bits} bits: it may have ${Least.BITS} to ${Most.BITS}`);
	return modulus;
};

/** PKCS#8 around PKCS#1, which at its length always takes two bytes for that. */
const wrap = (key: Uint8Array): Uint8Array => {
	const der = new Uint8Array(Wrapped.KEY + key.length);
	der.set(PKCS_8);
	der.set(key, Wrapped.KEY);
	putWord(der, Wrapped.LENGTH, der.length - Wrapped.CONTENTS);
	putWord(der, Wrapped.KEY_LENGTH, key.length);
	return der;
};

const putWord = (bytes: Uint8Array, at: number, value: number): void => {
	bytes[at] = value >> 8;
	bytes[at + 1] = value;
};
