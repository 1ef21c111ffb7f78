// The memory of a WebSocket, claimed once for all connections of a client. Knows places, no rules.

import type { Stream } from "../stream.js";
import { Head, Length } from "./protocol.js";

const enum Place {
	/** Where a control frame begins: it is the last thing in the buffer. */
	CONTROL = 8,
}

const enum At {
	TWO = 4,
	ONE = 6,
}

const enum Bytes {
	ALL = Place.CONTROL + Head.SHORT + Length.SHORT,
}

export class Scratch {
	/** The mask of the frame that is sent, and the same as one number. */
	readonly mask: Uint8Array;
	private readonly key: Int32Array;
	/** For the first two bytes of a frame, and for a single one. */
	readonly two: Uint8Array;
	readonly one: Uint8Array;
	/** A control frame, with the header in front that it is sent with. */
	readonly control: Uint8Array;
	private readonly buffer: ArrayBuffer;

	constructor() {
		const buffer = new ArrayBuffer(Bytes.ALL, { maxByteLength: Bytes.ALL });
		this.mask = new Uint8Array(buffer, 0, Head.MASK);
		this.key = new Int32Array(buffer, 0, 1);
		this.two = new Uint8Array(buffer, At.TWO, 2);
		this.one = new Uint8Array(buffer, At.ONE, 1);
		this.control = new Uint8Array(buffer, Place.CONTROL);
		this.buffer = buffer;
	}

	/** A mask of its own for a frame. */
	newMask(random: () => number): Uint8Array {
		this.key[0] = random();
		return this.mask;
	}

	/** Hands over the first `size` bytes of `control`; returns the room left, undefined when they were not taken. */
	writeControl(stream: Stream, size: number): number | undefined {
		const { buffer, control } = this;
		const whole = stream.allocates === true;
		const frame = whole ? new Uint8Array(buffer, Place.CONTROL, size) : control;
		if (!whole) buffer.resize(Place.CONTROL + size);
		let room: number | undefined;
		try {
			room = stream.write(frame);
		} catch {
			// As when it returns undefined: it has no room after all, or has ended, which it tells.
		}
		if (!whole) buffer.resize(Bytes.ALL);
		return room;
	}
}
