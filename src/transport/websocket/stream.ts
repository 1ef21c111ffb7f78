// WebSocket as a stream over a stream (RFC 6455): what is written goes out as one binary frame, in fixed memory. Knows what
// is sent, and how the connection begins and ends; frames that come are its base class's.

import type { Reason } from "../../wire/reason.js";
import type { Stream, StreamOwner } from "../stream.js";
import type { WebSocketCapability } from "./capability.js";
import type { Frames } from "./frames.js";
import type { Handshake } from "./handshake.js";
import { Incoming, Step } from "./incoming.js";
import { Bit, Close, Head, Length, Opcode } from "./protocol.js";
import { Closed, HEADER_FAILED, NO_ANSWER } from "./reasons.js";
import type { Scratch } from "./scratch.js";

const enum First {
	BINARY = Bit.FIN | Opcode.BINARY,
}

const enum Room {
	/** Of the longest frame. */
	FRAME = Length.MEDIUM + Head.MEDIUM,
}

const enum Ping {
	NONE = -1,
}

/** For places that have none of their own. */
const xorByLoop = (bytes: Uint8Array, mask: Uint8Array): void => {
	for (let i = bytes.length - 1; i >= 0; i--) bytes[i] ^= mask[i & 3];
};

/** Bytes of a packet that fit, in one frame, into `room`. */
const roomIn = (room: number): number => {
	if (room < Head.MEDIUM) return 0;
	return room > Room.FRAME ? Length.MEDIUM : room - Head.MEDIUM;
};

export class WebSocketStream extends Incoming implements Stream {
	// Hot fields first: XS looks for a field from the first one on.
	private readonly frames: Frames;
	private readonly random: () => number;
	private readonly xor: (bytes: Uint8Array, mask: Uint8Array) => void;
	allocates = false;
	/** Gets the events of the stream below. */
	readonly input: this;
	private readonly scratch: Scratch;
	/** Bytes of room below; known until the server has accepted. */
	private room = 0;
	/** Until the server has accepted. */
	private handshake: Handshake | undefined;
	/** What `writeOther` has masked, while it is written. */
	private masked: Uint8Array | undefined = undefined;
	/** Bytes of the last ping, if its pong waits for room. */
	private pinged: number = Ping.NONE;

	constructor(
		owner: StreamOwner,
		scratch: Scratch,
		frames: Frames,
		{ random, xor = xorByLoop }: WebSocketCapability,
		handshake: Handshake,
	) {
		super(owner, scratch);
		this.frames = frames;
		this.random = random;
		this.xor = xor;
		this.input = this;
		this.scratch = scratch;
		this.handshake = handshake;
	}

	/** `stream` is being connected. */
	begin(stream: Stream): this {
		this.stream = stream;
		this.allocates = stream.allocates === true;
		return this;
	}

	// ---- out

	/** Masked in place with a key of its own (RFC 6455, section 5.3), and back again: the view is then as it was. */
	write(view: Uint8Array): number | undefined {
		const length = view.length;
		const frames = this.frames;
		if (view !== frames.window || length > Length.SHORT) return this.writeOther(view, length);
		const frame = frames.short!;
		const mask = frames.mask!;
		frame[0] = First.BINARY;
		frame[1] = Bit.MASK | length;
		frames.key![0] = this.random();
		this.xor(view, mask);
		// What it throws is not caught here, which would cost a tenth of all that publishing takes: see `putBack`.
		const room = this.stream!.write(frame)!;
		this.xor(view, mask);
		if (room >= Head.MEDIUM) return room > Room.FRAME ? Length.MEDIUM : room - Head.MEDIUM;
		return room === undefined ? undefined : 0;
	}

	/** The same for what is longer, or stands elsewhere. */
	private writeOther(view: Uint8Array, length: number): number | undefined {
		const frame = this.frames.around(view, length, this.allocates);
		const mask = this.scratch.newMask(this.random);
		const head = length > Length.SHORT ? Head.MEDIUM : Head.SHORT;
		frame[0] = First.BINARY;
		if (head === Head.SHORT) frame[1] = Bit.MASK | length;
		else {
			frame[1] = Bit.MASK | Length.TWO_BYTES;
			frame[2] = length >> 8;
			frame[3] = length;
		}
		frame.set(mask, head - Head.MASK);
		this.xor(view, mask);
		this.masked = view;
		const room = this.stream!.write(frame);
		this.masked = undefined;
		this.xor(view, mask);
		return room === undefined ? undefined : roomIn(room);
	}

	putBack(): void {
		const { masked, frames } = this;
		this.masked = undefined;
		if (masked !== undefined) this.xor(masked, this.scratch.mask);
		else if (frames.window !== undefined) this.xor(frames.window, frames.mask!);
	}

	/** Sends the first `length` bytes that `control` holds, if there is room; returns the room left, undefined without. */
	private sendControl(opcode: Opcode, length: number): number | undefined {
		const { control, scratch } = this;
		control[0] = Bit.FIN | opcode;
		control[1] = Bit.MASK | length;
		const mask = scratch.newMask(this.random);
		// Not by `set`, which copies what is in the same buffer first.
		for (let i = 0; i < Head.MASK; i++) control[Head.SHORT - Head.MASK + i] = mask[i];
		this.maskControl(length);
		const room = scratch.writeControl(this.stream!, Head.SHORT + length);
		this.maskControl(length);
		return room;
	}

	private maskControl(length: number): void {
		const { control } = this;
		const { mask } = this.scratch;
		for (let i = 0; i < length; i++) control[Head.SHORT + i] ^= mask[i & 3];
	}

	/** Sends a close frame, if there is room. */
	private sendClose(status: number): void {
		const { control } = this;
		control[Head.SHORT] = status >> 8;
		control[Head.SHORT + 1] = status;
		this.sendControl(Opcode.CLOSE, status === Close.NO_STATUS ? 0 : 2);
	}

	// ---- the stream below

	onWritable(room: number): void {
		if (this.handshake === undefined) {
			this.owner.onWritable(roomIn(this.sendPong() ?? room));
			return;
		}
		this.room = room;
		this.sendRequest(this.handshake);
	}

	private sendRequest(handshake: Handshake): void {
		if (!handshake.begun)
			try {
				handshake.begin();
			} catch (error) {
				this.fail(HEADER_FAILED);
				throw error;
			}
		// A function among the headers may have closed the client.
		if (this.stream === undefined) return;
		try {
			this.room = handshake.send(this.stream, this.room);
		} catch {
			this.fail();
		}
	}

	onError(reason?: Reason): void {
		this.owner.onError(reason ?? (this.handshake?.begun ? NO_ANSWER : undefined));
	}

	// ---- what comes

	protected onAnswer(byte: number): void {
		const verdict = this.handshake!.add(byte);
		if (verdict === false) return;
		if (verdict !== true) {
			this.fail(verdict);
			return;
		}
		this.handshake = undefined;
		this.step = Step.FIRST;
		this.owner.onWritable(roomIn(this.room));
	}

	protected onPingBegun(): void {
		this.pinged = Ping.NONE;
	}

	protected onPing(length: number): void {
		this.pinged = length;
		this.sendPong();
	}

	/** Answers the last ping, if there is room now (RFC 6455, section 5.5.3); returns the room left, undefined if not. */
	private sendPong(): number | undefined {
		if (this.pinged === Ping.NONE) return undefined;
		const room = this.sendControl(Opcode.PONG, this.pinged);
		if (room !== undefined) this.pinged = Ping.NONE;
		return room;
	}

	/** Answers with the same status (RFC 6455, section 5.5.1). */
	protected onClose(status: number): void {
		this.onMalformed(new Closed(status), status);
	}

	protected onMalformed(reason: Reason, status: number): void {
		this.sendClose(status);
		this.fail(reason);
	}

	// ---- the end

	/** The connection is of no more use. */
	private fail(reason?: Reason): void {
		this.stop();
		this.owner.onError(reason);
	}

	close(): void {
		const { stream } = this;
		if (stream === undefined) return;
		if (this.handshake === undefined && this.step !== Step.OVER) this.sendClose(Close.NORMAL);
		this.stop();
		this.stream = undefined;
		stream.close();
	}
}
