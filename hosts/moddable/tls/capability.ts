// What TLS needs of Moddable: the SDK's session, and its primitives without what it makes of them: no certificate is parsed
// here, no padding, no signature's encoding.

/// <reference path="./sdk.d.ts" />

import { Digest } from "crypt";
import Curve from "curve";
import ECPoint from "ecp";
import Modular from "modular";
import RNG from "rng";
import SSLSession from "ssl/session";
import Timer from "timer";
import type { DigestName, SessionOptions, TlsCapability } from "xs-mqtt/transport/tls/capability";

const enum Seed {
	/** Bytes. */
	LENGTH = 32,
}

/**
 * The SDK's session. Its random numbers are an RC4 state that is seeded once, with 16 bytes, and begins at the same place at
 * each call: here it is seeded for each connection again, so that what was seen of the last one says nothing about this
 * one's keys. On ESP32 and ESP8266 Math.random reads the chip's generator; the simulator's is no secret to anybody.
 */
class Session extends SSLSession {
	constructor(options: SessionOptions) {
		const seed = new Uint8Array(Seed.LENGTH);
		for (let i = 0; i < Seed.LENGTH; i++) seed[i] = Math.random() * 256;
		RNG.init(seed.buffer);
		super(options);
	}
}

const digest = (name: DigestName, bytes: Uint8Array): ArrayBuffer => {
	const state = new Digest(name);
	state.write(bytes as never); // takes views, too: its types do not
	return state.close();
};

/** A number of big-endian bytes. */
const toNumber = (bytes: ArrayBuffer): bigint => BigInt.fromArrayBuffer(bytes) as bigint;

/** The bytes from `start` to `end`, all by default, in a buffer of their own: BigInt takes whole ones only. */
const cut = (bytes: Uint8Array, start?: number, end?: number): ArrayBuffer =>
	bytes.slice(start, end).buffer as ArrayBuffer;

const rsa = (modulus: Uint8Array, exponent: Uint8Array, signature: Uint8Array): Uint8Array =>
	new Uint8Array(
		ArrayBuffer.fromBigInt(
			new Modular(toNumber(cut(modulus))).exp(toNumber(cut(signature)), toNumber(cut(exponent))),
			modulus.length,
		),
	);

const ecdsa = (name: string, point: Uint8Array, hash: ArrayBuffer, r: Uint8Array, s: Uint8Array): boolean => {
	const { ec, G, n } = new Curve(name);
	if (ec === undefined) throw new RangeError(`the SDK has no curve ${name}`);
	const size = (point.length - 1) >> 1;
	const x = toNumber(cut(point, 1, 1 + size));
	const y = toNumber(cut(point, 1 + size));
	const field = new Modular(ec.m);
	// On the curve? (SEC 1, section 3.2.2.1.) The SDK does not ask, and goes on with what is no point.
	if (field.mod(x * x * x + ec.a * x + ec.b) !== field.mul(y, y)) return false;
	const order = new Modular(n);
	const first = toNumber(cut(r));
	const inverse = order.mulinv(toNumber(cut(s)));
	const sum = ec.mul2(G, order.mul(toNumber(hash), inverse), new ECPoint(x, y), order.mul(first, inverse));
	return !sum.isZero() && order.mod(sum.X) === first;
};

export const capability: TlsCapability = Object.freeze({
	session: Session as never,
	digest,
	rsa,
	ecdsa,
	timer: Timer as never,
});
