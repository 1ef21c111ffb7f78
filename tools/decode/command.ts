// `xs-mqtt decode`: from a file or the standard input to lines. Knows the process.

import { once } from "node:events";
import { createReadStream } from "node:fs";
import type { Command } from "commander";
import { Problem, textOf } from "../problem.js";
import { watchOutput } from "../standard-output.js";
import { printable } from "../text.js";
import type { Sink } from "./connections.js";
import { decodeInput } from "./input.js";
import { checkOptions, type DecodeOptions, FORMATS, type RawOptions, SENDERS, VERSIONS } from "./options.js";
import { PacketJson, PacketLines } from "./output.js";
import { Tally } from "./tally.js";

const HELP = `
FILE holds hex digits (plain, 0x.., C arrays, dumps of hexdump -C, xxd, od -tx1, Wireshark; # and // begin comments),
the bytes themselves, or a capture (pcap, pcapng). Passwords and authentication data
are not shown.

Exit status: 0 if no packet violates a rule; 1 if one does, if something is no packet, or if the input cannot be read or
ends within a packet (a capture may); 2 for wrong usage.

Examples:
  echo 10 0c 00 04 4d 51 54 54 04 02 00 3c 00 00 | xs-mqtt decode -
  tcpdump -i any -U -w - port 1883 | xs-mqtt decode - --json`;

export function defineDecode(command: Command): void {
	command
		.argument("<file>", "hex text, bytes or a capture; - for the standard input")
		.option("--format <format>", `${FORMATS.join(", ")} (default: found out)`)
		.option(
			"--from <sender>",
			`${SENDERS.join(" or ")}: who sent it, to judge order and direction too (a capture says it)`,
		)
		.option(
			"--port <number...>",
			"in a capture, ports of brokers beside 1883 (default: what begins with CONNECT)",
		)
		.option(
			"--protocol-version <level>",
			`${VERSIONS.join(" or ")}: MQTT 3.1.1 or 5.0, where no CONNECT says it (default: what fits)`,
		)
		.option("--json", "print one JSON object a packet")
		.addHelpText("after", HELP)
		.action((file: string, raw: RawOptions) => decode(file, checkOptions(raw)));
}

async function decode(file: string, options: DecodeOptions): Promise<void> {
	let unread = false;
	let unwritable: Problem | undefined;
	const unwatch = watchOutput((problem) => {
		unread = true;
		unwritable ??= problem;
	});
	const write = (text: string) => void process.stdout.write(text);
	const output = options.json ? new PacketJson(write) : new PacketLines(write);
	const tally = new Tally();
	const sink: Sink = {
		packet: (packet, place) => {
			tally.packet(packet, place);
			output.packet(packet, place);
		},
		hole: (sender, bytes, place) => output.hole(sender, bytes, place),
	};
	try {
		await decodeInput(read(file), options, sink, async () => {
			// Whoever reads us sets the pace: what waits for them is bounded.
			if (process.stdout.writableNeedDrain) await drained();
			return !unread;
		});
	} catch (error) {
		if (!unread) throw error;
	} finally {
		unwatch();
	}
	if (unwritable !== undefined) throw unwritable;
	if (unread) return;
	if (tally.empty)
		throw new Problem(
			`no MQTT packet in ${printable(file, 200)}`,
			"it is empty, or a capture of other ports",
			"name the broker's port with --port, or the format with --format",
		);
	if (!options.json) write(`${tally.summary}\n`);
	if (tally.problem !== undefined) throw tally.problem;
}

/** Resolves when the output takes more, or is closed. */
async function drained(): Promise<void> {
	const done = new AbortController();
	const { signal } = done;
	await Promise.race([once(process.stdout, "drain", { signal }), once(process.stdout, "close", { signal })]);
	done.abort();
}

async function* read(file: string): AsyncGenerator<Uint8Array> {
	const stream = file === "-" ? process.stdin : createReadStream(file);
	try {
		for await (const bytes of stream) yield bytes;
	} catch (error) {
		throw new Problem(`${printable(file, 200)} cannot be read`, textOf(error), "check the path");
	}
}
