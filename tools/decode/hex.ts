// Bytes from text: plain hex digits in any grouping, 0x or \x before them, as C arrays, with comments, and the dumps of
// hexdump -C, xxd, od -tx1 and Wireshark. Knows text only; a line is all that it keeps.

import { Problem } from "../problem.js";
import { printable } from "../text.js";

/** Characters of a line that is looked at as one; a longer one comes in pieces, and is plain digits. */
const LINE = 16_384;
/** Bytes that a dump's "*" may stand for. */
const REPEATED = 1 << 20;
/** Bytes that a line of a dump has. */
const DUMP_LINE = 256;

export class HexReader {
	readonly #onBytes: (bytes: Uint8Array) => void;
	readonly #decoder = new TextDecoder("latin1");
	#text = "";
	#line = 0;
	/** Bytes since the dump began. */
	#count = 0;
	/** Digit of a byte whose other digit is to come. */
	#half = "";
	#inComment = false;
	/** In the middle of a line too long to keep. */
	#inPiece = false;
	/** The dump's last line, while a "*" stands for more of it. */
	#last = new Uint8Array();
	#star = false;

	constructor(onBytes: (bytes: Uint8Array) => void) {
		this.#onBytes = onBytes;
	}

	push(bytes: Uint8Array): void {
		this.#text += this.#decoder.decode(bytes, { stream: true });
		const lines = this.#text.split(/\r\n|\n|\r(?!$)/);
		this.#text = lines.pop()!;
		for (const line of lines) this.#whole(line);
		while (this.#text.length > LINE) {
			this.#inPiece = true;
			this.#digits(this.#text.slice(0, LINE));
			this.#text = this.#text.slice(LINE);
		}
	}

	end(): void {
		this.#whole(this.#text);
		if (this.#half !== "") throw this.#bad("it ends with half a byte", "give two digits for each byte");
	}

	#whole(line: string): void {
		this.#line++;
		if (this.#inPiece) this.#digits(line);
		else if (this.#inComment || !this.#isDump(line)) {
			const plain = this.#withoutComments(line);
			this.#digits(plain.replace(/(#|\/\/|;).*$/, " "));
		}
		this.#inPiece = false;
	}

	#withoutComments(line: string): string {
		let plain = "";
		for (let rest = line; ; ) {
			const found = rest.indexOf(this.#inComment ? "*/" : "/*");
			if (!this.#inComment) plain += `${found < 0 ? rest : rest.slice(0, found)} `;
			if (found < 0) return plain;
			this.#inComment = !this.#inComment;
			rest = rest.slice(found + 2);
		}
	}

	/** Takes a line of a dump. The offset at its beginning is known by its value: it is what was read so far. */
	#isDump(line: string): boolean {
		if (line.trim() === "*" && this.#last.length > 0) {
			this.#star = true;
			return true;
		}
		const found = /^\s*([0-9a-f]{4,16})(:\s*|[ \t]+|$)(.*)$/i.exec(line);
		if (found !== null) {
			const [, digits, gap, rest] = found;
			const inDump = this.#last.length > 0;
			const isOffset = inDump || (gap === " " ? this.#count === 0 || digits.length % 2 === 1 : gap !== "");
			if (isOffset && this.#isOffset(digits)) {
				this.#dumpLine(rest, gap.startsWith(":"));
				return true;
			}
		}
		this.#last = new Uint8Array();
		return false;
	}

	#isOffset(digits: string): boolean {
		const hex = Number.parseInt(digits, 16);
		const octal = /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : -1;
		if (this.#star) {
			const offset = digits.length % 2 === 1 ? octal : hex;
			this.#repeatTo(offset);
			return true;
		}
		if (hex === 0) this.#count = 0; // another dump
		return hex === this.#count || octal === this.#count;
	}

	#repeatTo(offset: number): void {
		this.#star = false;
		const more = offset - this.#count;
		if (!(more >= 0 && more <= REPEATED))
			throw this.#bad("the offset behind * is not possible", "dump with hexdump -v, xxd or od -v");
		const bytes = new Uint8Array(more);
		for (let i = 0; i < more; i++) bytes[i] = this.#last[i % this.#last.length];
		this.#emit(bytes);
	}

	/** Behind the offset: bytes, then what they are as text, behind "|", ">" or spaces. */
	#dumpLine(line: string, isXxd: boolean): void {
		const bytesOnly = isXxd ? line.replace(/\s{2,}.*$/, "") : line.replace(/\s[|>].*$/, "");
		const tokens: string[] = [];
		let words = 0;
		for (const token of bytesOnly.trim().split(/[\s-]+/)) {
			if (!/^([0-9a-f]{2})+$/i.test(token) || tokens.join("").length + token.length > 2 * DUMP_LINE) break;
			// Wireshark's text begins behind three spaces.
			tokens.push(token);
			if (token.length === 4) words++;
		}
		if (!isXxd && words > 0)
			throw this.#bad(
				"these are words, in which the bytes are swapped",
				"dump with hexdump -C, xxd or od -tx1",
			);
		const plain = isXxd ? tokens : tokens.slice(0, textBehind(line));
		const bytes = Uint8Array.from(Buffer.from(plain.join(""), "hex"));
		this.#emit(bytes);
		this.#last = bytes;
	}

	#digits(text: string): void {
		const plain = text
			.replace(/0x|\\x/gi, " ")
			.replace(/\b(static|const|unsigned|char|uint8_t|byte|u8)\b|\b[a-z_]\w*\s*\[\d*\]\s*=/gi, " ");
		const wrong = /[^0-9a-f\s,:;{}()[\]"'<>|\\-]/i.exec(plain);
		if (wrong !== null)
			throw this.#bad(
				`"${printable(wrong[0], 8)}" is no hexadecimal digit`,
				"put # before comments, or name what it is with --format",
			);
		const digits = this.#half + plain.replace(/[^0-9a-f]/gi, "");
		const even = digits.length & ~1;
		this.#half = digits.slice(even);
		this.#emit(Uint8Array.from(Buffer.from(digits.slice(0, even), "hex")));
	}

	#emit(bytes: Uint8Array): void {
		if (bytes.length === 0) return;
		this.#count += bytes.length;
		this.#onBytes(bytes);
	}

	#bad(cause: string, advice: string): Problem {
		return new Problem(`line ${this.#line} of the hex text`, cause, advice);
	}
}

/** Tokens before the text column, which three spaces set off (hexdump -C has two between its halves). */
function textBehind(line: string): number {
	const gap = /\S\s{3,}\S/.exec(line);
	if (gap === null) return Number.POSITIVE_INFINITY;
	return line
		.slice(0, gap.index + 1)
		.trim()
		.split(/[\s-]+/).length;
}
