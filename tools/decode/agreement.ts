// What client and server have told each other in CONNECT and CONNACK of MQTT 5.0, and what packets break of it: topic
// aliases, limits, authentication. Names the topics that aliases stand for. Knows decoded packets; no bytes.

import { Property } from "xs-mqtt/node";
import type { Field, Packet, Sender } from "./packet.js";
import { SERVERS_ONLY } from "./reason-codes.js";
import { violate } from "./violate.js";

/** What is true of a side that has said nothing of it (sections 3.1.2.11 and 3.2.2.3). */
const RECEIVE_MAXIMUM = 65_535;
const CONTINUE = 0x18;
const REAUTHENTICATE = 0x19;
const DISCONNECT_WITH_WILL = 0x04;

/** What one side has told of itself; undefined: it is not known. */
type Told = ReadonlyMap<number, string | number> | undefined;

export class Agreement {
	/** By CONNECT and CONNACK. */
	readonly #told: Record<Sender, Told> = { client: undefined, server: undefined };
	/** Topic names by alias, 65535 at most each: each side has its own. */
	readonly #aliases = { client: new Map<number, string>(), server: new Map<number, string>() };
	/** Packets are missing: an alias may have been set in one of them. */
	#hasHoles = false;

	/** Packets are missing before the next one. */
	hole(): void {
		this.#hasHoles = true;
	}

	/** Adds to the packet the rules that it breaks, and the topic that its alias stands for. */
	check(packet: Packet, sender: Sender): void {
		const { type, facts } = packet;
		if (type === "CONNECT") this.#told.client = facts.properties;
		else if (type === "AUTH") this.#authentication(packet, sender);
		else if (type === "PUBLISH") this.#publish(packet, sender);
		else if (type === "DISCONNECT") checkDisconnect(packet, sender);
		this.#checkSize(packet, sender);
		if (sender === "client") this.#awaitsConnack(packet);
		if (type === "CONNACK") this.#connack(packet);
	}

	/** Messages of QoS 1 and 2 that `sender` may have in flight. */
	receiveMaximum(sender: Sender): number {
		const told = this.#told[otherThan(sender)];
		return told === undefined ? RECEIVE_MAXIMUM : number(told, Property.RECEIVE_MAXIMUM, RECEIVE_MAXIMUM);
	}

	checkInFlight(packet: Packet, sender: Sender, inFlight: number): void {
		const most = this.receiveMaximum(sender);
		if (inFlight > most)
			violate(
				packet,
				sender === "client" ? "MQTT-3.3.4-7" : "MQTT-3.3.4-9",
				`${inFlight} messages are in flight, and the Receive Maximum is ${most}`,
			);
	}

	#connack(packet: Packet): void {
		const { properties, returnCode } = packet.facts;
		if (properties === undefined || returnCode !== 0) return;
		this.#told.server = properties;
		const asked = this.#told.client;
		if (asked === undefined) return;
		this.#checkMethod(packet, asked);
		if (properties.has(Property.RESPONSE_INFORMATION) && !asksForResponseInformation(asked))
			violate(packet, "MQTT-3.1.2-28", "there is Response Information, and the CONNECT did not ask for it");
	}

	/** A method is the CONNECT's, or not there. */
	#checkMethod(packet: Packet, asked: NonNullable<Told>): void {
		const method = packet.facts.properties?.get(Property.AUTHENTICATION_METHOD);
		const wanted = asked.get(Property.AUTHENTICATION_METHOD);
		if (method !== undefined && wanted !== undefined && method !== wanted)
			violate(packet, "MQTT-4.12.0-5", "the Authentication Method is not that of the CONNECT");
	}

	#authentication(packet: Packet, sender: Sender): void {
		const asked = this.#told.client;
		if (asked === undefined) return;
		const { reasonCode } = packet.facts;
		if (!asked.has(Property.AUTHENTICATION_METHOD))
			violate(
				packet,
				sender === "client" ? "MQTT-4.12.0-7" : "MQTT-4.12.0-6",
				"the CONNECT has no Authentication Method",
			);
		else this.#checkMethod(packet, asked);
		if (this.#told.server === undefined && !this.#hasHoles && reasonCode === REAUTHENTICATE)
			violate(packet, "MQTT-4.12.1-1", "Re-authenticate comes before CONNACK");
		if (sender === "client" && reasonCode !== CONTINUE && reasonCode !== REAUTHENTICATE)
			violate(packet, "MQTT-3.15.2-1", `only a Server sends AUTH with the Reason Code ${reasonCode}`);
		if (sender === "server" && reasonCode === REAUTHENTICATE)
			violate(packet, "MQTT-3.15.2-1", "only a Client sends AUTH with the Reason Code 25");
	}

	/** After CONNECT with a method, a Client sends only AUTH and DISCONNECT until CONNACK comes. */
	#awaitsConnack(packet: Packet): void {
		const { type } = packet;
		if (type === "CONNECT" || type === "AUTH" || type === "DISCONNECT" || this.#hasHoles) return;
		if (this.#told.server === undefined && this.#told.client?.has(Property.AUTHENTICATION_METHOD))
			violate(
				packet,
				"MQTT-3.1.2-30",
				`${type} comes before CONNACK, and the CONNECT has an Authentication Method`,
			);
	}

	#publish(packet: Packet, sender: Sender): void {
		const { topic, properties, qos = 0, retain } = packet.facts;
		const told = this.#told[otherThan(sender)];
		if (topic !== undefined && properties !== undefined) this.#alias(packet, sender, topic, properties);
		if (sender === "server") return;
		if (properties?.has(Property.SUBSCRIPTION_IDENTIFIER))
			violate(packet, "MQTT-3.3.4-6", "a Client's PUBLISH has a Subscription Identifier");
		if (told === undefined) return;
		const most = number(told, Property.MAXIMUM_QOS, 2);
		if (qos > most) violate(packet, "MQTT-3.2.2-11", `the QoS level is ${qos}, and the Maximum QoS ${most}`);
		if (retain && number(told, Property.RETAIN_AVAILABLE, 1) === 0)
			violate(packet, "MQTT-3.2.2-14", "RETAIN is 1, and the Server has Retain Available 0");
	}

	#alias(packet: Packet, sender: Sender, topic: string, properties: NonNullable<Told>): void {
		const alias = properties.get(Property.TOPIC_ALIAS);
		if (typeof alias !== "number") return;
		const told = this.#told[otherThan(sender)];
		const most = told === undefined ? undefined : number(told, Property.TOPIC_ALIAS_MAXIMUM, 0);
		if (most !== undefined && alias > most) {
			const rules =
				sender === "client" ? ["MQTT-3.2.2-18", "MQTT-3.2.2-17"] : ["MQTT-3.1.2-27", "MQTT-3.1.2-26"];
			violate(
				packet,
				rules[most === 0 ? 0 : 1],
				`the Topic Alias is ${alias}, and the Topic Alias Maximum ${most}`,
			);
		}
		const aliases = this.#aliases[sender];
		if (topic !== "") {
			aliases.set(alias, topic);
			return;
		}
		const meant = aliases.get(alias);
		if (meant !== undefined) nameTopic(packet, meant);
		else if (!this.#hasHoles)
			violate(
				packet,
				"section 3.3.2.3.4",
				`nothing has said which topic the Topic Alias ${alias} stands for`,
			);
	}

	#checkSize(packet: Packet, sender: Sender): void {
		const told = this.#told[otherThan(sender)];
		const most = told === undefined ? 0 : number(told, Property.MAXIMUM_PACKET_SIZE, 0);
		if (most > 0 && packet.length > most)
			violate(
				packet,
				sender === "client" ? "MQTT-3.2.2-15" : "MQTT-3.1.2-24",
				`it has ${packet.length} bytes, and the Maximum Packet Size is ${most}`,
			);
	}
}

/** A DISCONNECT has reason codes and properties that only one of the sides sends (section 3.14.2). */
function checkDisconnect(packet: Packet, sender: Sender): void {
	const { reasonCode = 0, properties } = packet.facts;
	if (sender === "client" && SERVERS_ONLY.includes(reasonCode))
		violate(packet, "MQTT-3.14.2-1", `only a Server sends DISCONNECT with the Reason Code ${reasonCode}`);
	if (sender === "server" && reasonCode === DISCONNECT_WITH_WILL)
		violate(packet, "MQTT-3.14.2-1", `only a Client sends DISCONNECT with the Reason Code ${reasonCode}`);
	if (sender === "client" && properties?.has(Property.SERVER_REFERENCE))
		violate(packet, "section 3.14.2.2.5", "a Client's DISCONNECT has a Server Reference");
	if (sender === "server" && properties?.has(Property.SESSION_EXPIRY))
		violate(packet, "MQTT-3.14.2-2", "a Server's DISCONNECT has a Session Expiry Interval");
}

function otherThan(sender: Sender): Sender {
	return sender === "client" ? "server" : "client";
}

function number(told: NonNullable<Told>, property: number, otherwise: number): number {
	const value = told.get(property);
	return typeof value === "number" ? value : otherwise;
}

function asksForResponseInformation(told: NonNullable<Told>): boolean {
	return told.get(Property.REQUEST_RESPONSE_INFORMATION) === 1;
}

/** Beside the empty Topic Name, the one that is meant. */
function nameTopic({ fields }: Packet, topic: string): void {
	const at = fields.findIndex(({ name }) => name === "Topic Name");
	const { offset, length } = fields[at];
	const meant: Field = { offset: offset + length - 1, length: 0, name: "by its Topic Alias", value: topic };
	fields.splice(at + 1, 0, meant);
}
