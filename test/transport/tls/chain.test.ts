import { judge } from "../../../src/transport/tls/chain.js";
import * as reasons from "../../../src/transport/tls/reasons.js";
import { checkTls } from "../../../src/transport/tls/settings.js";
import { Authority } from "../../support/authority.js";
import { crypto } from "../../support/crypto.js";

const root = new Authority();
afterAll(() => root.remove());

for (const key of ["rsa:2048", "rsa:3072", "P-256", "P-384"] as const)
	for (const digest of ["sha256", "sha384", "sha512"])
		test(`a ${key} ${digest}`, () => {
			const ca = new Authority({ key });
			const leaf = ca.issue({ digest });
			const settings = checkTls({ ca: ca.own.pem });
			expect(judge([leaf.der], settings, "localhost", Date.now(), crypto)).toBe(undefined);
			expect(judge([leaf.der], settings, "localhos", Date.now(), crypto)).toBe(reasons.WRONG_NAME);
			ca.remove();
		});
