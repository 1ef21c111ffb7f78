// Which statements of MQTT 3.1.1 which tests prove. Knows text only: files and the run are reporter.ts's business.

/** A numbered statement of the specification, from statements.tsv. */
export interface Statement {
	/** Such as MQTT-2.3.1-1. */
	number: string;
	section: string;
	/** In our words. */
	rule: string;
	/** Whom the sentence binds. "server": what the client makes of it is to be tested. "no": nobody here. */
	binds: "client" | "server" | "no";
	note: string;
}

/** A test that ran and passed. */
export interface Proof {
	/** Its file below test/, without ".test.ts". */
	file: string;
	/** Of the describes around it, outermost first, and its own; one of them carries the numbers, in brackets. */
	titles: readonly string[];
}

const NUMBER = /\[(MQTT-[^\]]*)\]\s*/g;

export function parseStatements(tsv: string): Statement[] {
	return tsv
		.trim()
		.split("\n")
		.slice(1)
		.map((line) => {
			const [number, section, rule, binds, note = ""] = line.split("\t");
			return { number, section, rule, binds: binds as Statement["binds"], note };
		});
}

/** For each number, the titles that carry it, once each: by file, then as they ran. */
function titlesByNumber(proofs: readonly Proof[]): Map<string, string[]> {
	const byNumber = new Map<string, string[]>();
	for (const { file, titles } of proofs.toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0)))
		for (const title of titles)
			for (const [, number] of title.matchAll(NUMBER)) {
				const line = `${file}: ${title.replaceAll(NUMBER, "")}`;
				const lines = byNumber.get(number) ?? [];
				if (!lines.includes(line)) byNumber.set(number, [...lines, line]);
			}
	return byNumber;
}

/** What is wrong, a line each: statements without a test, and numbers that no statement has. */
export function complaints(statements: readonly Statement[], proofs: readonly Proof[]): string[] {
	const proven = titlesByNumber(proofs);
	const known = new Set(statements.map(({ number }) => number));
	return [
		...statements
			.filter(({ number, binds }) => binds !== "no" && !proven.has(number))
			.map(({ number, rule }) => `${number} has no test that ran: ${rule}`),
		...[...proven]
			.filter(([number]) => !known.has(number))
			.map(([number, lines]) => `${number} is no statement of the list, but the number of "${lines[0]}"`),
	];
}

const row = (cells: readonly string[]) =>
	`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;

/** docs/conformance.md. */
export function table(statements: readonly Statement[], proofs: readonly Proof[]): string {
	const proven = titlesByNumber(proofs);
	return [
		"# Conformance to MQTT 3.1.1\n\n",
		"The numbered statements of the specification that concern a client, and the tests that prove them. Written by\n",
		"`npm run conformance` from [statements.tsv](../test/conformance/statements.tsv) and the tests below [test](../test)\n",
		"that name them in their titles, ran and passed. All these numbers are in the specification's own list, and say\n",
		"what is said here, but for the notes.\n\n",
		"Binds: **client**, the sentence binds a client. **server**, the number is right, but the sentence binds the\n",
		"server; the tests show what this client makes of the server's packets, or the client's half of the rule.\n",
		"**no**, it does not apply to this client.\n\n",
		row(["statement", "section", "rule", "binds", "tests", "note"]),
		row(Array<string>(6).fill("---")),
		...statements.map(({ number, section, rule, binds, note }) =>
			row([number, section, rule, binds, (proven.get(number) ?? []).join("<br>"), note]),
		),
	].join("");
}
