// Ways to restart a board by DTR and RTS, each a class. Knows control lines, nothing of ports and protocols.
// On most boards two transistors make of them: RTS alone holds EN low (reset), DTR alone holds GPIO 0 low (BOOT),
// both or none do nothing. The USB port inside newer chips follows the same table.

import { setTimeout as wait } from "node:timers/promises";
import type { PortInfo } from "./port-info.js";
import type { Signals } from "./serial-line.js";

/** What a reset needs of a SerialLine. */
export interface ControlLines {
	setSignals(signals: Signals): Promise<void>;
}

export interface ResetStrategy {
	/** Throws NoControlLines on ports without. Leaves both lines released. */
	reset(): Promise<void>;
}

const IDLE: Signals = { dtr: false, rts: false };
const EN_LOW: Signals = { dtr: false, rts: true };
const BOOT_LOW: Signals = { dtr: true, rts: false };
const BOTH: Signals = { dtr: true, rts: true };

/** Milliseconds EN is held low. */
const HOLD = 100;

/** Restarts the board with its app. Good for every kind of port. */
export class AppReset implements ResetStrategy {
	#lines: ControlLines;

	constructor(lines: ControlLines) {
		this.#lines = lines;
	}

	async reset(): Promise<void> {
		await this.#lines.setSignals(IDLE); // a chip's own USB port forgets that the bootloader was asked for
		await this.#lines.setSignals(EN_LOW);
		await wait(HOLD);
		await this.#lines.setSignals(IDLE);
	}
}

/** Restarts the board with its bootloader, through a USB bridge and the two transistors. */
export class BridgeBootloaderReset implements ResetStrategy {
	#lines: ControlLines;
	#bootTime: number;

	/** `bootTime`: milliseconds BOOT is held after EN was let go; boards with a large capacitor at EN need 550. */
	constructor(lines: ControlLines, bootTime: number) {
		this.#lines = lines;
		this.#bootTime = bootTime;
	}

	async reset(): Promise<void> {
		await this.#lines.setSignals(EN_LOW);
		await wait(HOLD);
		await this.#lines.setSignals(BOOT_LOW);
		await wait(this.#bootTime);
		await this.#lines.setSignals(IDLE);
	}
}

/** Restarts the board with its bootloader, through the USB-JTAG/serial port inside ESP32-C3, S3 and later chips. */
export class UsbJtagBootloaderReset implements ResetStrategy {
	#lines: ControlLines;

	constructor(lines: ControlLines) {
		this.#lines = lines;
	}

	async reset(): Promise<void> {
		await this.#lines.setSignals(IDLE);
		await wait(HOLD);
		await this.#lines.setSignals(BOOT_LOW); // asks for the bootloader
		await wait(HOLD);
		await this.#lines.setSignals(BOTH); // IDLE here would take the request back
		await this.#lines.setSignals(EN_LOW);
		await wait(HOLD);
		await this.#lines.setSignals(IDLE);
	}
}

/** The ways into the bootloader worth trying on this port, in turn. */
export function bootloaderResets(
	lines: ControlLines,
	port: Pick<PortInfo, "vendorId" | "productId">,
): ResetStrategy[] {
	if (port.vendorId === "303a" && port.productId === "1001") return [new UsbJtagBootloaderReset(lines)];
	return [new BridgeBootloaderReset(lines, 50), new BridgeBootloaderReset(lines, 550)];
}
