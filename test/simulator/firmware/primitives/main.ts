// What the SDK's primitives make of vectors from OpenSSL. Traces a line for each, and "done".

/// <reference path="../generated.d.ts" />

import { vectors } from "primitives/vectors";
import { capability } from "xs-mqtt/moddable/tls/capability";

const bytes = (hex: string) => new Uint8Array(ArrayBuffer.fromBigInt(BigInt(`0x1${hex}`))).slice(1);
/** Of bytes that may begin with zeros. */
function hex(of: Uint8Array | ArrayBuffer): string {
	const all = new Uint8Array(of.byteLength + 1);
	all[0] = 1;
	all.set(new Uint8Array(of), 1);
	return BigInt.fromArrayBuffer(all.buffer).toString(16).slice(1);
}

const results: { [primitive: string]: (...args: string[]) => string } = {
	digest: (name, data) => hex(capability.digest(name as "SHA256", bytes(data))),
	// In the middle of a buffer, as the parts of a certificate are.
	part: (name, data) => {
		const all = bytes(`aaaa${data}bbbb`);
		return hex(capability.digest(name as "SHA256", all.subarray(2, all.length - 2)));
	},
	rsa: (modulus, exponent, signature) =>
		hex(capability.rsa(bytes(modulus), bytes(exponent), bytes(signature))),
	ecdsa: (curve, point, digest, r, s) =>
		String(
			capability.ecdsa(
				curve as "secp256r1",
				bytes(point),
				bytes(digest).buffer as ArrayBuffer,
				bytes(r),
				bytes(s),
			),
		),
};

for (const [primitive, args] of vectors) {
	let result: string;
	try {
		result = results[primitive](...args);
	} catch (error) {
		result = String(error);
	}
	trace(`result ${result}\n`);
}
trace("done\n");
