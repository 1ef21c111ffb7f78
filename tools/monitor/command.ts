// `xs-mqtt monitor`: from the command line to a running monitor. Knows options, the process and its signals.

import { createInterface, type Interface } from "node:readline";
import type { Command } from "commander";
import { findOneBoard } from "../boards/find.js";
import { ONE_PORT_HELP } from "../boards/options.js";
import { Keys } from "../keys.js";
import { PASSWORD_VARIABLE } from "../option-values.js";
import { watchOutput } from "../standard-output.js";
import type { Listener, Source } from "./events.js";
import { Filter } from "./filter.js";
import { Forwarder } from "./forwarder.js";
import { LogFile } from "./log-file.js";
import { checkOptions, type MonitorOptions, type RawOptions } from "./options.js";
import { Output } from "./output.js";
import { PanicTeller } from "./panic-teller.js";
import { Screen } from "./screen.js";
import { SerialSource } from "./serial-source.js";
import { elfAt } from "./symbols.js";
import { TcpSource } from "./tcp-source.js";

const CTRL_R = "\x12";

const HELP = `
In a terminal, Ctrl-R restarts the board (not with --input) and Ctrl-C ends the monitor. The password of --broker can be
given in the environment variable ${PASSWORD_VARIABLE}.

Examples:
  xs-mqtt monitor --timestamps --log board.log
  xs-mqtt monitor --port /dev/ttyUSB1 --filter 'error|disconnected'
  xs-mqtt monitor --tcp 5002 --json
  ${PASSWORD_VARIABLE}=... xs-mqtt monitor --broker mqtt://ann@broker.local/boards/kitchen/log`;

export function defineMonitor(command: Command): void {
	command
		.option("--port <board>", ONE_PORT_HELP)
		.option("--baud <rate>", "bits per second of the app (default: found out)")
		.option("--tcp [port]", "listen on 127.0.0.1 for the simulator instead (default port: 5002)")
		.option("--no-reset", "do not reset a silent board: wait")
		.option("--input", "send what is typed to the board, line by line")
		.option("--elf <file>", "the firmware's ELF file, or its build folder: decodes panics");
	addLogOptions(command)
		.option("--broker <url>", "forward lines to an MQTT broker: mqtt://[user[:password]@]host[:port]/topic")
		.addHelpText("after", HELP)
		.action(async (raw: RawOptions) => runMonitor(checkOptions(raw, process.env)));
}

/** How lines are shown, in all commands that show a log. */
export function addLogOptions(command: Command): Command {
	return command
		.option("--timestamps", "begin each line with date and time")
		.option("--filter <regex>", "show and forward only lines that match")
		.option("--log <file>", "add all lines to a file")
		.option("--json", "print one JSON object a line")
		.option("--instruments", "a table of slots, chunks, stack and collections (default: a line)")
		.option("--no-instruments", "none of them");
}

export type MakeSource = (listener: Listener) => Source;

/**
 * Runs until Ctrl-C, a signal, the source's end, or until whoever reads the output has gone. Throws a Problem.
 * `makeSource`: when it is neither a serial port nor a simulator that was started otherwise.
 */
export async function runMonitor(options: MonitorOptions, makeSource?: MakeSource): Promise<void> {
	const elf = options.elf === undefined ? undefined : await elfAt(options.elf);
	await new Monitor({ ...options, elf }, makeSource ?? (await sourceOf(options))).run();
}

async function sourceOf({ tcp, port, baud, reset }: MonitorOptions): Promise<MakeSource> {
	if (tcp !== undefined) return (listener) => new TcpSource(tcp, listener);
	const chosen = await findOneBoard(port);
	return (listener) => new SerialSource(chosen, { baud, reset }, listener);
}

class Monitor {
	readonly #options: MonitorOptions;
	readonly #source: Source;
	readonly #panics: PanicTeller;
	readonly #output: Output;
	readonly #file: LogFile | undefined;
	readonly #forwarder: Forwarder | undefined;
	readonly #ended: Promise<void>;
	#quit!: () => void;
	#fail!: (problem: unknown) => void;

	constructor(options: MonitorOptions, makeSource: MakeSource) {
		const { log, filter, broker } = options;
		this.#options = options;
		this.#ended = new Promise((resolve, reject) => {
			this.#quit = resolve;
			this.#fail = reject;
		});
		this.#ended.catch(() => {}); // it may come before anybody waits
		this.#file = log === undefined ? undefined : new LogFile(log);
		this.#forwarder =
			broker &&
			new Forwarder(broker.address, broker.topic, (text) => this.#output.event({ type: "note", text }));
		this.#output = new Output(
			options,
			{
				screen: new Screen(process.stdout),
				filter: filter && new Filter(filter),
				file: this.#file,
				forwarder: this.#forwarder,
			},
			this.#fail,
		);
		this.#panics = new PanicTeller(this.#output, options.elf);
		this.#source = makeSource(this.#panics);
	}

	/** No faster than the board takes it. */
	#sendTyped(): Interface {
		const { stdin } = process;
		let sending = Promise.resolve();
		let unsent = 0;
		return createInterface({ input: stdin, terminal: false }).on("line", (line) => {
			stdin.pause();
			unsent++;
			sending = sending.then(async () => {
				await this.#source.write?.(Buffer.from(`${line}\n`));
				if (--unsent === 0) stdin.resume();
			});
		});
	}

	async run(): Promise<void> {
		const quit = this.#quit;
		for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, quit);
		const unwatch = watchOutput((problem) => (problem === undefined ? quit() : this.#fail(problem)));
		let keys: Keys | undefined;
		let typed: Interface | undefined;
		try {
			await this.#source.start();
			this.#source.ended?.then(quit, this.#fail);
			if (this.#options.input) typed = this.#sendTyped();
			else if (process.stdin.isTTY)
				keys = new Keys(process.stdin, quit, { [CTRL_R]: () => void this.#source.reset() });
			await this.#ended;
		} finally {
			keys?.close();
			typed?.close();
			await this.#source.stop();
			this.#panics.close();
			this.#output.close();
			await this.#forwarder?.close();
			this.#file?.close();
			unwatch();
			for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(name, quit);
		}
	}
}
