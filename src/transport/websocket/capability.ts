// What WebSocket needs of the place it runs in. Knows shapes only.
//
// On Moddable: `xor` is `Logical.xor` of the SDK's "logical" (modules/data/logical), as it is. `sha1` is best left out:
// it is needed once for each connection, and the SDK's "crypt" would take more flash than the loop here; where TLS brings
// "crypt" anyway, `bytes => new Digest("SHA1").process(bytes)` fits. `random` on ESP8266 and ESP32 is
// `() => Math.random() * 0x1_0000_0000 | 0`: there Math.random reads the chip's generator. The simulator's is not seeded.

export interface WebSocketCapability {
	/**
	 * A whole number of 32 bits that cannot be predicted from earlier ones (RFC 6455, section 10.3).
	 * Allocates nothing: it is called while the buffer that is sent is short.
	 */
	random(): number;
	/** XORs all of `bytes` with the four of `mask` in turn, in place. Allocates nothing. Default: a loop, twenty times as slow. */
	xor?(bytes: Uint8Array, mask: Uint8Array): void;
	/** SHA-1 of `bytes`, 20 bytes. Default: a loop. */
	sha1?(bytes: Uint8Array): ArrayBuffer;
}
