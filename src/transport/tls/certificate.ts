// What has to be known of an X.509 certificate (RFC 5280, section 4). Knows its form, not whether it can be trusted.

import { Reader, same, Tag, view } from "./der.js";
import { CERTIFICATE_MALFORMED } from "./reasons.js";

/** How it is signed, or with which key it may sign. */
export const enum Algorithm {
	/** None that is supported. */
	UNKNOWN,
	RSA,
	ECDSA,
}

/** The curve of an EC key: bytes of a coordinate. */
export const enum Curve {
	NONE = 0,
	P_256 = 32,
	P_384 = 48,
	P_521 = 66,
}

/** Bits of keyUsage (RFC 5280, section 4.2.1.3): its first byte. */
export const enum Usage {
	/** What a server does in TLS: digitalSignature, keyEncipherment, keyAgreement. */
	SERVER = 0xa8,
	KEY_CERT_SIGN = 0x04,
	/** There is no such extension. */
	ANY = 0xff,
}

/** Last bytes of object identifiers. */
const enum Id {
	RSA_ENCRYPTION = 1,
	SHA_256_RSA = 11,
	SHA_512_RSA = 13,
	ECDSA_SHA_256 = 2,
	ECDSA_SHA_512 = 4,
	EC_PUBLIC_KEY = 1,
	P_256 = 7,
	P_384 = 0x22,
	P_521 = 0x23,
	SERVER_AUTH = 1,
	KEY_USAGE = 15,
	SUBJECT_ALT_NAME = 17,
	BASIC_CONSTRAINTS = 19,
	NAME_CONSTRAINTS = 30,
	EXTENDED_KEY_USAGE = 37,
}

// Object identifiers in DER, but for the last byte.
/** pkcs-1: RFC 8017, appendix C. */
export const PKCS_1 = new Uint8Array([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01]);
/** ecdsa-with-SHA2: RFC 5758, section 3.2. */
const ECDSA_SHA_2 = new Uint8Array([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03]);
/** id-publicKeyType: RFC 5480, section 2.1. */
export const EC_KEY = new Uint8Array([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02]);
/** Curves: RFC 5480, section 2.1.1.1. */
const PRIME_CURVE = new Uint8Array([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01]);
const CERTICOM_CURVE = new Uint8Array([0x2b, 0x81, 0x04, 0x00]);
/** id-ce: RFC 5280, section 4.2.1. */
const EXTENSION = new Uint8Array([0x55, 0x1d]);
/** id-kp: RFC 5280, section 4.2.1.12. */
const PURPOSE = new Uint8Array([0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03]);

const enum Bits {
	/** Of an RSA modulus: below it can be broken, above it takes a board too long. */
	LEAST = 2048,
	MOST = 4096,
}

/** Places are offsets in `der`, each with the one behind its end. Made for one check, and dropped after it. */
export class Certificate {
	readonly der: Uint8Array;
	/** Name of who issued it, whole; and its own. */
	issuer = 0;
	issuerEnd = 0;
	subject = 0;
	subjectEnd = 0;
	/** How `tbs` is signed, and the bits of SHA-2 in that. */
	algorithm = Algorithm.UNKNOWN;
	hash = 0;
	/** What is signed. */
	tbs = 0;
	tbsEnd = 0;
	signature = 0;
	signatureEnd = 0;
	/** It is valid from the one to the other, both included; milliseconds since 1970. */
	notBefore = 0;
	notAfter = 0;
	/** Of its public key. */
	key = Algorithm.UNKNOWN;
	curve = Curve.NONE;
	/** The RSA modulus, without a 0 in front, or the point of an EC key, uncompressed. */
	modulus = 0;
	modulusEnd = 0;
	exponent = 0;
	exponentEnd = 0;
	/** 1 to 3; the first two have no extensions. */
	version = 1;
	/** It may have issued others. */
	authority = false;
	/** So many authorities may stand between it and a certificate that is none; -1: any number. */
	pathLength = -1;
	usage = Usage.ANY;
	/** It may be a server's. */
	server = true;
	/** Its SubjectAltName: elements of a SEQUENCE. Both 0 when it has none. */
	names = 0;
	namesEnd = 0;
	/** It asks for something that is not supported. */
	unsupported = false;

	/** Throws CERTIFICATE_MALFORMED. */
	constructor(der: Uint8Array) {
		this.der = der;
		const reader = new Reader(der);
		const whole = reader.enter(Tag.SEQUENCE);
		this.tbs = reader.position;
		const tbs = reader.enter(Tag.SEQUENCE);
		this.readVersion(reader);
		reader.skip(Tag.INTEGER); // the serial number
		if (reader.position === reader.start) throw CERTIFICATE_MALFORMED;
		const inner = reader.position;
		reader.skip(Tag.SEQUENCE);
		const innerEnd = reader.position;
		this.issuer = innerEnd;
		reader.skip(Tag.SEQUENCE);
		this.issuerEnd = reader.position;
		if (reader.start === reader.position) throw CERTIFICATE_MALFORMED; // an issuer has a name
		const validity = reader.enter(Tag.SEQUENCE);
		this.notBefore = time(reader);
		this.notAfter = time(reader);
		reader.leave(validity);
		this.subject = reader.position;
		reader.skip(Tag.SEQUENCE);
		this.subjectEnd = reader.position;
		this.readKey(reader);
		this.readExtensions(reader);
		reader.leave(tbs);
		this.tbsEnd = reader.position;
		const outer = reader.position;
		this.readAlgorithm(reader);
		// What is signed tells the algorithm, too: otherwise it could be exchanged (RFC 5280, section 4.1.1.2).
		if (!same(der, inner, innerEnd, der, outer, reader.position)) throw CERTIFICATE_MALFORMED;
		const signature = reader.enterString(Tag.BIT_STRING);
		this.signature = reader.position;
		this.signatureEnd = reader.position = reader.end;
		reader.leave(signature);
		reader.leave(whole);
		reader.finish();
	}

	private readVersion(reader: Reader): void {
		if (reader.tag() !== Tag.CONTEXT_CONSTRUCTED) return;
		const outer = reader.enter(Tag.CONTEXT_CONSTRUCTED);
		reader.natural();
		const version = reader.last() + 1;
		// Version 1 is the default, which DER leaves out.
		if (reader.position - reader.start !== 1 || version < 2 || version > 3) throw CERTIFICATE_MALFORMED;
		this.version = version;
		reader.leave(outer);
	}

	private readAlgorithm(reader: Reader): void {
		const outer = reader.enter(Tag.SEQUENCE);
		reader.skip(Tag.OBJECT_IDENTIFIER);
		const id = reader.last();
		if (reader.begins(PKCS_1) && id >= Id.SHA_256_RSA && id <= Id.SHA_512_RSA) {
			this.algorithm = Algorithm.RSA;
			this.hash = id === Id.SHA_256_RSA ? 256 : id === Id.SHA_512_RSA ? 512 : 384;
			readNull(reader);
		} else if (reader.begins(ECDSA_SHA_2) && id >= Id.ECDSA_SHA_256 && id <= Id.ECDSA_SHA_512) {
			this.algorithm = Algorithm.ECDSA;
			this.hash = id === Id.ECDSA_SHA_256 ? 256 : id === Id.ECDSA_SHA_512 ? 512 : 384;
		} else reader.position = reader.end; // parameters of we know not what
		reader.leave(outer);
	}

	private readKey(reader: Reader): void {
		const outer = reader.enter(Tag.SEQUENCE);
		const algorithm = reader.enter(Tag.SEQUENCE);
		reader.skip(Tag.OBJECT_IDENTIFIER);
		if (reader.begins(PKCS_1) && reader.last() === Id.RSA_ENCRYPTION) {
			this.key = Algorithm.RSA;
			readNull(reader);
		} else if (reader.begins(EC_KEY) && reader.last() === Id.EC_PUBLIC_KEY) {
			this.key = Algorithm.ECDSA;
			this.curve = readCurve(reader);
		} else reader.position = reader.end;
		reader.leave(algorithm);
		const bits = reader.enterString(Tag.BIT_STRING);
		if (this.key === Algorithm.RSA) this.readRsa(reader);
		else {
			this.modulus = reader.position;
			this.modulusEnd = reader.position = reader.end;
			if (this.key === Algorithm.ECDSA && !this.isPoint()) this.key = Algorithm.UNKNOWN;
		}
		reader.leave(bits);
		reader.leave(outer);
	}

	/** Whether it is a point of a known curve, uncompressed (RFC 5480, section 2.2). */
	private isPoint(): boolean {
		return (
			this.curve !== Curve.NONE &&
			this.modulusEnd - this.modulus === 1 + 2 * this.curve &&
			this.der[this.modulus] === 4
		);
	}

	/** RSAPublicKey (RFC 8017, appendix A.1.1). */
	private readRsa(reader: Reader): void {
		const outer = reader.enter(Tag.SEQUENCE);
		reader.natural();
		this.modulus = reader.start;
		this.modulusEnd = reader.position;
		const odd = reader.last() & 1;
		reader.natural();
		this.exponent = reader.start;
		this.exponentEnd = reader.position;
		reader.leave(outer);
		const { der, modulus, exponent } = this;
		const bits = bitLength(der, modulus, this.modulusEnd);
		// An even modulus or exponent, or 1, is no key; a long exponent would only keep a board busy.
		const size = this.exponentEnd - exponent;
		if (
			odd === 0 ||
			bits < Bits.LEAST ||
			bits > Bits.MOST ||
			size > 4 ||
			(reader.last() & 1) === 0 ||
			(size === 1 && der[exponent] < 3)
		)
			this.key = Algorithm.UNKNOWN;
	}

	private readExtensions(reader: Reader): void {
		if (this.version > 1) {
			// issuerUniqueID and subjectUniqueID
			if (reader.tag() === Tag.CONTEXT + 1) reader.skip(Tag.CONTEXT + 1);
			if (reader.tag() === Tag.CONTEXT + 2) reader.skip(Tag.CONTEXT + 2);
		}
		if (this.version < 3 || reader.tag() !== Tag.CONTEXT_CONSTRUCTED + 3) return;
		const outer = reader.enter(Tag.CONTEXT_CONSTRUCTED + 3);
		const list = reader.enter(Tag.SEQUENCE);
		if (reader.tag() === 0) throw CERTIFICATE_MALFORMED;
		let met = 0;
		while (reader.tag() !== 0) {
			const extension = reader.enter(Tag.SEQUENCE);
			reader.skip(Tag.OBJECT_IDENTIFIER);
			const id = reader.begins(EXTENSION) ? reader.last() : 0;
			const critical = reader.tag() === Tag.BOOLEAN && reader.truth();
			const value = reader.enterString(Tag.OCTET_STRING);
			const bit = this.readExtension(reader, id);
			if (bit === 0) {
				// Constraints must not be ignored, critical or not: they limit what an authority may issue.
				if (critical || id === Id.NAME_CONSTRAINTS) this.unsupported = true;
				reader.position = reader.end;
			}
			if ((met & bit) !== 0) throw CERTIFICATE_MALFORMED; // each once only (RFC 5280, section 4.2)
			met |= bit;
			reader.leave(value);
			reader.leave(extension);
		}
		reader.leave(list);
		reader.leave(outer);
	}

	/** Returns a bit that is this extension's; 0: another one, not read. */
	private readExtension(reader: Reader, id: number): number {
		switch (id) {
			case Id.BASIC_CONSTRAINTS:
				this.readBasicConstraints(reader);
				return 1;
			case Id.KEY_USAGE: {
				reader.skip(Tag.BIT_STRING);
				const size = reader.position - reader.start;
				if (size < 1 || size > 3 || this.der[reader.start] > 7) throw CERTIFICATE_MALFORMED;
				this.usage = size === 1 ? 0 : this.der[reader.start + 1];
				return 2;
			}
			case Id.SUBJECT_ALT_NAME: {
				const outer = reader.enter(Tag.SEQUENCE);
				if (reader.tag() === 0) throw CERTIFICATE_MALFORMED; // at least one (RFC 5280, section 4.2.1.6)
				this.names = reader.position;
				this.namesEnd = reader.end;
				while (reader.tag() !== 0) {
					const tag = reader.tag();
					if ((tag & 0xdf) > Tag.CONTEXT + 8 || tag < Tag.CONTEXT) throw CERTIFICATE_MALFORMED;
					reader.skip(tag);
				}
				reader.leave(outer);
				return 4;
			}
			case Id.EXTENDED_KEY_USAGE: {
				const outer = reader.enter(Tag.SEQUENCE);
				this.server = false;
				do {
					reader.skip(Tag.OBJECT_IDENTIFIER);
					if (reader.begins(PURPOSE) && reader.last() === Id.SERVER_AUTH) this.server = true;
				} while (reader.tag() !== 0);
				reader.leave(outer);
				return 8;
			}
			default:
				return 0;
		}
	}

	private readBasicConstraints(reader: Reader): void {
		const outer = reader.enter(Tag.SEQUENCE);
		if (reader.tag() === Tag.BOOLEAN) this.authority = reader.truth();
		if (reader.tag() === Tag.INTEGER) {
			if (!this.authority) throw CERTIFICATE_MALFORMED;
			reader.natural();
			// No chain here is as long as 255.
			this.pathLength = reader.position - reader.start > 1 ? 0xff : reader.last();
		}
		reader.leave(outer);
	}

	/** What is signed, the signature, and so on, not copied. */
	part(start: number, end: number): Uint8Array {
		return view(this.der, start, end);
	}
}

/** Whether `der` is a certificate with the name of who issued `certificate`: found out without reading all of it. */
export const isNamedAsIssuer = (der: Uint8Array, certificate: Certificate): boolean => {
	const reader = new Reader(der);
	reader.enter(Tag.SEQUENCE);
	reader.enter(Tag.SEQUENCE);
	if (reader.tag() === Tag.CONTEXT_CONSTRUCTED) reader.skip(Tag.CONTEXT_CONSTRUCTED);
	reader.skip(Tag.INTEGER);
	for (let i = 0; i < 3; i++) reader.skip(Tag.SEQUENCE); // signature, issuer, validity
	const subject = reader.position;
	reader.skip(Tag.SEQUENCE);
	return same(der, subject, reader.position, certificate.der, certificate.issuer, certificate.issuerEnd);
};

/** Bits of a number without a 0 in front. */
export const bitLength = (bytes: Uint8Array, start: number, end: number): number => {
	let bits = 8 * (end - start);
	for (let high = bytes[start]; high < 0x80 && bits > 0; high = (high << 1) | 1) bits--;
	return bits;
};

const readNull = (reader: Reader): void => {
	reader.skip(Tag.NULL);
	if (reader.position !== reader.start) throw CERTIFICATE_MALFORMED;
};

const readCurve = (reader: Reader): Curve => {
	// Parameters of a curve instead of its name would let anybody choose them.
	if (reader.tag() === Tag.OBJECT_IDENTIFIER) {
		reader.skip(Tag.OBJECT_IDENTIFIER);
		const id = reader.last();
		if (reader.begins(PRIME_CURVE) && id === Id.P_256) return Curve.P_256;
		if (reader.begins(CERTICOM_CURVE))
			return id === Id.P_384 ? Curve.P_384 : id === Id.P_521 ? Curve.P_521 : Curve.NONE;
	} else reader.position = reader.end;
	return Curve.NONE;
};

/** Two digits at `at`, 0 to 99. */
const digits = (bytes: Uint8Array, at: number): number => {
	const tens = bytes[at] - 0x30;
	const ones = bytes[at + 1] - 0x30;
	if (!(tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9)) throw CERTIFICATE_MALFORMED;
	return 10 * tens + ones;
};

/** UTCTime or GeneralizedTime, in seconds and Z (RFC 5280, section 4.1.2.5), as milliseconds since 1970. */
const time = (reader: Reader): number => {
	const tag = reader.tag();
	const { bytes } = reader;
	let year: number;
	let at: number;
	if (tag === Tag.GENERALIZED_TIME) {
		reader.skip(tag);
		at = reader.start + 4;
		year = 100 * digits(bytes, reader.start) + digits(bytes, reader.start + 2);
	} else {
		reader.skip(Tag.UTC_TIME);
		at = reader.start + 2;
		year = digits(bytes, reader.start);
		year += year < 50 ? 2000 : 1900;
	}
	if (reader.position - at !== 11 || reader.last() !== 0x5a) throw CERTIFICATE_MALFORMED;
	const month = digits(bytes, at);
	const day = digits(bytes, at + 2);
	const hour = digits(bytes, at + 4);
	const minute = digits(bytes, at + 6);
	const second = digits(bytes, at + 8);
	if (
		month < 1 ||
		month > 12 ||
		day < 1 ||
		day > daysOf(month, year) ||
		hour > 23 ||
		minute > 59 ||
		second > 59
	)
		throw CERTIFICATE_MALFORMED;
	return 1000 * (60 * (60 * (24 * daysBefore(day, month, year) + hour) + minute) + second);
};

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

const daysOf = (month: number, year: number): number =>
	month === 2 ? (isLeap(year) ? 29 : 28) : 30 + ((month + (month >> 3)) & 1);

/** Days from 1970-01-01 to this one: `Date` would take 9 KB of flash. */
const daysBefore = (day: number, month: number, year: number): number => {
	const years = year - 1;
	let days = 365 * years + ((years / 4) | 0) - ((years / 100) | 0) + ((years / 400) | 0) - 719_162;
	for (let i = 1; i < month; i++) days += daysOf(i, year);
	return days + day - 1;
};
