// OpenSSL as a judge that knows nothing of ours: both have to say the same of chains and names that are made up. And no
// byte that was changed may be trusted, or do worse than to be a reason.

import { spawnSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Certificate } from "../../../src/transport/tls/certificate.js";
import { judge } from "../../../src/transport/tls/chain.js";
import { encodeHost, hasName } from "../../../src/transport/tls/name.js";
import type { TlsSettings } from "../../../src/transport/tls/settings.js";
import { checkTls } from "../../../src/transport/tls/settings.js";
import { Reason } from "../../../src/wire/reason.js";
import {
	basicConstraints,
	CA,
	CERT_SIGN,
	CLIENT_AUTH,
	certificate,
	dns,
	element,
	extension,
	type Issuer,
	keyUsage,
	names,
	nothing,
	octets,
	type Pair,
	pem,
	purposes,
	SERVER,
	SERVER_AUTH,
	SIGN_AND_ENCRYPT,
	sequence,
} from "../../support/certificates.js";
import { crypto } from "../../support/crypto.js";
import { keys, MIDDLE, middle, ROOT, root, server } from "./cases.js";
import { called } from "./names-of-reasons.js";

const DAY = 86_400_000;

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xs-mqtt-agreement-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What OpenSSL says: "OK", or why not. */
function openssl(certificates: readonly Uint8Array[], ca: Uint8Array, host: string): string {
	const file = (name: string, list: readonly Uint8Array[]) => {
		const path = join(folder, name);
		writeFileSync(path, list.map((der) => pem(der)).join(""));
		return path;
	};
	const own = file("own.pem", certificates.slice(0, 1));
	const others = certificates.length > 1 ? ["-untrusted", file("others.pem", certificates.slice(1))] : [];
	const { status, stderr } = spawnSync(
		"openssl",
		["verify", "-partial_chain", "-purpose", "sslserver", "-no-CApath", "-no-CAstore"].concat(
			["-verify_hostname", host, "-CAfile", file("ca.pem", [ca])],
			others,
			own,
		),
		{ encoding: "utf8" },
	);
	return status === 0 ? "OK" : stderr;
}

/** Mostly the first. */
const mostly = <T>(usual: T, ...others: T[]) =>
	fc.oneof(
		{ weight: 9, arbitrary: fc.constant(usual) },
		{ weight: 1, arbitrary: fc.constantFrom(...others) },
	);

const authority = fc.record({
	key: fc.constantFrom("other", "three", "p256", "p384", "server") as fc.Arbitrary<keyof typeof keys>,
	hash: fc.constantFrom("sha256", "sha384", "sha512"),
	ca: mostly(true, false),
	pathLength: mostly<number | undefined>(undefined, 0, 1, 2),
	usage: mostly<number | undefined>(CERT_SIGN, undefined, SIGN_AND_ENCRYPT),
	purpose: mostly<string | undefined>(undefined, SERVER_AUTH, CLIENT_AUTH),
	/** Days from now. */
	from: mostly(-1, 1),
	to: mostly(30, -0.5),
	/** Signed by who it says. */
	honest: mostly(true, false),
	critical: mostly(false, true),
	/** It has the name of its issuer. */
	alike: mostly(false, true),
});
const leaf = fc.record({
	key: fc.constantFrom("server", "p256") as fc.Arbitrary<keyof typeof keys>,
	hash: fc.constantFrom("sha256", "sha384", "sha512"),
	usage: mostly<number | undefined>(SIGN_AND_ENCRYPT, undefined, CERT_SIGN, 0x08),
	purpose: mostly<string | undefined>(undefined, SERVER_AUTH, CLIENT_AUTH),
	from: mostly(-1, 1),
	to: mostly(30, -0.5),
	honest: mostly(true, false),
	critical: mostly(false, true),
	host: mostly("localhost", "elsewhere"),
});

type Made = typeof authority extends fc.Arbitrary<infer T> ? T : never;
type Own = typeof leaf extends fc.Arbitrary<infer T> ? T : never;

const LIAR = keys.attacker;

/** Root first. The broker sends all but the root, its own first. */
function build(authorities: readonly Made[], own: Own): Uint8Array[] {
	const chain: Uint8Array[] = [];
	let by: Issuer | undefined;
	const signer = (honest: boolean) => (by !== undefined && !honest ? { ...by, pair: LIAR } : by);
	const idOf = ({ publicKey }: Pair) =>
		createHash("sha1")
			.update(publicKey.export({ type: "spki", format: "der" }))
			.digest();
	// OpenSSL looks for an issuer by these, and where they lack takes the first of the name.
	const ids = (pair: Pair) => [
		extension("2.5.29.14", octets(idOf(pair))),
		extension("2.5.29.35", sequence(element(0x80, idOf(by?.pair ?? pair)))),
	];
	const common = ({ usage, purpose, critical }: Pick<Made, "usage" | "purpose" | "critical">) => [
		...(usage === undefined ? [] : [keyUsage(usage)]),
		...(purpose === undefined ? [] : [purposes(purpose)]),
		...(critical ? [extension("1.2.3.4", nothing, true)] : []),
	];
	const dates = ({ from, to }: Pick<Made, "from" | "to">) => ({
		from: Date.now() + from * DAY,
		to: Date.now() + to * DAY,
	});
	authorities.forEach((each, i) => {
		const name: string = each.alike && by !== undefined ? by.name : `Authority ${i}`;
		const pair = keys[each.key];
		const { ca, pathLength, hash } = each;
		const extensions = [basicConstraints(ca, ca ? pathLength : undefined), ...common(each), ...ids(pair)];
		chain.unshift(certificate({ name, pair, hash, by: signer(each.honest), extensions, ...dates(each) }));
		by = { name, pair };
	});
	chain.unshift(
		certificate({
			pair: keys[own.key],
			hash: own.hash,
			by: signer(own.honest),
			extensions: [basicConstraints(false), names(dns("localhost")), ...common(own), ...ids(keys[own.key])],
			...dates(own),
		}),
	);
	return chain;
}

test("OpenSSL says the same of 150 chains", () => {
	const said = new Map<string, number>();
	fc.assert(
		fc.property(
			fc.array(authority, { minLength: 1, maxLength: 4 }),
			leaf,
			fc.boolean(),
			(authorities, own, sendRoot) => {
				// The root cannot be refused at construction.
				const [first, ...rest] = authorities;
				const chain = build([{ ...first, critical: false }, ...rest], own);
				const ca = chain.at(-1)!;
				const sent = sendRoot ? chain : chain.slice(0, -1);
				const reason = judge(sent, checkTls({ ca }), own.host, Date.now(), crypto);
				const other = openssl(sent, ca, own.host);
				const name = called(reason) ?? "trusted";
				said.set(name, (said.get(name) ?? 0) + 1);
				if ((reason === undefined) !== (other === "OK")) throw new Error(`${name}, and OpenSSL: ${other}`);
			},
		),
		{ numRuns: 150, seed: 12 },
	);
	// It has to have been worth the while.
	expect(said.get("trusted")).toBeGreaterThan(30);
	for (const name of [
		"BROKEN_CHAIN",
		"UNKNOWN_CA",
		"WRONG_NAME",
		"CERTIFICATE_EXPIRED",
		"CERTIFICATE_NOT_YET_VALID",
		"CERTIFICATE_PURPOSE",
		"CERTIFICATE_UNSUPPORTED",
	])
		expect([name, said.get(name) ?? 0]).not.toEqual([name, 0]);
}, 120_000);

test("OpenSSL says the same of 3000 names", () => {
	const label = fc.constantFrom("a", "b", "A", "aa", "a-b", "xn--a", "a1", "example", "com");
	const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
	const pattern = fc
		.array(fc.oneof({ weight: 8, arbitrary: label }, fc.constantFrom("*", "a*", "*a", "**", "")), {
			minLength: 1,
			maxLength: 4,
		})
		.map((labels) => labels.join("."));
	let matches = 0;
	fc.assert(
		fc.property(
			fc.array(pattern, { minLength: 1, maxLength: 2 }),
			host,
			fc.boolean(),
			(list, other, star) => {
				// Made up apart they would hardly ever match.
				if (star) list.push(other.replace(/^[^.]*/, "*"));
				const der = certificate({
					pair: keys.p256,
					extensions: [names(...list.map(dns))],
					signature: Buffer.of(0),
				});
				const ours = hasName(new Certificate(der), encodeHost(other)!);
				const theirs =
					new X509Certificate(der).checkHost(other, { subject: "never", partialWildcards: false }) !==
					undefined;
				if (ours) matches++;
				if (ours !== theirs) throw new Error(`${list} for ${other}: ${ours}, OpenSSL: ${theirs}`);
			},
		),
		{ numRuns: 3000, seed: 12 },
	);
	expect(matches).toBeGreaterThan(300);
});

/** What is said to it, and how often a key was used for that. */
function tried(
	certificates: readonly Uint8Array[],
	settings: TlsSettings,
): { calls: number; reason: unknown } {
	let calls = 0;
	const counted = {
		digest: crypto.digest,
		rsa(...args: Parameters<typeof crypto.rsa>) {
			calls++;
			return crypto.rsa(...args);
		},
		ecdsa(...args: Parameters<typeof crypto.ecdsa>) {
			calls++;
			return crypto.ecdsa(...args);
		},
	};
	return { reason: judge(certificates, settings, "localhost", Date.now(), counted), calls };
}

describe("changed bytes", () => {
	const chain = [server({ by: MIDDLE }), middle, root];
	const settings = checkTls({ ca: root });

	test("as they are they are trusted", () => {
		expect(tried(chain, settings)).toEqual({ reason: undefined, calls: 2 });
	});

	test("each byte of what counts, changed: a reason, and few signatures are looked at", () => {
		chain.slice(0, 2).forEach((der, which) => {
			for (let i = 0; i < der.length; i++)
				for (const bit of [0x01, 0x80]) {
					const changed = chain.slice();
					changed[which] = der.map((byte, at) => (at === i ? byte ^ bit : byte));
					const { reason, calls } = tried(changed, settings);
					if (!(reason instanceof Reason) || calls > 3)
						throw new Error(`byte ${i} of ${which}: ${reason}, ${calls}`);
				}
		});
	}, 60_000);

	test("several changes, cuts and insertions: never trusted, never worse than a reason", () => {
		const change = fc.record({
			which: fc.nat(1),
			at: fc.nat(2000),
			remove: fc.nat(4),
			insert: fc.uint8Array({ maxLength: 4 }),
		});
		fc.assert(
			fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
				const changed = chain.slice();
				for (const { which, at, remove, insert } of changes) {
					const der = changed[which];
					const place = at % der.length;
					changed[which] = new Uint8Array(
						Buffer.concat([der.slice(0, place), insert, der.slice(place + remove)]),
					);
				}
				const same = [0, 1].every((i) => Buffer.compare(changed[i], chain[i]) === 0);
				const { reason, calls } = tried(changed, settings);
				expect(calls).toBeLessThanOrEqual(3);
				expect(reason === undefined ? same : reason instanceof Reason).toBe(true);
			}),
			{ numRuns: 3000 },
		);
	}, 60_000);

	test("bytes of no meaning, and the beginnings of a certificate", () => {
		fc.assert(
			fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 9 }), (bytes) => {
				expect(tried(bytes, settings).reason).toBeInstanceOf(Reason);
			}),
		);
		for (let i = 0; i < chain[0].length; i++)
			expect(tried([chain[0].slice(0, i), ...chain.slice(1)], settings).reason).toBeInstanceOf(Reason);
	});

	test("eight of the CA's name, each signed by the next: the work is bounded", () => {
		const by = { ...ROOT, pair: keys.attacker };
		const sent = Array.from({ length: 8 }, (_, i) =>
			certificate({ ...by, by, extensions: i === 0 ? SERVER : CA }),
		);
		const { reason, calls } = tried(
			sent,
			checkTls({ ca: [root, certificate({ ...ROOT, pair: keys.other, extensions: CA })] }),
		);
		expect(called(reason as Reason)).toBe("UNKNOWN_CA");
		// A signature that is over the modulus is not even raised to a power.
		expect(calls).toBeGreaterThan(7);
		expect(calls).toBeLessThanOrEqual(8 * 2 + 7);
	});
});
