// Keeps an open line at the baud rate its board speaks at. Knows the line and pauses; what a rate is judged by is
// LineRate's.

import { textOf } from "../problem.js";
import type { SerialLine } from "../serial/serial-line.js";
import type { LineRate, Verdict } from "./line-rate.js";

/** Milliseconds between a ROM's text and the app's, and between the lines of an app. */
const PAUSE = 80;

export class Tuner {
	readonly #line: SerialLine;
	readonly #rate: LineRate;
	readonly #onNote: (text: string) => void;
	#pause: NodeJS.Timeout | undefined;
	#setting = false;
	#stopped = false;

	constructor(line: SerialLine, rate: LineRate, onNote: (text: string) => void) {
		this.#line = line;
		this.#rate = rate;
		this.#onNote = onNote;
	}

	hear(bytes: Uint8Array): Verdict | undefined {
		const verdict = this.#rate.hear(bytes);
		this.#apply();
		this.#awaitPause();
		return verdict;
	}

	/** The app's bytes were understood. */
	settle(): void {
		this.#rate.settle(this.#line.baudRate);
		this.#apply();
	}

	/** The board was reset. */
	booting(): void {
		this.#rate.booting();
		this.#apply();
		this.#awaitPause();
	}

	/** The app was heard, and not understood, and is silent since. */
	giveUp(): void {
		this.#tellingOfChange(() => this.#rate.giveUp());
	}

	stop(): void {
		this.#stopped = true;
		clearTimeout(this.#pause);
	}

	#awaitPause(): void {
		clearTimeout(this.#pause);
		this.#pause = setTimeout(() => {
			this.#tellingOfChange(() => this.#rate.pause());
		}, PAUSE);
	}

	#tellingOfChange(act: () => void): void {
		const { appRate } = this.#rate;
		act();
		if (this.#rate.appRate !== appRate)
			this.#onNote(`what arrives is unreadable at ${appRate} baud: trying ${this.#rate.appRate}`);
		this.#apply();
	}

	/** One change at a time: the last one counts. */
	async #apply(): Promise<void> {
		if (this.#setting) return;
		this.#setting = true;
		try {
			while (!this.#stopped && this.#line.baudRate !== this.#rate.rate)
				await this.#line.setBaudRate(this.#rate.rate);
		} catch (error) {
			if (this.#line.isOpen) this.#onNote(textOf(error));
		}
		this.#setting = false;
	}
}
