// Why a bootloader may not answer, from what was heard instead. Knows boot texts.

import { Problem } from "../problem.js";
import { holdersOf } from "../serial/opening-problem.js";

export async function noAnswer(path: string, heard: boolean, text: string): Promise<Problem> {
	const what = `the bootloader at ${path} does not answer`;
	const byHand = "hold BOOT, press RESET, let BOOT go, and repeat";
	const holders = await holdersOf(path);
	if (holders.length > 0)
		return new Problem(what, `${holders.join(", ")} may be taking its answers`, "end it and repeat");
	if (!heard)
		return new Problem(
			what,
			"nothing came back: the board has no power, this is another board's port, or RX and TX are not connected",
			`check cable and port; if they are right, ${byHand}`,
		);
	if (/waiting for download/i.test(text))
		return new Problem(
			what,
			"it runs and can be heard, but does not hear: the line to its RX is broken",
			"check the cable and what is wired to RX",
		);
	if (/rst:0x|boot:0x|ets [A-Z][a-z]{2} |[\x20-\x7e]{16}/.test(text))
		return new Problem(what, "the board runs its app instead", byHand);
	return new Problem(
		what,
		"what came back cannot be read: the line is noisy, or the board runs its app at another baud rate",
		`${byHand}; if that does not help, try another cable`,
	);
}
