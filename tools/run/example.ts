// Which app is meant: a folder with a manifest, or one of our examples by its name. Knows the package's folders.

import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { quoted } from "../option-values.js";
import { packageFile } from "../package-file.js";
import { UsageProblem } from "../problem.js";

const OURS = packageFile("examples");
const MANIFEST = "manifest.json";

export interface App {
	/** What mcconfig calls it. */
	name: string;
	/** Absolute path of its manifest. */
	manifest: string;
}

/** Throws a UsageProblem. `examples`: where the ones with names are. */
export function findApp(text: string, examples = OURS): App {
	for (const path of [resolve(text), join(examples, text)]) {
		const manifest = basename(path) === MANIFEST ? path : join(path, MANIFEST);
		const isInside = path === resolve(text) || dirname(path) === examples;
		if (isInside && statSync(manifest, { throwIfNoEntry: false })?.isFile()) return appOf(manifest);
	}
	const names = existsSync(examples) ? readdirSync(examples).join(", ") : "none";
	throw new UsageProblem(
		`EXAMPLE ${quoted(text)}`,
		`it is no folder with a ${MANIFEST}, and no example of ours`,
		`give an app's folder, or one of: ${names}`,
	);
}

function appOf(manifest: string): App {
	const name = basename(dirname(manifest));
	// make and its shell know no quotes in Moddable's rules.
	if (!/^[\w.+-]+$/.test(name) || !/^[\w./+@~:\\-]+$/.test(manifest))
		throw new UsageProblem(
			"EXAMPLE",
			`Moddable's makefiles cannot have a path such as ${quoted(dirname(manifest))}`,
			"move the app to a path of letters, digits and . _ + - only",
		);
	return { name, manifest };
}
