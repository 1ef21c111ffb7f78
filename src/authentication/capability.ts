// What SCRAM needs of the place it runs in. Knows shapes only.

/** Digests by the names of the Moddable SDK. */
export type HashName = "SHA1" | "SHA256";

/** HMAC (RFC 2104) under one key. Results are as long as the digest: 20 bytes or 32. */
export interface Hmac {
	/** Writes the HMAC of `bytes` into `result`. */
	sign(bytes: Uint8Array, result: Uint8Array): void;
	/** `count` times: `link` becomes its own HMAC, and `sum` is XORed with it: the loop of PBKDF2 (RFC 8018, section 5.2). */
	iterate(link: Uint8Array, sum: Uint8Array, count: number): void;
}

/** Digests that the host has. */
export interface CryptoCapability {
	/** A whole number of 32 bits that cannot be predicted from earlier ones. */
	random(): number;
	/** The digest of `bytes`, 20 bytes or 32. Allocates it. */
	digest(name: HashName, bytes: Uint8Array): ArrayBuffer;
	hmac: new (name: HashName, key: Uint8Array) => Hmac;
}
