// Digests for SCRAM, of node:crypto.

import { createHash, createHmac, randomBytes } from "node:crypto";
import type { CryptoCapability, HashName, Hmac } from "../../src/authentication/capability.js";

class NodeHmac implements Hmac {
	readonly #name: HashName;
	readonly #key: Uint8Array;

	constructor(name: HashName, key: Uint8Array) {
		this.#name = name;
		this.#key = key.slice();
	}

	sign(bytes: Uint8Array, result: Uint8Array): void {
		result.set(createHmac(this.#name, this.#key).update(bytes).digest());
	}

	iterate(link: Uint8Array, sum: Uint8Array, count: number): void {
		for (; count > 0; count--) {
			this.sign(link, link);
			for (let i = 0; i < sum.length; i++) sum[i] ^= link[i];
		}
	}
}

export const crypto: CryptoCapability = {
	random: () => randomBytes(4).readInt32LE(),
	digest: (name, bytes) => Uint8Array.from(createHash(name).update(bytes).digest()).buffer,
	hmac: NodeHmac,
};
