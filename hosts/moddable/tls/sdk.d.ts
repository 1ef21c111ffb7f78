// The SDK's TLS modules as far as they are used here: neither its typings nor those on npm have them.

declare module "curve" {
	import type EC from "ec";
	import type ECPoint from "ecp";

	/** Knows secp256r1 and secp384r1; with another name it has no members. */
	export default class Curve {
		constructor(name: string);
		readonly ec?: EC;
		readonly G: ECPoint;
		readonly n: bigint;
	}
}

declare module "ec" {
	import type ECPoint from "ecp";

	export default class EC {
		readonly a: bigint;
		readonly b: bigint;
		/** The field's prime. */
		readonly m: bigint;
		/** The sum of both products. */
		mul2(point: ECPoint, factor: bigint, other: ECPoint, otherFactor: bigint): ECPoint;
	}
}

declare module "ecp" {
	export default class ECPoint {
		constructor(x: bigint, y: bigint);
		readonly X: bigint;
		isZero(): boolean;
	}
}

declare module "modular" {
	export default class Modular {
		constructor(modulus: bigint);
		exp(base: bigint, exponent: bigint): bigint;
		mul(a: bigint, b: bigint): bigint;
		mulinv(a: bigint): bigint;
		mod(a: bigint): bigint;
	}
}

declare module "rng" {
	const RNG: {
		init(seed: ArrayBuffer): void;
	};
	export default RNG;
}

declare module "ssl/session" {
	import type { Session, SessionOptions } from "xs-mqtt/transport/tls/capability";

	const SSLSession: new (options: SessionOptions) => Session;
	export default SSLSession;
}

interface ArrayBufferConstructor {
	/** Big-endian, with zeros in front up to `length` bytes. */
	fromBigInt(value: bigint, length: number): ArrayBuffer;
}
