// A chip in its bootloader, ready for flash commands: entering it, its stub, baud rates, getting it back after faults.
// Knows the loader and the line, nothing of parts and their order.

import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { UnexpectedChipIdError, UnexpectedChipMagicError, UnsupportedCommandError } from "esptool-js";
import { Problem, textOf } from "../problem.js";
import type { PortInfo } from "../serial/port-info.js";
import { AppReset, bootloaderResets, type ResetStrategy } from "../serial/reset.js";
import type { SerialLine } from "../serial/serial-line.js";
import { type Chip, chipNamed } from "./chips.js";
import { faultOf, Loader, StatusError } from "./loader.js";
import { noAnswer } from "./no-answer.js";
import { packInBlocks } from "./packing.js";
import type { Flash } from "./parts.js";
import { LineTransport } from "./transport.js";

const ATTEMPTS = 7;
const CONNECT_ATTEMPTS = 3;
/** Of half a second each, while somebody presses buttons. */
const ATTEMPTS_BY_HAND = 40;
const SYNC_ATTEMPTS = 4;
const BLOCK_TIMEOUT = 5000;
const WRITE_TIMEOUT_PER_MB = 40_000;
const ERASE_SECTOR = 4096;

/** Bytes of flash in a frame, and frames that may be unacknowledged. */
const READ_BLOCK = 1024;
const READS_IN_FLIGHT = 16;

export interface BootloaderOptions {
	/** Multiplies all times waited for the chip: 1, or less in tests. */
	patience?: number;
	/** Somebody has to press buttons. */
	onByHand?(): void;
}

export class Bootloader implements Flash {
	#line: SerialLine;
	#transport: LineTransport;
	#loader: Loader;
	#patience: number;
	#onByHand: () => void;
	#onGone: () => void;
	#chip: Chip | undefined;
	#size = 0;

	constructor(
		line: SerialLine,
		port: PortInfo,
		{ patience = 1, onByHand = () => {} }: BootloaderOptions = {},
	) {
		this.#line = line;
		this.#patience = patience;
		this.#onByHand = onByHand;
		this.#transport = new LineTransport(line, port);
		this.#loader = new Loader(this.#transport, () => this.#resets(line, port), patience);
		this.#onGone = () =>
			this.fail(
				new Problem(
					`${line.path} is gone`,
					"the board was unplugged, or its cable or adapter fails",
					"plug it in again",
				),
			);
		line.on("gone", this.#onGone);
	}

	/** They end where the session has ended. */
	#resets(line: SerialLine, port: PortInfo): ResetStrategy[] {
		return bootloaderResets(line, port).map((strategy) => ({
			reset: async () => {
				this.#throwFailure();
				await strategy.reset();
			},
		}));
	}

	get chip(): Chip {
		return this.#chip!;
	}

	get size(): number {
		return this.#size;
	}

	get baudRate(): number {
		return this.#line.baudRate;
	}

	/** What ended the session for good, if anything. */
	get failure(): unknown {
		return this.#transport.failure;
	}

	/** Ends whatever waits for the chip, and all that is begun later. */
	fail(error: unknown): void {
		this.#transport.fail(error);
	}

	/** No more of the line's events. The chip stays as it is. */
	release(): void {
		this.#transport.release();
		this.#line.off("gone", this.#onGone);
	}

	/** Enters the bootloader, starts the stub, finds chip and flash size. Throws a Problem. */
	async connect(): Promise<void> {
		for (let attempt = 1; this.#size === 0; attempt++) {
			await this.#enter();
			try {
				await this.#startStub();
				this.#size = await this.#readSize();
			} catch (error) {
				this.#throwFailure();
				if (error instanceof Problem || attempt === CONNECT_ATTEMPTS)
					throw faultOf("the chip did not take the flashing program", error);
			}
		}
	}

	async #enter(): Promise<void> {
		const byHand = !this.#line.hasControlLines;
		if (byHand) this.#onByHand();
		const attempts = byHand ? Math.ceil(ATTEMPTS_BY_HAND * this.#patience) : ATTEMPTS;
		try {
			await this.#loader.connect(byHand ? "no_reset" : "default_reset", attempts);
		} catch (error) {
			this.#throwFailure();
			if (error instanceof Problem) throw error;
			if (error instanceof UnexpectedChipIdError || error instanceof UnexpectedChipMagicError)
				throw new Problem(
					`the chip at ${this.#line.path} is unknown`,
					textOf(error),
					"use Espressif's esptool",
				);
			if (error instanceof StatusError || error instanceof UnsupportedCommandError)
				throw faultOf(`the chip at ${this.#line.path} does not tell what it is`, error);
			throw await noAnswer(this.#line.path, this.#transport);
		}
		if (this.#loader.secureDownloadMode)
			throw new Problem(
				`the ${this.#loader.chip.CHIP_NAME} cannot be flashed`,
				"it is in Secure Download Mode, in which nothing can be verified",
				"use Espressif's esptool",
			);
	}

	/** Throws what esptool-js throws when the line loses something. */
	async #startStub(): Promise<void> {
		const { CHIP_NAME } = this.#loader.chip;
		this.#chip = chipNamed(CHIP_NAME);
		if (this.#chip === undefined)
			throw new Problem(
				`${CHIP_NAME} cannot be flashed`,
				"there is no stub for it",
				"use Espressif's esptool",
			);
		this.#loader.IS_STUB = false;
		await this.#loader.runStub();
	}

	async #readSize(): Promise<number> {
		const text = await this.#loader.detectFlashSize();
		const [, number, unit] = /^(\d+)(KB|MB)$/.exec(text ?? "") ?? [];
		if (number === undefined)
			throw new Problem(
				"the size of the flash could not be read",
				"its flash chip does not answer, or not with a known size",
				"disconnect what else is wired to the flash pins, check the power supply, and repeat",
			);
		return Number(number) * (unit === "MB" ? 1024 * 1024 : 1024);
	}

	/** False: the chip does not answer there, and is lost until recover(). */
	async setBaudRate(baudRate: number): Promise<boolean> {
		if (baudRate === this.#line.baudRate) return true;
		const parameters = new Uint8Array(8);
		const view = new DataView(parameters.buffer);
		view.setUint32(0, baudRate, true);
		view.setUint32(4, this.#line.baudRate, true);
		try {
			await this.#loader.command(this.#loader.ESP_CHANGE_BAUDRATE, parameters);
			await this.#line.setBaudRate(baudRate);
			await wait(20); // the chip's clock settles
		} catch {
			this.#throwFailure();
			return false;
		}
		return this.#answers();
	}

	async #answers(): Promise<boolean> {
		for (let attempt = 0; attempt < SYNC_ATTEMPTS; attempt++) {
			try {
				await this.#loader.sync();
				return true;
			} catch {
				this.#throwFailure();
			}
		}
		return false;
	}

	#throwFailure(): void {
		if (this.failure !== undefined) throw this.failure;
	}

	/** After a fault: the stub runs and answers again, at this baud rate or at 115200. Throws a Problem if it does not. */
	async recover(baudRate: number): Promise<void> {
		await this.#transport.drainInput(20, 400);
		for (let attempt = 1; ; attempt++) {
			try {
				if (attempt > 1 || !(await this.#answers())) await this.#enter();
				else if (this.#loader.stubAnswered) {
					if (await this.setBaudRate(baudRate)) return;
					continue;
				}
				await this.#startStub(); // the chip was reset
				if (attempt === CONNECT_ATTEMPTS || (await this.setBaudRate(baudRate))) return;
			} catch (error) {
				this.#throwFailure();
				if (error instanceof Problem || attempt === CONNECT_ATTEMPTS)
					throw faultOf("the chip did not take the flashing program", error);
			}
		}
	}

	/** The whole flash. */
	async erase(): Promise<void> {
		await this.#loader.eraseFlash();
	}

	/** All sectors from `address` on, both in bytes and multiples of a sector. */
	async eraseRegion(address: number, length: number): Promise<void> {
		const loader = this.#loader;
		const timeout = loader.timeoutPerMb(loader.ERASE_REGION_TIMEOUT_PER_MB, length);
		await loader.checkCommand(
			"erase flash",
			loader.ESP_ERASE_REGION,
			words(address, length),
			undefined,
			undefined,
			timeout,
		);
	}

	/** What the chip says it is, with its package and revision, and its MAC address. */
	async identify(): Promise<{ description: string; mac: string }> {
		const { chip } = this.#loader;
		const description = await chip.getChipDescription(this.#loader);
		return { description, mac: (await chip.readMac(this.#loader)).toLowerCase() };
	}

	/** Reads flash, which the chip's MD5 has to confirm. `onRead` gets the number of bytes of each block. */
	async read(
		address: number,
		length: number,
		onRead: (bytes: number) => void = () => {},
	): Promise<Uint8Array> {
		const loader = this.#loader;
		const transport = this.#transport;
		const bytes = new Uint8Array(length);
		const timeout = BLOCK_TIMEOUT * this.#patience;
		transport.takeAll(true);
		try {
			await loader.checkCommand(
				"read flash",
				loader.ESP_READ_FLASH,
				words(address, length, READ_BLOCK, READS_IN_FLIGHT),
			);
			for (let got = 0; got < length; ) {
				const block = await transport.read(timeout);
				if (block.length !== Math.min(READ_BLOCK, length - got))
					throw new Error("a block of flash came damaged");
				bytes.set(block, got);
				got += block.length;
				await transport.write(words(got));
				onRead(block.length);
			}
			const digest = await transport.read(timeout);
			if (!createHash("md5").update(bytes).digest().equals(digest))
				throw new Error("what was read is not what the chip sent");
		} finally {
			transport.takeAll(false);
		}
		return bytes;
	}

	/** Of the flash's contents, as hexadecimal digits. */
	async md5(address: number, length: number): Promise<string> {
		return this.#loader.flashMd5sum(address, length);
	}

	/** `onWritten` gets the number of bytes of each block that the chip has taken. */
	async write(address: number, bytes: Uint8Array, onWritten: (bytes: number) => void): Promise<void> {
		const loader = this.#loader;
		const { packedLength, blocks } = await packInBlocks(bytes, loader.FLASH_WRITE_SIZE);
		await loader.flashDeflBegin(bytes.length, packedLength, address);
		// The stub answers when it has a block, and writes it while the next one comes.
		let timeout = BLOCK_TIMEOUT * this.#patience;
		for (const [sequence, { block, unpacked }] of blocks.entries()) {
			await loader.flashDeflBlock(block, sequence, timeout);
			timeout = loader.timeoutPerMb(WRITE_TIMEOUT_PER_MB, unpacked + ERASE_SECTOR);
			onWritten(unpacked);
		}
		await loader.flashDeflFinish(false, timeout);
	}

	/** Restarts the board with its app; false where there are no control lines to do it with. */
	async startApp(): Promise<boolean> {
		if (!this.#line.isOpen || !this.#line.hasControlLines) return false;
		await new AppReset(this.#line).reset();
		return true;
	}
}

/** Numbers of four bytes each, as the chip takes them. */
function words(...numbers: number[]): Uint8Array {
	return new Uint8Array(Uint32Array.from(numbers).buffer);
}
