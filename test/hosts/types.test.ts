// The TypeScript on the pages type-checks: as mcconfig compiles it beside our sources, and against the package's declaration
// files. Needs build/, which "npm test" makes first.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { isApp, snippets } from "../support/snippets.js";

const root = resolve(".");

/** What mcconfig of SDK 8.2.3 sets, in tools/mcmanifest.js and examples/manifest_base.json. */
const MCCONFIG = {
	forceConsistentCasingInFileNames: true,
	module: "preserve",
	resolveJsonModule: true,
	lib: ["es2025"],
	sourceMap: true,
	target: "es2025",
	types: ["@moddable/typings/xs", "@moddable/typings/global"],
};

/** As mcconfig maps the modules of manifest.json. */
const MAPPED = {
	"xs-mqtt": [join(root, "hosts/moddable/xs-mqtt")],
	"xs-mqtt/network": [join(root, "hosts/moddable/network")],
	"xs-mqtt/telemetry": [join(root, "hosts/moddable/telemetry")],
	"xs-mqtt/v5": [join(root, "hosts/moddable/v5")],
	"xs-mqtt/codes": [join(root, "hosts/moddable/codes")],
	"xs-mqtt/request": [join(root, "hosts/moddable/request")],
	"xs-mqtt/wifi": [join(root, "hosts/moddable/wifi")],
	"xs-mqtt/sntp": [join(root, "hosts/moddable/sntp")],
	"xs-mqtt/scram": [join(root, "hosts/moddable/scram")],
	"xs-mqtt/moddable/*": [join(root, "hosts/moddable/common/*")],
	"xs-mqtt/moddable/place": [join(root, "hosts/moddable/board/place")],
	"xs-mqtt/*": [join(root, "src/*")],
};

/** As mcconfig maps what it finds in the SDK, so far as it is used. */
const typings = join(root, "node_modules/@moddable/typings");
const SDK = {
	timer: [join(typings, "timer")],
	time: [join(typings, "time")],
	"mc/config": [join(typings, "mc/config")],
	"embedded:io/*": [join(typings, "embedded_io/*")],
	"embedded:provider/*": [join(typings, "embedded_provider/*")],
};

const SNIPPETS = snippets();
/** The README's largest app: others are made of it. */
const [, APP] = snippets(["README.md"]);

/** What parts of apps take for granted. */
const TAKEN_FOR_GRANTED = `
declare global {
	const client: import("xs-mqtt").Client;
	const Client: typeof import("xs-mqtt").Client;
	const network: typeof import("xs-mqtt/network").network;
	const ca: Uint8Array, certificate: string, key: string;
	function handler(message: import("xs-mqtt").Message): void;
	function apply(command: object): void;
	function write(bytes: Uint8Array, length: number): void;
}
export {};
`;

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "xs-mqtt-types-"));
	mkdirSync(join(folder, "node_modules/@moddable"), { recursive: true });
	symlinkSync(typings, join(folder, "node_modules/@moddable/typings"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What the compiler says of `files`; not what it says of the typings on npm, which have faults of their own. */
function compile(files: Record<string, string>, options: object): string {
	for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code);
	const tsconfig = { compilerOptions: { ...MCCONFIG, noEmit: true, ...options }, files: Object.keys(files) };
	writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
	const tsc = join(root, "node_modules/typescript/bin/tsc");
	const said = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
		encoding: "utf8",
	}).stdout;
	return said.replaceAll(/^node_modules\/@moddable\/typings\/.*\n/gm, "");
}

/** A file's name that says where it is from. */
const fileOf = (where: string) => `${where.replaceAll(/\W+/g, "-")}.ts`;

/** Uses that go beyond the README: each type an app may name, and the host's network. */
const MORE = `
import { type ClientOptions, type Message } from "xs-mqtt";
import { type AccessPoint, Wifi } from "xs-mqtt/wifi";
import { Sntp } from "xs-mqtt/sntp";
import Time from "time";
export const clock = new Sntp({ ...network, onTime: (time) => Time.set(time / 1000) });
export const signal: number = network.interface?.RSSI ?? Number.NaN;
export const home: AccessPoint = { SSID: "home", password: "secret" };
export const options: ClientOptions = { ...network, host: "x", onMessage: (message: Message) => trace(message.text()) };
export const own = (io: any) => new Client({ ...options, interface: new Wifi({ ...network, io, accessPoints: [home] }) });
`;

const CASES: [string, object, boolean][] = [
	["as mcconfig compiles it", { paths: { ...SDK, ...MAPPED } }, false],
	[
		"as mcconfig compiles it, with strict of the app's own",
		{ paths: { ...SDK, ...MAPPED }, strict: true },
		false,
	],
	["against the package", { paths: SDK, strict: true, exactOptionalPropertyTypes: true }, true],
];

test.each(CASES)("what is on the pages type-checks %s", (_how, options, packaged) => {
	if (packaged) symlinkSync(root, join(folder, "node_modules/xs-mqtt"));
	const apps = SNIPPETS.filter(isApp);
	const parts = SNIPPETS.filter((it) => !isApp(it) && !/"xs-mqtt\/(desktop|node)"/.test(it.code));
	expect(apps.length).toBeGreaterThan(8);
	expect(parts.length).toBeGreaterThan(8);
	const filesOf = (list: typeof parts) =>
		list.map(({ where, code }) => [fileOf(where), `${code}\nexport {};\n`]);
	expect(compile({ "more.ts": APP.code + MORE, ...Object.fromEntries(filesOf(apps)) }, options)).toBe("");
	const globals = { "globals.ts": TAKEN_FOR_GRANTED };
	expect(compile({ ...globals, ...Object.fromEntries(filesOf(parts)) }, options)).toBe("");
});

test.each(CASES)("a wrong call does not, %s", (_how, options, packaged) => {
	if (packaged) symlinkSync(root, join(folder, "node_modules/xs-mqtt"));
	const wrong = APP.code.replace("qos: 1,", "qos: 3,").replace('"xs-mqtt/network"', '"xs-mqtt/nothing"');
	const said = compile({ "main.ts": wrong }, options);
	expect(said).toMatch(/'3' is not assignable to type 'QoS/);
	expect(said).toMatch(/Cannot find module 'xs-mqtt\/nothing'/);
});
