// The judge of all tests that name a statement.

import { readFileSync } from "node:fs";
import { complaints, type Proof, parseStatements, STANDARDS, table } from "./table.js";

const [v4, v5] = STANDARDS;

const statements = parseStatements(
	[
		"statement\tsection\trule\tbinds\tnote",
		"MQTT-1.1.1-1\t1.1.1\tOne rule\tclient\t",
		"MQTT-1.1.1-2\t1.1.1\tTwo | rules\tserver\tBinds the server",
		"MQTT-6.0.0-1\t6\tNo rule\tno\tNo WebSocket",
	].join("\n"),
);

const proof = (file: string, ...titles: string[]): Proof => ({ file, titles });
const complete = [
	proof("b", "[MQTT-1.1.1-1][MQTT-1.1.1-2] both"),
	proof("a", "[MQTT-1.1.1-1] one", "case 1"),
];

test("statements are read with all their columns", () => {
	expect(statements[1]).toEqual({
		number: "MQTT-1.1.1-2",
		section: "1.1.1",
		rule: "Two | rules",
		binds: "server",
		note: "Binds the server",
	});
	expect(statements.map(({ note }) => note)).toEqual(["", "Binds the server", "No WebSocket"]);
});

test("nothing is wrong when every statement that applies has a test", () => {
	expect(complaints(v4, statements, complete)).toEqual([]);
});

test("a statement without a test is named, with its rule; one that does not apply needs none", () => {
	expect(complaints(v4, statements, [])).toEqual([
		"MQTT-1.1.1-1 has no test that ran: One rule",
		"MQTT-1.1.1-2 has no test that ran: Two | rules",
	]);
});

test("a number is found whole, and in brackets only", () => {
	const near = [proof("a", "[MQTT-1.1.1-1] one"), proof("a", "[MQTT-1.1.1-22] MQTT-1.1.1-2")];
	expect(complaints(v4, statements, near)).toEqual([
		"MQTT-1.1.1-2 has no test that ran: Two | rules",
		'MQTT-1.1.1-22 is no statement of the list, but the number of "a: MQTT-1.1.1-2"',
	]);
});

test("the table has each statement once, its tests by file and once each, and escapes what would break it", () => {
	const rows = table(v4, statements, [...complete, proof("a", "[MQTT-1.1.1-1] one", "case 2")])
		.split("\n")
		.filter((line) => line.startsWith("| MQTT"));
	expect(rows).toEqual([
		"| MQTT-1.1.1-1 | 1.1.1 | One rule | client | a: one<br>b: both |  |",
		"| MQTT-1.1.1-2 | 1.1.1 | Two \\| rules | server | b: both | Binds the server |",
		"| MQTT-6.0.0-1 | 6 | No rule | no |  | No WebSocket |",
	]);
});

test("the table does not depend on the order in which files ran", () => {
	expect(table(v4, statements, complete.toReversed())).toBe(table(v4, statements, complete));
});

test("the tag of 5.0 counts for 5.0 alone, and no title shows any", () => {
	const both = proof("c", "[MQTT-1.1.1-1] [5.0 MQTT-1.1.1-2] words [MQTT-9.9.9-9]");
	expect(complaints(v5, statements, [both])).toEqual(["MQTT-1.1.1-1 has no test that ran: One rule"]);
	expect(complaints(v4, statements, [both])).toEqual([
		"MQTT-1.1.1-2 has no test that ran: Two | rules",
		'MQTT-9.9.9-9 is no statement of the list, but the number of "c: words "',
	]);
	expect(table(v5, statements, [both])).toContain("| server | c: words  |");
	expect(table(v5, statements, [both])).toMatch(
		/^# Conformance to MQTT 5.0\n[\s\S]*statements-5.0.tsv[\s\S]*MQTT-3.2.2-4/,
	);
});

test.each([
	[v4, 80],
	[v5, 144],
])("the list of $version has $1 statements, each once and in full", ({ list: name }, count) => {
	const list = parseStatements(readFileSync(`test/conformance/${name}`, "utf8"));
	expect(new Set(list.map(({ number }) => number)).size).toBe(count);
	expect(list).toHaveLength(count);
	for (const { number, section, rule, binds, note } of list) {
		expect(number).toMatch(/^MQTT-\d+\.\d+(\.\d+)?-\d+$/);
		expect(section && rule).not.toBe("");
		expect(["client", "server", "no"]).toContain(binds);
		if (binds === "no") expect(note).not.toBe("");
	}
});
