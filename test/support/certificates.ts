// X.509 certificates of the tests' own, put together byte by byte: those that openssl would not make, and those that are
// needed by the hundred.

import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** An element in DER. */
export function element(tag: number, ...contents: Uint8Array[]): Buffer {
	const value = Buffer.concat(contents);
	const { length } = value;
	const header =
		length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
	return Buffer.concat([Buffer.of(tag, ...header), value]);
}

export const sequence = (...contents: Uint8Array[]) => element(0x30, ...contents);
export const integer = (...bytes: number[]) => element(0x02, Buffer.from(bytes));
export const truth = (value: boolean) => element(0x01, Buffer.of(value ? 0xff : 0));
export const bits = (bytes: Uint8Array, unused = 0) => element(0x03, Buffer.of(unused), bytes);
export const octets = (bytes: Uint8Array) => element(0x04, bytes);
export const nothing = element(0x05);

/** An object identifier, as "1.2.840.113549.1.1.11". */
export function id(text: string): Buffer {
	const [first, second, ...rest] = text.split(".").map(Number);
	const bytes = [40 * first + second, ...rest].flatMap((arc) => {
		const groups = [arc & 0x7f];
		for (arc >>>= 7; arc > 0; arc >>>= 7) groups.unshift((arc & 0x7f) | 0x80);
		return groups;
	});
	return element(0x06, Buffer.from(bytes));
}

/** A name with a common name only. */
export const nameOf = (text: string) =>
	text === ""
		? sequence()
		: sequence(element(0x31, sequence(id("2.5.4.3"), element(0x0c, Buffer.from(text)))));

/** As digits, in the shorter form until 2049; milliseconds since 1970. */
export function time(at: number): Buffer {
	const digits = `${new Date(at).toISOString().slice(0, 19).replace(/\D/g, "")}Z`;
	return digits < "2050" ? utcTime(digits.slice(2)) : generalizedTime(digits);
}
export const utcTime = (digits: string) => element(0x17, Buffer.from(digits));
export const generalizedTime = (digits: string) => element(0x18, Buffer.from(digits));

export const SHA_RSA = {
	sha1: "1.2.840.113549.1.1.5",
	sha256: "1.2.840.113549.1.1.11",
	sha384: "1.2.840.113549.1.1.12",
	sha512: "1.2.840.113549.1.1.13",
};
export const SHA_ECDSA = {
	sha1: "1.2.840.10045.4.1",
	sha256: "1.2.840.10045.4.3.2",
	sha384: "1.2.840.10045.4.3.3",
	sha512: "1.2.840.10045.4.3.4",
};

export type Hash = keyof typeof SHA_RSA;

export interface Pair {
	publicKey: KeyObject;
	privateKey: KeyObject;
}

export const rsaPair = (modulusLength = 2048, publicExponent = 65_537): Pair =>
	generateKeyPairSync("rsa", { modulusLength, publicExponent });

export const ecPair = (namedCurve: string): Pair => generateKeyPairSync("ec", { namedCurve });

export const algorithm = (pair: Pair, hash: Hash) =>
	pair.privateKey.asymmetricKeyType === "rsa"
		? sequence(id(SHA_RSA[hash]), nothing)
		: sequence(id(SHA_ECDSA[hash]));

export const extension = (name: string, value: Uint8Array, critical = false) =>
	sequence(id(name), ...(critical ? [truth(true)] : []), octets(value));

export const basicConstraints = (ca: boolean, pathLength?: number) =>
	extension(
		"2.5.29.19",
		sequence(...(ca ? [truth(true)] : []), ...(pathLength === undefined ? [] : [integer(pathLength)])),
		true,
	);
/** The first byte of keyUsage, as certificate.ts has it. */
export const keyUsage = (byte: number) => extension("2.5.29.15", bits(Buffer.of(byte)), true);
export const purposes = (...names: string[]) => extension("2.5.29.37", sequence(...names.map(id)));
export const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
export const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
export const ANY_PURPOSE = "2.5.29.37.0";

export const dns = (name: string | Uint8Array) => element(0x82, Buffer.from(name as string, "latin1"));
export const address = (...bytes: number[]) => element(0x87, Buffer.from(bytes));
export const names = (...list: Uint8Array[]) => extension("2.5.29.17", sequence(...list));

export const CERT_SIGN = 0x04;
export const SIGN_AND_ENCRYPT = 0xa0;
const DAY = 86_400_000;

export interface Parts {
	/** Its name. Default "localhost". */
	name?: string;
	pair: Pair;
	/** Who signs it. Default: itself. */
	by?: Issuer;
	/** Default "sha256". */
	hash?: Hash;
	/** Written as it stands in a certificate: 2 is version 3, the default. */
	version?: number;
	/** Default: a day before now. */
	from?: number | Uint8Array;
	/** Default: 30 days from now. */
	to?: number | Uint8Array;
	/** Default: those of a server for localhost. */
	extensions?: readonly Uint8Array[];
	/** What is in place of these: algorithm inside and outside, key. */
	inner?: Uint8Array;
	outer?: Uint8Array;
	spki?: Uint8Array;
	/** What is in place of the signature. */
	signature?: Uint8Array;
	/** Behind the extensions, inside; behind the signature. */
	moreInside?: Uint8Array;
	moreOutside?: Uint8Array;
	serial?: Uint8Array;
}

export interface Issuer {
	name: string;
	pair: Pair;
}

export const SERVER: readonly Uint8Array[] = [
	basicConstraints(false),
	keyUsage(SIGN_AND_ENCRYPT),
	names(dns("localhost")),
];
export const CA: readonly Uint8Array[] = [basicConstraints(true), keyUsage(CERT_SIGN)];

const NONE = Buffer.alloc(0);
let count = 0;

/** A certificate in DER. */
export function certificate(parts: Parts): Uint8Array {
	const { name = "localhost", pair, hash = "sha256", version = 2, extensions = SERVER } = parts;
	const by = parts.by ?? { name, pair };
	const inner = parts.inner ?? algorithm(by.pair, hash);
	const when = (at: number | Uint8Array | undefined, days: number) =>
		at instanceof Uint8Array ? at : time(at ?? Date.now() + days * DAY);
	const serial = ++count;
	const tbs = sequence(
		...(version === 0 ? [] : [element(0xa0, integer(version))]),
		parts.serial ?? integer(1, serial >> 16, serial >> 8, serial),
		inner,
		nameOf(by.name),
		sequence(when(parts.from, -1), when(parts.to, 30)),
		nameOf(name),
		parts.spki ?? pair.publicKey.export({ type: "spki", format: "der" }),
		...(extensions.length === 0 ? [] : [element(0xa3, sequence(...extensions))]),
		parts.moreInside ?? NONE,
	);
	return new Uint8Array(
		sequence(
			tbs,
			parts.outer ?? inner,
			bits(parts.signature ?? sign(hash, tbs, by.pair.privateKey)),
			parts.moreOutside ?? NONE,
		),
	);
}

/** DER as PEM text. */
export const pem = (der: Uint8Array, label = "CERTIFICATE") =>
	`-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64").replace(/.{64}/g, "$&\n").trim()}\n-----END ${label}-----\n`;
