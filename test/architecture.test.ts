// What a file of src may import: the linter allows what the table of docs/architecture.md allows, and nothing else.

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";

const modules = readdirSync("src", { recursive: true, encoding: "utf8" })
	.filter((file) => file.endsWith(".ts"))
	.map((file) => file.slice(0, -".ts".length));
const BEYOND = [
	"node:fs",
	"timer",
	"embedded:io/socket/tcp",
	"../../hosts/node/network.js",
	"../../tools/xs-mqtt.js",
];

/** By folder, or file directly in src: names of folders, with a slash at the end, and of files. */
const table = new Map<string, string[]>();
for (const [, places, allowed] of readFileSync("docs/architecture.md", "utf8").matchAll(
	/^\| (`.*?) +\| (.*?) *\|$/gm,
))
	for (const [, place] of places.matchAll(/`(.+?)`/g))
		table.set(
			place,
			Array.from(allowed.matchAll(/`(.+?)`/g), (match) => match[1]),
		);

const place = (module: string) => (module.includes("/") ? `${dirname(module)}/` : module);

function allowed(from: string, to: string): boolean {
	const fromPlace = place(from);
	if (fromPlace === place(to) && fromPlace.endsWith("/")) return true;
	return table.get(fromPlace)!.some((name) => name === to || name === place(to));
}

/** What the linter says about a copy of src in which each file imports each other one, and what is beyond: import and file. */
function forbidden(imports: ReadonlyMap<string, string[]>): string[] {
	const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-"));
	try {
		cpSync("biome.json", join(folder, "biome.json"));
		for (const [module, specifiers] of imports) {
			const file = join(folder, "src", `${module}.ts`);
			mkdirSync(dirname(file), { recursive: true });
			writeFileSync(file, specifiers.map((specifier) => `import ${JSON.stringify(specifier)};\n`).join(""));
		}
		const biome = resolve("node_modules/.bin/biome");
		const options = ["--only=style/noRestrictedImports", "--vcs-enabled=false", "--max-diagnostics=none"];
		const { stdout, stderr } = spawnSync(biome, ["lint", ...options, "--reporter=github"], {
			cwd: folder,
			maxBuffer: 1 << 26,
			encoding: "utf8",
		});
		const found = stdout.matchAll(/file=\S*?\/src\/(\S+?)\.ts,line=(\d+)/g);
		const told = Array.from(
			found,
			([, module, line]) => `${module} imports ${imports.get(module)![Number(line) - 1]}`,
		);
		if (told.length === 0) throw new Error(`the linter finds nothing: ${stderr}`);
		return told;
	} finally {
		rmSync(folder, { recursive: true });
	}
}

test("each folder of src stands in the table, and nothing else does", () => {
	expect([...table.keys()].sort()).toEqual([...new Set(modules.map(place))].sort());
});

test("the linter forbids what the table does not allow", () => {
	const imports = new Map<string, string[]>();
	const expected: string[] = [];
	for (const from of modules) {
		const specifiers = new Map<string, boolean>(BEYOND.map((each) => [each, false]));
		for (const to of modules.filter((each) => each !== from)) {
			const path = relative(dirname(from), to);
			specifiers.set(`${path.startsWith(".") ? "" : "./"}${path}.js`, allowed(from, to));
		}
		imports.set(from, [...specifiers.keys()]);
		for (const [specifier, may] of specifiers) if (!may) expected.push(`${from} imports ${specifier}`);
	}
	expect(forbidden(imports).sort()).toEqual(expected.sort());
});
