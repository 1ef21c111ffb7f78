// Whether the broker is who it is meant to be, by the certificates that it sends (RFC 5280, section 6). Judges, and knows
// neither sockets nor the handshake.

import { Reason } from "../../wire/reason.js";
import { Algorithm, Certificate, isNamedAsIssuer, Usage } from "./certificate.js";
import { same } from "./der.js";
import { encodeHost, hasName } from "./name.js";
import {
	BROKEN_CHAIN,
	CERTIFICATE_EXPIRED,
	CERTIFICATE_NOT_YET_VALID,
	CERTIFICATE_PURPOSE,
	CERTIFICATE_UNSUPPORTED,
	CHAIN_TOO_LONG,
	TLS_PROTOCOL,
	UNKNOWN_CA,
	WRONG_NAME,
	WRONG_PIN,
} from "./reasons.js";
import type { TlsSettings } from "./settings.js";
import { type Primitives, SHA_256, signs } from "./signature.js";

const enum Most {
	/** Certificates that a broker sends. */
	CERTIFICATES = 8,
	/** Bytes of all of them. */
	BYTES = 16_384,
}

/**
 * Why the broker with these certificates, its own first, is not trusted; undefined if it is. Throws nothing that a
 * broker could bring about.
 *
 * With pins, its own certificate has to be one of them. With authorities, each certificate has to be signed by the next
 * one, from its own up to the first that one of the given authorities has signed; what is behind that does not matter.
 * The broker's own certificate may be one of the given ones itself: then byte for byte the app has said that it trusts it,
 * as with a pin, and it need not be an authority. On that path every certificate has to be valid now, the given one too, and
 * the first has to be the host's. The given one's own signature is not looked at, and it may be of version 1.
 *
 * Work is bounded: at most 8 certificates are read, and each is compared with each given one; signatures are checked where
 * the names agree.
 *
 * @param name the host; the option serverName comes first
 * @param now milliseconds since 1970
 * @param path gets the certificates that are good, none if there is a reason: the broker's own first, then as they were sent,
 * the given authority last. With a pin alone, the broker's own only. Not copied
 */
export const judge = (
	certificates: readonly Uint8Array[],
	settings: TlsSettings,
	name: string,
	now: number,
	crypto: Primitives,
	path: Uint8Array[] = [],
): Reason | undefined => {
	path.length = 0;
	try {
		const problem = checkSize(certificates) ?? checkPin(certificates[0], settings.pins, crypto);
		if (problem !== undefined) return problem;
		if (settings.cas.length > 0) return checkPath(certificates, settings, name, now, crypto, path);
		path[0] = certificates[0];
		return undefined;
	} catch (reason) {
		// What a certificate breaks is thrown as its reason.
		if (reason instanceof Reason) return reason;
		throw reason;
	}
};

const checkSize = (certificates: readonly Uint8Array[]): Reason | undefined => {
	const { length } = certificates;
	if (length === 0) return TLS_PROTOCOL;
	let bytes = 0;
	for (let i = 0; i < length; i++) bytes += certificates[i].length;
	return length > Most.CERTIFICATES || bytes > Most.BYTES ? CHAIN_TOO_LONG : undefined;
};

const checkPin = (
	certificate: Uint8Array,
	pins: readonly Uint8Array[],
	crypto: Primitives,
): Reason | undefined => {
	if (pins.length === 0) return undefined;
	const digest = new Uint8Array(crypto.digest(SHA_256, certificate));
	for (let i = 0; i < pins.length; i++) if (same(digest, 0, digest.length, pins[i])) return undefined;
	return WRONG_PIN;
};

const checkPath = (
	certificates: readonly Uint8Array[],
	{ cas, serverName }: TlsSettings,
	name: string,
	now: number,
	crypto: Primitives,
	path: Uint8Array[],
): Reason | undefined => {
	const own = new Certificate(certificates[0]);
	let certificate = own;
	/** What is wrong with those that were sent, if they lead to an authority. */
	let fault = checkUse(own, now) ?? checkServerUsage(own);
	/** What is wrong with a given authority that has signed one of them. */
	let authorityFault: Reason | undefined;
	/** Authorities between `certificate`'s issuer and the broker's own, without those that are their own issuer. */
	let between = 0;
	for (let i = 0; ; i++) {
		for (let j = 0; j < cas.length; j++) {
			const ca = cas[j];
			if (i > 0 || !same(ca, 0, ca.length, certificates[0])) {
				if (!isNamedAsIssuer(ca, certificate)) continue;
				const authority = new Certificate(ca);
				if (!maySign(authority) || !signs(authority, certificate, crypto)) continue;
				const wrong = checkDepth(authority, between) ?? checkUse(authority, now);
				if (wrong !== undefined) {
					authorityFault ??= wrong;
					continue;
				}
			}
			const host = encodeHost(serverName ?? name);
			if (fault === undefined && (host === undefined || !hasName(own, host))) fault = WRONG_NAME;
			if (fault !== undefined) return fault;
			for (let k = 0; k <= i; k++) path[k] = certificates[k];
			path[i + 1] = ca;
			return undefined;
		}
		if (i + 1 === certificates.length) return authorityFault ?? UNKNOWN_CA;
		if (!isNamedAsIssuer(certificates[i + 1], certificate)) return authorityFault ?? BROKEN_CHAIN;
		const issuer = new Certificate(certificates[i + 1]);
		if (
			issuer.version < 3 ||
			!maySign(issuer) ||
			checkDepth(issuer, between) !== undefined ||
			!signs(issuer, certificate, crypto)
		)
			return authorityFault ?? BROKEN_CHAIN;
		fault ??= checkUse(issuer, now);
		if (!isNamedAsIssuer(issuer.der, issuer)) between++;
		certificate = issuer;
	}
};

/** Whether it has the right to sign certificates; in versions before 3 nothing is said of rights. */
const maySign = ({ authority, version, usage }: Certificate): boolean =>
	(authority || version < 3) && (usage & Usage.KEY_CERT_SIGN) !== 0;

/** Whether so many authorities may stand between it and the broker's own certificate. */
const checkDepth = ({ pathLength }: Certificate, between: number): Reason | undefined =>
	pathLength >= 0 && between > pathLength ? BROKEN_CHAIN : undefined;

const checkUse = (certificate: Certificate, now: number): Reason | undefined => {
	if (certificate.unsupported) return CERTIFICATE_UNSUPPORTED;
	// Asked for what is right: with a clock that gives NaN nothing is.
	if (!(now >= certificate.notBefore)) return CERTIFICATE_NOT_YET_VALID;
	if (!(now <= certificate.notAfter)) return CERTIFICATE_EXPIRED;
	// An authority that has this extension issues for these purposes alone.
	return certificate.server ? undefined : CERTIFICATE_PURPOSE;
};

/** What a server's key is for in TLS: to sign, or that a secret is encrypted for it. */
const checkServerUsage = (own: Certificate): Reason | undefined => {
	if (own.key === Algorithm.UNKNOWN) return CERTIFICATE_UNSUPPORTED;
	return (own.usage & Usage.SERVER) === 0 ? CERTIFICATE_PURPOSE : undefined;
};
