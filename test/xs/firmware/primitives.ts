// What the host gives to TLS, WebSocket and SCRAM: each case's outcome, reported as JSON.

import { random, xor } from "desktop/bytes";
import { digest, ecdsa, Hmac, rsa } from "desktop/crypt";
import * as engine from "desktop/engine";
import config from "mc/config";
import Time from "time";
import { network } from "../../../hosts/desktop/network.js";

type Hex = string;
export type Case =
	| { name: "digest"; digest: "SHA1" | "SHA256" | "SHA384" | "SHA512"; bytes: Hex }
	| { name: "rsa"; modulus: Hex; exponent: Hex; signature: Hex }
	| {
			name: "ecdsa";
			curve: "secp256r1" | "secp384r1" | "secp521r1";
			point: Hex;
			digest: Hex;
			r: Hex;
			s: Hex;
	  }
	| { name: "hmac"; digest: "SHA1" | "SHA256"; key: Hex; bytes: Hex }
	| { name: "iterate"; digest: "SHA1" | "SHA256"; key: Hex; link: Hex; sum: Hex; counts: number[] }
	| { name: "xor"; bytes: Hex; mask: Hex };

const { cases, clock } = config as unknown as { cases?: Case[]; clock?: number };

const fromHex = (text: Hex) =>
	Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
const toHex = (bytes: Uint8Array | ArrayBuffer) =>
	Array.from(new Uint8Array(bytes as ArrayBuffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

const outcome = (it: Case): unknown => {
	switch (it.name) {
		case "digest":
			return toHex(digest(it.digest, fromHex(it.bytes)));
		case "rsa":
			return toHex(rsa(fromHex(it.modulus), fromHex(it.exponent), fromHex(it.signature)));
		case "ecdsa":
			return ecdsa(
				it.curve,
				fromHex(it.point),
				fromHex(it.digest).buffer as ArrayBuffer,
				fromHex(it.r),
				fromHex(it.s),
			);
		case "hmac": {
			const result = new Uint8Array(it.digest === "SHA1" ? 20 : 32);
			new Hmac(it.digest, fromHex(it.key)).sign(fromHex(it.bytes), result);
			return toHex(result);
		}
		case "iterate": {
			const hmac = new Hmac(it.digest, fromHex(it.key));
			const [link, sum] = [fromHex(it.link), fromHex(it.sum)];
			const { counts } = it;
			engine.mark();
			for (let i = 0; i < counts.length; i++) hmac.iterate(link, sum, counts[i]);
			const slots = engine.slots();
			const chunkBytes = engine.chunkBytes();
			if (slots + chunkBytes > 0) return "garbage";
			return [toHex(link), toHex(sum)];
		}
		case "xor": {
			const bytes = fromHex(it.bytes);
			const mask = fromHex(it.mask);
			engine.mark();
			xor(bytes, mask);
			const slots = engine.slots();
			const chunkBytes = engine.chunkBytes();
			if (slots + chunkBytes > 0) return "garbage";
			return toHex(bytes);
		}
	}
};

if (cases !== undefined)
	engine.report(
		JSON.stringify(
			cases.map((it) => {
				try {
					return outcome(it);
				} catch (error) {
					return (error as Error).message;
				}
			}),
		),
	);
else if (clock !== undefined) {
	const before = Date.now();
	network.setClock(clock);
	const after = Date.now();
	let refused = "";
	try {
		Time.set(-1);
	} catch (error) {
		refused = (error as Error).message;
	}
	engine.report(JSON.stringify({ before, after, text: new Date().toISOString(), refused }));
} else {
	const numbers = new Array(64).fill(0);
	engine.mark();
	for (let i = 0; i < numbers.length; i++) numbers[i] = random();
	const slots = engine.slots();
	const chunkBytes = engine.chunkBytes();
	engine.report(JSON.stringify({ numbers, allocated: slots + chunkBytes }));
}
engine.exit(0);
