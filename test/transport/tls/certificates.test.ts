// Whose word counts: our judgement always, the session's where it can be right.

import { Certificates } from "../../../src/transport/tls/certificates.js";
import { CERTIFICATE_UNSUPPORTED, UNKNOWN_CA } from "../../../src/transport/tls/reasons.js";
import { checkTls } from "../../../src/transport/tls/settings.js";
import { Authority } from "../../support/authority.js";
import { crypto } from "../../support/crypto.js";

const authorities: Authority[] = [];
const create = (...args: ConstructorParameters<typeof Authority>) => {
	const authority = new Authority(...args);
	authorities.push(authority);
	return authority;
};

afterAll(() => {
	for (const each of authorities) each.remove();
});

/** What becomes of these certificates when the session says so. */
function verify(says: () => boolean, ca: Authority, chain: readonly Uint8Array[]) {
	const asked: unknown[] = [];
	const own = {
		verify(certificates: readonly Uint8Array[]) {
			asked.push(certificates.length);
			return says();
		},
		register() {},
		getKey() {},
		findPreferredCert() {},
	};
	let approvals = 0;
	const listener = { approve: () => void approvals++ };
	const capability = { ...crypto, session: undefined as never, timer: undefined as never };
	const it = new Certificates(own, checkTls({ ca: ca.own.der }), "localhost", capability, listener);
	const verdict = it.verify(chain);
	expect(approvals).toBe(verdict ? 1 : 0);
	return { verdict, reason: it.reason, asked };
}

const no = () => false;
const yes = () => true;
const fail = () => {
	throw new Error("invalid");
};

test("RSA: both are asked", () => {
	const ca = create();
	const chain = [ca.issue().der];
	expect(verify(yes, ca, chain)).toEqual({ verdict: true, reason: undefined, asked: [2] });
	expect(verify(no, ca, chain)).toEqual({ verdict: false, reason: CERTIFICATE_UNSUPPORTED, asked: [2] });
	expect(verify(fail, ca, chain)).toEqual({ verdict: true, reason: undefined, asked: [2] });
	expect(verify(yes, create(), chain)).toEqual({ verdict: false, reason: UNKNOWN_CA, asked: [] });
});

test("a signature with ECDSA anywhere: the session is not asked", () => {
	const ca = create({ key: "P-256" });
	const between = create({ name: "between" }, ca);
	const leaf = between.issue();
	const expected = { verdict: true, reason: undefined, asked: [] };
	expect(verify(no, ca, [ca.issue().der])).toEqual(expected);
	expect(verify(no, ca, [leaf.der, between.own.der])).toEqual(expected);
	expect(verify(yes, create({ key: "P-256" }), [leaf.der, between.own.der])).toMatchObject({
		verdict: false,
		asked: [],
	});
});
