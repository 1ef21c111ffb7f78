// The TCP segment in a captured frame: link layer, IPv4 or IPv6, TCP. Knows headers; no connection.

import type { Frame } from "./pcap.js";

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
	time: number;
}

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const VLANS = [0x8100, 0x88a8, 0x9100];
const TCP = 6;

/** None, if the frame holds no TCP segment, or only a fragment of one. */
export function segmentOf(frame: Frame): Segment | undefined {
	const at = ipOffset(frame.linkType, frame.bytes);
	if (at < 0 || at >= frame.bytes.length) return undefined;
	const bytes = frame.bytes.subarray(at);
	const onWire = frame.length - at;
	const version = bytes[0] >> 4;
	if (version === 4) return fromIpv4(bytes, onWire, frame.time);
	return version === 6 ? fromIpv6(bytes, onWire, frame.time) : undefined;
}

/** Where the IP packet begins; -1 if there is none. */
function ipOffset(linkType: number, bytes: Buffer): number {
	switch (linkType) {
		case 0: // BSD loopback
		case 108:
			return 4;
		case 1:
			return behindEtherType(bytes, 12);
		case 12:
		case 14:
		case 101: // raw IP
		case 228:
		case 229:
			return 0;
		case 113: // Linux cooked
			return behindEtherType(bytes, 14);
		case 276:
			return isIp(bytes, 0) ? 20 : -1;
		default:
			return -1;
	}
}

function behindEtherType(bytes: Buffer, first: number): number {
	let at = first;
	while (at + 2 <= bytes.length && VLANS.includes(bytes.readUInt16BE(at))) at += 4;
	return isIp(bytes, at) ? at + 2 : -1;
}

function isIp(bytes: Buffer, at: number): boolean {
	if (at + 2 > bytes.length) return false;
	const type = bytes.readUInt16BE(at);
	return type === IPV4 || type === IPV6;
}

function fromIpv4(bytes: Buffer, onWire: number, time: number): Segment | undefined {
	if (bytes.length < 20 || bytes[9] !== TCP) return undefined;
	const header = (bytes[0] & 15) * 4;
	const isFragment = (bytes.readUInt16BE(6) & 0x3fff) !== 0;
	if (header < 20 || isFragment) return undefined;
	// Segmentation by the network card leaves 0 there.
	const length = bytes.readUInt16BE(2) || onWire;
	const address = (at: number) => bytes.subarray(at, at + 4).join(".");
	return fromTcp(bytes.subarray(header, length), length - header, address(12), address(16), time);
}

function fromIpv6(bytes: Buffer, onWire: number, time: number): Segment | undefined {
	if (bytes.length < 40) return undefined;
	const length = 40 + (bytes.readUInt16BE(4) || onWire - 40);
	let next = bytes[6];
	let at = 40;
	// Hop-by-hop, routing and destination options.
	while ((next === 0 || next === 43 || next === 60) && at + 2 <= bytes.length) {
		next = bytes[at];
		at += 8 * (bytes[at + 1] + 1);
	}
	if (next !== TCP) return undefined;
	const address = (from: number) => {
		const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(from + 2 * i).toString(16));
		return `[${groups
			.join(":")
			.replace(/\b0(:0)+\b/, ":")
			.replace(/:{3,}/, "::")}]`;
	};
	return fromTcp(bytes.subarray(at, length), length - at, address(8), address(24), time);
}

/** `length`: bytes of the segment on the wire. */
function fromTcp(
	bytes: Buffer,
	length: number,
	source: string,
	destination: string,
	time: number,
): Segment | undefined {
	if (bytes.length < 20) return undefined;
	const header = (bytes[12] >> 4) * 4;
	if (header < 20 || header > length) return undefined;
	const flags = bytes[13];
	const fromPort = bytes.readUInt16BE(0);
	const toPort = bytes.readUInt16BE(2);
	const payload = bytes.subarray(header);
	return {
		from: `${source}:${fromPort}`,
		to: `${destination}:${toPort}`,
		fromPort,
		toPort,
		sequence: bytes.readUInt32BE(4),
		fin: (flags & 1) !== 0,
		syn: (flags & 2) !== 0,
		rst: (flags & 4) !== 0,
		ack: (flags & 16) !== 0,
		payload,
		missing: length - header - payload.length,
		time,
	};
}
