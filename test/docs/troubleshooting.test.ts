// docs/troubleshooting.md quotes reasons: they are those that there are.

import { readFileSync } from "node:fs";
import * as dialer from "../../src/connection/dialer.js";
import * as connection from "../../src/connection/reasons.js";
import * as wifi from "../../src/network/wifi.js";
import * as tls from "../../src/transport/tls/reasons.js";
import * as wire from "../../src/wire/reason.js";
import * as v5 from "../../src/wire/v5/reason-codes.js";

const MESSAGES = [
	...[dialer, connection, wifi, tls, wire, v5].flatMap((module) => Object.values(module)),
	v5.reasonOf(0x87),
].flatMap((it) => (it instanceof wire.Reason ? [it.message] : []));

/** What stands in backquotes in the first column below a heading. */
function quoted(heading: string): string[] {
	const page = readFileSync("docs/troubleshooting.md", "utf8");
	const section = page.split(new RegExp(`^## ${heading}$`, "m"))[1].split(/^## /m)[0];
	const texts = [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, text]) => text);
	return texts.filter((text) => text !== "onDisconnected"); // the head of the table
}

test.each([
	["Wi-Fi", 3],
	["The broker", 5],
])("each reason quoted below %s is one", (heading, least) => {
	const texts = quoted(heading);
	expect(texts.length).toBeGreaterThanOrEqual(least);
	const unknown = texts.filter((text) => {
		const [begin] = text.split(" ...");
		return !MESSAGES.some((message) => message.startsWith(begin));
	});
	expect(unknown).toEqual([]);
});

test("so are those within a cell", () => {
	expect(MESSAGES.some((message) => message.startsWith("the broker says: "))).toBe(true);
});
