// What stream and guard allocate and cost of their own, under a session that allocates nothing: a record is its text between
// a header and some zeros.

import * as engine from "desktop/engine";
import Pipe from "desktop/pipe";
import config from "mc/config";
import type { Stream, StreamOwner } from "../../../src/transport/stream.js";
import type { CertificateManager, Session, SessionSocket } from "../../../src/transport/tls/capability.js";
import { tlsLayer } from "../../../src/transport/tls/layer.js";
import { concat } from "../../support/packets.js";
import { allocated } from "./heap.js";

/** The broker's certificate, with an EC key. */
const broker = Uint8Array.from(config.broker as number[]);
const COUNT = 1000;
const LENGTH = 54;
/** What encryption adds: a nonce in front, a tag behind. */
const NONCE = 8;
const ADDED = 24;
const HEADER = 5;

const record = (type: number, body: Uint8Array) =>
	concat([[type, 3, 3, body.length >> 8, body.length & 255], body]);
const message = (type: number, body: Uint8Array) =>
	record(22, concat([[type, 0, body.length >> 8, body.length & 255], body]));

const hello = message(2, concat([[3, 3], new Uint8Array(33), [0xc0, 0x2b, 0]]));
const certificate = message(11, new Uint8Array(8));
/** A point of secp256r1, and what signs it: ECDSA with SHA-256, r and s are 1. */
const exchange = concat([[3, 0, 23, 65, 4], new Uint8Array(64), [4, 3, 0, 8, 0x30, 6, 2, 1, 1, 2, 1, 1]]);
const flight = concat([hello, certificate, message(12, exchange), message(14, new Uint8Array(0))]);
const end = concat([record(20, Uint8Array.of(1)), record(22, new Uint8Array(16 + ADDED))]);
const data = record(23, new Uint8Array(LENGTH + ADDED));

/** Born full, short for one write only: what it makes is its own. */
class Still implements Session {
	certificateManager: CertificateManager = {
		verify: () => true,
		register() {},
		getKey() {},
		findPreferredCert() {},
	};
	alert = undefined;
	private readonly header = new Uint8Array(HEADER);
	private readonly coming = new Uint8Array(LENGTH + ADDED);
	private readonly text = this.coming.subarray(NONCE, NONCE + LENGTH);
	private readonly going = new Uint8Array(data);
	private step = 0;

	initiateHandshake(): void {}

	handshake(socket: SessionSocket): boolean {
		if (this.step > 0 && socket.readable === 0) return false;
		if (this.step === 0) socket.write(message(1, new Uint8Array(40)));
		if (this.step === 1) {
			for (let count = 0; socket.readable > 0; ) {
				const { readable } = socket;
				socket.read(new Uint8Array(readable));
				count += readable;
				if (count === hello.length + certificate.length) this.certificateManager.verify([broker], {});
			}
			socket.write(message(16, new Uint8Array(40)));
			socket.write(end);
		}
		if (this.step === 2) while (socket.readable > 0) socket.read(new Uint8Array(socket.readable));
		return this.step++ === 2;
	}

	read(socket: SessionSocket): Uint8Array | undefined {
		if (socket.readable === 0) return undefined;
		socket.read(this.header);
		socket.readable -= HEADER;
		socket.read(this.coming);
		socket.readable -= LENGTH + ADDED;
		return this.text;
	}

	write(socket: SessionSocket, bytes: Uint8Array): number {
		this.going.set(bytes, HEADER + NONCE);
		socket.writable = socket.write(this.going) as number;
		return socket.writable;
	}
}

let pipe!: Pipe;
const digest = new Uint8Array(32).buffer;
const layer = tlsLayer({
	session: Still,
	digest: () => digest,
	rsa: () => new Uint8Array(0),
	ecdsa: () => true,
	timer: { repeat() {}, schedule() {}, clear() {} },
});
const options = { pin: new Uint8Array(32) };

function onReadable(this: Pipe, count: number): void {
	const owner = this.target as StreamOwner;
	owner.input.onReadable(count);
}

function onWritable(this: Pipe, room: number): void {
	(this.target as StreamOwner).onWritable(room);
}

const below = {
	open(_host: string, _address: string, _port: number, target: StreamOwner): Stream {
		pipe = new Pipe({ target, onReadable, onWritable, onError() {}, room: 1 << 24 });
		return pipe as Stream;
	},
};

const head = new Uint8Array(4);
const topic = new Uint8Array(30);
const payload = new Uint8Array(20);
let heard = 0;
let room = 0;
const owner: StreamOwner & { stream: Stream | undefined } = {
	stream: undefined,
	input: {
		onReadable(count) {
			heard += count;
			owner.stream!.read(head);
			owner.stream!.read(topic);
			owner.stream!.read(payload);
		},
	},
	onWritable(count) {
		room = count;
	},
	onError(reason) {
		throw new Error(`ended: ${reason}`);
	},
};

/** Steps of work for one operation, and what it allocates. */
function cost(operation: () => void) {
	const { slots, chunkBytes, collections } = allocated(COUNT, operation);
	engine.mark();
	for (let i = 0; i < COUNT; i++) operation();
	return { slots, chunkBytes, collections, ops: Math.round(engine.meter() / COUNT) };
}

const text = new Uint8Array(LENGTH);
const plain = below.open("", "", 0, owner);
owner.stream = plain;
pipe.open();
const plainly = {
	write: cost(() => void plain.write(text)),
	read: cost(() => pipe.feed(text)),
};
const before = { slots: 0, chunkBytes: 0 };
engine.collect();
before.slots = engine.liveSlots();
before.chunkBytes = engine.liveChunkBytes();
const secured = layer(options, below, ["h"]).open("h", "1.2.3.4", 8883, owner);
owner.stream = secured;
pipe.open();
pipe.feed(flight);
pipe.feed(end);
if (room === 0) throw new Error("no handshake");
engine.collect();
const heap = {
	slots: engine.liveSlots() - before.slots,
	chunkBytes: engine.liveChunkBytes() - before.chunkBytes,
};
heard = 0;
const securely = {
	write: cost(() => void secured.write(text)),
	read: cost(() => pipe.feed(data)),
};
// The session alone, on a socket that does nothing.
const session = new Still();
const socket = {
	readable: HEADER + LENGTH + ADDED,
	writable: 1000,
	read: (view: Uint8Array) => pipe.read(view),
	write: (bytes: Uint8Array) => pipe.write(bytes) as number,
};
const alone = {
	write: cost(() => void session.write(socket, text)),
};
engine.report(JSON.stringify({ heard: heard / (2 * COUNT + 20), plainly, securely, alone, heap }));
engine.exit(0);
