// A board on a serial port: listened to, reset when it stays silent, found again after it was unplugged. Knows ports
// and time.

import { setTimeout as wait } from "node:timers/promises";
import { textOf } from "../problem.js";
import type { PortInfo } from "../serial/port-info.js";
import { AppReset } from "../serial/reset.js";
import { NoControlLines, SerialLine } from "../serial/serial-line.js";
import { Conversation } from "./conversation.js";
import type { Listener, MonitorEvent, Source } from "./events.js";
import { isNoise, LineRate } from "./line-rate.js";
import { type OpenLine, reopen } from "./reopen.js";
import { Tuner } from "./tuner.js";

/** Milliseconds without a byte after which a board counts as silent. */
const SILENCE = 3000;
/** Until a board that was reset by its control lines has said something. */
const RESTART_PATIENCE = 2000;
/** Resets by ourselves, each for another baud rate. */
const RESET_LIMIT = 4;

export interface SerialOptions {
	/** The app's baud rate; without it, it is found out. */
	baud: number | undefined;
	/** Reset a board that is silent. */
	reset: boolean;
}

/** What belongs to an open port. */
interface Session {
	line: SerialLine;
	tuner: Tuner;
	conversation: Conversation;
	ticking: NodeJS.Timeout;
}

export class SerialSource implements Source {
	readonly #port: PortInfo;
	readonly #options: SerialOptions;
	readonly #listener: Listener;
	readonly #open: OpenLine;
	readonly #rate: LineRate;
	readonly #stopping = new AbortController();
	#session: Session | undefined;
	#silence: NodeJS.Timeout | undefined;
	/** A message was understood since the port was opened or the board was reset. */
	#understood = false;
	/** The app was heard at a rate that is not its own since the board was reset. */
	#misheard = false;
	/** Something was heard that a board says when it starts. */
	#started = false;
	/** Since a message was understood. */
	#resets = 0;
	/** The last bytes to be written were not, which is told. */
	#refused = false;
	/** Characters that are not told of yet. */
	#unreadable = 0;

	constructor(port: PortInfo, options: SerialOptions, listener: Listener, open: OpenLine = SerialLine.open) {
		this.#port = port;
		this.#open = open;
		this.#options = options;
		this.#listener = listener;
		// What these bridges are found on most often.
		this.#rate = new LineRate(options.baud, port.vendorId === "1a86" ? "esp8266" : "esp32");
	}

	async start(): Promise<void> {
		this.#adopt(await this.#open(this.#port.path, this.#rate.rate));
	}

	async stop(): Promise<void> {
		this.#stopping.abort();
		await this.#abandon()?.close();
	}

	async reset(): Promise<void> {
		const session = this.#session;
		if (session === undefined) {
			this.#note(`${this.#port.path} is not there: plug the board in`);
			return;
		}
		this.#started = false;
		this.#understood = false;
		this.#misheard = false;
		this.#awaitSilence();
		try {
			await new AppReset(session.line).reset();
		} catch (error) {
			if (error instanceof NoControlLines && session.conversation.restart())
				this.#note("the port has no control lines: the app was asked to restart");
			else this.#note(textOf(error));
			return;
		}
		this.#note("the board was reset");
		session.tuner.booting();
		this.#misheard = false;
		await wait(RESTART_PATIENCE, undefined, { ref: false });
		if (session === this.#session && !this.#started && session.conversation.restart())
			this.#note("its control lines did nothing: the app was asked to restart");
	}

	async write(bytes: Uint8Array): Promise<void> {
		try {
			if (this.#session === undefined) throw new Error(`${this.#port.path} is not there`);
			await this.#session.line.write(bytes);
			this.#refused = false;
		} catch (error) {
			if (!this.#refused) this.#note(`what was typed is not sent: ${textOf(error)}`);
			this.#refused = true;
		}
	}

	#adopt(line: SerialLine): void {
		this.#understood = false;
		this.#misheard = false;
		const conversation = new Conversation(
			(bytes) => void line.write(bytes).catch(() => {}), // a port that is gone is told of
			(event) => this.#event(event),
		);
		const tuner = new Tuner(line, this.#rate, (text) => this.#note(text));
		const ticking = setInterval(() => {
			conversation.tick();
			this.#tellUnreadable();
		}, 1000);
		this.#session = { line, tuner, conversation, ticking };
		line.on("data", (bytes) => this.#data(bytes));
		line.once("gone", () => void this.#gone());
		this.#note(`${line.path} is open, ${line.baudRate} baud`);
		this.#awaitSilence();
	}

	/** What is not told yet, is. The line is the caller's to close. */
	#abandon(): SerialLine | undefined {
		const session = this.#session;
		if (session === undefined) return undefined;
		clearInterval(session.ticking);
		clearTimeout(this.#silence);
		session.tuner.stop();
		session.conversation.end();
		this.#tellUnreadable();
		this.#session = undefined;
		return session.line;
	}

	async #gone(): Promise<void> {
		void this.#abandon()?.close();
		this.#note(`${this.#port.path} is gone: waiting for it`);
		const open = (path: string) => this.#open(path, this.#rate.appRate);
		const line = await reopen(this.#port, open, this.#stopping.signal, (text) => this.#note(text));
		if (line !== undefined) this.#adopt(line);
	}

	#data(bytes: Uint8Array): void {
		if (this.#session === undefined) return;
		const { tuner, conversation } = this.#session;
		const verdict = tuner.hear(bytes);
		conversation.push(bytes);
		if (verdict?.noise) {
			this.#unreadable += conversation.dropText();
			this.#started = true;
		}
		// What a boot loader says is heard at the app's rate first.
		if (verdict !== undefined) this.#misheard = verdict.noise && (this.#misheard || verdict.by === "app");
		if (!this.#understood) this.#awaitSilence();
	}

	#event(event: MonitorEvent): void {
		if (event.type === "text") {
			if (isNoise(event.text)) {
				this.#unreadable += event.text.length;
				return;
			}
			this.#started = true;
		} else if (event.type !== "cut") this.#understand(event.type);
		this.#tell(event);
	}

	#tell(event: MonitorEvent): void {
		this.#tellUnreadable();
		this.#listener.event(event);
	}

	/** What was left out is told where it was, but of a stream of it once a second. */
	#tellUnreadable(): void {
		const count = this.#unreadable;
		if (count === 0) return;
		this.#unreadable = 0;
		this.#note(
			`${count === 1 ? "1 unreadable character" : `${count} unreadable characters`}: another baud rate, or a bad line`,
		);
	}

	#understand(type: MonitorEvent["type"]): void {
		this.#session?.tuner.settle();
		this.#started ||= type === "login" || type === "reset";
		// A machine that starts, or goes because its login was missed, may say no more.
		if (type === "reset" || type === "closed") return;
		this.#understood = true;
		this.#resets = 0;
		clearTimeout(this.#silence);
	}

	#awaitSilence(): void {
		clearTimeout(this.#silence);
		this.#silence = setTimeout(() => this.#silent(), SILENCE);
	}

	#silent(): void {
		const mayHelp = this.#resets === 0 || (this.#misheard && this.#resets < RESET_LIMIT);
		if (!mayHelp)
			this.#note(
				this.#started
					? "the board has started, but its app logs nothing: release builds do not, build with mcconfig -d"
					: "the board is still silent: press its RESET button; check the port and the cable",
			);
		else if (this.#options.reset) {
			if (this.#misheard) this.#session?.tuner.giveUp();
			this.#note("the board is silent, as it is when nobody was there at its start; resetting it");
			this.#resets++;
			void this.reset();
		} else
			this.#note(
				"the board is silent, as it is when nobody was there at its start; waiting (press RESET, or Ctrl-R here)",
			);
	}

	#note(text: string): void {
		this.#tell({ type: "note", text });
	}
}
