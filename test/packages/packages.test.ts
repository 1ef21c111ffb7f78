// Both packages as others get them: packed, installed from their tarballs into empty folders, and used. Needs a C compiler and
// Mosquitto, and for the tools npm's registry, or its cache.

import { execFileSync } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize, resolve } from "node:path";
import { transformSync } from "@swc/core";
import { FIRST } from "../support/board.js";
import { startMosquitto } from "../support/brokers.js";
import { snippets } from "../support/snippets.js";

interface Packed {
	filename: string;
	/** Bytes of the tarball. */
	size: number;
	files: { path: string }[];
}

let folder: string;
let packed: Record<"sdk" | "tools", Packed>;

/** As if typed into a terminal. */
function run(where: string, command: string, args: string[], env: NodeJS.ProcessEnv = {}): string {
	return execFileSync(command, args, {
		cwd: where,
		encoding: "utf8",
		stdio: ["ignore", "pipe", "pipe"],
		env: { ...process.env, NODE_OPTIONS: "", ...env },
	});
}

function pack(where: string): Packed {
	// What its script builds is there, and others are reading it.
	const said = run(where, "npm", [
		"pack",
		"--ignore-scripts",
		"--json",
		"--silent",
		"--pack-destination",
		folder,
	]);
	return Object.values(JSON.parse(said.slice(said.search(/^[[{]/m))))[0] as Packed;
}

/** An empty folder with these tarballs installed. */
function install(name: string, ...tarballs: Packed[]): string {
	const where = join(folder, name);
	mkdirSync(where);
	writeFileSync(join(where, "package.json"), '{ "type": "module", "private": true }');
	run(where, "npm", [
		"install",
		"--prefer-offline",
		"--no-audit",
		"--no-fund",
		...tarballs.map(({ filename }) => join(folder, filename)),
	]);
	return where;
}

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xs-mqtt-packages-"));
	packed = { sdk: pack("."), tools: pack("tools") };
}, FIRST);
afterAll(() => rmSync(folder, { recursive: true }));

const pathsOf = ({ files }: Packed) => files.map(({ path }) => path);

/** Each relative path that a manifest names (the folder of all that it takes with *), as seen from the package's root. */
function namedBy(manifest: string, where: string): string[] {
	const text = readFileSync(join(where, manifest), "utf8");
	return [...text.matchAll(/"(\.{1,2}\/[^"]+)"/g)].map(([, path]) =>
		normalize(join(dirname(manifest), path.replace(/\/\*$/, ""))),
	);
}

test("nothing is packed but what its users need", () => {
	const superfluous =
		/(^|\/)(test|bench|node_modules)\/|\.(map|tsbuildinfo|tgz|env|key|pem|css|sh)$|^src\/.*\.test\.|favicon/;
	for (const it of Object.values(packed))
		expect(pathsOf(it).filter((path) => superfluous.test(path))).toEqual([]);
	expect(
		pathsOf(packed.tools).every((path) =>
			/^(build\/.*(?<!\.d\.ts)$|bin\.js$|package\.json$|LICENSE$|README)/.test(path),
		),
	).toBe(true);
});

describe("xs-mqtt", () => {
	let where: string;
	let root: string;
	let entries: string[];

	beforeAll(() => {
		where = install("sdk", packed.sdk);
		root = join(where, "node_modules/xs-mqtt");
		const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
		entries = Object.keys(exports)
			.filter((key) => !key.includes("json"))
			.map((key) => join("xs-mqtt", key));
	}, FIRST);

	test("is one package", () => {
		expect(readdirSync(join(where, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
			"xs-mqtt",
		]);
	});

	test("each entry is there: in Node, and on Moddable with all that its manifests name", () => {
		expect(entries.length).toBeGreaterThan(10);
		writeFileSync(
			join(where, "entries.js"),
			`for (const it of ${JSON.stringify(entries)}) if (Object.keys(await import(it)).length === 0) throw it;`,
		);
		run(where, process.execPath, ["entries.js"]);
		const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
		const moddable = Object.values<{ moddable?: string; types?: string }>(exports).flatMap(
			({ moddable, types }) => [moddable, types].filter((path) => path !== undefined),
		);
		expect(moddable.filter((path) => !existsSync(join(root, path)))).toEqual([]);
		const manifests = pathsOf(packed.sdk).filter(
			(path) => /manifest[^/]*\.json$/.test(path) && !/examples/.test(path),
		);
		expect(manifests.length).toBeGreaterThan(15);
		const missing = manifests
			.flatMap((manifest) => namedBy(manifest, root))
			.filter((path) => !["", ".ts", ".js", ".json", ".c"].some((end) => existsSync(join(root, path + end))));
		expect(missing).toEqual([]);
	});

	test.each(["nodenext", "bundler"])(
		"its declarations type-check as they are, resolved by %s",
		(moduleResolution) => {
			const tsconfig = {
				compilerOptions: {
					module: moduleResolution === "bundler" ? "preserve" : "nodenext",
					moduleResolution,
					target: "es2022",
					lib: ["es2024"],
					strict: true,
					exactOptionalPropertyTypes: true,
					noEmit: true,
					types: [],
				},
				files: ["app.ts"],
			};
			writeFileSync(join(where, "tsconfig.json"), JSON.stringify(tsconfig));
			// Those of the desktop and of Node need Node's types, which an app for boards has not.
			const apps = entries.filter((it) => !/desktop|node/.test(it));
			writeFileSync(
				join(where, "app.ts"),
				`${apps.map((it, i) => `export * as _${i} from "${it}";`).join("\n")}
			import { Client } from "xs-mqtt";
			import { network } from "xs-mqtt/network";
			declare function trace(text: string): void;
			new Client({ ...network, host: "x", onMessage: (message) => trace(message.text()) });\n`,
			);
			run(where, process.execPath, [resolve("node_modules/typescript/bin/tsc"), "-p", where]);
		},
	);

	test(
		"the tests on docs/desktop.md pass, from any folder",
		async () => {
			const broker = await startMosquitto();
			const { code } = transformSync(readFileSync("examples/hello/main.ts", "utf8"), {
				swcrc: false,
				configFile: false,
				jsc: { target: "es2022", parser: { syntax: "typescript" } },
				module: { type: "es6" },
			});
			writeFileSync(join(where, "main.js"), code);
			const tests = snippets(["docs/desktop.md"]);
			expect(tests.length).toBe(2);
			expect(tests[0].code).toBe(readFileSync("examples/hello/main.test.ts", "utf8"));
			for (const [i, it] of tests.entries()) {
				writeFileSync(join(where, `main${i}.test.js`), it.code);
				const said = run(where, process.execPath, ["--test", `main${i}.test.js`], {
					PORT: String(broker.port),
				});
				expect(said).toMatch(/^# pass 1$/m);
			}
		},
		FIRST,
	);
});

describe("xs-mqtt-tools", () => {
	let where: string;
	beforeAll(() => {
		where = install("tools", packed.sdk, packed.tools);
	}, FIRST);

	test(
		"its command runs, and simulates a board",
		() => {
			expect(run(where, "npx", ["xs-mqtt", "--help"])).toMatch(/Usage: xs-mqtt/);
			const said = run(where, "npx", ["xs-mqtt", "sim", "--messages", "3", "--interval", "50", "--json"]);
			const readings = said.split("\n").filter((line) => line.includes('"reading":true'));
			expect(readings.length).toBeGreaterThanOrEqual(3);
		},
		FIRST,
	);
});

test("docs/install.md tells how large they are", () => {
	const page = readFileSync("docs/install.md", "utf8");
	const count = readdirSync(join(folder, "tools/node_modules")).filter(
		(name) => !name.startsWith("."),
	).length;
	const [, told] = /^\| `xs-mqtt-tools` \| (\d+)/m.exec(page)!;
	expect(Math.abs(count - Number(told))).toBeLessThanOrEqual(5);
	const sizes = [...page.matchAll(/^\| `xs-mqtt.*\| ([\d.]+) MB/gm)].map(([, size]) => size);
	expect(sizes).toEqual([packed.sdk, packed.tools].map(({ size }) => (size / 1e6).toFixed(1)));
});
