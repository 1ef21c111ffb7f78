// A board: a simulated chip behind a pseudo-terminal, with a line that can be made bad. Knows nothing of what flashes it.

import { SerialPort } from "serialport";
import type { PortClass } from "../../../tools/serial/serial-line.js";
import { Pty } from "../pty.js";
import { Chip } from "./chip.js";
import type { MODELS } from "./models.js";

/** What becomes of bytes on the line; `before` is how many went this way earlier. */
export type Disturbance = (bytes: Buffer, before: number) => Buffer;

export class Board {
	readonly pty: Pty;
	readonly chip: Chip;
	toChip: Disturbance = (bytes) => bytes;
	toHost: Disturbance = (bytes) => bytes;
	/** Bytes that went each way. */
	heard = 0;
	said = 0;
	/** Control lines as set, "D" and "R" where asserted; only with the port class of `controlled`. */
	readonly signals: string[] = [];

	static async open(model: keyof typeof MODELS, flashSize = 1 << 20): Promise<Board> {
		return new Board(await Pty.open(), model, flashSize);
	}

	private constructor(pty: Pty, model: keyof typeof MODELS, flashSize: number) {
		this.pty = pty;
		this.chip = new Chip(model, flashSize, {
			send: (bytes) => {
				const before = this.said;
				this.said += bytes.length;
				pty.write(this.toHost(Buffer.from(bytes), before));
			},
			speed: () => (pty.plugged ? pty.speed() : 0),
		});
		pty.on("data", (bytes) => {
			const before = this.heard;
			this.heard += bytes.length;
			this.chip.receive(this.toChip(bytes, before));
		});
	}

	get path(): string {
		return this.pty.path;
	}

	/** The cable is pulled, with it the power. */
	async pull(): Promise<void> {
		this.chip.mode = "off";
		await this.pty.pull();
	}

	/** Put back; BOOT is held meanwhile, unless told otherwise. */
	async plug(into: "rom" | "app" = "rom"): Promise<void> {
		await this.pty.plug();
		this.chip.reset(into);
	}

	/** A port class whose control lines reach EN and GPIO 0 through two transistors, as on most boards. */
	get controlled(): PortClass {
		const board = this;
		let bootLow = false;
		let enLow = false;
		return class extends SerialPort {
			override set(
				{ dtr = true, rts = true }: { dtr?: boolean; rts?: boolean },
				done?: (error: Error | null) => void,
			): void {
				board.signals.push(`${dtr ? "D" : "-"}${rts ? "R" : "-"}`);
				const released = enLow && !(rts && !dtr);
				enLow = rts && !dtr;
				bootLow = dtr && !rts;
				if (enLow) board.chip.mode = "off";
				if (released) board.chip.reset(bootLow ? "rom" : "app");
				done?.(null);
			}
		};
	}

	async close(): Promise<void> {
		await this.pty.close();
	}
}
