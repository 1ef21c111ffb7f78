// What brokers, and those who pretend to be one, may send, and what has to be said to it. Made anew each time; judged in
// Node and in the real engine.

import { createHash } from "node:crypto";
import type * as reasons from "../../../src/transport/tls/reasons.js";
import {
	ANY_PURPOSE,
	address,
	algorithm,
	basicConstraints,
	bits,
	CA,
	CERT_SIGN,
	CLIENT_AUTH,
	certificate,
	dns,
	ecPair,
	element,
	extension,
	generalizedTime,
	id,
	integer,
	keyUsage,
	names,
	nothing,
	octets,
	type Parts,
	purposes,
	rsaPair,
	SERVER,
	SERVER_AUTH,
	SHA_RSA,
	SIGN_AND_ENCRYPT,
	sequence,
	truth,
	utcTime,
} from "../../support/certificates.js";

export interface Case {
	name: string;
	/** As the broker sends them. */
	certificates: Uint8Array[];
	ca?: Uint8Array[];
	pin?: Uint8Array[];
	/** Default "localhost". */
	host?: string;
	serverName?: string;
	/** Milliseconds since 1970. Default: now. */
	now?: number;
	/** The reason's name; undefined: trusted. */
	wanted: keyof typeof reasons | undefined;
	/** Length of the path, when it is trusted. */
	path?: number;
}

const DAY = 86_400_000;

export const keys = {
	root: rsaPair(),
	other: rsaPair(),
	server: rsaPair(),
	attacker: rsaPair(),
	weak: rsaPair(1024),
	three: rsaPair(2048, 3),
	p256: ecPair("P-256"),
	p384: ecPair("P-384"),
	p521: ecPair("P-521"),
	k256: ecPair("secp256k1"),
};

export const ROOT = { name: "Root", pair: keys.root };
export const MIDDLE = { name: "Middle", pair: keys.other };
const SECOND = { name: "Second", pair: keys.p256 };
const ATTACKER = { name: "Attacker", pair: keys.attacker };

export const root = certificate({ ...ROOT, extensions: CA });
export const middle = certificate({ ...MIDDLE, by: ROOT, extensions: CA });
const second = certificate({ ...SECOND, by: MIDDLE, extensions: CA });
/** The broker's own. */
export const server = (parts: Partial<Parts> = {}) => certificate({ pair: keys.server, by: ROOT, ...parts });
const real = server();
/** One of the broker's with these extensions. */
const having = (...extensions: Uint8Array[]) => server({ extensions });
const named = (...list: Uint8Array[]) => having(names(...list));
/** An authority below the root, and what it has issued. */
const through = (extensions: readonly Uint8Array[], parts: Partial<Parts> = {}) => [
	server({ by: MIDDLE }),
	certificate({ ...MIDDLE, by: ROOT, extensions, ...parts }),
];
const sha256 = (der: Uint8Array) => new Uint8Array(createHash("sha256").update(der).digest());

const good = (name: string, certificates: Uint8Array[], more: Partial<Case> = {}): Case => ({
	name,
	certificates,
	ca: [root],
	wanted: undefined,
	...more,
});
const bad = (
	name: string,
	wanted: keyof typeof reasons,
	certificates: Uint8Array[],
	more: Partial<Case> = {},
): Case => ({ name, certificates, ca: [root], wanted, ...more });

const chains: Case[] = [
	good("a leaf that the CA signed", [real], { path: 2 }),
	good("a leaf and the CA", [real, root], { path: 2 }),
	good("a leaf, one between, the CA not sent", through(CA), { path: 3 }),
	good("a leaf, one between, the CA", [...through(CA), root], { path: 3 }),
	good("two between", [server({ by: SECOND }), second, middle], { path: 4 }),
	good("what is behind the CA does not matter", [real, root, certificate({ ...ATTACKER })], { path: 2 }),
	good("an authority in the middle that is given itself", [server({ by: SECOND }), second, middle, root], {
		ca: [middle],
		path: 3,
	}),
	good("the second of two given ones", [real], { ca: [certificate({ ...ATTACKER, extensions: CA }), root] }),
	good("two given ones of the same name", [real], {
		ca: [certificate({ ...ROOT, pair: keys.attacker, extensions: CA }), root],
	}),
	good("one of the same name and key has expired, the other has not", [real], {
		ca: [certificate({ ...ROOT, extensions: CA, to: Date.now() - DAY }), root],
	}),
	good(
		"an authority that another has signed, too: the given one is nearer",
		[
			...through(CA),
			certificate({ ...ROOT, by: ATTACKER, extensions: CA }),
			certificate({ ...ATTACKER, extensions: CA }),
		],
		{ path: 3 },
	),
	good("an old given one of version 1", [real], {
		ca: [certificate({ ...ROOT, version: 0, extensions: [] })],
	}),
	good("a given one signed with SHA-1", [real], {
		ca: [certificate({ ...ROOT, hash: "sha1", extensions: CA })],
	}),
	good("a given one whose own signature is none", [real], {
		ca: [certificate({ ...ROOT, signature: Buffer.alloc(256), extensions: CA })],
	}),
	bad("no certificate", "TLS_PROTOCOL", []),
	bad("nine certificates", "CHAIN_TOO_LONG", Array(9).fill(real)),
	good("eight certificates", Array(8).fill(real), { path: 2 }),
	bad("more than 16 KB", "CHAIN_TOO_LONG", [real, new Uint8Array(16_385 - real.length)]),
	good("16 KB", [real, new Uint8Array(16_384 - real.length)], { path: 2 }),
	bad("an unknown CA", "UNKNOWN_CA", [real], { ca: [certificate({ ...ATTACKER, extensions: CA })] }),
	bad("an unknown CA of the same name", "UNKNOWN_CA", [real], {
		ca: [certificate({ ...ROOT, pair: keys.attacker, extensions: CA })],
	}),
	bad("a given key under another name", "UNKNOWN_CA", [real], {
		ca: [certificate({ ...ROOT, name: "Ruut", extensions: CA })],
	}),
	bad("an unknown CA, sent", "UNKNOWN_CA", [real, root], {
		ca: [certificate({ ...ATTACKER, extensions: CA })],
	}),
	bad("one that signed itself", "UNKNOWN_CA", [certificate({ pair: keys.attacker })]),
	bad("the attack on the SDK: an attacker's leaf, the real one, the CA", "BROKEN_CHAIN", [
		certificate({ pair: keys.attacker, by: ATTACKER }),
		real,
		root,
	]),
	bad("the same, and the leaf signed itself", "BROKEN_CHAIN", [
		certificate({ pair: keys.attacker }),
		real,
		root,
	]),
	bad("the same, and the leaf names the CA as its issuer", "BROKEN_CHAIN", [
		certificate({ pair: keys.attacker, by: { ...ROOT, pair: keys.attacker } }),
		real,
		root,
	]),
	bad("the real leaf as an issuer: it is no authority", "BROKEN_CHAIN", [
		certificate({ name: "x", pair: keys.attacker, by: { name: "localhost", pair: keys.server } }),
		real,
		root,
	]),
	bad("the real leaf as an issuer, sent as a CA that is given, too", "BROKEN_CHAIN", [
		certificate({ pair: keys.attacker, by: { name: "localhost", pair: keys.attacker } }),
		real,
	]),
	bad("the name of the next one, signed by another", "BROKEN_CHAIN", [
		server({ by: { ...MIDDLE, pair: keys.attacker } }),
		middle,
		root,
	]),
	bad("signed by the next one, which has another name", "BROKEN_CHAIN", [
		server({ by: { ...MIDDLE, name: "Muddle" } }),
		middle,
	]),
	bad("the second before the first", "BROKEN_CHAIN", [server({ by: SECOND }), middle, second]),
	bad("the CA in the middle", "BROKEN_CHAIN", [server({ by: MIDDLE }), root, middle]),
	bad("the CA first", "CERTIFICATE_PURPOSE", [root, real]),
	bad("one between is missing", "UNKNOWN_CA", [server({ by: MIDDLE })]),
	bad("one between without basicConstraints", "BROKEN_CHAIN", through([keyUsage(CERT_SIGN)])),
	bad("one between that is no authority", "BROKEN_CHAIN", through([basicConstraints(false)])),
	good("one between without keyUsage", through([basicConstraints(true)])),
	bad(
		"one between that may not sign certificates",
		"BROKEN_CHAIN",
		through([basicConstraints(true), keyUsage(0xff ^ CERT_SIGN)]),
	),
	bad("one between of version 1", "BROKEN_CHAIN", through([], { version: 0 })),
	bad("one between of version 2", "BROKEN_CHAIN", through([], { version: 1 })),
	good("pathLen 0 right above the leaf", through([basicConstraints(true, 0)])),
	bad("pathLen 0 above another authority", "BROKEN_CHAIN", [
		server({ by: SECOND }),
		second,
		certificate({ ...MIDDLE, by: ROOT, extensions: [basicConstraints(true, 0)] }),
		root,
	]),
	good("pathLen 0 above one that issued itself", [
		server({ by: { ...MIDDLE, pair: keys.p256 } }),
		certificate({ ...MIDDLE, pair: keys.p256, by: MIDDLE, extensions: CA }),
		certificate({ ...MIDDLE, by: ROOT, extensions: [basicConstraints(true, 0)] }),
	]),
	good("pathLen 1 above another authority", [
		server({ by: SECOND }),
		second,
		certificate({ ...MIDDLE, by: ROOT, extensions: [basicConstraints(true, 1)] }),
	]),
	bad("pathLen of the given one", "BROKEN_CHAIN", through(CA), {
		ca: [certificate({ ...ROOT, extensions: [basicConstraints(true, 0)] })],
	}),
	bad("a given one that is no authority, above a leaf", "UNKNOWN_CA", [real], {
		ca: [certificate({ ...ROOT, extensions: [basicConstraints(false)] })],
	}),
	bad("a given one that may not sign certificates", "UNKNOWN_CA", [real], {
		ca: [certificate({ ...ROOT, extensions: [basicConstraints(true), keyUsage(SIGN_AND_ENCRYPT)] })],
	}),
];

const self = certificate({ pair: keys.server });
const trusted: Case[] = [
	good("a leaf that is given itself", [self], { ca: [self], path: 2 }),
	good("a leaf that is given itself, and did not sign itself", [real], { ca: [real] }),
	bad("a leaf that is given itself, for another name", "WRONG_NAME", [self], {
		ca: [self],
		host: "elsewhere",
	}),
	bad("a leaf that is given itself, expired", "CERTIFICATE_EXPIRED", [self], {
		ca: [self],
		now: Date.now() + 31 * DAY,
	}),
	bad("another one by the same key and name as a given leaf", "UNKNOWN_CA", [server({ by: undefined })], {
		ca: [self],
	}),
	good("the pin alone: neither issuer, name nor dates matter", [self], {
		ca: undefined,
		pin: [sha256(self)],
		host: "elsewhere",
		now: 0,
		path: 1,
	}),
	good("the second of two pins", [self], { ca: undefined, pin: [sha256(real), sha256(self)] }),
	bad("another pin", "WRONG_PIN", [self], { ca: undefined, pin: [sha256(real)] }),
	bad("the pin of the second one", "WRONG_PIN", [self, real], { ca: undefined, pin: [sha256(real)] }),
	good("pin and CA", [real], { pin: [sha256(real)], path: 2 }),
	bad("pin and CA, another pin", "WRONG_PIN", [real], { pin: [sha256(self)] }),
	bad("pin and CA, another CA", "UNKNOWN_CA", [self], { pin: [sha256(self)] }),
	bad("pin and CA, another name", "WRONG_NAME", [real], { pin: [sha256(real)], host: "elsewhere" }),
];

const past = Date.now() - 2 * DAY;
const future = Date.now() + 2 * DAY;
const dates: Case[] = [
	bad("the leaf has expired", "CERTIFICATE_EXPIRED", [server({ to: past })]),
	bad("the leaf is not valid yet", "CERTIFICATE_NOT_YET_VALID", [server({ from: future })]),
	bad("one between has expired", "CERTIFICATE_EXPIRED", through(CA, { to: past })),
	bad("one between is not valid yet", "CERTIFICATE_NOT_YET_VALID", through(CA, { from: future })),
	bad("the given one has expired", "CERTIFICATE_EXPIRED", [real], {
		ca: [certificate({ ...ROOT, extensions: CA, to: past })],
	}),
	bad("the given one is not valid yet", "CERTIFICATE_NOT_YET_VALID", [real], {
		ca: [certificate({ ...ROOT, extensions: CA, from: future })],
	}),
	bad("the clock was never set", "CERTIFICATE_NOT_YET_VALID", [real], { now: 0 }),
	bad("the clock is broken", "CERTIFICATE_NOT_YET_VALID", [real], { now: Number.NaN }),
	bad("expired and unknown: what cannot be helped comes first", "UNKNOWN_CA", [
		certificate({ pair: keys.attacker, to: past }),
	]),
	bad("expired and for another name", "CERTIFICATE_EXPIRED", [server({ to: past })], { host: "elsewhere" }),
	...(
		[
			["200229120000Z", Date.UTC(2020, 1, 29, 12)],
			["491231235959Z", Date.UTC(2049, 11, 31, 23, 59, 59)],
			["500101000000Z", Date.UTC(1950, 0, 1)],
			["700101000000Z", 0],
			["240301000000Z", Date.UTC(2024, 2, 1)],
		] as const
	).flatMap(([text, at]) => {
		const ca = [
			certificate({ ...ROOT, extensions: CA, from: utcTime("500101000000Z"), to: utcTime("491231235959Z") }),
		];
		const from = server({ from: utcTime(text), to: utcTime("491231235959Z") });
		return [
			good(`UTCTime ${text}`, [from], { now: at, ca }),
			bad(`UTCTime ${text}, a millisecond before`, "CERTIFICATE_NOT_YET_VALID", [from], { now: at - 1, ca }),
		];
	}),
	...["22000229", "20240001", "20241301", "20240230", "20230229", "20240431", "20240100", "2024013a"].map(
		(date) =>
			bad(`the date ${date}`, "CERTIFICATE_MALFORMED", [server({ to: generalizedTime(`${date}000000Z`) })]),
	),
	...[
		"240101240000Z",
		"240101006000Z",
		"240101000060Z",
		"2401010000Z",
		"24010100000000Z",
		"240101000000+0000",
		"240101000000z",
		"",
	].map((text) => bad(`UTCTime "${text}"`, "CERTIFICATE_MALFORMED", [server({ from: utcTime(text) })])),
	...["20000229", "20240229", "22040229", "20241231", "99991231"]
		.map((date) =>
			good(`the date ${date}`, [server({ to: generalizedTime(`${date}235959Z`) })], {
				now: Date.UTC(+date.slice(0, 4), +date.slice(4, 6) - 1, +date.slice(6), 23, 59, 59),
				ca: [
					certificate({
						...ROOT,
						extensions: CA,
						from: utcTime("700101000000Z"),
						to: generalizedTime("99991231235959Z"),
					}),
				],
			}),
		)
		.map((each) => ({
			...each,
			certificates: [
				server({
					from: utcTime("700101000000Z"),
					to: generalizedTime(`${each.name.slice(9)}235959Z`),
				}),
			],
		})),
];

const nameCases: Case[] = [
	...(
		[
			["localhost", "localhost", true],
			["LocalHost", "lOCALhOST", true],
			["localhost", "localhost.", true],
			["localhost.", "localhost", false],
			["localhost", "localhos", false],
			["localhost", "localhostt", false],
			["broker.example.com", "example.com", false],
			["example.com", "broker.example.com", false],
			["*.example.com", "broker.example.com", true],
			["*.EXAMPLE.com", "BROKER.example.COM.", true],
			["*.example.com", "example.com", false],
			["*.example.com", ".example.com", false],
			["*.example.com", "a.broker.example.com", false],
			["*.example.com", "brokerxexample.com", false],
			["*.com", "example.com", false],
			["*.", "example.", false],
			["*", "localhost", false],
			["*.*.com", "a.b.com", false],
			["b*.example.com", "broker.example.com", false],
			["*r.example.com", "broker.example.com", false],
			["broker.*.com", "broker.example.com", false],
			["**.example.com", "broker.example.com", false],
			["*.example.com", "*.example.com", false],
			["xn--rume-koa.example.com", "xn--rume-koa.example.com", true],
			["*.example.com", "xn--rume-koa.example.com", true],
			["räume.example.com", "räume.example.com", false],
			["localhost\0", "localhost", false],
			["localhost\0.evil.com", "localhost", false],
			["*.example.com\0.evil.com", "broker.example.com", false],
			["", "localhost", false],
			["", "", false],
			[".", ".", false],
			["a..b", "a..b", false],
			["my_broker", "my_broker", true],
			["a b", "a b", false],
			["192.168.1.7", "192.168.1.7", false],
			["1.2.3", "1.2.3", false],
			["1.2.3.4.5", "1.2.3.4.5", false],
			["a.1", "a.1", false],
			["1.a", "1.a", true],
			["abcd", "97.98.99.100", false],
			[`${"a".repeat(63)}.b`, `${"a".repeat(63)}.b`, true],
			[`${"a".repeat(64)}.b`, `${"a".repeat(64)}.b`, false],
			[`${"a.".repeat(126)}a`, `${"a.".repeat(126)}a`, true],
			[`${"a.".repeat(126)}aa`, `${"a.".repeat(126)}aa`, false],
			[`${"a.".repeat(127)}a`, `${"a.".repeat(127)}a`, false],
		] as const
	).map(([name, host, matches]): Case => {
		const what = `dNSName ${JSON.stringify(name.slice(0, 30))} ${matches ? "is" : "is not"} ${JSON.stringify(host.slice(0, 30))}, of ${host.length}`;
		const certificates = [named(dns(name))];
		return matches ? good(what, certificates, { host }) : bad(what, "WRONG_NAME", certificates, { host });
	}),
	...(
		[
			[[192, 168, 1, 7], "192.168.1.7", true],
			[[192, 168, 1, 7], "192.168.1.7.", false],
			[[192, 168, 1, 7], "192.168.1.70", false],
			[[192, 168, 1, 7], "192.168.01.7", false],
			[[192, 168, 1, 7], "192.168.1.07", false],
			[[192, 168, 1, 7], "192.168.263", false],
			[[192, 168, 1, 7], "3232235783", false],
			[[192, 168, 1, 7], "0xc0.168.1.7", false],
			[[192, 168, 1, 0], "192.168.1.256", false],
			[[192, 168, 1], "192.168.1", false],
			[[192, 168, 1], "192.168.1.7", false],
			[[], "192.168.1.7", false],
			[[192, 168, 1, 7, 0], "192.168.1.7", false],
			[[0, 0, 0, 0], "0.0.0.0", true],
			[[255, 255, 255, 255], "255.255.255.255", true],
			[[97, 98, 99, 100], "abcd", false],
			[[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "::1", false],
			[[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 168, 1, 7], "192.168.1.7", false],
		] as const
	).map(([bytes, host, matches]): Case => {
		const what = `iPAddress ${bytes.join(".")} ${matches ? "is" : "is not"} ${host}`;
		const certificates = [named(address(...bytes))];
		return matches ? good(what, certificates, { host }) : bad(what, "WRONG_NAME", certificates, { host });
	}),
	good("the last of many names", [
		named(dns("a"), address(1, 2, 3, 4), element(0x86, Buffer.from("localhost")), dns("localhost")),
	]),
	bad("the name as an e-mail address, as a URI", "WRONG_NAME", [
		named(element(0x81, Buffer.from("localhost")), element(0x86, Buffer.from("localhost"))),
	]),
	bad("the common name does not count", "WRONG_NAME", [having(basicConstraints(false))]),
	bad("the common name does not count beside an alternative one", "WRONG_NAME", [named(dns("x"))]),
	bad("a leaf of version 1 has no alternative names", "WRONG_NAME", [server({ version: 0, extensions: [] })]),
	bad("the name in the second certificate only", "WRONG_NAME", [
		server({ by: MIDDLE, extensions: [names(dns("x"))] }),
		certificate({ ...MIDDLE, by: ROOT, extensions: [...CA, names(dns("localhost"))] }),
	]),
	bad("no alternative name at all in the extension", "CERTIFICATE_MALFORMED", [having(names())]),
	bad("a name of another class", "CERTIFICATE_MALFORMED", [named(element(0x0c, Buffer.from("localhost")))]),
	bad("a name with a long tag", "CERTIFICATE_MALFORMED", [
		named(element(0x9f, Buffer.from("localhost")), dns("localhost")),
	]),
	good("serverName comes first", [named(dns("broker"))], { host: "10.0.0.1", serverName: "broker" }),
	bad("serverName comes first, and the host does not count", "WRONG_NAME", [real], { serverName: "broker" }),
	good("a critical alternative name", [having(extension("2.5.29.17", sequence(dns("localhost")), true))]),
	good("an empty subject", [server({ name: "" })]),
];

const uses: Case[] = [
	good("extendedKeyUsage serverAuth", [having(...SERVER, purposes(SERVER_AUTH))]),
	good("serverAuth among others", [having(...SERVER, purposes(CLIENT_AUTH, SERVER_AUTH))]),
	bad("clientAuth only", "CERTIFICATE_PURPOSE", [having(...SERVER, purposes(CLIENT_AUTH))]),
	bad("any purpose only", "CERTIFICATE_PURPOSE", [having(...SERVER, purposes(ANY_PURPOSE))]),
	bad("an empty list of purposes", "CERTIFICATE_MALFORMED", [having(...SERVER, purposes())]),
	bad("clientAuth only, one between", "CERTIFICATE_PURPOSE", through([...CA, purposes(CLIENT_AUTH)])),
	good("serverAuth, one between", through([...CA, purposes(SERVER_AUTH)])),
	bad("clientAuth only, the given one", "CERTIFICATE_PURPOSE", [real], {
		ca: [certificate({ ...ROOT, extensions: [...CA, purposes(CLIENT_AUTH)] })],
	}),
	bad("a key that may only sign certificates", "CERTIFICATE_PURPOSE", [
		having(keyUsage(CERT_SIGN), names(dns("localhost"))),
	]),
	...[0x80, 0x20, 0x08].map((usage) =>
		good(`keyUsage ${usage.toString(16)}`, [having(keyUsage(usage), names(dns("localhost")))]),
	),
	bad("an unknown critical extension", "CERTIFICATE_UNSUPPORTED", [
		having(...SERVER, extension("1.2.3.4", nothing, true)),
	]),
	bad(
		"an unknown critical extension, one between",
		"CERTIFICATE_UNSUPPORTED",
		through([...CA, extension("2.5.29.36", sequence(), true)]),
	),
	good("unknown extensions that are not critical, even twice", [
		having(...SERVER, extension("1.2.3.4", nothing), extension("1.2.3.4", nothing)),
	]),
	bad(
		"name constraints, one between",
		"CERTIFICATE_UNSUPPORTED",
		through([...CA, extension("2.5.29.30", sequence(element(0xa0, sequence(dns("localhost")))), true)]),
	),
	bad(
		"name constraints that are not critical",
		"CERTIFICATE_UNSUPPORTED",
		through([...CA, extension("2.5.29.30", sequence(element(0xa0, sequence(dns("localhost")))))]),
	),
	...[
		basicConstraints(false),
		keyUsage(SIGN_AND_ENCRYPT),
		names(dns("localhost")),
		purposes(SERVER_AUTH),
	].map((each) =>
		bad(`an extension twice: ${each.subarray(4, 7).toString("hex")}`, "CERTIFICATE_MALFORMED", [
			having(names(dns("localhost")), each, each),
		]),
	),
];

/** The cube root of a number, rounded up. */
function cubeRoot(value: bigint): bigint {
	let high = 1n << 700n;
	let low = 0n;
	while (low < high) {
		const half = (low + high) / 2n;
		if (half ** 3n < value) low = half + 1n;
		else high = half;
	}
	return low;
}

const THREE = { name: "Three", pair: keys.three };
const three = certificate({ ...THREE, extensions: CA });

/** Bleichenbacher, 2006: nobody's key, but the exponent is 3, and behind the digest there are bytes to choose. */
function forgery(): Uint8Array {
	const parts: Parts = { pair: keys.attacker, by: THREE, serial: integer(9), from: past, to: future };
	const unsigned = certificate(parts);
	// The certificate is [header, tbs, algorithm, signature]; both lengths take two bytes here.
	const tbs = unsigned.subarray(4, 8 + ((unsigned[6] << 8) | unsigned[7]));
	const info = sequence(sequence(id("2.16.840.1.101.3.4.2.1"), nothing), octets(sha256(tbs)));
	const begin = Buffer.concat([Buffer.from("0001ffffffffffffffff00", "hex"), info]);
	const block = Buffer.concat([begin, Buffer.alloc(256 - begin.length)]);
	const signature = cubeRoot(BigInt(`0x${block.toString("hex")}`));
	const forged = Buffer.from((signature ** 3n).toString(16).padStart(512, "0"), "hex");
	if (!forged.subarray(0, begin.length).equals(begin)) throw new Error("the forgery is none");
	return certificate({ ...parts, signature: Buffer.from(signature.toString(16).padStart(512, "0"), "hex") });
}

const modulus = (pair: typeof keys.root) =>
	Buffer.from(pair.publicKey.export({ format: "jwk" }).n as string, "base64url");
const rsaSpki = (n: Uint8Array, e: Uint8Array) =>
	sequence(
		sequence(id("1.2.840.113549.1.1.1"), nothing),
		bits(sequence(element(0x02, Buffer.of(0), n), element(0x02, e))),
	);
const n = modulus(keys.server);
const even = Buffer.from(n);
even[255] &= 0xfe;
const keyed = (spki: Uint8Array) => [server({ spki })];
const ecSignature = (r: Uint8Array, s: Uint8Array, ...more: Uint8Array[]) =>
	sequence(element(0x02, r), element(0x02, s), ...more);
const EC = { name: "EC", pair: keys.p256 };
const ec = certificate({ ...EC, extensions: CA });
const order = Buffer.from("00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex");
const below = Buffer.from(order);
below[32]--;

const signatures: Case[] = [
	...(["sha256", "sha384", "sha512"] as const).flatMap((hash) =>
		(["root", "three", "p256", "p384", "p521"] as const).map((name) => {
			const by = { name, pair: keys[name] };
			return good(`${hash} by ${name}`, [server({ by, hash })], {
				ca: [certificate({ ...by, extensions: CA })],
			});
		}),
	),
	good("an EC leaf by RSA", [server({ pair: keys.p256 })]),
	good("RSA by EC by RSA", [server({ by: EC }), certificate({ ...EC, by: ROOT, extensions: CA })]),
	bad("SHA-1 with RSA", "CERTIFICATE_UNSUPPORTED", [server({ hash: "sha1" })]),
	bad("SHA-1 with ECDSA", "CERTIFICATE_UNSUPPORTED", [server({ by: EC, hash: "sha1" })], { ca: [ec] }),
	bad("SHA-224 with RSA", "CERTIFICATE_UNSUPPORTED", [
		server({ inner: sequence(id("1.2.840.113549.1.1.14"), nothing) }),
	]),
	bad(
		"SHA-224 with ECDSA",
		"CERTIFICATE_UNSUPPORTED",
		[server({ by: EC, inner: sequence(id("1.2.840.10045.4.3.1")) })],
		{ ca: [ec] },
	),
	bad("MD5", "CERTIFICATE_UNSUPPORTED", [server({ inner: sequence(id("1.2.840.113549.1.1.4"), nothing) })]),
	bad("RSA-PSS", "CERTIFICATE_UNSUPPORTED", [
		server({ inner: sequence(id("1.2.840.113549.1.1.10"), sequence()) }),
	]),
	bad("an algorithm of no length", "CERTIFICATE_MALFORMED", [server({ inner: sequence() })]),
	bad("another algorithm inside than outside", "CERTIFICATE_MALFORMED", [
		server({ inner: algorithm(keys.root, "sha384"), outer: algorithm(keys.root, "sha256") }),
	]),
	bad("a weaker algorithm inside", "CERTIFICATE_MALFORMED", [
		server({ inner: algorithm(keys.root, "sha1"), outer: algorithm(keys.root, "sha256") }),
	]),
	bad("RSA's algorithm without NULL", "CERTIFICATE_MALFORMED", [
		server({ inner: sequence(id(SHA_RSA.sha256)) }),
	]),
	bad("RSA's algorithm with a NULL that holds something", "CERTIFICATE_MALFORMED", [
		server({ inner: sequence(id(SHA_RSA.sha256), element(0x05, Buffer.of(0))) }),
	]),
	bad("ECDSA's algorithm under an RSA key", "UNKNOWN_CA", [
		server({ inner: algorithm(keys.p256, "sha256") }),
	]),
	bad("another digest than the algorithm says", "UNKNOWN_CA", [
		server({ hash: "sha512", inner: algorithm(keys.root, "sha256") }),
	]),
	bad("Bleichenbacher's forgery: bytes behind the digest", "UNKNOWN_CA", [forgery()], { ca: [three] }),
	bad("the forgery with the CA", "BROKEN_CHAIN", [forgery(), three]),
	bad("an RSA signature of 0", "UNKNOWN_CA", [server({ signature: Buffer.alloc(256) })]),
	bad("an RSA signature of 1", "UNKNOWN_CA", [
		server({ signature: Buffer.concat([Buffer.alloc(255), Buffer.of(1)]) }),
	]),
	bad("an RSA signature as long as nothing", "UNKNOWN_CA", [server({ signature: Buffer.alloc(0) })]),
	bad("an RSA signature that is the modulus", "UNKNOWN_CA", [server({ signature: modulus(keys.root) })]),
	...[
		["0 and 0", Buffer.of(0), Buffer.of(0)],
		["0 and 1", Buffer.of(0), Buffer.of(1)],
		["1 and 0", Buffer.of(1), Buffer.of(0)],
		["1 and 1", Buffer.of(1), Buffer.of(1)],
		["the order and 1", order, Buffer.of(1)],
		["1 and the order", Buffer.of(1), order],
		["the order less 1, twice", below, below],
		["a number longer than the order", Buffer.alloc(40, 1), Buffer.of(1)],
	].map(([name, r, s]) =>
		bad(
			`an ECDSA signature of ${name}`,
			"UNKNOWN_CA",
			[server({ by: EC, signature: ecSignature(r as Buffer, s as Buffer) })],
			{
				ca: [ec],
			},
		),
	),
	...[
		["a negative number", ecSignature(Buffer.of(0x80), Buffer.of(1))],
		["a 0 too many", ecSignature(Buffer.of(0, 1), Buffer.of(1))],
		["three numbers", ecSignature(Buffer.of(1), Buffer.of(1), integer(1))],
		["no numbers", Buffer.alloc(0)],
	].map(([name, signature]) =>
		bad(
			`an ECDSA signature with ${name}`,
			"CERTIFICATE_MALFORMED",
			[server({ by: EC, signature: signature as Buffer })],
			{
				ca: [ec],
			},
		),
	),
	bad(
		"an ECDSA signature with something behind",
		"UNKNOWN_CA",
		[server({ by: EC, signature: Buffer.concat([ecSignature(Buffer.of(1), Buffer.of(1)), Buffer.of(0)]) })],
		{ ca: [ec] },
	),
];

const keyCases: Case[] = [
	bad("an RSA key of 1024 bits", "CERTIFICATE_UNSUPPORTED", [server({ pair: keys.weak })]),
	bad("one between with 1024 bits", "CERTIFICATE_UNSUPPORTED", [
		server({ by: { name: "Weak", pair: keys.weak } }),
		certificate({ name: "Weak", pair: keys.weak, by: ROOT, extensions: CA }),
	]),
	bad("an even modulus", "CERTIFICATE_UNSUPPORTED", keyed(rsaSpki(even, Buffer.of(1, 0, 1)))),
	bad(
		"a modulus of 2047 bits",
		"CERTIFICATE_UNSUPPORTED",
		keyed(
			sequence(
				sequence(id("1.2.840.113549.1.1.1"), nothing),
				bits(sequence(element(0x02, Buffer.of(0x7f), n.subarray(1)), integer(1, 0, 1))),
			),
		),
	),
	bad(
		"a modulus of more than 4096 bits",
		"CERTIFICATE_UNSUPPORTED",
		keyed(rsaSpki(Buffer.concat([n, n, Buffer.of(1)]), Buffer.of(1, 0, 1))),
	),
	good("a modulus of 4096 bits", keyed(rsaSpki(Buffer.concat([n, n]), Buffer.of(1, 0, 1)))),
	bad("an exponent of 1", "CERTIFICATE_UNSUPPORTED", keyed(rsaSpki(n, Buffer.of(1)))),
	bad("an even exponent", "CERTIFICATE_UNSUPPORTED", keyed(rsaSpki(n, Buffer.of(1, 0, 0)))),
	bad("an exponent of 5 bytes", "CERTIFICATE_UNSUPPORTED", keyed(rsaSpki(n, Buffer.of(1, 0, 0, 0, 1)))),
	good("an exponent of 3", keyed(rsaSpki(n, Buffer.of(3)))),
	good("an exponent of 4 bytes", keyed(rsaSpki(n, Buffer.of(0x7f, 0, 0, 1)))),
	bad(
		"a negative modulus",
		"CERTIFICATE_MALFORMED",
		keyed(
			sequence(
				sequence(id("1.2.840.113549.1.1.1"), nothing),
				bits(sequence(element(0x02, n), integer(1, 0, 1))),
			),
		),
	),
	bad(
		"a modulus with a 0 too many",
		"CERTIFICATE_MALFORMED",
		keyed(rsaSpki(Buffer.concat([Buffer.of(0), n]), Buffer.of(1, 0, 1))),
	),
	bad(
		"bits that are no bytes",
		"CERTIFICATE_MALFORMED",
		keyed(
			sequence(
				sequence(id("1.2.840.113549.1.1.1"), nothing),
				bits(sequence(element(0x02, Buffer.of(0), n), integer(1, 0, 1)), 1),
			),
		),
	),
	bad("the curve secp256k1", "CERTIFICATE_UNSUPPORTED", [server({ pair: keys.k256 })]),
	bad(
		"a compressed point",
		"CERTIFICATE_UNSUPPORTED",
		keyed(sequence(sequence(id("1.2.840.10045.2.1"), id("1.2.840.10045.3.1.7")), bits(Buffer.alloc(33, 2)))),
	),
	bad(
		"a point in the hybrid form",
		"CERTIFICATE_UNSUPPORTED",
		keyed(sequence(sequence(id("1.2.840.10045.2.1"), id("1.2.840.10045.3.1.7")), bits(Buffer.alloc(65, 6)))),
	),
	bad(
		"a point of another length than its curve's",
		"CERTIFICATE_UNSUPPORTED",
		keyed(sequence(sequence(id("1.2.840.10045.2.1"), id("1.3.132.0.34")), bits(Buffer.alloc(65, 4)))),
	),
	bad(
		"parameters instead of a curve",
		"CERTIFICATE_UNSUPPORTED",
		keyed(sequence(sequence(id("1.2.840.10045.2.1"), sequence(integer(1))), bits(Buffer.alloc(65, 4)))),
	),
	bad(
		"Ed25519",
		"CERTIFICATE_UNSUPPORTED",
		keyed(sequence(sequence(id("1.3.101.112")), bits(Buffer.alloc(32, 4)))),
	),
	bad("one between whose point is not on the curve", "BROKEN_CHAIN", [
		server({ by: EC }),
		certificate({
			...EC,
			by: ROOT,
			extensions: CA,
			spki: sequence(sequence(id("1.2.840.10045.2.1"), id("1.2.840.10045.3.1.7")), bits(Buffer.alloc(65, 4))),
		}),
	]),
];

const forms: Case[] = [
	bad("nothing", "CERTIFICATE_MALFORMED", [new Uint8Array(0)]),
	bad("a certificate that is cut", "CERTIFICATE_MALFORMED", [real.slice(0, -1)]),
	bad("a byte behind a certificate", "CERTIFICATE_MALFORMED", [Buffer.concat([real, Buffer.of(0)])]),
	bad("something behind the signature", "CERTIFICATE_MALFORMED", [server({ moreOutside: nothing })]),
	bad("something behind the extensions", "CERTIFICATE_MALFORMED", [server({ moreInside: nothing })]),
	bad("version 1, spelt out", "CERTIFICATE_MALFORMED", [
		server({ version: 0, extensions: [], serial: Buffer.concat([element(0xa0, integer(0)), integer(1)]) }),
	]),
	bad("version 4", "CERTIFICATE_MALFORMED", [server({ version: 3 })]),
	bad("version 258", "CERTIFICATE_MALFORMED", [
		server({ version: 0, serial: Buffer.concat([element(0xa0, integer(1, 2)), integer(1)]) }),
	]),
	bad("extensions in version 2", "CERTIFICATE_MALFORMED", [server({ version: 1 })]),
	bad("no serial number", "CERTIFICATE_MALFORMED", [server({ serial: element(0x02) })]),
	good("unique identifiers", [
		server({
			extensions: [],
			moreInside: Buffer.concat([element(0x81, Buffer.of(0)), element(0xa3, sequence(...SERVER))]),
		}),
	]),
	bad("extensions of no number", "CERTIFICATE_MALFORMED", [
		server({ extensions: [], moreInside: element(0xa3, sequence()) }),
	]),
	bad("an issuer without a name", "CERTIFICATE_MALFORMED", [server({ by: { ...ROOT, name: "" } })]),
	bad("a truth that is neither", "CERTIFICATE_MALFORMED", [
		having(extension("2.5.29.19", sequence(element(0x01, Buffer.of(1)))), ...SERVER.slice(1)),
	]),
	good("a falsehood that need not be said", [
		having(extension("2.5.29.19", sequence(truth(false))), ...SERVER.slice(1)),
	]),
	bad("pathLen without an authority", "CERTIFICATE_MALFORMED", [
		having(basicConstraints(false, 0), ...SERVER.slice(1)),
	]),
	bad("a negative pathLen", "CERTIFICATE_MALFORMED", through([basicConstraints(true, 0xff)])),
	good("a pathLen of two bytes", [
		server({ by: SECOND }),
		second,
		certificate({
			...MIDDLE,
			by: ROOT,
			extensions: [extension("2.5.29.19", sequence(truth(true), integer(1, 0)))],
		}),
	]),
	bad("keyUsage without its first byte", "CERTIFICATE_MALFORMED", [
		having(extension("2.5.29.15", element(0x03)), names(dns("localhost"))),
	]),
	bad("keyUsage with 8 unused bits", "CERTIFICATE_MALFORMED", [
		having(extension("2.5.29.15", bits(Buffer.of(0xa0), 8)), names(dns("localhost"))),
	]),
	bad("keyUsage with no bits", "CERTIFICATE_PURPOSE", [
		having(extension("2.5.29.15", bits(Buffer.alloc(0))), names(dns("localhost"))),
	]),
	bad("something behind an extension's value", "CERTIFICATE_MALFORMED", [
		having(extension("2.5.29.19", Buffer.concat([sequence(), nothing])), ...SERVER.slice(1)),
	]),
	bad("a length in more bytes than it needs", "CERTIFICATE_MALFORMED", [
		having(extension("2.5.29.19", Buffer.from("308100", "hex")), ...SERVER.slice(1)),
	]),
	bad("a length of two bytes that needs one", "CERTIFICATE_MALFORMED", [
		having(
			extension("2.5.29.17", Buffer.concat([Buffer.from("3082000b", "hex"), dns("localhost")])),
			...SERVER.slice(0, 2),
		),
	]),
	bad("an indefinite length", "CERTIFICATE_MALFORMED", [
		having(extension("2.5.29.19", Buffer.from("30800000", "hex")), ...SERVER.slice(1)),
	]),
	bad("a length of three bytes", "CERTIFICATE_MALFORMED", [Buffer.from("3083010000", "hex")]),
];

export const cases: readonly Case[] = [
	...chains,
	...trusted,
	...dates,
	...nameCases,
	...uses,
	...signatures,
	...keyCases,
	...forms,
];
