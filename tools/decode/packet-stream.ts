// Bytes of one direction in, packets out; in any chunks, in bounded memory. Knows framing (section 2.2) only.

import { Dialect } from "./dialect.js";
import type { Facts, Field, Packet, Sender, Version, Violation } from "./packet.js";
import { decodePacket } from "./packets.js";

/** Bytes of a packet that are kept; what is over is counted and passed over. */
export const KEPT = 65_536;
/** A Remaining Length has four bytes at most. */
const LONGEST_HEADER = 5;
const CONNECT = 1;

export class PacketStream {
	readonly #dialect: Dialect;
	readonly #sender: Sender | undefined;
	readonly #onPacket: (packet: Packet) => void;
	/** What was kept of the packet, from its fixed header on. */
	#bytes = new Uint8Array(256);
	#kept = 0;
	/** Bytes of the packet that have come. */
	#come = 0;
	/** Bytes of the fixed header, 0 while it is not whole. */
	#header = 0;
	/** Bytes of the packet, once the header is whole. */
	#length = 0;
	/** Bytes of the stream before the packet. */
	#at = 0;
	/** Where packets begin cannot be told any more, or a password may follow: nothing more is decoded. */
	#lost = false;
	/** Bytes since then. */
	#skipped = 0;

	/** `sender`: none if it is not known, or both are mixed. */
	constructor(sender: Sender | undefined, onPacket: (packet: Packet) => void, dialect = new Dialect()) {
		this.#sender = sender;
		this.#onPacket = onPacket;
		this.#dialect = dialect;
	}

	push(bytes: Uint8Array): void {
		let at = 0;
		while (at < bytes.length && !this.#lost) {
			if (this.#header === 0) this.#headerByte(bytes[at++]);
			else at += this.#body(bytes.subarray(at));
			if (this.#header > 0 && this.#come === this.#length) this.#finish(0);
		}
		this.#skipped += bytes.length - at;
	}

	/** The input ends, or has a hole of `hole` bytes. What is not whole comes out as far as it came; then again. */
	end(hole = 0): void {
		if (this.#come > 0 && this.#header > 0) this.#finish(this.#length - this.#come);
		else if (this.#come > 0) {
			const what = "the input ends within the fixed header";
			this.#tell([{ rule: "section 2.2.3", what }], { cut: true });
		}
		if (this.#skipped > 0) this.#tellSkipped();
		this.#at += hole;
		this.#lost = false;
	}

	#headerByte(byte: number): void {
		this.#keep(Uint8Array.of(byte));
		if (this.#come === 1 || (byte > 127 && this.#come < LONGEST_HEADER)) return;
		if (byte > 127) {
			this.#tell([{ rule: "section 2.2.3", what: "the Remaining Length has more than four bytes" }]);
			this.#lost = true;
			return;
		}
		let length = 0;
		for (let i = this.#come - 1; i > 0; i--) length = length * 128 + (this.#bytes[i] & 127);
		this.#header = this.#come;
		this.#length = this.#header + length;
	}

	/** Takes what belongs to the packet; how many bytes that is. */
	#body(bytes: Uint8Array): number {
		const count = Math.min(bytes.length, this.#length - this.#come);
		this.#keep(bytes.subarray(0, count));
		return count;
	}

	#keep(bytes: Uint8Array): void {
		this.#come += bytes.length;
		const count = Math.min(bytes.length, KEPT - this.#kept);
		if (this.#kept + count > this.#bytes.length) {
			const larger = new Uint8Array(Math.min(KEPT, 2 * (this.#kept + count)));
			larger.set(this.#bytes);
			this.#bytes = larger;
		}
		this.#bytes.set(bytes.subarray(0, count), this.#kept);
		this.#kept += count;
	}

	#finish(missing: number): void {
		const bytes = this.#bytes.slice(0, this.#kept);
		const other = this.#at === 0 ? otherProtocol(bytes) : undefined;
		if (other !== undefined) {
			this.#tell([{ rule: "section 2.2", what: `this is no MQTT; it looks like ${other}` }]);
			this.#lost = true;
			return;
		}
		const packet = this.#decode(bytes, missing);
		const { alien } = packet.facts;
		if (alien !== undefined) {
			this.#tell([{ rule: "section 2.2", what: alien }, ...packet.violations]);
			this.#lost = true;
			return;
		}
		this.#next();
		this.#onPacket(packet);
		this.#lost = packet.facts.uncertain === true;
	}

	#decode(bytes: Uint8Array, missing: number): Packet {
		const framed = {
			bytes,
			header: this.#header,
			length: this.#length,
			missing,
			at: this.#at,
			sender: this.#sender,
		};
		const read = (version: Version) => decodePacket(framed, version);
		if (bytes[0] >> 4 !== CONNECT) return this.#dialect.decode(read);
		const packet = read(4);
		this.#dialect.learn(packet);
		return packet;
	}

	/** What has come is no packet. Of what is behind its header nothing is shown: a password may be in it. */
	#tell(violations: Violation[], facts: Facts = {}): void {
		const header = this.#header || this.#come;
		const bytes = this.#bytes.slice(0, header);
		const fields: Field[] = [{ offset: 0, length: header, bytes, name: "Fixed header" }];
		if (this.#come > header) fields.push(notDecoded(header, this.#come - header));
		this.#noPacket(this.#come, fields, violations, facts);
		this.#next();
	}

	#tellSkipped(): void {
		this.#noPacket(this.#skipped, [notDecoded(0, this.#skipped)], [], {});
		this.#at += this.#skipped;
		this.#skipped = 0;
	}

	#noPacket(length: number, fields: Field[], violations: Violation[], facts: Facts): void {
		this.#onPacket({
			type: "?",
			version: this.#dialect.known ?? 4,
			guessed: false,
			sender: this.#sender,
			at: this.#at,
			length,
			missing: 0,
			fields,
			violations,
			moreViolations: 0,
			facts,
		});
	}

	#next(): void {
		this.#at += this.#come;
		this.#bytes = new Uint8Array(256);
		this.#kept = 0;
		this.#come = 0;
		this.#header = 0;
	}
}

function notDecoded(offset: number, length: number): Field {
	return { offset, length, name: "not decoded", note: `${length} bytes` };
}

/** What else is often found at a broker's ports. */
function otherProtocol(bytes: Uint8Array): string | undefined {
	if (bytes[0] === 0x16 && bytes[1] === 3) return "TLS, which is encrypted";
	const text = String.fromCharCode(...bytes.subarray(0, 5));
	if (text.startsWith("GET ") || text === "HTTP/") return "HTTP, as a WebSocket begins with";
	return undefined;
}
