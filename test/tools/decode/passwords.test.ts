// Passwords: in no view, however the packet that holds them is broken.

import fc from "fast-check";
import { text } from "../../support/arbitraries.js";
import { concat, field, packet, word } from "../../support/packets.js";
import { decoded, everything, exchanged } from "./decoded.js";

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

test("of another version of MQTT nothing is shown that may be one", () => {
	expectNoPassword(everything(decoded(connect("id", "ann", 5))));
	expectNoPassword(everything(decoded(connect("id", "ann", 9))));
});
