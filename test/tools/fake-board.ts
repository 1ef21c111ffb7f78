// A board in Node, with another MQTT client and the topics of the sensor node: tests of the tools need neither the
// engine nor our client.

import { connect, type MqttClient } from "mqtt";
import type { Board, BoardEvent, BoardOptions } from "../../tools/sim/board.js";

export const MEMORY = {
	slots: 1,
	chunkBytes: 2,
	slotsAllocated: 3,
	chunkBytesAllocated: 4,
	collections: 5,
	meter: 6,
	limit: 7,
	used: 8,
	stack: 186,
};

interface Config {
	host: string;
	port: number;
	name: string;
	interval: number;
	brokerUsername?: string;
	brokerPassword?: string;
	tls?: { ca?: string | string[]; certificate?: string; key?: string };
	decimals?: number;
}

export class FakeBoard implements Board {
	/** All that were started. */
	static started: FakeBoard[] = [];
	readonly config: Config;
	/** Readings that vanish: as if the board had lost them. */
	lose = 0;
	readonly #onEvent: (event: BoardEvent) => void;
	readonly #client: MqttClient;
	readonly #timer: NodeJS.Timeout | undefined;
	#off = false;

	constructor(options: BoardOptions, onEvent: (event: BoardEvent) => void) {
		FakeBoard.started.push(this);
		const config = options.config as unknown as Config;
		this.config = config;
		this.#onEvent = onEvent;
		const { host, port, name, brokerUsername: username, brokerPassword: password } = config;
		const topic = `${name}/status`;
		const will = { topic, payload: Buffer.from("offline"), qos: 1, retain: true } as const;
		const { ca, certificate: cert, key } = config.tls ?? {};
		this.#client = connect({
			...{ protocol: config.tls === undefined ? "mqtt" : "mqtts", host, port, ca, cert, key },
			...{ username, password, will, clientId: `${name}-${port}` },
		});
		this.#client.on("error", () => {});
		this.#client.on("connect", () => {
			this.tell({ type: "client", connected: true, protocolVersion: 4 });
			this.#publish("status", "online", true);
		});
		if (config.decimals === undefined)
			this.#timer = setInterval(() => {
				this.#measure("load", 0.25, 2);
				this.#measure("memory", 1000, 0);
			}, config.interval);
		queueMicrotask(() => {
			this.tell({ type: "ready" });
			this.tell({ type: "trace", text: "hello\x1b[2J" });
			this.tell({ type: "memory", ...MEMORY });
		});
	}

	tell(event: BoardEvent): void {
		if (!this.#off) this.#onEvent(event);
	}

	unplug(): void {
		this.#off = true;
		clearInterval(this.#timer);
		this.#client.stream.destroy();
		this.#client.end(true);
	}

	cut(): void {
		this.tell({ type: "network", state: "cut" });
	}

	freeze(): void {
		this.tell({ type: "network", state: "frozen" });
	}

	restore(): void {
		this.tell({ type: "network", state: "up" });
	}

	reading(value: number): void {
		if (this.lose > 0) this.lose--;
		else this.#publish("replay", value.toFixed(this.config.decimals));
	}

	async stop(): Promise<void> {
		clearInterval(this.#timer);
		if (this.#client.connected) {
			await this.#client.publishAsync(`${this.config.name}/status`, "offline", { qos: 1, retain: true });
			await this.#client.endAsync();
			this.tell({ type: "client", connected: false, reason: "closed" });
		}
		this.exit(0);
	}

	/** The process ends. */
	exit(status: number): void {
		this.tell({ type: "exit", status, text: "" });
		this.unplug();
	}

	#measure(name: string, value: number, decimals: number): void {
		this.tell({ type: "reading", name, value });
		this.#publish(name, value.toFixed(decimals));
	}

	#publish(topic: string, payload: string, retain = false): void {
		// What is lost with a connection is lost: the tests know of it.
		this.#client.publish(`${this.config.name}/${topic}`, payload, { qos: 1, retain }, () => {});
	}
}

export function startFakeBoard(options: BoardOptions, onEvent: (event: BoardEvent) => void): FakeBoard {
	return new FakeBoard(options, onEvent);
}
