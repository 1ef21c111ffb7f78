// The option `tls` of a Client, checked at its construction: what cannot work throws, with the value and the rule. Secrets
// are never shown.

import { show } from "../../wire/quote.js";
import { Reason } from "../../wire/reason.js";
import { utf8Length, writeUtf8 } from "../../wire/utf8.js";
import { Algorithm, Certificate, isNamedAsIssuer } from "./certificate.js";
import { same } from "./der.js";
import { readKey } from "./key.js";
import { encodeHost } from "./name.js";
import type { TlsOptions } from "./options.js";
import { type Block, readPem } from "./pem.js";

/** What a connection needs of the options. What was given as DER is not copied. */
export interface TlsSettings {
	/** Certificates of authorities, DER. The clock is needed if there are any. */
	readonly cas: readonly Uint8Array[];
	/** 32 bytes each. There is one at least, or one of `cas`. */
	readonly pins: readonly Uint8Array[];
	/** DER, the client's own first; none: it has no certificate. */
	readonly clientCertificates: readonly Uint8Array[];
	/** PKCS#8, DER. There if there is a certificate. */
	readonly clientKey: Uint8Array | undefined;
	/** Without a dot at the end. Undefined: the current host. */
	readonly serverName: string | undefined;
	readonly alpn: readonly string[];
	/** Bytes of the longest record to accept. */
	readonly fragmentLength: number;
}

const NAMES = Object.freeze([
	"ca",
	"pin",
	"certificate",
	"key",
	"serverName",
	"alpn",
	"fragmentLength",
] as const);

const enum Size {
	/** Bytes of a SHA-256. */
	PIN = 32,
	/** Characters of one with a colon between each two digits. */
	PIN_WITH_COLONS = 95,
	/** Bytes of an application protocol's name (RFC 7301, section 3.1). */
	PROTOCOL = 255,
	/** Of them, so that a ClientHello stays short. */
	PROTOCOLS = 16,
	FRAGMENT = 4096,
}

const enum Char {
	/** The first byte of DER: a SEQUENCE. */
	SEQUENCE = 0x30,
	ZERO = 0x30,
	NINE = 0x39,
	COLON = 0x3a,
	LOWER_A = 0x61,
	LOWER_F = 0x66,
}

/** What an error text shows of a value that is wrong: nothing that is long enough for a key in the wrong place. */
const reveal = (value: unknown): string => {
	if (typeof value === "string" && value.length > Size.PROTOCOL + 1)
		return `a text of ${value.length} characters`;
	return typeof value === "object" && value !== null ? "an object" : show(value);
};

/**
 * Throws TypeError or RangeError, with the value and the rule.
 * @param hosts the broker's: what a certificate has to be for, without a serverName
 */
export const checkTls = (options: TlsOptions, hosts: readonly string[] = []): TlsSettings => {
	if (typeof options !== "object" || options === null)
		throw new TypeError(`tls is ${reveal(options)}: it must be an object with ca or pin`);
	for (const name in options) checkKnown(name);
	const { ca, pin, certificate, key, serverName, alpn } = options;
	const cas = readCertificates("tls.ca", ca);
	for (let i = 0; i < cas.length; i++) checkAuthority(`tls.ca, certificate ${i + 1},`, cas[i]);
	const pins = readPins(pin);
	if (cas.length === 0 && pins.length === 0)
		throw new TypeError(
			"tls has neither ca nor pin: without one the broker could be anybody. Give the certificate of the authority " +
				"that issued the broker's (ca), or the SHA-256 of the broker's own (pin)",
		);
	if (cas.length > 0 && serverName === undefined)
		for (let i = 0; i < hosts.length; i++) checkName("host", hosts[i]);
	const clientCertificates = readCertificates("tls.certificate", certificate);
	return {
		cas,
		pins,
		clientCertificates,
		clientKey: checkKey(clientCertificates, key),
		serverName: checkServerName(serverName),
		alpn: checkAlpn(alpn),
		fragmentLength: checkFragmentLength(options.fragmentLength),
	};
};

/** Those for one host. One that is not of `hosts` comes from a redirect: it is its own name that the certificate has to be for. */
export const settingsFor = (settings: TlsSettings, host: string, hosts: readonly string[]): TlsSettings =>
	settings.serverName === undefined || hosts.indexOf(host) >= 0
		? settings
		: { ...settings, serverName: undefined };

const checkKnown = (name: string): void => {
	for (let i = 0; i < NAMES.length; i++) if (NAMES[i] === name) return;
	throw new TypeError(
		`tls.${name} is not an option: ca, pin, certificate, key, serverName, alpn and fragmentLength are. None turns ` +
			"verification off: a broker whose certificate signed itself is trusted by its pin",
	);
};

/** The items of an option that may be a list. */
const listOf = <T>(value: T | readonly T[] | undefined): readonly T[] =>
	value === undefined ? [] : Array.isArray(value) ? value : [value as T];

/** What is no text, as bytes, not copied: also what only behaves as an ArrayBuffer, as resources of the Moddable SDK do. */
const bytesOf = (what: string, value: unknown): Uint8Array => {
	if (value instanceof Uint8Array) return value;
	if (typeof value !== "object" || value === null || !((value as ArrayBuffer).byteLength > 0))
		throw new TypeError(`${what} is of type ${typeof value}: it must be PEM text, or DER as bytes`);
	return new Uint8Array(value as ArrayBuffer);
};

/** What it holds: a block without label is DER. */
const readBlocks = (what: string, value: unknown): Block[] => {
	if (typeof value !== "string") {
		const bytes = bytesOf(what, value);
		if (bytes[0] === Char.SEQUENCE) return [{ label: "", der: bytes }];
		value = bytes;
	}
	const blocks = readPem(what, value as string | Uint8Array);
	if (blocks.length === 0)
		throw new RangeError(
			`${what} is neither PEM, which has a line -----BEGIN, nor DER, which begins with byte 0x30`,
		);
	return blocks;
};

const readCertificates = (what: string, value: unknown): Uint8Array[] => {
	const certificates: Uint8Array[] = [];
	const items = listOf(value);
	for (let i = 0; i < items.length; i++) {
		const blocks = readBlocks(what, items[i]);
		for (let j = 0; j < blocks.length; j++) {
			const { label, der } = blocks[j];
			if (label !== "" && label !== "CERTIFICATE")
				throw new RangeError(`${what} has a block "${label}": it may have blocks "CERTIFICATE" only`);
			certificates.push(der);
		}
	}
	if (value !== undefined && certificates.length === 0)
		throw new RangeError(`${what} is an empty list: it must have at least one certificate`);
	return certificates;
};

const parse = (what: string, der: Uint8Array): Certificate => {
	try {
		return new Certificate(der);
	} catch (error) {
		if (!(error instanceof Reason)) throw error;
		throw new RangeError(`${what} is no certificate, or was cut: it must be one of X.509, in PEM or DER`);
	}
};

const checkAuthority = (what: string, der: Uint8Array): void => {
	const { key, unsupported } = parse(what, der);
	if (key === Algorithm.UNKNOWN)
		throw new RangeError(
			`${what} has a key that is not supported: RSA with 2048 to 4096 bits and EC keys on P-256, P-384 and P-521 are`,
		);
	if (unsupported)
		throw new RangeError(`${what} has a critical extension, or name constraints, which are not supported`);
};

const checkKey = (certificates: readonly Uint8Array[], key: unknown): Uint8Array | undefined => {
	if (key === undefined) {
		if (certificates.length === 0) return undefined;
		throw new TypeError("tls.certificate is given without tls.key: the broker wants a proof that it is ours");
	}
	if (certificates.length === 0)
		throw new TypeError(
			"tls.key is given without tls.certificate: the broker knows a key by its certificate",
		);
	const blocks = readBlocks("tls.key", key);
	let found = blocks[0];
	// Beside the key there may be its certificate, and the parameters of a curve.
	for (let i = blocks.length - 1; i >= 0; i--) if (blocks[i].label.endsWith("PRIVATE KEY")) found = blocks[i];
	const { der, modulus } = readKey("tls.key", found.der);
	let issued: Certificate | undefined;
	for (let i = 0; i < certificates.length; i++) {
		const what = `tls.certificate, certificate ${i + 1},`;
		const certificate = parse(what, certificates[i]);
		if (issued === undefined) checkOwn(what, certificate, modulus);
		else if (!isNamedAsIssuer(certificates[i], issued))
			throw new RangeError(
				`${what} is not the issuer of the one before it: the client's own is the first, each one's issuer the next`,
			);
		issued = certificate;
	}
	return der;
};

/** The client's own certificate has the public part of its key. */
const checkOwn = (what: string, certificate: Certificate, modulus: Uint8Array): void => {
	if (certificate.key !== Algorithm.RSA)
		throw new RangeError(`${what} has no RSA key of 2048 to 4096 bits: the client's own must have one`);
	if (!same(certificate.der, certificate.modulus, certificate.modulusEnd, modulus))
		throw new RangeError(
			`${what} is not that of tls.key: the client's own must be the first, and its key be given`,
		);
};

const readPins = (pin: TlsOptions["pin"]): Uint8Array[] => {
	const pins: Uint8Array[] = [];
	const items = listOf<string | Uint8Array>(pin);
	for (let i = 0; i < items.length; i++) pins.push(readPin(items[i]));
	if (pin !== undefined && pins.length === 0)
		throw new RangeError("tls.pin is an empty list: it must have at least one SHA-256");
	return pins;
};

const readPin = (pin: string | Uint8Array): Uint8Array => {
	const bytes = typeof pin === "string" ? readHex(pin) : pin;
	if (bytes instanceof Uint8Array && bytes.length === Size.PIN) return bytes;
	throw new RangeError(
		`tls.pin is ${reveal(pin)}: it must be the SHA-256 of the broker's certificate, 64 hexadecimal digits or 32 bytes, ` +
			"as openssl x509 -noout -fingerprint -sha256 tells it",
	);
};

/** 32 bytes, or undefined. A colon stands between all digits of two bytes, or between none. */
const readHex = (text: string): Uint8Array | undefined => {
	const length = utf8Length(text);
	if (length !== 2 * Size.PIN && length !== Size.PIN_WITH_COLONS) return undefined;
	const chars = new Uint8Array(length);
	writeUtf8(text, chars, 0);
	const bytes = new Uint8Array(Size.PIN);
	const step = length === Size.PIN_WITH_COLONS ? 3 : 2;
	for (let i = 0, at = 0; i < Size.PIN; i++, at += step) {
		const value = (hexDigit(chars[at]) << 4) | hexDigit(chars[at + 1]);
		if (value < 0 || (step === 3 && i > 0 && chars[at - 1] !== Char.COLON)) return undefined;
		bytes[i] = value;
	}
	return bytes;
};

/** Below 0: it is none. */
const hexDigit = (char: number): number => {
	if (char >= Char.ZERO && char <= Char.NINE) return char - Char.ZERO;
	const small = char | 0x20;
	return small >= Char.LOWER_A && small <= Char.LOWER_F ? small - Char.LOWER_A + 10 : -1;
};

/** A certificate can be for it. */
const checkName = (what: string, name: unknown): void => {
	if (typeof name === "string" && encodeHost(name) !== undefined) return;
	throw new RangeError(
		`${what} is ${reveal(name)}: it must be a host name, letters of other scripts as punycode (xn--...), or an IPv4 ` +
			"address that the certificate has",
	);
};

const checkServerName = (name: string | undefined): string | undefined => {
	if (name === undefined) return undefined;
	checkName("tls.serverName", name);
	return name.endsWith(".") ? name.slice(0, -1) : name;
};

const checkAlpn = (alpn: TlsOptions["alpn"]): readonly string[] => {
	const protocols = listOf<string>(alpn);
	if (alpn !== undefined && (protocols.length < 1 || protocols.length > Size.PROTOCOLS))
		throw new RangeError(
			`tls.alpn is a list of ${protocols.length}: it may have 1 to ${Size.PROTOCOLS} application protocols`,
		);
	for (let i = 0; i < protocols.length; i++) {
		const protocol: unknown = protocols[i];
		const length = typeof protocol === "string" ? utf8Length(protocol) : 0;
		if (length < 1 || length > Size.PROTOCOL)
			throw new RangeError(
				`tls.alpn has ${reveal(protocol)}: a protocol's name has 1 to ${Size.PROTOCOL} bytes`,
			);
	}
	return protocols.slice();
};

const checkFragmentLength = (length: number | undefined): number => {
	if (length === undefined) return Size.FRAGMENT;
	if (length === 512 || length === 1024 || length === 2048 || length === 4096 || length === 16_384)
		return length;
	throw new RangeError(`tls.fragmentLength is ${reveal(length)}: it must be 512, 1024, 2048, 4096 or 16384`);
};
