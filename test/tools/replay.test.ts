import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem } from "../../tools/problem.js";
import { type Replay, readReplay } from "../../tools/sim/replay.js";

const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-"));
const file = join(folder, "readings.csv");
afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string, most?: number): Promise<Replay> {
	writeFileSync(file, text);
	return readReplay(file, most);
}

async function refused(text: string, most?: number): Promise<string> {
	const error = await read(text, most).then(
		() => undefined,
		(error) => error,
	);
	expect(error).toBeInstanceOf(Problem);
	return error.message;
}

test("seconds or dates, in any columns, with BOM, CRLF, empty lines and spaces", async () => {
	expect(await read("time,value\n10,1\n10.5,-2.25\n10.5,1e2\n")).toEqual({
		readings: [
			{ at: 0, value: 1 },
			{ at: 500, value: -2.25 },
			{ at: 500, value: 100 },
		],
		decimals: 2,
	});
	expect(
		await read(
			"\ufeffplace, Value ,Time\r\nhall,.5,2026-01-31T12:00:00Z\r\n\r\nhall, 7 ,2026-01-31 13:00:01+01:00",
		),
	).toEqual({
		readings: [
			{ at: 0, value: 0.5 },
			{ at: 1000, value: 7 },
		],
		decimals: 1,
	});
	expect((await read('time,value\n0,"1.50"\n')).decimals).toBe(2);
	expect((await read("time,value\n0,15e-4\n")).decimals).toBe(4);
	expect((await read(`time,value\n0,0.${"1".repeat(40)}\n`)).decimals).toBe(15);
});

test("a bad row is named by its line", async () => {
	expect(await refused("time,value\n0,1\n1,abc\n")).toMatch(
		/readings\.csv, line 3: value "abc" .*nothing was sent/,
	);
	expect(await refused("time,value\r\n\r\n0,\r\n")).toContain("line 3");
	for (const value of ["NaN", "Infinity", "1,5", "0x10", "1e21", "1e999", "--1", "1 2", ""])
		expect(await refused(`time,value\n0,${value.includes(",") ? `"${value}"` : value}\n`)).toContain(
			"line 2: value",
		);
	for (const time of ["", "noon", "NaN", "1e999", "2026-13-01", "2026-01-31T25:00:00Z"])
		expect(await refused(`time,value\n${time},1\n`)).toContain("line 2: time");
	expect(await refused("time,value\n0,1\n2026-01-31,1\n")).toContain("line 3: time");
	expect(await refused("time,value\n2,1\n1,1\n")).toContain("line 3: time");
	expect(await refused("time,value\n0,1\n90000,1\n")).toContain("line 3: more than a day");
	expect(await refused("time,value\n0,1\n1\n")).toMatch(/line 3|Line 3|on line 3/);
	expect(await refused("time,value\n0,\x1b[2J\n")).not.toContain("\x1b");
});

test("a file that is none of readings", async () => {
	expect(await refused("")).toContain("no readings: it is empty");
	expect(await refused("time,value\n")).toContain("no readings");
	expect(await refused("time;value\n0;1\n")).toContain('no column "time"');
	expect(await refused("time,temperature\n0,1\n")).toContain('no column "value"');
	expect(await refused("time,value,value\n0,1,2\n")).toContain('more than one column "value"');
	await expect(readReplay(folder)).rejects.toThrow("it is not a file");
	await expect(readReplay(join(folder, "none.csv"))).rejects.toThrow("cannot be read");
});

test("what is huge is refused, not read into memory", async () => {
	expect(await refused("time,value\n0,1\n1,1\n2,1\n", 2)).toContain("line 4: more than 2 readings");
	expect(await refused("x".repeat(10_000_000))).toContain("cannot be read");
	expect(await refused(`time,value\n0,"${"1".repeat(1_000_000)}`)).toContain("cannot be read");
});
