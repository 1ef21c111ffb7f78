// Links from page to page: what they point at is there.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { PAGES } from "../support/snippets.js";

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

test("each page of docs/ is to be found from the README", () => {
	const readme = readFileSync("README.md", "utf8");
	const lost = PAGES.filter((page) => page.startsWith("docs/") && !readme.includes(`](${page}`));
	expect(lost).toEqual([]);
});

test("the README has 200 lines at most, and begins with examples/hello as it stands", () => {
	const readme = readFileSync("README.md", "utf8");
	expect(readme.split("\n").length).toBeLessThanOrEqual(201);
	expect(/^```ts\n(.*?)^```/ms.exec(readme)![1]).toBe(readFileSync("examples/hello/main.ts", "utf8"));
});
