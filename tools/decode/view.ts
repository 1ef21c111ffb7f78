// Packets as text and as JSON. Knows packets; no terminal. What comes from the network is made fit to be printed.

import { printable } from "../text.js";
import { type Field, type Packet, versionName } from "./packet.js";

/** Bytes of a field that a line shows. */
const LINE_BYTES = 8;
const VALUE = 100;
/** Bytes of a field, and characters of a value, in JSON. */
const JSON_LIMIT = 1024;

export function packetInLines(packet: Packet): string[] {
	return [titleOf(packet), ...detailsOf(packet)];
}

/** A line for each field, and for each rule that the packet breaks. */
export function detailsOf(packet: Packet): string[] {
	const lines = packet.fields.map((field) => `  ${fieldInWords(field)}`);
	for (const { rule, what } of packet.violations) lines.push(`  ! [${rule}] ${what}`);
	if (packet.moreViolations > 0) lines.push(`  ! and ${packet.moreViolations} more`);
	return lines;
}

export function titleOf(packet: Packet): string {
	const { sender, type, at, length, missing, version, guessed } = packet;
	const who =
		sender === undefined ? "" : ` ${sender === "client" ? "client -> server" : "server -> client"},`;
	const by = version === 4 || type === "?" ? "" : `, ${guessed ? "it seems " : ""}${versionName(version)}`;
	const cut = missing === 0 ? "" : `, ${missing} of them are missing`;
	return `${type === "?" ? "not a packet" : type}${who} at byte ${at}, ${length} bytes${cut}${by}`;
}

function fieldInWords({ offset, length, bytes, name, value, note }: Field): string {
	const where = length === 0 ? "" : String(offset);
	const says = typeof value === "string" ? `"${printable(value, VALUE)}"` : (value ?? "");
	const remark = note === undefined || value === undefined ? (note ?? "") : `(${note})`;
	const columns = [
		where.padStart(5),
		"",
		lineOfBytes(length, bytes).padEnd(3 * LINE_BYTES + 1),
		name.padEnd(25),
	];
	return `${columns.join(" ")} ${says}${says !== "" && remark !== "" ? " " : ""}${remark}`.trimEnd();
}

function lineOfBytes(length: number, bytes: Uint8Array | undefined): string {
	if (length === 0) return "";
	if (bytes === undefined) return "--";
	return `${hexOf(bytes.subarray(0, LINE_BYTES), " ")}${length > LINE_BYTES ? " …" : ""}`;
}

/** One object; long bytes and texts are cut, and "cut" says so. */
export function packetInJson(packet: Packet): object {
	const { type, version, guessed, sender, at, length, missing, fields, violations, moreViolations } = packet;
	return {
		type,
		protocolVersion: type === "?" ? undefined : version,
		guessed: guessed || undefined,
		sender,
		at,
		length,
		missing: missing || undefined,
		fields: fields.map(fieldInJson),
		violations,
		moreViolations: moreViolations || undefined,
	};
}

/** `bytes` is null where they are not to be shown. */
function fieldInJson({ offset, length, bytes, name, value, note }: Field): object {
	const long = typeof value === "string" && value.length > JSON_LIMIT;
	const shown = bytes === undefined ? null : hexOf(bytes.subarray(0, JSON_LIMIT), "");
	const cut = long || (bytes !== undefined && Math.min(bytes.length, JSON_LIMIT) < length);
	return {
		offset,
		length,
		bytes: length === 0 ? undefined : shown,
		name,
		value: long ? value.slice(0, JSON_LIMIT) : value,
		note,
		cut: cut || undefined,
	};
}

function hexOf(bytes: Uint8Array, separator: string): string {
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(separator);
}
