// Completion of commands, options, board names and files in a shell. Knows the commands; the scripts are a library's.

import { script } from "@bomb.sh/tab";
import tab from "@bomb.sh/tab/commander";
import { Command } from "commander";
import { readRegistry } from "./boards/registry.js";
import { COMMANDS } from "./commands.js";
import { UsageProblem } from "./problem.js";

const SHELLS = ["bash", "zsh", "fish", "powershell"];
/** What the scripts call, with what was typed so far. */
const COMPLETE = "complete";

export function defineCompletion(command: Command): void {
	command
		.argument("<SHELL>", SHELLS.join(", "))
		.addHelpText("after", '\nExample, for your ~/.bashrc:\n  eval "$(xs-mqtt completion bash)"')
		.action((shell: string) => {
			if (!SHELLS.includes(shell))
				throw new UsageProblem(
					`no script for "${shell}"`,
					`it must be one of ${SHELLS.join(", ")}`,
					"name the shell that you type in",
				);
			script(shell, "xs-mqtt", "xs-mqtt");
			// Where nothing of ours fits, a file may be meant.
			if (shell === "bash") console.log("complete -o default -F __xs_mqtt_complete xs-mqtt");
		});
}

/** Prints what may stand in place of the last of `typed`, a line each. */
export async function complete(typed: string[]): Promise<void> {
	const program = new Command("xs-mqtt").helpCommand(false);
	for (const { name, summary, define } of COMMANDS) {
		const command = program.command(name).description(summary);
		if (name === typed[0]) await define(command);
	}
	const completion = tab(program, { completionCommandName: "completion-of-tab" });
	for (const name of [COMPLETE, "completion-of-tab"]) completion.commands.delete(name);
	const names = await readRegistry().catch(() => ({}));
	for (const command of completion.commands.values()) {
		const port = command.options.get("port");
		if (port !== undefined)
			port.handler = (offer) => {
				for (const name of Object.keys(names)) offer(name, "boards.json");
			};
		const shell = command.value === "completion" ? command.arguments.get("SHELL") : undefined;
		if (shell !== undefined)
			shell.handler = (offer) => {
				for (const each of SHELLS) offer(each, "");
			};
	}
	for (const line of linesOf(() => completion.parse(typed))) console.log(line);
}

/** What the library prints; where that is nothing but its last line, which forbids files, the shell may offer files. */
function linesOf(parse: () => void): string[] {
	const lines: string[] = [];
	const { log } = console;
	console.log = (line) => lines.push(line);
	try {
		parse();
	} finally {
		console.log = log;
	}
	return lines.length > 1 ? lines : [":0"];
}
