// The board that --port means: a path, a name, a USB serial number, USB ids, or a MAC address. Knows ports and the registry;
// asks boards themselves only for a MAC address that no port tells.

import { stat } from "node:fs/promises";
import { type VisitSeams, visitBoard } from "../flash/visit.js";
import { Problem, UsageProblem } from "../problem.js";
import type { PortInfo } from "../serial/port-info.js";
import { choosePort, listPorts, portLine } from "../serial/ports.js";
import { printable } from "../text.js";
import { isName, MAC, type Registry, readRegistry } from "./registry.js";

export interface FoundBoard {
	port: PortInfo;
	/** As the user calls it: the name, or the port's path. */
	label: string;
}

/** Where boards are looked for; replaced in tests. */
export interface Places extends VisitSeams {
	list?(): Promise<PortInfo[]>;
	registry?: Registry;
	note?(text: string): void;
	signal?: AbortSignal;
}

/** Each that is wanted; the only one there is when none is. Throws a Problem. */
export async function findBoards(wanted: readonly string[], places: Places = {}): Promise<FoundBoard[]> {
	if (wanted.length === 0) {
		const port = await choosePort(undefined);
		return [{ port, label: port.path }];
	}
	const found: FoundBoard[] = [];
	for (const one of wanted) {
		const board = await findBoard(one, places);
		const same = found.find(({ port }) => port.path === board.port.path);
		if (same !== undefined)
			throw new UsageProblem(
				"--port",
				`"${same.label}" and "${board.label}" are the same board`,
				"name each board once",
			);
		found.push(board);
	}
	return found;
}

/** For commands that watch one board: what --port names, or the only one there is. Notes go to standard error. */
export async function findOneBoard(wanted: string | undefined): Promise<PortInfo> {
	const note = (text: string) => void process.stderr.write(`${text}\n`);
	const [{ port }] = await findBoards(wanted === undefined ? [] : [wanted], { note });
	return port;
}

/** One board. Throws a Problem. */
export async function findBoard(wanted: string, places: Places = {}): Promise<FoundBoard> {
	const { list = listPorts } = places;
	const registry = places.registry ?? (await readRegistry());
	const known = Object.hasOwn(registry, wanted) ? registry[wanted] : undefined;
	const shown = printable(wanted, 64);
	if (known !== undefined) {
		const ports = await list();
		const bySerial = known.serialNumber && onlyOne(ports, (port) => port.serialNumber === known.serialNumber);
		const port = bySerial || (await byMac(known.mac, ports, places));
		if (port !== undefined) return { port, label: wanted };
		throw notFound(`the board "${shown}"`, `none of these has its MAC address, ${known.mac}`, ports);
	}
	const lower = wanted.toLowerCase();
	if (MAC.test(lower)) {
		const ports = await list();
		const port = await byMac(lower, ports, places);
		if (port !== undefined) return { port, label: wanted };
		throw notFound(`a board with the MAC address ${lower}`, "none of these has it", ports);
	}
	if (/^[0-9a-f]{4}:[0-9a-f]{4}$/.test(lower)) {
		const ports = await list();
		const fitting = ports.filter(({ vendorId, productId }) => `${vendorId}:${productId}` === lower);
		if (fitting.length === 1) return { port: fitting[0], label: wanted };
		throw notFound(
			`one port with the USB ids ${lower}`,
			fitting.length === 0 ? "none of these has them" : `${fitting.length} have them`,
			ports,
		);
	}
	if (!(await isPath(wanted))) {
		const ports = await list().catch(() => []);
		const port = onlyOne(ports, ({ serialNumber }) => serialNumber === wanted);
		if (port !== undefined) return { port, label: wanted };
		if (isName(wanted))
			throw notFound(
				`the board "${shown}"`,
				'boards.json in this folder does not have it, and no port has that serial number; "xs-mqtt name" gives names',
				ports,
			);
	}
	return { port: await choosePort(wanted, { list }), label: wanted };
}

function onlyOne(ports: PortInfo[], fits: (port: PortInfo) => boolean): PortInfo | undefined {
	const fitting = ports.filter(fits);
	return fitting.length === 1 ? fitting[0] : undefined;
}

async function isPath(text: string): Promise<boolean> {
	return (
		/[/\\]/.test(text) ||
		/^COM\d+$/i.test(text) ||
		(await stat(text).then(
			() => true,
			() => false,
		))
	);
}

/** The port whose USB serial number is the MAC address, as that of newer chips is; else each board is asked, one by one. */
async function byMac(
	mac: string,
	ports: PortInfo[],
	{ note = () => {}, signal = new AbortController().signal, ...seams }: Places,
): Promise<PortInfo | undefined> {
	const told = onlyOne(ports, ({ serialNumber }) => serialNumber?.toLowerCase() === mac);
	if (told !== undefined) return told;
	for (const port of ports.filter(({ board }) => board !== undefined)) {
		note(`asking the board at ${port.path} for its MAC address, which restarts it`);
		try {
			const visit = { doing: "asking the board", reset: true, note: () => {}, signal };
			const found = await visitBoard(port, visit, (board) => board.identify(), seams);
			if (found.mac === mac) return port;
		} catch (error) {
			if (signal.aborted) throw error;
			note(`${port.path} does not tell: ${(error as Error).message}`);
		}
	}
	return undefined;
}

function notFound(what: string, cause: string, ports: PortInfo[]): Problem {
	return new Problem(
		`${what} was not found`,
		cause,
		ports.length === 0
			? "there is no serial port: plug the board in with a data cable"
			: `name one of these with --port:${ports.map((port) => `\n  ${portLine(port)}`).join("")}`,
	);
}
