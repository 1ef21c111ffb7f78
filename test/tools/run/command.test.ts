// `xs-mqtt run` as it is called, with an SDK that tells all it knows: from the app to its log, and no password anywhere.
// Needs gcc-xtensa-lx106, and tools/build.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Board } from "../../support/chip/board.js";
import { content, esp8266Image } from "../../support/images.js";
import { FakeSdk } from "./fake-sdk.js";

const COMMAND = fileURLToPath(new URL("../../../tools/build/xs-mqtt.js", import.meta.url));
const SECRET = "Zq7_secret";

let sdk: FakeSdk;

beforeEach(() => {
	sdk = new FakeSdk();
});
afterEach(() => sdk.remove());

interface Ended {
	status: number | null;
	stdout: string;
	stderr: string;
}

async function run(
	args: string[],
	environment: Record<string, string | undefined> = {},
	watch: (seen: Ended, child: ChildProcess) => void = () => {},
): Promise<Ended> {
	const child = spawn(process.execPath, [COMMAND, "run", ...args], {
		cwd: sdk.folder,
		env: { ...sdk.environment, ...environment },
		stdio: ["ignore", "pipe", "pipe"],
	});
	const ended: Ended = { status: null, stdout: "", stderr: "" };
	for (const name of ["stdout", "stderr"] as const)
		child[name].setEncoding("utf8").on("data", (text) => {
			ended[name] += text;
			watch(ended, child);
		});
	[ended.status] = await once(child, "close");
	expect(ended.stdout + ended.stderr).not.toContain("secret");
	return ended;
}

test("the simulator: built, run, its log shown until its window is closed", async () => {
	const { status, stdout, stderr } = await run(
		["app", "--platform", "simulator", "--broker", "mqtt://ann@host", "name=kitchen"],
		{ XS_MQTT_BROKER_PASSWORD: SECRET, XS_MQTT_SSID: "home" },
	);
	expect(stderr).toContain("# mcconfig");
	expect(stdout).toMatch(/\[app\] the app says \d+ bytes\n/);
	expect(stdout).not.toContain("listening");
	expect(status).toBe(0);
	expect(sdk.call.manifest.config).toEqual({
		name: "kitchen",
		host: "host",
		port: 1883,
		brokerUsername: "ann",
		brokerPassword: SECRET,
	});
	expect(sdk.call.args.join(" ")).not.toContain("secret");
});

test("settings come from the file beside; --json leaves nothing but objects on stdout", async () => {
	sdk.write("xs-mqtt.env", `XS_MQTT_BROKER=mqtt://ann:${SECRET}@host\n`, 0o600);
	const { status, stdout } = await run(["app", "--platform", "simulator", "--json"]);
	expect(status).toBe(0);
	const events = stdout
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line));
	expect(events.map(({ type }) => type)).toContain("log");
	expect(sdk.call.manifest.config).toMatchObject({ host: "host", brokerPassword: SECRET });
	sdk.write("xs-mqtt.env", `XS_MQTT_BROKER=mqtt://ann:${SECRET}@host\n`, 0o644);
	const refused = await run(["app", "--platform", "simulator"]);
	expect(refused.status).toBe(1);
	expect(refused.stderr).toMatch(
		/^xs-mqtt: xs-mqtt\.env is not used: other users can read it.*; chmod 600 xs-mqtt\.env\n$/,
	);
});

test("a simulator that crashes is a failure, with its last words", async () => {
	const { status, stdout, stderr } = await run(["app", "--platform", "simulator"], { FAKE_CRASH: "1" });
	expect(status).toBe(1);
	expect(stdout).toContain("the app says");
	expect(stderr).toMatch(/\nxs-mqtt: the simulator stopped by itself: segmentation fault; .+\n$/);
});

test("Ctrl-C ends the simulator, and is no failure", async () => {
	const { status } = await run(
		["app", "--platform", "simulator"],
		{ FAKE_STAY: "1" },
		({ stdout }, child) => {
			if (stdout.includes("the app says")) child.kill("SIGINT");
		},
	);
	expect(status).toBe(0);
});

test("a board: built, flashed, its log shown", async () => {
	const board = await Board.open("esp8266");
	const image = esp8266Image({ segments: [content(50_000)] });
	const product = join(sdk.folder, "product.bin");
	sdk.writeBytes("product.bin", image);
	let logged = false;
	try {
		const { status, stdout, stderr } = await run(
			["app", "--platform", "esp", "--port", board.path, "--ssid", "home"],
			{ FAKE_PRODUCT: product, XS_MQTT_WIFI_PASSWORD: SECRET },
			(seen, child) => {
				if (!logged && seen.stdout.includes("is open")) {
					logged = true;
					board.pty.write(Buffer.from("\r\n<?xs.00000001?>\r\n<xsbug><log>hello&#10;</log></xsbug>\r\n"));
				}
				if (seen.stdout.includes("hello")) child.kill("SIGINT");
			},
		);
		expect(status).toBe(0);
		expect(stderr).toMatch(/49 KB written and verified in/);
		expect(stdout).not.toContain("written");
		expect(stdout).toContain("hello\n");
		expect(board.chip.flash.bytes.subarray(0, image.length).equals(image)).toBe(true);
		expect(sdk.call.manifest.config).toEqual({ ssid: "home", password: SECRET });
	} finally {
		await board.close();
	}
}, 30_000);

test("a board that panics: decoded by the ELF file of the build", async () => {
	const board = await Board.open("esp8266");
	sdk.writeBytes("product.bin", esp8266Image({ segments: [content(1000)] }));
	const source = sdk.write("loop.c", "void loop(void)\n{\n\tfor (;;);\n}\n");
	const elf = join(sdk.folder, "loop.elf");
	const link = ["-nostdlib", "-Wl,-Ttext=0x40210000", "-Wl,-eloop"];
	execFileSync("xtensa-lx106-elf-gcc", ["-g", "-O0", ...link, "-o", elf, source]);
	let panicked = false;
	try {
		const { status, stdout } = await run(
			["app", "--platform", "esp", "--port", board.path, "--ssid", "home"],
			{
				FAKE_PRODUCT: join(sdk.folder, "product.bin"),
				FAKE_ELF: elf,
				XS_MQTT_WIFI_PASSWORD: SECRET,
			},
			(seen, child) => {
				if (!panicked && seen.stdout.includes("is open")) {
					panicked = true;
					board.pty.write(
						Buffer.from("Exception (4):\r\nepc1=0x40210003\r\n\r\n>>>stack>>>\r\n<<<stack<<<\r\n"),
					);
				}
				if (seen.stdout.includes("-- panic")) child.kill("SIGINT");
			},
		);
		expect(status).toBe(0);
		expect(stdout).toContain(`-- panic: an interrupt\n    at loop (${source}:2)\n`);
	} finally {
		await board.close();
	}
}, 30_000);

test.each<[string[], Record<string, string | undefined>, number, RegExp]>([
	[["app"], {}, 2, /required option '--platform <platform>' not specified/],
	[["app", "--platform", "pico"], {}, 2, /--platform: "pico" is not known; give esp32, esp/],
	[
		["nothing", "--platform", "esp32"],
		{},
		2,
		/EXAMPLE "nothing": it is no folder .* one of: hello, request-response, secure-sensor, sensor-node/,
	],
	[["app", "--platform", "simulator", "--port", "/dev/x"], {}, 2, /--port: it is a board's/],
	[
		["app", "--platform", "simulator", "password=secret"],
		{},
		2,
		/other users of this computer see command lines/,
	],
	[
		["app", "--platform", "simulator", "--broker", "mqtt://a:secret@h"],
		{},
		2,
		/other users of this computer/,
	],
	[
		["app", "--platform", "simulator"],
		{ MODDABLE: undefined },
		1,
		/Moddable SDK is not there: MODDABLE is not set; see https/,
	],
	[
		["app", "--platform", "esp32"],
		{ IDF_PATH: undefined },
		1,
		/toolchain for ESP32 is not there: .+; see https/,
	],
	[["app", "--platform", "simulator", "--settings", "none"], {}, 1, /none cannot be read: ENOENT.*; /],
])("%j: exit status in three parts, before anything is built", async (args, environment, wanted, words) => {
	const { status, stdout, stderr } = await run(args, environment);
	expect(status).toBe(wanted);
	expect(stdout).toBe("");
	expect(stderr).toMatch(words);
	expect(stderr).toMatch(/^xs-mqtt: [\x20-\x7e]+\n$/);
	expect(() => sdk.call).toThrow();
});

test("a build that fails: all lines, then the one that tells", async () => {
	const { status, stdout, stderr } = await run(["app", "--platform", "simulator", "k=v"], { FAKE_FAIL: "1" });
	expect(status).toBe(1);
	expect(stdout).toBe("");
	expect(stderr).toMatch(
		/# mcconfig.*\n(.*\n)*xs-mqtt: the build failed with exit status 3: main\.ts:1: error: .+\n$/,
	);
});
