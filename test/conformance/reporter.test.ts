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
/** A test file of another folder, without a number. */
const other = () => inRoot("test", "client", "c.test.ts");

beforeEach(() => {
	rootDir = mkdtempSync(join(tmpdir(), "conformance-"));
	mkdirSync(inFolder(""), { recursive: true });
	for (const folder of ["docs", "test/client"]) mkdirSync(inRoot(folder));
	writeFileSync(
		inFolder("statements.tsv"),
		"statement\tsection\trule\tbinds\tnote\nMQTT-1.1.1-1\t1\tOne rule\tclient\t\nMQTT-1.1.1-2\t1\tAnother\tclient\t\n",
	);
	writeFileSync(
		inFolder("statements-5.0.tsv"),
		"statement\tsection\trule\tbinds\tnote\nMQTT-1.1.1-2\t1\tOther words\tclient\t\n",
	);
	writeFileSync(inFolder("a.test.ts"), 'test("[MQTT-1.1.1-1] x"');
	writeFileSync(inFolder("b.test.ts"), 'test("[MQTT-1.1.1-2] y"); test("[5.0 MQTT-1.1.1-2] y5"');
	writeFileSync(other(), 'test("z"');
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
	file("b.test.ts", passed("[MQTT-1.1.1-2] y"), passed("[5.0 MQTT-1.1.1-2] y5")),
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
	expect(text).toContain("| MQTT-1.1.1-1 | 1 | One rule | client | conformance/a: x |  |\n");
	expect(readFileSync(inRoot("docs", "conformance-5.0.md"), "utf8")).toContain(
		"| MQTT-1.1.1-2 | 1 | Other words | client | conformance/b: y5 |  |\n",
	);
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
	expect(judged(results)).toMatch(/3.1.1:\n {2}MQTT-1.1.1-2 has no test that ran: Another/);
	expect(judged(results, { updateSnapshot: "all" })).toMatch(/MQTT-1.1.1-2/);
	expect(readFileSync(inRoot("docs", "conformance.md"), "utf8")).toContain("conformance/b: y");
});

test("each version is judged by itself: a tag of the one proves nothing of the other", () => {
	judged(both(), { updateSnapshot: "all" });
	const results = [both()[0], file("b.test.ts", passed("[MQTT-1.1.1-2] y"), passed("y5"))];
	expect(judged(results)).toBe(
		"Conformance to MQTT 5.0:\n  MQTT-1.1.1-2 has no test that ran: Other words\n",
	);
	writeFileSync(inRoot("docs", "conformance-5.0.md"), "");
	expect(judged(both())).toBe(
		"Conformance to MQTT 5.0:\n  docs/conformance-5.0.md is out of date: npm run conformance\n",
	);
});

test("a test of another folder counts as well", () => {
	const elsewhere = {
		testFilePath: other(),
		testResults: [passed("[MQTT-1.1.1-2] z"), passed("[5.0 MQTT-1.1.1-2] z")],
	};
	expect(judged([both()[0], elsewhere], { updateSnapshot: "all" })).toBe("");
	expect(readFileSync(inRoot("docs", "conformance.md"), "utf8")).toContain("client/c: z");
});

test("a test that only quotes a statement, in a folder that proves none, is not waited for, and does not count", () => {
	mkdirSync(inRoot("test", "tools"));
	const quoting = inRoot("test", "tools", "d.test.ts");
	writeFileSync(quoting, 'test("shows [MQTT-1.1.1-2]"');
	const configuration = { testPathPatterns: { patterns: ["test/conformance"] }, updateSnapshot: "all" };
	expect(judged(both(), configuration)).toBe("");
	expect(readFileSync(inRoot("docs", "conformance.md"), "utf8")).toContain("conformance/b: y");
	const quoted = { testFilePath: quoting, testResults: [passed("[MQTT-1.1.1-2] w")] };
	expect(judged([both()[0], quoted])).toMatch(/MQTT-1.1.1-2 has no test/);
});

test.each([
	["a name pattern", { testNamePattern: "x" }],
	["a path pattern", { testPathPatterns: { patterns: ["a"] } }],
	["--onlyChanged", { onlyChanged: true }],
	["--onlyFailures", { onlyFailures: true }],
	["--findRelatedTests", { findRelatedTests: true }],
	["--shard", { shard: { shardCount: 2, shardIndex: 1 } }],
])("a run narrowed by %s that leaves out a file with a number is not judged", (_what, configuration) => {
	expect(judged([file("a.test.ts")], configuration)).toBe("");
});

test("a run narrowed to all files with a number is", () => {
	const configuration = { testPathPatterns: { patterns: ["test/conformance"] } };
	const results = [file("a.test.ts"), file("b.test.ts")];
	expect(judged(results, configuration)).toMatch(/MQTT-1.1.1-1 has no test/);
	writeFileSync(other(), 'test("[MQTT-1.1.1-1] z"); test("[5.0 MQTT-1.1.1-2] z"');
	expect(judged(results, configuration)).toBe("");
	writeFileSync(other(), 'test("[MQTT-1.1.1-1] z");');
	expect(judged(results, configuration)).toBe(
		"Conformance to MQTT 5.0:\n  MQTT-1.1.1-2 has no test that ran: Other words\n",
	);
});

test("a run that was not narrowed is judged, whatever ran", () => {
	expect(judged([])).toMatch(/MQTT-1.1.1-1 has no test/);
});

test("a run that failed or was interrupted is not judged: it is red already", () => {
	expect(judged([], {}, { numFailedTestSuites: 1 })).toBe("");
	expect(judged([], {}, { wasInterrupted: true })).toBe("");
});
