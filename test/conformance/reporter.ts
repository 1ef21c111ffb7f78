// A jest reporter. After a run of all test files that may prove a statement of the specification and name one, it fails the
// run when a statement of statements.tsv has no test that ran, or docs/conformance.md is not what the tests say; with jest's
// -u it writes that file.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { complaints, type Proof, parseStatements, table } from "./table.js";

const STATEMENTS = "test/conformance/statements.tsv";
const FOLDER = "test";
/** Folders whose tests may prove a statement; others may quote one. `npm run conformance` runs these. */
const PROVING = /^(client|conformance|wire)\//;
/** How the number of a statement begins in the title of a test. */
const NUMBER = "[MQTT-";
const DOCUMENT = "docs/conformance.md";
const SUFFIX = ".test.ts";

/** What is read of jest's configuration. */
interface Configuration {
	rootDir: string;
	testNamePattern?: string;
	testPathPatterns: { patterns: readonly string[] };
	onlyChanged: boolean;
	onlyFailures: boolean;
	findRelatedTests: boolean;
	shard?: unknown;
	updateSnapshot: string;
}

/** What is read of jest's results. */
interface Run {
	numFailedTestSuites: number;
	wasInterrupted: boolean;
	testResults: readonly {
		testFilePath: string;
		testResults: readonly { ancestorTitles: readonly string[]; title: string; status: string }[];
	}[];
}

export default class ConformanceReporter {
	private readonly configuration: Configuration;
	private error: Error | undefined = undefined;

	constructor(configuration: Configuration) {
		this.configuration = configuration;
	}

	onRunComplete(_contexts: unknown, run: Run): void {
		// A run that failed is red as it is, and proves nothing.
		if (run.numFailedTestSuites > 0 || run.wasInterrupted || !this.complete(run)) return;
		const { rootDir, updateSnapshot } = this.configuration;
		const statements = parseStatements(readFileSync(join(rootDir, STATEMENTS), "utf8"));
		const proofs = this.proofs(run);
		const wrong = complaints(statements, proofs);
		if (wrong.length === 0) {
			const document = join(rootDir, DOCUMENT);
			const text = table(statements, proofs);
			if (updateSnapshot === "all") writeFileSync(document, text);
			else if (read(document) !== text) wrong.push(`${DOCUMENT} is out of date: npm run conformance`);
		}
		if (wrong.length === 0) return;
		this.error = new Error(`Conformance to MQTT 3.1.1:\n${wrong.map((line) => `  ${line}\n`).join("")}`);
		process.stderr.write(`\n${this.error.message}`);
	}

	/** Jest fails the run when there is one. */
	getLastError(): Error | undefined {
		return this.error;
	}

	/** Whether all files that name a statement were to run. A run that was not narrowed is never excused from it. */
	private complete(run: Run): boolean {
		const { rootDir, testNamePattern, testPathPatterns, ...rest } = this.configuration;
		if (testNamePattern) return false;
		const narrowed =
			testPathPatterns.patterns.length > 0 ||
			rest.onlyChanged ||
			rest.onlyFailures ||
			rest.findRelatedTests ||
			rest.shard !== undefined;
		const ran = new Set(run.testResults.map(({ testFilePath }) => testFilePath));
		const folder = join(rootDir, FOLDER);
		const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
			.filter((name) => PROVING.test(name) && name.endsWith(SUFFIX))
			.map((name) => join(folder, name));
		return !narrowed || files.every((file) => ran.has(file) || !read(file).includes(NUMBER));
	}

	private proofs(run: Run): Proof[] {
		const folder = join(this.configuration.rootDir, FOLDER);
		const proving = run.testResults.filter(({ testFilePath }) =>
			PROVING.test(relative(folder, testFilePath)),
		);
		return proving.flatMap(({ testFilePath, testResults }) =>
			testResults
				.filter(({ status }) => status === "passed")
				.map(({ ancestorTitles, title }) => ({
					file: relative(folder, testFilePath).slice(0, -SUFFIX.length),
					titles: [...ancestorTitles, title],
				})),
		);
	}
}

/** The text of a file, empty when there is none. */
function read(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
}
