// SCRAM in the real engine: the RFCs' vectors, alone and with a real broker, loaded from source and frozen as on a board.

import { resolve } from "node:path";
import { FIRST, reportOf } from "../support/board.js";
import { startScram } from "../support/scram-mosquitto.js";

interface Report {
	first: string;
	said: string;
	failure: string;
	/** Bytes of a board's heap. */
	allocated: number;
	/** The same, held until the next exchange. */
	held: number;
	work: number;
	/** Milliseconds between two turns of another timer. */
	longest: number;
	turns: number;
}

const LOADS: [string, string[]][] = [
	["loaded from source", []],
	[
		"preloaded and frozen",
		["src/index", "src/v5", "src/authentication/index", "hosts/desktop/network"].map((name) =>
			resolve(`build/${name}.js`),
		),
	],
];

const SHA1 = {
	hash: "SHA-1",
	nonce: "fyko+d2lbbFgONRv9qkxdawL",
	challenge: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
	final: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
};
const SHA256 = {
	hash: "SHA-256",
	nonce: "rOprNGfwEbeRWgbNEkqO",
	challenge: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
	final: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};
const PROOFS = [
	"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
	"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
];

const run = (config: object, preload: string[] = []) =>
	reportOf<Report>({
		firmware: "test/xs/firmware/scram",
		preload,
		config: { username: "user", password: "pencil", ...config },
	});

describe.each(LOADS)("%s", (_how, preload) => {
	test.each([
		["SHA-1", SHA1, PROOFS[0]],
		["SHA-256", SHA256, PROOFS[1]],
	])(
		"SCRAM-%s: the vector, others get their turns, and little garbage",
		async (_hash, vector, proof) => {
			const report = await run(vector, preload);
			expect(report).toMatchObject({ first: `n,,n=user,r=${vector.nonce}`, said: proof, failure: "" });
			// 4096 iterations here take 5 ms: another timer had turns in between, however busy this computer is.
			expect(report.turns).toBeGreaterThan(0);
			// Messages, keys and one closure; none of it grows with the iterations.
			expect(report.allocated).toBeLessThan(7500);
			expect(report.held).toBeLessThan(3000);
			const more = await run({ ...vector, challenge: vector.challenge.replace("4096", "16384") }, preload);
			expect(more.said).not.toBe(proof);
			expect(more.allocated - report.allocated).toBeLessThan(200);
		},
		FIRST,
	);

	test("text beyond ASCII", async () => {
		expect((await run({ ...SHA256, username: "и\u00a0,=\u00ad" }, preload)).first).toMatch(/^n,,n=/);
	});

	test.each([
		["replayed nonce", "r=another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "nonce does not begin with ours"],
		["10 ** 9 iterations", `r=${SHA256.nonce}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1000000000`, "more iterations"],
		["huge salt", `r=${SHA256.nonce}x,s=${"W22Z".repeat(2000)},i=4096`, "breaks the rules"],
		["extension", `m=x,r=${SHA256.nonce}x,s=W22Z,i=4096`, "demands an extension"],
		["nothing", "", "breaks the rules"],
	])("a broker that lies: %s", async (_what, challenge, reason) => {
		expect((await run({ ...SHA256, challenge }, preload)).said).toContain(reason);
	});

	test("a Client with Mosquitto and GNU SASL, twice on one connection", async () => {
		const { port } = await startScram({ user: "pencil" });
		const firmware = "test/xs/firmware/scram-client";
		const told = (password: string) => reportOf<string[]>({ firmware, preload, config: { port, password } });
		expect(await told("pencil")).toEqual(["connected", "reauthenticated"]);
		expect(await told("Pencil")).toEqual([expect.stringContaining("not authorized")]);
	});
});
