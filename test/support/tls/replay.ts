// A recorded handshake through the guard: a session that only reads and writes what was recorded, on a TCP that gives what
// it is fed.

import { Certificate } from "../../../src/transport/tls/certificate.js";
import { type Approver, Guard } from "../../../src/transport/tls/guard.js";
import { isSigned } from "../../../src/transport/tls/signature.js";
import type { Reason } from "../../../src/wire/reason.js";
import { Content, Message, MessageReader, RecordReader, record } from "../attacker/records.js";
import { crypto } from "../crypto.js";
import type { Recorded } from "./recorded.js";

/** What comes from a server: messages of the handshake, then ChangeCipherSpec, Finished, and a record of data. */
export interface Parts {
	messages: Buffer[];
	change: Buffer;
	finished: Buffer;
	data: Buffer;
}

export function partsOf({ server }: Recorded): Parts {
	const records = new RecordReader().push(Buffer.concat(server));
	const end = records.findIndex(({ type }) => type === Content.CHANGE_CIPHER_SPEC);
	const messages = new MessageReader().push(Buffer.concat(records.slice(0, end).map(({ body }) => body)));
	const [change, finished, data] = records.slice(end).map(({ bytes }) => bytes);
	return { messages, change, finished, data };
}

/** Records again, a message each. */
export const join = ({ messages, change, finished, data }: Parts): Buffer =>
	Buffer.concat([...messages.map((each) => record(Content.HANDSHAKE, each)), change, finished, data]);

/** What records hold, a line for each. */
export const hex = (records: readonly Uint8Array[]) =>
	records.map((each) => Buffer.from(each).toString("hex"));

/** TCP as boards have it: fills the view or throws. */
export class Tcp {
	arrived = Buffer.alloc(0);
	readonly sent: Buffer[] = [];
	room = 100_000;
	/** Bytes that one read gives at most, if fewer than the view has. */
	most = Number.POSITIVE_INFINITY;
	/** The next write does this instead of taking it. */
	onWrite: (() => number | undefined) | undefined;

	read(view: Uint8Array): number | undefined {
		if (this.arrived.length === 0) return undefined;
		if (view.length === 0 || view.length > this.arrived.length) throw new Error("invalid");
		const count = Math.min(view.length, this.most);
		view.set(this.arrived.subarray(0, count));
		this.arrived = this.arrived.subarray(count);
		return count;
	}

	write(view: Uint8Array): number | undefined {
		if (this.onWrite !== undefined) return this.onWrite();
		if (view.length > this.room) throw new Error("would block");
		this.sent.push(Buffer.from(view));
		this.room -= view.length;
		return this.room;
	}

	close(): void {}
}

/** Asks the key of a certificate, whatever else is to be said of it. */
function approver(der: Uint8Array): Approver {
	return {
		hasSigned(content, signature) {
			try {
				return isSigned(new Certificate(der), "SHA256", content, signature, crypto);
			} catch {
				return false;
			}
		},
	};
}

export interface Manner {
	/** The certificate is not found good. */
	refuses?: boolean;
	/** The key of this certificate, in DER, should have signed. Default: of the one that comes. */
	owner?: Uint8Array;
	/** The session never says that Finished is good. */
	doubts?: boolean;
	fragmentLength?: number;
	tcp?: Tcp;
	/** Tries to send application data whenever something has come. */
	hurries?: boolean;
}

const DATA = record(Content.APPLICATION_DATA, Buffer.alloc(64, 0xaa));

export class Replay {
	readonly tcp: Tcp;
	readonly guard: Guard;
	/** Records as the session got them. */
	readonly got: Buffer[] = [];
	/** Application data was taken. */
	isOpen = false;
	readonly #recorded: Recorded;
	readonly #manner: Manner;
	#packet = Buffer.alloc(0) as Buffer;
	#isProtected = false;

	constructor(recorded: Recorded, manner: Manner = {}) {
		this.#recorded = recorded;
		this.#manner = manner;
		this.tcp = manner.tcp ?? new Tcp();
		this.guard = new Guard(this.tcp, manner.fragmentLength ?? 4096);
		this.guard.makeRoom(this.tcp.room);
		this.#try(() => this.#write(recorded.client[0]));
	}

	get reason(): Reason | undefined {
		return this.guard.reason;
	}

	/** All that went to TCP. */
	get sent(): Buffer {
		return Buffer.concat(this.tcp.sent);
	}

	/** Whether application data is among what went to TCP. */
	get isTold(): boolean {
		return new RecordReader().push(this.sent).some(({ type }) => type === Content.APPLICATION_DATA);
	}

	/** What comes from a server, which waits for our flight before it sends its end. */
	converse(bytes: Uint8Array, cuts: readonly number[] = []): this {
		let at = 0;
		for (const { type, bytes: each } of new RecordReader().push(bytes)) {
			if (type === Content.CHANGE_CIPHER_SPEC || type === Content.ALERT) break;
			at += each.length;
		}
		return this.feed(bytes, [...cuts, at]);
	}

	/** The bytes arrive cut at these offsets, whatever goes out. */
	feed(bytes: Uint8Array, cuts: readonly number[] = []): this {
		let from = 0;
		for (const to of [...[...cuts].sort((a, b) => a - b), bytes.length]) {
			if (to <= from || to > bytes.length) continue;
			this.tcp.arrived = Buffer.concat([this.tcp.arrived, bytes.subarray(from, to)]);
			from = to;
			this.guard.offer(this.tcp.arrived.length);
			this.#try(() => this.#read());
			if (this.#manner.hurries) this.hurry();
		}
		return this;
	}

	/** As a session that is out of order would. */
	hurry(): void {
		this.#try(() => this.guard.write(DATA));
	}

	/** What is thrown ends what is at hand, and no more. */
	#try(action: () => void): void {
		try {
			action();
		} catch {}
	}

	#write(bytes: Buffer): void {
		for (const each of new RecordReader().push(bytes)) this.guard.write(each.bytes);
	}

	#read(): void {
		const { guard } = this;
		for (;;) {
			const whole = this.#packet.length < 5 ? 5 : 5 + this.#packet.readUInt16BE(3);
			const count = Math.min(whole - this.#packet.length, guard.readable);
			if (count === 0) return;
			const view = new Uint8Array(count);
			if (guard.read(view) !== count) throw new Error("a short read");
			guard.readable -= count;
			this.#packet = Buffer.concat([this.#packet, view]);
			if (this.#packet.length >= 5 && this.#packet.length === 5 + this.#packet.readUInt16BE(3)) this.#take();
		}
	}

	#take(): void {
		const bytes = this.#packet;
		const { guard } = this;
		this.got.push(bytes);
		this.#packet = Buffer.alloc(0);
		if (bytes[0] === Content.CHANGE_CIPHER_SPEC) this.#isProtected = true;
		else if (guard.finished && !this.#manner.doubts) {
			guard.open();
			this.isOpen = true;
			guard.write(DATA);
		} else if (!this.#isProtected && bytes[0] === Content.HANDSHAKE) {
			if (bytes[5] === Message.CERTIFICATE && !this.#manner.refuses)
				guard.approve(approver(this.#manner.owner ?? bytes.subarray(15, 15 + bytes.readUIntBE(12, 3))));
			if (bytes[5] === Message.SERVER_HELLO_DONE) this.#write(this.#recorded.client[1]);
		}
	}
}
