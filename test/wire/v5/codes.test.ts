// The names that apps have are those of the code.

import { readFileSync } from "node:fs";
import { Property, ReasonCode } from "../../../src/codes.js";

test.each([
	["Property", "property", 27, Property],
	["ReasonCode", "reason-codes", 45, ReasonCode],
] as const)("%s has the names and numbers of src/wire/v5", (name, file, count, numbers) => {
	const source = readFileSync(`src/wire/v5/${file}.ts`, "utf8");
	const body = source.slice(source.indexOf(`export const enum ${name} {`)).split("}")[0];
	const wanted = [...body.matchAll(/^\t([A-Z0-9_]+) = (0x[0-9a-f]+),$/gm)].map(([, key, value]) => [
		key,
		Number(value),
	]);
	expect(Object.entries(numbers)).toEqual(wanted);
	expect(wanted).toHaveLength(count);
	expect(Object.isFrozen(numbers)).toBe(true);
});
