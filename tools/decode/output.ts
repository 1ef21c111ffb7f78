// Decoded packets as lines or as JSON, into a stream. Knows views; no input.

import { colors } from "../colors.js";
import { jsonLine } from "../text.js";
import type { Place, Sink } from "./connections.js";
import type { Packet, Sender } from "./packet.js";
import { packetInJson, packetInLines } from "./view.js";

export class PacketLines implements Sink {
	readonly #write: (text: string) => void;

	constructor(write: (text: string) => void) {
		this.#write = write;
	}

	packet(packet: Packet, place: Place | undefined): void {
		const [title, ...fields] = packetInLines(packet);
		const lines = fields.map((line) => (line.startsWith("  !") ? colors.red(line) : line));
		this.#write(`${[`${where(place)}${colors.bold(title)}`, ...lines].join("\n")}\n`);
	}

	hole(sender: Sender, bytes: number, place: Place): void {
		this.#write(
			`${where(place)}${bytes} bytes of the ${sender} are not in the capture, or in the middle of a packet\n`,
		);
	}
}

export class PacketJson implements Sink {
	readonly #write: (text: string) => void;

	constructor(write: (text: string) => void) {
		this.#write = write;
	}

	packet(packet: Packet, place: Place | undefined): void {
		this.#write(`${jsonLine({ ...placeInJson(place, "packet"), packet: packetInJson(packet) })}\n`);
	}

	hole(sender: Sender, length: number, place: Place): void {
		this.#write(`${jsonLine({ ...placeInJson(place, "hole"), sender, length })}\n`);
	}
}

function where(place: Place | undefined): string {
	if (place === undefined) return "";
	const time = timeOf(place.time);
	return `${time === null ? "" : `${time.slice(11, 26)} `}[${place.connection}] `;
}

function placeInJson(place: Place | undefined, type: string): object {
	if (place === undefined) return { type };
	const { connection, client, server, time } = place;
	return { time: timeOf(time) ?? undefined, type, connection, client, server };
}

/** ISO 8601 in UTC with microseconds. */
function timeOf(milliseconds: number): string | null {
	if (!(milliseconds >= 0 && milliseconds < 8.64e12)) return null;
	const microseconds = Math.round(milliseconds * 1000);
	const iso = new Date(Math.floor(microseconds / 1000)).toISOString().slice(0, -1);
	return `${iso}${String(microseconds % 1000).padStart(3, "0")}Z`;
}
