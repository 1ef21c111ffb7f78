// A board, Mosquitto, the recording proxy between them, and an independent client on the broker's other side: runs them
// through faults, and gathers the evidence. Must not know who is right.

import { connectAsync } from "mqtt";
import type { Counters } from "../../hosts/desktop/board.js";
import { type Device, LOADS, type STACKS, start } from "../support/board.js";
import {
	endLater,
	freePort,
	type Judge,
	judge,
	type Mosquitto,
	startMosquitto,
	unique,
} from "../support/brokers.js";
import { storeFor } from "../support/store.js";
import { ACCEPTED, DELIVERED, DROPPED } from "./diary.js";
import type { Due } from "./faults.js";
import type { AppConfig } from "./firmware/board.js";
import type { Arrival, Evidence, Life } from "./judge.js";
import type { Entry } from "./log.js";
import { numberOf, payloadOf, SHORT } from "./messages.js";
import { RecordingProxy, type Strike } from "./proxy.js";
import type { Random } from "./random.js";

export interface TrialOptions {
	stack: (typeof STACKS)[number];
	qos: 1 | 2;
	/** Of the client. */
	window: number;
	random: Random;
	/** Milliseconds until all of it has failed. */
	patience: number;
	/** Of Mosquitto. */
	settings?: string[];
	/** What carries MQTT. */
	carrier: "TCP" | "WebSocket";
	/** Of MQTT: 4 is 3.1.1, 5 is 5.0. */
	version: 4 | 5;
}

/** The board is sent one message for so many of its own. */
const INBOUND = 4;
/**
 * So many messages are published to the board at a time. Mosquitto 2.0 answers QoS 2 beyond max_inflight_messages, 20 by
 * default, with a PUBREC that means no: of MQTT 5.0, also where MQTT 3.1.1 is spoken. Then they are lost.
 */
const IN_FLIGHT = 10;
/** Each life has numbers of its own. */
const LIFE = 1_000_000;

export class Trial {
	private readonly options: TrialOptions;
	private readonly broker: Mosquitto;
	readonly proxy: RecordingProxy;
	private readonly other: Judge;
	private readonly name = unique("delivery");
	private readonly out = `${this.name}/out`;
	private readonly in = `${this.name}/in`;
	private readonly barrier = `${this.name}/barrier`;

	private readonly lives: Life[] = [];
	private readonly arrivals: Arrival[] = [];
	/** When messages to the board were published. */
	private readonly sent: number[] = [];
	/** How many wait to be, and how many the broker has not acknowledged. */
	private unsent = 0;
	private inFlight = 0;
	/** The last of them: its packet identifier, and whether the board has answered all. */
	private last = { number: 0, id: 0, answered: false };
	/** The last message on the barrier topic. */
	private passed = 0;

	private device!: Device<number[]>;
	/** Of the device's reports. */
	private read = 0;
	private told = 0;
	/** Messages of this life: the end of what it is to publish, of what it has accepted, of what was seen on the wire. */
	private target = 0;
	private accepted = 0;
	private seen = 0;
	private open = 0;

	private subscribed = false;
	private failure: Error | undefined;
	private waiting: (() => void)[] = [];

	private constructor(options: TrialOptions, broker: Mosquitto, proxy: RecordingProxy, other: Judge) {
		this.options = options;
		this.broker = broker;
		this.proxy = proxy;
		this.other = other;
		proxy.onEntry = (entry) => this.note(entry);
		proxy.onStruck = () => this.wake();
		other.mqtt.on("message", (topic, bytes, { dup }) => {
			if (topic.startsWith(this.out))
				this.arrivals.push({ text: bytes.toString(), dup, at: proxy.log.place() });
			else if (topic === this.barrier) this.passed = Number(bytes);
			this.wake();
		});
		const timer = setTimeout(
			() => this.fail(`it is not done after ${options.patience} ms`),
			options.patience,
		);
		endLater(() => clearTimeout(timer));
	}

	/** All of it, running. */
	static async begin(options: TrialOptions): Promise<Trial> {
		// By default it drops what is more than 1000 messages behind.
		const settings = ["max_queued_messages 0", ...(options.settings ?? [])];
		const framed = options.carrier === "WebSocket";
		const web = framed ? await freePort() : 0;
		if (framed)
			settings.push("per_listener_settings false", `listener ${web} 127.0.0.1`, "protocol websockets");
		const broker = await startMosquitto({ settings });
		const proxy = await RecordingProxy.to(framed ? web : broker.port, framed, options.version);
		endLater(() => proxy.stop());
		const other = await judge(broker.port, { clean: false, clientId: unique("subscriber") });
		const trial = new Trial(options, broker, proxy, other);
		await other.mqtt.subscribeAsync([`${trial.out}/+`, trial.barrier], { qos: options.qos });
		await trial.power();
		// What is sent before is not for the board.
		await trial.until(() => trial.subscribed);
		return trial;
	}

	/** What is to be judged. */
	get evidence(): Evidence {
		const { qos, window } = this.options;
		const { out, in: inbound, lives, arrivals, sent } = this;
		return { qos, window, out, in: inbound, log: this.proxy.log, lives, arrivals, sent };
	}

	/** The board publishes so many more messages, and the faults happen on the way. */
	async run(count: number, faults: Due[] = []): Promise<void> {
		const first = this.target;
		this.target += count;
		this.device.board.reading(this.target);
		for (const { after, fault } of faults) {
			await this.until(() => this.seen >= first + after);
			await fault(this, this.options.random);
		}
	}

	/** Resolves when all is done, quiet and told. */
	async rest(): Promise<void> {
		await this.until(() => this.accepted === this.target && this.open === 0);
		this.send();
		// A broker that was killed may lose it, or give it the identifier of another one.
		const again = setInterval(() => this.send(), 2000);
		await this.until(() => this.unsent === 0 && this.last.answered);
		clearInterval(again);
		const barrier = this.passed + 1;
		this.say(this.barrier, `${barrier}`);
		const told = this.told + 1;
		this.device.board.reading(-1);
		await this.until(() => this.told === told && this.passed === barrier);
	}

	/** Has it done, on the next connection if there is none. */
	async strike(strike: Strike): Promise<void> {
		const { proxy } = this;
		proxy.plan = strike;
		const isQuiet = () => this.accepted === this.target && this.open === 0;
		await this.until(() => proxy.plan === undefined || isQuiet());
		if (proxy.plan === undefined) return;
		// So many bytes may never pass: the next one is it, and comes.
		strike.bytes = 0;
		this.send();
		await this.until(() => proxy.plan === undefined);
	}

	/** What is in use on the board without garbage. */
	async heap(): Promise<Pick<Counters, "slots" | "chunkBytes">> {
		const { slots, chunkBytes } = await this.device.board.collect();
		return { slots, chunkBytes };
	}

	/** A message to the board. */
	send(): void {
		this.unsent++;
		this.flush();
	}

	private flush(): void {
		while (this.unsent > 0 && this.inFlight < IN_FLIGHT) {
			this.unsent--;
			this.inFlight++;
			const number = this.sent.push(this.proxy.log.place());
			this.last = { number, id: 0, answered: false };
			this.say(this.in, payloadOf(number), () => {
				this.inFlight--;
				this.flush();
			});
		}
	}

	/** Publishes until the broker has it. */
	private say(topic: string, payload: string, done = () => {}): void {
		const { mqtt } = this.other;
		mqtt.publish(topic, payload, { qos: this.options.qos }, (error) => {
			if (!error) done();
			// It was not sent, for lack of a connection. Another one is not to be published in this callback.
			else if (!mqtt.disconnecting) setTimeout(() => this.say(topic, payload, done), 20);
		});
	}

	/** A board with nothing in its RAM. */
	async power(): Promise<void> {
		const { stack, qos, window, random, version } = this.options;
		const life = this.lives.length + 1;
		const first = life * LIFE;
		this.lives.push({ life, first, diary: [], unplugged: false });
		this.target = this.accepted = this.seen = first;
		this.open = this.read = this.told = 0;
		const config: AppConfig = {
			client: {
				port: this.proxy.port,
				clientId: this.name,
				protocolVersion: version,
				window,
				// window + 4 messages of the longest that are not long.
				storeSize: storeFor(window + 4, `${this.out}/0`, SHORT),
				packetSize: 200,
				unreleased: 256,
				webSocket: this.options.carrier === "WebSocket" ? {} : undefined,
			},
			qos,
			out: this.out,
			in: this.in,
			first,
			life,
		};
		const [, [, preload]] = LOADS;
		this.device = await start({
			firmware: "test/delivery/firmware/board",
			board: "esp32",
			stack,
			preload,
			seed: random.from(1, 2_147_483_646),
			config: { ...config },
		});
		const { device } = this;
		device.board.on("report", () => this.hear());
		device.board.ended.then(({ abort, status, signal }) => {
			const why = abort?.message ?? `status ${status}, signal ${signal}`;
			if (device === this.device && !this.lives.at(-1)!.unplugged) this.fail(`the board ended: ${why}`);
		});
		this.hear();
	}

	/** When this many messages more are sent the board is gone, and what was in its RAM. */
	async unplug(after: number): Promise<void> {
		const first = this.seen;
		await this.until(() => this.seen >= first + after);
		this.lives.at(-1)!.unplugged = true;
		await this.device.board.unplug();
		this.hear();
	}

	async restartBroker(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
		await this.broker.halt(signal);
		if (signal === "SIGKILL") this.incident("killed"); // what came until it was gone may be lost
		await this.broker.start();
	}

	/** The broker forgets the board's session (section 3.1.2.4), and the board's connection ends. */
	async forgetSession(): Promise<void> {
		this.incident("forgotten");
		const options = { clientId: this.name, reconnectPeriod: 0 };
		// The board takes its name back at any time, perhaps before we hear that we had it.
		for (let done = false; !done; )
			try {
				const twin = await connectAsync(`mqtt://127.0.0.1:${this.broker.port}`, options);
				await twin.endAsync(true);
				done = true;
			} catch {}
		this.incident("forgotten");
	}

	private incident(what: "killed" | "forgotten"): void {
		const { log } = this.proxy;
		log.incidents.push({ what, at: log.place() });
	}

	/** Resolves when it is so. */
	private async until(isSo: () => boolean): Promise<void> {
		while (!isSo()) {
			if (this.failure !== undefined) throw this.failure;
			await new Promise<void>((wake) => this.waiting.push(wake));
		}
	}

	private wake(): void {
		for (const wake of this.waiting.splice(0)) wake();
	}

	private fail(why: string): void {
		const { target, accepted, seen, open } = this;
		this.failure ??= new Error(
			`${why}: ${accepted - seen} were accepted and not seen, ${target - accepted} not accepted, ${open} are not done`,
		);
		this.wake();
	}

	/** Something on the wire. */
	private note({ from, cmd, id, topic, text }: Entry): void {
		const { last } = this;
		if (from === "broker") {
			if (cmd === "suback") this.subscribed = true;
			if (topic === this.in && numberOf(text) === last.number) last.id = id;
		} else if (cmd === "publish") {
			const end = numberOf(text) + 1;
			if (end > this.seen) {
				this.seen = end;
				if (end % INBOUND === 0) this.send();
			}
		} else if (id === last.id && cmd === (this.options.qos === 1 ? "puback" : "pubcomp"))
			last.answered = true;
		this.wake();
	}

	/** What the board has reported. */
	private hear(): void {
		const { diary } = this.lives.at(-1)!;
		for (const { all } = this.device; this.read < all.length; this.read++) {
			const numbers = all[this.read];
			if (numbers.length === 0) this.told++;
			for (let i = 0; i < numbers.length; i += 3) {
				const [what, a, b] = numbers.slice(i, i + 3);
				diary.push({ what, a, b });
				if (what === ACCEPTED) {
					this.accepted++;
					this.open++;
				} else if (what === DELIVERED || what === DROPPED) this.open--;
			}
		}
		this.wake();
	}
}
