// In the place of a session's certificate manager: our own judgement comes first, then the session's. Knows what the broker
// has to prove, and no handshake.

import type { Reason } from "../../wire/reason.js";
import type { CertificateManager, TlsCapability } from "./capability.js";
import { Algorithm, Certificate } from "./certificate.js";
import { judge } from "./chain.js";
import { same } from "./der.js";
import type { Approver } from "./guard.js";
import { CERTIFICATE_UNSUPPORTED } from "./reasons.js";
import type { TlsSettings } from "./settings.js";
import { isSigned, SHA_256 } from "./signature.js";

export class Certificates implements CertificateManager, Approver {
	/** Why the broker's certificate is not trusted; undefined if nothing is wrong so far. */
	reason: Reason | undefined = undefined;
	/** The session's own. */
	private readonly own: CertificateManager;
	private readonly settings: TlsSettings;
	/** The broker's, which its certificate has to have. */
	private readonly name: string;
	private readonly capability: TlsCapability;
	/** Hears that the broker's certificate is good. */
	private readonly onApproved: { approve(approver: Approver): void };
	/** The broker's own, once it is good. */
	private der: Uint8Array | undefined = undefined;

	constructor(
		own: CertificateManager,
		settings: TlsSettings,
		name: string,
		capability: TlsCapability,
		onApproved: { approve(approver: Approver): void },
	) {
		this.own = own;
		this.settings = settings;
		this.name = name;
		this.capability = capability;
		this.onApproved = onApproved;
	}

	verify(certificates: readonly Uint8Array[]): boolean {
		const { settings, name } = this;
		const path: Uint8Array[] = [];
		this.reason = judge(certificates, settings, name, Date.now(), this.capability, path);
		if (this.reason === undefined && !this.verifyAgain(path)) this.reason = CERTIFICATE_UNSUPPORTED;
		if (this.reason !== undefined) return false;
		// A copy: what the session gives is a part of all that came.
		this.der = certificates[0].slice();
		this.onApproved.approve(this);
		return true;
	}

	/**
	 * The session asks this, too. But the SDK's takes an RSA signature with anything behind its digest, and an ECDSA signature
	 * of two zeros: forgeries for keys with the exponent 3, and for all keys.
	 */
	hasSigned(content: Uint8Array, signature: Uint8Array): boolean {
		try {
			return isSigned(new Certificate(this.der!), SHA_256, content, signature, this.capability);
		} catch {
			return false;
		}
	}

	/**
	 * What the session itself says to the broker's certificate, its issuers, and at last the authority that is trusted. It is
	 * not asked about ECDSA, nor heard where it throws: the SDK's refuses each signature in which a number has a 0 in front,
	 * one of 128, and throws on good certificates for want of key identifiers.
	 */
	private verifyAgain(path: Uint8Array[]): boolean {
		if (this.settings.cas.length === 0) return true; // a pin is enough
		const authority = path.pop()!;
		const last = path[path.length - 1];
		// It is the broker's own: the session has no rule for that.
		if (path.length === 1 && same(last, 0, last.length, authority)) return true;
		for (let i = 0; i < path.length; i++)
			if (new Certificate(path[i]).algorithm === Algorithm.ECDSA) return true;
		try {
			this.own.register(authority.slice().buffer as ArrayBuffer);
			// The last one twice: the session wants two at least, and finds the authority by its key for the last of all.
			path.push(last);
			return this.own.verify(path, { tls_server_name: this.name });
		} catch {
			return true;
		}
	}

	register(certificate: ArrayBuffer): unknown {
		return this.own.register(certificate);
	}

	getKey(certificate: unknown): unknown {
		return this.own.getKey(certificate);
	}

	findPreferredCert(types: unknown, names: unknown): unknown {
		return this.own.findPreferredCert(types, names);
	}
}
