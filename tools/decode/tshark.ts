// TCP segments of a capture, as tshark reads them: it knows every file format and link layer. Knows its command line.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Problem } from "../problem.js";
import { printable } from "../text.js";

export interface Segment {
	/** "address:port" */
	from: string;
	to: string;
	fromPort: number;
	toPort: number;
	sequence: number;
	syn: boolean;
	ack: boolean;
	fin: boolean;
	rst: boolean;
	payload: Buffer;
	/** Bytes of the payload that were not captured. */
	missing: number;
	/** Milliseconds since 1970; NaN if the capture does not say. */
	time: number;
}

const FIELDS = [
	"frame.time_epoch",
	"ip.src",
	"ipv6.src",
	"tcp.srcport",
	"ip.dst",
	"ipv6.dst",
	"tcp.dstport",
	"tcp.seq_raw",
	"tcp.flags",
	"tcp.len",
	"tcp.payload",
];

const ARGUMENTS = [
	["-r", "-"], // what goes on being captured is shown as it comes
	["-l", "-n"], // line by line; asks no name server
	["-o", "tcp.desegment_tcp_streams:FALSE"],
	["-Y", "tcp && !icmp && !icmpv6"], // which quote segments
	["-T", "fields", "-E", "occurrence=l"], // of a tunnel what is inside
	...FIELDS.map((field) => ["-e", field]),
].flat();

const enum Flag {
	FIN = 1,
	SYN = 2,
	RST = 4,
	ACK = 16,
}

/** Exit status of a shell that does not find a command. */
const NOT_FOUND = 127;
/** Bytes of stderr that are kept. */
const SAID = 4096;

/** Throws a Problem without tshark, on what is no capture, and at the end of one that is cut. */
export async function* segmentsOf(capture: AsyncIterable<Uint8Array>): AsyncGenerator<Segment> {
	const tshark = start();
	let said = "";
	tshark.stderr.setEncoding("utf8").on("data", (text: string) => {
		said = (said + text).slice(-SAID);
	});
	const ended = new Promise<number | null>((resolve, reject) => {
		tshark.once("error", () => reject(notInstalled()));
		tshark.once("close", resolve);
	});
	ended.catch(() => {});
	const fed = pipeline(Readable.from(capture), tshark.stdin).then(
		() => undefined,
		(error: NodeJS.ErrnoException) => error,
	);
	try {
		for await (const line of createInterface({ input: tshark.stdout })) {
			const segment = segmentIn(line);
			if (segment !== undefined) yield segment;
		}
		const status = await ended;
		const error = await fed;
		if (error instanceof Problem) throw error;
		if (status === NOT_FOUND) throw notInstalled();
		if (status !== 0) throw complaint(said);
	} finally {
		end(tshark);
	}
}

/** tshark reads files and pipes; what Node gives to a child is a socket, except on Windows. */
function start(): ChildProcessWithoutNullStreams {
	if (process.platform === "win32") return spawn("tshark", ARGUMENTS);
	return spawn("/bin/sh", ["-c", 'cat | exec tshark "$@"', "sh", ...ARGUMENTS]);
}

function end(tshark: ChildProcessWithoutNullStreams): void {
	tshark.stdin.destroy();
	tshark.stdout.destroy();
	if (tshark.exitCode === null) tshark.kill();
}

/** None, if the line is no segment's. */
function segmentIn(line: string): Segment | undefined {
	const [time, ip4From, ip6From, fromPort, ip4To, ip6To, toPort, sequence, flagBits, length, hex = ""] =
		line.split("\t");
	if (toPort === undefined || sequence === "" || sequence === undefined) return undefined;
	const flags = Number(flagBits);
	const payload = Buffer.from(hex, "hex");
	return {
		from: end4or6(ip4From, ip6From, fromPort),
		to: end4or6(ip4To, ip6To, toPort),
		fromPort: Number(fromPort),
		toPort: Number(toPort),
		sequence: Number(sequence),
		syn: (flags & Flag.SYN) !== 0,
		ack: (flags & Flag.ACK) !== 0,
		fin: (flags & Flag.FIN) !== 0,
		rst: (flags & Flag.RST) !== 0,
		payload,
		missing: Math.max(0, Number(length) - payload.length),
		time: time === "" ? Number.NaN : Number(time) * 1000,
	};
}

const end4or6 = (four: string, six: string, port: string) =>
	six === "" ? `${four}:${port}` : `[${six}]:${port}`;

function complaint(said: string): Problem {
	if (/cut short/.test(said))
		return new Problem(
			"the capture ends in the middle of a frame",
			"it was cut, or is still being written",
			"what is before that place is shown; stop the capture first",
		);
	const lines = said.split("\n").filter((line) => line !== "" && !/^Running as user/.test(line));
	const why = lines.map((line) => line.replace(/^tshark: /, "")).join(" ");
	return new Problem(
		"the capture cannot be read",
		`tshark says: ${printable(why, 300) || "nothing"}`,
		"is it a capture? Open it in Wireshark",
	);
}

const notInstalled = () =>
	new Problem(
		"captures cannot be read",
		"they are read by tshark, which is not installed",
		'install it (on Debian "apt-get install tshark", elsewhere it comes with Wireshark), or give the packets as hex',
	);
