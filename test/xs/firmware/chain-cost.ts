// What it costs on a board to check the option tls, and to judge a chain: all that is allocated, without a collection.

import { digest, ecdsa, rsa } from "desktop/crypt";
import * as engine from "desktop/engine";
import config from "mc/config";
import { judge } from "../../../src/transport/tls/chain.js";
import type { TlsOptions } from "../../../src/transport/tls/options.js";
import { checkTls, type TlsSettings } from "../../../src/transport/tls/settings.js";
import type { Primitives } from "../../../src/transport/tls/signature.js";
import type { Reason } from "../../../src/wire/reason.js";

const given = config as unknown as Record<"ca" | "certificate" | "key" | "chain", string>;

const crypto: Primitives = {
	digest,
	rsa: (modulus, exponent, signature) => new Uint8Array(rsa(modulus, exponent, signature)),
	ecdsa,
};

const bytesOf = (hex: string) => {
	const bytes = new Uint8Array(hex.length / 2);
	for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
	return bytes;
};

const chain = given.chain.split(" ").map(bytesOf);
const der: TlsOptions = { ca: bytesOf(given.ca) };
const pem: TlsOptions = { ca: given.certificate, certificate: given.certificate, key: given.key };
const now = Date.now();

let settings: TlsSettings | undefined;
let reason: Reason | undefined;
const cost = (operation: () => void) => {
	engine.collect();
	const slotsBefore = engine.liveSlots();
	const chunksBefore = engine.liveChunkBytes();
	engine.mark();
	operation();
	const meter = engine.meter();
	const slots = engine.slots();
	const chunkBytes = engine.chunkBytes();
	const collections = engine.collections();
	engine.collect();
	const heldSlots = engine.liveSlots() - slotsBefore;
	const heldChunkBytes = engine.liveChunkBytes() - chunksBefore;
	return { meter, slots, chunkBytes, collections, heldSlots, heldChunkBytes };
};

const results: Record<string, ReturnType<typeof cost>> = {};
for (let i = 0; i < 2; i++) {
	results.fromPem = cost(() => {
		settings = checkTls(pem);
	});
	results.fromDer = cost(() => {
		settings = checkTls(der);
	});
	results.judge = cost(() => {
		reason = judge(chain, settings as TlsSettings, "localhost", now, crypto);
	});
}
engine.report(JSON.stringify({ trusted: reason === undefined, results }));
engine.exit(0);
