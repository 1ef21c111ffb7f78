import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Conversation } from "../../tools/monitor/conversation.js";
import { Filter } from "../../tools/monitor/filter.js";
import { Gauges } from "../../tools/monitor/gauges.js";
import { isNoise, LineRate } from "../../tools/monitor/line-rate.js";
import { LogFile } from "../../tools/monitor/log-file.js";
import { checkOptions } from "../../tools/monitor/options.js";
import { Output } from "../../tools/monitor/output.js";
import { type Out, Screen } from "../../tools/monitor/screen.js";
import { inWords } from "../../tools/monitor/wording.js";
import { UsageProblem } from "../../tools/problem.js";
import { setClock } from "../../tools/xsbug/commands.js";
import { framed, login } from "../support/xsbug.js";

describe("the line's rate", () => {
	const text = (n = 60) => Buffer.from("ets Jul 29 2019 12:21:46 漢字 ".repeat(3)).subarray(0, n);
	const noise = (n = 60) => Buffer.alloc(n, 0xe5);

	test("an ESP32's ROM, then its app", () => {
		const rate = new LineRate(undefined, "esp32");
		expect(rate.rate).toBe(460_800);
		expect(rate.hear(noise())).toEqual({ noise: true, by: "app" });
		expect(rate.rate).toBe(115_200);
		expect(rate.hear(text())).toEqual({ noise: false, by: "boot" });
		rate.pause();
		expect(rate.rate).toBe(460_800);
	});

	test("an ESP8266's ROM tells the app's rate", () => {
		const rate = new LineRate(undefined, "esp32");
		rate.booting();
		expect(rate.rate).toBe(115_200);
		rate.hear(noise());
		expect(rate.rate).toBe(74_880);
		rate.hear(text());
		rate.pause();
		expect(rate.rate).toBe(921_600);
	});

	test("an app that runs is found at any of the usual rates, byte by byte", () => {
		for (const actual of [921_600, 460_800, 115_200, 1_500_000]) {
			const rate = new LineRate(undefined, "esp32");
			for (let second = 0; rate.rate !== actual; second++) {
				expect(second).toBeLessThan(10);
				for (const byte of noise()) rate.hear(Uint8Array.of(byte));
				rate.pause();
			}
			rate.settle(actual);
			rate.pause();
			expect(rate.rate).toBe(actual);
		}
	});

	test("once settled it is kept, whatever boots in between", () => {
		const rate = new LineRate(undefined, "esp8266");
		rate.settle(921_600);
		for (let boot = 0; boot < 5; boot++) {
			rate.hear(noise());
			expect(rate.rate).toBe(74_880);
			rate.pause();
			expect(rate.rate).toBe(921_600);
		}
	});

	test("a rate that was told is never given up", () => {
		const rate = new LineRate(38_400, "esp32");
		for (let i = 0; i < 20; i++) {
			rate.hear(noise());
			rate.pause();
			expect(rate.rate).toBe(38_400);
		}
	});

	test("texts in any language are no noise, even in pieces", () => {
		const rate = new LineRate(undefined, "esp32");
		for (const line of [
			"Привет, мир! Как дела сегодня?",
			"温度は二十度です。湿度は五十パーセントです。",
			"😀😀😀😀😀😀😀😀😀",
		])
			for (const byte of Buffer.from(line.repeat(5)))
				expect(rate.hear(Uint8Array.of(byte))?.noise).not.toBe(true);
		expect(isNoise("Привет")).toBe(false);
		expect(isNoise("\ufffd\ufffdx\u0001\x80")).toBe(true);
		expect(isNoise("")).toBe(false);
	});
});

describe("the filter", () => {
	test("lets matching lines through", () => {
		expect(new Filter(/^a|b$/).test(["ab", "ba", "xb", "xbx"])).toEqual([true, false, true, false]);
	});

	test("an expression with a state matches each line from its beginning", () => {
		expect(new Filter(/a/u).test(["a", "a", "b"])).toEqual([true, true, false]);
	});

	test("what takes too long is ended", () => {
		const filter = new Filter(/^(a+)+$/, 20);
		expect(() => filter.test([`${"a".repeat(60)}!`])).toThrow("--filter takes too long");
		expect(filter.test(["aaa"])).toEqual([true]);
	});
});

test("the file: lines are added, half of one is completed first", () => {
	const folder = mkdtempSync(join(tmpdir(), "xs-mqtt-"));
	const path = join(folder, "board.log");
	const file = new LogFile(path);
	file.add(["one", "two ü"]);
	file.add([]);
	file.close();
	appendFileSync(path, "half");
	const again = new LogFile(path);
	again.add(["three"]);
	again.close();
	expect(readFileSync(path, "utf8")).toBe("one\ntwo ü\nhalf\nthree\n");
	expect(() => new LogFile(folder)).toThrow(/cannot be written: .*EISDIR.+; .+/);
	rmSync(folder, { recursive: true });
	expect(() => new LogFile("/no/such/folder/x")).toThrow(/cannot be written: .+; .+/);
});

describe("the screen", () => {
	class FakeOut {
		text = "";
		writableLength = 0;
		columns = 20;
		rows = 10;
		isTTY: boolean;
		constructor(isTTY: boolean) {
			this.isTTY = isTTY;
		}
		write(text: string) {
			this.text += text;
			return true;
		}
	}
	const screenOf = (out: FakeOut) => new Screen(out as unknown as Out);

	test("without a terminal there are lines only", () => {
		const out = new FakeOut(false);
		const screen = screenOf(out);
		screen.show(["area"]);
		screen.print(["a", "b"]);
		screen.close();
		expect(out.text).toBe("a\nb\n");
	});

	test("in a terminal the area stays below, within its width, and is gone at the end", () => {
		const out = new FakeOut(true);
		const screen = screenOf(out);
		screen.show(["x".repeat(50), "second"]);
		expect(out.text).toBe(`${"x".repeat(19)}\nsecond`);
		out.text = "";
		screen.print(["line"]);
		expect(out.text).toBe(`\r\x1b[1A\x1b[Jline\n${"x".repeat(19)}\nsecond`);
		out.text = "";
		screen.close();
		screen.close();
		expect(out.text).toBe("\r\x1b[1A\x1b[J");
	});

	test("who reads too slowly misses lines, and is told so, as all else is told", async () => {
		const note = "10 lines are missing here: their reader is too slow";
		for (const json of [false, true]) {
			const out = new FakeOut(false);
			const output = new Output(
				{ json, timestamps: false, instruments: "line" },
				{ screen: screenOf(out) },
				(problem) => {
					throw problem;
				},
			);
			const tell = async (text: string) => {
				output.event({ type: "text", text, cut: false });
				await new Promise((resolve) => setImmediate(resolve));
			};
			out.writableLength = 100 << 20;
			for (let i = 0; i < 10; i++) await tell("lost");
			expect(out.text).toBe("");
			out.writableLength = 0;
			await tell("seen");
			out.writableLength = 100 << 20;
			await tell("lost");
			output.close();
			const lines = out.text.split("\n").slice(0, -1);
			const last = note.replace("10 lines are", "1 line is");
			if (!json) expect(lines).toEqual([`-- ${note}`, "seen", `-- ${last}`]);
			else
				expect(lines.map((line) => JSON.parse(line))).toMatchObject([
					{ type: "note", text: note },
					{ type: "text", text: "seen" },
					{ type: "note", text: last },
				]);
		}
	});
});

test("gauges: the latest figures of each machine, of so many machines", () => {
	const gauges = new Gauges();
	expect(gauges.table()).toEqual([]);
	const figures = { slots: { used: 10, available: 100 }, collections: 3 };
	expect(gauges.set("A", "main", figures)).toBe(true);
	expect(gauges.set("A", "main", { ...figures })).toBe(false);
	expect(gauges.set("B", "a b\x1b[2J", { collections: 1 })).toBe(true);
	expect(gauges.lines()[0]).toBe("[main] slots 10 / 100, 3 collections/s");
	const table = gauges.table();
	expect(table).toHaveLength(3);
	expect(new Set(table.map((line) => line.length)).size).toBe(1);
	expect(table[1]).toMatch(/^main +10 \/ 100 +- +- +3$/);
	expect(table[2]).toMatch(/^a b\\x1b\[2J +- +- +- +1$/);
	for (let i = 0; i < 100; i++) gauges.set(`${i}`, "x", figures);
	expect(gauges.lines()).toHaveLength(8);
	expect(new Gauges().set("A", "main", {})).toBe(false);
	gauges.remove("A", "main");
	expect(gauges.lines()).toHaveLength(7);
});

test("wordings are lines that are safe in a terminal", () => {
	const evil = "\x1b]0;x\x07\r\n\u202e";
	const events = [
		{ type: "log", machine: "", name: evil, text: evil, cut: false, path: evil, line: 3 },
		{ type: "break", machine: "", name: evil, message: evil, stack: [{ name: evil, path: evil }] },
		{ type: "text", text: evil, cut: true },
		{ type: "login", machine: "", name: evil, version: evil },
		{ type: "closed", machine: "", name: evil },
		{ type: "cut", machine: "", name: evil, text: evil },
		{ type: "import", machine: "", name: evil, path: evil },
		{ type: "note", text: evil },
		{ type: "samples", machine: "", name: evil, figures: { collections: 1 } },
	] as const;
	for (const event of events)
		for (const line of inWords(event as Parameters<typeof inWords>[0])!.lines)
			expect(line).toMatch(/^[\x20-\x7e…]+$/);
});

test("tabs are tabs, in lines of the app, raw ones and exceptions", () => {
	const lines = (event: object) => inWords(event as Parameters<typeof inWords>[0])!.lines;
	const text = "\ta\tb\x01\t";
	expect(lines({ type: "log", machine: "", name: "x", text, cut: false })).toEqual(["[x] \ta\tb\\x01\t"]);
	expect(lines({ type: "text", text, cut: false })).toEqual(["\ta\tb\\x01\t"]);
	expect(lines({ type: "break", machine: "", name: "x", message: text, stack: [] })).toEqual([
		"[x] break: \ta\tb\\x01\t",
	]);
});

describe("options", () => {
	const RAW = { reset: true };

	test("defaults", () => {
		expect(checkOptions(RAW, {})).toEqual({
			port: undefined,
			baud: undefined,
			elf: undefined,
			input: false,
			tcp: undefined,
			reset: true,
			timestamps: false,
			filter: undefined,
			log: undefined,
			json: false,
			instruments: "line",
			broker: undefined,
		});
		expect(checkOptions({ ...RAW, tcp: true, instruments: true }, {})).toMatchObject({
			tcp: 5002,
			instruments: "table",
		});
		expect(checkOptions({ ...RAW, instruments: false }, {}).instruments).toBe("none");
	});

	test("the broker's password comes from the URL or the environment", () => {
		const environment = { XS_MQTT_BROKER_PASSWORD: "from outside" };
		const broker = (url: string) => checkOptions({ ...RAW, broker: url }, environment).broker;
		expect(broker("mqtt://ann@host:1884/a/b")).toEqual({
			address: { host: "host", port: 1884, username: "ann", password: "from outside" },
			topic: "a/b",
		});
		expect(broker("mqtt://ann:own@host/a")?.address.password).toBe("own");
		expect(broker("mqtt://host/a")?.address.password).toBeUndefined();
	});

	test("filters are regular expressions, with u or without", () => {
		expect(checkOptions({ ...RAW, filter: "\\p{Lu}" }, {}).filter?.test("Ä")).toBe(true);
		expect(checkOptions({ ...RAW, filter: "a\\-b" }, {}).filter?.test("a-b")).toBe(true);
		for (const filter of ["(", "x".repeat(2000)])
			expect(() => checkOptions({ ...RAW, filter }, {})).toThrow(UsageProblem);
	});

	test("the line of memory does not stand where one types, unless it is wanted", () => {
		expect(checkOptions({ ...RAW, input: true }, {}).instruments).toBe("none");
		expect(checkOptions({ ...RAW, input: true, instruments: true }, {}).instruments).toBe("table");
		expect(checkOptions({ ...RAW, input: false }, {}).instruments).toBe("line");
	});
});

test("the board's clock: seconds since 1970, the time zone and daylight saving, as Moddable's tools send them", () => {
	const now = new Date(2026, 6, 1, 12, 0, 0);
	const bytes = setClock("3FFB4264", now);
	const head = "\r\n<?xs#3FFB4264?>";
	expect(bytes.subarray(0, head.length).toString()).toBe(head);
	const command = bytes.subarray(head.length);
	expect([...command.subarray(0, 5)]).toEqual([0, 15, 9, 0, 0]);
	expect(command.readUInt32BE(5)).toBe(now.getTime() / 1000);
	expect(command.length).toBe(17);
	const zone = (TZ: string, month: number) =>
		execFileSync(
			process.execPath,
			[
				"--input-type=module",
				"-e",
				`import { setClock } from "./tools/build/xsbug/commands.js";
				const bytes = setClock("3FFB4264", new Date(2026, ${month}, 1)).subarray(-8);
				console.log(bytes.readInt32BE(0), bytes.readInt32BE(4));`,
			],
			{ env: { ...process.env, TZ }, encoding: "utf8" },
		).trim();
	expect(zone("Europe/Berlin", 6)).toBe("3600 3600");
	expect(zone("Europe/Berlin", 0)).toBe("3600 0");
	expect(zone("America/New_York", 6)).toBe("-18000 3600");
	expect(zone("Australia/Sydney", 0)).toBe("36000 3600");
});

test("the clock is set once, by the first machine of a serial line", () => {
	const written: string[] = [];
	const conversation = new Conversation(
		(bytes) => written.push(bytes.toString("latin1")),
		() => {},
	);
	conversation.push(framed("3FFB4264", login("app")));
	conversation.push(framed("3FFB4265", login("worker")));
	expect(written.filter((text) => text.includes("#3FFB426"))).toHaveLength(1);
	expect(written[0]).toContain("<?xs#3FFB4264?>\0\x0f\x09");
	const simulator: string[] = [];
	new Conversation(
		(bytes) => simulator.push(bytes.toString("latin1")),
		() => {},
	).push(Buffer.from(login("app")));
	expect(simulator.join("")).toContain("<go/>");
	expect(simulator.join("")).not.toContain("\x0f\x09");
});
