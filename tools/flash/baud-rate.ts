// A baud rate of the command line. Knows the range.

import { UsageProblem } from "../problem.js";
import { printable } from "../text.js";

const LEAST_BAUD = 9600;
const MOST_BAUD = 4_000_000;

export function baudRate(text: string): number {
	const rate = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
	if (!(rate >= LEAST_BAUD && rate <= MOST_BAUD))
		throw new UsageProblem(
			"--baud",
			`"${printable(text, 40)}" is not possible`,
			`give a number from ${LEAST_BAUD} to ${MOST_BAUD}, such as 460800`,
		);
	return rate;
}
