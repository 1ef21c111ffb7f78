// The reader of DER, by its rules: what breaks one is malformed, what keeps them is read.

import { Reader, Tag } from "../../../src/transport/tls/der.js";
import { CERTIFICATE_MALFORMED } from "../../../src/transport/tls/reasons.js";

const reader = (hex: string) => new Reader(new Uint8Array(Buffer.from(hex, "hex")));

/** Whether it throws what is malformed. */
function malformed(read: () => unknown): boolean {
	try {
		read();
	} catch (error) {
		if (error === CERTIFICATE_MALFORMED) return true;
		throw error;
	}
	return false;
}

test("an element ends where its length says", () => {
	for (const [header, length] of [
		["0400", 0],
		["0405", 5],
		["047f", 127],
		["048180", 128],
		["0481ff", 255],
		["04820100", 256],
		["0482ffff", 65_535],
	] as const) {
		const der = reader(`${header + "00".repeat(length)}0500`);
		der.skip(Tag.OCTET_STRING);
		expect([der.start, der.position]).toEqual([header.length / 2, header.length / 2 + length]);
		expect(der.tag()).toBe(Tag.NULL);
		der.skip(Tag.NULL);
		expect(der.tag()).toBe(0);
		der.finish();
	}
});

test.each([
	["another tag", "0500"],
	["nothing", ""],
	["a tag only", "04"],
	["a length past the end", "040100".slice(0, 4)],
	["a length past the end, of many", "040500000000"],
	["a length of one byte that is not there", "0481"],
	["a length of two bytes that is not there", "0482"],
	["a length of two bytes, one is there", "048201"],
	["a length of one byte past the end", `048180${"00".repeat(127)}`],
	["a length of two bytes past the end", `04820100${"00".repeat(255)}`],
	["a length of one byte that needs none", `04817f${"00".repeat(127)}`],
	["a length of two bytes that needs one", `048200ff${"00".repeat(255)}`],
	["an indefinite length", "04800000"],
	["a length of three bytes", `0483000001${"00".repeat(9)}`],
	["a length of four bytes", `048400000001${"00".repeat(9)}`],
	["a length of 127 bytes", `04ff${"00".repeat(200)}`],
])("%s is malformed", (_what, hex) => {
	expect(malformed(() => reader(hex).skip(Tag.OCTET_STRING))).toBe(true);
	expect(malformed(() => reader(hex).enter(Tag.OCTET_STRING))).toBe(true);
});

test("a part ends where it says, not where all ends", () => {
	const inside = (hex: string) => {
		const der = reader(hex);
		const outer = der.enter(Tag.SEQUENCE);
		der.skip(Tag.OCTET_STRING);
		der.leave(outer);
		return der;
	};
	inside("30030401ff").finish();
	expect(malformed(() => inside("30030402ffff"))).toBe(true);
	expect(malformed(() => inside("30040401ff00"))).toBe(true);
	expect(malformed(() => inside("300104"))).toBe(true);
	expect(malformed(() => inside("3000"))).toBe(true);
	const rest = inside("30030401ff00");
	expect(malformed(() => rest.finish())).toBe(true);
});

test.each([
	["020100", "00"],
	["020101", "01"],
	["02017f", "7f"],
	["02020080", "80"],
	["02020100", "0100"],
	["02030080ff", "80ff"],
])("INTEGER %s is %s", (hex, wanted) => {
	const der = reader(hex);
	der.natural();
	expect(Buffer.from(der.bytes.slice(der.start, der.position)).toString("hex")).toBe(wanted);
});

test.each(["0200", "020180", "0201ff", "02020001", "0202007f", "0203000080", "0202ff00", "0301ff"])(
	"INTEGER %s is malformed",
	(hex) => {
		expect(malformed(() => reader(hex).natural())).toBe(true);
	},
);

test("BOOLEAN", () => {
	expect(reader("0101ff").truth()).toBe(true);
	expect(reader("010100").truth()).toBe(false);
	for (const hex of ["0100", "010101", "0101fe", "01020000", "0102ffff", "0201ff"])
		expect([hex, malformed(() => reader(hex).truth())]).toEqual([hex, true]);
});

test("strings of whole bytes", () => {
	const entered = (hex: string, tag: Tag.BIT_STRING | Tag.OCTET_STRING) => {
		const der = reader(hex);
		const outer = der.enterString(tag);
		const found = [der.position, der.end];
		der.position = der.end;
		der.leave(outer);
		return found;
	};
	expect(entered("030200ff", Tag.BIT_STRING)).toEqual([3, 4]);
	expect(entered("030100", Tag.BIT_STRING)).toEqual([3, 3]);
	expect(entered("0401ff", Tag.OCTET_STRING)).toEqual([2, 3]);
	for (const hex of ["0300", "030201fe", "03020780", "0302ff00", "040100"])
		expect([hex, malformed(() => entered(hex, Tag.BIT_STRING))]).toEqual([hex, true]);
});

test("an identifier is its prefix and one byte", () => {
	const begins = (hex: string) => {
		const der = reader(hex);
		der.skip(Tag.OBJECT_IDENTIFIER);
		return der.begins(Uint8Array.of(0x55, 0x1d));
	};
	expect(begins("0603551d0f")).toBe(true);
	for (const hex of ["0602551d", "0604551d0f00", "0603551e0f", "0603541d0f", "0600"])
		expect([hex, begins(hex)]).toEqual([hex, false]);
});
