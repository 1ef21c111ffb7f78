// Pieces of text, joined until a line feed, in bounded memory. Knows strings only.

/** Characters of a line; the rest of it is left out. */
export const LINE_LIMIT = 8192;

export class Lines {
	readonly #onLine: (text: string, cut: boolean) => void;
	#text = "";
	#cut = false;
	#aged = false;

	constructor(onLine: (text: string, cut: boolean) => void) {
		this.#onLine = onLine;
	}

	add(text: string): void {
		let at = 0;
		for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", at)) {
			this.#take(text, at, end);
			this.#emit(this.#cut);
			at = end + 1;
		}
		this.#take(text, at, text.length);
		this.#aged = false;
	}

	/** What there is of a line is told as it is. `cut`: more of it was lost. */
	flush(cut = false): void {
		if (this.#text !== "") this.#emit(cut || this.#cut);
	}

	/** Called once in a while: a line that gets no longer is told without its line feed. */
	tick(): void {
		if (this.#aged) this.flush();
		this.#aged = true;
	}

	/** The number of characters that are not told then, without those over the limit. */
	clear(): number {
		const { length } = this.#text;
		this.#text = "";
		this.#cut = false;
		return length;
	}

	#take(text: string, from: number, to: number): void {
		const room = LINE_LIMIT - this.#text.length;
		if (to - from > room) this.#cut = true;
		if (room > 0 && to > from) this.#text += text.slice(from, Math.min(to, from + room));
	}

	#emit(cut: boolean): void {
		const text = this.#text.endsWith("\r") ? this.#text.slice(0, -1) : this.#text;
		this.clear();
		this.#onLine(text, cut);
	}
}
