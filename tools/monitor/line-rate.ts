// Which baud rate a board speaks at, from what its bytes look like. Knows chips' habits, no port and no clock.
//
// The ROM of an ESP8266 prints at 74880 baud, that of an ESP32 at 115200; the app goes on at a rate of its own, after
// a pause. At any other rate than theirs the bytes are noise. So there are two modes: at the app's rate, and, after a
// reset or when noise is heard, at a ROM's rate until there is a pause.

const BOOT_RATES = { esp32: 115_200, esp8266: 74_880 };
const APP_RATES = { esp32: 460_800, esp8266: 921_600 };
/** Others that Moddable's targets have. */
const MORE_RATES = [115_200, 1_500_000];

export type Chip = keyof typeof BOOT_RATES;

/** Characters to judge by, and how many of them may be odd. */
const SAMPLE = 24;
const NOISE = 0.25;
/** How often the app's rate is heard as noise before another one is tried. */
const PATIENCE = 2;

export interface Verdict {
	noise: boolean;
	/** Whose rate was listened at. */
	by: "app" | "boot";
}

export class LineRate {
	readonly #appRates: number[];
	readonly #fixed: boolean;
	#app = 0;
	#chip: Chip;
	#mode: Verdict["by"] = "app";
	#otherBootRateTried = false;
	#noises = 0;
	#settled = false;
	readonly #sample = new Sample();

	/** `fixed`: the app's rate, if the user has told it. */
	constructor(fixed: number | undefined, guess: Chip) {
		this.#fixed = fixed !== undefined;
		this.#chip = guess;
		const rates = [APP_RATES[guess], ...Object.values(APP_RATES), ...MORE_RATES];
		this.#appRates = fixed === undefined ? [...new Set(rates)] : [fixed];
	}

	/** The rate to listen at. */
	get rate(): number {
		return this.#mode === "app" ? this.#appRates[this.#app] : BOOT_RATES[this.#chip];
	}

	/** The rate the app is believed to have. */
	get appRate(): number {
		return this.#appRates[this.#app];
	}

	/** What arrived at `rate`; after noise, `rate` may be another one. Undefined: too little to tell. */
	hear(bytes: Uint8Array): Verdict | undefined {
		const noise = this.#sample.add(bytes);
		if (noise === undefined) return undefined;
		const by = this.#mode;
		if (noise) this.#noise();
		else if (by === "boot") this.#readBoot();
		return { noise, by };
	}

	/** The app was heard, and not understood, and is silent since: another rate. */
	giveUp(): void {
		if (this.#settled) return;
		this.#noises = 0;
		this.#app = (this.#app + 1) % this.#appRates.length;
	}

	/** A message was understood at `rate`: it is the app's. */
	settle(rate: number): void {
		this.#mode = "app";
		this.#settled = true;
		this.#noises = 0;
		if (!this.#appRates.includes(rate)) this.#appRates.push(rate);
		this.#app = this.#appRates.indexOf(rate);
	}

	/** The board was reset: its ROM speaks first. */
	booting(): void {
		this.#boot();
	}

	/** Nothing was heard for a moment: a ROM that spoke is done. */
	pause(): void {
		this.#sample.clear();
		if (this.#mode === "app") return;
		this.#mode = "app";
		if (this.#noises >= PATIENCE) this.giveUp();
	}

	#boot(): void {
		this.#mode = "boot";
		this.#otherBootRateTried = false;
		this.#sample.clear();
	}

	#noise(): void {
		if (this.#mode === "app") {
			this.#noises++;
			this.#boot();
		} else if (!this.#otherBootRateTried) {
			this.#otherBootRateTried = true;
			this.#chip = this.#chip === "esp32" ? "esp8266" : "esp32";
			this.#sample.clear();
		}
	}

	/** A ROM's text tells the chip. */
	#readBoot(): void {
		this.#noises = 0;
		if (this.#settled || this.#fixed) return;
		this.#app = this.#appRates.indexOf(APP_RATES[this.#chip]);
	}
}

/** Counts characters that text has not: control characters, and bytes that are no UTF-8. */
class Sample {
	#count = 0;
	#odd = 0;
	/** Bytes that the character that has begun still needs. */
	#open = 0;

	/** True: noise. False: text. Undefined: too little to tell. */
	add(bytes: Uint8Array): boolean | undefined {
		let verdict: boolean | undefined;
		for (const byte of bytes) {
			this.#take(byte);
			if (this.#count < SAMPLE) continue;
			verdict = (verdict ?? false) || this.#odd > this.#count * NOISE;
			this.clear();
		}
		return verdict;
	}

	clear(): void {
		this.#count = 0;
		this.#odd = 0;
	}

	#take(byte: number): void {
		this.#count++;
		const continues = byte >= 0x80 && byte < 0xc0;
		if (this.#open > 0 && !continues) this.#odd++;
		else if (this.#open > 0) {
			this.#open--;
			return;
		} else if (isOdd(byte)) this.#odd++;
		this.#open = byte < 0xc2 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : byte < 0xf5 ? 3 : 0;
	}
}

function isOdd(byte: number): boolean {
	if (byte < 0x20) return byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x1b;
	return (byte >= 0x7f && byte < 0xc2) || byte > 0xf4;
}

/** A line of which much is not text. */
export function isNoise(line: string): boolean {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
	const odd = line.match(/[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\ufffd]/g)?.length ?? 0;
	return odd > line.length * NOISE;
}
