// `xs-mqtt ports`: the serial ports of this computer, and with --probe the boards at them. Knows the list and standard output.

import type { Command } from "commander";
import type { BoardInfo } from "../boards/board-info.js";
import { infoLines } from "../boards/wording.js";
import { inspectBoard } from "../boards/work.js";
import { textOf } from "../problem.js";
import type { PortInfo } from "../serial/port-info.js";
import { listPorts, portLine } from "../serial/ports.js";
import { jsonLine, printable } from "../text.js";
import { untilSignal } from "../until-signal.js";

export function definePorts(command: Command): void {
	command
		.option("--probe", "ask each board what it is and what is on it, which restarts it")
		.option("--json", "print one JSON object a line")
		.addHelpText("after", "\nExamples:\n  xs-mqtt ports --json\n  xs-mqtt ports --probe")
		.action(ports);
}

interface Probed {
	port: PortInfo;
	info?: BoardInfo;
	/** Why there is no info, though it was asked. */
	failed?: string;
}

async function ports({ json = false, probe = false }: { json?: boolean; probe?: boolean }): Promise<void> {
	const found = await listPorts();
	if (found.length === 0 && !json)
		process.stdout.write(
			"there are no serial ports: plug a board in with a data cable (some have power wires only)\n",
		);
	const tell = json ? tellInJson : tellInLines;
	if (!probe) for (const port of found) tell({ port });
	// Side by side, each told as soon as it is known: a silent one takes a while.
	else
		await untilSignal(async (signal) => {
			await Promise.all(found.map(async (port) => tell(await ask(port, signal))));
		});
}

/** Ports that do not look like a board's are left alone: something else may be there. */
async function ask(port: PortInfo, signal: AbortSignal): Promise<Probed> {
	if (port.board === undefined) return { port };
	const silent = { note() {}, begin() {}, part() {}, progress() {}, end() {} };
	try {
		return { port, info: await inspectBoard({ port, label: port.path }, silent, signal) };
	} catch (error) {
		return { port, failed: textOf(error) };
	}
}

function tellInLines({ port, info, failed }: Probed): void {
	const lines = [portLine(port)];
	if (info !== undefined) lines.push(...infoLines(info).map((line) => `  ${line}`));
	if (failed !== undefined) lines.push(...failed.split("\n").map((line) => `  ${printable(line, 500)}`));
	process.stdout.write(`${lines.join("\n")}\n`);
}

function tellInJson({ port: { path, board, ...usb }, info, failed }: Probed): void {
	const time = new Date().toISOString();
	process.stdout.write(
		`${jsonLine({ time, type: "port", port: path, ...usb, likely: board, info, failed })}\n`,
	);
}
