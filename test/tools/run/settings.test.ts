// Settings: which source wins, what is refused, and that nobody is told a password.

import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "../../../tools/problem.js";
import { redactor } from "../../../tools/run/redact.js";
import { gatherSettings, type Sources } from "../../../tools/run/settings.js";
import { readSettingsFile } from "../../../tools/run/settings-file.js";

const NONE: Sources = {
	ssid: undefined,
	broker: undefined,
	pairs: [],
	environment: {},
	file: {},
	wifi: true,
	ask: undefined,
};
const gather = (sources: Partial<Sources>) => gatherSettings({ ...NONE, ...sources });

test("options win over the environment, it over the file; what nobody says is not there", async () => {
	const file = { XS_MQTT_SSID: "file", XS_MQTT_WIFI_PASSWORD: "of the file", name: "file", interval: "5" };
	const environment = { XS_MQTT_SSID: "environment", XS_MQTT_BROKER: "mqtt://environment" };
	expect((await gather({ file })).config).toEqual({
		ssid: "file",
		password: "of the file",
		name: "file",
		interval: "5",
	});
	expect((await gather({ file, environment })).config).toMatchObject({
		ssid: "environment",
		host: "environment",
		port: 1883,
	});
	expect(
		(await gather({ file, environment, ssid: "option", broker: "mqtt://option:1884", pairs: ["name=a=b"] }))
			.config,
	).toEqual({
		ssid: "option",
		password: "of the file",
		host: "option",
		port: 1884,
		name: "a=b",
		interval: "5",
	});
	expect((await gather({})).config).toEqual({});
});

test("a simulator has no Wi-Fi: it is told neither name nor password", async () => {
	const file = { XS_MQTT_SSID: "home", XS_MQTT_WIFI_PASSWORD: "secret" };
	expect(await gather({ file, wifi: false })).toEqual({ config: {}, secrets: [] });
});

test("the broker's user and password", async () => {
	const environment = { XS_MQTT_BROKER: "mqtt://ann:p%40ss@host" };
	expect(await gather({ environment })).toEqual({
		config: { host: "host", port: 1883, brokerUsername: "ann", brokerPassword: "p@ss" },
		secrets: ["p@ss"],
	});
	expect(
		(await gather({ broker: "mqtt://ann@host", environment: { XS_MQTT_BROKER_PASSWORD: "other" } })).config,
	).toMatchObject({ brokerUsername: "ann", brokerPassword: "other" });
	// Without a user name a password is none (3.1.2.9).
	expect(
		(await gather({ broker: "mqtt://host", environment: { XS_MQTT_BROKER_PASSWORD: "other" } })).config,
	).toEqual({
		host: "host",
		port: 1883,
	});
});

test("a password that is missing is asked for, on a terminal only; an empty one is none", async () => {
	const questions: string[] = [];
	const ask = async (question: string) => {
		questions.push(question);
		return "typed";
	};
	expect(await gather({ ssid: "home\x1b[2J", broker: "mqtt://ann@host", ask })).toMatchObject({
		config: { password: "typed", brokerPassword: "typed" },
		secrets: ["typed", "typed"],
	});
	expect(questions).toEqual([
		'Password of the Wi-Fi "home\\x1b[2J" (empty: none)',
		'Password of "ann" at the broker (empty: none)',
	]);
	const open = { XS_MQTT_WIFI_PASSWORD: "" };
	expect(await gather({ ssid: "home", environment: open, ask: () => Promise.reject() })).toEqual({
		config: { ssid: "home" },
		secrets: [],
	});
	expect((await gather({ ssid: "home" })).config).toEqual({ ssid: "home" });
});

test.each<[Partial<Sources>, RegExp]>([
	[
		{ broker: "mqtt://ann:secret@host" },
		/other users of this computer see command lines; set XS_MQTT_BROKER_PASSWORD/,
	],
	[{ broker: "mqtts://ann:secret@host" }, /TLS/],
	[{ environment: { XS_MQTT_BROKER: "http://ann:secret@host" } }, /^XS_MQTT_BROKER: .+; /],
	[{ pairs: ["password=secret"] }, /^password: other users/],
	[{ pairs: ["apiToken=secret"] }, /^apiToken: other users/],
	[{ pairs: ["secret"] }, /has no =/],
	[{ pairs: ["\x1b[2J=1"] }, /no name/],
])("%j is refused", async (sources, words) => {
	const error = await gather(sources).catch((error) => error);
	expect(error).toBeInstanceOf(Problem);
	expect(error.exitStatus).toBe(2);
	expect(error.message).toMatch(words);
	expect(error.message).toMatch(/^[\x20-\x7e]+$/);
	if (!("pairs" in sources && sources.pairs![0] === "secret"))
		expect(error.message).not.toMatch(/\bsecret\b/);
});

test("a line loses its secrets in every form, and nothing else", () => {
	const redact = redactor(['p"a$s', "p"]);
	expect(redact('echo p"a$s p\\"a$s p"a$$s path')).toBe("echo (hidden) (hidden) (hidden) path");
	expect(redactor(["word", "password"])("the password is word")).toBe("the (hidden) is (hidden)");
});

describe("the file", () => {
	let folder: string;
	let path: string;
	const warnings: string[] = [];
	const read = () => readSettingsFile(path, (text) => warnings.push(text));
	const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, stdio: "pipe" });

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "xs-mqtt-"));
		path = join(folder, "xs-mqtt.env");
		warnings.length = 0;
		writeFileSync(path, "# home\nXS_MQTT_SSID=\"my home\"\nXS_MQTT_WIFI_PASSWORD='se#cret'\nname=kitchen\n");
		chmodSync(path, 0o600);
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	test("lines as in other .env files", async () => {
		expect(await read()).toEqual({
			XS_MQTT_SSID: "my home",
			XS_MQTT_WIFI_PASSWORD: "se#cret",
			name: "kitchen",
		});
		expect(warnings).toEqual([]);
	});

	test.each([0o640, 0o604, 0o620, 0o644])("mode %o: others can read it, so it is refused", async (mode) => {
		chmodSync(path, mode);
		await expect(read()).rejects.toThrow(/other users can read it.*; chmod 600 /);
	});

	test("in a repository: refused when git keeps it, warned of when it may", async () => {
		git("init", "-q");
		await read();
		expect(warnings).toEqual([expect.stringMatching(/not ignored by git: add it to \.gitignore/)]);
		writeFileSync(join(folder, ".gitignore"), "*.env\n");
		warnings.length = 0;
		await read();
		expect(warnings).toEqual([]);
		git("add", "-f", "xs-mqtt.env");
		await expect(read()).rejects.toThrow(/git keeps it.*; git rm --cached/);
	});

	test("one that was named must be there, the usual one need not; a misspelt name is told", async () => {
		const home = process.cwd();
		process.chdir(folder);
		try {
			expect(await readSettingsFile(undefined, () => {})).toMatchObject({ name: "kitchen" });
			rmSync(path);
			expect(await readSettingsFile(undefined, () => {})).toEqual({});
		} finally {
			process.chdir(home);
		}
		await expect(read()).rejects.toThrow(/cannot be read: .*ENOENT.*; /);
		writeFileSync(path, "XS_MQTT_PASSWORT=secret\n", { mode: 0o600 });
		const error = await read().catch((error) => error);
		expect(error.message).toMatch(/XS_MQTT_PASSWORT is no setting; there are XS_MQTT_SSID, /);
		expect(error.message).not.toContain("secret");
	});
});
