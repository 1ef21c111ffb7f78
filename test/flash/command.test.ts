import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { jest } from "@jest/globals";
import { Board } from "../support/chip/board.js";
import { content, esp8266Image } from "../support/images.js";
import { expectFlash, expectUntouched } from "./flashing.js";

jest.setTimeout(30_000); // for busy computers

let folder: string;
let board: Board;

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "xs-mqtt-command-"));
	board = await Board.open("esp8266");
});

afterEach(async () => {
	rmSync(folder, { recursive: true });
	await board.close();
});

const COMMAND = fileURLToPath(new URL("../../tools/build/xs-mqtt.js", import.meta.url));

interface Ended {
	status: number | null;
	stderr: string;
	stdout: string;
}

/** The command as users start it, without a terminal; `watch` sees what it prints so far. */
async function run(
	args: string[],
	watch: (stdout: string, child: ChildProcess) => void = () => {},
	{ cwd }: { cwd?: string } = {},
): Promise<Ended> {
	const child = spawn(process.execPath, [COMMAND, ...args], {
		cwd,
		env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` },
		stdio: ["ignore", "pipe", "pipe"],
	});
	const ended: Ended = { status: null, stderr: "", stdout: "" };
	child.stderr.setEncoding("utf8").on("data", (text) => {
		ended.stderr += text;
	});
	child.stdout.setEncoding("utf8").on("data", (text) => {
		ended.stdout += text;
		watch(ended.stdout, child);
	});
	[ended.status] = await once(child, "close");
	return ended;
}

/** What the system tells of its ports: serialport asks udevadm on Linux. */
function plugIn(...ports: { path: string; ids?: string }[]): void {
	const text = ports.map(({ path, ids }, index) => {
		const [vendor, product] = ids?.split(":") ?? [];
		const usb =
			ids && `E: ID_VENDOR_ID=${vendor}\nE: ID_MODEL_ID=${product}\nE: ID_SERIAL_SHORT=000${index}\n`;
		return `P: /devices/usb${index}\nN: ttyUSB${index}\nE: DEVNAME=${path}\n${usb ?? ""}\n`;
	});
	writeFileSync(join(folder, "list"), text.join(""));
	writeFileSync(join(folder, "udevadm"), `#!/bin/sh\ncat "${join(folder, "list")}"\n`);
	chmodSync(join(folder, "udevadm"), 0o755);
}

const ISO = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;

/** What --json prints. */
const objects = (stdout: string): Record<string, unknown>[] =>
	stdout
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line));

const image = esp8266Image({ segments: [content(200_000)] });

function imageFile(): string {
	const file = join(folder, "firmware.bin");
	writeFileSync(file, image);
	return file;
}

test("the only board is found and flashed; without a terminal progress is lines", async () => {
	plugIn({ path: "/dev/ttyS0" }, { path: board.path, ids: "10C4:EA60" });
	const { status, stdout, stderr } = await run(["flash", imageFile()]);
	expect(stderr).toBe("");
	expect(status).toBe(0);
	expectFlash(board, [{ address: 0, name: "", bytes: image }]);
	const lines = stdout.trimEnd().split("\n");
	expect(lines[0]).toMatch(/no control lines: hold BOOT, press RESET/);
	expect(lines.slice(1, -2)).toEqual([
		expect.stringMatching(/^ESP8266 at .*, 1 MB of flash$/),
		"writing 0x0 firmware.bin (195 KB)",
		"25 % of 195 KB",
		"50 % of 195 KB",
		"75 % of 195 KB",
	]);
	expect(lines.at(-2)).toMatch(/^195 KB written and verified in /);
	expect(stdout).not.toContain("\x1b");
});

test("several boards, no terminal: an error that lists them, nothing is touched", async () => {
	plugIn({ path: board.path, ids: "1a86:7523" }, { path: "/dev/ttyACM9", ids: "303a:1001" });
	const { status, stderr } = await run(["flash", imageFile()]);
	expect(status).toBe(1);
	expect(stderr).toMatch(
		/^xs-mqtt: no port was chosen: 2 look like ESP boards; name one with --port:\n.*303a:1001.*\n.*1a86:7523 .*CH340.*\n$/,
	);
	expectUntouched(board);
});

test("ports: a line each, boards first, or JSON", async () => {
	plugIn({ path: "/dev/ttyS0" }, { path: "/dev/ttyUSB0", ids: "10c4:ea60" });
	const lines = await run(["ports"]);
	expect(lines).toEqual({
		status: 0,
		stderr: "",
		stdout:
			"/dev/ttyUSB0  10c4:ea60  serial 0001  CP210x USB bridge, on many ESP boards\n/dev/ttyS0  not USB\n",
	});
	const { stdout } = await run(["ports", "--json"]);
	expect(objects(stdout)).toEqual([
		{
			time: expect.stringMatching(ISO),
			type: "port",
			port: "/dev/ttyUSB0",
			vendorId: "10c4",
			productId: "ea60",
			serialNumber: "0001",
			likely: "CP210x USB bridge, on many ESP boards",
		},
		{ time: expect.stringMatching(ISO), type: "port", port: "/dev/ttyS0" },
	]);
});

test("ports --probe: what is at each port that looks like a board's; one that fails does not stop the others", async () => {
	board.chip.flash.write(0, image);
	const gone = join(folder, "gone");
	plugIn({ path: "/dev/ttyS0" }, { path: gone, ids: "1a86:7523" }, { path: board.path, ids: "10c4:ea60" });
	const { status, stdout, stderr } = await run(["ports", "--probe"]);
	expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
	const lines = stdout.trimEnd().split("\n");
	expect(lines).toContain("/dev/ttyS0  not USB");
	expect(lines[lines.findIndex((line) => line.startsWith(gone)) + 1]).toMatch(/^ {2}.*there is no such port/);
	const at = lines.findIndex((line) => line.startsWith(board.path));
	expect(lines.slice(at + 1, at + 3)).toEqual([
		expect.stringMatching(/^ {2}ESP8266.*, MAC ([0-9a-f]{2}:){5}[0-9a-f]{2}, 1 MB of flash$/),
		"  app: its image has no name in it",
	]);
	const json = objects((await run(["ports", "--probe", "--json"])).stdout);
	expect(json.find(({ port }) => port === board.path)).toMatchObject({
		type: "port",
		info: { chip: "ESP8266", flashSize: 1 << 20 },
	});
	expect(json.find(({ port }) => port === gone)?.failed).toMatch(/there is no such port/);
});

/** Boards with these names in boards.json of the folder that commands run in. */
function nameBoards(...named: [name: string, board: Board][]): void {
	plugIn(...named.map(([, { path }]) => ({ path, ids: "10c4:ea60" })));
	const boards = named.map(([name], i) => [name, { mac: `24:0a:c4:00:01:1${i}`, serialNumber: `000${i}` }]);
	writeFileSync(join(folder, "boards.json"), JSON.stringify(Object.fromEntries(boards)));
}

const TWO = ["flash", "--port", "kitchen", "--port", "garden"];

test("several boards by name, side by side: a line each", async () => {
	const other = await Board.open("esp8266");
	try {
		nameBoards(["kitchen", board], ["garden", other]);
		const { status, stdout, stderr } = await run([...TWO, imageFile()], undefined, { cwd: folder });
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		for (const name of ["kitchen", "garden"])
			expect(stdout).toMatch(new RegExp(`^\\[${name}\\] 195 KB written and verified in `, "m"));
		for (const each of [board, other]) expectFlash(each, [{ address: 0, name: "", bytes: image }]);
	} finally {
		await other.close();
	}
});

test("one of several boards fails: the other is flashed, and the exit status tells", async () => {
	const other = await Board.open("esp8266");
	nameBoards(["kitchen", board], ["garden", other]);
	await other.close();
	const { status, stdout, stderr } = await run([...TWO, "--json", imageFile()], undefined, { cwd: folder });
	expect(status).toBe(1);
	expect(stderr).toBe("xs-mqtt: 1 of 2 boards failed: garden; see the objects of type failed\n");
	const ends = objects(stdout).filter(({ type }) => type === "done" || type === "failed");
	expect(ends.map(({ board, type }) => `${board} ${type}`).sort()).toEqual(["garden failed", "kitchen done"]);
	expectFlash(board, [{ address: 0, name: "", bytes: image }]);
});

test("no ports at all", async () => {
	plugIn();
	expect((await run(["ports"])).stdout).toMatch(/^there are no serial ports: plug a board in/);
	expect(await run(["ports", "--json"])).toEqual({ status: 0, stderr: "", stdout: "" });
	const { status, stderr } = await run(["flash", imageFile()]);
	expect(status).toBe(1);
	expect(stderr).toMatch(/^xs-mqtt: no board was found: .*; plug it in with a data cable/);
});

test.each([
	[["flash", "--baud", "fast"]],
	[["flash", "--baud", "1"]],
	[["flash", "--frobnicate"]],
	[["flash", "0x0=a", "b"]],
	[["flash", "test"]],
	[["ports", "more"]],
])("wrong usage %j: one line, exit status 2", async (args) => {
	const { status, stderr, stdout } = await run(args);
	expect(status).toBe(2);
	expect(stderr).toMatch(/^xs-mqtt: [\x20-\x7e]+\n$/);
	expect(stdout).toBe("");
});

test.each(["ports", "flash"])("%s --help has an example", async (command) => {
	const { status, stdout } = await run([command, "--help"]);
	expect(status).toBe(0);
	expect(stdout).toMatch(new RegExp(`Examples?:\n {2}xs-mqtt ${command}`));
});

test("whoever reads the output goes away: the board is flashed whole", async () => {
	plugIn({ path: board.path, ids: "10c4:ea60" });
	const { status, stderr } = await run(["flash", imageFile()], (_stdout, child) => child.stdout!.destroy());
	expect(stderr).toBe("");
	expect(status).toBe(0);
	expectFlash(board, [{ address: 0, name: "", bytes: image }]);
});

test("whoever reads the output goes away: that flashing failed is in the exit status", async () => {
	plugIn({ path: board.path, ids: "10c4:ea60" });
	board.chip.flash.stuck.set(0x1234, 0x00);
	const { status, stderr } = await run(["flash", imageFile()], (_stdout, child) => child.stdout!.destroy());
	expect(stderr).toMatch(
		/^xs-mqtt: flashing failed at 0x1234 3 times: .*\n0x0 firmware.bin is written in part/,
	);
	expect(status).toBe(1);
});

test("what the board could not start is refused, and written with --force", async () => {
	plugIn({ path: board.path, ids: "10c4:ea60" });
	const text = content(100).fill("text");
	const file = join(folder, "notes.txt");
	writeFileSync(file, text);
	const { status, stderr } = await run(["flash", `0x0=${file}`]);
	expect(status).toBe(1);
	expect(stderr).toMatch(
		/^xs-mqtt: 0x0 notes.txt is refused: an ESP8266 starts at 0x0, and this is no image; .*; "flash --force" writes it all the same\nNothing was written/,
	);
	expectUntouched(board);
	board.chip.reset("rom");
	expect((await run(["flash", "--force", `0x0=${file}`])).status).toBe(0);
	expectFlash(board, [{ address: 0, name: "", bytes: text }]);
});

test("Ctrl-C while writing: exit status 1, the state of the board, and the same command completes it", async () => {
	plugIn({ path: board.path, ids: "10c4:ea60" });
	let sent = false;
	const interrupted = await run(["flash", imageFile()], (stdout, child) => {
		if (sent || !stdout.includes("25 %")) return;
		sent = true;
		board.toChip = () => Buffer.alloc(0); // it goes no further
		child.kill("SIGINT");
	});
	board.toChip = (bytes) => bytes;
	expect(interrupted.status).toBe(1);
	expect(interrupted.stderr).toMatch(
		/^xs-mqtt: flashing was interrupted: .*\n0x0 firmware.bin is written in part: the board does not start its app until .*repeat the same command\.\n$/,
	);
	board.chip.reset("rom");
	expect((await run(["flash", imageFile()])).status).toBe(0);
	expectFlash(board, [{ address: 0, name: "", bytes: image }]);
});
