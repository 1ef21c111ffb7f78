// What TLS needs of the place it runs in. Knows shapes only: those of the Moddable SDK's `ssl/session` and its primitives.

/** A TCP socket as a session wants it. It counts `readable` down itself, and sets `writable`. */
export interface SessionSocket {
	/** Bytes that `read` has. */
	readable: number;
	/** Bytes that `write` takes. */
	writable: number;
	/** Fills the view. */
	read(view: Uint8Array): number | undefined;
	/** Takes all of it, and returns the room left. May throw. */
	write(bytes: Uint8Array): number | undefined;
}

/** Reads certificates. */
export interface CertificateManager {
	/** Whether the broker is who it is meant to be: `certificates` in DER, its own first. */
	verify(certificates: readonly Uint8Array[], options: unknown): boolean;
	register(certificate: ArrayBuffer): unknown;
	getKey(certificate: unknown): unknown;
	findPreferredCert(types: unknown, names: unknown): unknown;
}

export interface SessionOptions {
	/** Whether the session checks the certificate itself. */
	verify: boolean;
	/** The one CA that it takes for good, in DER. */
	certificate?: Uint8Array;
	clientCertificates?: readonly Uint8Array[];
	/** PKCS#8 in DER. */
	clientKey?: Uint8Array;
	serverName?: string;
	applicationLayerProtocolNegotiation?: readonly string[];
	tls_max_fragment_length?: number;
	/** 0x303: TLS 1.2. */
	protocolVersion: number;
	/** Always false: a session that is resumed would skip all checks. */
	cache: false;
}

/** One TLS connection, from its bytes on: the Moddable SDK's `ssl/session`, or what has its shape. All of it may throw. */
export interface Session {
	certificateManager: CertificateManager;
	/** What the broker has said at the end. */
	alert?: { level: number; description: number };
	initiateHandshake(): void;
	/** Goes on as far as it can; true when the handshake is over, or `alert` is set. */
	handshake(socket: SessionSocket): boolean;
	/** Plaintext of one record; undefined when there is none, null after the end. */
	read(socket: SessionSocket): Uint8Array | undefined | null;
	/** Sends one record; returns the room left. */
	write(socket: SessionSocket, bytes: Uint8Array): number;
}

/** Digests that signatures of certificates use. */
export type DigestName = "SHA1" | "SHA256" | "SHA384" | "SHA512";

export interface TlsCapability {
	session: new (options: SessionOptions) => Session;
	digest(name: DigestName, bytes: Uint8Array): ArrayBuffer;
	/** `signature` to the power of `exponent`, modulo `modulus`; all big-endian, the result as long as the modulus, which is odd. */
	rsa(modulus: Uint8Array, exponent: Uint8Array, signature: Uint8Array): Uint8Array;
	/**
	 * Whether `r` and `s` sign `digest` under `point`, which is uncompressed (0x04, x, y); FIPS 186-4, section 6.4. `r` and
	 * `s` are big-endian, 1 to the order less 1, without a 0 in front: they may be shorter than the order; the digest is
	 * not longer. False for a point that is not on the curve. Throws for a curve that it does not know.
	 */
	ecdsa(
		curve: "secp256r1" | "secp384r1" | "secp521r1",
		point: Uint8Array,
		digest: ArrayBuffer,
		r: Uint8Array,
		s: Uint8Array,
	): boolean;
	timer: {
		repeat(callback: () => void, interval: number): unknown;
		/** Fires in `delay` milliseconds, then at the interval. */
		schedule(timer: never, delay: number, interval: number): void;
		clear(timer: never): void;
	};
}
