// A broker's side of subscriptions in MQTT 5.0: it keeps what the client has subscribed to, with options and identifiers,
// and sends messages as brokers do: one for all subscriptions that match, or one for each (section 3.3.4). The filters are
// matched by a judge of its own.

import type { Packet } from "mqtt-packet";
import { word } from "./packets.js";
import { number, PUBLISH5, SUBACK5, UNSUBACK5 } from "./packets5.js";
import type { Setup5 } from "./setup5.js";

export interface Kept {
	filter: string;
	/** Subscription identifier; 0: none. */
	identifier: number;
	/** QoS, no local, retain as published, retain handling. */
	options: [number, boolean, boolean, number];
}

/** How a message comes that several subscriptions take. */
export type Way = "one for all" | "one for each";

export class MatchingBroker {
	/** In the order in which they were made. */
	readonly kept = new Map<string, Kept>();
	/** What was asked and not answered. */
	private readonly asked: Packet[] = [];
	/** Every SUBSCRIBE, UNSUBSCRIBE in words. */
	readonly heard: string[] = [];
	private id = 1000;
	private readonly setup: Setup5;

	constructor(setup: Setup5) {
		this.setup = setup;
	}

	/** It forgets the session. */
	forget(): void {
		this.kept.clear();
		this.asked.length = 0;
	}

	/** The connection is over: what was not answered is not. */
	drop(): void {
		this.asked.length = 0;
	}

	/** A packet of the client's that was read elsewhere. */
	hear(packet: Packet): void {
		if (packet.cmd === "subscribe" || packet.cmd === "unsubscribe") this.asked.push(packet);
	}

	private listen(): void {
		for (const packet of this.setup.sent()) this.hear(packet);
	}

	/** Takes and answers the next SUBSCRIBE or UNSUBSCRIBE; false when there is none. */
	step(): boolean {
		this.listen();
		return this.answer();
	}

	/** Answers the next one that was heard; false when there is none. */
	answer(): boolean {
		const packet = this.asked.shift();
		if (packet?.cmd === "subscribe") {
			const given = packet.properties?.subscriptionIdentifier;
			const identifier = typeof given === "number" ? given : 0;
			const codes: number[] = [];
			for (const { topic, qos, nl = false, rap = false, rh = 0 } of packet.subscriptions) {
				this.kept.set(topic, { filter: topic, identifier, options: [qos, nl, rap, rh] });
				codes.push(qos);
			}
			this.heard.push(`subscribe ${packet.subscriptions.map(({ topic }) => topic).join(" ")}`);
			this.setup.peer.send(SUBACK5(packet.messageId!, codes));
			return true;
		}
		if (packet?.cmd !== "unsubscribe") return false;
		const codes = packet.unsubscriptions.map((filter) => (this.kept.delete(filter) ? 0 : 0x11));
		this.heard.push(`unsubscribe ${packet.unsubscriptions.join(" ")}`);
		this.setup.peer.send(UNSUBACK5(packet.messageId!, codes));
		return true;
	}

	/** Answers all, and what comes of it. */
	settle(): void {
		while (this.step());
	}

	/** Those that take this topic. */
	takers(topic: string): Kept[] {
		return [...this.kept.values()].filter(({ filter }) => takes(filter, topic));
	}

	/** Packets of a message that was published to this topic. */
	packets(topic: string, payload: string, way: Way, qos: 0 | 1 | 2 = 0): Uint8Array[] {
		const identifiers = this.takers(topic).map(({ identifier }) => identifier);
		const groups = way === "one for each" ? identifiers.map((each) => [each]) : [identifiers];
		return groups.map((group) => this.packet(topic, payload, group, qos));
	}

	/** One PUBLISH with these identifiers; 0 stands for none. */
	packet(topic: string, payload: string, identifiers: readonly number[], qos: 0 | 1 | 2 = 0): Uint8Array {
		const properties = identifiers.filter((each) => each > 0).map((each) => number(0x0b, each));
		return PUBLISH5(topic, payload, properties, { qos, id: ++this.id });
	}

	publish(topic: string, payload: string, way: Way, qos: 0 | 1 | 2 = 0): void {
		this.setup.peer.send(...this.packets(topic, payload, way, qos));
		if (qos === 2) for (let id = this.id; id > 1000; id--) this.setup.peer.send(released(id));
	}
}

const released = (id: number) => new Uint8Array([0x62, 2, ...word(id)]);

/** Whether a filter, shared or not, takes a topic name (sections 4.7 and 4.8.2). */
export function takes(filter: string, topic: string): boolean {
	const levels = filter.startsWith("$share/") ? filter.split("/").slice(2) : filter.split("/");
	const names = topic.split("/");
	if (names[0].startsWith("$") && (levels[0] === "#" || levels[0] === "+")) return false;
	for (let i = 0; i < levels.length; i++) {
		if (levels[i] === "#") return true;
		if (i >= names.length || (levels[i] !== "+" && levels[i] !== names[i])) return false;
	}
	return names.length === levels.length;
}
