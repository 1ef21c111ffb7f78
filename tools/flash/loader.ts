// esptool-js's loader, with its faults mended. Knows esptool-js.

import { ESPError, ESPLoader, type LoaderOptions, TimeoutError, UnsupportedCommandError } from "esptool-js";
import { Problem, textOf } from "../problem.js";
import type { ResetStrategy } from "../serial/reset.js";
import type { LineTransport } from "./transport.js";

type Before = Parameters<ESPLoader["constructResetSequence"]>[0];
type EsptoolReset = ReturnType<ESPLoader["constructResetSequence"]>[number];

export const ROM_BAUD_RATE = 115_200;
const SYNC = 0x08;
/** 07 07 12 20, then 32 times 55: the ROM measures the baud rate with it. */
const SYNC_BYTES = Uint8Array.from([0x07, 0x07, 0x12, 0x20, ...new Array(32).fill(0x55)]);
const SYNC_TIMEOUT = 100;

type Blame = "line" | "chip" | "flash";

/** Of ROMs (below 0x10) and stubs: who is to blame, and what they mean. */
const STATUSES: Record<number, [Blame, string]> = {
	5: ["line", "an invalid message"],
	6: ["chip", "it cannot do that"],
	7: ["line", "a wrong checksum"],
	8: ["flash", "flash could not be written"],
	9: ["flash", "flash could not be read"],
	10: ["line", "a wrong length"],
	11: ["line", "spoilt data"],
	192: ["line", "a wrong length"],
	193: ["line", "a wrong checksum"],
	194: ["line", "a wrong block size"],
	195: ["chip", "an unknown command"],
	196: ["flash", "the flash chip did not do it"],
	197: ["flash", "flash stays write-protected"],
	198: ["line", "nothing was to be written"],
	199: ["line", "spoilt data"],
	200: ["line", "too little data"],
	201: ["line", "too much data"],
	255: ["chip", "an unknown command"],
};

/** The chip has heard the command, and has said no. */
export class StatusError extends ESPError {
	readonly blame: Blame;

	constructor(what: string, status: number) {
		const [blame, meaning] = STATUSES[status] ?? ["line", "unknown"];
		super(`the chip could not ${what}: status 0x${status.toString(16).padStart(2, "0")}, ${meaning}`);
		this.blame = blame;
	}
}

/** What failed as a Problem, with the likely cause of what a Loader threw, and what to do. */
export function faultOf(what: string, error: unknown): Problem {
	if (error instanceof Problem) return error;
	const said = textOf(error);
	const blame = error instanceof StatusError ? error.blame : "line";
	if (blame === "chip" || error instanceof UnsupportedCommandError)
		return new Problem(
			what,
			`it answers and refuses, so the line is good (${said}): its security settings forbid it, or it is not the chip it seems to be`,
			"use Espressif's esptool with --no-stub",
		);
	if (blame === "flash")
		return new Problem(
			what,
			`the flash chip is broken or protected, or something else is wired to its pins (${said})`,
			"disconnect what is wired to the flash pins, check the power supply, and repeat",
		);
	if (error instanceof TimeoutError)
		return new Problem(
			what,
			`it has answered, and then stopped (${said}): it was reset, or its power supply is weak`,
			"use a USB port with more power, disconnect what the board feeds, and repeat",
		);
	return new Problem(
		what,
		`cable, adapter or power supply is bad (${said})`,
		"try another cable, a USB port with more power, and --baud 115200",
	);
}

export class Loader extends ESPLoader {
	#patience: number;
	#resets: () => ResetStrategy[];

	/** `patience` multiplies esptool-js's timeouts: 1, or less for tests. */
	constructor(transport: LineTransport, resets: () => ResetStrategy[], patience: number) {
		const silent = { clean() {}, write() {}, writeLine() {} };
		const options: LoaderOptions = {
			transport,
			baudrate: ROM_BAUD_RATE,
			romBaudrate: ROM_BAUD_RATE,
			terminal: silent,
		};
		super(options);
		this.#patience = patience;
		this.#resets = resets;
		this.DEFAULT_TIMEOUT *= patience;
		this.CHIP_ERASE_TIMEOUT *= patience;
		// A block whose answer was lost would be unpacked twice, and spoil the rest: whole parts are repeated instead.
		this.WRITE_BLOCK_ATTEMPTS = 1;
	}

	override constructResetSequence(mode: Before): EsptoolReset[] {
		return mode === "no_reset" ? [] : (this.#resets() as unknown as EsptoolReset[]);
	}

	/** The chip that answered the last SYNC runs the stub, not its ROM. */
	get stubAnswered(): boolean {
		return (this as unknown as { syncStubDetected: boolean }).syncStubDetected;
	}

	/** The ROM answers eight times, some stubs once. */
	override async sync(): Promise<[number, Uint8Array]> {
		const answer = await this.command(SYNC, SYNC_BYTES, undefined, undefined, SYNC_TIMEOUT);
		for (let more = 0; more < 7; more++) {
			try {
				await this.readPacket(SYNC, SYNC_TIMEOUT / 2);
			} catch {
				break;
			}
		}
		// The ROM's value is never 0.
		(this as unknown as { syncStubDetected: boolean }).syncStubDetected = answer[0] === 0;
		return answer;
	}

	/** Statuses in words. */
	override async checkCommand(
		...args: Parameters<ESPLoader["checkCommand"]>
	): ReturnType<ESPLoader["checkCommand"]> {
		try {
			return await super.checkCommand(...args);
		} catch (error) {
			const [, status] = /failed with status \d+,(\d+)$/.exec(textOf(error)) ?? [];
			throw status === undefined ? error : new StatusError(args[0] ?? "do it", Number(status));
		}
	}

	/** The ROM may start the stub before its answer is out. */
	override async memFinish(entrypoint: number): Promise<void> {
		try {
			await super.memFinish(entrypoint);
		} catch (error) {
			if (!(error instanceof ESPError)) throw error;
		}
	}

	/** The ESP8266 has no such registers; esptool-js would take the command register for them. */
	override async readFlashId(): Promise<number> {
		const chip = this.chip as { SPI_MOSI_DLEN_OFFS?: number };
		if (chip.SPI_MOSI_DLEN_OFFS === 0) chip.SPI_MOSI_DLEN_OFFS = undefined;
		return super.readFlashId();
	}

	override timeoutPerMb(perMb: number, bytes: number): number {
		return super.timeoutPerMb(perMb, bytes) * this.#patience;
	}
}
