// The code on a page of docs/.

import { readFileSync } from "node:fs";

/** Each block of `language` below `heading`, up to the next heading, as it stands. */
export function codeBelow(page: string, heading: string, language: string): string[] {
	const text = readFileSync(page, "utf8");
	const [, ...sections] = text.split(new RegExp(`^#+ ${heading}$`, "m"));
	if (sections.length !== 1) throw new Error(`${page} has ${sections.length} headings "${heading}"`);
	const [section] = sections[0]
		.replace(/```.*?^```/gms, (block) => block.replace(/^#/gm, "\0"))
		.split(/^#+ /m);
	const blocks = section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"));
	return [...blocks].map(([, code]) => code.replaceAll("\0", "#"));
}

/** First cells of the rows of the table below `heading`, what stands in backquotes in them. */
export function namesInTable(page: string, heading: string): string[] {
	const text = readFileSync(page, "utf8");
	const section = text.split(new RegExp(`^#+ ${heading}$`, "m"))[1].split(/^#/m)[0];
	return [...section.matchAll(/^\| (`[^|]*)\|/gm)].flatMap(([, cell]) =>
		[...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
	);
}
