// A socket as ECMA-419 hosts have them, with their quirks, and the peer's end of it.

import type { Socket, SocketOptions } from "../../src/transport/tcp.js";
import { Frame } from "../../src/wire/protocol.js";
import type { Clock } from "./clock.js";
import { CONNACK, concat, listing } from "./packets.js";

export interface Quirks {
	/** Bytes of room for writing. Default 1536. */
	room?: number;
	/** Writes that fit until the peer has taken them: lwip's segment queue. Default: any number. */
	segments?: number;
	/** Bytes that one read gives at most, instead of throwing. Default: `read` fills the view or throws. */
	shortRead?: number;
	/** Announces what the peer sent in one go only after what came before is drained, as the SDK's TLS does. */
	records?: boolean;
	/**
	 * When the end of the stream is told while something is unread: lwip tells after it is drained, and until then writes
	 * throw; lin never tells, node at once. Default "lwip".
	 */
	end?: "lwip" | "lin" | "node";
	/** Overwrites what it took, and the bytes in front that are there for a frame's header. */
	overwrites?: boolean;
	/** Its write allocates, as TLS does, and spoils what it took: the view's buffer must not be short then. */
	allocates?: boolean;
}

export class FakeSocket implements Socket {
	/** A copy of each write. */
	readonly writes: Uint8Array[] = [];
	readonly options: SocketOptions;
	readonly target: unknown;
	closed = false;
	/** The next read throws, though bytes are there. */
	readThrows = false;
	/** So many of the next writes throw, though there is room. */
	refusals = 0;
	/** Writes fail; whether `onError` tells is another matter. */
	broken = false;
	room: number;
	/** Writes of more than there was room for. */
	overruns = 0;
	/** Writes during which the view's buffer was short, though writing allocates. */
	shortWrites = 0;

	readonly #quirks: Quirks;
	readonly #clock: Clock;
	readonly #size: number;
	#arrived: number[][] = [];
	#sent: Uint8Array[] = [];
	#ended = false;

	constructor(options: SocketOptions, quirks: Quirks, clock: Clock) {
		this.options = options;
		this.target = options.target;
		this.#quirks = quirks;
		this.#clock = clock;
		this.#size = quirks.room ?? 1536;
		this.room = this.#size;
	}

	// ---- the client's end

	read(view: Uint8Array): number | undefined {
		if (this.closed) throw new Error("invalid host data");
		if (this.readThrows || view.length === 0) throw new Error("bad read");
		const record = this.#arrived[0];
		if (record === undefined) return undefined;
		const most = Math.min(record.length, this.#quirks.shortRead ?? Number.POSITIVE_INFINITY);
		if (most < view.length && this.#quirks.shortRead === undefined) throw new Error("not enough bytes");
		const count = Math.min(most, view.length);
		view.set(record.splice(0, count));
		if (record.length === 0) {
			this.#arrived.shift();
			this.#clock.soon(() => this.#drained());
		}
		return count;
	}

	write(view: Uint8Array): number | undefined {
		const buffer = view.buffer as ArrayBuffer;
		if (this.allocates && buffer.byteLength < buffer.maxByteLength) this.shortWrites++;
		if (this.closed) throw new Error("invalid host data");
		if (this.broken) return undefined;
		if (this.#ended) throw new Error("not ready");
		if (this.refusals > 0) {
			this.refusals--;
			throw new Error("out of memory");
		}
		if (this.#sent.length === (this.#quirks.segments ?? -1)) throw new Error("out of segments");
		if (view.length > this.room) {
			this.overruns++;
			throw new Error("would block");
		}
		const copy = view.slice();
		this.writes.push(copy);
		this.#sent.push(copy);
		this.room -= copy.length;
		if (this.overwrites)
			new Uint8Array(view.buffer, view.byteOffset - Frame.HEADROOM, Frame.HEADROOM + view.length).fill(0xee);
		else if (this.allocates) view.fill(0xdd);
		return this.room;
	}

	get overwrites(): boolean {
		return this.#quirks.overwrites ?? false;
	}

	get allocates(): boolean {
		return this.#quirks.allocates ?? false;
	}

	close(): void {
		if (this.closed) throw new Error("closed twice");
		this.closed = true;
	}

	// ---- the other end, through Peer. Callbacks come after close too, as they may on boards.

	arrive(bytes: Uint8Array): void {
		const news = this.#quirks.records || this.#arrived.length === 0;
		if (news) this.#arrived.push([...bytes]);
		else this.#arrived[0].push(...bytes);
		if (this.#arrived.length === 1) this.options.onReadable.call(this, this.unread);
	}

	/** Bytes that wait to be read. */
	get unread(): number {
		return this.#arrived[0]?.length ?? 0;
	}

	/** Takes `most` bytes of what was sent, if there are as many. */
	taken(most = Number.POSITIVE_INFINITY): Uint8Array {
		const parts: Uint8Array[] = [];
		for (let left = most; left > 0 && this.#sent.length > 0; ) {
			const part = this.#sent[0].slice(0, left);
			parts.push(part);
			left -= part.length;
			if (part.length === this.#sent[0].length) this.#sent.shift();
			else this.#sent[0] = this.#sent[0].slice(part.length);
		}
		const all = concat(parts);
		if (all.length > 0) {
			this.room = this.#sent.length === 0 ? this.#size : this.room + all.length;
			this.options.onWritable.call(this, this.room);
		}
		return all;
	}

	end(): void {
		this.#ended = true;
		const rule = this.#quirks.end ?? "lwip";
		if (this.unread === 0 || rule === "node") this.options.onError.call(this);
		else if (rule === "lin") this.#ended = false;
	}

	#drained(): void {
		if (this.closed) return;
		if (this.unread > 0) this.options.onReadable.call(this, this.unread);
		else if (this.#ended && this.#quirks.end !== "node") this.options.onError.call(this);
	}
}

/** A scripted broker at the other end of a socket. What it does not `take` fills the socket: that is a freeze. */
export class Peer {
	readonly socket: FakeSocket;
	readonly #clock: Clock;

	constructor(socket: FakeSocket, clock: Clock) {
		this.socket = socket;
		this.#clock = clock;
	}

	/** The TCP connection is made. */
	open(): void {
		this.#act(() => this.socket.options.onWritable.call(this.socket, this.socket.room));
	}

	/** A copy of each write. */
	get writes(): readonly Uint8Array[] {
		return this.socket.writes;
	}

	/** Reads all that was sent, until nothing more comes; that makes room in the socket. */
	take(): Uint8Array {
		const chunks: Uint8Array[] = [];
		this.#act(() => {
			for (;;) {
				const chunk = this.socket.taken();
				if (chunk.length === 0) return;
				chunks.push(chunk);
			}
		});
		return concat(chunks);
	}

	/** Reads `most` bytes, or what was sent by now if it is less; that makes room for as many. */
	takeSome(most: number): Uint8Array {
		let bytes!: Uint8Array;
		this.#act(() => {
			bytes = this.socket.taken(most);
		});
		return bytes;
	}

	/** Exactly these packets were sent, and nothing else. */
	expect(...packets: Uint8Array[]): void {
		expect(listing(this.take())).toEqual(listing(concat(packets)));
	}

	/** The packets arrive together. */
	send(...packets: Uint8Array[]): void {
		this.#act(() => this.socket.arrive(concat(packets)));
	}

	/** The bytes arrive cut at these offsets. */
	sendCut(bytes: Uint8Array, cuts: number[]): void {
		let from = 0;
		for (const to of [...cuts, bytes.length]) {
			if (to > from) this.send(bytes.slice(from, to));
			from = Math.max(from, to);
		}
	}

	/** Each byte arrives by itself. */
	sendBytewise(...packets: Uint8Array[]): void {
		for (const byte of concat(packets)) this.send(Uint8Array.of(byte));
	}

	/** Opens, takes CONNECT, which is returned, and accepts. */
	accept(sessionPresent = false): Uint8Array {
		this.open();
		const connect = this.take();
		if (connect[0] !== 0x10) throw new Error("the client did not begin with CONNECT");
		this.send(CONNACK(sessionPresent));
		return connect;
	}

	/** Orderly end of the stream. */
	end(): void {
		this.#act(() => this.socket.end());
	}

	/** The connection breaks. */
	fail(): void {
		this.socket.broken = true;
		this.#act(() => this.socket.options.onError.call(this.socket));
	}

	/** The connection breaks, and only a write would tell. */
	failSilently(): void {
		this.socket.broken = true;
	}

	#act(action: () => void): void {
		action();
		this.#clock.settle();
	}
}
