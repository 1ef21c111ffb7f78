// A computer without OpenSSL: the host builds without TLS, apps without it run, and one that asks for it is told what to do.

import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { FIRST, reportOf } from "../support/board.js";

const firmware = "test/xs/firmware/no-tls";
const wanted = { plain: "a Client", webSocket: "a Client" };

/** Where the compiler finds a header that hides OpenSSL's. */
const CPATH = resolve("test/support/no-openssl");

test(
	"OpenSSL hidden: what is missing is said, and what to install",
	async () => {
		const engine = execFileSync("node", ["build/hosts/desktop/engine.js"], {
			env: { ...process.env, CPATH },
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
		}).trim();
		expect(await reportOf({ firmware, engine })).toEqual({
			...wanted,
			tls: expect.stringMatching(/built without TLS: OpenSSL 3 was not found.*apt-get install libssl-dev/),
			digest: "the desktop host was built without OpenSSL",
		});
	},
	FIRST,
);

test(
	"OpenSSL there: nothing is",
	async () => {
		expect(await reportOf({ firmware })).toEqual({ ...wanted, tls: "a Client", digest: "32 bytes" });
	},
	FIRST,
);
