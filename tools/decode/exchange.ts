// The rules between the packets of one connection: who sends what, in which order, under which identifier. What MQTT 5.0
// has there beside is in agreement.
// Knows decoded packets; no bytes. Says nothing of what it cannot know, because the input begins late or has holes.

import { Agreement } from "./agreement.js";
import type { Packet, Sender } from "./packet.js";
import { violate } from "./violate.js";

const CLIENTS = ["CONNECT", "SUBSCRIBE", "UNSUBSCRIBE", "PINGREQ", "DISCONNECT"];
const SERVERS = ["CONNACK", "SUBACK", "UNSUBACK", "PINGRESP"];

/** An exchange under a packet identifier that waits for its answer. */
interface Open {
	type: string;
	qos: number;
	/** Topic filters. */
	count: number;
}

export class Exchange {
	/** Packets seen of each. */
	readonly #seen = { client: 0, server: 0 };
	/** By packet identifier, so 65535 at most each. */
	readonly #open = { client: new Map<number, Open>(), server: new Map<number, Open>() };
	readonly #agreement = new Agreement();
	#cleanSession = false;
	#connected = false;
	#acknowledged = false;
	#refused = false;
	/** Who has said that nothing follows. */
	readonly #disconnected = { client: false, server: false };

	/** Adds to the packet the rules that it breaks here. */
	check(packet: Packet): void {
		const { sender, type } = packet;
		if (sender === undefined) return;
		this.#direction(packet, sender);
		if (sender === "client") this.#client(packet);
		else this.#server(packet);
		this.#seen[sender]++;
		if (packet.version === 5) this.#agreement.check(packet, sender);
		if (packet.missing > 0 || packet.facts.packetId === undefined) return;
		if (type === "PUBLISH" || type === "SUBSCRIBE" || type === "UNSUBSCRIBE") this.#begins(packet, sender);
		else this.#answers(packet, sender === "client" ? "server" : "client");
	}

	/** Packets of `sender` are missing before the next one. */
	hole(sender: Sender): void {
		this.#seen[sender]++;
		this.#open.client.clear();
		this.#open.server.clear();
		this.#agreement.hole();
	}

	#direction(packet: Packet, sender: Sender): void {
		// In MQTT 5.0 both say DISCONNECT.
		if (packet.version === 5 && packet.type === "DISCONNECT") return;
		if (sender === "server" && CLIENTS.includes(packet.type))
			violate(packet, "section 2.2.1", `only a Client sends ${packet.type}`);
		if (sender === "client" && SERVERS.includes(packet.type))
			violate(packet, "section 2.2.1", `only a Server sends ${packet.type}`);
	}

	#client(packet: Packet): void {
		if (packet.type === "CONNECT") {
			if (this.#connected) violate(packet, "MQTT-3.1.0-2", "a second CONNECT on the same connection");
			this.#connected = true;
			this.#cleanSession = packet.facts.cleanSession ?? false;
		} else if (this.#seen.client === 0)
			violate(packet, "MQTT-3.1.0-1", "the first packet on the connection is not CONNECT");
		this.#disconnects(packet, "client");
	}

	#disconnects(packet: Packet, sender: Sender): void {
		if (this.#disconnected[sender])
			violate(
				packet,
				packet.version === 5 ? "MQTT-3.14.4-1" : "MQTT-3.14.4-2",
				"nothing may follow DISCONNECT",
			);
		if (packet.type === "DISCONNECT") this.#disconnected[sender] = true;
	}

	#server(packet: Packet): void {
		const { returnCode, sessionPresent } = packet.facts;
		const five = packet.version === 5;
		if (this.#refused)
			violate(packet, five ? "MQTT-3.2.2-7" : "MQTT-3.2.2-5", "nothing may follow a CONNACK that refuses");
		if (five) this.#disconnects(packet, "server");
		if (packet.type === "CONNACK") {
			if (this.#acknowledged)
				violate(packet, five ? "MQTT-3.2.0-2" : "section 3.2", "a second CONNACK on the same connection");
			this.#acknowledged = true;
			this.#refused = returnCode !== undefined && returnCode !== 0;
			if (this.#cleanSession && sessionPresent && returnCode === 0)
				violate(
					packet,
					five ? "MQTT-3.2.2-2" : "MQTT-3.2.2-1",
					`Session Present is 1, and the CONNECT had Clean ${five ? "Start" : "Session"} 1`,
				);
		} else if (this.#seen.server === 0 && !(five && (packet.type === "AUTH" || packet.type === "DISCONNECT")))
			violate(packet, "MQTT-3.2.0-1", "the first packet from the Server is not CONNACK");
	}

	#begins(packet: Packet, sender: Sender): void {
		const { packetId = 0, qos = 1, count = 0, dup = false } = packet.facts;
		const open = this.#open[sender];
		const rules = packet.version === 5 ? ["MQTT-2.2.1-3", "MQTT-2.2.1-4"] : ["MQTT-2.3.1-2", "MQTT-2.3.1-4"];
		if (open.has(packetId) && !dup)
			violate(
				packet,
				rules[sender === "client" ? 0 : 1],
				`Packet Identifier ${packetId} is in use by a ${open.get(packetId)!.type} without an answer yet`,
			);
		if (packetId !== 0) open.set(packetId, { type: packet.type, qos, count });
		// More than the map has, they cannot be.
		if (packet.type === "PUBLISH" && open.size > this.#agreement.receiveMaximum(sender))
			this.#agreement.checkInFlight(
				packet,
				sender,
				[...open.values()].filter(({ type }) => type === "PUBLISH").length,
			);
	}

	#answers(packet: Packet, opener: Sender): void {
		const { packetId = 0, count = 0, reasonCode = 0 } = packet.facts;
		const open = this.#open[opener];
		const asked = open.get(packetId);
		if (asked === undefined) return;
		switch (packet.type) {
			case "PUBACK":
			case "PUBREC": {
				const qos = packet.type === "PUBACK" ? 1 : 2;
				if (asked.type !== "PUBLISH") return;
				if (asked.qos !== qos)
					violate(packet, "MQTT-3.3.4-1", `${packet.type} answers a PUBLISH of QoS ${asked.qos}`);
				// With an error, PUBREC ends it (section 4.3.3 of MQTT 5.0).
				if (qos === 1 || reasonCode >= 0x80) open.delete(packetId);
				break;
			}
			case "PUBCOMP":
				if (asked.type === "PUBLISH") open.delete(packetId);
				break;
			case "SUBACK":
				if (asked.type !== "SUBSCRIBE") return;
				open.delete(packetId);
				if (asked.count !== count)
					violate(
						packet,
						packet.version === 5 ? "MQTT-3.8.4-6" : "MQTT-3.8.4-5",
						`${count} ${packet.version === 5 ? "reason" : "return"} codes for the ${asked.count} filters of SUBSCRIBE ${packetId}`,
					);
				break;
			case "UNSUBACK":
				if (asked.type !== "UNSUBSCRIBE") return;
				open.delete(packetId);
				if (packet.version === 5 && asked.count !== count)
					violate(
						packet,
						"MQTT-3.11.3-1",
						`${count} reason codes for the ${asked.count} filters of UNSUBSCRIBE ${packetId}`,
					);
				break;
		}
	}
}
