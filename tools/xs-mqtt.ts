#!/usr/bin/env node
// The xs-mqtt command. Knows its sub-commands and exit statuses: 0 done, 1 failed, 2 wrong usage.

import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Command, CommanderError } from "commander";
import { COMMANDS } from "./commands.js";
import { applyDefaults } from "./defaults.js";
import { DONE, FAILED, Problem, textOf, WRONG_USAGE } from "./problem.js";
import { outputWritten, surviveClosedOutput } from "./standard-output.js";
import { printable } from "./text.js";

const { version } = createRequire(import.meta.url)("xs-mqtt-tools/package.json");

/** Runs the command line (without node and script); the exit status. */
export async function main(args: string[]): Promise<number> {
	if (args[0] === "complete" && args[1] === "--") {
		await (await import("./completion.js")).complete(args.slice(2));
		return DONE;
	}
	const program = new Command("xs-mqtt")
		.description("simulate, build, flash and watch boards that run xs-mqtt")
		.version(version)
		.exitOverride()
		.configureOutput({ writeErr: () => {} });
	const names = COMMANDS.map(({ name }) => name);
	const called = args[0] === "help" ? args[1] : args[0];
	for (const { name, summary, define } of COMMANDS) {
		const command = program.command(name).description(summary);
		if (name === called) await define(command);
	}
	for (const command of program.commands) command.copyInheritedSettings(program);
	try {
		const command = program.commands.find((it) => it.name() === args[0]);
		if (command !== undefined) applyDefaults(command, args, names);
		await program.parseAsync(args, { from: "user" });
		return DONE;
	} catch (error) {
		if (error instanceof CommanderError)
			return usage(
				error,
				program,
				program.commands.find((it) => it.name() === args[0]),
			);
		complain(textOf(error));
		return error instanceof Problem ? error.exitStatus : FAILED;
	}
}

/** Help is no error, unless it stands for a command that is missing; what is one is told in a line. */
function usage(error: CommanderError, program: Command, command?: Command): number {
	if (error.exitCode === DONE) return DONE;
	if (error.code === "commander.help") {
		process.stderr.write(program.helpInformation());
		return WRONG_USAGE;
	}
	const what = error.message.replace(/^error: /, "");
	const help =
		command === undefined
			? '"xs-mqtt --help" lists the commands'
			: `"xs-mqtt ${command.name()} --help" shows how to use it`;
	complain(`${what.replaceAll("\n", " ").replace(/\.$/, "")}; ${help}`);
	return WRONG_USAGE;
}

/** What a compiler or an engine said may have lines; nothing in them acts upon the terminal. */
function complain(text: string): void {
	const lines = text.split("\n").map((line) => printable(line, 500));
	process.stderr.write(`xs-mqtt: ${lines.join("\n")}\n`);
}

/** Runs the process's own command line, and ends it. */
export async function start(): Promise<never> {
	surviveClosedOutput();
	const status = await main(process.argv.slice(2));
	await outputWritten();
	process.exit(status); // what still waits for an answer is of no interest
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
	await start();
