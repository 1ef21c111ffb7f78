// Which names a module reads: properties, and globals. By these the SDK's linker decides which built-ins stay in the
// image of a board: all that have such a name, whatever object was meant. Writing and defining do not count.

import { readFileSync } from "node:fs";
import { parseSync, transformSync } from "@swc/core";

interface Node {
	type: string;
	[key: string]: unknown;
}

/** What has a price though it has no name. */
const SYNTAX: Record<string, string> = {
	RegExpLiteral: "a regular expression",
	BigIntLiteral: "a BigInt literal",
	PrivateName: "a private name",
	YieldExpression: "a generator",
	AwaitExpression: "an async function",
};

/** Reads of names in a file of TypeScript, as it is compiled. */
export function namesReadBy(file: string): Set<string> {
	const { code } = transformSync(readFileSync(file, "utf8"), {
		filename: file,
		swcrc: false,
		configFile: false,
		jsc: { target: "es2022", parser: { syntax: "typescript" } },
		module: { type: "es6" },
	});
	const { body } = parseSync(code, { syntax: "ecmascript", target: "es2022" });
	const properties = new Set<string>();
	const variables = new Set<string>();
	const declared = new Set<string>();

	const visitAll = (values: unknown[]) => {
		for (const value of values) visit(value);
	};
	/** A pattern, or what is assigned to. */
	const bind = (value: unknown): void => {
		const node = value as Node | null | undefined;
		if (!node) return;
		if (node.type === "Identifier") declared.add(node.value as string);
		else if (node.type === "MemberExpression") visitTarget(node);
		else if (node.type === "ArrayPattern") for (const each of node.elements as unknown[]) bind(each);
		else if (node.type === "RestElement") bind(node.argument);
		else if (node.type === "AssignmentPattern") {
			bind(node.left);
			visit(node.right);
		} else if (node.type === "ObjectPattern")
			for (const each of node.properties as Node[]) {
				if (each.type === "RestElement") bind(each.argument);
				else {
					readKey(each.key as Node);
					if (each.type === "AssignmentPatternProperty") {
						declared.add((each.key as Node).value as string);
						visit(each.value);
					} else bind(each.value);
				}
			}
		else visit(node);
	};
	const readKey = (key: Node) => {
		if (key.type === "Identifier" || key.type === "StringLiteral") properties.add(key.value as string);
		else visit(key);
	};
	/** The object of what is written to is read, the property is not. */
	const visitTarget = (node: Node) => {
		visit(node.object);
		const property = node.property as Node;
		if (property.type === "Computed") visit(property);
	};
	const visit = (value: unknown): void => {
		if (Array.isArray(value)) {
			visitAll(value);
			return;
		}
		if (value === null || typeof value !== "object") return;
		const node = value as Node;
		if (SYNTAX[node.type] !== undefined) properties.add(SYNTAX[node.type]);
		if (node.async === true) properties.add(SYNTAX.AwaitExpression);
		if (node.generator === true) properties.add(SYNTAX.YieldExpression);
		switch (node.type) {
			case "Identifier":
				variables.add(node.value as string);
				return;
			case "MemberExpression":
			case "SuperPropExpression": {
				const property = node.property as Node;
				if (property.type === "Identifier") properties.add(property.value as string);
				else visit(property);
				visit(node.object);
				return;
			}
			case "AssignmentExpression":
				if (node.operator === "=") bind(node.left);
				else visit(node.left);
				visit(node.right);
				return;
			case "VariableDeclarator":
				bind(node.id);
				visit(node.init);
				return;
			case "CatchClause":
				bind(node.param);
				visit(node.body);
				return;
			case "Parameter":
				bind(node.pat);
				return;
			case "ArrowFunctionExpression":
				for (const each of node.params as unknown[]) bind(each);
				visit(node.body);
				return;
			case "ForOfStatement":
			case "ForInStatement":
				visit(node.left);
				visit(node.right);
				visit(node.body);
				return;
			case "FunctionDeclaration":
			case "FunctionExpression":
			case "ClassDeclaration":
			case "ClassExpression":
				if (node.identifier) declared.add((node.identifier as Node).value as string);
				break;
			case "ImportDeclaration":
				for (const each of node.specifiers as Node[]) declared.add((each.local as Node).value as string);
				return;
			case "ExportNamedDeclaration":
			case "ExportAllDeclaration":
				return;
			case "LabeledStatement":
				visit(node.body);
				return;
			case "BreakStatement":
			case "ContinueStatement":
				return;
		}
		for (const [key, child] of Object.entries(node)) {
			if (key === "identifier" || (key === "key" && (child as Node).type !== "Computed")) continue;
			visit(child);
		}
	};
	visitAll(body);
	for (const name of variables) if (!declared.has(name)) properties.add(name);
	return properties;
}
