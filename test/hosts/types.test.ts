// An app in TypeScript, as the README shows it, type-checks: as mcconfig compiles it beside our sources, and against the
// package's declaration files. Needs build/, which "npm test" makes first.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readmeApps } from "../support/readme.js";

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
	"xs-mqtt/moddable/*": [join(root, "hosts/moddable/common/*")],
	"xs-mqtt/moddable/place": [join(root, "hosts/moddable/board/place")],
	"xs-mqtt/*": [join(root, "src/*")],
};

/** As mcconfig maps what it finds in the SDK, so far as it is used. */
const typings = join(root, "node_modules/@moddable/typings");
const SDK = {
	timer: [join(typings, "timer")],
	time: [join(typings, "time")],
	"embedded:io/*": [join(typings, "embedded_io/*")],
	"embedded:provider/*": [join(typings, "embedded_provider/*")],
};

const APPS = readmeApps();

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "xs-mqtt-types-"));
	mkdirSync(join(folder, "node_modules/@moddable"), { recursive: true });
	symlinkSync(typings, join(folder, "node_modules/@moddable/typings"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What the compiler says of an app; not what it says of the typings on npm, which have faults of their own. */
function compile(app: string, options: object): string {
	writeFileSync(join(folder, "main.ts"), app);
	const tsconfig = { compilerOptions: { ...MCCONFIG, noEmit: true, ...options }, files: ["main.ts"] };
	writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
	const tsc = join(root, "node_modules/typescript/bin/tsc");
	const said = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
		encoding: "utf8",
	}).stdout;
	return said.replaceAll(/^node_modules\/@moddable\/typings\/.*\n/gm, "");
}

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

test.each(CASES)("the README's apps type-check %s", (_how, options, packaged) => {
	if (packaged) symlinkSync(root, join(folder, "node_modules/xs-mqtt"));
	expect(APPS.length).toBeGreaterThan(3);
	for (const [i, app] of APPS.entries()) expect(compile(i === 0 ? app + MORE : app, options)).toBe("");
});

test.each(CASES)("a wrong call does not, %s", (_how, options, packaged) => {
	if (packaged) symlinkSync(root, join(folder, "node_modules/xs-mqtt"));
	const said = compile(
		APPS[0].replace("qos: 1,", "qos: 3,").replace('"xs-mqtt/network"', '"xs-mqtt/nothing"'),
		options,
	);
	expect(said).toMatch(/'3' is not assignable to type 'QoS/);
	expect(said).toMatch(/Cannot find module 'xs-mqtt\/nothing'/);
});
