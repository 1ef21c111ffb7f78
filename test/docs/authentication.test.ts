// docs/authentication.md: its reasons are those that there are.

import * as scram from "../../src/authentication/index.js";
import * as v5 from "../../src/v5.js";
import { Reason } from "../../src/wire/reason.js";
import { namesInTable } from "../support/page.js";

const namesOf = (module: object) =>
	Object.entries(module)
		.filter(([name, value]) => value instanceof Reason && /^(SCRAM_|AUTH)/.test(name))
		.map(([name]) => name);

test("each reason stands in the table, and nothing else does", () => {
	const names = [...namesOf(scram), ...namesOf(v5)];
	expect(names.length).toBe(14);
	expect(namesInTable("docs/authentication.md", "Reasons").sort()).toEqual(names.sort());
});
