// A WebSocket without a Client: an owner that reads all it is told of, and the server's end of a socket.

import type { Stream, StreamOwner } from "../../../src/transport/stream.js";
import { tcp } from "../../../src/transport/tcp.js";
import type { WebSocketCapability } from "../../../src/transport/websocket/capability.js";
import { webSocketLayer } from "../../../src/transport/websocket/layer.js";
import type { WebSocketOptions } from "../../../src/transport/websocket/options.js";
import { newPacket } from "../../../src/wire/encode.js";
import type { Reason } from "../../../src/wire/reason.js";
import { type Bytes, bytesOf } from "../../support/packets.js";
import { Place } from "../../support/place.js";
import type { Peer, Quirks } from "../../support/socket.js";
import { ACCEPTANCE, type Frame, FrameReader, textOf } from "../../support/websocket.js";
import { numbers } from "../../support/websocket-peer.js";

export class Line implements StreamOwner {
	readonly place: Place;
	readonly stream: Stream;
	readonly input = this;
	/** Room told, in order; the first means that it is connected. */
	readonly rooms: number[] = [];
	/** Undefined for an end without one. */
	readonly ends: (Reason | undefined)[] = [];
	received: number[] = [];
	/** Reads nothing. */
	paused = false;
	/** Reads so many bytes at a time at most. */
	size = Number.POSITIVE_INFINITY;
	private readonly frames = new FrameReader();

	constructor(
		options: WebSocketOptions = {},
		quirks: Quirks = {},
		capability: WebSocketCapability = { random: numbers() },
		[host, port] = ["broker", 80] as [string, number],
		isSecure = false,
	) {
		this.place = new Place(quirks);
		const below = { ...tcp(this.place.network.socket), isSecure };
		this.stream = webSocketLayer(capability)(options, below, [host]).open(host, "10.0.0.1", port, this);
	}

	get peer(): Peer {
		return this.place.peer;
	}

	onReadable(count: number): void {
		if (this.paused) return;
		for (let left = count; left > 0; ) {
			const view = new Uint8Array(Math.min(left, this.size));
			const got = this.stream.read(view) ?? 0;
			if (got === 0) return;
			this.received.push(...view.slice(0, got));
			left -= got;
		}
	}

	onWritable(room: number): void {
		this.rooms.push(room);
	}

	/** As the Client does. */
	onError(reason?: Reason): void {
		this.ends.push(reason);
		this.stream.close();
	}

	/** What came since this was asked last, as text. */
	text(): string {
		return textOf(Uint8Array.from(this.received.splice(0)));
	}

	/** The TCP connection is made; the request. */
	open(): string {
		this.peer.open();
		return textOf(this.peer.take());
	}

	/** And it is accepted. */
	connect(): this {
		this.peer.send(ACCEPTANCE(this.open()));
		return this;
	}

	/** Frames that were sent since this was asked last. */
	sent(): Frame[] {
		return this.frames.add(this.peer.take());
	}

	/** Writes a packet; returns the room left. */
	write(bytes: Bytes): number | undefined {
		const body = bytesOf(bytes);
		const packet = newPacket(body.length);
		packet.set(body);
		const room = this.stream.write(packet);
		expect(packet).toEqual(body);
		return room;
	}
}
