// Hex text as people and programs write it. The dumps below were made by hexdump, xxd, od and Wireshark.

import { Readable } from "node:stream";
import fc from "fast-check";
import { HexReader } from "../../../tools/decode/hex.js";
import { decodeInput } from "../../../tools/decode/input.js";

function bytesOf(text: string, chunk = text.length): string {
	const parts: Uint8Array[] = [];
	const reader = new HexReader((bytes) => parts.push(bytes));
	const all = Buffer.from(text);
	for (let at = 0; at < all.length; at += chunk) reader.push(all.subarray(at, at + chunk));
	reader.end();
	return Buffer.concat(parts).toString("hex");
}

const BYTES = "100c00044d5154540402003c0000c000d00030050001742021";

test.each([
	["digits", BYTES],
	["pairs", BYTES.replace(/../g, "$& ")],
	["capitals and tabs", BYTES.toUpperCase().replace(/../g, "$&\t")],
	["0x", BYTES.replace(/../g, "0x$&, ")],
	["a C array", `const uint8_t packet[25] = { ${BYTES.replace(/../g, "0x$&,")} };`],
	["an escaped string", `"${BYTES.replace(/../g, "\\x$&")}"`],
	["JSON", `["${BYTES.replace(/..(?!$)/g, '$&", "')}"]`],
	["colons", BYTES.replace(/..(?!$)/g, "$&:")],
	["lines cut anywhere", BYTES.replace(/.{7}/g, "$&\n")],
	["comments", `# CONNECT\n10 0c // add\n${BYTES.slice(4, 20)} ; be\n/* c0\nff */${BYTES.slice(20)} # ff\n`],
	[
		"hexdump -C",
		`00000000  10 0c 00 04 4d 51 54 54  04 02 00 3c 00 00 c0 00  |....MQTT...<....|
00000010  d0 00 30 05 00 01 74 20  21                       |..0...t !|
00000019
`,
	],
	[
		"xxd",
		`00000000: 100c 0004 4d51 5454 0402 003c 0000 c000  ....MQTT...<....
00000010: d000 3005 0001 7420 21                   ..0...t !
`,
	],
	[
		"xxd -g1",
		`00000000: 10 0c 00 04 4d 51 54 54 04 02 00 3c 00 00 c0 00  ....MQTT...<....
00000010: d0 00 30 05 00 01 74 20 21                       ..0...t !
`,
	],
	[
		"od -tx1",
		`0000000 10 0c 00 04 4d 51 54 54 04 02 00 3c 00 00 c0 00
0000020 d0 00 30 05 00 01 74 20 21
0000031
`,
	],
	[
		"od -A x -t x1z",
		`000000 10 0c 00 04 4d 51 54 54 04 02 00 3c 00 00 c0 00  >....MQTT...<....<
000010 d0 00 30 05 00 01 74 20 21                       >..0...t !<
000019
`,
	],
	[
		"Wireshark",
		`0000   10 0c 00 04 4d 51 54 54 04 02 00 3c 00 00 c0 00   ....MQTT...<....
0010   d0 00 30 05 00 01 74 20 21                        ..0...t !
`,
	],
	[
		"tshark -x",
		`0000  10 0c 00 04 4d 51 54 54 04 02 00 3c 00 00 c0 00   ....MQTT...<....
0010  d0 00 30 05 00 01 74 20 21                        ..0...t !
`,
	],
])("%s", (_, text) => {
	for (const chunk of [text.length, 1, 5]) expect(bytesOf(text, chunk)).toBe(BYTES);
	expect(bytesOf(text.replaceAll("\n", "\r\n"))).toBe(BYTES);
});

test("the text beside a dump is no bytes, though it may look so", () => {
	const wireshark = "0000   61 62 63 64 65 66                                 abcdef\n";
	expect(bytesOf(wireshark)).toBe("616263646566");
	const xxd = "00000000: 6162 6364 2065 6620 6162                 abcd ef ab\n";
	expect(bytesOf(xxd)).toBe("61626364206566206162");
	const full = "00000000: 6162 6364 6566 6162 6364 6566 6162 6364  abcdefabcdefabcd\n";
	expect(bytesOf(full)).toBe("61626364656661626364656661626364");
});

test("a dump's * stands for lines like the last", () => {
	const text = `00000000  61 61 61 61 61 61 61 61  61 61 61 61 61 61 61 61  |aaaaaaaaaaaaaaaa|
*
00000040  62                                                |b|
00000041
`;
	expect(bytesOf(text)).toBe(`${"61".repeat(64)}62`);
	expect(() => bytesOf(text.replace("00000040", "f0000040"))).toThrow(/line 3 .*: .*; dump with/);
});

test("digits that look like an offset are digits, unless they are what was read so far", () => {
	expect(bytesOf("10000000  0c\n20000000  0d")).toBe("100000000c200000000d");
	expect(bytesOf("c000\nd000\n")).toBe("c000d000");
});

test("what is no hex: the line, the cause, what to do", () => {
	expect(() => bytesOf("10 0c\nxyz")).toThrow(/^line 2 of the hex text: "x" is no hexadecimal digit; /);
	expect(() => bytesOf("10 0")).toThrow(/half a byte/);
	expect(() => bytesOf("0000000 0c10 0400 514d\n")).toThrow(/swapped/);
	expect(() => bytesOf("10 \x1b[2J")).toThrow(/^line 1 of the hex text: "\\x1b" is no/);
});

test("any bytes in digits of any grouping; one endless line too", () => {
	fc.assert(
		fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.array(fc.nat(200)), (bytes, gaps) => {
			let text = Buffer.from(bytes).toString("hex");
			for (const gap of gaps) text = `${text.slice(0, gap)}\n${text.slice(gap)}`;
			// Lines that happen to be offsets are the one thing that digits alone cannot say.
			fc.pre(!/^\s*0{4,}/m.test(text));
			expect(bytesOf(text)).toBe(Buffer.from(bytes).toString("hex"));
		}),
	);
	const long = "c0d0".repeat(50_000);
	expect(bytesOf(long, 1000)).toBe(long);
});

test("the format is found out by the first bytes", async () => {
	const kind = async (bytes: Uint8Array) => {
		const seen: string[] = [];
		await decodeInput(
			Readable.from([bytes]),
			{ format: undefined, from: undefined, ports: [], json: false },
			{ packet: ({ type }) => seen.push(type), hole: () => {} },
		);
		return seen;
	};
	expect(await kind(Buffer.from("c0 00"))).toEqual(["PINGREQ"]);
	expect(await kind(Uint8Array.of(0xc0, 0))).toEqual(["PINGREQ"]);
	expect(await kind(Buffer.from(BYTES, "hex"))).toEqual(["CONNECT", "PINGREQ", "PINGRESP", "PUBLISH"]);
	// "0 " begins a PUBLISH of 32 bytes.
	expect(await kind(Buffer.concat([Buffer.from([0x30, 0x20, 0, 1]), Buffer.from(" ".repeat(30))]))).toEqual([
		"PUBLISH",
	]);
});
