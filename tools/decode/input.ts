// From the bytes of a file to packets: finds out which format they have, and runs them through its reader.
// Knows the readers; no file and no output.

import { Problem } from "../problem.js";
import { Connections, type Sink } from "./connections.js";
import { Conversation } from "./conversation.js";
import { Dialect } from "./dialect.js";
import { HexReader } from "./hex.js";
import type { DecodeOptions } from "./options.js";
import { PacketStream } from "./packet-stream.js";
import { CaptureReader, isCapture } from "./pcap.js";
import { segmentOf } from "./segment.js";

/** Bytes by which the format is found out: no more, as a capture that still runs has no more at first. */
const LEAST = 4;
const MOST = 4096;

interface Reader {
	push(bytes: Uint8Array): void;
	/** Throws a Problem when the input may not end here. */
	end(): void;
}

export class Input {
	readonly #options: DecodeOptions;
	readonly #sink: Sink;
	#reader: Reader | undefined;
	#probe: Buffer = Buffer.alloc(0);

	constructor(options: DecodeOptions, sink: Sink) {
		this.#options = options;
		this.#sink = sink;
	}

	push(bytes: Uint8Array): void {
		if (this.#reader !== undefined) {
			this.#reader.push(bytes);
			return;
		}
		this.#probe = Buffer.concat([this.#probe, bytes]);
		if (this.#probe.length >= LEAST) this.#begin();
	}

	end(): void {
		if (this.#reader === undefined) this.#begin();
		this.#reader!.end();
	}

	#begin(): void {
		const format = this.#options.format ?? formatOf(this.#probe);
		if (format === "pcap") this.#reader = captureInput(this.#options, this.#sink);
		else {
			const stream = packets(this.#options, this.#sink);
			this.#reader = format === "hex" ? hexInput(stream) : stream;
		}
		this.#reader.push(this.#probe);
		this.#probe = Buffer.alloc(0);
	}
}

/** Text is hex: no packet is made of text alone, for the length of its topic is not. */
function formatOf(bytes: Buffer): NonNullable<DecodeOptions["format"]> {
	if (isCapture(bytes)) return "pcap";
	const probe = bytes.subarray(0, MOST);
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they tell binary from text
	const isText = isUtf8(probe) && !/[\0-\x08\x0e-\x1f]/.test(probe.toString("latin1"));
	return isText ? "hex" : "binary";
}

/** Also when it ends within a character. */
function isUtf8(bytes: Uint8Array): boolean {
	try {
		new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
		return true;
	} catch {
		return false;
	}
}

/** One direction; if nobody says whose, only what packets are by themselves is judged. */
function packets({ from, version }: DecodeOptions, sink: Sink): Reader {
	if (from === undefined) {
		const dialect = new Dialect(version);
		const stream = new PacketStream(undefined, (packet) => sink.packet(packet, undefined), dialect);
		return { push: (bytes) => stream.push(bytes), end: () => stream.end() };
	}
	const conversation = new Conversation((packet) => sink.packet(packet, undefined), version);
	return { push: (bytes) => conversation.push(from, bytes), end: () => conversation.end() };
}

function hexInput(packets: Reader): Reader {
	const hex = new HexReader((bytes) => packets.push(bytes));
	return {
		push: (bytes) => hex.push(bytes),
		end: () => {
			try {
				hex.end();
			} finally {
				packets.end();
			}
		},
	};
}

function captureInput({ ports, version }: DecodeOptions, sink: Sink): Reader {
	const connections = new Connections(ports, sink, version);
	const reader = new CaptureReader((frame) => {
		const segment = segmentOf(frame);
		if (segment !== undefined) connections.add(segment);
	});
	const guarded = (read: () => void) => {
		try {
			read();
		} catch (error) {
			// What came before the damage is shown.
			connections.end();
			throw error;
		}
	};
	return {
		push: (bytes) => guarded(() => reader.push(bytes)),
		end: () => {
			connections.end();
			if (reader.end())
				throw new Problem(
					"the capture ends in the middle of a frame",
					"it was cut, or is still being written",
					"what is before that place is shown; stop the capture first",
				);
		},
	};
}
