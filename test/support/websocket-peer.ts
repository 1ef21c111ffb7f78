// A scripted broker at the other end of a WebSocket: what it sends and takes is MQTT, the frames around it are made here.

import { webSocketLayer } from "../../src/transport/websocket/layer.js";
import { Head } from "../../src/transport/websocket/protocol.js";
import { concat } from "./packets.js";
import type { Carrier } from "./place.js";
import { Peer } from "./socket.js";
import { ACCEPTANCE, BINARY, FRAME, type Frame, FrameReader, textOf } from "./websocket.js";

export class WebSocketPeer extends Peer {
	/** The request, as text. */
	request = "";
	/** Frames of the client that hold no MQTT. */
	readonly controls: Frame[] = [];
	/** Of each frame of the client. */
	readonly masks: number[] = [];
	/** How what is sent is put in frames. Default: all that is sent at a time in one. */
	framing: (bytes: Uint8Array) => Uint8Array = (bytes) => FRAME(bytes);
	private readonly reader = new FrameReader();

	override open(): void {
		if (this.request !== "") {
			super.open();
			return;
		}
		// What a test has refused is a packet.
		const { socket } = this;
		const { refusals } = socket;
		socket.refusals = 0;
		super.open();
		this.request = textOf(super.take());
		socket.refusals = refusals;
		super.send(ACCEPTANCE(this.request));
	}

	/** The MQTT of each write: of a frame with it, as there is one frame a write. */
	override get writes(): readonly Uint8Array[] {
		const reader = new FrameReader();
		let request = this.request.length;
		const writes: Uint8Array[] = [];
		for (const write of this.socket.writes) {
			if (request > 0) {
				request -= write.length;
				continue;
			}
			const frames = reader.add(write);
			if (frames.length !== 1) throw new Error(`a write of ${frames.length} frames`);
			if (frames[0].opcode === BINARY) writes.push(frames[0].payload);
		}
		return writes;
	}

	override take(): Uint8Array {
		return this.payload(super.take());
	}

	override takeSome(most: number): Uint8Array {
		const parts: Uint8Array[] = [];
		for (let left = most; left > 0; ) {
			const bytes = super.takeSome(left);
			if (bytes.length === 0) break;
			const part = this.payload(bytes);
			parts.push(part);
			left -= part.length;
		}
		return concat(parts);
	}

	override send(...packets: Uint8Array[]): void {
		super.send(this.framing(concat(packets)));
	}

	/** Bytes as they are. */
	sendRaw(...bytes: Uint8Array[]): void {
		super.send(...bytes);
	}

	/** All that was sent, as it is. */
	takeRaw(): Uint8Array {
		return super.take();
	}

	private payload(bytes: Uint8Array): Uint8Array {
		for (const frame of this.reader.add(bytes)) {
			this.masks.push(frame.mask);
			if (frame.opcode !== BINARY) this.controls.push(frame);
		}
		return this.reader.takeBinary();
	}
}

/** A number of 32 bits, another one each time. */
export function numbers(seed = 1): () => number {
	return () => {
		seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) | 0;
		return seed;
	};
}

/** Clients in a place over WebSocket. */
export const webSocketCarrier: Carrier = {
	streams: { webSocket: webSocketLayer({ random: numbers() }) },
	options: { webSocket: {} },
	quirks: ({ room, ...others }) => ({
		...others,
		// As much as a frame's header takes away.
		room: room === undefined ? undefined : room + Head.MEDIUM,
		// It is WebSocket that has the room in front of a packet.
		overwrites: false,
	}),
	header: Head.SHORT,
	Peer: WebSocketPeer,
};
