// The TypeScript on the pages: README, docs, and what the examples say of themselves.

import { readdirSync, readFileSync } from "node:fs";

export interface Snippet {
	/** Page and number: "docs/publish.md 2" is its second block of TypeScript. */
	where: string;
	code: string;
}

export const PAGES = [
	"README.md",
	"CHANGELOG.md",
	"CONTRIBUTING.md",
	"SECURITY.md",
	...readdirSync("docs")
		.filter((name) => name.endsWith(".md"))
		.map((name) => `docs/${name}`),
	...readdirSync("examples").map((name) => `examples/${name}/README.md`),
];

/** Each block of TypeScript on `pages`, as it stands. */
export function snippets(pages: readonly string[] = PAGES): Snippet[] {
	return pages.flatMap((page) =>
		[...readFileSync(page, "utf8").matchAll(/^```ts\n(.*?)^```/gms)].map(([, code], i) => ({
			where: `${page} ${i + 1}`,
			code,
		})),
	);
}

/** A whole app: it needs nothing but a broker. The others are parts of one, or need certificates. */
export function isApp({ code }: Snippet): boolean {
	return (
		/^import .* from "xs-mqtt";$/m.test(code) &&
		/\.\.\.network,\s+host/.test(code) &&
		!code.includes("{ ca }")
	);
}
