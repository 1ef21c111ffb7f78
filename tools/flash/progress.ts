// Progress of flashing for people: a bar in a terminal, lines elsewhere. Knows the terminal, nothing of chips.

import { SingleBar } from "cli-progress";
import { bytesText, rateText, timeText } from "./amounts.js";
import type { Report } from "./flasher.js";
import { type Part, partText } from "./parts.js";

const WIDTH = 24;
/** The rate of the last so many milliseconds tells best when it ends. */
const WINDOW = 3000;

/** A bar on stderr. */
export class BarReport implements Report {
	readonly #lines: NodeJS.WritableStream;
	#bar: SingleBar | undefined;
	#part = "";
	#rate = new Rate();

	/** `lines`: where notes go. */
	constructor(lines: NodeJS.WritableStream) {
		this.#lines = lines;
	}

	note(text: string): void {
		if (this.#bar !== undefined) process.stderr.write("\r\x1b[K"); // the bar is drawn again at the next block
		this.#lines.write(`${text}\n`);
	}

	begin(total: number): void {
		this.#bar = new SingleBar({
			format: (_options, { progress, value }) => this.#line(progress, value, total),
			stream: process.stderr,
			clearOnComplete: true,
			hideCursor: true,
			linewrap: false,
			fps: 10,
		});
		this.#rate = new Rate();
		this.#bar.start(total, 0);
	}

	#line(progress: number, value: number, total: number): string {
		const full = Math.round(progress * WIDTH);
		const percent = `${Math.floor(progress * 100)}`.padStart(3);
		const { perSecond, left } = this.#rate.of(value, total);
		return `${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${percent} %  ${perSecond}, ${left} left  ${this.#part}`;
	}

	part(part: Part, written: number): void {
		this.#part = partText(part);
		this.progress(written);
	}

	progress(written: number): void {
		this.#rate.add(written);
		this.#bar?.update(written);
	}

	end(): void {
		this.#bar?.stop();
		this.#bar = undefined;
	}
}

/** A line for each part, and one for each quarter of the whole. */
export class LineReport implements Report {
	readonly #lines: Pick<NodeJS.WritableStream, "write">;
	#total = 0;
	#quarters = 0;

	constructor(lines: Pick<NodeJS.WritableStream, "write">) {
		this.#lines = lines;
	}

	note(text: string): void {
		this.#lines.write(`${text}\n`);
	}

	begin(total: number): void {
		this.#total = total;
		this.#quarters = 0;
	}

	part(part: Part): void {
		this.note(`writing ${partText(part)} (${bytesText(part.bytes.length)})`);
	}

	progress(written: number): void {
		const quarters = Math.floor((written * 4) / this.#total);
		if (quarters > this.#quarters && quarters < 4)
			this.note(`${quarters * 25} % of ${bytesText(this.#total)}`);
		this.#quarters = quarters;
	}

	end(): void {}
}

class Rate {
	#points: { time: number; value: number }[] = [];

	add(value: number): void {
		const time = performance.now();
		const last = this.#points.at(-1);
		if (last !== undefined && last.value > value) this.#points = []; // a part is repeated
		this.#points.push({ time, value });
		while (this.#points.length > 2 && time - this.#points[0].time > WINDOW) this.#points.shift();
	}

	of(value: number, total: number): { perSecond: string; left: string } {
		const first = this.#points[0];
		const time = performance.now() - (first?.time ?? 0);
		const bytes = value - (first?.value ?? 0);
		if (bytes <= 0) return { perSecond: "-- KB/s", left: "-:--" };
		return { perSecond: rateText(bytes, time), left: timeText(((total - value) * time) / bytes) };
	}
}

/** A bar where it can be drawn. `lines`: where the rest goes. */
export function chooseReport(lines: NodeJS.WritableStream = process.stdout): Report {
	const canDraw = process.stderr.isTTY && process.env.TERM !== "dumb";
	return canDraw ? new BarReport(lines) : new LineReport(lines);
}
