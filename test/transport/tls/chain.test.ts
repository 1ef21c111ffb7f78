// Every case, judged in Node: see cases.ts.

import { judge } from "../../../src/transport/tls/chain.js";
import { checkTls } from "../../../src/transport/tls/settings.js";
import { crypto } from "../../support/crypto.js";
import { type Case, cases } from "./cases.js";
import { called } from "./names-of-reasons.js";

function judged({ certificates, ca, pin, host = "localhost", serverName, now = Date.now() }: Case) {
	const path: Uint8Array[] = [new Uint8Array(1)];
	const settings = checkTls({ ca, pin, serverName });
	const reason = judge(certificates, settings, host, now, crypto, path);
	return { reason: called(reason), path };
}

test("every case has a name of its own", () => {
	expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

test.each(cases.map((each) => [each.name, each] as const))("%s", (_name, each) => {
	const { reason, path } = judged(each);
	expect(reason).toBe(each.wanted);
	if (each.path !== undefined) expect(path).toHaveLength(each.path);
	if (reason !== undefined) expect(path).toEqual([]);
	else {
		expect(path[0]).toBe(each.certificates[0]);
		if (each.ca !== undefined) expect(each.ca).toContain(path.at(-1));
	}
});
