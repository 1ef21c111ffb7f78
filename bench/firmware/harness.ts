// Counts what one operation costs in the real engine: slots, bytes of chunks, collections, metering, socket writes.

import * as engine from "desktop/engine";
import Pipe, { type PipeOptions } from "desktop/pipe";
import { Client, type ClientOptions } from "../../src/index.js";
import type { Network } from "../../src/network/network.js";

export interface Cost {
	slotsPerOp: number;
	chunkBytesPerOp: number;
	collections: number;
	meterPerOp: number;
	writesPerOp: number;
}

/** Room that no case uses up: the cost of the peer's acknowledgements is not the client's. */
export const ROOM = 1 << 24;

let now = 0;
let due = 0;
let wake: (() => void) | undefined;
let pipe: Pipe | undefined;

/** The place that all clients here run in: it is no part of what one of them takes. */
const network: Network = {
	socket: {
		io: class extends Pipe {
			constructor(options: PipeOptions) {
				super({ ...options, room: ROOM });
				pipe = this;
			}
		} as unknown as Network["socket"]["io"],
	},
	dns: { io: undefined as never },
	timer: {
		repeat(callback) {
			wake = callback;
		},
		schedule(_timer, delay) {
			due = now + delay;
		},
		clear() {},
	},
	ticks: () => now,
	id: "bench",
};

export const time = () => now;
/** The last client is no longer held by the place it runs in. */
export function release(): void {
	wake = pipe = undefined;
}

/** A client on an in-memory socket, with its clock in our hands. One at a time. */
export class Line {
	readonly client: Client;
	readonly pipe: Pipe;

	/** `prepare` runs before the connection is up. */
	constructor(
		options: Partial<ClientOptions> = {},
		prepare: (client: Client) => void = () => {},
		connects = true,
	) {
		this.client = new Client({ ...network, host: "127.0.0.1", ...options });
		this.pipe = pipe!;
		prepare(this.client);
		if (!connects) return;
		this.pipe.open();
		this.feed(Uint8Array.of(0x20, 2, 0, 0));
	}

	/** Lets the time pass until the client wakes. */
	wake(): void {
		now = due | 0;
		wake!();
	}

	feed(packet: Uint8Array): void {
		this.pipe.feed(packet);
	}

	/** Subscribes, and lets the broker grant it. */
	subscribe(filter: string, handler: () => void): void {
		const sent = new Uint8Array(64);
		this.pipe.take(sent);
		this.client.subscribe(filter, 1, handler);
		this.pipe.take(sent);
		this.feed(Uint8Array.of(0x90, 3, sent[2], sent[3], 1));
	}
}

const nothing = () => {};

function run(count: number, operation: () => void): void {
	for (let i = 0; i < count; i++) operation();
}

function meterOf(count: number, operation: () => void): number {
	engine.mark();
	run(count, operation);
	return engine.meter();
}

/** The cost of one `operation`, the loop around it taken off. */
export function measure(count: number, pipe: Pipe, operation: () => void): Cost {
	run(10, operation); // what happens once only
	engine.collect();
	const loop = meterOf(count, nothing);
	const writes = pipe.writes;
	const meter = meterOf(count, operation) - loop;
	const slots = engine.slots();
	const chunkBytes = engine.chunkBytes();
	const collections = engine.collections();
	return {
		slotsPerOp: slots / count,
		chunkBytesPerOp: chunkBytes / count,
		collections,
		meterPerOp: meter / count,
		writesPerOp: (pipe.writes - writes) / count,
	};
}
