// The whole command with the real engine, as it was compiled: needs build/, which "npm test" makes first.

import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { connectAsync } from "mqtt";
import { SOCKET_FAILED } from "../../src/connection/dialer.js";
import { Authority, type Issued } from "../support/authority.js";
import { endLater, freePort, type Mosquitto, startMosquitto } from "../support/brokers.js";

const COMMAND = "tools/build/xs-mqtt.js";

/** The first run on a computer compiles the engine. */
const FIRST = 300_000;

function sim(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
	return new Promise((resolve) => {
		execFile(process.execPath, [COMMAND, "sim", ...args], (error, stdout, stderr) => {
			resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
		});
	});
}

test(
	"readings of this computer, from a board as small as an ESP8266, without garbage",
	async () => {
		const { status, stdout } = await sim("--messages", "100", "--interval", "50", "--json");
		expect(status).toBe(0);
		const events = stdout
			.trimEnd()
			.split("\n")
			.map((line) => JSON.parse(line));
		const of = (type: string) => events.filter((event) => event.type === type);
		expect(of("message")).toHaveLength(100);
		expect(new Set(of("message").map(({ topic }) => topic))).toContain("sensor-node/load");
		for (const { payload } of of("message")) expect(payload).toMatch(/^\d+(\.\d+)?$/);
		expect(of("status").map(({ state }) => state)).toEqual(["online", "offline"]);
		// Quitting is orderly: the firmware said farewell by itself.
		expect(of("trace").at(-1).text).toBe("disconnected: the client was closed by the app");
		const [first, second] = of("memory");
		expect(second.slotsAllocated).toBe(first.slotsAllocated);
		expect(second.chunkBytesAllocated).toBe(first.chunkBytesAllocated);
		expect(first.limit).toBeGreaterThan(0);
		for (const { time } of events) expect(new Date(time).toISOString()).toBe(time);
	},
	FIRST,
);

test(
	"the version in use is told: the embedded broker speaks MQTT 3.1.1, Mosquitto 5.0",
	async () => {
		const { port } = await startMosquitto();
		const runs = [
			{ args: [] as string[], version: 4, name: "MQTT 3.1.1", attempts: [5, 4] },
			{ args: ["--broker", `mqtt://127.0.0.1:${port}`], version: 5, name: "MQTT 5.0", attempts: [5] },
		];
		for (const { args, version, name, attempts } of runs) {
			const few = ["--messages", "5", "--interval", "50", "--protocol", ...args];
			const lines = await sim(...few);
			expect(lines.stdout).toContain(` client connected, ${name}\n`);
			const { stdout } = await sim(...few, "--json");
			const events = stdout
				.trimEnd()
				.split("\n")
				.map((line) => JSON.parse(line));
			const connected = events.filter(({ of, state }) => of === "client" && state === "connected");
			expect(connected.map(({ protocolVersion }) => protocolVersion)).toEqual([version]);
			const packets = events.flatMap(({ type, packet }) => (type === "packet" ? [packet] : []));
			const connects = packets.filter(({ type }) => type === "CONNECT");
			expect(connects.map(({ protocolVersion }) => protocolVersion)).toEqual(attempts);
			expect(packets.flatMap(({ violations }) => violations)).toEqual([]);
			expect(packets.at(-1).protocolVersion).toBe(version);
		}
	},
	FIRST,
);

test("others' readings of the same name do not count", async () => {
	const child = spawn(process.execPath, [COMMAND, "sim", "--messages", "10", "--interval", "50", "--json"]);
	const ended = once(child, "exit");
	const counted: string[] = [];
	let foreign = 0;
	for await (const line of createInterface({ input: child.stdout })) {
		const event = JSON.parse(line);
		if (event.type === "connection" && event.of === "broker") {
			// As many as it takes; the board's have two digits behind the point, or are bytes of memory.
			const other = await connectAsync(event.url);
			other.on("error", () => {});
			const timer = setInterval(() => other.publish("sensor-node/load", "7", { qos: 1 }), 5);
			ended.then(() => {
				clearInterval(timer);
				other.end(true);
			});
		}
		if (event.type === "message" && event.reading) counted.push(event.payload);
		else if (event.type === "message") foreign++;
	}
	expect(await ended).toEqual([0, null]);
	expect(foreign).toBeGreaterThan(0);
	expect(counted).toHaveLength(10);
	expect(counted).not.toContain("7");
}, 60_000);

test("npm start -- --tls: the board checks the certificate, and both sides encrypt", async () => {
	// Not npm itself: its tsc would write what other tests run at the same time.
	const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
	expect(scripts.start).toMatch(new RegExp(`&& node ${COMMAND} sim$`));
	const { status, stdout } = await sim("--tls", "--messages", "20", "--json", "--interval", "50");
	expect(status).toBe(0);
	const events = stdout
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line));
	const [broker] = events.filter(({ of }) => of === "broker");
	expect(broker.url).toMatch(/^mqtts:\/\/127\.0\.0\.1:/);
	const encrypted = events.filter(({ of }) => of === "encryption");
	expect(encrypted.map((event) => event.with).sort()).toEqual(["board", "observer"]);
	expect(new Set(encrypted.map(({ fingerprint }) => fingerprint)).size).toBe(1);
	expect(events.filter(({ reading }) => reading)).toHaveLength(20);
	expect(stdout).not.toContain("PRIVATE KEY");
}, 60_000);

describe("a broker with TLS that wants a certificate", () => {
	let ca: Authority;
	let broker: Mosquitto;
	let own: Issued;
	beforeAll(async () => {
		ca = new Authority();
		endLater(() => ca.remove());
		const { file, keyFile } = ca.issue();
		own = ca.issue({ name: "board" });
		broker = await startMosquitto({
			settings: [
				`certfile ${file}`,
				`keyfile ${keyFile}`,
				`cafile ${ca.own.file}`,
				"require_certificate true",
			],
		});
	});
	const withBroker = (...args: string[]) =>
		sim("--broker", `mqtts://localhost:${broker.port}`, "--messages", "5", "--interval", "50", ...args);

	test("gets readings, and has seen the board's certificate", async () => {
		const files = ["--ca", ca.own.file, "--cert", own.file, "--key", own.keyFile];
		const { status, stdout } = await withBroker(...files, "--json");
		expect(status).toBe(0);
		expect(stdout.match(/"reading":true/g)).toHaveLength(5);
		expect(broker.comers.all.some((id) => id.startsWith("sensor-node-"))).toBe(true);
		expect(stdout).not.toContain("PRIVATE KEY");
	}, 60_000);

	test("or says what is missing: exit status 1 and one line", async () => {
		const { status, stderr } = await withBroker("--ca", ca.own.file);
		expect(status).toBe(1);
		expect(stderr).toMatch(/^xs-mqtt: no MQTT connection to mqtts:.*; check --cert and --key\n$/);
	}, 60_000);
});

test("a broker with WebSocket, over TLS and without", async () => {
	const ca = new Authority();
	endLater(() => ca.remove());
	const { file, keyFile } = ca.issue();
	const [plain, secure] = [await freePort(), await freePort()];
	const broker = await startMosquitto({
		settings: [
			...[`listener ${plain} 127.0.0.1`, "protocol websockets"],
			...[`listener ${secure} 127.0.0.1`, "protocol websockets", `certfile ${file}`, `keyfile ${keyFile}`],
		],
	});
	for (const options of [
		[`ws://localhost:${plain}/mqtt`],
		[`wss://localhost:${secure}`, "--ca", ca.own.file],
	]) {
		const { status, stdout } = await sim(
			"--messages",
			"5",
			"--interval",
			"50",
			"--json",
			"--broker",
			...options,
		);
		expect(status).toBe(0);
		expect(stdout.match(/"reading":true/g)).toHaveLength(5);
	}
	expect(broker.comers.all.filter((id) => id.startsWith("sensor-node-"))).toHaveLength(2);
}, 60_000);

/** The command in a terminal of 80 columns and 24 lines. */
class Terminal {
	readonly ended: Promise<unknown>;
	readonly #socat: ChildProcessByStdio<Writable, Readable, null>;
	#text = "";
	#heard = () => {};

	constructor(command: string) {
		const XS_MQTT_TEST = `stty cols 80 rows 24; exec ${command}`;
		this.#socat = spawn("socat", ["STDIO", "SYSTEM:eval $XS_MQTT_TEST,pty,setsid,ctty,stderr"], {
			env: { ...process.env, XS_MQTT_TEST, TERM: "xterm" },
			stdio: ["pipe", "pipe", "inherit"],
		});
		this.ended = once(this.#socat, "exit");
		this.#socat.stdout.on("data", (part) => {
			this.#text += part;
			this.#heard();
		});
	}

	press(key: string): void {
		this.#socat.stdin.write(key);
	}

	/** What came since the last full drawing began. */
	get lines(): string[] {
		const frame = this.#text.slice(this.#text.lastIndexOf("\x1b[H", this.#text.lastIndexOf("\x1b[J")));
		return stripVTControlCharacters(frame).split(/\r*\n/);
	}

	/** Resolves when all of these are on the screen, words that continue in the next line as in one. */
	async shows(...wanted: RegExp[]): Promise<void> {
		const fits = () => {
			const text = this.lines.map((line) => line.trim()).join(" ");
			return wanted.every((words) => words.test(text));
		};
		while (!fits())
			await new Promise<void>((heard) => {
				this.#heard = heard;
			});
	}
}

test("the live view: a cause in full, and how many messages the board holds, until they are delivered", async () => {
	const terminal = new Terminal(`${process.execPath} ${COMMAND} sim --interval 100`);
	await terminal.shows(/client connected, MQTT 3\.1\.1/, /holds 0 messages/, /status online/);
	terminal.press("c");
	await terminal.shows(
		new RegExp(`client disconnected: ${SOCKET_FAILED.message} network cut`),
		/holds [123] messages?, \d+ older given up status/,
	);
	for (const line of terminal.lines) expect(line.length).toBeLessThanOrEqual(80);
	terminal.press("r");
	await terminal.shows(/network up/, /client connected/, /holds 0 messages, \d+ older given up/);
	terminal.press("q");
	await terminal.ended;
	expect(terminal.lines.join("\n")).toMatch(/\d+ readings were received/);
}, 60_000);

test.each([
	["a board as small as an ESP8266", []],
	["the other stack, without a limit", ["--stack", "lin", "--board", "none"]],
])(
	"a replay arrives whole, from %s",
	async (_, options) => {
		const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-"));
		const file = join(folder, "readings.csv");
		const values = ["1.5", "-2.25", "1e3", "0", "0", "123456789.125"];
		writeFileSync(file, `time,value\n${values.map((value, i) => `${i / 100},${value}`).join("\n")}\n`);
		const { status, stdout } = await sim("--replay", file, "--json", ...options);
		rmSync(folder, { recursive: true });
		expect(status).toBe(0);
		const payloads = stdout.match(/(?<="topic":"sensor-node\/replay","payload":")[^"]+/g);
		expect(payloads).toEqual(["1.500", "-2.250", "1000.000", "0.000", "0.000", "123456789.125"]);
	},
	30_000,
);

test("readings that do not come in time: exit status 1 and one line", async () => {
	const { status, stderr } = await sim("--messages", "100000", "--timeout", "1");
	expect(status).toBe(1);
	expect(stderr).toMatch(/^xs-mqtt: \d+ of 100000 readings were received: the time is over; .+\n$/);
}, 30_000);
