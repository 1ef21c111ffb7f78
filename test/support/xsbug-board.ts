// A board with a debug build at the far end of a pseudo-terminal, as its debugger sees it: logs in, falls silent when
// it is not answered within two seconds, stands still at breaks, restarts on request. Knows the pty and the session.

import { setTimeout as pause } from "node:timers/promises";
import type { Pty } from "./pty.js";
import { closing, framed, login, messagesOf, RESET, SESSION } from "./xsbug.js";

const TAG = "3FFB4264";
const ROM = [
	"\r\n ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\n",
	"load 0x40100000, len 1396, room 16",
	"tail 4\r\nchksum 0x89\r\nload 0x3ffe8000, len 776, room 4",
	"tail 4\r\nchksum 0xe8\r\nload 0x3ffe8308, len 540, room 4",
];

export interface Rates {
	boot: number;
	app: number;
}

export class XsbugBoard {
	/** What it was told, in order: "go", "exceptions", "restart". */
	readonly told: string[] = [];
	/** Bytes it writes at once. */
	chunk = 65_536;
	/** Milliseconds. */
	patience = 2000;
	readonly #pty: Pty;
	readonly #rates: Rates | undefined;
	readonly #messages: string[];
	#received = "";
	#waiting: (() => void) | undefined;
	#connected = false;
	#boots = 0;

	/** `rates`: what it sends and gets at others is noise. */
	constructor(pty: Pty, rates?: Rates, messages = messagesOf(SESSION).slice(1)) {
		this.#pty = pty;
		this.#rates = rates;
		this.#messages = messages;
		pty.on("data", (bytes) => this.#hear(bytes));
	}

	/** As after pressing its RESET button. Resolves when all is sent, or when it has fallen silent. */
	async boot(): Promise<void> {
		const life = ++this.#boots;
		this.#connected = false;
		for (const line of ROM) {
			this.#send(Buffer.from(`${line}\r\n`), this.#rates?.boot);
			// A ROM is slow, and its app needs time to start.
			if (this.#rates !== undefined) await pause(30);
		}
		if (this.#rates !== undefined) await pause(400);
		this.#connected = true;
		this.#send(RESET);
		this.#send(framed(TAG, login("capture")));
		if (!(await this.#answered(this.patience))) {
			if (life !== this.#boots) return;
			this.#connected = false;
			this.#send(closing(TAG));
			return;
		}
		for (const message of this.#messages) {
			if (life !== this.#boots) return;
			this.#send(framed(TAG, message));
			if (message.includes("<break")) await this.#answered();
		}
	}

	#send(bytes: Buffer, rate = this.#rates?.app): void {
		const heard = rate === undefined || this.#listensAt(rate) ? bytes : bytes.map((byte) => byte | 0x80);
		for (let at = 0; at < heard.length; at += this.chunk)
			this.#pty.write(heard.subarray(at, at + this.chunk));
	}

	/** Of a rate that has no name in POSIX, the system tells 0. */
	#listensAt(rate: number): boolean {
		return this.#pty.speed() === (rate === 74_880 ? 0 : rate);
	}

	/** False after so many milliseconds. */
	#answered(patience?: number): Promise<boolean> {
		return new Promise((resolve) => {
			const timer = patience === undefined ? undefined : setTimeout(() => resolve(false), patience);
			this.#waiting = () => {
				clearTimeout(timer);
				this.#waiting = undefined;
				resolve(true);
			};
		});
	}

	#hear(bytes: Buffer): void {
		if (!this.#connected || (this.#rates !== undefined && !this.#listensAt(this.#rates.app))) return;
		this.#received += bytes.toString("latin1");
		const pattern = new RegExp(
			`\\r\\n<\\?xs(?:\\.${TAG}\\?>\\r\\n<(.*?)>\\r\\n|#${TAG}\\?>\\0\\x01\\x01)`,
			"g",
		);
		for (let match = pattern.exec(this.#received); match !== null; match = pattern.exec(this.#received))
			this.#obey(match[1]);
		this.#received = this.#received.slice(this.#received.lastIndexOf("\r\n<?xs"));
		if (pattern.test(this.#received)) this.#received = "";
	}

	#obey(xml: string | undefined): void {
		if (xml === undefined) {
			this.told.push("restart");
			void this.boot();
		} else if (xml === "go/") {
			this.told.push("go");
			this.#waiting?.();
		} else if (/^set-all-breakpoints><breakpoint path="exceptions"/.test(xml)) this.told.push("exceptions");
	}
}
