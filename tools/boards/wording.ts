// What is known of a board, in words. Knows no board.

import { bytesText } from "../flash/amounts.js";
import type { Partition } from "../flash/partition-table.js";
import { hex } from "../flash/parts.js";
import type { AppInfo, BoardInfo } from "./board-info.js";

const TYPES = ["app", "data"];

/** Lines for people. */
export function infoLines({ description, mac, flashSize, partitions, apps }: BoardInfo): string[] {
	const lines = [`${description}, MAC ${mac}, ${bytesText(flashSize)} of flash`];
	for (const app of apps) lines.push(appLine(app));
	if (apps.length === 0) lines.push("no app");
	if (partitions !== undefined) lines.push("partitions:", ...partitions.map(partitionLine));
	return lines;
}

function appLine({ partition, name, version, built, idf }: AppInfo): string {
	const place = partition === undefined ? "app" : `app in ${partition}`;
	if (name === undefined) return `${place}: its image has no name in it`;
	return `${place}: ${name} ${version}, built ${built} with ESP-IDF ${idf}`;
}

function partitionLine({ name, type, address, size }: Partition): string {
	const kind = TYPES[type] ?? `type ${hex(type)}`;
	return `  ${name.padEnd(16)} ${kind.padEnd(9)} ${hex(address).padEnd(9)} ${bytesText(size)}`;
}
