// A Client that speaks MQTT 5.0 in a fake place, and a broker under the test's hand: packets as objects, which the
// independent judge (mqtt-packet) writes and reads.

import type { IConnackPacket, IConnectPacket, IPublishPacket, Packet } from "mqtt-packet";
import type { ClientOptions } from "../../src/connection/options.js";
import { judge, written } from "./judge.js";
import { concat } from "./packets.js";
import type { Place } from "./place.js";
import { Setup } from "./setup.js";
import type { Peer, Quirks } from "./socket.js";

export type ConnackProperties = IConnackPacket["properties"];
export type PublishProperties = IPublishPacket["properties"];

/** A PUBLISH of the broker, as far as it is not the default. */
export interface Sent {
	qos?: 0 | 1 | 2;
	id?: number;
	retain?: boolean;
	dup?: boolean;
}

export class Setup5 extends Setup {
	/** What CONNACK grants: of each connection, until it is changed. */
	granted: ConnackProperties;

	constructor(
		options: Partial<ClientOptions> | ((place: Place) => Partial<ClientOptions>) = {},
		granted?: ConnackProperties,
		quirks: Quirks = {},
		start?: number,
	) {
		super(
			(place) => ({
				protocolVersion: 5,
				...(typeof options === "function" ? options(place) : options),
			}),
			quirks,
			start,
		);
		this.granted = granted;
	}

	/** Opens, takes CONNECT, which is returned as the judge reads it, and answers with CONNACK: `granted`, or `properties`. */
	accept(
		sessionPresent = false,
		properties: ConnackProperties = this.granted,
		reasonCode = 0,
	): IConnectPacket {
		this.peer.open();
		const [connect, ...more] = this.sent();
		if (connect?.cmd !== "connect" || more.length > 0)
			throw new Error("the client did not begin with CONNECT, and with that alone");
		this.send({ cmd: "connack", sessionPresent, reasonCode, properties });
		return connect;
	}

	/** The connection breaks, and the next one is accepted. Returns CONNECT. */
	resume(sessionPresent = true, properties: ConnackProperties = this.granted): IConnectPacket {
		if (!this.peer.socket.closed) this.peer.fail();
		this.redial();
		return this.accept(sessionPresent, properties);
	}

	/** As `resume`, as Setup has it. */
	override reconnect(sessionPresent = true): Peer {
		this.resume(sessionPresent);
		return this.peer;
	}

	/** The packets arrive together. */
	send(...packets: Packet[]): void {
		this.peer.send(...packets.map((packet) => written(packet, 5)));
	}

	/** A PUBLISH arrives. */
	publish(topic: string, payload: string | Buffer, properties?: PublishProperties, sent: Sent = {}): void {
		const { qos = 0, id, retain = false, dup = false } = sent;
		this.send({ cmd: "publish", topic, payload, qos, messageId: id, retain, dup, properties });
	}

	/** An acknowledgement arrives. */
	acknowledge(cmd: "puback" | "pubrec" | "pubrel" | "pubcomp", messageId: number, reasonCode = 0): void {
		this.send({ cmd, messageId, reasonCode } as Packet);
	}

	/** What the client has sent since this was asked last. */
	sent(): Packet[] {
		return judge(this.peer.take(), 5);
	}

	/** The same, as kinds, identifiers and reason codes: what an exchange of packets is about. */
	exchange(): string[] {
		return this.sent().map(inWords);
	}

	/** All that was ever sent on each connection. */
	get connections(): Packet[][] {
		return this.place.peers.map(({ socket }) => judge(concat(socket.writes), 5));
	}
}

/** One that the broker has accepted, with nothing in the diary. */
export function connected5(
	options: Partial<ClientOptions> = {},
	granted?: ConnackProperties,
	quirks: Quirks = {},
	start?: number,
): Setup5 {
	const setup = new Setup5(options, granted, quirks, start);
	setup.accept();
	setup.news();
	return setup;
}

/** A packet as one line: kind, identifier, QoS, DUP, a reason code that is not 0. */
export function inWords(packet: Packet): string {
	const words: unknown[] = [packet.cmd, packet.messageId];
	if (packet.cmd === "publish") {
		if (packet.qos > 0) words.push(`qos${packet.qos}`);
		if (packet.dup) words.push("dup");
	}
	const { reasonCode } = packet as { reasonCode?: number };
	if (reasonCode !== undefined && reasonCode !== 0) words.push(`0x${reasonCode.toString(16)}`);
	return words.filter((word) => word !== undefined).join(" ");
}
