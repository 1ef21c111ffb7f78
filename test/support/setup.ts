// A Client in a fake place, and a diary of all that it tells the app.

import { Client } from "../../src/client.js";
import type { ClientOptions } from "../../src/connection/options.js";
import type { Message } from "../../src/session/message.js";
import type { Clock } from "./clock.js";
import { Place } from "./place.js";
import type { Peer, Quirks } from "./socket.js";

export class Setup {
	readonly place: Place;
	readonly clock: Clock;
	readonly client: Client;
	/** One line for each callback, in order. */
	readonly log: string[] = [];

	/** `options`, or what makes them for the place. */
	constructor(
		options: Partial<ClientOptions> | ((place: Place) => Partial<ClientOptions>) = {},
		quirks: Quirks = {},
		start?: number,
	) {
		const { log } = this;
		this.place = new Place(quirks, start);
		this.clock = this.place.clock;
		this.client = new Client({
			...this.place.network,
			...this.place.carrier?.options,
			host: "10.0.0.1",
			// MQTT 3.1.1; a test of 5.0 says so in its options.
			protocolVersion: 4,
			clientId: "c",
			// Packet identifiers then begin with 1.
			random: () => 0,
			onConnected: (sessionPresent) => log.push(`connected ${sessionPresent}`),
			onDisconnected: (reason) => log.push(`disconnected ${reason}`),
			onMessage: (message) => log.push(`message ${show(message)}`),
			onSubscribed: (subscription) => log.push(`subscribed ${subscription.topicFilter} ${subscription.code}`),
			onUnsubscribed: (filter) => log.push(`unsubscribed ${filter}`),
			onDelivered: (id) => log.push(`delivered ${id}`),
			onDropped: (id, reason) => log.push(`dropped ${id} ${reason}`),
			onWritable: () => log.push("writable"),
			...(typeof options === "function" ? options(this.place) : options),
		});
	}

	/** The broker's end of the last connection. */
	get peer(): Peer {
		return this.place.peer;
	}

	/** The diary since it was read last. */
	news(): string[] {
		return this.log.splice(0);
	}

	/** Lets the backoff pass, until there is a new socket. */
	redial(): Peer {
		const before = this.place.peers.length;
		for (let i = 0; i < 400 && this.place.peers.length === before; i++) this.clock.advance(250);
		if (this.place.peers.length !== before + 1) throw new Error("no new socket, or more than one");
		return this.peer;
	}

	/** The connection breaks, and the next one is accepted. */
	reconnect(sessionPresent = true): Peer {
		if (!this.peer.socket.closed) this.peer.fail();
		const peer = this.redial();
		peer.accept(sessionPresent);
		return peer;
	}
}

/** One that the broker has accepted, with nothing in the diary. */
export function connected(options: Partial<ClientOptions> = {}, quirks: Quirks = {}, start?: number): Setup {
	const setup = new Setup(options, quirks, start);
	setup.peer.accept();
	setup.news();
	return setup;
}

/** A message as one line: topic, payload, and what is not the default. */
export function show(message: Message): string {
	const part = message.length < message.total ? ` ${message.offset}/${message.total}` : "";
	const flags = `${message.qos > 0 ? ` qos${message.qos}` : ""}${message.retain ? " retain" : ""}${message.dup ? " dup" : ""}`;
	return `${message.topic}=${message.text()}${part}${flags}`;
}
