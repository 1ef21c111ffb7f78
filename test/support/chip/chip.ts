// A chip of the ESP family as seen through its serial line: ROM bootloader, flasher stub, or an app that talks.
// Knows Espressif's serial protocol; its stub is accepted only if it is the right one, byte for byte.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createInflate, type Inflate } from "node:zlib";
import { getStubJsonByChipName } from "esptool-js";
import { FlashMemory } from "./flash-memory.js";
import { MODELS, type Model } from "./models.js";
import { SlipReader, slipFrame } from "./slip.js";

const SYNC = 0x08;
const FLASH_BEGIN = 0x02;
const FLASH_DATA = 0x03;
const FLASH_END = 0x04;
const MEM_BEGIN = 0x05;
const MEM_END = 0x06;
const MEM_DATA = 0x07;
const WRITE_REG = 0x09;
const READ_REG = 0x0a;
const CHANGE_BAUDRATE = 0x0f;
const DEFL_BEGIN = 0x10;
const DEFL_DATA = 0x11;
const DEFL_END = 0x12;
const MD5 = 0x13;
const SECURITY_INFO = 0x14;
const ERASE_FLASH = 0xd0;
const ERASE_REGION = 0xd1;
const READ_FLASH = 0xd2;

const INVALID_COMMAND = 0x05;
const BAD_LENGTH = 0xc0;
const BAD_CHECKSUM = 0xc1;
const NOT_IN_FLASH_MODE = 0xc6;
const INFLATE_ERROR = 0xc7;
const TOO_MUCH_DATA = 0xc9;

const MAGIC_REGISTER = 0x40001000;
const READ_FLASH_ID = 0x9f;
const FLASH_MAKER = 0x4020ef; // low byte first: maker, type; the size goes on top

/** The line, as the chip sees it. */
export interface Host {
	send(bytes: Uint8Array): void;
	/** What the other side's baud rate is. */
	speed(): number;
}

interface Transfer {
	address: number;
	left: number;
	inflate: Inflate | undefined;
	/** Resolves when the compressed stream turns out to be spoilt. */
	spoilt: Promise<unknown>;
	error: number;
}

interface Reading {
	bytes: Buffer;
	/** Bytes of a block, and how many may be on their way. */
	block: number;
	most: number;
	sent: number;
}

export class Chip {
	readonly flash: FlashMemory;
	mode: "off" | "rom" | "stub" | "app" = "rom";
	baudRate = 115_200;
	/** Commands in the order they were understood. */
	readonly log: number[] = [];
	/** Wrong MD5 answers still to give. */
	wrongMd5 = 0;
	secureDownload = false;
	/** Commands that are answered with an error. */
	readonly refused = new Map<number, number>();
	/** Registers that no reset changes, by their addresses. */
	readonly fuses = new Map<number, number>();
	/** At 0x40001000: tells which chip it is. */
	magic: number;

	#model: Model;
	#host: Host;
	#registers = new Map<number, number>();
	#memory: { address: number; bytes: Buffer }[] = [];
	#transfer: Transfer | undefined;
	#reader = new SlipReader((frame) => this.#queue(frame));
	#work = Promise.resolve();
	#speedDoubtful = false;
	#reading: Reading | undefined;

	constructor(model: keyof typeof MODELS, flashSize: number, host: Host) {
		this.#model = MODELS[model];
		this.magic = this.#model.magic;
		this.#host = host;
		this.flash = new FlashMemory(flashSize);
	}

	/** Power comes (back), or EN was let go. */
	reset(into: "rom" | "app"): void {
		this.#reader.reset();
		this.#memory = [];
		this.#transfer = undefined;
		this.#reading = undefined;
		this.#registers.clear();
		this.#speedDoubtful = false;
		this.baudRate = 115_200;
		this.mode = into;
		this.#say(
			into === "rom"
				? "ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT)\r\nwaiting for download\r\n"
				: "ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nhello from the app\r\n",
		);
	}

	receive(bytes: Uint8Array): void {
		if (this.mode === "rom" || this.mode === "stub") this.#reader.take(bytes);
		else if (this.mode === "app") this.#say("the app was spoken to\r\n");
	}

	/** When all that was received is done. */
	async settled(): Promise<void> {
		await this.#work;
	}

	#say(text: string): void {
		this.#host.send(Buffer.from(text));
	}

	#queue(frame: Buffer): void {
		this.#work = this.#work.then(() => this.#handle(frame));
	}

	async #handle(frame: Buffer): Promise<void> {
		if (this.#reading !== undefined && frame.length === 4) {
			this.#sendBlocks(frame.readUInt32LE(0));
			return;
		}
		if (frame.length < 8 || frame[0] !== 0) return;
		const [, command] = frame;
		if (!this.#hears(command)) return;
		const data = frame.subarray(8);
		if (data.length !== frame.readUInt16LE(2)) {
			this.#answer(command, 0, [1, this.mode === "stub" ? BAD_LENGTH : INVALID_COMMAND]);
			return;
		}
		this.log.push(command);
		await this.#execute(command, data, frame.readUInt32LE(4));
	}

	/** A ROM measures the baud rate of a SYNC; a stub keeps its own. */
	#hears(command: number): boolean {
		if (command !== SYNC && !this.#speedDoubtful) return true;
		const speed = this.#host.speed();
		if (command === SYNC && this.mode === "rom") this.baudRate = speed;
		this.#speedDoubtful = speed !== this.baudRate;
		return !this.#speedDoubtful;
	}

	async #execute(command: number, data: Buffer, checksum: number): Promise<void> {
		const stub = this.mode === "stub";
		const refusal = this.refused.get(command);
		if (refusal !== undefined) {
			this.#answer(command, 0, [1, refusal]);
			return;
		}
		switch (command) {
			case SYNC:
				for (let count = stub ? 1 : 8; count > 0; count--) this.#answer(SYNC, stub ? 0 : 0x20120707);
				return;
			case READ_REG:
				this.#answer(command, this.#readRegister(data.readUInt32LE(0)));
				return;
			case WRITE_REG:
				this.#writeRegister(data.readUInt32LE(0), data.readUInt32LE(4));
				this.#answer(command);
				return;
			case MEM_BEGIN:
				this.#memory.push({ address: data.readUInt32LE(12), bytes: Buffer.alloc(0) });
				this.#answer(command);
				return;
			case MEM_DATA: {
				const segment = this.#memory.at(-1)!;
				const bytes = data.subarray(16);
				const good = bytes.length === data.readUInt32LE(0) && checksumOf(bytes) === checksum;
				if (good) segment.bytes = Buffer.concat([segment.bytes, bytes]);
				this.#answer(command, 0, good ? [0, 0] : [1, 7]);
				return;
			}
			case MEM_END:
				this.#answer(command);
				await this.#startStub(data.readUInt32LE(4));
				return;
			case SECURITY_INFO:
				if (this.#model.securityId !== undefined && !stub) {
					const info = Buffer.alloc(20);
					info.writeUInt32LE(this.secureDownload ? 4 : 0, 0);
					info.writeUInt32LE(this.#model.securityId, 12);
					this.#answer(command, 0, [0, 0], info);
				} else this.#refuse();
				return;
			case CHANGE_BAUDRATE:
				if (!stub && !this.#model.changesBaudRate) {
					this.#refuse();
					return;
				}
				this.#answer(command);
				this.baudRate = data.readUInt32LE(0);
				this.#speedDoubtful = true;
				return;
			default:
				if (stub) await this.#executeInStub(command, data, checksum);
				else this.#refuse();
		}
	}

	async #executeInStub(command: number, data: Buffer, checksum: number): Promise<void> {
		switch (command) {
			case FLASH_BEGIN:
			case DEFL_BEGIN: {
				const [size, address] = [data.readUInt32LE(0), data.readUInt32LE(12)];
				this.#transfer?.inflate?.destroy();
				const inflate = command === DEFL_BEGIN ? this.#newInflate() : undefined;
				const spoilt = inflate === undefined ? Promise.resolve() : once(inflate, "close").catch(() => {}); // destroyed by its error
				this.#transfer = { address, left: size, inflate, spoilt, error: 0 };
				this.flash.erase(address, size);
				this.#answer(command);
				return;
			}
			case FLASH_DATA:
			case DEFL_DATA:
				await this.#takeBlock(command, data, checksum);
				return;
			case FLASH_END:
			case DEFL_END:
				this.#answer(command, 0, this.#transfer === undefined ? [1, NOT_IN_FLASH_MODE] : [0, 0]);
				this.#transfer = undefined;
				return;
			case MD5: {
				const digest = this.flash.md5(data.readUInt32LE(0), data.readUInt32LE(4));
				if (this.wrongMd5 > 0) {
					this.wrongMd5--;
					digest[0] ^= 1;
				}
				this.#answer(command, 0, [0, 0], digest);
				return;
			}
			case READ_FLASH: {
				const [address, length, block, most] = [0, 4, 8, 12].map((at) => data.readUInt32LE(at));
				this.#answer(command);
				this.#reading = { bytes: this.flash.bytes.subarray(address, address + length), block, most, sent: 0 };
				this.#sendBlocks(0);
				return;
			}
			case ERASE_FLASH:
				this.flash.eraseAll();
				this.#answer(command);
				return;
			case ERASE_REGION:
				this.flash.erase(data.readUInt32LE(0), data.readUInt32LE(4));
				this.#answer(command);
				return;
			default:
				this.#answer(command, 0, [1, 0xc3]);
		}
	}

	/** So many bytes are acknowledged: as many blocks go as may be on their way, and in the end their MD5. */
	#sendBlocks(acknowledged: number): void {
		const reading = this.#reading!;
		const { bytes, block, most } = reading;
		while (reading.sent < bytes.length && reading.sent - acknowledged < block * most) {
			const end = Math.min(reading.sent + block, bytes.length);
			this.#host.send(slipFrame(Buffer.from(bytes.subarray(reading.sent, end))));
			reading.sent = end;
		}
		if (acknowledged < bytes.length) return;
		this.#reading = undefined;
		this.#host.send(slipFrame(createHash("md5").update(bytes).digest()));
	}

	/** As the stub does: the answer tells of the blocks before; sequence numbers are not looked at. */
	async #takeBlock(command: number, data: Buffer, checksum: number): Promise<void> {
		const transfer = this.#transfer;
		const bytes = data.subarray(16);
		let error = transfer?.error ?? NOT_IN_FLASH_MODE;
		if (bytes.length !== data.readUInt32LE(0)) error ||= BAD_LENGTH;
		else if (checksumOf(bytes) !== checksum) error ||= BAD_CHECKSUM;
		this.#answer(command, 0, error === 0 ? [0, 0] : [1, error]);
		if (error !== 0 || transfer === undefined) return;
		const { inflate } = transfer;
		if (inflate === undefined) this.#program(transfer, bytes);
		else {
			const unpacked = new Promise<void>((resolve) => inflate.write(bytes, () => resolve()));
			await Promise.race([unpacked, transfer.spoilt]);
		}
	}

	#newInflate(): Inflate {
		const inflate = createInflate();
		inflate.on("data", (bytes: Buffer) => {
			if (this.#transfer?.inflate === inflate) this.#program(this.#transfer, bytes);
		});
		inflate.on("error", () => {
			if (this.#transfer?.inflate === inflate) this.#transfer.error = INFLATE_ERROR;
		});
		return inflate;
	}

	#program(transfer: Transfer, bytes: Uint8Array): void {
		const taken = bytes.subarray(0, transfer.left);
		if (taken.length < bytes.length && transfer.inflate !== undefined) transfer.error = TOO_MUCH_DATA;
		this.flash.write(transfer.address, taken);
		transfer.address += taken.length;
		transfer.left -= taken.length;
	}

	async #startStub(entry: number): Promise<void> {
		const stub = await getStubJsonByChipName(this.#model.name, 0);
		const has = (address: number, bytes: Uint8Array) =>
			this.#memory.some((segment) => segment.address === address && segment.bytes.equals(bytes));
		if (
			stub === undefined ||
			entry !== stub.entry ||
			!has(stub.text_start, stub.decodedText) ||
			!has(stub.data_start, stub.decodedData)
		) {
			this.mode = "off"; // it crashed
			return;
		}
		this.mode = "stub";
		this.#host.send(slipFrame(Buffer.from("OHAI")));
	}

	#readRegister(address: number): number {
		if (address === MAGIC_REGISTER) return this.magic;
		return this.fuses.get(address) ?? this.#registers.get(address) ?? 0;
	}

	/** The SPI controller knows one operation: reading the flash chip's identifier. */
	#writeRegister(address: number, value: number): void {
		const { base, usr1, usr2, w0, misoLength } = this.#model.spi;
		const register = (offset: number) => this.#registers.get(base + offset) ?? 0;
		if (address !== base) {
			this.#registers.set(address, value);
			return;
		}
		if ((value & (1 << 18)) === 0 || (register(usr2) & 0xffff) !== READ_FLASH_ID) return;
		const bits = 1 + (misoLength === undefined ? (register(usr1) >> 8) & 0x1ff : register(misoLength));
		const id = (Math.log2(this.flash.bytes.length) << 16) | (FLASH_MAKER & 0xffff);
		this.#registers.set(base + w0, id & (2 ** bits - 1));
	}

	/** The ROM says so eight times, and not for which command. */
	#refuse(): void {
		for (let count = 0; count < 8; count++) this.#answer(0, 0, [1, INVALID_COMMAND]);
	}

	#answer(command: number, value = 0, status = [0, 0], data: Buffer = Buffer.alloc(0)): void {
		const statusLength = this.mode === "stub" ? 2 : this.#model.romStatus;
		const frame = Buffer.alloc(8 + data.length + statusLength);
		frame[0] = 1;
		frame[1] = command;
		frame.writeUInt16LE(data.length + statusLength, 2);
		frame.writeUInt32LE(value >>> 0, 4);
		data.copy(frame, 8);
		frame.set(status, 8 + data.length);
		this.#host.send(slipFrame(frame));
	}
}

function checksumOf(bytes: Uint8Array): number {
	let checksum = 0xef;
	for (const byte of bytes) checksum ^= byte;
	return checksum;
}
