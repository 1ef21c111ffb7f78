// The option `tls` of a Client.

/** A certificate as PEM text, which may hold several, or as DER: a resource of the Moddable SDK, too. */
export type Certificate = string | Uint8Array | ArrayBuffer;

/** Whom to trust, and who we are. `ca` or `pin` is required. */
export interface TlsOptions {
	/**
	 * Certificates of the authorities that may have issued the broker's, several while one replaces another. The broker's own
	 * will do as well, byte for byte. Needed unless there is a `pin`; with both, both have to be right.
	 */
	ca?: Certificate | readonly Certificate[];
	/**
	 * SHA-256 of the broker's own certificate in DER, as 64 hexadecimal digits, with or without colons, or as 32 bytes;
	 * several while one replaces another. Without `ca` the certificate's issuer, name and dates do not matter.
	 */
	pin?: string | Uint8Array | readonly (string | Uint8Array)[];
	/** The client's own certificate, its issuers behind it. Needs `key`. */
	certificate?: Certificate | readonly Certificate[];
	/** The RSA key of `certificate`, 2048 to 4096 bits, PKCS#8 or PKCS#1, not encrypted. */
	key?: Certificate;
	/**
	 * The name that the broker's certificate must have among its alternative names, or an IPv4 address; other letters than
	 * those of ASCII as punycode. Default: the current host.
	 */
	serverName?: string;
	/** Application protocols to offer (ALPN, RFC 7301), 16 at most, 1 to 255 bytes each. AWS IoT on port 443 needs "x-amzn-mqtt-ca". */
	alpn?: string | readonly string[];
	/**
	 * Bytes, 512, 1024, 2048, 4096 or 16384: the longest record to accept (RFC 6066, section 4). The broker is asked for
	 * it; one that sends longer records all the same is left. 16384, which TLS allows, needs as much memory. Default 4096.
	 */
	fragmentLength?: number;
}
