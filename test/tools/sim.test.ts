// The whole command with the real engine, as it was compiled: needs build/, which "npm test" makes first.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The first run on a computer compiles the engine. */
const FIRST = 300_000;

function sim(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
	return new Promise((resolve) => {
		execFile(process.execPath, ["build/tools/xs-mqtt.js", "sim", ...args], (error, stdout, stderr) => {
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
	},
	FIRST,
);

test("a replay arrives whole, on the other stack too", async () => {
	const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-"));
	const file = join(folder, "readings.csv");
	const values = ["1.5", "-2.25", "1e3", "0", "0", "123456789.125"];
	writeFileSync(file, `time,value\n${values.map((value, i) => `${i / 100},${value}`).join("\n")}\n`);
	const { status, stdout } = await sim("--replay", file, "--json", "--stack", "lin", "--board", "none");
	rmSync(folder, { recursive: true });
	expect(status).toBe(0);
	const payloads = stdout.match(/(?<="topic":"sensor-node\/replay","payload":")[^"]+/g);
	expect(payloads).toEqual(["1.500", "-2.250", "1000.000", "0.000", "0.000", "123456789.125"]);
}, 30_000);

test("readings that do not come in time: exit status 1 and one line", async () => {
	const { status, stderr } = await sim("--messages", "100000", "--timeout", "1");
	expect(status).toBe(1);
	expect(stderr).toMatch(/^xs-mqtt: \d+ of 100000 readings were received: the time is over; .+\n$/);
}, 30_000);
