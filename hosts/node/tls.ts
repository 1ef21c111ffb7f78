// TLS for the Node host: node:tls with the options and the reasons that boards have. OpenSSL judges
// the chain of certificates; the name and the pins are judged here. Knows Node.

import { createHash, X509Certificate } from "node:crypto";
import { createConnection, isIP, type Socket } from "node:net";
import { connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import type { Layer, Stream, StreamFactory, StreamOwner } from "../../src/transport/stream.js";
import { reasonOfAlert } from "../../src/transport/tls/alert.js";
import { isClockSet } from "../../src/transport/tls/clock.js";
import type { TlsOptions } from "../../src/transport/tls/options.js";
import * as reasons from "../../src/transport/tls/reasons.js";
import { checkTls, settingsFor, type TlsSettings } from "../../src/transport/tls/settings.js";
import type { Reason } from "../../src/wire/reason.js";
import { SocketStream } from "./socket-stream.js";

/** OpenSSL's verdicts on certificates (X509_V_ERR_...), as Node names them. */
const VERDICTS: Readonly<Record<string, Reason>> = {
	CERT_CHAIN_TOO_LONG: reasons.CHAIN_TOO_LONG,
	CERT_HAS_EXPIRED: reasons.CERTIFICATE_EXPIRED,
	CERT_NOT_YET_VALID: reasons.CERTIFICATE_NOT_YET_VALID,
	CERT_SIGNATURE_FAILURE: reasons.BROKEN_CHAIN,
	CERT_UNTRUSTED: reasons.UNKNOWN_CA,
	DEPTH_ZERO_SELF_SIGNED_CERT: reasons.UNKNOWN_CA,
	INVALID_CA: reasons.BROKEN_CHAIN,
	INVALID_PURPOSE: reasons.CERTIFICATE_PURPOSE,
	PATH_LENGTH_EXCEEDED: reasons.BROKEN_CHAIN,
	SELF_SIGNED_CERT_IN_CHAIN: reasons.UNKNOWN_CA,
	UNABLE_TO_GET_ISSUER_CERT: reasons.UNKNOWN_CA,
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: reasons.UNKNOWN_CA,
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: reasons.UNKNOWN_CA,
};

/** An alert's level (RFC 5246, section 7.2): that of a warning OpenSSL keeps to itself. */
const FATAL = 2;
/** Bytes of an alert's record as long as it is not encrypted. */
const ALERT_LENGTH = 7;

/** The broker is not to be trusted. */
class Refusal extends Error {
	readonly reason: Reason;

	constructor(reason: Reason) {
		super(reason.message);
		this.reason = reason;
	}
}

/** What is DER as PEM text (RFC 7468). */
export const toPem = (label: string, der: Uint8Array): string => {
	const lines = Buffer.from(der)
		.toString("base64")
		.match(/.{1,64}/g)!
		.join("\n");
	return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
};

/** Whether the certificate's subject alternative names have it; a common name does not count (RFC 9525, section 2). */
const hasName = (certificate: X509Certificate, name: string): boolean => {
	if (isIP(name)) return certificate.checkIP(name) !== undefined;
	return certificate.checkHost(name, { subject: "never", partialWildcards: false }) !== undefined;
};

/** Whether all who have issued it, as far as they are known, are authorities. One at the root has issued itself. */
const hasAuthorities = ({ issuerCertificate: issuer, raw }: DetailedPeerCertificate): boolean =>
	issuer === undefined || issuer.raw.equals(raw) || (issuer.ca && hasAuthorities(issuer));

/** Why the broker is not to be trusted; undefined: it is. */
const judge = (socket: TLSSocket, { cas, pins }: TlsSettings, name: string): Reason | undefined => {
	// Not getPeerX509Certificate: in Node 20 that takes it away.
	const certificate = socket.getPeerCertificate(true);
	if (certificate.raw === undefined) return reasons.TLS_PROTOCOL;
	const digest = createHash("sha256").update(certificate.raw).digest();
	if (pins.length > 0 && !pins.some((pin) => digest.equals(pin))) return reasons.WRONG_PIN;
	if (cas.length === 0) return undefined;
	if (!socket.authorized) {
		const verdict = String(socket.authorizationError);
		// What is said last of an issuer that is no authority.
		if (verdict === "INVALID_PURPOSE" && !hasAuthorities(certificate)) return reasons.BROKEN_CHAIN;
		return VERDICTS[verdict] ?? reasons.CERTIFICATE_UNSUPPORTED;
	}
	return hasName(new X509Certificate(certificate.raw), name) ? undefined : reasons.WRONG_NAME;
};

/**
 * TLS with the broker `host` at the other end of `line`. What is written goes out when it has proved to be the right one,
 * not before: then comes "secureConnect", and the socket is not destroyed. Otherwise it is, with an error that `tlsReason`
 * knows.
 */
export const connectTls = (settings: TlsSettings, host: string, line: Socket): TLSSocket => {
	const { cas, clientCertificates, clientKey, alpn } = settings;
	const name = (settings.serverName ?? host).replace(/\.$/, "");
	const socket = connect({
		socket: line,
		minVersion: "TLSv1.2",
		ca: cas.map((der) => toPem("CERTIFICATE", der)),
		// An authority need not be at the root.
		...{ allowPartialTrustChain: true }, // Node's types do not know it
		cert: clientCertificates.map((der) => toPem("CERTIFICATE", der)).join("") || undefined,
		key: clientKey && toPem("PRIVATE KEY", clientKey),
		servername: isIP(name) ? "" : name,
		ALPNProtocols: alpn.length > 0 ? [...alpn] : undefined,
		// OpenSSL's verdict is not ignored: `judge` asks for it, and for what OpenSSL does not look at.
		rejectUnauthorized: false,
		checkServerIdentity: () => undefined,
	});
	socket.cork();
	socket.once("secureConnect", () => {
		const reason = judge(socket, settings, name);
		if (reason === undefined) socket.uncork();
		else socket.destroy(new Refusal(reason));
	});
	return socket;
};

/** Why a socket of connectTls over `line` has failed; undefined: TLS has nothing to do with it. */
export const tlsReason = (error: Error, line: Socket): Reason | undefined => {
	if (error instanceof Refusal) return error.reason;
	const { code = "", library } = error as NodeJS.ErrnoException & { library?: string };
	if (!code.startsWith("ERR_SSL_")) return undefined;
	if (code === "ERR_SSL_UNSUPPORTED_PROTOCOL") return reasons.TLS_VERSION;
	if (code === "ERR_SSL_UNKNOWN_CIPHER_RETURNED" || code === "ERR_SSL_WRONG_CIPHER_RETURNED")
		return reasons.CIPHER_SUITE;
	// What is wrong with it depends on what it decrypts to; all it has to do in a handshake is to check it.
	if (library === "rsa routines" || library === "elliptic curve routines") return reasons.WRONG_SIGNATURE;
	const alert = Number(/alert number (\d+)/.exec(error.message)?.[1]);
	// A broker that had more to say before has had our answer to it; whether it has asked for a certificate nobody tells.
	const answered = line.bytesRead > ALERT_LENGTH;
	return reasonOfAlert(FATAL, alert, answered, answered);
};

class TlsStream extends SocketStream {
	readonly #owner: StreamOwner;
	readonly #line: Socket;
	/** The broker is at the other end of the line, and has not proved anything yet. */
	#handshake = false;

	constructor(socket: TLSSocket, line: Socket, owner: StreamOwner) {
		super(socket);
		this.#owner = owner;
		this.#line = line;
		line.once("connect", () => {
			this.#handshake = true;
		});
		socket.once("secureConnect", () => {
			if (socket.destroyed) return; // it is not the right broker
			this.#handshake = false;
			this.open();
		});
	}

	protected override tellReadable(count: number): void {
		if (this.#owner.stream === this) this.#owner.input.onReadable(count);
	}

	protected override tellWritable(room: number): void {
		if (this.#owner.stream === this) this.#owner.onWritable(room);
	}

	protected override tellError(error: Error | undefined): void {
		if (this.#owner.stream === this) this.#owner.onError(this.#reason(error));
	}

	#reason(error: Error | undefined): Reason | undefined {
		const reason = error && tlsReason(error, this.#line);
		return reason ?? (this.#handshake ? reasons.HANDSHAKE_LOST : undefined);
	}
}

/**
 * TLS 1.2 or 1.3. What is below is TCP, and Node's TLS opens that itself. Records may have any length: `fragmentLength`
 * saves memory on boards.
 */
export const tls: Layer<TlsOptions> = (options, _below, hosts): StreamFactory => {
	const settings = checkTls(options, hosts);
	return {
		isSecure: true,
		get awaitsClock() {
			return settings.cas.length > 0 && !isClockSet();
		},
		open: (host, address, port, owner): Stream => {
			const line = createConnection({ host: address, port, noDelay: true });
			return new TlsStream(connectTls(settingsFor(settings, host, hosts), host, line), line, owner);
		},
	};
};
