// The cipher suites that are offered, in the order of preference, in place of the SDK's list: that one begins with RSA key
// exchange and AES-CBC with SHA-1, and a broker that follows the client's order takes those. Here are only suites whose keys
// die with the connection (ECDHE) and whose records are authenticated as a whole (AES-GCM). In JavaScript, as the SDK's.

import { AES, ECDHE_RSA, GCM, SHA256 } from "ssl/constants";

const suite = (low) => ({
	value: [0xc0, low],
	isExportable: false,
	// The SDK has one word for both: which signature it is, the key exchange says.
	keyExchangeAlgorithm: ECDHE_RSA,
	cipherAlgorithm: AES,
	cipherKeySize: 16,
	cipherBlockSize: 16,
	hashAlgorithm: SHA256,
	hashSize: 32,
	encryptionMode: GCM,
	/** Bytes of the nonce that go along, and that do not (RFC 5288, section 3). */
	ivSize: 8,
	saltSize: 4,
});

export default Object.freeze(
	[
		suite(0x2f), // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
		suite(0x2b), // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
	],
	true,
);
