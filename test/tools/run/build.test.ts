// Builds with an mcconfig that tells all it knows: what it is called with, and that no password comes out.

import { chmodSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "../../../tools/run/build.js";
import { findApp } from "../../../tools/run/example.js";
import { findSdk, platformOf } from "../../../tools/run/platform.js";
import { FakeSdk } from "./fake-sdk.js";

const SECRET = 'Zq7$secret"x';
let sdk: FakeSdk;

beforeEach(() => {
	sdk = new FakeSdk();
});
afterEach(() => sdk.remove());

async function run(
	platform = "simulator",
	{ environment = {}, abort = new AbortController(), verbose = false } = {},
) {
	const lines: string[] = [];
	const all = { ...sdk.environment, ...environment };
	const result = await build({
		app: findApp(sdk.app),
		platform: platformOf(platform),
		sdk: findSdk(platformOf(platform), all, "linux"),
		settings: { config: { ssid: "home", password: SECRET, interval: 5 }, secrets: [SECRET] },
		environment: all,
		verbose,
		onLine: (line) => lines.push(line),
		signal: abort.signal,
	}).then(
		(folder) => ({ folder, message: "" }),
		(error) => ({ folder: "", message: error.message as string }),
	);
	const shown = lines.join("\n") + result.message;
	expect(shown).not.toContain("secret");
	expect(shown).not.toContain("\x1b");
	return { ...result, lines };
}

test.each([
	["simulator", "lin", "bin/lin/mc/debug/app/mc.so"],
	["esp32", "esp32", "bin/esp32/debug/app/xs_esp32.bin"],
	["esp32/nodemcu", "esp32/nodemcu", "bin/esp32/nodemcu/debug/app/xs_esp32.bin"],
	["esp", "esp", "bin/esp/debug/app/main.bin"],
])("%s: mcconfig's arguments, settings in a manifest of the user's alone", async (platform, id, product) => {
	const { folder, lines } = await run(platform);
	const { args, manifest, manifestMode } = sdk.call;
	const output = args[args.indexOf("-o") + 1];
	expect(args).toEqual([
		"-d",
		"-m",
		"-p",
		id,
		"-t",
		"build",
		"-o",
		output,
		join(output, "app", "manifest.json"),
	]);
	expect(args.join(" ")).not.toContain("secret");
	expect(manifest).toEqual({
		include: [join(sdk.app, "manifest.json")],
		config: { ssid: "home", password: SECRET, interval: 5 },
	});
	expect(manifestMode).toBe(0o600);
	expect(statSync(output).mode & 0o777).toBe(0o700);
	expect(statSync(join(output, "..")).mode & 0o077).toBe(0);
	expect(join(folder, product.split("/").at(-1)!)).toBe(join(output, product));
	expect(lines).toContain("password=(hidden)\\x1b[2J");
	expect(lines).toContain("ssid=home\\x1b[2J");
});

test("the same settings leave the manifest as it is: nothing is built anew for it", async () => {
	await run();
	const [name] = readdirSync(join(sdk.folder, "cache/xs-mqtt"));
	const manifest = join(sdk.folder, "cache/xs-mqtt", name, "app/manifest.json");
	chmodSync(manifest, 0o400); // writing it again would fail, or make it 600
	const before = statSync(manifest, { bigint: true });
	await run();
	expect(statSync(manifest, { bigint: true })).toMatchObject({ mtimeNs: before.mtimeNs, ino: before.ino });
	expect(readFileSync(manifest, "utf8")).toContain("home");
});

test("a build that fails: its status, the line with the error, what to do", async () => {
	const { message, lines } = await run("simulator", { environment: { FAKE_FAIL: "1" } });
	expect(message).toBe(
		"the build failed with exit status 3: main.ts:1: error: no semicolon; look at the lines above; --verbose shows all commands",
	);
	expect(lines.at(-1)).toContain("no semicolon");
});

test("a build that makes nothing is a failure too", async () => {
	expect((await run("esp32", { environment: { FAKE_NOTHING: "1" } })).message).toMatch(
		/^the build made no xs_esp32\.bin: .+; /,
	);
});

test("a build can be stopped", async () => {
	const abort = new AbortController();
	const running = run("simulator", { environment: { FAKE_HANG: "1" }, abort });
	const called = setInterval(() => {
		try {
			sdk.call;
			abort.abort();
		} catch {
			// not yet
		}
	}, 20);
	expect((await running).message).toMatch(/^the build was stopped: .+; /);
	clearInterval(called);
});

test("--verbose is mcconfig's -v", async () => {
	await run("simulator", { verbose: true });
	expect(sdk.call.args[0]).toBe("-v");
});

test.each([
	[
		"simulator",
		{ MODDABLE: undefined },
		/^the Moddable SDK is not there: MODDABLE is not set; see https:.+ or try xs-mqtt sim/,
	],
	["simulator", { MODDABLE: "/nowhere" }, /MODDABLE is "\/nowhere", which is not the SDK; see https:/],
	["simulator", { DISPLAY: undefined }, /no display; .*xvfb-run/],
	[
		"esp32",
		{ IDF_PATH: undefined },
		/^the toolchain for ESP32 is not there: IDF_PATH is not set; see https:/,
	],
	["esp32", { IDF_PATH: "/nowhere" }, /IDF_PATH names "\/nowhere", which is no ESP-IDF; /],
	[
		"esp",
		{ HOME: "/nowhere" },
		/^the toolchain for ESP8266 is not there: ESP8266_RTOS_SDK is not in "\/nowhere\/esp"; /,
	],
])("%s with %j: what is missing, and the way to get it", (platform, environment, words) => {
	const all = { ...sdk.environment, ...environment };
	expect(() => findSdk(platformOf(platform), all, "linux")).toThrow(words);
});

test("mcconfig of the SDK is found when the PATH has none; without tools built, that is told", () => {
	const found = findSdk(platformOf("esp32"), { ...sdk.environment, PATH: "/nowhere" }, "linux");
	expect(found.mcconfig).toBe(join(sdk.folder, "sdk/build/bin/lin/release/mcconfig"));
	expect(() => findSdk(platformOf("esp32"), { ...sdk.environment, PATH: "/nowhere" }, "darwin")).toThrow(
		/tools were not built/,
	);
	expect(() => findSdk(platformOf("simulator"), sdk.environment, "win32")).toThrow(
		/mcconfig is not there|on Linux only/,
	);
});

test("apps: a folder, its manifest, the name of an example; else an error that lists them", () => {
	const manifest = join(sdk.app, "manifest.json");
	expect(findApp(sdk.app)).toEqual({ name: "app", manifest });
	expect(findApp(manifest)).toEqual({ name: "app", manifest });
	expect(findApp("app", sdk.folder)).toEqual({ name: "app", manifest });
	expect(findApp("sensor-node", "examples").manifest).toMatch(/examples\/sensor-node\/manifest\.json$/);
	expect(() => findApp("sensor", "examples")).toThrow(
		/no example of ours; give an app's folder, or one of: hello, request-response, secure-sensor, sensor-node, shared-worker, sleeper, switch$/,
	);
	expect(() => findApp("../app", sdk.folder)).toThrow(/no example of ours/);
	const spaced = sdk.write("my app/manifest.json", "{}");
	expect(() => findApp(spaced)).toThrow(/makefiles cannot have a path such as/);
	expect(() => platformOf("esp8266")).toThrow(/give esp32, esp \(ESP8266\) or simulator/);
	expect(() => platformOf("esp32/../x")).toThrow(/not known/);
});
