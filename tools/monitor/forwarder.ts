// Lines as messages to an MQTT broker, in bounded memory. Knows mqtt.js; nothing of boards.

import { connect, type MqttClient } from "mqtt";
import type { BrokerAddress } from "../option-values.js";
import { textOf } from "../problem.js";
import { printable } from "../text.js";

/** Lines that wait. The oldest is dropped for the newest. */
const QUEUE_LIMIT = 1000;
/** Messages that the broker has not acknowledged. */
const WINDOW = 100;
/** Milliseconds that what waits is given at the end. */
const CLOSE_PATIENCE = 1000;

export class Forwarder {
	readonly #client: MqttClient;
	readonly #topic: string;
	readonly #address: string;
	readonly #onNote: (text: string) => void;
	#queue: string[] = [];
	#onTheirWay = 0;
	#dropped = 0;
	#lastNote = "";
	#drained: (() => void) | undefined;

	/** Publishes at QoS 1. `onNote`: what the user is to know; the password is not in it. */
	constructor(broker: BrokerAddress, topic: string, onNote: (text: string) => void) {
		this.#topic = topic;
		this.#address = printable(`${broker.host}:${broker.port}`, 100);
		this.#onNote = onNote;
		this.#client = connect({
			protocol: "mqtt",
			host: broker.host.replace(/^\[|\]$/g, ""),
			port: broker.port,
			username: broker.username,
			password: broker.password,
			protocolVersion: 4,
			clean: true,
			reconnectPeriod: 1000,
			connectTimeout: 10_000,
		});
		this.#client.on("connect", () => {
			this.#note(`forwarding to ${this.#address}`);
			this.#send();
		});
		this.#client.on("error", (error) =>
			this.#note(`${this.#address}: ${printable(textOf(error), 200)}; trying on`),
		);
		this.#client.on("close", () => {
			if (this.#lastNote.startsWith("forwarding")) this.#note(`${this.#address} is gone; trying on`);
		});
	}

	add(lines: string[]): void {
		this.#queue.push(...lines);
		const over = this.#queue.length - QUEUE_LIMIT;
		if (over > 0) {
			this.#queue.splice(0, over);
			this.#dropped += over;
		}
		this.#send();
	}

	/** What waits is still sent, for a second. */
	async close(): Promise<void> {
		await new Promise<void>((resolve) => {
			const timer = setTimeout(resolve, CLOSE_PATIENCE);
			this.#drained = () => {
				clearTimeout(timer);
				resolve();
			};
			this.#send();
		});
		await this.#client.endAsync(true);
	}

	#send(): void {
		if (this.#client.connected && this.#dropped > 0) {
			this.#onNote(`${this.#dropped} lines were not forwarded: the broker was away, or is too slow`);
			this.#dropped = 0;
		}
		// Without a connection mqtt.js would queue them, without a limit.
		while (this.#client.connected && this.#onTheirWay < WINDOW && this.#queue.length > 0) {
			this.#onTheirWay++;
			this.#client.publish(this.#topic, this.#queue.shift()!, { qos: 1 }, () => {
				this.#onTheirWay--;
				this.#send();
			});
		}
		if (this.#onTheirWay === 0 && this.#queue.length === 0) this.#drained?.();
	}

	/** A broker that stays away is reported once. */
	#note(text: string): void {
		if (text !== this.#lastNote) this.#onNote(text);
		this.#lastNote = text;
	}
}
