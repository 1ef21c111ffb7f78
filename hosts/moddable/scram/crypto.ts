// Digests for SCRAM, for the network of Moddable: what manifest_scram.json puts in the place of ../streams/without/crypto.ts.
// The SDK's Digest allocates each result; its HMAC allocates more, and is not used.

/// <reference path="../websocket/sdk.d.ts" />

import { Digest } from "crypt";
import Logical from "logical";
import type { CryptoCapability, HashName, Hmac } from "xs-mqtt/authentication/capability";

const enum Block {
	/** Bytes; of both digests. */
	SIZE = 64,
	INNER = 0x36,
	OUTER = 0x5c,
}

const enum Half {
	/** 2 to the power of 16. */
	SIZE = 0x1_0000,
	BITS = 16,
}

/** The key's block, combined with a pad. */
const pad = (key: Uint8Array, value: number): Uint8Array => {
	const block = new Uint8Array(Block.SIZE);
	block.set(key);
	for (let i = 0; i < Block.SIZE; i++) block[i] ^= value;
	return block;
};

const digest = (name: HashName, bytes: Uint8Array): ArrayBuffer => {
	const state = new Digest(name);
	state.write(bytes as never); // takes views, too: its types do not
	return state.close();
};

class SdkHmac implements Hmac {
	private readonly state: Digest;
	private readonly inner: Uint8Array;
	private readonly outer: Uint8Array;

	constructor(name: HashName, key: Uint8Array) {
		if (key.length > Block.SIZE) key = new Uint8Array(digest(name, key));
		this.state = new Digest(name);
		this.inner = pad(key, Block.INNER);
		this.outer = pad(key, Block.OUTER);
	}

	sign(bytes: Uint8Array, result: Uint8Array): void {
		result.set(new Uint8Array(this.next(bytes)));
	}

	iterate(link: Uint8Array, sum: Uint8Array, count: number): void {
		let last: Uint8Array | ArrayBuffer = link;
		for (; count > 0; count--) {
			last = this.next(last);
			Logical.xor(sum, last);
		}
		if (last !== link) link.set(new Uint8Array(last));
	}

	private next(bytes: Uint8Array | ArrayBuffer): ArrayBuffer {
		const { state } = this;
		state.reset();
		state.write(this.inner as never);
		state.write(bytes as never); // takes views, too: its types do not
		const inner = state.close();
		state.reset();
		state.write(this.outer as never);
		state.write(inner);
		return state.close();
	}
}

// Twice, as one number has 31 bits. On ESP32 and ESP8266 they are the chip's generator's; in the simulator they are rand()'s,
// which begins with the same number each time: there somebody who has heard an exchange can replay it.
const random = (): number => ((Math.random() * Half.SIZE) << Half.BITS) ^ (Math.random() * Half.SIZE);

export const crypto: CryptoCapability = Object.freeze({ random, digest, hmac: SdkHmac });
