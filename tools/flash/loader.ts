// esptool-js's loader, with its faults mended. Knows esptool-js.

import { ESPError, ESPLoader, type LoaderOptions } from "esptool-js";
import type { ResetStrategy } from "../serial/reset.js";
import type { LineTransport } from "./transport.js";

type Before = Parameters<ESPLoader["constructResetSequence"]>[0];
type EsptoolReset = ReturnType<ESPLoader["constructResetSequence"]>[number];

export const ROM_BAUD_RATE = 115_200;
const SYNC = 0x08;
/** 07 07 12 20, then 32 times 55: the ROM measures the baud rate with it. */
const SYNC_BYTES = Uint8Array.from([0x07, 0x07, 0x12, 0x20, ...new Array(32).fill(0x55)]);
const SYNC_TIMEOUT = 100;

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
