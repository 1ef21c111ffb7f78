// The judgement of certificates in the real engine: the same cases as in Node, and no byte that could be another.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { FIRST, LOADS, reportOf } from "../support/board.js";
import { type Case, cases } from "../transport/tls/cases.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** A module with these cases. */
function write(folder: string, list: readonly Case[]): Record<string, string> {
	const path = join(folder, "cases.js");
	const data = list.map(({ certificates, ca, pin, host = "localhost", serverName, now = Date.now() }) => ({
		certificates: certificates.map(hex),
		ca: ca?.map(hex),
		pin: pin?.map(hex),
		host,
		serverName,
		now,
	}));
	writeFileSync(path, `export default ${JSON.stringify(data)};\n`);
	return { "tls-cases": path };
}

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xs-mqtt-chain-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Found {
	answers: string[];
	flips: number;
	wrong: string;
}

test.each(LOADS)(
	"every case is judged in XS as in Node, %s",
	async (_how, preload) => {
		const modules = write(folder, cases);
		const load =
			preload.length === 0
				? []
				: [
						...preload,
						resolve("build/src/transport/tls/settings.js"),
						resolve("build/src/transport/tls/chain.js"),
					];
		const { answers } = await reportOf<Found>({
			firmware: "test/xs/firmware/chain",
			modules,
			config: { mutants: 0 },
			preload: load,
			board: "none",
		});
		expect(answers.map((answer, i) => [cases[i].name, answer])).toEqual(
			cases.map(({ name, wanted }) => [name, wanted ?? "trusted"]),
		);
	},
	FIRST,
);

test(
	"no byte of a chain can be another one",
	async () => {
		const signed = [
			"a leaf that the CA signed",
			"a leaf, one between, the CA not sent",
			"RSA by EC by RSA",
			"sha384 by p384",
		];
		const list = signed.map((wanted) => cases.find(({ name }) => name === wanted)!);
		const { flips, wrong } = await reportOf<Found>({
			firmware: "test/xs/firmware/chain",
			modules: write(folder, list),
			config: { mutants: list.length },
			board: "none",
		});
		expect(wrong).toBe("");
		expect(flips).toBe(
			list.flatMap(({ certificates }) => certificates).reduce((sum, { length }) => sum + length, 0),
		);
	},
	FIRST,
);
