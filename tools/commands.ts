// What xs-mqtt can do, in the order of its help. A command's modules are loaded when it is called: they bring serial ports,
// brokers and flashing programs along, which help needs none of.

import type { Command } from "commander";

interface Entry {
	name: string;
	summary: string;
	/** Adds arguments, options and the action. */
	define(command: Command): Promise<void>;
}

const boards = () => import("./boards/command.js");

export const COMMANDS: readonly Entry[] = [
	{
		name: "sim",
		summary: "run the sensor node on a simulated board and show what a subscriber receives",
		define: async (command) => (await import("./sim/command.js")).defineSim(command),
	},
	{
		name: "run",
		summary:
			"build an app with the Moddable SDK, flash it and show its log; or run it in Moddable's simulator",
		define: async (command) => (await import("./run/command.js")).defineRun(command),
	},
	{
		name: "ports",
		summary: "list the serial ports, those that look like ESP boards first, and why they do",
		define: async (command) => (await import("./ports/command.js")).definePorts(command),
	},
	{
		name: "flash",
		summary: "write firmware to a board, verified; what is on it already is skipped",
		define: async (command) => (await import("./flash/command.js")).defineFlash(command),
	},
	{
		name: "monitor",
		summary: "show what a board logs: boot output, the app's lines, exceptions, its memory",
		define: async (command) => (await import("./monitor/command.js")).defineMonitor(command),
	},
	{
		name: "info",
		summary: "show what a board is, and what is on it",
		define: async (command) => (await boards()).defineInfo(command),
	},
	{
		name: "name",
		summary: "give a board a name for --port, in boards.json in this folder",
		define: async (command) => (await boards()).defineName(command),
	},
	{
		name: "reset",
		summary: "restart a board with its app",
		define: async (command) => (await boards()).defineReset(command),
	},
	{
		name: "read",
		summary: "read flash into a file, verified: a backup that flash takes back",
		define: async (command) => (await boards()).defineRead(command),
	},
	{
		name: "verify",
		summary: "check whether firmware is on a board, as flash would write it; writes nothing",
		define: async (command) => (await boards()).defineVerify(command),
	},
	{
		name: "erase",
		summary: "erase a partition, or all of the flash",
		define: async (command) => (await boards()).defineErase(command),
	},
	{
		name: "decode",
		summary: "show MQTT packets field by field, and which rules of the specification they break",
		define: async (command) => (await import("./decode/command.js")).defineDecode(command),
	},
	{
		name: "completion",
		summary: "print a script with which your shell completes commands, options and names of boards",
		define: async (command) => (await import("./completion.js")).defineCompletion(command),
	},
];
