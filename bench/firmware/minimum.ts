// The least that one MQTT message can cost in this engine, each way: a class that does what no client can do without.

import Pipe from "desktop/pipe";
import { type Cost, measure, ROOM } from "./harness.js";

/** Bytes of a packet buffer. */
const SIZE = 512;

/**
 * Publishes at QoS 0: the fixed header, the topic (prebuilt, with its length) and the payload go into a packet buffer,
 * which is cut to length, written once and restored.
 * Left out: every check, the choice of a buffer, retain, QoS 1, long packets, being offline, the socket's room and its
 * exceptions, the keepalive's clock, counters.
 */
class Publisher {
	readonly buffer = new ArrayBuffer(SIZE, { maxByteLength: SIZE });
	readonly bytes = new Uint8Array(this.buffer);
	readonly pipe = new Pipe({ room: ROOM });

	publish(topic: Uint8Array, payload: Uint8Array): void {
		const { bytes, buffer } = this;
		const at = 2 + topic.length;
		const length = at + payload.length;
		bytes[0] = 0x30;
		bytes[1] = length - 2;
		bytes.set(topic, 2);
		bytes.set(payload, at);
		buffer.resize(length);
		this.pipe.write(bytes);
		buffer.resize(SIZE);
	}
}

/**
 * Receives at QoS 0: the buffer is cut to what has arrived, read once and restored; a handler gets the offsets of topic
 * and payload.
 * Left out: finding the handler, payload at offset 0, every check, QoS 1, long packets, packets in parts or several at
 * once, pausing, what happens when the handler throws, counters.
 */
class Receiver {
	readonly buffer = new ArrayBuffer(SIZE, { maxByteLength: SIZE });
	readonly bytes = new Uint8Array(this.buffer);
	readonly pipe: Pipe;
	readonly handler: (bytes: Uint8Array, topic: number, payload: number, length: number) => void = () => {};

	constructor() {
		this.pipe = new Pipe({
			onReadable: (count: number) => {
				this.receive(count);
			},
		});
	}

	receive(count: number): void {
		const { bytes, buffer } = this;
		buffer.resize(count);
		this.pipe.read(bytes);
		buffer.resize(SIZE);
		if (bytes[0] === 0x30 && bytes[1] < 128) {
			const payload = 4 + ((bytes[2] << 8) | bytes[3]);
			this.handler(bytes, 4, payload, 2 + bytes[1] - payload);
		}
	}
}

/** `topic` of 30 characters with its length, `payload` of 5 bytes. */
export function minimumPublish(count: number, topic: Uint8Array, payload: Uint8Array): Cost {
	const publisher = new Publisher();
	publisher.pipe.open();
	return measure(count, publisher.pipe, () => {
		publisher.publish(topic, payload);
	});
}

/** `packet`: a PUBLISH with 30 characters of topic and 20 bytes of payload. */
export function minimumReceive(count: number, packet: Uint8Array): Cost {
	const { pipe } = new Receiver();
	pipe.open();
	return measure(count, pipe, () => {
		pipe.feed(packet);
	});
}
