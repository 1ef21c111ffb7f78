// Why a serial port does not open, and what to do. Knows the texts of serialport's binding and /proc.

import { readdir, readFile, readlink, realpath, stat } from "node:fs/promises";
import { Problem } from "../problem.js";
import { printable } from "../text.js";

/** A Problem from what the binding said: it gives texts only, no codes. */
export async function openingProblem(path: string, text: string): Promise<Problem> {
	const shown = printable(path, 100);
	const what = `${shown} cannot be opened`;
	if (/permission denied|operation not permitted/i.test(text)) {
		const group = await groupOf(path);
		return group === undefined
			? new Problem(what, "this user has no permission", "give your user access to it")
			: new Problem(
					what,
					`only root and the group ${group} may use it`,
					`run: sudo usermod -a -G ${group} "$USER", then log out and in again`,
				);
	}
	if (/cannot lock|resource busy|temporarily unavailable|access denied|is locked/i.test(text)) {
		const holders = await holdersOf(path);
		return new Problem(
			what,
			holders.length === 0
				? "another program has it open"
				: `${holders.join(", ")} ${holders.length === 1 ? "has" : "have"} it open`,
			"end that program, or close its monitor, and repeat",
		);
	}
	if (/no such file|file not found|not a directory|does not exist/i.test(text))
		return new Problem(
			what,
			"there is no such port",
			'plug the board in; "xs-mqtt ports" lists what is there',
		);
	if (/no such device|input\/output error|device not configured/i.test(text))
		return new Problem(
			what,
			"nothing is behind it, or it was unplugged",
			"plug the board in again and repeat",
		);
	if (/inappropriate ioctl|is a directory|invalid argument/i.test(text))
		return new Problem(what, "it is not a serial port", '"xs-mqtt ports" lists what is there');
	return new Problem(what, printable(text, 200), "unplug the board, plug it in again and repeat");
}

/**
 * The other processes that have the file open, as "screen (process 4711)". Linux only, and of other users' processes
 * only root sees it; empty when nobody is found.
 */
export async function holdersOf(path: string): Promise<string[]> {
	const target = await realpath(path).catch(() => path);
	const processes = await readdir("/proc").catch(() => []);
	const holders: string[] = [];
	for (const id of processes) {
		if (!/^\d+$/.test(id) || id === String(process.pid) || !(await hasOpen(id, target))) continue;
		const name = await readFile(`/proc/${id}/comm`, "utf8").catch(() => "a program");
		holders.push(`${printable(name.trim(), 40)} (process ${id})`);
	}
	return holders;
}

async function hasOpen(id: string, target: string): Promise<boolean> {
	for (const file of await readdir(`/proc/${id}/fd`).catch(() => []))
		if ((await readlink(`/proc/${id}/fd/${file}`).catch(() => "")) === target) return true;
	return false;
}

async function groupOf(path: string): Promise<string | undefined> {
	try {
		const { gid, mode } = await stat(path);
		if (gid === 0 || (mode & 0o060) !== 0o060) return undefined; // the group would not help
		for (const line of (await readFile("/etc/group", "utf8")).split("\n")) {
			const [name, , id] = line.split(":");
			if (Number(id) === gid && /^[\w-]+$/.test(name)) return name;
		}
	} catch {
		// no group to tell of
	}
	return undefined;
}
