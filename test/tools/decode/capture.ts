// Captures made by hand: TCP segments in Ethernet, in pcap and pcapng. What reading them is tested with.

import type { Segment } from "../../../tools/decode/tshark.js";

const CLIENT = [127, 0, 0, 1];
const SERVER = [10, 0, 0, 2];

export interface Piece {
	from: "client" | "server";
	/** Bytes since the SYN, which is byte 0. */
	at: number;
	bytes: Uint8Array;
	flags?: { syn?: boolean; fin?: boolean; rst?: boolean; ack?: boolean };
	clientPort?: number;
	serverPort?: number;
	/** First sequence number. */
	begin?: number;
	version?: 4 | 6;
	vlan?: boolean;
}

/** As tshark tells it. */
export function segment(piece: Piece): Segment {
	const { from, at, bytes, flags = {}, clientPort = 50_000, serverPort = 1883, begin = 0 } = piece;
	const { syn = false, fin = false, rst = false, ack = true } = flags;
	const ends = [`127.0.0.1:${clientPort}`, `10.0.0.2:${serverPort}`];
	const ports = [clientPort, serverPort];
	const client = from === "client" ? 0 : 1;
	return {
		from: ends[client],
		to: ends[1 - client],
		fromPort: ports[client],
		toPort: ports[1 - client],
		sequence: (begin + at) >>> 0,
		syn,
		ack,
		fin,
		rst,
		payload: Buffer.from(bytes),
		missing: 0,
		time: 1_700_000_000_000,
	};
}

/** An Ethernet frame. Checksums stay 0: a capture often has them so. */
export function frame(piece: Piece): Buffer {
	const { from, at, bytes, flags = {}, clientPort = 50_000, serverPort = 1883, begin = 0 } = piece;
	const tcp = Buffer.alloc(20);
	const ports = from === "client" ? [clientPort, serverPort] : [serverPort, clientPort];
	tcp.writeUInt16BE(ports[0], 0);
	tcp.writeUInt16BE(ports[1], 2);
	tcp.writeUInt32BE((begin + at) >>> 0, 4);
	tcp[12] = 0x50;
	tcp[13] = (flags.fin ? 1 : 0) | (flags.syn ? 2 : 0) | (flags.rst ? 4 : 0) | (flags.ack === false ? 0 : 16);
	const [source, destination] = from === "client" ? [CLIENT, SERVER] : [SERVER, CLIENT];
	const ip = piece.version === 6 ? ipv6(source, destination) : ipv4(source, destination);
	if (piece.version === 6) ip.writeUInt16BE(20 + bytes.length, 4);
	else ip.writeUInt16BE(40 + bytes.length, 2);
	const type = Buffer.from(piece.version === 6 ? [0x86, 0xdd] : [8, 0]);
	const vlan = Buffer.from(piece.vlan ? [0x81, 0, 0, 5] : []);
	const whole = Buffer.concat([Buffer.alloc(12), vlan, type, ip, tcp, bytes]);
	// Ethernet pads short frames.
	return whole.length < 60 ? Buffer.concat([whole, Buffer.alloc(60 - whole.length)]) : whole;
}

function ipv4(source: number[], destination: number[]): Buffer {
	return Buffer.from([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, ...source, ...destination]);
}

function ipv6(source: number[], destination: number[]): Buffer {
	const address = (last: number[]) => [0x20, 1, 0x0d, 0xb8, ...new Array(8).fill(0), ...last];
	return Buffer.from([0x60, 0, 0, 0, 0, 0, 6, 64, ...address(source), ...address(destination)]);
}

const TIME = 1_700_000_000;

export interface PcapOptions {
	big?: boolean;
	nanoseconds?: boolean;
	/** Bytes of each frame that are kept. */
	snap?: number;
}

/** One frame a millisecond. */
export function pcap(
	frames: Buffer[],
	{ big = false, nanoseconds = false, snap = 262_144 }: PcapOptions = {},
): Buffer {
	const u32 = writer(big, 4);
	const magic = nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4;
	const header = [u32(magic), big ? Buffer.from([0, 2, 0, 4]) : Buffer.from([2, 0, 4, 0]), u32(0), u32(0)];
	const records = frames.map((bytes, i) => {
		const kept = bytes.subarray(0, snap);
		const fraction = i * (nanoseconds ? 1_000_000 : 1000);
		return Buffer.concat([u32(TIME), u32(fraction), u32(kept.length), u32(bytes.length), kept]);
	});
	return Buffer.concat([...header, u32(snap), u32(1), ...records]);
}

/** With an interface of nanoseconds, blocks that nobody knows, and a simple packet block at the end if `simple`. */
export function pcapng(frames: Buffer[], { big = false, simple = false } = {}): Buffer {
	const u32 = writer(big, 4);
	const u16 = writer(big, 2);
	const block = (type: number, ...parts: Buffer[]) => {
		const body = Buffer.concat(parts);
		const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
		return Buffer.concat([u32(type), u32(padded.length + 12), padded, u32(padded.length + 12)]);
	};
	const section = block(0x0a0d0d0a, u32(0x1a2b3c4d), u16(1), u16(0), u32(0xffffffff), u32(0xffffffff));
	const resolution = Buffer.concat([u16(9), u16(1), Buffer.from([9, 0, 0, 0]), u16(0), u16(0)]);
	const link = block(1, u16(1), u16(0), u32(0), resolution);
	const unknown = block(0x0bad, Buffer.alloc(2_000_000));
	const packets = frames.map((bytes, i) => {
		if (simple) return block(3, u32(bytes.length), bytes);
		const ticks = BigInt(TIME) * 1_000_000_000n + BigInt(i) * 1_000_000n;
		const [high, low] = [Number(ticks >> 32n), Number(ticks & 0xffffffffn)];
		return block(6, u32(0), u32(high), u32(low), u32(bytes.length), u32(bytes.length), bytes);
	});
	return Buffer.concat([section, link, unknown, ...packets]);
}

function writer(big: boolean, size: 2 | 4): (value: number) => Buffer {
	return (value) => {
		const bytes = Buffer.alloc(size);
		if (big) bytes.writeUIntBE(value, 0, size);
		else bytes.writeUIntLE(value, 0, size);
		return bytes;
	};
}
