// A client on a socket in memory, with its timer and clock in our hands.

import type { Network } from "../../../src/connection/network.js";
import { Client, type ClientOptions } from "../../../src/index.js";
import { ACCEPTANCE, FRAME, textOf } from "../../support/websocket.js";

/** The first byte of a request for WebSocket. */
const GET = 0x47;

/** A socket in memory, as "desktop/pipe" has it: no import, so that Node can run what uses this. */
export interface Pipe {
	open(): void;
	feed(bytes: Uint8Array, length?: number): void;
	drain(room: number): void;
	fail(): void;
	take(bytes: Uint8Array): number;
	readonly writes: number;
	readonly available: number;
	readonly closed: boolean;
}

export type PipeClass = new (options: never) => Pipe;

export interface Quirks {
	/** Bytes of room for writing. Default: so many that nothing waits for room. */
	room?: number;
	shortReads?: boolean;
}

export class Line {
	readonly client: Client;
	/** The socket of the last attempt to connect. */
	pipe!: Pipe;
	sockets = 0;
	now = 0;
	tick!: () => void;
	/** The next socket cannot be opened. */
	noSocket = false;

	constructor(Pipe: PipeClass, options: Partial<ClientOptions> = {}, quirks: Quirks = {}) {
		const line = this;
		const { room = 1 << 24, shortReads = false } = quirks;
		const network: Network = {
			socket: {
				io: class extends Pipe {
					constructor(options: object) {
						if (line.noSocket) {
							line.noSocket = false;
							throw new Error("no socket");
						}
						super({ ...options, room, shortReads } as never);
						line.pipe = this;
						line.sockets++;
					}
				} as unknown as Network["socket"]["io"],
			},
			dns: { io: undefined as never },
			timer: {
				repeat(callback) {
					line.tick = callback;
				},
				schedule() {},
				clear() {},
			},
			ticks: () => line.now,
			id: "line",
		};
		this.client = new Client({
			...network,
			host: "127.0.0.1",
			protocolVersion: 4,
			random: () => 0,
			...options,
		});
	}

	feed(packet: Uint8Array): void {
		this.pipe.feed(packet);
	}

	/** The TCP connection is made, and the broker accepts. */
	accept(sessionPresent = false): this {
		const connack = Uint8Array.of(0x20, 2, sessionPresent ? 1 : 0, 0);
		this.pipe.open();
		const sent = this.take();
		if (sent[0] === GET) {
			this.feed(ACCEPTANCE(textOf(sent)));
			this.take();
			this.feed(FRAME(connack));
		} else this.feed(connack);
		return this;
	}

	/** Subscribes, and lets the broker grant it. */
	subscribe(filter: string, handler: () => void): void {
		this.take();
		this.client.subscribe(filter, 1, handler);
		const sent = this.take();
		this.feed(Uint8Array.of(0x90, 3, sent[2], sent[3], 1));
	}

	/** What was written since the last take. */
	take(): Uint8Array {
		const bytes = new Uint8Array(4096);
		return bytes.slice(0, this.pipe.take(bytes));
	}

	/** A quarter of a second passes. */
	pass(): void {
		this.now = (this.now + 250) | 0;
		this.tick();
	}
}
