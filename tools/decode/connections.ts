// The MQTT connections in a capture: segments in, judged packets and holes out. Knows TCP and which connections are MQTT.

import { Conversation } from "./conversation.js";
import type { Packet, Sender, Version } from "./packet.js";
import { Reassembly } from "./reassembly.js";
import { beginsWithPacket } from "./synchronise.js";
import type { Segment } from "./tshark.js";

/** Connections that are followed at once; the one that was silent for the longest time gives way. */
const CONNECTIONS = 1024;

/** With their lengths before them. */
const PROTOCOL_NAMES = ["\0\x04MQTT", "\0\x06MQIsdp"];

export interface Place {
	/** "address:port" of the client and of the server. */
	client: string;
	server: string;
	/** Counts the connections, from 1. */
	connection: number;
	/** Milliseconds since 1970; NaN if the capture does not say. */
	time: number;
}

export interface Sink {
	/** `place`: none if it is not from a capture. */
	packet(packet: Packet, place: Place | undefined): void;
	/** Bytes of a direction that are not in the capture, or cannot be told into packets. */
	hole(sender: Sender, bytes: number, place: Place): void;
}

export class Connections {
	/** Connections that were MQTT. */
	count = 0;
	readonly #ports: readonly number[];
	readonly #sink: Sink;
	readonly #version: Version | undefined;
	readonly #connections = new Map<string, Connection>();

	/**
	 * `ports`: where servers listen. At others a connection is MQTT if it begins with CONNECT.
	 * `version`: what a connection speaks whose CONNECT is not in the capture; none: what fits.
	 */
	constructor(ports: readonly number[], sink: Sink, version?: Version) {
		this.#ports = ports;
		this.#sink = sink;
		this.#version = version;
	}

	add(segment: Segment): void {
		const key = [segment.from, segment.to].sort().join(" ");
		let connection = this.#connections.get(key);
		const isNew = segment.syn && !segment.ack;
		if (connection === undefined || (isNew && connection.isOlderThan(segment))) {
			connection?.end();
			if (connection === undefined && this.#connections.size === CONNECTIONS) this.#forgetOldest();
			connection = new Connection(segment, this.#ports, this.#sink, this.#version, () => ++this.count);
		}
		// The last in the map is the one that spoke last.
		this.#connections.delete(key);
		this.#connections.set(key, connection);
		connection.add(segment);
	}

	end(): void {
		for (const connection of this.#connections.values()) connection.end();
		this.#connections.clear();
	}

	#forgetOldest(): void {
		for (const [key, connection] of this.#connections) {
			connection.end();
			this.#connections.delete(key);
			return;
		}
	}
}

class Connection {
	readonly #place: Place;
	readonly #sink: Sink;
	readonly #number: () => number;
	readonly #conversation: Conversation;
	readonly #directions: Record<Sender, Reassembly>;
	/** The SYN's sequence number, if it was captured. */
	readonly #begin: number | undefined;
	/** Directions of which the next bytes are known to begin with a packet, or to go on within one. */
	readonly #synchronised: Record<Sender, boolean>;
	readonly #skipped = { client: 0, server: 0 };
	/** Whether it is MQTT; undefined while that is not known. */
	#isMqtt: boolean | undefined;
	#ended = false;

	constructor(
		first: Segment,
		ports: readonly number[],
		sink: Sink,
		version: Version | undefined,
		number: () => number,
	) {
		const clientSpeaks = first.syn ? !first.ack : !ports.includes(first.fromPort);
		const [client, server] = clientSpeaks ? [first.from, first.to] : [first.to, first.from];
		this.#place = { client, server, connection: 0, time: first.time };
		this.#sink = sink;
		this.#number = number;
		this.#begin = first.syn && !first.ack ? first.sequence : undefined;
		this.#isMqtt = ports.includes(clientSpeaks ? first.toPort : first.fromPort) ? true : undefined;
		this.#conversation = new Conversation((packet) => sink.packet(packet, this.#place), version);
		this.#synchronised = { client: first.syn, server: first.syn };
		if (!first.syn) for (const sender of ["client", "server"] as const) this.#conversation.hole(sender, 0);
		const direction = (sender: Sender) =>
			new Reassembly(
				(bytes) => this.#bytes(sender, bytes),
				(bytes) => this.#hole(sender, bytes),
			);
		this.#directions = { client: direction("client"), server: direction("server") };
	}

	/** Whether this SYN begins another connection between the same ports. */
	isOlderThan(syn: Segment): boolean {
		return this.#begin !== syn.sequence;
	}

	add(segment: Segment): void {
		if (this.#ended || this.#isMqtt === false) return;
		this.#place.time = segment.time;
		this.#directions[segment.from === this.#place.client ? "client" : "server"].add(segment);
		if (segment.rst || (this.#directions.client.ended && this.#directions.server.ended)) this.end();
	}

	end(): void {
		if (this.#ended) return;
		for (const sender of ["client", "server"] as const) {
			this.#directions[sender].flush();
			this.#tellSkipped(sender);
		}
		if (this.#isMqtt === true) this.#conversation.end();
		this.#ended = true;
	}

	#bytes(sender: Sender, bytes: Buffer): void {
		this.#isMqtt ??= sender === "client" && beginsWithConnect(bytes);
		if (!this.#isMqtt) return;
		if (this.#place.connection === 0) this.#place.connection = this.#number();
		if (!this.#synchronised[sender] && !beginsWithPacket(bytes, sender, this.#conversation.version)) {
			this.#skipped[sender] += bytes.length;
			return;
		}
		this.#synchronised[sender] = true;
		this.#tellSkipped(sender);
		this.#conversation.push(sender, bytes);
	}

	#hole(sender: Sender, bytes: number): void {
		if (this.#isMqtt !== true) return;
		this.#synchronised[sender] = false;
		this.#conversation.hole(sender, 0);
		this.#skipped[sender] += bytes;
	}

	#tellSkipped(sender: Sender): void {
		const bytes = this.#skipped[sender];
		if (bytes === 0) return;
		this.#skipped[sender] = 0;
		this.#conversation.hole(sender, bytes);
		this.#sink.hole(sender, bytes, this.#place);
	}
}

/** CONNECT, and its Protocol Name: "MQTT" or "MQIsdp". */
function beginsWithConnect(bytes: Buffer): boolean {
	const text = bytes.toString("latin1", 1, 16);
	return bytes[0] === 0x10 && PROTOCOL_NAMES.some((name) => [1, 2, 3, 4].includes(text.indexOf(name)));
}
