// Links from page to page: what they point at is there.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const PAGES = [
	"README.md",
	...readdirSync("docs").map((name) => join("docs", name)),
	...readdirSync("examples").map((name) => join("examples", name, "README.md")),
];

/** Of a page's headings, as GitHub makes them. */
function anchors(page: string): string[] {
	const text = readFileSync(page, "utf8").replace(/^```.*?^```/gms, "");
	return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
		heading
			.toLowerCase()
			.replace(/[^\w\- ]/g, "")
			.replaceAll(" ", "-"),
	);
}

/** What is wrong with a link on `page`; undefined: nothing. */
function fault(page: string, link: string): string | undefined {
	const [file, anchor] = link.split("#");
	const target = file === "" ? page : normalize(join(dirname(page), file));
	if (!existsSync(target)) return `${page}: ${link} is not there`;
	if (anchor !== undefined && !anchors(target).includes(anchor))
		return `${page}: ${link} has no such heading`;
	return undefined;
}

test("each link within the project has a file, and a heading if it names one", () => {
	const links = PAGES.flatMap((page) =>
		[...readFileSync(page, "utf8").matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => [page, link] as const),
	).filter(([, link]) => !/^https?:/.test(link));
	expect(links.length).toBeGreaterThan(30);
	expect(links.map(([page, link]) => fault(page, link)).filter((it) => it !== undefined)).toEqual([]);
});
