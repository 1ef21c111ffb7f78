// What the names in our code cost an image. The SDK's linker keeps a built-in as soon as any module reads its name, so a
// word can take more flash than all of the client: "Function" keeps the parser, 128 KB.
//
// built-ins.tsv: bytes of flash and of RAM that each name adds to an ESP8266 image of SDK 8.2.3 in which nothing else reads
// it, linked with Debian's gcc-xtensa-lx106; names that add nothing are left out.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { namesReadBy } from "./names.js";

/** Bytes from which a name needs a reason. */
const DEAR = 500;

/** Names from DEAR on that our code reads, and what for. A method or field of ours that has one of them costs as much. */
const REASONS: Record<string, string> = {
	indexOf: "wildcards, identifiers and null characters are found natively",
	copyWithin: "bytes are moved natively",
	keys: "fields of a Group in their order",
	DataView: "SNTP packets",
	fromArrayBuffer: "text of messages",
	take: "the word for what a source gives",
	round: "decimals",
	Date: "dates of certificates",
};

/** Names that only some of our code reads, so that an app pays for them only if it includes that; its folder. */
const PLACES: Record<string, string> = {
	Date: "src/transport/tls/",
};

/** What the SDK's TLS reads itself, in its folder modules/crypt: what comes with it may read it, too, for nothing. */
const SDK_TLS = [
	"BigInt",
	"Date",
	"apply",
	"concat",
	"fill",
	"fromArrayBuffer",
	"includes",
	"indexOf",
	"parse",
	"subarray",
	"toLowerCase",
	"unshift",
];
const WITH_SDK_TLS = ["src/transport/tls/", "hosts/moddable/tls/"];

const isFree = (file: string, name: string) =>
	WITH_SDK_TLS.some((folder) => file.startsWith(folder)) && SDK_TLS.includes(name);

const table = new Map(
	readFileSync("test/image/built-ins.tsv", "utf8")
		.trim()
		.split("\n")
		.slice(1)
		.map((line) => line.split("\t"))
		.map(([name, flash]) => [name, Number(flash)] as const),
);

const files = ["src", "hosts/moddable"].flatMap((folder) =>
	readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter((file) => /\.(ts|js)$/.test(file) && !file.endsWith(".d.ts"))
		.map((file) => join(folder, file)),
);

/** Names of built-ins in `file`, with their bytes. */
function bill(file: string): [string, number][] {
	return [...namesReadBy(file)].filter((name) => table.has(name)).map((name) => [name, table.get(name)!]);
}

test("the table has what must never come back", () => {
	for (const [name, bytes] of [
		["Function", 100_000],
		["RegExp", 30_000],
		["toLowerCase", 10_000],
		["stringify", 3000],
		["Promise", 5000],
	] as const)
		expect([name, (table.get(name) ?? 0) > bytes]).toEqual([name, true]);
});

test("the names of a file are found, and what it only defines is none", () => {
	expect(namesReadBy("src/wire/utf8.ts")).toContain("charCodeAt");
	expect(namesReadBy("src/wire/utf8.ts")).not.toContain("utf8Length");
});

test("no file reads a dear name without a reason", () => {
	expect(files.length).toBeGreaterThan(40);
	const unreasoned = files.flatMap((file) =>
		bill(file)
			.filter(([name, bytes]) => bytes >= DEAR && !(name in REASONS) && !isFree(file, name))
			.map(([name, bytes]) => `${file} reads ${name}, which takes ${bytes} bytes of an ESP8266's flash`),
	);
	expect(unreasoned).toEqual([]);
});

test("no file reads a name that belongs to a part which an app may leave out", () => {
	const outside = Object.entries(PLACES).flatMap(([name, folder]) =>
		files.filter((file) => !file.startsWith(folder) && namesReadBy(file).has(name)),
	);
	expect(outside).toEqual([]);
});

test("each reason is for a name that is still read", () => {
	const read = new Set(files.flatMap((file) => bill(file).map(([name]) => name)));
	expect(Object.keys(REASONS).filter((name) => !read.has(name))).toEqual([]);
});
