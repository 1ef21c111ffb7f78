// Which runs the reporter judges, and what it does about docs/conformance.md, in a folder of its own.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ConformanceReporter from "./reporter.js";

let rootDir: string;
let told: string[];
const { write } = process.stderr;
const inRoot = (...path: string[]) => join(rootDir, ...path);
const inFolder = (name: string) => inRoot("test", "conformance", name);

beforeEach(() => {
	rootDir = mkdtempSync(join(tmpdir(), "conformance-"));
	mkdirSync(inFolder(""), { recursive: true });
	mkdirSync(inRoot("docs"));
	writeFileSync(
		inFolder("statements.tsv"),
		"statement\tsection\trule\tbinds\tnote\nMQTT-1.1.1-1\t1\tOne rule\tclient\t\nMQTT-1.1.1-2\t1\tAnother\tclient\t\n",
	);
	for (const file of ["a.test.ts", "b.test.ts"]) writeFileSync(inFolder(file), "");
	told = [];
	process.stderr.write = (text: unknown) => told.push(`${text}`) > 0;
});

afterEach(() => {
	process.stderr.write = write;
	rmSync(rootDir, { recursive: true });
});

const passed = (title: string, status = "passed") => ({ ancestorTitles: [], title, status });
const file = (name: string, ...testResults: ReturnType<typeof passed>[]) => ({
	testFilePath: inFolder(name),
	testResults,
});
const both = () => [
	file("a.test.ts", passed("[MQTT-1.1.1-1] x")),
	file("b.test.ts", passed("[MQTT-1.1.1-2] y")),
];

/** What a run with these results says, empty when all is well. */
function judged(testResults: ReturnType<typeof file>[], configuration = {}, run = {}): string {
	const reporter = new ConformanceReporter({
		rootDir,
		testPathPatterns: { patterns: [] },
		onlyChanged: false,
		onlyFailures: false,
		findRelatedTests: false,
		updateSnapshot: "new",
		...configuration,
	});
	reporter.onRunComplete(undefined, { numFailedTestSuites: 0, wasInterrupted: false, testResults, ...run });
	return reporter.getLastError()?.message ?? "";
}

test("with -u it writes the document; then all is well, and again", () => {
	expect(judged(both(), { updateSnapshot: "all" })).toBe("");
	const text = readFileSync(inRoot("docs", "conformance.md"), "utf8");
	expect(text).toContain("| MQTT-1.1.1-1 | 1 | One rule | client | a: x |  |\n");
	expect(judged(both())).toBe("");
	expect(judged(both().toReversed())).toBe("");
	expect(told).toEqual([]);
});

test("without, it fails the run when the document is missing or differs, says how to make it, and leaves it alone", () => {
	expect(judged(both())).toMatch(/docs\/conformance.md is out of date: npm run conformance/);
	judged(both(), { updateSnapshot: "all" });
	writeFileSync(
		inFolder("statements.tsv"),
		readFileSync(inFolder("statements.tsv"), "utf8").replace("One", "1"),
	);
	expect(judged(both())).toMatch(/out of date/);
	expect(told).toHaveLength(2);
	expect(readFileSync(inRoot("docs", "conformance.md"), "utf8")).toContain("One rule");
});

test.each(["pending", "skipped", "todo", "disabled"])("a test that is %s has not run", (status) => {
	judged(both(), { updateSnapshot: "all" });
	const results = [both()[0], file("b.test.ts", passed("[MQTT-1.1.1-2] y", status))];
	expect(judged(results)).toMatch(/MQTT-1.1.1-2 has no test that ran: Another/);
	expect(judged(results, { updateSnapshot: "all" })).toMatch(/MQTT-1.1.1-2/);
	expect(readFileSync(inRoot("docs", "conformance.md"), "utf8")).toContain("b: y");
});

test("tests of other folders do not count", () => {
	const elsewhere = { testFilePath: inRoot("test", "b.test.ts"), testResults: [passed("[MQTT-1.1.1-2] y")] };
	expect(judged([both()[0], file("b.test.ts"), elsewhere])).toMatch(/MQTT-1.1.1-2 has no test/);
});

test.each([
	["a name pattern", { testNamePattern: "x" }],
	["a path pattern", { testPathPatterns: { patterns: ["a"] } }],
	["--onlyChanged", { onlyChanged: true }],
	["--onlyFailures", { onlyFailures: true }],
	["--findRelatedTests", { findRelatedTests: true }],
	["--shard", { shard: { shardCount: 2, shardIndex: 1 } }],
])("a run narrowed by %s that leaves some of the folder out is not judged", (_what, configuration) => {
	expect(judged([file("a.test.ts")], configuration)).toBe("");
});

test("a run narrowed to the whole folder is", () => {
	const configuration = { testPathPatterns: { patterns: ["test/conformance"] } };
	expect(judged([file("a.test.ts"), file("b.test.ts")], configuration)).toMatch(/MQTT-1.1.1-1 has no test/);
});

test("a run that was not narrowed is judged, whatever ran", () => {
	expect(judged([])).toMatch(/MQTT-1.1.1-1 has no test/);
});

test("a run that failed or was interrupted is not judged: it is red already", () => {
	expect(judged([], {}, { numFailedTestSuites: 1 })).toBe("");
	expect(judged([], {}, { wasInterrupted: true })).toBe("");
});
