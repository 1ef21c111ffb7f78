// Why a bootloader may not answer, from what was heard instead. Knows boot texts.

import { Problem } from "../problem.js";
import { holdersOf } from "../serial/opening-problem.js";

/** What came back so far. */
export interface Heard {
	/** Bytes. */
	heard: number;
	/** There was an answer before. */
	answered: boolean;
	/** The last of what came since. */
	text: string;
}

export async function noAnswer(path: string, { heard, answered, text }: Heard): Promise<Problem> {
	const what = `the bootloader at ${path} does not answer${answered ? " any more" : ""}`;
	const byHand = "hold BOOT, press RESET, let BOOT go, and repeat";
	const holders = answered ? [] : await holdersOf(path);
	if (holders.length > 0)
		return new Problem(what, `${holders.join(", ")} may be taking its answers`, "end it and repeat");
	if (heard === 0)
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
	if (answered)
		return new Problem(
			what,
			"its answers were right until it stopped, so the line is good: it was reset, or its power supply is weak",
			`use a USB port with more power, disconnect what the board feeds, then ${byHand}`,
		);
	return new Problem(
		what,
		"what came back cannot be read: the line is noisy, or the board runs its app at another baud rate",
		`${byHand}; if that does not help, try another cable`,
	);
}
