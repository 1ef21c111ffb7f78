// Panics of ESP chips among the lines that a board prints: which code addresses they name. Knows their formats only.

export interface Panic {
	chip: "esp8266" | "xtensa" | "riscv";
	/** What happened, if the chip tells by a number only. */
	cause?: string;
	/** Of code, the innermost first; what a stack names may be stale. */
	addresses: number[];
}

/** Addresses of a panic that are kept; lines of one at most. */
const ADDRESSES = 64;
const LINES = 400;

/** Of the Xtensa instruction set, as far as apps meet them. */
const CAUSES: Readonly<Record<number, string>> = {
	0: "an illegal instruction",
	2: "an instruction was fetched from where there is none",
	3: "memory was read or written that cannot be, such as flash byte by byte",
	4: "an interrupt",
	6: "an integer was divided by zero",
	9: "a number was read or written at an odd address",
	20: "the program jumped to an address where there is no code",
	28: "a forbidden address was read, such as a null pointer",
	29: "a forbidden address was written, such as a null pointer",
};

const isCode8266 = (address: number) =>
	(address >= 0x4010_0000 && address < 0x4011_0000) || (address >= 0x4020_0000 && address < 0x4060_0000);
const isCode = (address: number) => address >= 0x4000_0000 && address < 0x4400_0000;

export class PanicReader {
	readonly #onPanic: (panic: Panic) => void;
	#panic: Panic | undefined;
	#lines = 0;

	constructor(onPanic: (panic: Panic) => void) {
		this.#onPanic = onPanic;
	}

	/** Each line, in order. */
	push(line: string): void {
		if (this.#panic !== undefined && ++this.#lines > LINES) this.end();
		const exception = /^\s*Exception \((\d{1,3})\):/.exec(line);
		if (exception !== null) {
			this.#begin("esp8266", CAUSES[Number(exception[1])]);
			return;
		}
		if (/^Guru Meditation Error:|^abort\(\) was called/.test(line)) this.#begin("xtensa");
		if (this.#panic?.chip === "esp8266") this.#read8266(line, this.#panic);
		else this.#readEsp32(line);
	}

	/** What is known by now is told. */
	end(): void {
		const panic = this.#panic;
		this.#panic = undefined;
		if (panic !== undefined && panic.addresses.length > 0) this.#onPanic(panic);
	}

	#begin(chip: Panic["chip"], cause?: string): void {
		this.end();
		this.#lines = 0;
		this.#panic = { chip, addresses: [] };
		if (cause !== undefined) this.#panic.cause = cause;
	}

	#read8266(line: string, panic: Panic): void {
		const epc = /epc1=0x([0-9a-f]{8})/.exec(line);
		if (epc !== null) this.#add(panic, Number.parseInt(epc[1], 16), isCode8266);
		const stack = /^[0-9a-f]{8}: {1,2}((?:[0-9a-f]{8} ?){1,4})/.exec(line);
		if (stack !== null)
			for (const word of stack[1].trim().split(" ")) this.#add(panic, Number.parseInt(word, 16), isCode8266);
		if (line.startsWith("<<<stack<<<")) this.end();
	}

	/** A backtrace also comes where nothing else was heard of the panic. */
	#readEsp32(line: string): void {
		const backtrace = /^Backtrace: ?((?:0x[0-9a-f]{8}:0x[0-9a-f]{8} ?)+)/.exec(line);
		if (backtrace !== null) {
			this.#panic ??= { chip: "xtensa", addresses: [] };
			this.#panic.addresses = [];
			for (const pair of backtrace[1].trim().split(" "))
				this.#add(this.#panic, Number.parseInt(pair.slice(2, 10), 16), isCode);
			this.end();
			return;
		}
		const registers = /^MEPC +: 0x([0-9a-f]{8}) +RA +: 0x([0-9a-f]{8})/.exec(line);
		if (registers === null || this.#panic === undefined) return;
		// RISC-V prints no backtrace: where it stopped, and who called.
		this.#panic.chip = "riscv";
		for (const register of registers.slice(1)) this.#add(this.#panic, Number.parseInt(register, 16), isCode);
		this.end();
	}

	#add({ addresses }: Panic, address: number, fits: (address: number) => boolean): void {
		if (fits(address) && addresses.at(-1) !== address && addresses.length < ADDRESSES)
			addresses.push(address);
	}
}
