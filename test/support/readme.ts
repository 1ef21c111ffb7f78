// The code of the README.

import { readFileSync } from "node:fs";

/** Its apps: each block of TypeScript is one, as it stands. */
export function readmeApps(): string[] {
	const text = readFileSync("README.md", "utf8");
	return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1]);
}
