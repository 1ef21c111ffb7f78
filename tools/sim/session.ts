// Ties broker, observer and board together, and makes of what they tell one stream of events.
// Decides when the simulation is over. Knows no terminal.

import { type BrokerAddress, urlOf } from "../option-values.js";
import { Problem } from "../problem.js";
import { cut } from "../text.js";
import type { Board, BoardEvent, StartBoard } from "./board.js";
import { EmbeddedBroker } from "./embedded-broker.js";
import type { Encryption, HeldEvent, ReceivedMessage, SimEvent } from "./events.js";
import { type Heard, Observer } from "./observer.js";
import type { SimOptions } from "./options.js";
import { Player } from "./player.js";
import { ProtocolTap } from "./protocol-tap.js";
import { Readings } from "./readings.js";
import type { Replay } from "./replay.js";
import { makeIdentity } from "./throw-away.js";

const USUAL_INTERVAL = 1000;
/** Milliseconds that may pass beyond those that are needed. */
const PATIENCE = 60_000;
/** Milliseconds for the farewell to reach the observer. */
const FAREWELL = 500;
/** Milliseconds that what is held has to stay so before it is told: while connected it comes and goes with each reading. */
const SETTLED = 200;
/** Characters of a trace line that an event holds. */
const TRACE_LIMIT = 1024;

const NOTHING_HELD: HeldEvent = { type: "held", messages: 0, dropped: 0 };

export class Session {
	/** The board's readings that the observer has received. */
	readings = 0;
	readonly #options: SimOptions;
	readonly #startBoard: StartBoard;
	readonly #onEvent: (event: SimEvent) => void;
	readonly #player: Player | undefined;
	readonly #measured = new Readings();
	/** Digits after the point of a replay's readings. */
	readonly #decimals: number | undefined;
	#address!: BrokerAddress;
	#broker: EmbeddedBroker | undefined;
	#observer: Observer | undefined;
	#tap: ProtocolTap | undefined;
	#board: Board | undefined;
	/** While the board's end is our doing. */
	#expectExit = false;
	#ending = false;
	#held = NOTHING_HELD;
	#heldTold = NOTHING_HELD;
	#heldTimer: NodeJS.Timeout | undefined;
	#offline: (() => void) | undefined;
	#timeout: NodeJS.Timeout | undefined;
	#finish!: (result: Problem | undefined) => void;
	readonly #finished = new Promise<Problem | undefined>((resolve) => {
		this.#finish = resolve;
	});

	constructor(
		options: SimOptions,
		replay: Replay | undefined,
		startBoard: StartBoard,
		onEvent: (event: SimEvent) => void,
	) {
		this.#options = options;
		this.#startBoard = startBoard;
		this.#onEvent = onEvent;
		if (replay !== undefined)
			this.#player = new Player(replay, options.interval, (value) => this.#board?.reading(value));
		this.#decimals = replay?.decimals;
	}

	/** Runs until it is done, has failed or was quit; throws the Problem if it has failed. All is closed then. */
	async run(): Promise<void> {
		try {
			// Whoever quits does not wait for a broker that does not answer.
			const opened = this.#open().then(() => this.#finished);
			const problem = await Promise.race([opened, this.#finished]);
			if (problem !== undefined) throw problem;
		} finally {
			await this.#close();
		}
	}

	/** Ends the simulation. That is a failure only if it was to reach something. */
	quit(): void {
		this.#finish(this.#aim === undefined ? undefined : this.#missed("it was quit"));
	}

	/** Ends the simulation, failed. */
	fail(problem: Problem): void {
		this.#finish(problem);
	}

	/** The board loses its power at once, or gets it back. */
	togglePower(): void {
		const board = this.#board;
		if (board === undefined) {
			this.restore();
			return;
		}
		this.#expectExit = true;
		this.#board = undefined;
		this.#player?.power(false);
		board.unplug();
		this.#forgetHeld();
		this.#onEvent({ type: "connection", of: "board", state: "unplugged" });
	}

	cutNetwork(): void {
		this.#board?.cut();
	}

	freezeNetwork(): void {
		this.#board?.freeze();
	}

	/** The network works again, and the board has power. */
	restore(): void {
		if (this.#board !== undefined) this.#board.restore();
		else if (this.#observer !== undefined && !this.#ending) this.#plugIn();
	}

	async #open(): Promise<void> {
		const { broker, name, timeout } = this.#options;
		this.#address = broker ?? (await this.#embed());
		const url = urlOf(this.#address);
		this.#onEvent({ type: "connection", of: "broker", state: "ready", url, embedded: broker === undefined });
		const observer = await Observer.start(this.#address, name, (event) => this.#received(event));
		if (this.#ending) return observer.close();
		this.#observer = observer;
		if (this.#options.protocol) {
			const tap = await ProtocolTap.start(this.#address, this.#onEvent);
			if (this.#ending) return tap.close();
			this.#tap = tap;
		}
		if (this.#aim !== undefined || timeout !== undefined)
			this.#timeout = setTimeout(() => this.#timedOut(), timeout ?? this.#duration + PATIENCE);
		this.#plugIn();
	}

	/** Starts the embedded broker. */
	async #embed(): Promise<BrokerAddress> {
		const { port, tls, name } = this.#options;
		const identity = tls ? await makeIdentity() : undefined;
		const onClient = (clientId: string, encryption: Encryption) => {
			// Others may come, and the observer speaks for itself.
			if (clientId.startsWith(`${name}-`))
				this.#onEvent({ type: "connection", of: "encryption", state: "on", with: "board", ...encryption });
		};
		const broker = await EmbeddedBroker.start(port, identity && { identity, onClient });
		this.#broker = broker;
		return { host: broker.host, port: broker.port, tls: identity && { ca: identity.ca } };
	}

	/** Readings to receive. */
	get #aim(): number | undefined {
		return this.#options.messages ?? this.#player?.count;
	}

	/** Milliseconds that it takes if all goes well. */
	get #duration(): number {
		if (this.#player !== undefined) return this.#player.duration;
		return (this.#options.interval ?? USUAL_INTERVAL) * (this.#options.messages ?? 0);
	}

	#timedOut(): void {
		if (this.#aim === undefined) this.#finish(undefined);
		else this.#finish(this.#missed("the time is over"));
	}

	#missed(why: string): Problem {
		return new Problem(
			`${this.readings} of ${this.#aim} readings were received`,
			why,
			"look at connection and trace, or give more --timeout",
		);
	}

	#plugIn(): void {
		const { name, interval, board, stack } = this.#options;
		this.#expectExit = false;
		const tap = this.#tap;
		const { host, port, username, password, tls, webSocket } = this.#address;
		const config = {
			host: tap?.host ?? host,
			port: tap?.port ?? port,
			brokerUsername: username,
			brokerPassword: password,
			tls,
			webSocket,
			name,
			interval: interval ?? USUAL_INTERVAL,
			decimals: this.#decimals,
		};
		this.#onEvent({ type: "connection", of: "board", state: "on" });
		let started: Board | undefined;
		const onEvent = (event: BoardEvent) => {
			// A board that was unplugged may have a last word: it is of no interest.
			if (started === undefined || started === this.#board) this.#boardSays(event);
		};
		started = this.#startBoard({ board, stack, config }, onEvent);
		this.#board = started;
	}

	#boardSays(event: BoardEvent): void {
		switch (event.type) {
			case "ready":
				this.#onEvent({ type: "connection", of: "board", state: "ready" });
				this.#player?.power(true);
				break;
			case "trace":
				this.#onEvent({ type: "trace", text: cut(event.text, TRACE_LIMIT) });
				break;
			case "memory":
				this.#onEvent(event);
				break;
			case "reading":
				this.#measured.measured(event.name, event.value);
				break;
			case "held":
				this.#holds(event);
				break;
			case "network":
				this.#onEvent({ type: "connection", of: "network", state: event.state });
				break;
			case "client":
				this.#onEvent(
					event.connected
						? {
								type: "connection",
								of: "client",
								state: "connected",
								reason: "",
								protocolVersion: event.protocolVersion,
							}
						: {
								type: "connection",
								of: "client",
								state: "disconnected",
								reason: cut(event.reason, TRACE_LIMIT),
							},
				);
				break;
			case "abort":
				this.#onEvent({
					type: "connection",
					of: "board",
					state: "aborted",
					reason: cut(`${event.reason}: ${event.message}`, TRACE_LIMIT),
				});
				this.#finish(
					new Problem(
						`the firmware was aborted (${cut(event.reason, 64)})`,
						cut(event.message, TRACE_LIMIT) || "no message",
						adviceOnAbort(event.reason, this.#address),
					),
				);
				break;
			case "exit":
				this.#boardGone(event.status, event.text);
				break;
		}
	}

	#boardGone(status: number | null, text: string): void {
		this.#board = undefined;
		this.#player?.power(false);
		this.#forgetHeld();
		this.#onEvent({ type: "connection", of: "board", state: "off" });
		if (this.#expectExit) return;
		this.#finish(
			new Problem(
				"the board stopped by itself",
				cut(text.trim(), TRACE_LIMIT) || (status === null ? "it was killed" : `exit status ${status}`),
				"look at its trace above; if there is none, delete build/ and start again",
			),
		);
	}

	#holds(held: HeldEvent): void {
		this.#held = held;
		this.#heldTimer ??= setTimeout(() => {
			this.#heldTimer = undefined;
			const { messages, dropped } = this.#heldTold;
			if (this.#held.messages === messages && this.#held.dropped === dropped) return;
			this.#heldTold = this.#held;
			this.#onEvent(this.#held);
		}, SETTLED);
	}

	/** Held in RAM: gone with the power. */
	#forgetHeld(): void {
		clearTimeout(this.#heldTimer);
		this.#heldTimer = undefined;
		this.#held = NOTHING_HELD;
		this.#heldTold = NOTHING_HELD;
	}

	#received(event: Heard): void {
		if (event.type !== "message") {
			this.#onEvent(event);
			if (event.type === "status" && !event.retain && event.state === "offline") this.#offline?.();
			return;
		}
		// Who asked for N readings gets N.
		if (this.#ending) return;
		const reading = this.#isReading(event);
		this.#onEvent({ ...event, reading });
		if (reading) this.#count();
	}

	/** Whether it is this board's, and new. */
	#isReading({ topic, payload, retain, cut }: ReceivedMessage): boolean {
		const { name } = this.#options;
		if (retain || cut || !topic.startsWith(`${name}/`)) return false;
		const of = topic.slice(name.length + 1);
		if (this.#player === undefined) return this.#measured.received(of, payload);
		return of === "replay" && this.#player.received(payload);
	}

	#count(): void {
		this.readings++;
		const { messages } = this.#options;
		if (messages === undefined ? this.#player?.done : this.readings >= messages) {
			this.#ending = true;
			this.#finish(undefined);
		}
	}

	async #close(): Promise<void> {
		this.#ending = true;
		clearTimeout(this.#timeout);
		this.#player?.stop();
		this.#forgetHeld();
		const board = this.#board;
		if (board !== undefined) {
			this.#expectExit = true;
			const farewell = new Promise<void>((resolve) => {
				this.#offline = resolve;
				setTimeout(resolve, FAREWELL).unref();
			});
			await board.stop();
			await farewell;
		}
		await this.#tap?.close();
		await this.#observer?.close();
		await this.#broker?.close();
	}
}

function adviceOnAbort(reason: string, { tls }: BrokerAddress): string {
	if (reason !== "memory" && reason !== "stack") return "look at its trace";
	const larger = tls === undefined ? "none" : "esp32: TLS takes more than an ESP8266 has";
	return `look at its trace; for want of memory, try --board ${larger}`;
}
