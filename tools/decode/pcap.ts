// Captured frames from the bytes of a pcap or pcapng file. Knows the two file formats; nothing of what is in a frame.

import { Problem } from "../problem.js";

export interface Frame {
	/** As tcpdump's LINKTYPE_ numbers say. */
	linkType: number;
	/** Milliseconds since 1970, with fractions. */
	time: number;
	bytes: Buffer;
	/** Bytes on the wire: more than were captured, if it was cut. */
	length: number;
}

/** Bytes of a frame or block that is read: capture programs keep 262144 at most. */
const LARGEST = 1 << 20;
/** Interfaces of a pcapng section. */
const INTERFACES = 1024;

const MICROSECONDS = 1_000_000n;

const PCAP_MICROSECONDS = 0xa1b2c3d4;
const PCAP_NANOSECONDS = 0xa1b23c4d;
const SECTION = 0x0a0d0d0a;
const BYTE_ORDER = 0x1a2b3c4d;
const INTERFACE = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

const TIME_RESOLUTION = 9;
const TIME_OFFSET = 14;

interface Interface {
	linkType: number;
	snapLength: number;
	/** Ticks a second. */
	resolution: bigint;
	/** Seconds. */
	offset: number;
}

/** Whether a file that begins so is one of the two. */
export function isCapture(bytes: Buffer): boolean {
	if (bytes.length < 4) return false;
	const magics = [bytes.readUInt32BE(0), bytes.readUInt32LE(0)];
	return [PCAP_MICROSECONDS, PCAP_NANOSECONDS, SECTION].some((magic) => magics.includes(magic));
}

export class CaptureReader {
	readonly #onFrame: (frame: Frame) => void;
	#buffer: Buffer = Buffer.alloc(0);
	#format: "" | "pcap" | "pcapng" = "";
	#little = false;
	/** Of a pcap. */
	#linkType = 0;
	#ticks = 1_000_000;
	#interfaces: Interface[] = [];
	/** Bytes of a block that is passed over. */
	#skip = 0;

	constructor(onFrame: (frame: Frame) => void) {
		this.#onFrame = onFrame;
	}

	push(bytes: Uint8Array): void {
		this.#buffer = this.#buffer.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#buffer, bytes]);
		let at = 0;
		for (;;) {
			const skipped = Math.min(this.#skip, this.#buffer.length - at);
			this.#skip -= skipped;
			at += skipped;
			const taken = this.#skip > 0 ? 0 : this.#record(this.#buffer.subarray(at));
			if (taken === 0) break;
			at += taken;
		}
		this.#buffer = this.#buffer.subarray(at);
	}

	/** Whether it ends in the middle of a record. */
	end(): boolean {
		return this.#buffer.length > 0 || this.#skip > 0;
	}

	/** Bytes of the record at the beginning; 0 while it is not there whole. */
	#record(bytes: Buffer): number {
		if (this.#format === "") return this.#header(bytes);
		return this.#format === "pcap" ? this.#packet(bytes) : this.#block(bytes);
	}

	#header(bytes: Buffer): number {
		if (bytes.length < 24) return 0;
		if (bytes.readUInt32BE(0) === SECTION) {
			this.#format = "pcapng";
			return this.#block(bytes);
		}
		for (const little of [true, false]) {
			this.#little = little;
			const magic = this.#u32(bytes, 0);
			if (magic !== PCAP_MICROSECONDS && magic !== PCAP_NANOSECONDS) continue;
			this.#format = "pcap";
			if (magic === PCAP_NANOSECONDS) this.#ticks = 1_000_000_000;
			this.#linkType = this.#u32(bytes, 20) & 0xffff;
			return 24;
		}
		throw damaged("it begins as neither pcap nor pcapng do");
	}

	#packet(bytes: Buffer): number {
		if (bytes.length < 16) return 0;
		const captured = this.#u32(bytes, 8);
		if (captured > LARGEST) throw damaged(`a frame of ${captured} bytes`);
		if (bytes.length < 16 + captured) return 0;
		this.#onFrame({
			linkType: this.#linkType,
			time: this.#u32(bytes, 0) * 1000 + (this.#u32(bytes, 4) * 1000) / this.#ticks,
			bytes: bytes.subarray(16, 16 + captured),
			length: Math.max(captured, this.#u32(bytes, 12)),
		});
		return 16 + captured;
	}

	#block(bytes: Buffer): number {
		if (bytes.length < 12) return 0;
		if (bytes.readUInt32BE(0) === SECTION) this.#section(bytes);
		const type = this.#u32(bytes, 0);
		const length = this.#u32(bytes, 4);
		if (length < 12 || length % 4 !== 0) throw damaged(`a block of ${length} bytes`);
		if (length > LARGEST) {
			this.#skip = length - bytes.length;
			if (this.#skip >= 0) return bytes.length;
			this.#skip = 0;
			return length;
		}
		if (bytes.length < length) return 0;
		const body = bytes.subarray(8, length - 4);
		if (type === INTERFACE) this.#interface(body);
		else if (type === ENHANCED_PACKET || type === OBSOLETE_PACKET) this.#enhanced(body, type);
		else if (type === SIMPLE_PACKET) this.#simple(body);
		return length;
	}

	#section(bytes: Buffer): void {
		const order = bytes.readUInt32LE(8);
		this.#little = order === BYTE_ORDER;
		if (!this.#little && bytes.readUInt32BE(8) !== BYTE_ORDER) throw damaged("a section without byte order");
		this.#interfaces = [];
	}

	#interface(body: Buffer): void {
		if (body.length < 8 || this.#interfaces.length === INTERFACES) throw damaged("its interfaces");
		const found: Interface = {
			linkType: this.#u16(body, 0),
			snapLength: this.#u32(body, 4),
			resolution: MICROSECONDS,
			offset: 0,
		};
		for (let at = 8; at + 4 <= body.length; ) {
			const code = this.#u16(body, at);
			const length = this.#u16(body, at + 2);
			if (code === 0 || at + 4 + length > body.length) break;
			if (code === TIME_RESOLUTION && length >= 1) found.resolution = ticksOf(body[at + 4]);
			if (code === TIME_OFFSET && length >= 8) found.offset = this.#u32(body, at + (this.#little ? 4 : 8));
			at += 4 + length + (-length & 3);
		}
		this.#interfaces.push(found);
	}

	#enhanced(body: Buffer, type: number): void {
		if (body.length < 20) throw damaged("a packet block that is too short");
		const from = this.#interfaces[type === OBSOLETE_PACKET ? this.#u16(body, 0) : this.#u32(body, 0)];
		const captured = this.#u32(body, 12);
		if (from === undefined || captured > body.length - 20) throw damaged("a packet block");
		const ticks = (BigInt(this.#u32(body, 4)) << 32n) | BigInt(this.#u32(body, 8));
		this.#onFrame({
			linkType: from.linkType,
			time: Number((ticks * MICROSECONDS) / from.resolution) / 1000 + from.offset * 1000,
			bytes: body.subarray(20, 20 + captured),
			length: Math.max(captured, this.#u32(body, 16)),
		});
	}

	/** Without time; of the first interface. */
	#simple(body: Buffer): void {
		const [from] = this.#interfaces;
		if (body.length < 4 || from === undefined) throw damaged("a packet block");
		const length = this.#u32(body, 0);
		const captured = Math.min(length, body.length - 4, from.snapLength || length);
		this.#onFrame({
			linkType: from.linkType,
			time: Number.NaN,
			bytes: body.subarray(4, 4 + captured),
			length,
		});
	}

	#u16(bytes: Buffer, at: number): number {
		return this.#little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
	}

	#u32(bytes: Buffer, at: number): number {
		return this.#little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
	}
}

function ticksOf(resolution: number): bigint {
	return resolution < 128 ? 10n ** BigInt(resolution) : 2n ** BigInt(resolution & 127);
}

function damaged(cause: string): Problem {
	return new Problem("the capture is damaged", cause, "capture it again; what is before that place is shown");
}
