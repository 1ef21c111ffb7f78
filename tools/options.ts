// Values of options that several commands have in common, checked. Knows texts only.

import { UsageProblem } from "./problem.js";
import { printable } from "./text.js";

/** A whole number from `least` to `most`. */
export function wholeNumber(option: string, text: string, least: number, most: number): number {
	const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
	if (!(value >= least && value <= most))
		throw new UsageProblem(
			option,
			`${quoted(text)} is not possible`,
			`give a whole number from ${least} to ${most}`,
		);
	return value;
}

export function oneOf<T extends string>(option: string, text: string, allowed: readonly T[]): T {
	const found = allowed.find((one) => one === text);
	if (found === undefined)
		throw new UsageProblem(option, `${quoted(text)} is not known`, `give one of ${allowed.join(", ")}`);
	return found;
}

export function quoted(text: string): string {
	return `"${printable(text, 40)}"`;
}
