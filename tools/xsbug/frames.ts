// The debug stream's bytes, told apart: raw text, processing instructions, messages, binary. Knows no XML but <xsbug>.

export interface FrameSink {
	/** Bytes outside of messages. */
	raw(bytes: Buffer): void;
	/** What follows is the machine's: "." a message, "#" binary, "-" nothing, since it has gone. */
	instruction(kind: string, machine: string): void;
	/** `<xsbug>` */
	open(): void;
	/** Bytes within a message. */
	message(bytes: Buffer): void;
	/** `</xsbug>`; not whole: something else came instead. */
	close(whole: boolean): void;
	binary(bytes: Buffer): void;
}

const CR = 0x0d;
const LF = 0x0a;
const LESS = 0x3c;
const CRLF = Buffer.from("\r\n");

/** K is a kind, H a hexadecimal digit. */
const INSTRUCTION = "<?xsKHHHHHHHH?>";
const OPEN = "<xsbug>";
const CLOSE = "</xsbug>";
const TOKENS = [INSTRUCTION, OPEN, CLOSE];
const NONE = "";
const KIND = "K".charCodeAt(0);
const DIGIT = "H".charCodeAt(0);

/** More than any answer a board gives: such a length is a damaged one. */
const BINARY_LIMIT = 1024;

const RAW = 0;
const MESSAGE = 1;
const BINARY = 2;

export class Frames {
	readonly #sink: FrameSink;
	#state = RAW;
	/** What may be the beginning of a token. */
	#held: Buffer = Buffer.alloc(0);
	/** The last byte of the message so far was one, which is not told yet. */
	#carriageReturn = false;

	constructor(sink: FrameSink) {
		this.#sink = sink;
	}

	push(bytes: Uint8Array): void {
		const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		const data = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
		let at = 0;
		while (at < data.length) {
			const taken = this.#state === BINARY ? this.#binary(data, at) : this.#text(data, at);
			if (taken === 0) break;
			at += taken;
		}
		// A copy: the chunk may be large, or be written to again.
		this.#held = Buffer.from(data.subarray(at));
	}

	/** The stream is over, or pauses: what was held back is raw text or part of a message. */
	flush(): void {
		const held = this.#held;
		this.#held = Buffer.alloc(0);
		if (held.length > 0 && this.#state !== BINARY) this.#plain(held);
	}

	/** After the stream is over, so that another can begin. */
	reset(): void {
		if (this.#state === MESSAGE) this.#interrupt();
		this.#state = RAW;
		this.#held = Buffer.alloc(0);
	}

	/** The number of bytes taken; 0 when more are needed. */
	#text(data: Buffer, at: number): number {
		let start = data.indexOf(LESS, at);
		let token = start < 0 ? NONE : tokenAt(data, start);
		while (token === NONE && start >= 0) {
			start = data.indexOf(LESS, start + 1);
			if (start >= 0) token = tokenAt(data, start);
		}
		const end = start < 0 ? data.length : start;
		if (end > at) {
			this.#plain(data.subarray(at, end));
			return end - at;
		}
		if (token === undefined) return 0;
		this.#token(token, data, at);
		return token.length;
	}

	#token(token: string, data: Buffer, at: number): void {
		if (token === CLOSE) {
			if (this.#state === MESSAGE) {
				this.#state = RAW;
				this.#tellCarriageReturn();
				this.#sink.close(true);
			} else this.#plain(data.subarray(at, at + token.length));
			return;
		}
		if (this.#state === MESSAGE) this.#interrupt();
		if (token === OPEN) {
			this.#state = MESSAGE;
			this.#sink.open();
			return;
		}
		const kind = String.fromCharCode(data[at + 4]);
		this.#sink.instruction(kind, data.toString("latin1", at + 5, at + 13).toUpperCase());
		if (kind === "#") this.#state = BINARY;
	}

	#plain(bytes: Buffer): void {
		if (this.#state !== MESSAGE) {
			this.#sink.raw(bytes);
			return;
		}
		// Messages have no line ends but single line feeds: this is a panic's text, or another boot's.
		const broken = this.#carriageReturn && bytes[0] === LF ? 0 : bytes.indexOf(CRLF);
		if (broken === 0) this.#carriageReturn = false;
		this.#tellCarriageReturn();
		this.#carriageReturn = broken < 0 && bytes[bytes.length - 1] === CR;
		const end = broken < 0 ? bytes.length - Number(this.#carriageReturn) : broken;
		if (end > 0) this.#sink.message(bytes.subarray(0, end));
		if (broken < 0) return;
		this.#interrupt();
		this.#sink.raw(bytes.subarray(broken));
	}

	#tellCarriageReturn(): void {
		if (this.#carriageReturn) this.#sink.message(CRLF.subarray(0, 1));
		this.#carriageReturn = false;
	}

	#interrupt(): void {
		this.#state = RAW;
		this.#tellCarriageReturn();
		this.#sink.close(false);
	}

	/** Line end, length in two bytes, so many bytes. */
	#binary(data: Buffer, at: number): number {
		if (data.length - at < 2) return 0;
		const start = data[at] === CR && data[at + 1] === LF ? at + 2 : at;
		if (data.length - start < 2) return 0;
		const length = data.readUInt16BE(start);
		if (length > BINARY_LIMIT) {
			this.#state = RAW;
			return start - at + 2;
		}
		const end = start + 2 + length;
		if (data.length < end) return 0;
		this.#state = RAW;
		this.#sink.binary(Buffer.from(data.subarray(start + 2, end)));
		return end - at;
	}
}

/** The token that begins there; undefined when there is too little of it to tell. */
function tokenAt(data: Buffer, at: number): string | undefined {
	for (const token of TOKENS) {
		let i = 1; // after the "<" that all of them have
		while (i < token.length && at + i < data.length && fits(token.charCodeAt(i), data[at + i])) i++;
		if (i === token.length) return token;
		if (at + i === data.length) return undefined;
	}
	return NONE;
}

function fits(expected: number, byte: number): boolean {
	if (expected === KIND) return byte === 0x2e || byte === 0x23 || byte === 0x2d; // . # -
	if (expected !== DIGIT) return byte === expected;
	const letter = byte | 0x20;
	return (byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x66);
}
