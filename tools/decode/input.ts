// From the bytes of a file to packets: finds out which format they have, and runs them through its reader.
// Knows the readers; no file and no output.

import { Connections, type Sink } from "./connections.js";
import { Conversation } from "./conversation.js";
import { Dialect } from "./dialect.js";
import { HexReader } from "./hex.js";
import type { DecodeOptions } from "./options.js";
import { PacketStream } from "./packet-stream.js";
import { segmentsOf } from "./tshark.js";

/** Bytes by which the format is found out: no more, as a capture that still runs has no more at first. */
const LEAST = 4;
const MOST = 4096;

interface Reader {
	push(bytes: Uint8Array): void;
	/** Throws a Problem when the input may not end here. */
	end(): void;
}

/**
 * Reads `bytes` to their end, into `sink`. `goOn` is asked now and then: whoever reads sets the pace; false ends it.
 * Throws a Problem when it cannot be read, or may not end where it does.
 */
export async function decodeInput(
	bytes: AsyncIterable<Uint8Array>,
	options: DecodeOptions,
	sink: Sink,
	goOn: () => Promise<boolean> = async () => true,
): Promise<void> {
	const source = bytes[Symbol.asyncIterator]();
	const head = await headOf(source);
	const whole = async function* () {
		yield head;
		for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
	};
	const format = options.format ?? formatOf(head);
	if (format === "pcap") return decodeCapture(whole(), options, sink, goOn);
	const stream = packets(options, sink);
	const reader = format === "hex" ? hexInput(stream) : stream;
	for await (const chunk of whole()) {
		reader.push(chunk);
		if (!(await goOn())) return;
	}
	reader.end();
}

async function headOf(source: AsyncIterator<Uint8Array>): Promise<Buffer> {
	let head = Buffer.alloc(0);
	while (head.length < LEAST) {
		const { done, value } = await source.next();
		if (done) break;
		head = Buffer.concat([head, value]);
	}
	return head;
}

/** How files of pcap and pcapng begin, in either order of bytes. */
const MAGIC = [0xa1b2c3d4, 0xa1b23c4d, 0x0a0d0d0a];

function isCapture(bytes: Buffer): boolean {
	if (bytes.length < LEAST) return false;
	return MAGIC.includes(bytes.readUInt32BE(0)) || MAGIC.includes(bytes.readUInt32LE(0));
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

async function decodeCapture(
	bytes: AsyncIterable<Uint8Array>,
	{ ports, version }: DecodeOptions,
	sink: Sink,
	goOn: () => Promise<boolean>,
): Promise<void> {
	const connections = new Connections(ports, sink, version);
	try {
		for await (const segment of segmentsOf(bytes)) {
			connections.add(segment);
			if (!(await goOn())) return;
		}
	} finally {
		// What came before a damage is shown.
		connections.end();
	}
}
