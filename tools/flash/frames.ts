// Answers of a chip, found in whatever the line brings: boot texts, noise, halves. Knows SLIP and how an answer begins.

const END = 0xc0;
const ESCAPE = 0xdb;
const ESCAPED_END = 0xdc;
const ESCAPED_ESCAPE = 0xdd;

const ANSWER = 1;
const SHORTEST_ANSWER = 10;
const GREETING = Buffer.from("OHAI");

/** The chip sends no longer answers. */
const LONGEST_FRAME = 4096;
const MOST_TEXT = 4096;

/**
 * A frame is what lies between two ENDs, so that a lost byte costs one frame. What comes between answers counts as text.
 * Memory is bounded.
 */
export class Frames {
	#onFrame: (frame: Uint8Array) => void;
	#frame = new Uint8Array(LONGEST_FRAME);
	#length = 0;
	#escaping = false;
	#text = "";
	/** Each frame is wanted, also one that is no answer: what is read from flash comes so. */
	takesAll = false;

	constructor(onFrame: (frame: Uint8Array) => void) {
		this.#onFrame = onFrame;
	}

	/** The last of what came since the last answer, also when its END has not come. */
	get text(): string {
		return this.#text + Buffer.from(this.#frame.subarray(0, this.#length)).toString("latin1");
	}

	take(bytes: Uint8Array): void {
		for (const byte of bytes) this.#takeByte(byte);
	}

	#takeByte(byte: number): void {
		if (byte === END) this.#end();
		else if (this.#escaping) {
			this.#escaping = false;
			this.#append(byte === ESCAPED_END ? END : byte === ESCAPED_ESCAPE ? ESCAPE : byte);
		} else if (byte === ESCAPE) this.#escaping = true;
		else this.#append(byte);
	}

	#append(byte: number): void {
		if (this.#length === LONGEST_FRAME) this.#spill();
		this.#frame[this.#length++] = byte;
	}

	#end(): void {
		this.#escaping = false;
		const frame = this.#frame.slice(0, this.#length);
		if (this.takesAll && frame.length === 0) return;
		if (this.takesAll || (frame[0] === ANSWER && frame.length >= SHORTEST_ANSWER) || GREETING.equals(frame)) {
			this.#length = 0;
			this.#text = "";
			this.#onFrame(frame);
		} else this.#spill();
	}

	#spill(): void {
		this.#text = this.text.slice(-MOST_TEXT);
		this.#length = 0;
	}
}
