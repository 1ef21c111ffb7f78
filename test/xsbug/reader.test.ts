import fc from "fast-check";
import { command, GO, restart } from "../../tools/xsbug/commands.js";
import type { XsbugEvent } from "../../tools/xsbug/events.js";
import { LINE_LIMIT } from "../../tools/xsbug/lines.js";
import { XsbugReader } from "../../tools/xsbug/reader.js";
import {
	boardSession,
	chunks,
	closing,
	framed,
	log,
	login,
	messagesOf,
	RESET,
	SESSION,
} from "../support/xsbug.js";

function read(bytes: Buffer, size = bytes.length): XsbugEvent[] {
	const events: XsbugEvent[] = [];
	const reader = new XsbugReader((event) => events.push(event));
	for (const chunk of chunks(bytes, size)) reader.push(chunk);
	reader.end();
	return events;
}

const ofType = <T extends XsbugEvent["type"]>(events: XsbugEvent[], type: T) =>
	events.filter((event): event is Extract<XsbugEvent, { type: T }> => event.type === type);

const reading = (n: number, value: string) => `reading ${n}: temperature=${value} °C <ok> & "fine"`;
const SESSION_LINES = [
	"board started",
	reading(1, "20.1"),
	reading(2, "20.2"),
	reading(3, "20.3"),
	"partial line, continued",
	reading(4, "20.4"),
	reading(5, "20.5"),
	"TypeError: cannot coerce null to object (in (anonymous-66))",
	reading(6, "20.6"),
	reading(7, "20.7"),
	reading(8, "20.8"),
	"made garbage",
	reading(9, "20.9"),
	reading(10, "21"),
	"XS abort: unhandled exception",
];

/** 1 and all up to 64; then those around the sizes of messages. */
const SIZES = [...Array(64).keys(), 98, 99, 511, 512, 1023, 4095, 4096, 6411, 22_000].map((n) => n + 1);

describe("the recorded session", () => {
	const events = read(SESSION);

	test("is told in full", () => {
		expect(events[0]).toEqual({
			type: "login",
			machine: "",
			name: "capture",
			version: "XS 17.7.0 64-bit LE 16-bit ID",
		});
		expect(ofType(events, "log").map(({ text }) => text)).toEqual(SESSION_LINES);
		const [{ instruments }] = ofType(events, "instruments");
		expect(instruments).toHaveLength(21);
		expect(instruments[9]).toEqual({ name: "Chunk used", unit: " / " });
		const samples = ofType(events, "samples");
		expect(samples).toHaveLength(10);
		for (const { values } of samples) expect(values).toHaveLength(21);
		expect(samples[7].values[15]).toBe(135);
		expect(ofType(events, "break")).toEqual([
			{
				type: "break",
				machine: "",
				message: "TypeError: cannot coerce null to object (in (anonymous-66))",
				path: "/app/main.js",
				line: 8,
				stack: [{ name: "(anonymous-66)", path: "/app/main.js", line: 8 }, { name: "(host)" }],
			},
			expect.objectContaining({ message: "debugger", path: "/app/main.js", line: 9 }),
			expect.objectContaining({ message: "Error: unhandled: sensor missing", line: 11 }),
		]);
		expect(ofType(events, "cut")).toEqual([]);
		expect(ofType(events, "text")).toEqual([]);
	});

	test("is the same in every chunk size", () => {
		for (const size of SIZES) expect(read(SESSION, size)).toEqual(events);
	});

	test("is the same from a board, whatever the chunk size", () => {
		const expected = [{ type: "reset" }, ...events.map((event) => ({ ...event, machine: "3FFB4264" }))];
		for (const size of SIZES) expect(read(boardSession("3FFB4264"), size)).toEqual(expected);
	});
});

describe("on a serial line", () => {
	test("machines, raw text, binary answers and farewells are told apart, in every chunk size", () => {
		const stream = Buffer.concat([
			Buffer.from("ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET)\r\n"),
			RESET,
			framed("3FFB4264", login("main")),
			framed("3ffc0000", login("worker")),
			framed("3FFB4264", "\r\n<xsbug><log>from </log></xsbug>\r\n"),
			framed("3FFC0000", log("from the worker")),
			framed("3FFB4264", log("main")),
			Buffer.from("\r\n<?xs#3FFB4264?>\r\n\x00\x07\x05\xff\x0b\x00\x00\r\n", "latin1"),
			Buffer.from("Grüße, raw < & >\r\nno line end"),
			closing("3FFC0000"),
			framed(
				"3FFB4264",
				'\r\n<xsbug><bubble name="net" value="0" path="a.js" line="3">up</bubble></xsbug>\r\n',
			),
			framed("3FFB4264", '\r\n<xsbug><import path="mod"/></xsbug>\r\n'),
		]);
		const expected = [
			{ type: "text", text: "ets Jul 29 2019 12:21:46", cut: false },
			{ type: "text", text: "rst:0x1 (POWERON_RESET)", cut: false },
			{ type: "reset" },
			expect.objectContaining({ type: "login", machine: "3FFB4264", name: "main" }),
			expect.objectContaining({ type: "login", machine: "3FFC0000", name: "worker" }),
			{ type: "log", machine: "3FFC0000", text: "from the worker", cut: false },
			{ type: "log", machine: "3FFB4264", text: "from main", cut: false },
			{ type: "binary", machine: "3FFB4264", bytes: Buffer.from([5, 255, 11, 0, 0, 13, 10]) },
			{ type: "text", text: "Grüße, raw < & >", cut: false },
			{ type: "text", text: "no line end", cut: false },
			{ type: "closed", machine: "3FFC0000" },
			{ type: "log", machine: "3FFB4264", text: "net: up", cut: false, path: "a.js", line: 3 },
			{ type: "import", machine: "3FFB4264", path: "mod" },
		];
		for (const size of SIZES) expect(read(stream, size)).toEqual(expected);
	});

	test("a panic in the middle of a message, and the boot after it, are shown", () => {
		const events = read(
			Buffer.concat([
				framed("3FFB4264", "\r\n<xsbug><log>half a li"),
				Buffer.from("Guru Meditation Error: Core 0 panic'ed\r\nRebooting...\r\n"),
				framed("3FFB4264", "\r\n<xsbug><samples>1,2,"),
				Buffer.from("abort() was called\r\nets Jul 29 2019\r\n"),
				framed("3FFB4264", "\r\n<xsbug><log>lost"),
				framed("3FFB4264", log("well")),
			]),
		);
		expect(events).toEqual([
			{
				type: "log",
				machine: "3FFB4264",
				text: "half a liGuru Meditation Error: Core 0 panic'ed",
				cut: true,
			},
			{ type: "text", text: "Rebooting...", cut: false },
			{ type: "cut", machine: "3FFB4264", text: "<samples>1,2,abort() was called" },
			{ type: "text", text: "ets Jul 29 2019", cut: false },
			{ type: "log", machine: "3FFB4264", text: "lost", cut: true },
			{ type: "log", machine: "3FFB4264", text: "well", cut: false },
		]);
	});

	test("text of the C library comes unescaped", () => {
		const [event] = read(framed("3FFB4264", "\r\n<xsbug><log>a < b && c <> d&#10;</log></xsbug>\r\n"));
		expect(event).toMatchObject({ type: "log", text: "a < b && c <> d" });
	});

	test("a binary length that cannot be does not swallow what follows", () => {
		const events = read(
			Buffer.concat([
				Buffer.from("\r\n<?xs#3FFB4264?>\r\n\xff\xff", "latin1"),
				framed("3FFB4264", log("here")),
			]),
		);
		expect(events).toEqual([{ type: "log", machine: "3FFB4264", text: "here", cut: false }]);
	});

	test("an unfinished line is told when it stays so", () => {
		const events: XsbugEvent[] = [];
		const reader = new XsbugReader((event) => events.push(event));
		reader.tick();
		reader.push(framed("3FFB4264", "\r\n<xsbug><log>waiting</log></xsbug>\r\nprompt"));
		reader.tick();
		reader.push(framed("3FFB4264", "\r\n<xsbug><log>..</log></xsbug>\r\n"));
		reader.tick();
		expect(events).toEqual([{ type: "text", text: "prompt", cut: false }]);
		reader.tick();
		expect(events[1]).toEqual({ type: "log", machine: "3FFB4264", text: "waiting..", cut: false });
	});
});

describe("hostile streams", () => {
	const message = (xml: string) => Buffer.from(`\r\n<xsbug>${xml}</xsbug>\r\n`);
	const after = log("after");

	test("entities are not expanded", () => {
		const bomb =
			'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY file SYSTEM "file:///etc/passwd">]>';
		const [event] = read(message(`${bomb}<log>&b;&file;&#10;</log>`));
		expect(event).toEqual({ type: "log", machine: "", text: "&b;&file;", cut: false });
	});

	test.each([
		["depth", "<a>".repeat(100_000)],
		["a tag name", `<${"a".repeat(1_000_000)}`],
		["an attribute", `<login name="${"a".repeat(1_000_000)}"/>`],
		[
			"many attributes",
			`<login ${'a="" '.repeat(100_000).replace(/a/g, () => `a${Math.random().toString(36).slice(2)}`)}/>`,
		],
		["a comment", `<!--${"a".repeat(1_000_000)}-->`],
		["a document type", `<!DOCTYPE ${"a".repeat(1_000_000)}>`],
		["no end tag", `<log`],
	])("%s: cut and marked, the next message is whole", (_, xml) => {
		for (const size of [1000, 65_536]) {
			const events = read(Buffer.concat([message(xml), Buffer.from(after)]), size);
			expect(events.at(-1)).toEqual({ type: "log", machine: "", text: "after", cut: false });
			expect(events.length).toBeLessThan(5);
			for (const event of events) expect(JSON.stringify(event).length).toBeLessThan(20_000);
		}
	});

	test("lines without end are cut and marked, in messages and outside of them", () => {
		const long = "é".repeat(1_000_000);
		const lines = read(
			Buffer.concat([message(`<log>${long}&#10;next&#10;</log>`), Buffer.from(`${long}\nlast\n`)]),
			4096,
		);
		expect(lines).toEqual([
			{ type: "log", machine: "", text: "é".repeat(LINE_LIMIT), cut: true },
			{ type: "log", machine: "", text: "next", cut: false },
			{ type: "text", text: "é".repeat(LINE_LIMIT), cut: true },
			{ type: "text", text: "last", cut: false },
		]);
	});

	test("counts are bounded: frames, instruments, samples, machines", () => {
		const events = read(
			Buffer.concat([
				message(`<frames>${'<frame name="f"/>'.repeat(5000)}</frames><break>x</break>`),
				message(`<instruments>${'<instrument name="f"/>'.repeat(5000)}</instruments>`),
				message(`<samples>${Array(3000).fill(1)}</samples>`),
				message("<samples>1,x</samples>"),
			]),
		);
		expect(events[0]).toMatchObject({ type: "break", message: "x" });
		expect(ofType(events, "break")[0].stack).toHaveLength(256);
		expect(ofType(events, "instruments")[0].instruments).toHaveLength(256);
		expect(ofType(events, "samples")[0].values).toHaveLength(256);
		expect(events[3]).toEqual({ type: "cut", machine: "", text: "1,x" });
		const tags = [...Array(1000).keys()].map((n) => n.toString(16).toUpperCase().padStart(8, "0"));
		const logs = read(
			Buffer.concat(tags.slice(1).map((tag) => framed(tag, "\r\n<xsbug><log>x</log></xsbug>\r\n"))),
		);
		expect(ofType(logs, "log")).toHaveLength(999);
	});

	test("whatever comes, it does not throw, and chunks make no difference", () => {
		const parts = fc.oneof(
			fc.constantFrom(
				...[
					"<xsbug>",
					"</xsbug>",
					"\r",
					"\n",
					"<?xs.3FFB4264?>",
					"<?xs#3FFB4264?>",
					"<?xs-3FFB4264?>",
					"<log>",
				],
				...[
					"</log>",
					"<break",
					"&#10;",
					"&#",
					"&lt;",
					"<",
					"<!",
					"<![CDATA[",
					"]]>",
					"<!--",
					"<?",
					"\0\x02ab",
				],
				...[
					"<samples>1,2</samples>",
					"<script>",
					"<frames><frame/>",
					'path="',
					"é",
					"漢",
					"😀",
					"<x __proto__='1'/>",
				],
			),
			fc.constantFrom(...messagesOf(SESSION)),
			fc.string(),
		);
		fc.assert(
			fc.property(fc.array(parts, { maxLength: 30 }), fc.integer({ min: 1, max: 40 }), (list, size) => {
				const bytes = Buffer.from(list.join(""));
				expect(read(bytes, size)).toEqual(read(bytes));
			}),
			{ numRuns: 300 },
		);
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
				const events: XsbugEvent[] = [];
				const reader = new XsbugReader((event) => events.push(event));
				reader.push(bytes);
				reader.end();
				reader.push(Buffer.from(after));
				expect(events.at(-1)).toEqual({ type: "log", machine: "", text: "after", cut: false });
			}),
		);
	});

	test("truncated anywhere, the messages before are told and the stream after it is read", () => {
		const stream = boardSession("3FFB4264").subarray(0, 9000);
		for (let length = 0; length < stream.length; length += 7) {
			const events = read(Buffer.concat([stream.subarray(0, length), framed("3FFB4264", after)]));
			// It may continue the line that was left unfinished.
			expect(events.at(-1)).toMatchObject({
				type: "log",
				text: expect.stringMatching(/^(partial line, )?after$/),
			});
		}
	});
});

test("commands are framed as boards expect them", () => {
	expect(command("3FFB4264", GO).toString()).toBe("\r\n<?xs.3FFB4264?>\r\n<go/>\r\n");
	expect(command("", GO).toString()).toBe("\r\n<go/>\r\n");
	expect(restart("3FFB4264")).toEqual(Buffer.from("\r\n<?xs#3FFB4264?>\x00\x01\x01", "latin1"));
});
