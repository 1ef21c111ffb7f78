// The least that publishing and receiving can cost in this engine: what any client has to do, and nothing else.

import Pipe from "desktop/pipe";
import { PacketBuffer } from "../../src/wire/packet-buffer.js";
import { type Cost, measure, ROOM } from "./harness.js";

/**
 * Publish: the fixed header with the topic (30 characters) and the payload (5 bytes), both prebuilt, are copied into a
 * packet buffer, which is cut to length, written once and restored.
 * Left out: every check, the choice of a buffer, quality of service, lengths other than these, offline and full
 * buffers, the keepalive's clock, counters, the socket's room.
 */
export function minimumPublish(count: number): Cost {
	const pipe = new Pipe({ room: ROOM });
	pipe.open();
	const head = new Uint8Array(34);
	head.fill(0x61);
	const payload = new Uint8Array(5);
	const packet = new PacketBuffer(512);
	const { buffer, bytes } = packet;
	return measure(count, pipe, () => {
		bytes.set(head);
		bytes.set(payload, 34);
		buffer.resize(39);
		pipe.write(bytes);
		buffer.resize(512);
	});
}

/**
 * Receive: the buffer is cut to what has arrived (a PUBLISH with 30 characters of topic and 20 bytes of payload), read
 * once, restored, and a callback called.
 * Left out: decoding, finding the handler, every check, packets that arrive in parts or several at once.
 */
export function minimumReceive(count: number): Cost {
	const packet = new Uint8Array(54);
	const received = new PacketBuffer(512);
	const { buffer, bytes } = received;
	const handler = () => {};
	const pipe: Pipe = new Pipe({
		room: 1536,
		onReadable(available: number) {
			buffer.resize(available);
			pipe.read(bytes);
			buffer.resize(512);
			handler();
		},
	});
	pipe.open();
	return measure(count, pipe, () => {
		pipe.feed(packet);
	});
}
