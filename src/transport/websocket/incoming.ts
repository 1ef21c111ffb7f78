// Frames that come (RFC 6455, section 5), from a stream cut anywhere: what they hold goes straight to where the owner reads
// it. Knows frames; not what is sent, nor how the connection began.

import type { Reason } from "../../wire/reason.js";
import type { Stream, StreamOwner } from "../stream.js";
import { Bit, Close, Head, Length, Opcode } from "./protocol.js";
import {
	CLOSE_STATUS,
	CONTROL_FRAME,
	FRAGMENT,
	FRAME_LENGTH,
	MASKED_FRAME,
	RESERVED_BITS,
	RESERVED_OPCODE,
	TEXT_FRAME,
} from "./reasons.js";
import type { Scratch } from "./scratch.js";

/** What is read next. */
export const enum Step {
	/** A frame's first byte. */
	FIRST = 0,
	SECOND = 1,
	/** A byte of a longer length. */
	LENGTH = 2,
	/** A byte that a control frame holds. */
	CONTROL = 3,
	/** A byte of the answer to the request. */
	ANSWER = 4,
	/** The connection is over. */
	OVER = 5,
}

export abstract class Incoming {
	// Hot fields first: XS looks for a field from the first one on.
	/** The stream below; undefined before it is there, and when this one is closed. */
	stream: Stream | undefined = undefined;
	/** Bytes that it has. */
	private available = 0;
	/**
	 * How many of them are behind the data frame at hand: below 0 when so many of its own are still to come. As many as
	 * `available` when all of it was read.
	 */
	private behind = 0;
	protected step: number = Step.ANSWER;
	protected readonly owner: StreamOwner;
	/** For a frame's first two bytes, and for a single one. */
	private readonly two: Uint8Array;
	private readonly one: Uint8Array;
	/** A message has begun whose last fragment has not come. */
	private fragmented = false;
	private first = 0;
	/** Bytes of length that are to come. */
	private lengthBytes = 0;
	/** What fits a shorter form of it. */
	private shorter = 0;
	/** Length of the frame at hand, as far as it is known. */
	private length = 0;
	/** How much of a control frame has come. */
	private position = 0;
	/** What it holds, a frame's header in front. */
	protected readonly control: Uint8Array;

	constructor(owner: StreamOwner, { two, one, control }: Scratch) {
		this.owner = owner;
		this.two = two;
		this.one = one;
		this.control = control;
	}

	/** Another byte of the answer has come. */
	protected abstract onAnswer(byte: number): void;
	/** A ping has begun: from now on `control` holds what it holds. */
	protected abstract onPingBegun(): void;
	/** A ping has come, with so many bytes. */
	protected abstract onPing(length: number): void;
	/** A close frame has come. */
	protected abstract onClose(status: number): void;
	/** The broker broke a rule. */
	protected abstract onMalformed(reason: Reason, status: number): void;
	/** The stream below has thrown. */
	abstract onError(): void;

	read(view: Uint8Array): number | undefined {
		const got = this.stream!.read(view);
		if (got! > 0) this.available -= got!;
		return got;
	}

	/** Announces what is there of one frame after the other, as long as the owner reads all of it. */
	onReadable(count: number): void {
		this.behind += count - this.available;
		this.available = count;
		for (let available = count; available > 0; available = this.available) {
			const behind = this.behind;
			if (available > behind) {
				this.owner.input.onReadable(behind > 0 ? available - behind : available);
				if (this.available > this.behind) return;
			} else if (this.step !== Step.FIRST || available === 1) this.readByte();
			else this.readHeader(available);
		}
	}

	/** As if the stream below had told again what it has. */
	readOn(): void {
		this.onReadable(this.available);
	}

	/** Whatever else comes is not looked at. */
	protected stop(): void {
		this.step = Step.OVER;
		this.available = this.behind = 0;
	}

	/** Reads the first two bytes of a frame, or one of them. */
	private readHeader(available: number): void {
		const two = this.two;
		let got: number | undefined;
		try {
			got = this.stream!.read(two);
		} catch {
			this.lose();
			return;
		}
		const first = two[0];
		const second = two[1];
		// A short message in one frame.
		if (got === 2)
			if (first === (Bit.FIN | Opcode.BINARY))
				if (second <= Length.SHORT)
					if (!this.fragmented) {
						this.behind = (this.available = available - 2) - second;
						return;
					}
		this.behind = this.available = got === undefined ? 0 : available - got;
		if (got !== undefined && this.addFirst(first) && got === 2) this.addSecond(second);
	}

	/** Reads a byte of a frame's header, or of a control frame. */
	private readByte(): void {
		const { one } = this;
		let got: number | undefined;
		try {
			got = this.stream!.read(one);
		} catch {
			this.lose();
			return;
		}
		this.behind = this.available = got === undefined ? 0 : this.available - got;
		if (got === undefined) return;
		const byte = one[0];
		switch (this.step) {
			case Step.FIRST:
				this.addFirst(byte);
				break;
			case Step.SECOND:
				this.addSecond(byte);
				break;
			case Step.LENGTH:
				this.addLength(byte);
				break;
			case Step.CONTROL:
				this.addControl(byte);
				break;
			case Step.ANSWER:
				this.onAnswer(byte);
				break;
		}
	}

	/** The stream below has thrown. */
	private lose(): void {
		this.stop();
		this.onError();
	}

	/** Whether its second byte may come. */
	private addFirst(byte: number): boolean {
		const opcode = byte & Bit.OPCODE;
		const isLast = (byte & Bit.FIN) !== 0;
		if ((byte & Bit.RESERVED) !== 0) return this.reject(RESERVED_BITS);
		if (opcode === Opcode.TEXT) return this.reject(TEXT_FRAME, Close.UNSUPPORTED_DATA);
		if (opcode > Opcode.PONG || (opcode > Opcode.BINARY && opcode < Opcode.CONTROL))
			return this.reject(RESERVED_OPCODE);
		if (opcode >= Opcode.CONTROL) {
			if (!isLast) return this.reject(CONTROL_FRAME);
		} else {
			if ((opcode === Opcode.CONTINUATION) !== this.fragmented) return this.reject(FRAGMENT);
			this.fragmented = !isLast;
		}
		this.first = byte;
		this.step = Step.SECOND;
		return true;
	}

	private addSecond(byte: number): void {
		if ((byte & Bit.MASK) !== 0) {
			this.reject(MASKED_FRAME);
			return;
		}
		this.length = byte;
		if (byte <= Length.SHORT) this.beginFrame();
		else if ((this.first & Opcode.CONTROL) !== 0) this.reject(CONTROL_FRAME);
		else {
			this.lengthBytes = byte === Length.TWO_BYTES ? 2 : 8;
			this.shorter = byte === Length.TWO_BYTES ? Length.SHORT : Length.MEDIUM;
			this.length = 0;
			this.step = Step.LENGTH;
		}
	}

	private addLength(byte: number): void {
		this.length = this.length * 256 + byte;
		if (--this.lengthBytes > 0) return;
		if (this.length <= this.shorter || this.length > Length.LONGEST) this.reject(FRAME_LENGTH);
		else this.beginFrame();
	}

	/** The header is whole. */
	private beginFrame(): void {
		if ((this.first & Opcode.CONTROL) === 0) {
			this.step = Step.FIRST;
			this.behind = this.available - this.length;
			return;
		}
		this.position = 0;
		if ((this.first & Bit.OPCODE) !== Opcode.PONG) this.onPingBegun();
		if (this.length > 0) this.step = Step.CONTROL;
		else this.endControl();
	}

	private addControl(byte: number): void {
		// The payload of a pong does not matter, and that of a ping may still wait to be sent.
		if ((this.first & Bit.OPCODE) !== Opcode.PONG) this.control[Head.SHORT + this.position] = byte;
		if (++this.position === this.length) this.endControl();
	}

	private endControl(): void {
		const opcode = this.first & Bit.OPCODE;
		this.step = Step.FIRST;
		if (opcode === Opcode.PING) this.onPing(this.length);
		else if (opcode === Opcode.CLOSE) this.readStatus();
	}

	private readStatus(): void {
		const { control, length } = this;
		const status = length === 0 ? Close.NO_STATUS : (control[Head.SHORT] << 8) | control[Head.SHORT + 1];
		if (length === 0 || (length > 1 && isStatus(status))) this.onClose(status);
		else this.reject(CLOSE_STATUS);
	}

	private reject(reason: Reason, status = Close.PROTOCOL_ERROR): false {
		this.onMalformed(reason, status);
		return false;
	}
}

/** Whether a close frame may have it (RFC 6455, section 7.4, and the registry it begins). */
const isStatus = (status: number): boolean =>
	status <= Close.BAD_GATEWAY
		? status >= Close.NORMAL && (status < Close.RESERVED || status > Close.ABNORMAL)
		: status >= Close.OTHERS && status <= Close.LAST;
