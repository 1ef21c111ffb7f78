// One open serial port: bytes both ways, baud rate, control lines. Knows serialport, nothing of boards' protocols.

import { EventEmitter } from "node:events";
import { SerialPort, type SerialPortMock } from "serialport";
import { Problem, textOf } from "../problem.js";
import { within } from "../within.js";
import { openingProblem } from "./opening-problem.js";
import { mendPort } from "./unix-port.js";

/** Milliseconds beyond what the bytes need at the baud rate. */
const WRITE_PATIENCE = 5000;
const DRAIN_PATIENCE = 1000;
const CLOSE_PATIENCE = 2000;

/** SerialPort, or SerialPortMock in tests. */
export type PortClass = new (options: {
	path: string;
	baudRate: number;
	autoOpen: false;
}) => SerialPort | SerialPortMock;

export interface Signals {
	/** Asserted pulls GPIO 0 (BOOT) low on most boards. */
	dtr: boolean;
	/** Asserted pulls EN (RESET) low on most boards. */
	rts: boolean;
}

/** The port has no DTR and RTS: pseudo-terminals, some adapters. */
export class NoControlLines extends Problem {
	constructor(path: string) {
		super(
			`${path} cannot reset the board`,
			"it has no control lines (DTR and RTS)",
			"hold BOOT, press RESET and let BOOT go for the bootloader; press RESET alone to start the app",
		);
	}
}

/**
 * Emits `data` with what arrives, and `gone` once when the port goes away by itself (unplugged). The bytes of `data`
 * are the receiver's to keep.
 */
export class SerialLine extends EventEmitter<{ data: [Uint8Array]; gone: [] }> {
	readonly path: string;
	#port: SerialPort | SerialPortMock;
	#baudRate: number;
	#closed = false;
	#gone = false;
	#hasControlLines = true;

	/**
	 * Opens 8N1, without flow control, for this process alone. A board that runs goes on running: the system asserts
	 * both control lines on opening, and they are released in one step, since one after the other resets most boards.
	 * Throws a Problem.
	 */
	static async open(path: string, baudRate: number, Port: PortClass = SerialPort): Promise<SerialLine> {
		let port: SerialPort | SerialPortMock;
		try {
			port = new Port({ path, baudRate, autoOpen: false });
			await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
		} catch (error) {
			throw await openingProblem(path, textOf(error));
		}
		const line = new SerialLine(path, baudRate, port);
		await line.setSignals({ dtr: false, rts: false }).catch((error) => {
			if (!(error instanceof NoControlLines)) throw error;
		});
		mendPort(port.port);
		// Reading begins here: whoever listens at once misses nothing.
		port.on("data", (bytes: Buffer) => line.emit("data", bytes));
		return line;
	}

	private constructor(path: string, baudRate: number, port: SerialPort | SerialPortMock) {
		super();
		this.path = path;
		this.#baudRate = baudRate;
		this.#port = port;
		port.on("close", () => this.#vanish());
		port.on("end", () => this.#vanish());
		port.on("error", () => this.#vanish());
	}

	get baudRate(): number {
		return this.#baudRate;
	}

	/** False once setSignals (or opening) found none. */
	get hasControlLines(): boolean {
		return this.#hasControlLines;
	}

	/** Bytes can be written: neither closed nor gone. */
	get isOpen(): boolean {
		return !this.#closed && !this.#gone;
	}

	/**
	 * Resolves when the system has taken all bytes. Throws a Problem when the port is gone, or takes nothing for
	 * 5 seconds more than the bytes need.
	 */
	async write(bytes: Uint8Array): Promise<void> {
		this.#check();
		const port = this.#port;
		const written = new Promise<void>((resolve, reject) => {
			port.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), (error) =>
				error ? reject(error) : resolve(),
			);
		});
		const patience = WRITE_PATIENCE + (bytes.length * 10_000) / this.#baudRate;
		try {
			await within(patience, written, () => {
				throw new Problem(
					`${this.path} takes no more bytes`,
					"its driver or adapter is stuck",
					"unplug the board, plug it in again and repeat",
				);
			});
		} catch (error) {
			if (error instanceof Problem) throw error;
			throw this.#goneProblem();
		}
	}

	/** Bytes on their way in either direction may be lost. */
	async setBaudRate(baudRate: number): Promise<void> {
		this.#check();
		try {
			await this.#call((done) => this.#port.update({ baudRate }, done));
		} catch (error) {
			if (!this.isOpen) throw this.#goneProblem();
			throw new Problem(
				`${this.path} cannot be set to ${baudRate} baud`,
				textOf(error),
				"choose another baud rate, such as 115200",
			);
		}
		this.#baudRate = baudRate;
	}

	/** Sets both control lines in one step. Throws NoControlLines where there are none. */
	async setSignals({ dtr, rts }: Signals): Promise<void> {
		this.#check();
		if (!this.#hasControlLines) throw new NoControlLines(this.path);
		try {
			await this.#call((done) => this.#port.set({ dtr, rts, brk: false }, done));
		} catch {
			if (!this.isOpen) throw this.#goneProblem();
			this.#hasControlLines = false;
			throw new NoControlLines(this.path);
		}
	}

	/** Within 3 seconds, whatever the driver does. What was written is sent, if it can be. May be called again. */
	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		const port = this.#port;
		if (!port.isOpen) return;
		const ignore = () => {};
		await within(DRAIN_PATIENCE, this.#call((done) => port.drain(done)).catch(ignore), ignore);
		// What is unsent still would keep the system's close waiting.
		await within(DRAIN_PATIENCE, this.#call((done) => port.flush(done)).catch(ignore), ignore);
		await within(CLOSE_PATIENCE, this.#call((done) => port.close(done)).catch(ignore), ignore);
	}

	#call(action: (done: (error: Error | null | undefined) => void) => void): Promise<void> {
		return new Promise((resolve, reject) => action((error) => (error ? reject(error) : resolve())));
	}

	#check(): void {
		if (!this.isOpen) throw this.#goneProblem();
	}

	#goneProblem(): Problem {
		return this.#closed && !this.#gone
			? new Problem(`${this.path} cannot be used`, "it was closed", "open it again")
			: new Problem(
					`${this.path} is gone`,
					"the board was unplugged, or its cable or adapter fails",
					"plug it in again and repeat",
				);
	}

	#vanish(): void {
		if (this.#closed || this.#gone) return;
		this.#gone = true;
		this.emit("gone");
	}
}
