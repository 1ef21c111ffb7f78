// esptool-js's way to the chip, over a SerialLine. Knows esptool-js's Transport; passes on answers and nothing else.

import { setTimeout as wait } from "node:timers/promises";
import { TimeoutError, Transport } from "esptool-js";
import type { PortInfo } from "../serial/port-info.js";
import type { SerialLine } from "../serial/serial-line.js";
import { Frames } from "./frames.js";

const MOST_FRAMES = 64;

/**
 * Replaces all that touches a Web Serial port: the original waits in steps of a millisecond, gives up at the first
 * stray byte, and may never end closing. Once it failed, every call throws that failure.
 */
export class LineTransport extends Transport {
	#line: SerialLine;
	#port: PortInfo;
	#answers = new Frames((frame) => this.#arrived(frame));
	#frames: Uint8Array[] = [];
	#waiting: { resolve(frame: Uint8Array): void; reject(error: unknown): void } | undefined;
	#failure: unknown;
	#failed = rejectable();
	#heard = 0;
	#answered = false;
	#take = (bytes: Uint8Array) => {
		this.#heard += bytes.length;
		this.#answers.take(bytes);
	};

	constructor(line: SerialLine, port: PortInfo) {
		super(undefined as never); // there is no Web Serial port
		this.#line = line;
		this.#port = port;
		line.on("data", this.#take);
	}

	/** Bytes received so far. */
	get heard(): number {
		return this.#heard;
	}

	/** There was an answer, once at least. */
	get answered(): boolean {
		return this.#answered;
	}

	/** The last of what came since the last answer. */
	get text(): string {
		return this.#answers.text;
	}

	/** Whether frames that are no answers are passed on too. */
	takeAll(takesAll: boolean): void {
		this.#answers.takesAll = takesAll;
		if (!takesAll) this.#frames = [];
	}

	get failure(): unknown {
		return this.#failure;
	}

	/** Ends whatever waits, for good. */
	fail(error: unknown): void {
		if (this.#failure !== undefined) return;
		this.#failure = error;
		this.#failed.reject(error);
		this.#waiting?.reject(error);
		this.#waiting = undefined;
	}

	#arrived(frame: Uint8Array): void {
		this.#answered = true;
		if (this.#waiting !== undefined) {
			this.#waiting.resolve(frame);
			this.#waiting = undefined;
		} else if (this.#frames.length < MOST_FRAMES) this.#frames.push(frame);
	}

	#check(): void {
		if (this.#failure !== undefined) throw this.#failure;
	}

	override async write(data: Uint8Array): Promise<void> {
		this.#check();
		const written = this.#line.write(this.slipWriter(data));
		written.catch((error) => this.fail(error)); // gone or stuck: trying again would take as long again
		await Promise.race([written, this.#failed.promise]);
	}

	/** The next answer. */
	override async read(timeout: number): Promise<Uint8Array> {
		this.#check();
		const next = this.#frames.shift();
		if (next !== undefined) return next;
		let timer: NodeJS.Timeout | undefined;
		try {
			return await new Promise<Uint8Array>((resolve, reject) => {
				this.#waiting = { resolve, reject };
				timer = setTimeout(() => {
					this.#waiting = undefined;
					reject(new TimeoutError("the chip did not answer"));
				}, timeout);
			});
		} finally {
			clearTimeout(timer);
		}
	}

	override flushInput(): void {
		this.#frames = [];
	}

	/** Until nothing came for `quietMs`, at most `maxMs`. */
	override async drainInput(quietMs = 100, maxMs = 400): Promise<void> {
		const end = performance.now() + maxMs;
		for (let heard = -1; heard !== this.#heard && performance.now() < end; ) {
			heard = this.#heard;
			await wait(quietMs);
		}
		this.#check();
		this.flushInput();
	}

	override async flushOutput(): Promise<void> {}

	override inWaiting(): number {
		return this.#frames.length;
	}

	override peek(): Uint8Array {
		return Buffer.from(this.text, "latin1");
	}

	override getInfo(): string {
		return this.#line.path;
	}

	override getVid(): number | undefined {
		return number(this.#port.vendorId);
	}

	override getPid(): number | undefined {
		return number(this.#port.productId);
	}

	/** The line is open; the ROM is spoken to at its own baud rate. */
	override async connect(baud = 115_200): Promise<void> {
		this.#check();
		this.baudrate = baud;
		if (this.#line.baudRate !== baud) await this.#line.setBaudRate(baud);
	}

	override async changeBaudrate(baud: number): Promise<boolean> {
		await this.connect(baud);
		return false;
	}

	/** `data` brings what there is. */
	override async readLoop(): Promise<void> {}

	/** The line belongs to whoever opened it. */
	override async disconnect(): Promise<void> {}

	/** Stops listening to the line. */
	release(): void {
		this.#line.off("data", this.#take);
	}

	/** esptool-js writes to the console without being asked. */
	override trace(): void {}
}

function number(digits: string | undefined): number | undefined {
	return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

/** Rejects when told, and is no unhandled rejection meanwhile. */
function rejectable(): { promise: Promise<never>; reject(error: unknown): void } {
	let reject: (error: unknown) => void = () => {};
	const promise = new Promise<never>((_resolve, rejecting) => {
		reject = rejecting;
	});
	promise.catch(() => {});
	return { promise, reject };
}
