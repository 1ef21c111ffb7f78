// Passwords, and the data of an authentication: in no view, however the packet that holds them is broken.

import fc from "fast-check";
import { text } from "../../support/arbitraries.js";
import { concat, field, packet, word } from "../../support/packets.js";
import { decoded, decodedAs, everything, exchanged } from "./decoded.js";

const SECRET = "Zq7_secret_xW";
const PIECES = Array.from({ length: SECRET.length - 3 }, (_, i) => SECRET.slice(i, i + 4));

/** Four characters of it, as text, as hex, and as hex in groups. */
const LEAK = new RegExp(
	PIECES.flatMap((piece) => {
		const hex = Buffer.from(piece).toString("hex");
		return [piece, hex, hex.replace(/..(?!$)/g, "$& ")];
	}).join("|"),
);

function expectNoPassword(shown: string): void {
	expect(LEAK.exec(shown)?.[0]).toBeUndefined();
}

const connect = (clientId: string, userName: string, level = 4) =>
	packet(0x10, field("MQTT"), [level, 0xc2], word(60), field(clientId), field(userName), field(SECRET));

const block = (...parts: (Uint8Array | readonly number[])[]) => {
	const bytes = concat(parts);
	return concat([[bytes.length], bytes]);
};
const METHOD = [0x15, ...field("SCRAM-SHA-1")];
const DATA = [0x16, ...field(SECRET)];
const connect5 = (properties: readonly number[], ...fields: Uint8Array[]) =>
	packet(0x10, field("MQTT"), [5, 0xc2], word(60), block(properties), ...fields);

test("of a whole CONNECT the length alone is shown, and all the rest", () => {
	const shown = everything(decoded(connect("my-id", "ann")));
	expectNoPassword(shown);
	expect(shown).toContain("13 bytes, not shown");
	expect(shown).toContain('"my-id"');
	expect(shown).toContain('"ann"');
});

test("one byte changed, the end cut off, bytes in between: the password stays hidden", () => {
	fc.assert(
		fc.property(
			text(8),
			text(8),
			fc.oneof(
				fc.record({ flip: fc.nat(), bit: fc.nat(7) }),
				fc.record({ cut: fc.nat() }),
				fc.record({ insert: fc.nat(), byte: fc.nat(255) }),
			),
			(clientId, userName, change) => {
				const whole = connect(clientId, userName);
				const end = whole.length - SECRET.length;
				let bytes: Uint8Array = Uint8Array.from(whole);
				// Byte 0 says that it is a CONNECT at all.
				if ("flip" in change) bytes[1 + (change.flip % (end - 1))] ^= 1 << change.bit;
				else if ("cut" in change) bytes = bytes.subarray(0, change.cut % bytes.length);
				else {
					const at = 1 + (change.insert % (end - 1));
					bytes = concat([bytes.subarray(0, at), [change.byte], bytes.subarray(at)]);
				}
				expectNoPassword(everything(decoded(bytes)));
				expectNoPassword(everything(exchanged(["client", bytes])));
			},
		),
		{ numRuns: 5000 },
	);
});

const FIVES: [name: string, made: (a: string, b: string) => Uint8Array][] = [
	["password", (a, b) => connect5([], field(a), field(b), field(SECRET))],
	[
		"password, with properties and a will",
		(a, b) =>
			packet(
				0x10,
				field("MQTT"),
				[5, 0xc6],
				word(60),
				block([0x21, 0, 9, 0x26], field("k"), field("v")),
				field(a),
				block([0x18, 0, 0, 0, 1]),
				field("t"),
				field("gone"),
				field(b),
				field(SECRET),
			),
	],
	["data in CONNECT", (a) => connect5([...METHOD, ...DATA], field(a), field("ann"), field("pass"))],
	["data in CONNACK", (a) => packet(0x20, [0, 0], block([0x12], field(a), METHOD, DATA))],
	["data in AUTH", (a) => packet(0xf0, [0x18], block(METHOD, DATA, [0x1f], field(a)))],
];

test.each(FIVES)("MQTT 5.0, %s: the length alone is shown, and all the rest", (_, made) => {
	const shown = everything(decodedAs(5, made("my-id", "ann")));
	expectNoPassword(shown);
	expect(shown).toContain("13 bytes, not shown");
	expect(shown).toContain('"my-id"');
	expect(shown).not.toContain("!");
});

test.each(FIVES)(
	"MQTT 5.0, %s: one byte changed, the end cut off, bytes in between: it stays hidden",
	(_, made) => {
		fc.assert(
			fc.property(
				text(8),
				text(8),
				fc.oneof(
					fc.record({ flip: fc.nat(), bit: fc.nat(7) }),
					fc.record({ cut: fc.nat() }),
					fc.record({ insert: fc.nat(), byte: fc.nat(255) }),
				),
				(clientId, userName, change) => {
					const whole = made(clientId, userName);
					const end = Buffer.from(whole).indexOf(SECRET);
					let bytes: Uint8Array = Uint8Array.from(whole);
					// Byte 0 says which packet it is at all.
					if ("flip" in change) bytes[1 + (change.flip % (end - 1))] ^= 1 << change.bit;
					else if ("cut" in change) bytes = bytes.subarray(0, change.cut % bytes.length);
					else {
						const at = 1 + (change.insert % (end - 1));
						bytes = concat([bytes.subarray(0, at), [change.byte], bytes.subarray(at)]);
					}
					// AUTH without a reason code is whole: what follows is another packet, in which nothing is known to be secret.
					if (whole[0] === 0xf0 && bytes[1] === 0) return;
					for (const version of [5, undefined] as const)
						expectNoPassword(everything(decodedAs(version, bytes)));
					expectNoPassword(everything(exchanged([whole[0] === 0x20 ? "server" : "client", bytes])));
				},
			),
			{ numRuns: 3000 },
		);
	},
);

test("of another version of MQTT nothing is shown that may be one", () => {
	expectNoPassword(everything(decoded(connect("id", "ann", 5))));
	expectNoPassword(everything(decoded(connect("id", "ann", 9))));
});
