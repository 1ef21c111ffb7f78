// A broker behind a Setup, as far as retained messages, wills and QoS go. Knows MQTT by the independent judge; cuts the
// line wherever the test wants.

import type { IPublishPacket, Packet } from "mqtt-packet";
import { judge, written } from "./judge.js";
import type { Setup } from "./setup.js";

export interface Habits {
	/** When a message at QoS 2 is published: as it comes, or when it is released. Brokers may do either (figure 4.3). */
	publishes: "at PUBLISH" | "at PUBREL";
	/** Whether it has the session when the client is back. */
	keepsSession: boolean;
}

export class RetainingBroker {
	/** The last retained message of each topic. */
	readonly retained = new Map<string, string>();
	/** All messages in the order in which they were published, wills too, as "topic=payload". */
	readonly published: string[] = [];
	/** Whether the last connection ended with DISCONNECT. */
	orderly = false;
	readonly #setup: Setup;
	readonly #habits: Habits;
	/** Messages at QoS 2 that are not released, by packet identifier. */
	#unreleased: Map<number, IPublishPacket> | undefined;
	#will: IPublishPacket | undefined;

	constructor(setup: Setup, habits: Habits) {
		this.#setup = setup;
		this.#habits = habits;
	}

	/**
	 * Serves the connection that is being opened until so many packets have passed, both ways together, and then breaks
	 * it; without a number until nothing more comes. Returns how many have passed.
	 */
	serve(packets = Number.POSITIVE_INFINITY): number {
		const { peer } = this.#setup;
		let passed = 0;
		peer.open();
		const queue: Packet[] = [];
		for (;;) {
			queue.push(...judge(peer.take()));
			const packet = queue.shift();
			if (packet === undefined) break;
			if (passed === packets) break;
			passed++;
			const answer = this.#answer(packet);
			if (this.orderly) return passed;
			if (answer === undefined) continue;
			if (passed === packets) break;
			passed++;
			peer.send(written(answer));
		}
		if (passed === packets) this.cut();
		return passed;
	}

	/** Breaks the connection: there is a will, if CONNECT had come. */
	cut(): void {
		if (this.#will !== undefined) this.#publish(this.#will);
		this.#will = undefined;
		this.#setup.peer.fail();
	}

	/** Takes what has come since, on the connection that was left open. */
	serveOn(): void {
		const { peer } = this.#setup;
		for (let packets = judge(peer.take()); packets.length > 0; packets = judge(peer.take()))
			for (const packet of packets) {
				const answer = this.#answer(packet);
				if (this.orderly) return;
				if (answer !== undefined) peer.send(written(answer));
			}
	}

	#answer(packet: Packet): Packet | undefined {
		const { messageId } = packet;
		switch (packet.cmd) {
			case "connect": {
				const sessionPresent = this.#unreleased !== undefined && this.#habits.keepsSession;
				if (!sessionPresent) this.#unreleased = new Map();
				this.orderly = false;
				this.#will = packet.will as IPublishPacket | undefined;
				return { cmd: "connack", returnCode: 0, sessionPresent };
			}
			case "publish": {
				if (packet.qos < 2) this.#publish(packet);
				else {
					const { publishes } = this.#habits;
					if (publishes === "at PUBLISH" && !this.#unreleased!.has(messageId!)) this.#publish(packet);
					this.#unreleased!.set(messageId!, packet);
				}
				if (packet.qos === 0) return undefined;
				return { cmd: packet.qos === 1 ? "puback" : "pubrec", messageId };
			}
			case "pubrel": {
				const message = this.#unreleased!.get(messageId!);
				this.#unreleased!.delete(messageId!);
				if (message !== undefined && this.#habits.publishes === "at PUBREL") this.#publish(message);
				return { cmd: "pubcomp", messageId };
			}
			case "disconnect":
				this.orderly = true;
				this.#will = undefined;
				return undefined;
			default:
				throw new Error(`nobody has told this broker about ${packet.cmd}`);
		}
	}

	#publish({ topic, payload, retain }: Pick<IPublishPacket, "topic" | "payload" | "retain">): void {
		this.published.push(`${topic}=${payload}`);
		if (retain) this.retained.set(topic, `${payload}`);
	}
}
