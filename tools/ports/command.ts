// `xs-mqtt ports`: the serial ports of this computer. Knows the list and standard output.

import type { Command } from "commander";
import { listPorts, portLine } from "../serial/ports.js";
import { jsonLine } from "../text.js";

export function definePorts(command: Command): void {
	command
		.option("--json", "print a JSON array")
		.addHelpText("after", "\nExample:\n  xs-mqtt ports --json")
		.action(ports);
}

async function ports({ json = false }: { json?: boolean }): Promise<void> {
	const found = await listPorts();
	const lines = found.map(portLine);
	if (json) process.stdout.write(`${jsonLine(found)}\n`);
	else if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
	else
		process.stdout.write(
			"there are no serial ports: plug a board in with a data cable (some have power wires only)\n",
		);
}
