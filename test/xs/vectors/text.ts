// Topics, filters, matching, digits and UTF-8: tables of what is written and what is so.

import { decimalSize, writeDecimal } from "../../../src/telemetry/decimal.js";
import { type Fields, JsonObject } from "../../../src/telemetry/json.js";
import { encodeFilter, matches, Topic } from "../../../src/wire/topic.js";
import { decodeAny, isText, utf8Length, writeUtf8 } from "../../../src/wire/utf8.js";
import { bytesOf, hex } from "../../support/packets.js";
import { throws, type Vector } from "./vector.js";

const names: [string, string][] = [
	["a", "000161"],
	["/", "00012f"],
	["räume", "000672c3a4756d65"],
	["$SYS/x", "0006245359532f78"],
	["\u0001", "000101"],
	["\ufeff", "0003efbbbf"],
	["🌡", "0004f09f8ca1"],
];

const validFilters = [
	"#",
	"+",
	"a",
	"a/#",
	"a/+",
	"+/a",
	"+/+",
	"/+",
	"+/#",
	"/",
	"a//b",
	"+/a/#",
	"$SYS/#",
	"//#",
];
const brokenFilters = ["a#", "#/", "#/a", "a/#/b", "a+", "+a", "a/b+", "a/+b/c", "##", "++", "a/##", "/#a"];

const matching: [filter: string, topic: string, matches: boolean][] = [
	["sport/tennis/player1/#", "sport/tennis/player1", true],
	["sport/tennis/player1/#", "sport/tennis/player1/ranking", true],
	["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
	["sport/#", "sport", true],
	["#", "sport", true],
	["#", "/finance", true],
	["sport/tennis/+", "sport/tennis/player1", true],
	["sport/tennis/+", "sport/tennis/player2", true],
	["sport/tennis/+", "sport/tennis/player1/ranking", false],
	["sport/+", "sport", false],
	["sport/+", "sport/", true],
	["+/+", "/finance", true],
	["/+", "/finance", true],
	["+", "/finance", false],
	["#", "$SYS/monitor", false],
	["+/monitor/Clients", "$SYS/monitor/Clients", false],
	["$SYS/#", "$SYS/", true],
	["$SYS/#", "$SYS", true],
	["$SYS/monitor/+", "$SYS/monitor/Clients", true],
	["ACCOUNTS", "Accounts", false],
	["a/b", "a/b", true],
	["a/b", "a/b/", false],
	["a/b/", "a/b", false],
	["a/b", "a/bc", false],
	["a/bc", "a/b", false],
	["a/#", "ab", false],
	["a/#", "a/", true],
	["a/+/c", "a//c", true],
	["a/+/c", "a/b/c/d", false],
	["+/+/+", "a/b", false],
	["+/#", "a", true],
	["a/+/#", "a", false],
	["a/+/#", "a/b", true],
	["+/#", "$SYS/x", false],
	["é/+", "é/ü", true],
];

/** Also with more bytes behind the topic in its buffer. */
function match(filter: string, topic: string): boolean {
	const name = bytesOf(topic);
	const buffer = new Uint8Array(name.length + 9).fill(0x2f);
	buffer.set(name);
	return matches(encodeFilter(filter), buffer, name.length);
}

const topics: Vector[] = [
	...names.map(([name, wanted]) => ({
		name: `topic ${JSON.stringify(name)}`,
		wanted,
		run: () => hex(new Topic(name).field),
	})),
	...validFilters.map((filter) => ({
		name: `filter ${filter} is valid`,
		wanted: hex(bytesOf(filter)),
		run: () => hex(encodeFilter(filter).slice(2)),
	})),
	...brokenFilters.map((filter) =>
		throws(`filter ${filter} is refused`, "RangeError", "4.7.1", () => encodeFilter(filter)),
	),
	...matching.map(([filter, topic, wanted]) => ({
		name: `${filter} ${wanted ? "matches" : "does not match"} ${topic}`,
		wanted: `${wanted}`,
		run: () => `${match(filter, topic)}`,
	})),
];

function write(value: number, decimals: number): string {
	const bytes = new Uint8Array(3 + decimalSize(decimals) + 1).fill(0x21);
	const end = writeDecimal(value, decimals, bytes, 3);
	if (bytes[2] !== 0x21 || bytes[end] !== 0x21) throw new Error("written outside");
	return String.fromCharCode(...bytes.subarray(3, end));
}

const digits: [value: number, decimals: number, text: string][] = [
	[0, 0, "0"],
	[-0, 2, "0.00"],
	[-0.004, 2, "0.00"],
	[0.5, 0, "1"],
	[-0.5, 0, "-1"],
	[2.5, 0, "3"],
	[1.005, 2, "1.00"],
	[1.45, 1, "1.4"],
	[8.345, 2, "8.35"],
	[0.999, 2, "1.00"],
	[-9.996, 2, "-10.00"],
	[21.53, 2, "21.53"],
	[0.1, 15, "0.100000000000000"],
	[999_999_999.999, 2, "1000000000.00"],
	[1_000_000_000, 0, "1000000000"],
	[1e20, 1, "100000000000000000000.0"],
	[999_999_999_999_999_900_000, 0, "999999999999999868928"],
	[Number.MAX_SAFE_INTEGER, 0, "9007199254740991"],
	[5e-324, 15, "0.000000000000000"],
];

const decimals: Vector[] = [
	...digits.map(([value, decimals, wanted]) => ({
		name: `${Object.is(value, -0) ? "-0" : value} with ${decimals} decimals`,
		wanted,
		run: () => write(value, decimals),
	})),
	{
		name: "digits are those of toFixed, for a series of 4000 numbers",
		wanted: "",
		run() {
			let state = 1;
			const random = () => {
				state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
				return (state >>> 0) / 4_294_967_296;
			};
			for (let i = 0; i < 4000; i++) {
				const value = (random() - 0.5) * 10 ** Math.floor(random() * 24 - 4);
				const count = 1 + Math.floor(random() * 15); // with 0, this XS leaves a point behind
				const wanted = value.toFixed(count);
				const got = write(value, count);
				if (got !== (/^-[0.]*$/.test(wanted) ? wanted.slice(1) : wanted))
					return `${value} with ${count} decimals: ${got}, not ${wanted}`;
			}
			return "";
		},
	},
];

const objects: [fields: Fields, text: string][] = [
	[{ "läßt 🌡": { source: () => 21.55, decimals: 1 } }, '{"läßt 🌡":21.6}'],
	[{ '"\\/': "\b\t\n\u0000\u001f" }, String.raw`{"\"\\/":"\u0008\u0009\u000a\u0000\u001f"}`],
	[{ "\ud800": "\udc00x" }, String.raw`{"\ud800":"\udc00x"}`],
	[{ a: () => Number.NaN, b: "", c: () => -0 }, '{"a":null,"b":"","c":0}'],
];

const json: Vector[] = objects.map(([fields, wanted]) => ({
	name: `JSON ${wanted}`,
	wanted: hex(bytesOf(wanted)),
	run() {
		const object = new JsonObject({}, fields);
		const row = new Float64Array(object.width);
		object.take(row, 0);
		const bytes = new Uint8Array(object.size);
		return hex(bytes.slice(0, object.write(row, 0, bytes, 0)));
	},
}));

/** Of so many bytes. */
const long = (size: number, unit: string) =>
	unit.repeat(size / bytesOf(unit).length) + "x".repeat(size % bytesOf(unit).length);

const texts: Vector[] = [
	"",
	"abc",
	"°",
	"߿ࠀ",
	"\uffff",
	"🌡𐀀\u{10ffff}",
	"a\u0000b",
	...["x", "°", "温", "🌡", "a\u0000"].flatMap((unit) =>
		[255, 256, 257, 259, 1000].map((size) => long(size, unit)),
	),
].map((text) => ({
	name: `UTF-8 of ${text.length < 20 ? JSON.stringify(text) : `${bytesOf(text).length} bytes, ${JSON.stringify(text.slice(0, 2))} again and again`}`,
	wanted: hex(bytesOf(text)),
	run() {
		const length = utf8Length(text);
		const bytes = new Uint8Array(length);
		if (length > 0 && writeUtf8(text, bytes.subarray(1), 0) !== -1) return "written into too little room";
		if (writeUtf8(text, bytes, 0) !== length) return "another length than promised";
		if (isText(bytes, length) === text.includes("\0")) return "a null character is no text, the rest is";
		return hex(bytes);
	},
}));

const illFormed = [
	"80",
	"c0af",
	"c1bf",
	"e08080",
	"e09f80",
	"eda080",
	"edbfbf",
	"f0808080",
	"f4908080",
	"f5",
	"ff",
	"c2",
	"e282",
	"f09f8c",
	"00",
];

const checks: Vector[] = illFormed.map((bytes) => ({
	name: `bytes ${bytes} are no text`,
	wanted: "false",
	run: () =>
		`${isText(
			Uint8Array.from(bytes.match(/../g)!, (pair) => Number.parseInt(pair, 16)),
			bytes.length / 2,
		)}`,
}));

const bytesOfHex = (hex: string) =>
	Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const decodings: [bytes: string, text: string][] = [
	["", ""],
	["00", "\0"],
	["780079", "x\0y"],
	["efbbbf78", "\ufeffx"],
	["efbfbd", "\ufffd"],
	["f48fbfbf", "\u{10ffff}"],
	// What is ill-formed by the Unicode Standard, tables 3-8 to 3-11.
	["41c0af41f4808041", "A\ufffd\ufffdA\ufffdA"],
	["c0afe080bff0818241", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdA"],
	["eda080edbfbfedaf41", "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdA"],
	["f4919293ff4180bf42", "\ufffd\ufffd\ufffd\ufffd\ufffdA\ufffd\ufffdB"],
	["e180e2f09192f1bf41", "\ufffd\ufffd\ufffd\ufffdA"],
	["61f18080e180c262806380bf64", "a\ufffd\ufffd\ufffdb\ufffdc\ufffd\ufffdd"],
];

const decoded: Vector[] = decodings.map(([bytes, wanted]) => ({
	name: `text of the bytes ${bytes}`,
	wanted,
	run() {
		const text = bytesOfHex(bytes);
		// What stands behind is no part of it.
		const buffer = new Uint8Array(text.length + 4).fill(0xbf);
		buffer.set(text);
		return decodeAny(buffer, text.length);
	},
}));

/** A checksum of the texts of all sequences of three bytes, and some of four: where decoders have to decide. */
const borders = [0, 0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xe1, 0xed, 0xf0, 0xf4, 0xf5];
const series: Vector = {
	name: "the texts of a series of 7168 sequences of bytes are those of TextDecoder",
	wanted: "78560",
	run() {
		let sum = 0;
		const note = (bytes: Uint8Array) => {
			for (const character of decodeAny(bytes, bytes.length))
				sum = (sum * 31 + character.codePointAt(0)!) % 1_000_003;
			sum = (sum * 31 + 7) % 1_000_003;
		};
		for (const first of borders)
			for (const second of borders)
				for (const third of borders) {
					note(Uint8Array.of(first, second, third));
					if (first >= 0xe0) note(Uint8Array.of(first, second, third, 0x80));
					if (first >= 0xf0) note(Uint8Array.of(first, second, third, 0xbf, 0x80));
					if (first >= 0xf0) note(Uint8Array.of(first, second, third, 0xc2, 0x80));
				}
		return `${sum}`;
	},
};

export const textVectors: readonly Vector[] = [
	...topics,
	...decimals,
	...json,
	...texts,
	...checks,
	...decoded,
	series,
];
