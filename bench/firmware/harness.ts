// Counts what one operation costs in the real engine: slots, bytes of chunks, collections, metering, socket writes.

import { random, xor } from "desktop/bytes";
import * as engine from "desktop/engine";
import Pipe, { type PipeOptions } from "desktop/pipe";
import type { Network } from "../../src/connection/network.js";
import { Client, type ClientOptions } from "../../src/index.js";
import { encodeAccept } from "../../src/transport/websocket/handshake.js";
import { webSocketLayer } from "../../src/transport/websocket/layer.js";
import { writeUtf8 } from "../../src/wire/utf8.js";

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
	streams: { webSocket: webSocketLayer({ random, xor }) },
	id: "bench",
};

/** The broker accepts, in 5.0 with room for 10 topic aliases. */
const CONNACK = Object.freeze([0x20, 2, 0, 0]);
const CONNACK_5 = Object.freeze([0x20, 6, 0, 0, 3, 0x22, 0, 10]);

export const time = () => now;
/** The last client is no longer held by the place it runs in. */
export function release(): void {
	wake = pipe = undefined;
}

/** A client on an in-memory socket, with its clock in our hands. One at a time. */
export class Line {
	readonly client: Client;
	readonly pipe: Pipe;
	private readonly framed: boolean;

	/** `prepare` runs before the connection is up. */
	constructor(
		options: Partial<ClientOptions> = {},
		prepare: (client: Client) => void = () => {},
		connects = true,
	) {
		this.client = new Client({ ...network, host: "127.0.0.1", protocolVersion: 4, ...options });
		this.pipe = pipe!;
		this.framed = options.webSocket !== undefined;
		prepare(this.client);
		if (!connects) return;
		this.pipe.open();
		if (this.framed) this.upgrade();
		this.feed(this.framing(Uint8Array.from(options.protocolVersion === 5 ? CONNACK_5 : CONNACK)));
	}

	/** Answers the request, whose key is the last of it. */
	private upgrade(): void {
		const request = new Uint8Array(512);
		const end = this.pipe.take(request) - 4;
		const answer = new Uint8Array(512);
		let at = writeUtf8(
			"HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: ",
			answer,
			0,
		);
		const accept = encodeAccept(request.slice(end - 24, end));
		answer.set(accept, at);
		at = writeUtf8("\r\n\r\n", answer, at + accept.length);
		this.pipe.feed(answer, at);
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
		// In a frame, behind two bytes and the mask, each byte is masked.
		const id = this.framed ? [sent[8] ^ sent[4], sent[9] ^ sent[5]] : [sent[2], sent[3]];
		const five = this.client.protocolVersion === 5;
		this.feed(this.framing(five ? Uint8Array.of(0x90, 4, ...id, 0, 1) : Uint8Array.of(0x90, 3, ...id, 1)));
	}

	/** A packet of up to 125 bytes as the broker sends it. */
	framing(packet: Uint8Array): Uint8Array {
		if (!this.framed) return packet;
		const frame = new Uint8Array(2 + packet.length);
		frame[0] = 0x82;
		frame[1] = packet.length;
		frame.set(packet, 2);
		return frame;
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
