// A jest reporter. After a run of all test files that may prove a statement of a specification and name one, it fails the
// run when a statement of its list has no test that ran, or its page in docs is not what the tests say; with jest's -u it
// writes that page.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { complaints, type Proof, parseStatements, STANDARDS, type Standard, table } from "./table.js";

const LISTS = "test/conformance";
const PAGES = "docs";
const FOLDER = "test";
/** Folders whose tests may prove a statement; others may quote one. `npm run conformance` runs these. */
const PROVING = /^(client|conformance|wire)\//;
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
		if (run.numFailedTestSuites > 0 || run.wasInterrupted) return;
		const wrong = STANDARDS.filter((standard) => this.complete(standard, run)).flatMap((standard) => {
			const lines = this.judge(standard, run);
			return lines.length > 0
				? [`Conformance to MQTT ${standard.version}:`, ...lines.map((line) => `  ${line}`)]
				: [];
		});
		if (wrong.length === 0) return;
		this.error = new Error(wrong.map((line) => `${line}\n`).join(""));
		process.stderr.write(`\n${this.error.message}`);
	}

	/** What is wrong, a line each. */
	private judge(standard: Standard, run: Run): string[] {
		const { rootDir, updateSnapshot } = this.configuration;
		const statements = parseStatements(readFileSync(join(rootDir, LISTS, standard.list), "utf8"));
		const proofs = this.proofs(run);
		const wrong = complaints(standard, statements, proofs);
		if (wrong.length > 0) return wrong;
		const page = join(PAGES, standard.page);
		const text = table(standard, statements, proofs);
		if (updateSnapshot === "all") writeFileSync(join(rootDir, page), text);
		else if (read(join(rootDir, page)) !== text) return [`${page} is out of date: npm run conformance`];
		return [];
	}

	/** Jest fails the run when there is one. */
	getLastError(): Error | undefined {
		return this.error;
	}

	/** Whether all files that name a statement were to run. A run that was not narrowed is never excused from it. */
	private complete({ tag }: Standard, run: Run): boolean {
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
		return !narrowed || files.every((file) => ran.has(file) || !read(file).includes(`[${tag}`));
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
