// One debug stream: its machines are answered, its events told with their names. Knows the protocol, no port.

import { BREAK_ON_EXCEPTIONS, command, GO, restart, setClock } from "../xsbug/commands.js";
import type { Instrument, XsbugEvent } from "../xsbug/events.js";
import { XsbugReader } from "../xsbug/reader.js";
import type { MonitorEvent } from "./events.js";
import { byName, figuresOf } from "./instruments.js";

const MACHINE_LIMIT = 32;
const NAME_LIMIT = 40;

interface Machine {
	name: string;
	instruments?: Instrument[];
}

export class Conversation {
	readonly #write: (bytes: Buffer) => void;
	readonly #onEvent: (event: MonitorEvent) => void;
	readonly #reader: XsbugReader;
	readonly #machines = new Map<string, Machine>();

	/** `write`: to the board or simulator. */
	constructor(write: (bytes: Buffer) => void, onEvent: (event: MonitorEvent) => void) {
		this.#write = write;
		this.#onEvent = onEvent;
		this.#reader = new XsbugReader((event) => this.#event(event));
	}

	push(bytes: Uint8Array): void {
		this.#reader.push(bytes);
	}

	/** To be called about each second. */
	tick(): void {
		this.#reader.tick();
	}

	/** The stream has ended. */
	end(): void {
		this.#reader.end();
		this.#machines.clear();
	}

	/** See XsbugReader. */
	dropText(): number {
		return this.#reader.dropText();
	}

	/** Asks the app to restart the board. False when no machine is there to be asked. */
	restart(): boolean {
		const [machine] = this.#machines.keys();
		if (machine === undefined || machine === "") return false;
		this.#write(restart(machine));
		return true;
	}

	#event(event: XsbugEvent): void {
		switch (event.type) {
			case "reset":
				this.#machines.clear();
				this.#onEvent(event);
				return;
			case "text":
				this.#onEvent(event);
				return;
			case "samples":
				this.#samples(event.machine, event.values);
				return;
			case "login":
				this.#forget(event.machine);
				this.#machine(event.machine).name = event.name.slice(0, NAME_LIMIT) || event.machine;
				break;
			case "instruments":
				this.#machine(event.machine).instruments = event.instruments;
		}
		// Told before it is answered: what it does then may be its last.
		this.#onEvent({ ...event, name: this.#machine(event.machine).name });
		this.#answer(event);
	}

	#answer(event: XsbugEvent): void {
		switch (event.type) {
			case "login":
				// Workers share the board's clock. It comes first: of two debug lines, UART and USB, boards take the one
				// where a binary command arrives.
				if (event.machine !== "" && this.#machines.size === 1)
					this.#write(setClock(event.machine, new Date()));
				this.#write(command(event.machine, BREAK_ON_EXCEPTIONS));
				this.#write(command(event.machine, GO));
				break;
			case "break":
			case "import":
				this.#write(command(event.machine, GO));
				break;
			case "closed":
				this.#forget(event.machine);
		}
	}

	#samples(machine: string, samples: number[]): void {
		const { name, instruments } = this.#machine(machine);
		const values = instruments && byName(instruments, samples);
		this.#onEvent({ type: "samples", machine, name, figures: figuresOf(values ?? {}), values });
	}

	/** Also one whose login was before our time. */
	#machine(tag: string): Machine {
		let machine = this.#machines.get(tag);
		if (machine === undefined) {
			if (this.#machines.size >= MACHINE_LIMIT) this.#forget(this.#machines.keys().next().value!);
			machine = { name: tag === "" ? "machine" : tag };
			this.#machines.set(tag, machine);
		}
		return machine;
	}

	#forget(tag: string): void {
		this.#machines.delete(tag);
	}
}
