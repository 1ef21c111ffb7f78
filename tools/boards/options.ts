// Options of all commands that work at boards. Knows commander.

import type { Command } from "commander";
import type { Wanted } from "./several.js";

export interface RawBoardOptions {
	port: string[];
	json?: boolean;
}

const WAYS = "a port's path, a USB serial number, vendor:product, a MAC address, or a name of boards.json";
const DEFAULT = "(default: the one port that looks like an ESP board)";

/** Of commands that watch one board. */
export const ONE_PORT_HELP = `the board: ${WAYS} ${DEFAULT}`;
const PORT_HELP = `the board: ${WAYS}; may be repeated ${DEFAULT}`;

export function addBoardOptions(command: Command): Command {
	return command
		.option("--port <board>", PORT_HELP, (value: string, before: string[]) => [...before, value], [])
		.option("--json", "print one JSON object a line");
}

export function wantedBoards({ port, json = false }: RawBoardOptions): Wanted {
	return { ports: port, json };
}
