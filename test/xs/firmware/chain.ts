// Judges the chains of test/transport/tls/cases.ts, which the test has written into a module of its own.

import { digest, ecdsa, rsa } from "desktop/crypt";
import * as engine from "desktop/engine";
import config from "mc/config";
import cases from "tls-cases";
import { judge } from "../../../src/transport/tls/chain.js";
import * as reasons from "../../../src/transport/tls/reasons.js";
import { checkTls } from "../../../src/transport/tls/settings.js";
import type { Primitives } from "../../../src/transport/tls/signature.js";
import type { Reason } from "../../../src/wire/reason.js";

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

const called = (reason: Reason | undefined) => {
	for (const [name, each] of Object.entries(reasons)) if (each === reason) return name;
	return reason === undefined ? "trusted" : "another";
};

const answers: string[] = [];
let flips = 0;
let wrong = "";
for (const { certificates, ca, pin, host, serverName, now } of cases) {
	const settings = checkTls({ ca: ca?.map(bytesOf), pin: pin?.map(bytesOf), serverName });
	const chain = certificates.map(bytesOf);
	// JSON has no NaN.
	const at = now ?? Number.NaN;
	answers.push(called(judge(chain, settings, host, at, crypto)));
	if (answers.length > (config.mutants as number)) continue;
	// One byte after the other is another one: what signs it, or its form, has to break.
	for (const der of chain)
		for (let i = 0; i < der.length; i++) {
			const byte = der[i];
			der[i] = byte ^ (1 << (i & 7));
			try {
				if (judge(chain, settings, host, at, crypto) === undefined) wrong += ` ${i} is trusted`;
			} catch (error) {
				wrong += ` ${i} threw ${error}`;
			}
			der[i] = byte;
			flips++;
		}
}
engine.report(JSON.stringify({ answers, flips, wrong }));
engine.exit(0);
