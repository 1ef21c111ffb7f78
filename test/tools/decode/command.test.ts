// `xs-mqtt decode` as it is called: files and the standard input, both views, and what goes wrong.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { CONNACK, concat, field, PUBLISH, packet, word } from "../../support/packets.js";
import { frame, pcap } from "./capture.js";

const CONNECT = packet(
	0x10,
	field("MQTT"),
	[4, 0xc2],
	word(60),
	field("id"),
	field("ann"),
	field("Zq7_secret"),
);

// Each run is a process, on a computer that may be busy.
jest.setTimeout(60_000);

let folder: string;

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xs-mqtt-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(bytes: string | Uint8Array): string {
	const path = join(folder, "input");
	writeFileSync(path, bytes);
	return path;
}

// Jest tells its workers to colour.
const { FORCE_COLOR: _, ...environment } = process.env;

function decode(args: string[], input?: string | Uint8Array, env: NodeJS.ProcessEnv = environment) {
	return new Promise<{ status: number; stdout: string; stderr: string }>((resolve) => {
		const child = execFile(
			process.execPath,
			["tools/build/xs-mqtt.js", "decode", ...args],
			{ env },
			(error, stdout, stderr) => resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
		);
		child.stdin!.end(input);
	});
}

test("bytes from the standard input, as lines", async () => {
	const { status, stdout, stderr } = await decode(
		["-", "--from", "client"],
		concat([CONNECT, PUBLISH("a/+", "1")]),
	);
	expect(status).toBe(1);
	expect(stderr).toMatch(
		/^xs-mqtt: 1 of 2 packets with violations: \[MQTT-3\.3\.2-2\] the Topic Name has the wildcard \+, .+; .+\n$/,
	);
	expect(stdout).toContain("CONNECT client -> server, at byte 0, 33 bytes\n");
	expect(stdout).toContain('Topic Name                "a/+"');
	expect(stdout).toContain("! [MQTT-3.3.2-2]");
	expect(stdout).toMatch(/\n2 packets, 1 with violations\n$/);
	expect(stdout).not.toContain("secret");
});

test("colours are for terminals, or for who asks for them: CI alone does not", async () => {
	const bold = "\x1b[1mCONNECT";
	const { NO_COLOR: _, ...neutral } = environment;
	expect((await decode(["-"], CONNECT, { ...neutral, CI: "true" })).stdout).not.toContain("\x1b");
	expect((await decode(["-"], CONNECT, { ...neutral, FORCE_COLOR: "1" })).stdout).toContain(bold);
	expect(
		(await decode(["-"], CONNECT, { ...neutral, FORCE_COLOR: "1", NO_COLOR: "1" })).stdout,
	).not.toContain("\x1b");
});

test("a capture, as JSON: one object a packet, with its connection and time", async () => {
	const frames = [
		frame({ from: "client", at: 0, bytes: new Uint8Array(), flags: { syn: true, ack: false } }),
		frame({ from: "client", at: 1, bytes: CONNECT }),
		frame({ from: "server", at: 1, bytes: CONNACK() }),
	];
	const { status, stdout } = await decode([file(pcap(frames)), "--json"]);
	expect(status).toBe(0);
	const [connect, connack, ...more] = stdout
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line));
	expect(more).toEqual([]);
	expect(connect).toMatchObject({
		time: "2023-11-14T22:13:20.001000Z",
		type: "packet",
		connection: 1,
		client: "127.0.0.1:50000",
		server: "10.0.0.2:1883",
		packet: { type: "CONNECT", sender: "client", at: 0, length: CONNECT.length, violations: [] },
	});
	expect(connect.packet.fields.at(-1)).toEqual({
		offset: 21,
		length: 12,
		bytes: null,
		name: "Password",
		note: "10 bytes, not shown",
	});
	expect(connack.packet).toMatchObject({ type: "CONNACK", sender: "server" });
	expect(stdout).not.toMatch(/secret|736563726574/);
});

test("without tshark: what to install", async () => {
	const { status, stderr } = await decode([file(pcap([]))], "", { PATH: "/nowhere" });
	expect(status).toBe(1);
	expect(stderr).toMatch(/^xs-mqtt: captures cannot be read: .*tshark.* not installed; install it .*\n$/);
});

test("the version is what --protocol-version says where no CONNECT does", async () => {
	const publish = "30 05 00 01 61 00 78";
	const as = async (...options: string[]) => (await decode(["-", "--json", ...options], publish)).stdout;
	const payloadOf = (line: string) => JSON.parse(line).packet.fields.at(-1).value;
	expect(payloadOf(await as("--protocol-version", "5"))).toBe("x");
	expect(payloadOf(await as("--protocol-version", "4"))).toBe("\0x");
	const guessed = JSON.parse(await as()).packet;
	expect([guessed.protocolVersion, guessed.guessed]).toEqual([5, true]);
	const wrong = await decode(["-", "--protocol-version", "3"], publish);
	expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining("--protocol-version")]);
	const lines = await decode(["-", "--protocol-version", "5"], publish);
	expect(lines.stdout).toContain("PUBLISH at byte 0, 7 bytes, MQTT 5.0\n");
});

const CUT = "10 0c 00 04 4d 51 54 54 04 02 00 3c 00";
const NOISE = Uint8Array.from({ length: 90 }, (_, i) => (i === 0 ? 0xe7 : (i * 37) & 255));

test.each([
	["all is well", "c0 00 d0 00", 0, /^$/, "2 packets, no violations"],
	[
		"a CONNECT without its end",
		CUT,
		1,
		/: the input ends within a packet: 1 of the 14 bytes of the CONNECT at byte 0 are/,
		"1 packet, no violations, 1 incomplete",
	],
	[
		"a fixed header without its end",
		"c0 00 30",
		1,
		/: the input ends within a packet: a packet begins at byte 2, /,
		"1 packet, no violations, 1 incomplete",
	],
	[
		"a broken rule",
		"c1 00 c0 00",
		1,
		/: 1 of 2 packets with violations: \[MQTT-2\.2\.2-1\] /,
		"2 packets, 1 with violations",
	],
	[
		"a CONNECT that does not end where it says, which hides what follows",
		concat([
			packet(0x10, field("MQTT"), [4, 0xc2], word(60), field("id"), field("ann"), word(99)),
			[0xc0, 0],
		]),
		1,
		/: 1 of 1 packet with violations: \[MQTT-3\.1\.2-21\] /,
		"1 packet, 1 with violations, 2 bytes outside of packets",
	],
	[
		"noise",
		NOISE,
		1,
		/: 90 bytes could not be decoded: this is no MQTT 3\.1\.1: /,
		"0 packets, no violations, 90 bytes outside of packets",
	],
])("the exit status, for CI: %s", async (_, input, wanted, words, summary) => {
	const lines = await decode(["-"], input);
	expect(lines.status).toBe(wanted);
	expect(lines.stderr).toMatch(words);
	expect(lines.stderr).toMatch(/^(xs-mqtt: [\x20-\x7e]+\n)?$/);
	expect(lines.stdout.trimEnd().split("\n").at(-1)).toBe(summary);
	const json = await decode(["-", "--json"], input);
	expect([json.status, json.stderr]).toEqual([lines.status, lines.stderr]);
	for (const line of json.stdout.trimEnd().split("\n")) JSON.parse(line);
});

test("a capture may end within a packet, and so may a connection: told, but no failure", async () => {
	const half = PUBLISH("a", "xyz").subarray(0, 4);
	const connection = pcap([
		frame({ from: "client", at: 0, bytes: new Uint8Array(), flags: { syn: true, ack: false } }),
		frame({ from: "client", at: 1, bytes: concat([CONNECT, half]) }),
		frame({ from: "server", at: 1, bytes: new Uint8Array(), flags: { rst: true } }),
	]);
	const { status, stdout, stderr } = await decode([file(connection)]);
	expect([status, stderr]).toEqual([0, ""]);
	expect(stdout).toMatch(/\n2 packets, no violations, 1 incomplete\n$/);
});

test("hex that goes wrong: what was read is shown, then the line and the cause", async () => {
	const { status, stdout, stderr } = await decode([file("c0 00\nd0 0g")]);
	expect(status).toBe(1);
	expect(stdout).toContain("PINGREQ");
	expect(stderr).toMatch(/^xs-mqtt: line 2 of the hex text: "g" is no hexadecimal digit; .+\n$/);
});

test.each([
	[["/no/such/file"], 1, /cannot be read: ENOENT.*; /],
	[["/tmp"], 1, /cannot be read: EISDIR.*; /],
	[["-"], 1, /no MQTT packet in -: .+; /],
	[[], 2, /missing required argument/],
	[["a", "b"], 2, /too many arguments/],
	[["-", "--format", "pdf"], 2, /--format: "pdf" is not known; give one of hex, binary, pcap/],
	[["-", "--from", "me"], 2, /--from: .+; .+/],
	[["-", "--port", "0"], 2, /--port: .+; .+/],
])("%j: exit status %d", async (args, wanted, words) => {
	const { status, stdout, stderr } = await decode(args, "");
	expect(status).toBe(wanted);
	expect(stdout).toBe("");
	expect(stderr).toMatch(words);
	expect(stderr).toMatch(/^xs-mqtt: [\x20-\x7e]+\n$/);
});

test("a capture that still runs: what is there is shown at once", async () => {
	const child = spawn(process.execPath, ["tools/build/xs-mqtt.js", "decode", "-"]);
	const ended = once(child, "exit");
	const shown = once(child.stdout, "data");
	child.stdin.write(pcap([frame({ from: "client", at: 1, bytes: CONNECT })]));
	expect(String(await shown)).toContain("CONNECT client -> server");
	child.stdin.end();
	expect(await ended).toEqual([0, null]);
});

test("a reader that goes away is no error", async () => {
	const child = spawn(process.execPath, ["tools/build/xs-mqtt.js", "decode", "-"]);
	const ended = once(child, "exit");
	child.stdin.on("error", () => {});
	const read = once(child.stdout, "data");
	child.stdin.write(new Uint8Array(200_000).fill(0xc0).map((_, i) => (i % 2 ? 0 : 0xc0)));
	await read;
	child.stdout.destroy();
	for (let i = 0; i < 20 && child.exitCode === null; i++)
		child.stdin.write(Buffer.alloc(100_000, "\xc0\0", "latin1"));
	child.stdin.end();
	expect(await ended).toEqual([0, null]);
});
