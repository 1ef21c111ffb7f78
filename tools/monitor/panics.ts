// Panics of ESP chips among the lines that a board prints: which code addresses they name. Knows their formats only.

export interface Panic {
	chip: "esp8266" | "xtensa" | "riscv";
	/** What happened, if the chip tells by a number only. */
	cause?: string;
	/** Of code, the innermost first, callers by their call. Those that were found on a stack may be stale. */
	addresses: number[];
	/** How the SHA-256 of the firmware's ELF file begins, in hexadecimal digits; an ESP8266 does not tell. */
	elfSha256?: string;
}

/** Addresses of a panic that are kept; lines of one at most. */
const ADDRESSES = 64;
const LINES = 400;

/** Of the Xtensa instruction set, as far as apps meet them. */
const CAUSES: Readonly<Record<number, string>> = {
	0: "an illegal instruction",
	2: "an instruction was fetched from an address without code",
	3: "memory was read or written that cannot be, such as flash byte by byte",
	4: "an interrupt",
	6: "an integer was divided by zero",
	9: "a number was read or written at an odd address",
	20: "the program jumped to an address where there is no code",
	28: "a forbidden address was read, such as a null pointer",
	29: "a forbidden address was written, such as a null pointer",
};

/** Instruction RAM, and the megabyte of flash that an ESP8266 maps. */
const isCode8266 = (address: number) =>
	(address >= 0x4010_0000 && address < 0x4011_0000) || (address >= 0x4020_0000 && address < 0x4030_0000);
/** ROM, instruction RAM and flash of all other chips. */
const isCode = (address: number) => address >= 0x4000_0000 && address < 0x4400_0000;
/** Flash, and the instruction RAM of the ESP32-C3; that of later chips is where their stacks are, too. */
const isCodeRiscv = (address: number) =>
	(address >= 0x4200_0000 && address < 0x4400_0000) || (address >= 0x4037_c000 && address < 0x403e_0000);

export class PanicReader {
	readonly #onPanic: (panic: Panic) => void;
	#panic: Panic | undefined;
	#lines = 0;

	constructor(onPanic: (panic: Panic) => void) {
		this.#onPanic = onPanic;
	}

	/** A panic has begun, and more of it may come. */
	get isReading(): boolean {
		return this.#panic !== undefined;
	}

	/** Each line, in order. */
	push(line: string): void {
		if (this.#panic !== undefined && ++this.#lines > LINES) this.end();
		const exception = /^\s*Exception \((\d{1,3})\):/.exec(line);
		if (exception !== null) this.#begin("esp8266", CAUSES[Number(exception[1])]);
		// A watchdog's reset, an abort or a failed assertion has a stack, but no exception.
		else if (line.startsWith(">>>stack>>>") && this.#panic?.chip !== "esp8266") this.#begin("esp8266");
		else if (/^Guru Meditation Error:|^abort\(\) was called/.test(line)) this.#begin("xtensa");
		else if (this.#panic?.chip === "esp8266") this.#read8266(line, this.#panic);
		else this.#readEsp32(line);
	}

	/** What is known by now is told. */
	end(): void {
		const panic = this.#panic;
		this.#panic = undefined;
		if (panic !== undefined && panic.addresses.length > 0) this.#onPanic(panic);
	}

	#begin(chip: Panic["chip"], cause?: string): Panic {
		this.end();
		this.#lines = 0;
		this.#panic = { chip, addresses: [] };
		if (cause !== undefined) this.#panic.cause = cause;
		return this.#panic;
	}

	#read8266(line: string, panic: Panic): void {
		const epc = /^epc1=0x([0-9a-f]{8})/.exec(line);
		if (epc !== null) add(panic, address(epc[1]), isCode8266);
		const stack = /^[0-9a-f]{8}: {1,2}((?:[0-9a-f]{8} ?){1,4})/.exec(line);
		if (stack !== null) addCallers(panic, stack[1], isCode8266);
		if (line.startsWith("<<<stack<<<")) this.end();
	}

	#readEsp32(line: string): void {
		// A backtrace also comes where nothing else was heard of the panic, and once for each core.
		const backtrace = /^Backtrace: ?((?:0x[0-9a-f]{8}:0x[0-9a-f]{8} ?)+)/.exec(line);
		if (backtrace !== null) {
			const panic = this.#panic?.addresses.length === 0 ? this.#panic : this.#begin("xtensa");
			// The chip has made callers of return addresses by itself.
			for (const pair of backtrace[1].trim().split(" ")) add(panic, address(pair.slice(2, 10)), isCode);
			return;
		}
		const panic = this.#panic;
		if (panic === undefined) return;
		const registers = /^MEPC +: 0x([0-9a-f]{8}) +RA +: 0x([0-9a-f]{8})/.exec(line);
		if (registers !== null) {
			// RISC-V prints no backtrace: where it stopped, who called, and the stack.
			panic.chip = "riscv";
			add(panic, address(registers[1]), isCode);
			addCallers(panic, registers[2], isCode);
		}
		const stack = /^[0-9a-f]{8}: ((?:0x[0-9a-f]{8} ?){1,8})/.exec(line);
		if (stack !== null && panic.chip === "riscv")
			addCallers(panic, stack[1].replaceAll("0x", ""), isCodeRiscv);
		const sha256 = /^ELF file SHA256: +([0-9a-f]{8,64})/.exec(line);
		if (sha256 !== null) panic.elfSha256 = sha256[1];
		if (/^(?:ELF file SHA256:|Rebooting\.\.\.|CPU halted|Entering gdb stub)/.test(line)) this.end();
	}
}

const address = (digits: string) => Number.parseInt(digits, 16);

/** Return addresses. The call is before them; what is behind it may belong to the next function. */
function addCallers(panic: Panic, words: string, fits: (address: number) => boolean): void {
	for (const word of words.trim().split(" ")) if (fits(address(word))) add(panic, address(word) - 1, fits);
}

function add({ addresses }: Panic, address: number, fits: (address: number) => boolean): void {
	if (fits(address) && addresses.at(-1) !== address && addresses.length < ADDRESSES) addresses.push(address);
}
