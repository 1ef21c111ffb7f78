// Which statements of which version of MQTT which tests prove. Knows text only: files and the run are reporter.ts's
// business.

/** A version of the specification, and how its statements are tagged and told. */
export interface Standard {
	version: string;
	/** How the number of a statement begins in the title of a test, in brackets. */
	tag: string;
	/** The list of statements, in test/conformance. */
	list: string;
	/** The page, in docs. */
	page: string;
	/** What the page says of the numbers, and of departures. */
	remarks: string;
}

export const STANDARDS: readonly Standard[] = [
	{
		version: "3.1.1",
		tag: "MQTT-",
		list: "statements.tsv",
		page: "conformance.md",
		remarks: "",
	},
	{
		version: "5.0",
		tag: "5.0 MQTT-",
		list: "statements-5.0.tsv",
		page: "conformance-5.0.md",
		remarks: `\
This client departs from one statement on purpose. MQTT-3.2.2-4 has a client without a session close the connection when
CONNACK says that the broker has one. After a power cut this client has none, and the broker has the one of its earlier
life, with messages for it: to close would lose them at every power cut. So with Clean Start 0 the client keeps the
session, and takes what it delivers. With the option \`clean: true\` it obeys to the letter: the connection is closed.

`,
	},
];

/** A numbered statement of the specification, from its list. */
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

/** The tag of any standard, with the version if it has one, and the number. */
const TAG = /\[((?:\d\.\d )?MQTT-)([^\]]*)\]\s*/g;
const NUMBER = "MQTT-";

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
function titlesByNumber({ tag }: Standard, proofs: readonly Proof[]): Map<string, string[]> {
	const byNumber = new Map<string, string[]>();
	for (const { file, titles } of proofs.toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0)))
		for (const title of titles)
			for (const [, kind, rest] of title.matchAll(TAG)) {
				if (kind !== tag) continue;
				const number = NUMBER + rest;
				const line = `${file}: ${title.replaceAll(TAG, "")}`;
				const lines = byNumber.get(number) ?? [];
				if (!lines.includes(line)) byNumber.set(number, [...lines, line]);
			}
	return byNumber;
}

/** What is wrong, a line each: statements without a test, and numbers that no statement has. */
export function complaints(
	standard: Standard,
	statements: readonly Statement[],
	proofs: readonly Proof[],
): string[] {
	const proven = titlesByNumber(standard, proofs);
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

/** The page of a standard. */
export function table(
	standard: Standard,
	statements: readonly Statement[],
	proofs: readonly Proof[],
): string {
	const { version, list, remarks } = standard;
	const proven = titlesByNumber(standard, proofs);
	return [
		`# Conformance to MQTT ${version}\n\n`,
		"The numbered statements of the specification that concern a client, and the tests that prove them. Written by\n",
		`\`npm run conformance\` from [${list}](../test/conformance/${list}) and the tests in \`test/\`\n`,
		"that name them in their titles, ran and passed. All these numbers are in the specification's own list, and say\n",
		"what is said here, but for the notes.\n\n",
		"Binds: **client**, the sentence binds a client. **server**, the number is right, but the sentence binds the\n",
		"server; the tests show what this client makes of the server's packets, or the client's half of the rule.\n",
		"**no**, it does not apply to this client.\n\n",
		remarks,
		row(["statement", "section", "rule", "binds", "tests", "note"]),
		row(Array<string>(6).fill("---")),
		...statements.map(({ number, section, rule, binds, note }) =>
			row([number, section, rule, binds, (proven.get(number) ?? []).join("<br>"), note]),
		),
	].join("");
}
