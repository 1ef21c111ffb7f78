// xs-mqtt.json: what a command's options are where the command line does not say. Knows commander, no command.

import { readFileSync } from "node:fs";
import type { Command, Option } from "commander";
import { textOf, UsageProblem } from "./problem.js";
import { printable } from "./text.js";

/** In the current folder: a project's boards and habits are its own. */
const FILE = "xs-mqtt.json";
const MOST_BYTES = 1 << 16;

/**
 * Gives `command` what the file has for it and `args` do not say; nothing, if there is no file. Throws a UsageProblem on what
 * is wrong in the file.
 */
export function applyDefaults(command: Command, args: readonly string[], commands: readonly string[]): void {
	const settings = read();
	for (const name of Object.keys(settings))
		if (!commands.includes(name))
			throw wrong(`"${printable(name, 40)}" is no command`, `it may have ${commands.join(", ")}`);
	const own = settings[command.name()] ?? {};
	if (!isObject(own))
		throw wrong(`"${command.name()}" is no object`, 'write options in it: { "port": "kitchen" }');
	for (const [name, value] of Object.entries(own)) {
		const option = command.options.find((it) => it.long === `--${name}`) ?? negated(command, name);
		if (option === undefined || option.long === "--help")
			throw wrong(
				`"${command.name()}" has no option "${printable(name, 40)}"`,
				`it has ${command.options.map(({ long }) => long?.slice(2)).join(", ")}`,
			);
		// Before the command line is read: an option that is required may be here. A list would go on with what is typed.
		if (args.some((it) => it === option.long || it.startsWith(`${option.long}=`))) continue;
		command.setOptionValueWithSource(option.attributeName(), parse(command, option, name, value), "config");
	}
}

const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);

const wrong = (cause: string, advice: string) => new UsageProblem(`${FILE} is refused`, cause, advice);

/** "reset": false stands for --no-reset. */
const negated = (command: Command, name: string): Option | undefined =>
	command.options.find((it) => it.long === `--no-${name}`);

function read(): Record<string, unknown> {
	let text: string;
	try {
		text = readFileSync(FILE, "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
		throw wrong(textOf(error), "check its permissions");
	}
	if (text.length > MOST_BYTES)
		throw wrong(`it has more than ${MOST_BYTES} bytes`, "leave in it what is needed");
	let settings: unknown;
	try {
		settings = JSON.parse(text);
	} catch (error) {
		throw wrong(textOf(error), "it has to be JSON");
	}
	if (!isObject(settings))
		throw wrong("it is no object", 'write { "flash": { "port": "kitchen" } }, for instance');
	return settings;
}

/** The value that commander would have made of the command line. */
function parse(command: Command, option: Option, name: string, value: unknown): unknown {
	const flag = !option.required && !option.optional;
	if (typeof value === "boolean" && (flag || option.optional)) return name.startsWith("no-") ? !value : value;
	if (flag) throw wrong(`"${name}" of "${command.name()}" is no truth value`, "it is true or false");
	const list = Array.isArray(value) ? value : [value];
	if (!list.every((it) => typeof it === "string" || typeof it === "number"))
		throw wrong(
			`"${name}" of "${command.name()}" is neither text nor a number`,
			"write it as on the command line",
		);
	const texts = list.map(String);
	if (option.variadic) return texts;
	const { parseArg } = option;
	if (parseArg === undefined) {
		if (texts.length !== 1) throw wrong(`"${name}" of "${command.name()}" is a list`, "it takes one value");
		return texts[0];
	}
	return texts.reduce<unknown>((before, text) => parseArg(text, before as never), option.defaultValue);
}
